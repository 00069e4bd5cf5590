"""The sockets that services log to, in place of journald: a line goes into the log of the unit that sent it."""

import os
import re
import socket
import struct

from . import FOLDER


def listen(loop, owner):
    """Opens the journal's socket and syslog's; `owner(pid)` names the unit of a process."""
    for path in ("/run/systemd/journal/socket", "/dev/log"):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        sock.bind(path)
        os.chmod(path, 0o666)
        sock.setblocking(False)
        loop.add_reader(sock, _receive, sock, owner)


def _receive(sock, owner):
    data, ancillary, _, _ = sock.recvmsg(65536, socket.CMSG_SPACE(struct.calcsize("3i")))
    pid = struct.unpack("3i", ancillary[0][2])[0]
    with open(f"{FOLDER}/{owner(pid)}.log", "ab") as log:
        log.write(_message(data) + b"\n")


def _message(data):
    """The text of a datagram, of the journal's own form or of syslog's."""
    native = re.search(rb"(?:^|\n)MESSAGE=(.*)", data)
    if native:
        return native[1]
    binary = re.search(rb"(?:^|\n)MESSAGE\n(.{8})", data, re.DOTALL)
    if binary:
        start = binary.end()
        return data[start:start + struct.unpack("<Q", binary[1])[0]]
    return re.sub(rb"^<\d+>", b"", data).rstrip(b"\0\n")
