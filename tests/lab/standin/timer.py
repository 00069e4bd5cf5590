"""One timer, as systemd.timer(5) has them; only those that count from an event, none of the calendar."""

import asyncio
import math
import random

from . import unitfile
from .unitfile import BadUnit

_ONCE = ("OnActiveSec", "OnBootSec", "OnStartupSec")
_AGAIN = ("OnUnitActiveSec", "OnUnitInactiveSec")


class Timer:
    """`service()` gives the unit it starts, `trigger()` starts that and returns when it is down again."""

    def __init__(self, file, booted, service, trigger):
        self.file = file
        self.state, self.sub, self.result = "inactive", "dead", "success"
        self.unit = file.get("Timer", "Unit", file.name.removesuffix(".timer") + ".service")
        self._booted, self._service, self._trigger = booted, service, trigger
        self._activated = self._triggered = 0.0
        self._task = None
        self.recalculate = asyncio.Event()
        if file.all("Timer", "OnCalendar"):
            raise BadUnit(f"{file.name}: OnCalendar= is not run here")

    async def start(self):
        if self.state != "active":
            self.state, self.sub = "active", "waiting"
            self._activated = asyncio.get_running_loop().time()
            self._task = asyncio.create_task(self._run())

    async def stop(self):
        if self._task:
            self._task.cancel()
            self._task = None
        self.state, self.sub = "inactive", "dead"

    async def _run(self):
        """Waits and triggers; what happens to the unit meanwhile moves the next time."""
        while True:
            self.recalculate.clear()
            due = self._next()
            self.sub = "elapsed" if due == math.inf else "waiting"
            try:
                await asyncio.wait_for(self.recalculate.wait(), None if due == math.inf else due - _now())
            except asyncio.TimeoutError:
                self._triggered, self.sub = _now(), "running"
                await self._trigger()

    def _next(self):
        """When to trigger, by the manager's clock; an event of the past at once, but only before the first time."""
        unit = self._service()
        origins = {"OnActiveSec": self._activated, "OnBootSec": self._booted, "OnStartupSec": self._booted,
                   "OnUnitActiveSec": max(unit.left_inactive, self._triggered),
                   "OnUnitInactiveSec": max(unit.entered_inactive, self._triggered)}
        times = [origins[key] + unitfile.span(value) for key in _ONCE + _AGAIN
                 for value in self.file.all("Timer", key)
                 if origins[key] and not (key in _ONCE and self._triggered
                                          and origins[key] + unitfile.span(value) <= _now())]
        delay = self.file.span("Timer", "RandomizedDelaySec", 0)
        return min(times, default=math.inf) + random.uniform(0, delay)


def _now():
    return asyncio.get_running_loop().time()
