"""What each verb of systemctl does and prints, with systemctl's exit codes."""

import fnmatch
import shlex

from . import complain, enablement
from .manager import NoUnit
from .service import Failed, Service

_SUFFIXES = (".service", ".timer", ".target", ".socket", ".path", ".mount", ".slice")


class Reply:
    def __init__(self):
        self.out, self.err, self.code = [], [], 0

    def fail(self, code, *lines):
        self.err += lines
        self.code = code


class Verbs:
    """`verb_x_y` is `systemctl x-y`; each gets the options, the units named, and the reply to fill."""

    def __init__(self, manager):
        self._manager = manager

    async def do(self, verb, options, names):
        """Runs a verb; an unknown one is a failure and a complaint."""
        reply = Reply()
        run = getattr(self, "verb_" + verb.replace("-", "_"), None)
        if run is None:
            complain(f"systemctl {verb}: unknown verb")
            reply.fail(1, f"Unknown command verb '{verb}'.")
        else:
            await run(options, [_full_name(name) for name in names], reply)
        return reply

    # --- jobs

    async def _each(self, verb, names, reply, act):
        """Acts on each unit, and says what systemctl says where that fails."""
        for name in names:
            try:
                self._warn_if_changed(name, reply)
                await act(name)
            except NoUnit as missing:
                reply.fail(5 if missing.load_state == "not-found" else 1, f"Failed to {verb} {name}: {missing}")
            except Failed as failure:
                reply.fail(1, _job_failure(verb, name, failure.result))

    def _warn_if_changed(self, name, reply):
        unit = self._manager.units.get(name)
        if unit and unit.file.changed_on_disk():
            reply.err.append(f"Warning: The unit file, source configuration file or drop-ins of {name} changed on disk. "
                             "Run 'systemctl daemon-reload' to reload units.")

    async def verb_start(self, options, names, reply):
        await self._each("start", names, reply, self._manager.start)

    async def verb_stop(self, options, names, reply):
        await self._each("stop", names, reply, self._manager.stop)

    async def verb_restart(self, options, names, reply):
        await self._each("restart", names, reply, self._manager.restart)

    async def verb_try_restart(self, options, names, reply):
        await self._each("restart", [n for n in names if self._is_up(n)], reply, self._manager.restart)

    async def verb_reload(self, options, names, reply):
        await self._each("reload", names, reply, self._manager.reload_unit)

    async def verb_reload_or_restart(self, options, names, reply):
        await self._each("reload-or-restart", names, reply, self._reload_or_restart)

    async def verb_try_reload_or_restart(self, options, names, reply):
        await self._each("reload-or-restart", [n for n in names if self._is_up(n)], reply, self._reload_or_restart)

    async def _reload_or_restart(self, name):
        unit = self._manager.unit(name)
        if unit.state == "active" and unit.file.all("Service", "ExecReload"):
            await self._manager.reload_unit(name)
        else:
            await self._manager.restart(name)

    async def verb_reset_failed(self, options, names, reply):
        for name in names:
            unit = self._manager.unit(name)
            if unit.state == "failed":
                unit.state, unit.sub, unit.result = "inactive", "dead", "success"

    async def verb_daemon_reload(self, options, names, reply):
        self._manager.reload()

    # --- states

    def _state(self, name):
        try:
            return self._manager.unit(name).state
        except NoUnit:
            return "inactive"

    def _is_up(self, name):
        return self._state(name) in ("active", "reloading")

    async def verb_is_active(self, options, names, reply):
        states = [self._state(name) for name in names]
        reply.out += states
        reply.code = 0 if "active" in states else 3

    async def verb_is_failed(self, options, names, reply):
        states = [self._state(name) for name in names]
        reply.out += states
        reply.code = 0 if "failed" in states else 1

    async def verb_is_enabled(self, options, names, reply):
        reply.code = 1
        for name in names:
            state = enablement.state(name)
            if state is None:
                reply.err.append(f"Failed to get unit file state for {name}: No such file or directory")
            else:
                reply.out.append(state)
                reply.code = 0 if state in ("enabled", "enabled-runtime", "static", "alias") else reply.code

    async def verb_status(self, options, names, reply):
        for name in names:
            try:
                unit = self._manager.unit(name)
            except NoUnit as missing:
                reply.fail(4 if missing.load_state == "not-found" else 3, str(missing))
                continue
            mark = {"active": "●", "failed": "×"}.get(unit.state, "○")
            reply.out += [f"{mark} {name} - {unit.file.get('Unit', 'Description', name)}",
                          f"     Loaded: loaded ({unit.file.path}; {enablement.state(name)})",
                          f"     Active: {unit.state} ({unit.sub})"]
            reply.code = reply.code if unit.state == "active" else 3

    async def verb_show(self, options, names, reply):
        wanted = [key for value in options.get("property", []) for key in value.split(",")]
        for number, name in enumerate(names):
            found = self._properties(name)
            for key in wanted or found:
                if key not in found:
                    complain(f"systemctl show: unknown property {key}")
                    reply.fail(1, f"Unknown property '{key}'.")
                    return
                reply.out.append(found[key] if "value" in options else f"{key}={found[key]}")
            if number < len(names) - 1:
                reply.out.append("")

    def _properties(self, name):
        known = {"Id": name, "LoadState": "loaded", "UnitFileState": enablement.state(name) or ""}
        try:
            unit = self._manager.unit(name)
        except NoUnit as missing:
            return {**known, "LoadState": missing.load_state, "ActiveState": "inactive", "SubState": "dead",
                    "Result": "success", "FragmentPath": "", "MainPID": "0", "ExecMainStatus": "0", "NRestarts": "0"}
        file = unit.file
        known.update(ActiveState=unit.state, SubState=unit.sub, Result=unit.result, FragmentPath=str(file.path),
                     DropInPaths=" ".join(map(str, file.dropins)), Description=file.get("Unit", "Description", name),
                     NeedDaemonReload="yes" if file.changed_on_disk() else "no")
        if isinstance(unit, Service):
            known.update(MainPID=str(unit.main), ExecMainStatus=str(abs(unit.main_status)), Type=unit.type,
                         InvocationID=unit.invocation, NRestarts=str(unit.restarts))
        return known

    # --- unit files

    async def _with_files(self, names, reply, act):
        try:
            for name in names:
                reply.err += act(name)
        except enablement.Refused as refused:
            reply.fail(1, str(refused))
        self._manager.reload()

    async def verb_enable(self, options, names, reply):
        await self._with_files(names, reply, enablement.enable)
        if "now" in options and reply.code == 0:
            await self.verb_start(options, names, reply)

    async def verb_disable(self, options, names, reply):
        await self._with_files(names, reply, enablement.disable)
        if "now" in options and reply.code == 0:
            await self.verb_stop(options, names, reply)

    async def verb_reenable(self, options, names, reply):
        await self._with_files(names, reply, enablement.disable)
        if reply.code == 0:
            await self._with_files(names, reply, enablement.enable)

    async def verb_mask(self, options, names, reply):
        await self._with_files(names, reply, enablement.mask)

    async def verb_unmask(self, options, names, reply):
        await self._with_files(names, reply, enablement.unmask)

    async def verb_list_unit_files(self, options, names, reply):
        shown = [name for name in enablement.all_units()
                 if not names or any(fnmatch.fnmatch(name, pattern) for pattern in names)]
        heading = [] if "no-legend" in options else ["UNIT FILE STATE PRESET"]
        reply.out += heading + [f"{name} {enablement.state(name)} -" for name in shown]
        reply.code = 0 if shown else 1

    async def verb_cat(self, options, names, reply):
        for name in names:
            try:
                file = self._manager.unit(name).file
            except NoUnit:
                reply.fail(1, f"No files found for {name}.")
                continue
            for path in [file.path, *file.dropins]:
                reply.out += [f"# {path}", path.read_text()]


def _full_name(name):
    return name if name.endswith(_SUFFIXES) or "*" in name else name + ".service"


def _job_failure(verb, name, result):
    if result == "not-reloadable":
        return f"Failed to {verb} {name}: Job type reload is not applicable for unit {name}."
    if result == "dependency":
        return f"A dependency job for {name} failed. See 'journalctl -xe' for details."
    return (f"Job for {name} failed ({result}).\n"
            f"See \"systemctl status {shlex.quote(name)}\" and \"journalctl -xeu {shlex.quote(name)}\" for details.")
