"""However a lab ends, nothing of it stays. No cygnet here."""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile

import pytest
from checks import eventually
from lab import FOLDER, sweep

KEEP_ONE = """
import signal, lab, mesh
lab.end_on_signals()
with mesh.Mesh(mesh.THREE_REGIONS[:1], cygnet=None) as made:
    made.sites[0].gateway.wait_booted()
    print(made.sites[0].gateway.pid, flush=True)
    signal.pause()
"""


def mounts():
    seen = pathlib.Path("/proc/self/mounts").read_text().splitlines()
    return [line for line in seen if "cygnet-mesh" in line or "/run/netns" in line]


def network_namespaces():
    found = set()
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            found.add(os.readlink(process / "ns/net"))
        except OSError:
            pass  # it has just ended
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_stays(number):
    before = mounts()
    lab = subprocess.Popen([sys.executable, "-c", KEEP_ONE], cwd=FOLDER, stdout=subprocess.PIPE, text=True)
    machine = pathlib.Path("/proc") / lab.stdout.readline().strip()
    namespace = os.readlink(machine / "ns/net")
    lab.send_signal(number)
    assert lab.wait(30) == (-number if number == signal.SIGKILL else 128 + number)
    lab.stdout.close()
    eventually(lambda: not machine.exists() and namespace not in network_namespaces())
    assert mounts() == before
    sweep()
    assert list(pathlib.Path(tempfile.gettempdir()).glob(f"cygnet-mesh-{lab.pid}-*")) == []
