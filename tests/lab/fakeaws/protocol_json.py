"""The JSON 1.1 protocol, as Systems Manager speaks it."""

import json

from .errors import ApiError
from .models import check_reply, report, service_model, violations

CONTENT_TYPE = "application/x-amz-json-1.1"


class JsonProtocol:
    """Decodes requests to what a boto3 caller would have passed, encodes replies and errors."""

    auth_errors = {
        "missing": ("MissingAuthenticationTokenException", 400, "Missing Authentication Token"),
        "incomplete": ("IncompleteSignatureException", 400, None),
        "unknown_key": ("UnrecognizedClientException", 400, "The security token included in the request is invalid."),
        "expired_token": ("ExpiredTokenException", 400, "The security token included in the request is expired"),
        "mismatch": ("InvalidSignatureException", 400, None),
        "skew": ("InvalidSignatureException", 400, None),
    }
    throttled = ApiError("ThrottlingException", "Rate exceeded")

    def __init__(self, service):
        self._model = service_model(service)
        self._targets = self._model.metadata["targetPrefix"] + "."

    def takes(self, request):
        """Whether the request is one that the protocol has at all."""
        return (request.method, request.target) == ("POST", "/")

    def action_of(self, request):
        """The action asked for, or None."""
        target = request.header("x-amz-target") or ""
        return target.removeprefix(self._targets) if target.startswith(self._targets) else None

    def decode(self, request, action):
        """The parameters of the request, each checked against the model."""
        if request.header("content-type") != CONTENT_TYPE:
            raise ApiError("UnknownOperationException", f"the content type has to be {CONTENT_TYPE}")
        try:
            params = json.loads(request.body, object_pairs_hook=_unique)
        except ValueError as error:
            raise ApiError("SerializationException", str(error)) from None
        broken = list(violations(params, self._model.operation_model(action).input_shape))
        for violation in broken:
            if violation.kind in ("type", "unknown"):
                raise ApiError("SerializationException", f"'{violation.path}' {violation.rule}")
        if broken:
            raise ApiError("ValidationException", report(broken))
        return params

    def encode(self, action, reply, request_id):
        """Headers and body of a reply."""
        shape = self._model.operation_model(action).output_shape
        headers = {"Content-Type": CONTENT_TYPE}
        body = json.dumps(reply, default=lambda time: time.timestamp()).encode()
        check_reply("json", shape, headers, body, reply)
        return headers, body

    def encode_error(self, error, request_id):
        """Headers and body of an error; AWS spells the message's key both ways."""
        body = {"__type": error.code}
        if error.message:
            body["Message" if error.code == "AccessDeniedException" else "message"] = error.message
        return {"Content-Type": CONTENT_TYPE}, json.dumps(body).encode()

    def unknown_action(self, request):
        return ApiError("UnknownOperationException")

    def denied(self, context, service):
        return ApiError("AccessDeniedException", f"User: {context.caller.arn} is not authorized to perform: "
                        f"{service}:{context.action} because no identity-based policy allows the "
                        f"{service}:{context.action} action")


def _unique(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is given twice")
    return members
