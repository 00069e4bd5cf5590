"""The machine's processes as PID 1 sees them: starts them, reaps every one, finds those of a unit.

What systemd knows from control groups is known here from INVOCATION_ID in a process's environment, which its
children inherit however they fork.
"""

import asyncio
import os
import pathlib
import signal
import subprocess


class Processes:
    def __init__(self, loop):
        self._exits = {}
        loop.add_signal_handler(signal.SIGCHLD, self._reap)

    def spawn(self, argv, environment, **options):
        """Starts a program in a session of its own; returns its pid. OSError if it cannot be run."""
        child = subprocess.Popen(argv, env=environment, start_new_session=True, **options)
        child.returncode = 0  # so that Popen leaves the waiting to _reap
        self.adopt(child.pid)
        return child.pid

    def adopt(self, pid):
        """Watches a process that another one started; it is ours once its parent has gone."""
        self._exits.setdefault(pid, asyncio.get_running_loop().create_future())

    async def exit(self, pid):
        """Waits for the end of a process: its exit code, or minus the signal that killed it."""
        return await asyncio.shield(self._exits[pid])

    def _reap(self):
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid in self._exits:
                self._exits.pop(pid).set_result(os.waitstatus_to_exitcode(status))


def members(invocation):
    """The pids of all live processes started, at whatever remove, by a unit's invocation."""
    wanted = f"INVOCATION_ID={invocation}".encode()
    return [int(entry.name) for entry in pathlib.Path("/proc").iterdir()
            if entry.name.isdigit() and entry.name != "1" and wanted in _environment(entry)]


def _environment(entry):
    try:
        return (entry / "environ").read_bytes().split(b"\0")
    except OSError:
        return []


def send(pids, number):
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass
