"""Network namespaces that nobody else on the machine sees.

`privatise` gives this process a mount namespace with its own /run/netns, so that the names made here are
nobody's business, and all of it is gone with the process, however that ends. Knows nothing of VPCs.
"""

import contextlib
import ctypes
import json
import os
import pathlib
import signal
import subprocess

NAMES = pathlib.Path("/run/netns")

_CLONE_NEWNS = 0x00020000
_CLONE_NEWNET = 0x40000000
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class Failed(Exception):
    """A program of the lab's own ended badly: its command line and what it said."""


def _checked(result):
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def die_with_parent():
    """For preexec_fn: the child is killed when the thread that started it ends."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def privatise(scratch):
    """Moves this process into a mount namespace of its own, with an empty /run/netns and a tmpfs on `scratch`.

    Call it from the main thread, before others are started: a thread keeps the namespace it was born in.
    """
    NAMES.mkdir(exist_ok=True)
    _checked(_libc.unshare(_CLONE_NEWNS))
    if _is_mount_point("/"):
        run(["mount", "--make-rprivate", "/"])
    for folder in (NAMES, scratch):
        # Bound to itself first, for a chroot whose / is no mount and cannot be made private. `ip netns add` leaves a
        # shared mount there, which would pass on what is mounted over it.
        if _is_mount_point(str(folder)):
            run(["mount", "--make-private", folder])
        run(["mount", "--bind", folder, folder])
        run(["mount", "--make-private", folder])
        run(["mount", "-t", "tmpfs", "-o", "mode=755", "cygnet-mesh", folder])


def unprivatise(scratch):
    """Takes back what `privatise` mounted, as far as the process's end would not."""
    for folder in (scratch, NAMES):
        run(["umount", "--lazy", folder])
        run(["umount", "--lazy", folder])


def _is_mount_point(path):
    with open("/proc/self/mountinfo") as mounts:
        return any(line.split()[4] == path for line in mounts)


def run(argv, netns=None, stdin=None):
    """Runs a program, in a namespace if one is named; returns what it printed, raises Failed with what it said."""
    argv = [str(word) for word in argv]
    enter = ["nsenter", f"--net={NAMES / netns}", "--"] if netns else []
    done = subprocess.run(enter + argv, input=stdin, text=True, capture_output=True)
    if done.returncode != 0:
        where = f" in {netns}" if netns else ""
        raise Failed(f"{' '.join(argv)}{where}: exit {done.returncode}: {(done.stderr or done.stdout).strip()}"
                     + (f"\n{stdin}" if stdin else ""))
    return done.stdout


def add(name):
    run(["ip", "netns", "add", name])
    run(["ip", "link", "set", "lo", "up"], netns=name)


@contextlib.contextmanager
def temporary(name):
    """A namespace that is there within the block."""
    add(name)
    try:
        yield name
    finally:
        delete(name)


def names():
    return sorted(entry.name for entry in NAMES.iterdir())


def delete(name):
    run(["ip", "netns", "delete", name])


def ip(netns, *lines):
    """Runs lines of `ip -batch` in a namespace; the first that fails ends it."""
    run(["ip", "-batch", "-"], netns=netns, stdin="\n".join(lines) + "\n")


def nft(netns, text):
    run(["nft", "-f", "-"], netns=netns, stdin=text)


def nft_objects(netns, *what):
    """What `nft -j list …` shows, as a list of one-key objects."""
    return json.loads(run(["nft", "-j", "list", *what], netns=netns))["nftables"]


def sysctl(netns, settings):
    """Writes settings, {"net.ipv4.ip_forward": 1}; a dot inside an interface's name is written as a slash."""
    words = [f"{key}={value}" for key, value in settings.items()]
    run(["sysctl", "-q", "-w", *words], netns=netns)


@contextlib.contextmanager
def inside(name):
    """The calling thread is in the namespace within the block; a socket made there stays there."""
    with open("/proc/thread-self/ns/net", "rb") as before, open(NAMES / name, "rb") as there:
        _checked(_libc.setns(there.fileno(), _CLONE_NEWNET))
        try:
            yield
        finally:
            _checked(_libc.setns(before.fileno(), _CLONE_NEWNET))
