"""Sockets that listen inside a network namespace."""

import ctypes
import os
import socket
import threading

CLONE_NEWNET = 0x40000000


def listening_socket(address, port, netns=None):
    """A listening TCP socket, made inside the namespace of this name below /run/netns (None: the own one)."""
    if netns is None:
        return _listen(address, port)
    outcome = {}

    def enter_and_listen():
        try:
            _enter(f"/run/netns/{netns}")
            outcome["socket"] = _listen(address, port)
        except OSError as error:
            outcome["error"] = error

    # setns changes the calling thread only, and for good: a thread of its own does it and ends
    thread = threading.Thread(target=enter_and_listen)
    thread.start()
    thread.join()
    if "error" in outcome:
        raise outcome["error"]
    return outcome["socket"]


def _enter(path):
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if libc.setns(descriptor, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"entering {path}")
    finally:
        os.close(descriptor)


def _listen(address, port):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener
