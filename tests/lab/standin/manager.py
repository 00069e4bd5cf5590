"""The units of the machine, and the jobs that start and stop them in order."""

import asyncio
import pathlib

from . import complain, unitfile
from .conditions import unmet
from .process import Processes
from .service import DOWN, Failed, Service
from .timer import Timer
from .unitfile import BadUnit, UnitFile

# What boots: what the administrator and the packages have enabled. systemd's own units do what the stand-in or the
# lab does instead, but for the one that applies sysctl.d.
_BOOT_TARGETS = ("sysinit.target", "multi-user.target", "timers.target")
_BOOT_OWN = ("systemd-sysctl.service",)


class NoUnit(Exception):
    """There is no such unit, it is masked or it cannot be loaded; `load_state` in systemd's words."""

    def __init__(self, name, load_state, text):
        super().__init__(text)
        self.name, self.load_state = name, load_state


class Target:
    """A target is nothing but its dependencies."""

    def __init__(self, file):
        self.file = file
        self.state, self.sub, self.result = "inactive", "dead", "success"

    async def start(self):
        self.state, self.sub = "active", "active"

    async def stop(self):
        self.state, self.sub = "inactive", "dead"


class Manager:
    def __init__(self):
        loop = asyncio.get_running_loop()
        self.processes = Processes(loop)
        self.units = {}
        self._jobs = {}
        self._booted = loop.time()

    # --- units

    def unit(self, name):
        """The unit of a name or alias, loaded if it has not been. NoUnit says why not."""
        canonical = unitfile.find(name)[0]
        if canonical not in self.units:
            self.units[canonical] = self._load(canonical)
        return self.units[canonical]

    def _load(self, name):
        try:
            file = unitfile.load(name)
            if file is None and name.endswith(".target"):
                file = UnitFile(name, pathlib.Path("/dev/null"), [])
            if file is None:
                raise NoUnit(name, "not-found", f"Unit {name} not found.")
            if file.masked:
                raise NoUnit(name, "masked", f"Unit {name} is masked.")
            return self._make(file)
        except BadUnit as error:
            if name.startswith("cygnet"):
                complain(str(error))
            raise NoUnit(name, "bad-setting", f"Unit {name} has a bad unit file setting.") from error

    def _make(self, file):
        kind = file.name.rpartition(".")[2]
        if file.name.startswith("cygnet"):
            for text in file.complaints():
                complain(text)
        if kind == "target":
            return Target(file)
        if kind == "service":
            return Service(file, self.processes, lambda: self._service_changed(file.name))
        if kind == "timer":
            return self._make_timer(file)
        raise BadUnit(f"{file.name}: {kind} units are not run here")

    def _make_timer(self, file):
        timer = Timer(file, self._booted, lambda: self.unit(timer.unit), lambda: self._trigger(timer.unit))
        return timer

    def _service_changed(self, name):
        for unit in self.units.values():
            if isinstance(unit, Timer) and unit.unit == name:
                unit.recalculate.set()

    async def _trigger(self, name):
        try:
            await self.start(name)
        except (Failed, NoUnit):
            pass  # the unit's state says it, and the timer goes on
        while self.unit(name).state not in DOWN:
            await asyncio.sleep(0.05)

    def reload(self):
        """daemon-reload: units that run keep running under what their files say now."""
        for name, unit in list(self.units.items()):
            try:
                file = unitfile.load(name)
            except BadUnit as error:
                complain(str(error))
                file = None
            if file and not file.masked:
                unit.file = file
                if isinstance(unit, Timer):
                    unit.recalculate.set()
            elif unit.state in DOWN:
                del self.units[name]

    # --- jobs

    async def start(self, name):
        """Starts a unit with what it requires and wants, each after what it is ordered after."""
        members = self._transaction(name)
        tasks = [self._job(unit, "start", lambda unit=unit: self._start_one(unit, members)) for unit in members]
        await asyncio.wait(tasks)
        await _outcome(tasks[0])

    def _transaction(self, name):
        members = [self.unit(name)]
        for unit in members:
            required = unit.file.words("Unit", "Requires", "BindsTo")
            wanted = unit.file.words("Unit", "Wants") + unitfile.wanted_by(unit.file.name, unitfile.SEARCH[:2])
            for other in required + wanted:
                try:
                    found = self.unit(other)
                except NoUnit:
                    if other in required:
                        raise
                    continue
                if found not in members:
                    members.append(found)
        return members

    async def _start_one(self, unit, members):
        await self._wait_for_those_before(unit)
        for other in unit.file.words("Unit", "Requires", "BindsTo", "Requisite"):
            if unit.file.name != other and self.unit(other) in members and self.unit(other).state == "failed":
                raise Failed("dependency")
        for other in list(self.units.values()):
            if other.state == "active" and _conflict(unit, other):
                await self.stop(other.file.name)
        reason = unmet(unit.file) if unit.state != "active" else None
        if reason is None:
            await unit.start()

    async def _wait_for_those_before(self, unit):
        ordered = [job for name, (_, job) in self._jobs.items()
                   if name in self.units and _ordered_after(unit, self.units[name])]
        if ordered:
            await asyncio.wait(ordered)

    def _job(self, unit, kind, work):
        """The job of a unit: joins one of the same kind, replaces one of the other kind."""
        name = unit.file.name
        current = self._jobs.get(name)
        if current and current[0] == kind:
            return current[1]
        task = asyncio.create_task(self._run_job(current and current[1], work))
        self._jobs[name] = kind, task
        task.add_done_callback(lambda done: self._forget_job(name, done))
        return task

    async def _run_job(self, replaced, work):
        if replaced:
            replaced.cancel()
            await asyncio.wait([replaced])
        await work()

    def _forget_job(self, name, task):
        if self._jobs.get(name, (None, None))[1] is task:
            del self._jobs[name]
        if not task.cancelled():
            task.exception()  # whoever waits has it; the others read the unit's state

    async def stop(self, name):
        """Stops a unit and those that cannot be without it."""
        unit = self.unit(name)
        for other in self._dependants(unit):
            await self.stop(other.file.name)
        await _outcome(self._job(unit, "stop", unit.stop))

    async def restart(self, name):
        unit = self.unit(name)
        again = [other.file.name for other in self._dependants(unit)]
        await self.stop(name)
        await self.start(name)
        for other in again:
            await self.start(other)

    async def reload_unit(self, name):
        """Reloads a service, and those that ask to be reloaded with it."""
        unit = self.unit(name)
        await unit.reload()
        for other in self._active_naming(unit, "ReloadPropagatedFrom"):
            await other.reload()

    def _dependants(self, unit):
        return self._active_naming(unit, "Requires", "BindsTo", "PartOf")

    def _active_naming(self, unit, *keys):
        return [other for other in self.units.values() if other.state == "active" and other is not unit
                and unit.file.name in other.file.words("Unit", *keys)]

    # --- the machine

    async def boot(self):
        """Starts what is enabled, everything at once, in order."""
        names = list(_BOOT_OWN)
        for target in _BOOT_TARGETS:
            names += unitfile.wanted_by(target, unitfile.SEARCH[:2])
        await asyncio.gather(*(self._boot_one(name) for name in names))

    async def _boot_one(self, name):
        try:
            await self.start(name)
        except (Failed, NoUnit):
            pass  # as at a boot: the unit's state and log say it

    async def shut_down(self):
        """Stops everything, as systemd does before it turns the machine off."""
        for _, job in list(self._jobs.values()):
            job.cancel()
        running = [unit for unit in self.units.values() if unit.state not in DOWN]
        await asyncio.gather(*(unit.stop() for unit in running), return_exceptions=True)


async def _outcome(job):
    """Waits for a job as whoever asked for it does: a job that another one replaced has failed."""
    await asyncio.wait([job])
    if job.cancelled():
        raise Failed("canceled")
    job.result()


def _conflict(one, other):
    return (other.file.name in one.file.words("Unit", "Conflicts")
            or one.file.name in other.file.words("Unit", "Conflicts"))


def _ordered_after(unit, other):
    return (other.file.name in unit.file.words("Unit", "After")
            or unit.file.name in other.file.words("Unit", "Before"))
