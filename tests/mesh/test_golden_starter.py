"""What the golden tests expect of cygnet for starter is what starter and its charon take, of each Debian."""

import functools
import re

import pytest
from case import cases
from checks import eventually, said
from mesh import THREE_REGIONS, Mesh

# Where the distributions' strongSwan has ipsec.conf: Debian's, and that of the ones with RPMs.
PREFIXES = ("etc/strongswan/", "etc/")


@pytest.fixture(scope="module", params=["bookworm", "trixie-starter"])
def lab(request):
    """One gateway of this Debian with starter's charon."""
    with Mesh(THREE_REGIONS[:1], root=request.param) as made:
        gateway = made.sites[0].gateway
        gateway.wait_booted()
        gateway.run(["systemctl", "disable", "--now", "strongswan.service"])    # which only the older root has
        gateway.check(["systemctl", "restart", "strongswan-starter.service"])
        yield made


@pytest.fixture
def gateway(lab):
    return lab.sites[0].gateway


@functools.cache
def golden():
    """The distinct sets of starter's files that cases expect, each under the first case that does."""
    found = {}
    for case in cases():
        written = case.written()
        for prefix in PREFIXES:
            files = {path: text for path, text in written.items()
                     if path.startswith((f"{prefix}ipsec.", f"{prefix}ipsec.d/"))}
            if files:
                if files not in found.values():
                    found[case] = files
                break
    return found


def each():
    return pytest.mark.parametrize("case", golden(), ids=lambda case: case.name)


def prefix_of(case):
    return next(prefix for prefix in PREFIXES if f"{prefix}ipsec.conf" in golden()[case])


def put(gateway, case):
    """The files where the case has them, with the private key that it has had from the beginning."""
    gateway.check(["find", "/etc", "-path", "*/ipsec.d/*", "-name", "cygnet*", "-delete"])
    before = {path: content.decode() for path, content in case.below("root").items() if "/private/" in path}
    for path, text in {**before, **golden()[case]}.items():
        gateway.write(f"/{path}", text, 0o600 if "/private/" in path or "secrets" in path else 0o644)


def names(case):
    """The conns of peers; the one that tells which files starter has read is none."""
    return {name for path, text in golden()[case].items() if path.endswith(".conf")
            for name in re.findall(r"^conn (cygnet-\S+)$", text, re.MULTILINE)}


@each()
def test_starter_would_start_with_the_files(gateway, case):
    put(gateway, case)
    done = gateway.run(["ipsec", "start", "--conftest", "--conf", f"/{prefix_of(case)}ipsec.conf"])
    assert (done.returncode, done.stderr) == (0, "config OK\n")


@pytest.mark.parametrize("case", [case for case in golden() if prefix_of(case) == "etc/"], ids=lambda case: case.name)
def test_charon_has_each_conn_with_both_keys_and_the_secret(gateway, case):
    put(gateway, case)
    assert gateway.check(["ipsec", "rereadsecrets"]) == ""
    gateway.check(["ipsec", "update"])
    eventually(lambda: loaded(gateway).keys() == names(case), 10)
    assert all(keys == 2 for keys in loaded(gateway).values()), said(gateway.run(["ipsec", "statusall"]))
    assert "loaded RSA private key from '/etc/ipsec.d/private/cygnet-" in gateway.log("strongswan-starter.service")


def loaded(gateway):
    """{conn: how many public keys charon has for it}."""
    listed = gateway.check(["ipsec", "statusall"]).partition("\nConnections:\n")[2]
    lines = re.findall(r"^ *(cygnet-\S+): +(cert:|%any)", listed, re.MULTILINE)
    return {name: sum(line == (name, "cert:") for line in lines) for name, _ in lines}
