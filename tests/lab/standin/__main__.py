"""PID 1 of a machine: boots what is enabled and then serves systemctl."""

import asyncio
import json
import os
import pathlib
import signal
import sys
import traceback

from . import BOOTED, CONTROL, FOLDER, complain, journal
from .manager import Manager
from .verbs import Reply, Verbs


async def _serve(verbs, reader, writer):
    """One request of the systemctl client, one reply; --no-block does not wait for the job."""
    request = json.loads(await reader.readline())
    work = asyncio.create_task(_answer(verbs, request))
    reply = vars(Reply() if "no-block" in request["options"] else await work)
    writer.write(json.dumps(reply).encode() + b"\n")
    await writer.drain()
    writer.close()


async def _answer(verbs, request):
    try:
        return await verbs.do(request["verb"], request["options"], request["names"])
    except Exception:
        complain(f"systemctl {request}: {traceback.format_exc()}")
        reply = Reply()
        reply.fail(1, "the stand-in failed")
        return reply


def _unit_of(manager, pid):
    """The name of the unit whose process this is; 'other' if it is none's."""
    try:
        environment = pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return "other"
    for name, unit in manager.units.items():
        invocation = getattr(unit, "invocation", "")
        if invocation and f"INVOCATION_ID={invocation}".encode() in environment:
            return name
    return "other"


async def _boot(manager):
    await manager.boot()
    pathlib.Path(BOOTED).touch()


async def _main():
    loop = asyncio.get_running_loop()
    manager = Manager()
    verbs = Verbs(manager)
    off = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, off.set)
    for folder in (FOLDER, "/run/systemd/system"):
        os.makedirs(folder, exist_ok=True)
    journal.listen(loop, lambda pid: _unit_of(manager, pid))
    server = await asyncio.start_unix_server(lambda r, w: _serve(verbs, r, w), CONTROL)
    booting = asyncio.create_task(_boot(manager))
    await off.wait()
    server.close()
    booting.cancel()
    await manager.shut_down()


asyncio.run(_main())
sys.exit(0)
