"""A continuous ping that misses nothing: what was sent, what was lost, and the longest time without an answer.

As a program, in the namespace of the host that pings:  pinger.py INTERVAL ADDRESS...
It pings until its stdin is closed, waits for the last answers, and prints what became of each probe.
"""

import dataclasses
import json
import select
import socket
import struct
import subprocess
import sys
import time

import netns

_GRACE = 1      # seconds that an answer may take
_ECHO, _ECHO_REPLY = 8, 0
_IDENTIFIER = 0x6300    # of the probes to the first address; the second one's is the next


@dataclasses.dataclass
class Outcome:
    """What became of the probes to one address; `answered` tells of each, in the order of sending."""
    interval: float
    times: list         # of sending, time.monotonic()
    answered: list

    @property
    def sent(self):
        return len(self.answered)

    @property
    def lost(self):
        return self.answered.count(False)

    @property
    def longest_gap(self):
        """Seconds of the longest stretch of probes none of which was answered; 0 when all were."""
        longest, begun = 0, None
        for moment, answered in zip([*self.times, self.times[-1] + self.interval], [*self.answered, True]):
            if not answered and begun is None:
                begun = moment
            elif answered and begun is not None:
                longest, begun = max(longest, moment - begun), None
        return longest

    def first_answer_after(self, moment):
        """When the first probe was sent, at `moment` (time.monotonic()) or later, that was answered; None: none was."""
        return next((at for at, answered in zip(self.times, self.answered) if answered and at >= moment), None)

    def __str__(self):
        return f"{self.sent} sent, {self.lost} lost, longest gap {1000 * self.longest_gap:.0f} ms"


class Pinger:
    """Pings each of some addresses every `interval` seconds within a `with` block; `stop` ends it earlier."""

    def __init__(self, where, addresses, interval):
        self._argv = ["nsenter", f"--net={netns.NAMES / where}", "--",
                      "/usr/bin/python3", __file__, str(interval), *addresses]
        self._process = None

    def __enter__(self):
        self._process = subprocess.Popen(self._argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         preexec_fn=netns.die_with_parent)
        self._process.stdout.readline()
        return self

    def stop(self):
        """{address: Outcome}, of all that was sent."""
        told, _ = self._process.communicate()
        return {address: Outcome(**outcome) for address, outcome in json.loads(told).items()}

    def __exit__(self, *exception):
        if self._process.returncode is None:
            self._process.kill()
            self._process.communicate()


def _checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xffff)
    return ~(total + (total >> 16)) & 0xffff


def _echo(identifier, sequence):
    body = struct.pack(">HH", identifier, sequence)
    return struct.pack(">BBH", _ECHO, 0, _checksum(struct.pack(">BBH", _ECHO, 0, 0) + body)) + body


class _Prober:
    """The program's side."""

    def __init__(self, interval, addresses):
        self._interval = interval
        self._addresses = addresses
        self._times = [[] for _ in addresses]
        self._answered = [[] for _ in addresses]
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        self._socket.setblocking(False)

    def run(self):
        print(flush=True)
        due = time.monotonic()
        while not select.select([sys.stdin], [], [], 0)[0]:
            self._send()
            due += self._interval
            self._receive(until=due)
        self._receive(until=time.monotonic() + _GRACE)
        return {address: {"interval": self._interval, "times": times, "answered": answered}
                for address, times, answered in zip(self._addresses, self._times, self._answered)}

    def _send(self):
        for place, address in enumerate(self._addresses):
            sequence = len(self._times[place])
            self._times[place].append(time.monotonic())
            self._answered[place].append(False)
            try:
                self._socket.sendto(_echo(_IDENTIFIER + place, sequence & 0xffff), (address, 0))
            except OSError:
                pass    # an ICMP error that came for an earlier one; this one counts as lost

    def _receive(self, until):
        while True:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self._socket], [], [], left)[0]:
                return
            try:
                packet, (source, _) = self._socket.recvfrom(2048)
            except OSError:
                continue
            self._note(packet[4 * (packet[0] & 15):], source)

    def _note(self, message, source):
        if len(message) < 8 or message[0] != _ECHO_REPLY:
            return
        identifier, sequence = struct.unpack(">HH", message[4:8])
        place = identifier - _IDENTIFIER
        if 0 <= place < len(self._addresses) and source == self._addresses[place]:
            self._mark(self._answered[place], sequence)

    @staticmethod
    def _mark(answered, sequence):
        """The latest probe with this sequence, of which sixteen bits were sent."""
        place = len(answered) - 1 - ((len(answered) - 1 - sequence) & 0xffff)
        if place >= 0:
            answered[place] = True


if __name__ == "__main__":
    json.dump(_Prober(float(sys.argv[1]), sys.argv[2:]).run(), sys.stdout)
