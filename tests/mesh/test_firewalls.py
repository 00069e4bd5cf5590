"""Both kinds of firewall do the same: what the golden tests expect of them is loaded as their units load it, into a
router between an inside host and the outside, which has a plain way there and a tun device of charon's, by its name.

Where the kernel has no ESP no packet can have a policy, so what a policy lets pass is seen by a real boot alone.
"""

import contextlib
import json
import socket
import threading

import netns
import pytest
from mesh import REPOSITORY

CASES = REPOSITORY / "tests" / "golden" / "cases"
UNIT_TESTS = REPOSITORY / "tests" / "unit" / "expected" / "render" / "firewall"
UNIT = "etc/systemd/system/cygnet-firewall.service"
# kind: the case that has its files, its rules, and what its programs are called here
KINDS = {
    "nft": ("three-sites", "etc/cygnet/cygnet.nft", ""),
    "iptables-nft": ("amazon-linux-2", "etc/cygnet/cygnet.iptables", "-nft"),
    "iptables-legacy": ("amazon-linux-2", "etc/cygnet/cygnet.iptables", "-legacy"),
}
IPTABLES = [kind for kind in KINDS if kind != "nft"]

INSIDE, PEER, GATEWAY, ELSEWHERE = "172.16.0.10", "10.20.0.10", "203.0.113.20", "192.0.2.10"
RANGE = "10.20.0.0/16"
JUMBO, CLAMP, TIMESTAMPS = 9000, 1360, 12
SILENCE = 0.3


def golden(kind, path):
    """A file that a case expects, or else the case that it stands on."""
    case = CASES / KINDS[kind][0]
    while not (file := case / "expected" / "root" / path).exists():
        case = CASES / json.loads((case / "case.json").read_text())["base"]
    return file.read_text()


class Router:
    """The router of a kind, with an inside and an outside, each in a namespace."""

    def __init__(self, kind, folder):
        self.kind = kind
        self._rules = folder / "rules"
        self._names = self.inside, self.router, self.outside = "inside", "router", "outside"
        self._rules.write_text(golden(kind, KINDS[kind][1]))

    def __enter__(self):
        for name in self._names:
            netns.add(name)
        for here, name, there, peer in ((self.inside, "eth0", self.router, "in0"),
                                        (self.outside, "plain", self.router, "ens5"),
                                        (self.outside, "tun", self.router, "ipsec0")):
            netns.ip(here, f"link add {name} mtu {JUMBO} type veth peer name {peer} mtu {JUMBO} netns {there}",
                     f"link set {name} up")
        netns.ip(self.inside, f"address add {INSIDE}/16 dev eth0", "route add default via 172.16.0.1")
        netns.ip(self.router, "address add 172.16.0.1/16 dev in0", "address add 198.51.100.1/30 dev ens5",
                 "address add 198.51.100.5/30 dev ipsec0", "link set in0 up", "link set ens5 up", "link set ipsec0 up",
                 "route add default via 198.51.100.2")
        netns.ip(self.outside, "address add 198.51.100.2/30 dev plain", "address add 198.51.100.6/30 dev tun",
                 *(f"address add {address}/32 dev lo" for address in (PEER, GATEWAY, ELSEWHERE)),
                 "route add default via 198.51.100.1")
        netns.sysctl(self.router, {"net.ipv4.ip_forward": 1})
        for name in self._names:
            netns.sysctl(name, {"net.ipv4.conf.all.rp_filter": 0, "net.ipv4.conf.default.rp_filter": 0})
        return self

    def __exit__(self, *exception):
        for name in self._names:
            netns.delete(name)

    def run(self, setting):
        """Runs the unit's commands of ExecStart or ExecReload."""
        for line in golden(self.kind, UNIT).splitlines():
            if line.startswith(setting + "="):
                command = line.removeprefix(setting + "=")
                with contextlib.suppress(netns.Failed) if command.startswith("-") else contextlib.nullcontext():
                    netns.run(self._here(command.removeprefix("-").split()), netns=self.router)

    def _here(self, argv):
        program, suffix = argv[0], KINDS[self.kind][2]
        if suffix:
            program = program.replace("iptables", f"iptables{suffix}")
        return [program, *(str(self._rules) if word.startswith("/etc/") else word for word in argv[1:])]

    def rewrite(self, old, new):
        text = self._rules.read_text()
        assert old in text
        self._rules.write_text(text.replace(old, new))

    def by_tun(self):
        netns.ip(self.router, f"route replace {RANGE} via 198.51.100.6")

    def mangle(self):
        """The rules of the kernel's own chains."""
        lines = netns.run([f"iptables{KINDS[self.kind][2]}", "-t", "mangle", "-S"], netns=self.router).splitlines()
        return [line for line in lines if line.startswith(("-A FORWARD", "-A POSTROUTING"))]

    def receives(self, origin, address, port=7000):
        """Whether a datagram from a namespace comes out."""
        with self.socket_in(self.outside) as receiver, self.socket_in(origin) as sender:
            receiver.bind((address, port))
            receiver.settimeout(SILENCE)
            with contextlib.suppress(TimeoutError, PermissionError):   # the latter: its own firewall drops it
                sender.sendto(b"plain", (address, port))
                return receiver.recv(16) == b"plain"
            return False

    def segments(self, address, own=None):
        """The largest segments that both ends of a connection from inside send."""
        with self.socket_in(self.outside, socket.SOCK_STREAM) as listener:
            listener.bind((address, 7000))
            listener.listen()
            with self.socket_in(self.inside, socket.SOCK_STREAM) as client:
                if own:
                    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, own)
                client.settimeout(5)
                client.connect((address, 7000))
                with listener.accept()[0] as server:
                    return [end.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG) for end in (client, server)]

    @staticmethod
    def socket_in(name, kind=socket.SOCK_DGRAM):
        with netns.inside(name):
            made = socket.socket(socket.AF_INET, kind)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return made


