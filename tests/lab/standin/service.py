"""One service: its commands, processes and states, as systemd.service(5) has them."""

import asyncio
import os
import pathlib
import pwd
import signal
import socket
import subprocess
import uuid

from . import FOLDER, process, unitfile
from .unitfile import BadUnit

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"
DOWN = ("inactive", "failed")
_TYPES = ("simple", "exec", "forking", "oneshot", "notify")
_CLEAN_SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGPIPE)
_DIRECTORIES = {"Runtime": "/run", "State": "/var/lib", "Cache": "/var/cache", "Logs": "/var/log",
                "Configuration": "/etc"}

# Restart=: the results that it restarts after
_RESTARTS = {
    "no": (), "always": ("success", "exit-code", "signal", "core-dump", "timeout", "protocol"),
    "on-success": ("success",), "on-failure": ("exit-code", "signal", "core-dump", "timeout", "protocol"),
    "on-abnormal": ("signal", "core-dump", "timeout"), "on-abort": ("signal", "core-dump"), "on-watchdog": (),
}


class Failed(Exception):
    """A service that could not be started, reloaded or stopped; `result` in systemd's words."""

    def __init__(self, result):
        super().__init__(result)
        self.result = result


class Service:
    """`state` and `sub` are systemd's ActiveState and SubState; `changed` is called after each change of them."""

    def __init__(self, file, processes, changed):
        self.file = file
        self.processes = processes
        self.changed = changed
        self.state, self.sub, self.result = "inactive", "dead", "success"
        self.main, self.main_status, self.restarts = 0, 0, 0
        self.invocation = ""
        self.left_inactive = self.entered_inactive = 0.0    # the manager's clock; 0: never
        self._watch = self._restart = None
        self._starts = []
        if self.type not in _TYPES:
            raise BadUnit(f"{file.name}: Type={self.type} is not run here")

    # --- settings

    @property
    def type(self):
        return self._get("Type", "simple" if self._get("ExecStart") else "oneshot")

    def _get(self, key, default=None):
        return self.file.get("Service", key, default)

    def _start_limit(self):
        default = float("inf") if self.type == "oneshot" else 90
        return self.file.span("Service", "TimeoutStartSec", self.file.span("Service", "TimeoutSec", default))

    def _stop_limit(self):
        return self.file.span("Service", "TimeoutStopSec", self.file.span("Service", "TimeoutSec", 90))

    def _environment(self):
        found = {"PATH": _PATH, "LANG": "C.UTF-8", "INVOCATION_ID": self.invocation}
        for assignment in self.file.all("Service", "Environment"):
            found.update(word.partition("=")[::2] for word in unitfile.words(assignment))
        for path in self.file.all("Service", "EnvironmentFile"):
            found.update(_environment_file(path))
        for kind, base in _DIRECTORIES.items():
            names = self.file.words("Service", f"{kind}Directory")
            if names:
                found[f"{kind.upper()}_DIRECTORY"] = ":".join(f"{base}/{name}" for name in names)
        if self._get("User"):
            user = pwd.getpwnam(self._get("User"))
            found.update(USER=user.pw_name, LOGNAME=user.pw_name, HOME=user.pw_dir, SHELL=user.pw_shell)
        if self.main:
            found["MAINPID"] = str(self.main)
        return found

    # --- states

    def _enter(self, state, sub, result=None):
        now = asyncio.get_running_loop().time()
        if self.state in DOWN and state not in DOWN:
            self.left_inactive = now
        if self.state not in DOWN and state in DOWN:
            self.entered_inactive = now
        self.state, self.sub = state, sub
        self.result = result or self.result
        self.changed()

    async def start(self):
        if self.state == "active":
            return
        self._cancel_restart()
        self._respect_start_limit()
        self.invocation = uuid.uuid4().hex
        self.main = 0
        self._enter("activating", "start", "success")
        try:
            await asyncio.wait_for(self._launch(), _finite(self._start_limit()))
        except asyncio.TimeoutError:
            await self._finish("timeout")
            raise Failed("timeout") from None
        except Failed as failure:
            await self._finish(failure.result)
            raise

    def _respect_start_limit(self):
        now = asyncio.get_running_loop().time()
        interval = self.file.span("Unit", "StartLimitIntervalSec", 10)
        burst = int(self.file.get("Unit", "StartLimitBurst", "5"))
        self._starts = [when for when in self._starts if now - when < interval] + [now]
        if interval and burst and len(self._starts) > burst:
            self._enter("failed", "failed", "start-limit-hit")
            raise Failed("start-limit-hit")

    async def _launch(self):
        self._make_directories()
        await self._run_all("ExecStartPre")
        await getattr(self, f"_launch_{self.type}")()
        await self._run_all("ExecStartPost")
        if self.type == "oneshot" and not self.file.flag("Service", "RemainAfterExit"):
            await self._finish("success")
        elif self.type == "oneshot":
            self._enter("active", "exited")
        else:
            self._enter("active", "running")
            self._watch = asyncio.create_task(self._watch_main())

    async def _launch_oneshot(self):
        for line in self.file.all("Service", "ExecStart"):
            await self._run(line, main=True)

    async def _launch_simple(self):
        prefix, self.main = self._spawn(self._get("ExecStart"))

    _launch_exec = _launch_simple

    async def _launch_notify(self):
        with _NotifySocket(self.file.name) as notify:
            _, self.main = self._spawn(self._get("ExecStart"), NOTIFY_SOCKET=notify.path)
            gone = asyncio.ensure_future(self.processes.exit(self.main))
            ready = asyncio.ensure_future(notify.ready())
            await asyncio.wait([gone, ready], return_when=asyncio.FIRST_COMPLETED)
            if not ready.done():
                ready.cancel()
                self.main_status = gone.result()
                raise Failed(self._judge(gone.result()) if gone.result() else "protocol")

    async def _launch_forking(self):
        await self._run(self._get("ExecStart"))
        path = self._get("PIDFile")
        while path and not os.path.exists(path):
            await asyncio.sleep(0.02)
        found = [int(pathlib.Path(path).read_text())] if path else process.members(self.invocation)
        if not found:
            raise Failed("protocol")
        self.main = found[0]
        self.processes.adopt(self.main)

    async def _watch_main(self):
        """The service's end by itself."""
        self.main_status = await self.processes.exit(self.main)
        self.main = 0
        if self.main_status == 0 and self.file.flag("Service", "RemainAfterExit"):
            self._enter("active", "exited")
            return
        self._watch = None
        result = self._judge(self.main_status)
        self._enter("deactivating", "stop", result)
        await self._run_all("ExecStop", tolerate=True)
        await self._finish(result)

    async def stop(self):
        self._cancel_restart()
        if self.state in DOWN:
            return
        if self._watch:
            self._watch.cancel()
            self._watch = None
        was_active = self.state == "active"
        self._enter("deactivating", "stop")
        if was_active:
            await self._run_all("ExecStop", tolerate=True)
        await self._finish("success", restart=False)

    async def reload(self):
        if self.state != "active" or not self.file.all("Service", "ExecReload"):
            raise Failed("not-reloadable")
        await self._run_all("ExecReload")

    async def _finish(self, result, restart=True):
        """Ends what is left of the service, and decides whether it comes back."""
        await self._end_processes()
        await self._run_all("ExecStopPost", tolerate=True)
        self.main = 0
        if not self.file.get("Service", "RuntimeDirectoryPreserve"):
            for name in self.file.words("Service", "RuntimeDirectory"):
                subprocess.run(["rm", "-rf", f"/run/{name}"], check=True)
        again = restart and result in _RESTARTS[self._get("Restart", "no")]
        self._enter(*(("inactive", "dead") if result == "success" else ("failed", "failed")), result)
        if again:
            self._enter("activating", "auto-restart")
            self._restart = asyncio.create_task(self._start_again())

    async def _start_again(self):
        await asyncio.sleep(self.file.span("Service", "RestartSec", 0.1))
        self._restart = None
        self.restarts += 1
        self._enter("inactive", "dead")
        try:
            await self.start()
        except Failed:
            pass  # the state says it

    def _cancel_restart(self):
        if self._restart:
            self._restart.cancel()
            self._restart = None
            self._enter("inactive", "dead")

    def _judge(self, status):
        """The Result of a main process that ended so."""
        extra = self.file.words("Service", "SuccessExitStatus")
        if status == 0 or str(status) in extra:
            return "success"
        if status < 0:
            clean = self.type != "oneshot" and -status in _CLEAN_SIGNALS or signal.Signals(-status).name in extra
            return "success" if clean else "core-dump" if -status in (signal.SIGABRT, signal.SIGSEGV) else "signal"
        return "exit-code"

    # --- processes

    async def _run_all(self, key, tolerate=False):
        for line in self.file.all("Service", key):
            try:
                await self._run(line)
            except Failed:
                if not tolerate:
                    raise

    async def _run(self, line, main=False):
        prefix, pid = self._spawn(line)
        if main:
            self.main = pid
        try:
            status = await self.processes.exit(pid)
        except asyncio.CancelledError:
            process.send([pid], signal.SIGTERM)
            raise
        if main:
            self.main, self.main_status = 0, status
        result = self._judge(status) if main else "success" if status == 0 else "exit-code" if status > 0 else "signal"
        if result != "success" and "-" not in prefix:
            raise Failed(result)

    def _spawn(self, line, **extra):
        environment = {**self._environment(), **extra}
        prefix, argv = unitfile.command(line, environment)
        options = {"cwd": self._get("WorkingDirectory", "/"), "umask": int(self._get("UMask", "0022"), 8)}
        if self._get("User") and not set("+!") & set(prefix):
            user = pwd.getpwnam(self._get("User"))
            options.update(user=user.pw_uid, group=self._get("Group", user.pw_gid), extra_groups=[])
        with open(f"{FOLDER}/{self.file.name}.log", "ab") as log:
            try:
                return prefix, self.processes.spawn(argv, environment, stdin=subprocess.DEVNULL, stdout=log,
                                                    stderr=log, **options)
            except OSError as error:
                log.write(f"{argv[0]}: {error.strerror}\n".encode())
                raise Failed("exit-code") from error

    async def _end_processes(self):
        mode = self._get("KillMode", "control-group")
        number = getattr(signal, self._get("KillSignal", "SIGTERM"))
        left = process.members(self.invocation)
        if mode == "none" or not left:
            return
        process.send(left if mode == "control-group" else [self.main] if self.main else [], number)
        deadline = asyncio.get_running_loop().time() + self._stop_limit()
        waited_for = process.members if mode == "control-group" else lambda _: [self.main] if _alive(self.main) else []
        while waited_for(self.invocation) and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.02)
        if mode != "process":
            process.send(process.members(self.invocation), signal.SIGKILL)

    def _make_directories(self):
        for kind, base in _DIRECTORIES.items():
            mode = int(self._get(f"{kind}DirectoryMode", "0755"), 8)
            for name in self.file.words("Service", f"{kind}Directory"):
                folder = f"{base}/{name}"
                os.makedirs(folder, exist_ok=True)
                os.chmod(folder, mode)
                if self._get("User") and kind != "Configuration":
                    user = pwd.getpwnam(self._get("User"))
                    os.chown(folder, user.pw_uid, user.pw_gid)


class _NotifySocket:
    """Where a Type=notify service says that it is ready."""

    def __init__(self, name):
        self.path = f"/run/systemd/notify-{name}"

    def __enter__(self):
        pathlib.Path(self.path).unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.path)
        self._socket.setblocking(False)
        return self

    def __exit__(self, *_):
        self._socket.close()

    async def ready(self):
        loop = asyncio.get_running_loop()
        while b"READY=1" not in (await loop.sock_recv(self._socket, 4096)).split(b"\n"):
            pass


def _environment_file(path):
    optional, path = path.startswith("-"), path.removeprefix("-")
    try:
        lines = pathlib.Path(path).read_text().splitlines()
    except FileNotFoundError:
        if optional:
            return {}
        raise Failed("resources") from None
    pairs = (line.partition("=") for line in lines if line.strip() and line.strip()[0] not in "#;")
    return {name.strip(): " ".join(unitfile.words(value)) for name, _, value in pairs}


def _alive(pid):
    return pid != 0 and os.path.exists(f"/proc/{pid}")


def _finite(seconds):
    return None if seconds == float("inf") else seconds
