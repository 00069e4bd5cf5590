"""What a VPC tells an instance by DHCP: its address, its router and resolver, and that frames may be jumbo."""

import ipaddress
import socket
import socketserver
import struct
import threading

import fabric
import netns

_DISCOVER, _OFFER, _REQUEST, _ACK = 1, 2, 3, 5
_ANSWERS = {_DISCOVER: _OFFER, _REQUEST: _ACK}
_COOKIE = b"\x63\x82\x53\x63"
_OPTIONS_AT = 240       # in a message: behind the fixed fields and the cookie
_FOR_EVER = 0xffffffff


class Dhcp:
    """Answers one instance at an interface of its namespace, until closed."""

    def __init__(self, namespace, interface, address, resolver):
        """`address` is an IPv4Interface: the instance's, with the length of its subnet."""
        options = _options(address, resolver)

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                message, sock = self.request
                reply = _answer(message, address, options)
                if reply:
                    sock.sendto(reply, ("255.255.255.255", 68))

        with netns.inside(namespace):
            self._server = _Server(interface, Handler)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.2}, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


class _Server(socketserver.UDPServer):
    def __init__(self, interface, handler):
        self._interface = interface
        super().__init__(("0.0.0.0", 67), handler)

    def server_bind(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, self._interface.encode())
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        super().server_bind()


def _options(address, resolver):
    """All of an answer but its kind."""
    router = address.network.network_address + 1
    values = {1: address.netmask.packed, 3: router.packed, 6: ipaddress.IPv4Address(resolver).packed,
              26: struct.pack(">H", fabric.INSIDE_MTU), 51: struct.pack(">I", _FOR_EVER), 54: router.packed}
    return b"".join(bytes([code, len(value)]) + value for code, value in values.items())


def _kind(message):
    """Of a request, its option 53; None: there is none."""
    at = _OPTIONS_AT
    while at + 2 < len(message) and message[at] != 255:
        if message[at] == 53:
            return message[at + 2]
        at += 1 if message[at] == 0 else 2 + message[at + 1]
    return None


def _answer(message, address, options):
    """The reply to a request; None: it needs none."""
    kind = _ANSWERS.get(_kind(message))
    if kind is None:
        return None
    head = struct.pack(">BBBB", 2, *message[1:4]) + message[4:12] + bytes(4) + address.ip.packed + bytes(8)
    return head + message[28:_OPTIONS_AT - 4] + _COOKIE + bytes([53, 1, kind]) + options + b"\xff"
