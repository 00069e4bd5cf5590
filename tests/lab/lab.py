"""What a process that has a mesh lab needs once: its private folder and namespaces, signals that clean up, threads."""

import atexit
import concurrent.futures
import contextlib
import functools
import os
import pathlib
import signal
import sys
import tempfile

import netns

FOLDER = pathlib.Path(__file__).resolve().parent

_ENDING = (signal.SIGINT, signal.SIGTERM)
_SCRATCH = "cygnet-mesh-"


@functools.cache
def scratch():
    """This process's private folder and namespaces, made once; nothing of them outlives it."""
    sweep()
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"{_SCRATCH}{os.getpid()}-"))
    netns.privatise(folder)
    atexit.register(_leave, folder)
    return folder


def _leave(folder):
    netns.unprivatise(folder)
    folder.rmdir()


def sweep():
    """Removes the folders of labs that were killed: all that can be left of one, and empty."""
    for folder in pathlib.Path(tempfile.gettempdir()).glob(f"{_SCRATCH}*"):
        pid = folder.name.removeprefix(_SCRATCH).split("-")[0]
        if pid.isdigit() and not os.path.exists(f"/proc/{pid}"):
            with contextlib.suppress(FileNotFoundError):    # swept by another lab meanwhile
                folder.rmdir()


@functools.cache
def kernel_has_esp():
    """Whether the kernel takes an ESP state as charon would install it."""
    scratch()
    netns.add("esp")
    try:
        netns.ip("esp", "xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 1 mode tunnel"
                        f" aead rfc4106(gcm(aes)) 0x{'5a' * 20} 128")
        return True
    except netns.Failed:
        return False
    finally:
        netns.delete("esp")


def end_on_signals():
    """Makes the first ^C or SIGTERM end the program with all its cleaning up, which no further one cuts short."""
    def end(number, _):
        for ignored in _ENDING:
            signal.signal(ignored, signal.SIG_IGN)
        sys.exit(128 + number)

    for number in _ENDING:
        signal.signal(number, end)


def parallel(work, things):
    """work(thing) for all at the same time; the results in order. Interrupted, it waits for none of them."""
    pool = concurrent.futures.ThreadPoolExecutor(len(things) or 1)
    try:
        return list(pool.map(work, things))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
