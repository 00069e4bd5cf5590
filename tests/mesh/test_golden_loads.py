"""What the golden tests expect of cygnet is what its readers take: charon, nft, chronyd and systemd, of each Debian."""

import functools

import mlkem
import pytest
import swanctl
from case import cases
from checks import said
from mesh import THREE_REGIONS, Mesh

CONNECTIONS = "etc/swanctl/conf.d/"
FOLDERS = (CONNECTIONS, "etc/swanctl/pubkey/", "etc/swanctl/private/", "etc/strongswan.d/")
UNITS = "etc/systemd/system/"
RULES = "etc/cygnet/cygnet.nft"
IPTABLES_RULES = "etc/cygnet/cygnet.iptables"
SOURCES = "etc/chrony/sources.d/cygnet.sources"
CHRONY_FILES = ("etc/chrony.conf", "etc/chrony/chrony.conf")


@pytest.fixture(scope="module", params=["bookworm", "trixie"])
def lab(request):
    """One gateway of this Debian with a charon that runs, and no other flavour of it; the newer has ML-KEM."""
    with Mesh(THREE_REGIONS[:1], root=request.param) as made:
        gateway = made.sites[0].gateway
        gateway.wait_booted()
        gateway.check(["systemctl", "disable", "--now", "strongswan-starter.service"])
        if request.param == "trixie":
            mlkem.install(gateway)
        gateway.check(["systemctl", "restart", "strongswan.service"])
        yield made


@pytest.fixture
def gateway(lab):
    return lab.sites[0].gateway


@functools.cache
def golden(below):
    """The distinct sets of files below a path that cases expect, each under the first case that does."""
    found = {}
    for case in cases():
        files = {path: text for path, text in case.written().items() if path.startswith(below)}
        if files and files not in found.values():
            found[case] = files
    return found


def each(below):
    return pytest.mark.parametrize("case", golden(below), ids=lambda case: case.name)


def put(gateway, files):
    for path, text in files.items():
        gateway.write(f"/{path}", text, 0o600 if "/private/" in path else 0o644)


def connections(gateway):
    """What charon has loaded: {name: its children's}."""
    raw = gateway.check(["swanctl", "--list-conns", "--raw"])
    trees = [swanctl.parse(line.removeprefix("list-conn event ")) for line in raw.splitlines()
             if line.startswith("list-conn event ")]
    return {name: list(connection["children"]) for tree in trees for name, connection in tree.items()}


@each(CONNECTIONS)
def test_charon_loads_the_connections(gateway, case):
    gateway.check(["find", *(f"/{folder}" for folder in FOLDERS), "-name", "cygnet*", "-delete"])
    before = {path: content.decode() for path, content in case.below("root").items()}
    put(gateway, {path: text for path, text in {**before, **case.written()}.items() if path.startswith(FOLDERS)})
    done = gateway.run(["swanctl", "--load-all"])
    if any("mlkem" in text for text in golden(CONNECTIONS)[case].values()) and not mlkem.installed(gateway):
        assert done.returncode != 0 and "invalid value for: proposals, config discarded" in said(done)
        return
    assert (done.returncode, done.stderr) == (0, "") and "loaded RSA key from" in done.stdout, said(done)
    names = [path.removeprefix(CONNECTIONS).removesuffix(".conf") for path in golden(CONNECTIONS)[case]]
    assert connections(gateway) == {name: [name] for name in names}


@each(RULES)
def test_nft_takes_the_rules(gateway, case):
    put(gateway, golden(RULES)[case])
    done = gateway.run(["nft", "--check", "--file", f"/{RULES}"])
    assert done.returncode == 0 and said(done) == ""


@each(IPTABLES_RULES)
def test_iptables_takes_the_rules(gateway, case):
    put(gateway, golden(IPTABLES_RULES)[case])
    done = gateway.run(["iptables-restore", "--test", "--noflush", f"/{IPTABLES_RULES}"])
    assert done.returncode == 0 and said(done) == ""


@each(CHRONY_FILES)
def test_chronyd_takes_its_file_with_the_sources_in_it(gateway, case):
    for path, text in golden(CHRONY_FILES)[case].items():
        put(gateway, {path: text})
        done = gateway.run(["chronyd", "-p", "-f", f"/{path}"])
        assert (done.returncode, done.stderr) == (0, ""), said(done)
        assert done.stdout.count("server ") == text.count("server ")


@each(SOURCES)
def test_chronyd_takes_the_sources(gateway, case):
    put(gateway, golden(SOURCES)[case])
    done = gateway.run(["chronyd", "-p", "-f", f"/{SOURCES}"])
    assert (done.returncode, done.stderr) == (0, ""), said(done)
    assert done.stdout.count("server ") == golden(SOURCES)[case][SOURCES].count("server ")


@each(UNITS)
def test_systemd_takes_the_units(gateway, case):
    put(gateway, golden(UNITS)[case])
    gateway.check(["ln", "-sf", "/usr/local/bin/cygnet", "/usr/bin/cygnet"])    # where a package has it
    done = gateway.run(["systemd-analyze", "verify", *(f"/{path}" for path in golden(UNITS)[case])])
    assert done.returncode == 0 and said(done) == ""
