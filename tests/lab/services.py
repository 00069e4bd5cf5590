"""What the VPC itself answers at link-local addresses besides metadata: names and the time."""

import socketserver
import struct
import threading
import time

import fabric
import netns

_NOERROR, _NXDOMAIN = 0, 3
_TYPE_A, _CLASS_IN = 1, 1
_SECONDS_1900_TO_1970 = 2208988800


class Services:
    """Threads that answer in one VPC's namespace until closed; `resolve(name)` gives an address or None."""

    def __init__(self, vpc, resolve):
        self._servers = []
        for address in (vpc.resolver, fabric.RESOLVER_ADDRESS):
            self._serve(vpc, socketserver.UDPServer, (address, 53), _dns_over_udp(resolve))
            self._serve(vpc, _TcpServer, (address, 53), _dns_over_tcp(resolve))
        self._serve(vpc, socketserver.UDPServer, (fabric.TIME_ADDRESS, 123), _Ntp)

    def _serve(self, vpc, kind, address, handler):
        with netns.inside(vpc.netns):
            server = kind(address, handler)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.2}, daemon=True).start()
        self._servers.append(server)

    def close(self):
        for server in self._servers:
            server.shutdown()
            server.server_close()


class _TcpServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def _dns_over_udp(resolve):
    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            query, sock = self.request
            sock.sendto(answer(query, resolve), self.client_address)
    return Handler


def _dns_over_tcp(resolve):
    class Handler(socketserver.StreamRequestHandler):
        timeout = 5

        def handle(self):
            length = self.rfile.read(2)
            if len(length) == 2:
                reply = answer(self.rfile.read(struct.unpack(">H", length)[0]), resolve)
                self.wfile.write(struct.pack(">H", len(reply)) + reply)
    return Handler


def answer(query, resolve):
    """The reply to a DNS query of one question: an address, no data for other types, or NXDOMAIN."""
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode())
        at += 1 + query[at]
    question = query[12:at + 5]
    kind = struct.unpack(">HH", query[at + 1:at + 5])
    address = resolve(".".join(labels))
    records = b""
    if address and kind == (_TYPE_A, _CLASS_IN):
        octets = bytes(map(int, address.split(".")))
        records = struct.pack(">HHHIH", 0xC00C, _TYPE_A, _CLASS_IN, 60, 4) + octets
    flags = 0x8180 | (_NOERROR if address else _NXDOMAIN)
    return query[:2] + struct.pack(">HHHHH", flags, 1, 1 if records else 0, 0, 0) + question + records


class _Ntp(socketserver.BaseRequestHandler):
    """Amazon Time Sync: the machine's own clock, as a server of stratum 4."""

    def handle(self):
        request, sock = self.request
        now = struct.pack(">Q", int((time.time() + _SECONDS_1900_TO_1970) * 2 ** 32))
        version = request[0] & 0o70
        head = struct.pack(">BBbbII4s", version | 4, 4, request[2] & 0x7f, -20, 0, 0, b"\x7f\x00\x00\x01")
        sock.sendto(head + now + request[40:48] + now + now, self.client_address)
