"""build/cygnet needs nothing of the machine's: in an empty folder, with an empty environment, by AWS's own names, and on
an old kernel.
"""

import ctypes
import errno
import os
import shutil
import socketserver
import struct
import subprocess
import threading
from pathlib import Path

import netns
import pytest

from programs import CYGNET

AWS, METADATA, RESOLVER = "192.0.2.1", "169.254.169.254", "fd00:ec2::253"
BUNDLE = "etc/ssl/certs/ca-certificates.crt"
RESOLV_CONF = f"nameserver {RESOLVER}\n"
BOOTSTRAP = ("bootstrap", "--key-bits", "3072", "--root", "/host")


class Resolver(socketserver.UDPServer):
    """Says of every name below amazonaws.com that it is at AWS, which has no IPv6 address here."""

    address_family = socketserver.socket.AF_INET6
    _REPLY, _ADDRESS = 0x8180, b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + bytes(map(int, AWS.split(".")))

    def __init__(self):
        self.asked = set()
        super().__init__((RESOLVER, 53), None)

    def finish_request(self, request, client_address):
        query, sock = request
        end = query.index(b"\0", 12) + 5
        question, kind = query[12:end], query[end - 3]
        self.asked.add(kind)
        known = b"\x09amazonaws\x03com" in question
        answer = self._ADDRESS if known and kind == 1 else b""
        header = query[:2] + struct.pack(">HHHHH", self._REPLY | (0 if known else 3), 1, len(answer) > 0, 0, 0)
        sock.sendto(header + question + answer, client_address)


class Cage:
    """A folder that holds the program, and what `put` puts there. host, the root folder of a Debian, is below it."""

    def __init__(self, folder, network, resolver):
        self.folder = folder
        self.resolver = resolver
        self._network = network

    def put(self, path, text):
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_text(text)

    def cygnet(self, *arguments, prepare=None, **env):
        command = ["nsenter", f"--net={netns.NAMES / self._network}", f"--root={self.folder}",
                   "/cygnet", *arguments]
        return subprocess.run(command, env=env, preexec_fn=prepare, capture_output=True, text=True, timeout=120)


