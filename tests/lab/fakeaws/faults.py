"""Switches that make the fake misbehave the way AWS does. A '*' stands for any service, action or region."""

import threading
from dataclasses import dataclass
from fnmatch import fnmatchcase

OUTAGES = ("503", "reset", "silence")


@dataclass
class Fault:
    service: str
    action: str
    left: float
    effect: str
    value: object = None

    def takes(self, effect, service, action):
        return (self.effect == effect and self.left > 0
                and fnmatchcase(service, self.service) and fnmatchcase(action, self.action))


class Faults:
    """Faults count down only on the calls they hit; the oldest matching one is used first."""

    def __init__(self):
        self._lock = threading.Lock()
        self.clear()

    def clear(self):
        """Everything works again, with AWS's own limits on."""
        self._faults = []
        self._outages = {}
        self.pages_empty = False
        self.replies_chunked = False
        self.limits_on = True
        self.stale_count = 0
        self.metadata_lag_seconds = 0
        self.cuts_on = False

    def throttle(self, service, action="*", n=1):
        """The next n calls are answered with the service's throttling error."""
        self._add(Fault(service, action, n, "throttle"))

    def fail(self, service, action, code, n=1, status=400, message="an injected fault"):
        """The next n calls fail with this error; they have no effect. Among them what the fake cannot provoke
        by itself, such as SSM's TooManyUpdates.

        For the service "imds" the action is "PUT" or "GET" and only status counts.
        """
        self._add(Fault(service, action, n, "fail", (code, message, status)))

    def lose_reply(self, service, action, n=1):
        """The next n calls take effect, but the connection breaks before the reply."""
        self._add(Fault(service, action, n, "lose_reply"))

    def delay(self, service, action, seconds, n=float("inf")):
        """The next n calls are answered so much later."""
        self._add(Fault(service, action, n, "delay", seconds))

    def deny(self, service, action):
        """IAM allows this action to nobody, until allow()."""
        self._add(Fault(service, action, float("inf"), "deny"))

    def allow(self, service, action):
        """Take back a deny() of the same service and action."""
        with self._lock:
            self._faults = [f for f in self._faults if (f.effect, f.service, f.action) != ("deny", service, action)]

    def outage(self, service, region="*", how="503"):
        """The endpoint answers 503, resets connections ("reset"), or stays silent ("silence"); None ends it.

        For a refused connection see Listener.down().
        """
        if how is not None and how not in OUTAGES:
            raise ValueError(f"'{how}' is none of {OUTAGES}")
        self._outages[service, region] = how

    def outage_of(self, endpoint):
        """How this endpoint is out of order, or None."""
        for (service, region), how in self._outages.items():
            if fnmatchcase(endpoint.service, service) and fnmatchcase(endpoint.region, region):
                return how
        return None

    def empty_pages(self, on=True):
        """Precede each page of GetParametersByPath by an empty one that carries a token."""
        self.pages_empty = on

    def chunked(self, on=True):
        """Send replies chunked, in small pieces."""
        self.replies_chunked = on

    def limits(self, on=True):
        """Enforce the request rates of SSM."""
        self.limits_on = on

    def stale_reads(self, n):
        """Whatever is changed in EC2 from now on, the next n descriptions of it show the former state."""
        self.stale_count = n

    def metadata_lag(self, seconds):
        """The metadata shows a public address only so long after it was associated or freed."""
        self.metadata_lag_seconds = seconds

    def cut_connections(self, on=True):
        """When an instance's public address changes, its connections to the APIs break.

        The one with the call that changed it does after the reply (for before it, there is lose_reply).
        """
        self.cuts_on = on

    def take(self, effect, service, action):
        """Use up one matching fault of this effect; None when there is none."""
        with self._lock:
            for fault in self._faults:
                if fault.takes(effect, service, action):
                    fault.left -= 1
                    return fault
        return None

    def _add(self, fault):
        with self._lock:
            self._faults.append(fault)