@pytest.fixture
def router(kind, tmp_path):
    with Router(kind, tmp_path) as made:
        made.run("ExecStart")
        yield made


def each(kinds):
    return pytest.mark.parametrize("kind", kinds)


@each(KINDS)
def test_nothing_leaves_for_a_peer_in_the_clear(router):
    for origin in (router.inside, router.router):
        assert not router.receives(origin, PEER)
        assert router.receives(origin, ELSEWHERE)


@each(KINDS)
def test_what_charon_s_tun_takes_leaves(router):
    router.by_tun()
    for origin in (router.inside, router.router):
        assert router.receives(origin, PEER)


@each(KINDS)
def test_ike_leaves_for_a_gateway_within_a_range(router):
    router.rewrite(RANGE, "203.0.113.0/24")
    router.run("ExecReload")
    assert router.receives(router.router, GATEWAY, 500)
    assert router.receives(router.router, GATEWAY, 4500)
    assert not router.receives(router.router, GATEWAY, 501)
    assert router.receives(router.router, PEER)


@each(KINDS)
def test_segments_of_the_mesh_are_clamped_both_ways(router):
    router.by_tun()
    assert router.segments(PEER) == [CLAMP - TIMESTAMPS] * 2
    assert router.segments(ELSEWHERE) == [JUMBO - 40 - TIMESTAMPS] * 2


@each(KINDS)
def test_smaller_segments_are_not_raised(router):
    router.by_tun()
    assert router.segments(PEER, own=600)[1] == 600 - TIMESTAMPS


@each(KINDS)
def test_a_reload_lets_nothing_out(router):
    """Datagrams without a pause, while the rules are loaded again and again."""
    ended = threading.Event()
    with router.socket_in(router.outside) as receiver, router.socket_in(router.inside) as sender:
        receiver.bind((PEER, 7000))
        receiver.settimeout(SILENCE)

        def send():
            while not ended.is_set():
                sender.sendto(b"plain", (PEER, 7000))
        thread = threading.Thread(target=send)
        thread.start()
        try:
            for _ in range(10):
                router.run("ExecReload")
            router.run("ExecStart")
        finally:
            ended.set()
            thread.join()
        with pytest.raises(TimeoutError):
            receiver.recv(16)


@pytest.mark.parametrize("file", [*CASES.glob("**/cygnet.iptables"), *UNIT_TESTS.glob("*.iptables")],
                         ids=lambda file: str(file.relative_to(REPOSITORY)))
@each(IPTABLES)
def test_iptables_takes_the_rules(kind, file):
    with netns.temporary("router") as name:
        netns.run([f"iptables{KINDS[kind][2]}-restore", "--test", "--noflush", file], netns=name)


@each(IPTABLES)
def test_each_chain_is_jumped_to_once(router):
    once = ["-A FORWARD -j cygnet-clamp", "-A POSTROUTING -j cygnet-seal"]
    assert router.mangle() == once
    for setting in ("ExecStart", "ExecReload", "ExecReload"):
        router.run(setting)
        assert router.mangle() == once


@each(IPTABLES)
def test_a_flush_by_the_host_is_mended(router):
    netns.run([f"iptables{KINDS[router.kind][2]}", "-t", "mangle", "-F", "POSTROUTING"], netns=router.router)
    assert router.receives(router.inside, PEER)
    router.run("ExecReload")
    assert not router.receives(router.inside, PEER)


@each(IPTABLES)
def test_rules_of_others_stay(router):
    theirs = "-A FORWARD -d 192.0.2.0/24 -j ACCEPT"
    netns.run([f"iptables{KINDS[router.kind][2]}", "-t", "mangle", *theirs.split()], netns=router.router)
    router.run("ExecReload")
    assert theirs in router.mangle()
