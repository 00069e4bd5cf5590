"""Whether anything stays of a program that has a lab, however it is ended."""

import os
import pathlib
import subprocess
import sys
import tempfile

from checks import eventually
from lab import FOLDER, sweep

_SECONDS = 60


def end(argv, inmate, number):
    """Runs a program in the lab's folder and sends it a signal once inmate(process) has found the
    PID of one that it keeps in the lab; returns what it ended with. An assertion fails if anything
    stays."""
    before = _mounts()
    with subprocess.Popen(argv, cwd=FOLDER, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          text=True) as process:
        found = inmate(process)
        namespace = _link(found, "ns/net")
        process.send_signal(number)
        status = process.wait(_SECONDS)
    eventually(lambda: not _link(found, "ns/net") and namespace not in _network_namespaces())
    assert _mounts() == before
    sweep()
    assert list(pathlib.Path(tempfile.gettempdir()).glob(f"cygnet-mesh-{process.pid}-*")) == []
    return status


def end_pytest(test, number):
    """As `end`, of a pytest that is in this test, whose programs have a root of their own."""
    with tempfile.TemporaryDirectory() as folder:
        return end([sys.executable, "-m", "pytest", "-q", f"--basetemp={folder}/files",
                    FOLDER.parent / test], _chrooted, number)


def _chrooted(process):
    found = []

    def has_one():
        assert process.poll() is None, f"it ended by itself: {process.stdout.read()}"
        found.extend(child for child in _children(process.pid) if _has_own_root(child))
        return found
    eventually(has_one, _SECONDS)
    return found[0]


def _children(pid):
    return [int(word) for file in pathlib.Path(f"/proc/{pid}/task").glob("*/children")
            for word in file.read_text().split()]


def _has_own_root(pid):
    """Compares folders: a path is told from where the mounts of the process begin, which may be
    outside of a chroot that we are in."""
    try:
        return not os.path.samefile(f"/proc/{pid}/root", "/")
    except OSError:
        return False    # it has just ended


def _link(pid, name):
    try:
        return os.readlink(f"/proc/{pid}/{name}")
    except OSError:
        return None     # it has just ended


def _network_namespaces():
    links = (_link(entry.name, "ns/net") for entry in pathlib.Path("/proc").glob("[0-9]*"))
    return set(filter(None, links))


def _mounts():
    seen = pathlib.Path("/proc/self/mounts").read_text().splitlines()
    return [line for line in seen if "cygnet-" in line or "/run/netns" in line]