@pytest.fixture
def resolver(network):
    addresses = (f"{AWS}/32", f"{METADATA}/32", f"{RESOLVER}/128")
    netns.ip(network, *(f"address replace {address} dev lo" for address in addresses))
    with netns.inside(network):
        resolver = Resolver()
    thread = threading.Thread(target=resolver.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield resolver
    resolver.shutdown()
    thread.join()
    resolver.server_close()


@pytest.fixture
def cage(tmp_path, gateway, root, server, network, resolver):
    """With the bundle and resolv.conf, and nothing else."""
    server.listen_https(AWS, 443, netns=network)
    server.listen_imds(METADATA, 80, instance=gateway.instance, netns=network)
    cage = Cage(tmp_path / "cage", network, resolver)
    cage.put(BUNDLE, Path(server.ca_file).read_text())
    cage.put("etc/resolv.conf", RESOLV_CONF)
    shutil.copy(CYGNET, cage.folder / "cygnet")
    root.rename(cage.folder / "host")
    return cage


def test_a_certificate_bundle_and_a_resolver_are_all_that_it_needs(cage):
    assert sorted(entry.name for entry in cage.folder.iterdir()) == ["cygnet", "etc", "host"]
    done = cage.cygnet(*BOOTSTRAP)
    assert done.returncode == 0, done.stderr
    assert len(list((cage.folder / "host/etc/swanctl/private").glob("cygnet-*.key"))) == 1


@pytest.mark.parametrize("nsswitch", [
    "hosts: files myhostname resolve [!UNAVAIL=return] mdns4_minimal [NOTFOUND=return] dns\n",
    "hosts: files\n", "hosts: nonexistent\n", "passwd: sss\n", "\0" * 5000, "hosts: " + "dns " * 100000,
], ids=["many modules", "no dns", "no such module", "no hosts", "no text", "huge"])
def test_what_another_c_library_would_read_is_nothing_to_it(cage, nsswitch):
    cage.put("etc/nsswitch.conf", nsswitch)
    cage.put("etc/host.conf", "multi on\norder bind\nspoof warn\n")
    cage.put("etc/gai.conf", "precedence ::ffff:0:0/96 0\n")
    done = cage.cygnet("plan", "--root", "/host")
    assert done.returncode == 2, done.stderr


@pytest.mark.parametrize("bundle", [
    "etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "etc/ssl/ca-bundle.pem", "var/lib/ca-certificates/ca-bundle.pem",
])
def test_the_bundle_is_found_where_other_distributions_have_it(cage, bundle):
    (cage.folder / bundle).parent.mkdir(parents=True, exist_ok=True)
    (cage.folder / BUNDLE).rename(cage.folder / bundle)
    assert cage.cygnet("plan", "--root", "/host").returncode == 2


@pytest.mark.parametrize("text", [
    f"search {'a' * 60}.example {'b' * 60}.example\noptions ndots:5 edns0 trust-ad\n{RESOLV_CONF}",
    f"# comment\n; comment\n\noptions timeout:1 attempts:1\nnameserver not-an-address\n{RESOLV_CONF}",
    f"nameserver {RESOLVER}", f"nameserver 127.0.0.53\n{RESOLV_CONF}",
], ids=["searches", "oddities", "no newline", "second one alone"])
def test_the_resolver_has_an_ipv6_address_alone(cage, text):
    cage.put("etc/resolv.conf", text)
    done = cage.cygnet("plan", "--root", "/host")
    assert done.returncode == 2, done.stderr
    assert cage.resolver.asked == {1, 28}, "asked for addresses of both kinds"


# --- the oldest kernel: Linux 3.10, CentOS 7's, whose last system call has this number on x86_64

LAST_CALL = 313     # finit_module
_LOAD, _JUMP_IF_GREATER, _RETURN = 0x20, 0x25, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_PER_UNAME26 = 0x0020000     # OpenSSL tells by the version whether to ask /dev
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _FILTER = 38, 22, 2


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def know_no_later_calls():
    """For preexec_fn: what came to Linux later is refused as by a kernel that does not know it, and its version is old."""
    rules = [(_LOAD, 0, 0, 0), (_JUMP_IF_GREATER, 0, 1, LAST_CALL), (_RETURN, 0, 0, _ERRNO | errno.ENOSYS),
             (_RETURN, 0, 0, _ALLOW)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *rule) for rule in rules))
    libc = ctypes.CDLL(None, use_errno=True)
    program = _Program(len(rules), ctypes.addressof(code))
    libc.personality(_PER_UNAME26)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(_PR_SET_SECCOMP, _FILTER, ctypes.byref(program)):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


@pytest.fixture
def old_kernel(cage):
    """A kernel without getrandom leaves /dev to ask for random numbers."""
    if os.uname().machine != "x86_64":
        pytest.skip("system calls have other numbers on this machine")
    (cage.folder / "dev").mkdir()
    for name, minor in (("random", 8), ("urandom", 9)):
        os.mknod(cage.folder / "dev" / name, 0o20666, os.makedev(1, minor))
    return cage


def test_later_system_calls_are_needed_on_an_old_kernel(old_kernel):
    for arguments, code in (("version",), 0), (("plan", "--root", "/host"), 2), (BOOTSTRAP, 0), (BOOTSTRAP, 0):
        done = old_kernel.cygnet(*arguments, prepare=know_no_later_calls)
        assert done.returncode == code, done.stderr


def test_the_old_kernel_of_these_tests_is_none(old_kernel):
    """The filter refuses: without /dev, and so with getrandom alone, no key is made."""
    shutil.rmtree(old_kernel.folder / "dev")
    assert old_kernel.cygnet(*BOOTSTRAP, prepare=know_no_later_calls).returncode != 0
