"""However a lab ends, nothing of it stays. No cygnet here."""

import pathlib
import signal
import subprocess
import sys
import tempfile

import pytest
from ending import end
from lab import sweep

KEEP_ONE = """
import signal, lab, mesh
lab.end_on_signals()
with mesh.Mesh(mesh.THREE_REGIONS[:1], cygnet=None) as made:
    made.sites[0].gateway.wait_booted()
    print(made.sites[0].gateway.pid, flush=True)
    signal.pause()
"""


def kept(process):
    return int(process.stdout.readline())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_stays(number):
    expected = -number if number == signal.SIGKILL else 128 + number
    assert end([sys.executable, "-c", KEEP_ONE], kept, number) == expected


def test_labs_that_begin_at_once_may_sweep_the_same_folder(monkeypatch):
    with subprocess.Popen(["true"]) as ended:
        pass
    swept = pathlib.Path(tempfile.gettempdir()) / f"cygnet-mesh-{ended.pid}-swept"
    monkeypatch.setattr(pathlib.Path, "glob", lambda *_: [swept])
    sweep()
