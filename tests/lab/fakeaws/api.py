"""A request to an AWS API, from authentication to the reply and the call log."""

import traceback
import uuid
from ipaddress import ip_address

from . import iam_resources, signature
from .context import Context
from .endpoints import Endpoint, endpoint_of
from .errors import ApiError
from .http1 import Reply
from .services import SERVICES
from .signature import AuthError
from .world import Call


class Api:
    """Answers requests to every service of every region of a world."""

    def __init__(self, world, stopping):
        self._world = world
        self._stopping = stopping

    def __call__(self, request):
        """The Reply to a Request, or None: break the connection."""
        host = (request.header("host") or "").rpartition(":")[0] or request.header("host") or ""
        if not self._answers_for(host, request.server_name):
            return Reply(421, closes=True)
        endpoint = self._endpoint(request, host)
        outage = self._world.faults.outage_of(endpoint)
        if outage == "silence":
            self._stopping.wait()
        if outage in ("silence", "reset"):
            return None
        if outage == "503":
            return Reply(503, {"Content-Type": "text/plain"}, b"Service Unavailable")
        return _Exchange(self._world, self._stopping, request, endpoint).reply()

    def _answers_for(self, host, server_name):
        if server_name is not None and server_name.lower() != host.lower():
            return False
        return bool(endpoint_of(host, SERVICES)) or _is_override(host)

    def _endpoint(self, request, host):
        """From the host name, or where the client overrides the endpoint, from the credential scope."""
        named = endpoint_of(host, SERVICES)
        if named:
            return named
        guess = "ssm" if request.all("x-amz-target") else "ec2"
        try:
            scope = signature.parse(request)
        except AuthError:
            return Endpoint(guess, "")
        return Endpoint(scope.service if scope.service in SERVICES else guess, scope.region)


class _Exchange:
    """One request that reached a service."""

    def __init__(self, world, stopping, request, endpoint):
        self.world = world
        self.stopping = stopping
        self.request = request
        self.endpoint = endpoint
        self.service = SERVICES[endpoint.service]
        self.protocol = self.service.protocol
        self.request_id = str(uuid.uuid4())
        self.action = self.protocol.action_of(request)
        self.caller = None
        self.params = {}

    def reply(self):
        try:
            headers, body = self._perform()
            status, code = 200, None
        except ApiError as error:
            headers, body = self.protocol.encode_error(error, self.request_id)
            status, code = error.status, error.code
        except Exception:
            self.world.crashes.append(traceback.format_exc())
            error = ApiError("InternalError", "the fake AWS failed; see World.crashes", 500)
            headers, body = self.protocol.encode_error(error, self.request_id)
            status, code = 500, error.code
        self._log(status, code)
        if status == 200 and self._fault("lose_reply"):
            return None
        headers["x-amzn-RequestId"] = self.request_id
        caller = self.caller.instance_id if self.caller else None
        return Reply(status, headers, body, chunked=self.world.faults.replies_chunked, caller=caller)

    def _perform(self):
        self.caller = self._authenticate()
        if not self.protocol.takes(self.request):
            raise ApiError("UnknownOperationException", "the fake answers no such request", 404)
        if self.action not in self.service.actions:
            raise self.protocol.unknown_action(self.request)
        self.params = self.protocol.decode(self.request, self.action)
        context = Context(self.world, self.endpoint.region, self.caller, self.action, self.params)
        self._suffer(context)
        with self.world.transaction():
            self._authorize(context)
            self.service.admit(context)
            result = self.service.actions[self.action](context)
        return self.protocol.encode(self.action, result, self.request_id)

    def _authenticate(self):
        try:
            return signature.verify(self.request, self.endpoint, self.world.keyring, self.world.clock())
        except AuthError as error:
            code, status, message = self.protocol.auth_errors[error.kind]
            raise ApiError(code, message or error.message, status) from None

    def _authorize(self, context):
        policy = self.world.policies.get(self.caller.principal)
        if policy is None:
            return
        service = self.endpoint.service
        if not policy.allows(f"{service}:{context.action}", iam_resources.needs(context, service)):
            raise self.protocol.denied(context, service)

    def _suffer(self, context):
        delay = self._fault("delay")
        if delay:
            self.stopping.wait(delay.value)
        if self._fault("deny"):
            raise self.protocol.denied(context, self.endpoint.service)
        if self._fault("throttle"):
            raise self.protocol.throttled
        failure = self._fault("fail")
        if failure:
            raise ApiError(*failure.value)

    def _fault(self, effect):
        return self.world.faults.take(effect, self.endpoint.service, self.action or "")

    def _log(self, status, code):
        instance_id = self.caller.instance_id if self.caller else None
        call = Call(self.world.clock(), self.endpoint.region, self.endpoint.service, self.action, instance_id,
                    self.params, status, code, self.caller.arn if self.caller else None)
        self.world.log_call(call)


def _is_override(host):
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")) is not None
    except ValueError:
        return False
