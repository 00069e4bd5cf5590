"""The open connections of a listener, and which of them a change of an instance's public address ends."""

import threading
from dataclasses import dataclass


@dataclass
class _Known:
    thread: int         # that serves it
    since: int          # the cuts there had been when it was opened
    owner: str = None   # id of the instance at the other end, once that is known


class Connections:
    """All methods may be called from any thread; add() from the one that serves the connection."""

    def __init__(self):
        self._lock = threading.Lock()
        self._known = {}
        self._cuts = 0
        self._last_cut = {}

    def add(self, connection):
        with self._lock:
            self._known[connection] = _Known(threading.get_ident(), self._cuts)

    def discard(self, connection):
        with self._lock:
            del self._known[connection]

    def all(self):
        with self._lock:
            return list(self._known)

    def outlives(self, connection, owner):
        """Whether a connection, known to be this instance's from now on, was opened after its last cut."""
        with self._lock:
            known = self._known[connection]
            known.owner = owner
            return self._last_cut.get(owner, 0) <= known.since

    def cut(self, owner):
        """Count a cut of an instance. Returns its connections, but for the one that this thread serves."""
        with self._lock:
            self._cuts += 1
            self._last_cut[owner] = self._cuts
            return [connection for connection, known in self._known.items()
                    if known.owner == owner and known.thread != threading.get_ident()]
