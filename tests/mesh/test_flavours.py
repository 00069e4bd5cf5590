"""One mesh of all the gateways people run: both of strongSwan's flavours in two versions, and one made by hand.

The flavours are swanctl, ipsec (observed by vici), and stroke: ipsec where charon lacks the vici plugin, so that all
there is to observe and to tell is the program `ipsec`. The one made by hand is a static peer of all others.
"""

import re

import pytest
from checks import eventually, said
from handmade import Handmade
from lab import parallel
from mesh import Mesh

QUICK = {"cygnet:key-bits": "3072"}
IPSEC = {**QUICK, "cygnet:backend": "ipsec"}

# region: range, root, tags, version, flavour
GATEWAYS = {
    "us-east-1": ("172.16.0.0/16", "bookworm", QUICK, "5.9.8", "swanctl"),
    "us-east-2": ("172.31.0.0/16", "bookworm", IPSEC, "5.9.8", "ipsec"),
    "eu-west-1": ("10.20.0.0/16", "trixie", QUICK, "6.0.1", "swanctl"),
    "eu-west-2": ("10.21.0.0/16", "trixie-starter", IPSEC, "6.0.1", "ipsec"),
    "ap-east-1": ("10.22.0.0/16", "bookworm", IPSEC, "5.9.8", "stroke"),
    "sa-east-1": ("10.23.0.0/16", "bookworm", QUICK, "5.9.8", "by hand"),
}
OFFICE = "office"
PEER_FILE = "/etc/cygnet/peers.d/office.json"


def flavour(site):
    return GATEWAYS[site.name][4]


def of(mesh, *flavours):
    return [site for site in mesh.sites if flavour(site) in flavours]


def starters(mesh):
    return of(mesh, "ipsec", "stroke")


def quiet_timers(mesh):
    parallel(lambda site: site.gateway.check(["systemctl", "stop", "cygnet-sync.timer"]), mesh.cygnets)


def loud_timers(mesh):
    parallel(lambda site: site.gateway.check(["systemctl", "start", "cygnet-sync.timer"]), mesh.cygnets)


def public_key(site):
    folder = "/etc/swanctl/pubkey" if flavour(site) == "swanctl" else "/etc/ipsec.d/certs"
    own, = site.gateway.path(folder).glob(f"cygnet-{site.name}-*.pub")
    return own.read_text()


def bootstrap_in_turns(mesh):
    """Three at a time, as that is what a registry takes of Puts in a second; nobody waits for the one made by hand."""
    outcomes = {}
    for some in (mesh.cygnets[:3], mesh.cygnets[3:]):
        outcomes.update(mesh.bootstrap("--tunnel-wait", "10s", sites=some))
    return outcomes


@pytest.fixture(scope="module")
def mesh():
    sites = [(region, cidr, root, tags) for region, (cidr, root, tags, *_) in GATEWAYS.items()]
    with Mesh(sites) as made:
        by_hand, = of(made, "by hand")
        made.cygnets = [site for site in made.sites if site is not by_hand]
        for site in of(made, "stroke"):
            site.gateway.write("/etc/strongswan.d/charon/vici.conf", "vici {\n    load = no\n}\n")
        made.office = Handmade(made, by_hand, OFFICE)
        for site in made.cygnets:
            site.gateway.write(PEER_FILE, made.office.static_peer())
        made.outcomes = bootstrap_in_turns(made)
        parallel(lambda site: site.gateway.cygnet("sync"), made.cygnets)    # so that each knows of all before a ping
        made.office.start({site: public_key(site) for site in made.cygnets})
        eventually(made.is_whole, 120)
        yield made


@pytest.fixture(autouse=True)
def _whole_again(mesh):
    """The next test finds the mesh up."""
    yield
    eventually(mesh.is_whole, 90)


def statusall(site):
    return site.gateway.check(["ipsec", "statusall"])


def connections(site):
    """Which conns starter's charon has."""
    listed = statusall(site).partition("\nConnections:\n")[2].partition("Security Associations")[0]
    return set(re.findall(r"^ *(\S+):  \S+\.\.\.", listed, re.MULTILINE))


def table(mesh):
    """flavour × version × direction, with its ping."""
    pings = mesh.ping_matrix()
    for one, other in mesh.directions():
        ends = [f"{GATEWAYS[site.name][4]} {GATEWAYS[site.name][3]}" for site in (one, other)]
        time = pings[one.name, other.name]
        yield "  ".join([ends[0].ljust(14), "→", ends[1].ljust(14), f"{time:.1f} ms" if time else "no answer"])


# --- the mesh

def test_every_flavour_reaches_every_other_in_both_directions(mesh, tell):
    lines = list(table(mesh))
    tell(*lines)
    assert len(lines) == 30 and not [line for line in lines if "no answer" in line]


def test_each_runs_the_version_and_the_daemon_it_stands_for(mesh):
    for site in mesh.sites:
        *_, version, kind = GATEWAYS[site.name]
        vici = site.gateway.run(["swanctl", "--stats"]).returncode == 0
        units = site.gateway.run(["systemctl", "is-active", "strongswan", "strongswan-starter"]).stdout.split()
        assert [state == "active" for state in units] == [kind == "swanctl", kind != "swanctl"], f"{kind}: {units}"
        assert vici == (kind != "stroke")
        said_version = site.gateway.strongswan_version() if kind == "swanctl" else statusall(site)
        assert version in said_version


def test_only_the_gateway_made_by_hand_was_waited_for(mesh):
    for name, done in mesh.outcomes.items():
        assert done.returncode in (0, 3, 4), f"{name}: {said(done)}"
        up = re.findall(r"^tunnel (\S+): up", done.stdout, re.MULTILINE)
        assert OFFICE not in up, "it has not begun yet"


def test_bootstrap_sees_every_tunnel_up_and_has_nothing_to_do(mesh):
    quiet_timers(mesh)
    loud_timers(mesh)
    outcomes = parallel(lambda site: site.gateway.bootstrap(), mesh.cygnets)
    for site, done in zip(mesh.cygnets, outcomes):
        assert done.returncode == 0 and "5 of 5 tunnels up, nothing to do" in said(done), said(done)


def test_nothing_leaves_in_the_clear(mesh):
    assert [site.vpc.sent_in_the_clear(site.gateway.port) for site in mesh.cygnets] == [0] * len(mesh.cygnets)
    assert mesh.fabric.internet_traffic()["refused"] == 0, mesh.fabric.refused_flows()


# --- starter's files

def test_the_distributions_own_files_have_one_line_more(mesh):
    for site in starters(mesh):
        for path, line in (("/etc/ipsec.conf", "include /etc/ipsec.d/cygnet-*.conf"),
                           ("/etc/ipsec.secrets", "include /etc/ipsec.d/cygnet.secrets")):
            text = site.gateway.read(path)
            assert text.count(line) == 1
            packaged = (site.base / path.lstrip("/")).read_text()
            assert text.startswith(packaged), "all else is as it was"
        secrets = site.gateway.path("/etc/ipsec.d/cygnet.secrets")
        assert secrets.stat().st_mode & 0o777 == 0o600


def test_starter_would_start_with_them(mesh):
    for site in starters(mesh):
        done = site.gateway.run(["ipsec", "start", "--conftest"])
        assert (done.returncode, done.stderr) == (0, "config OK\n")


def test_a_peer_that_goes_and_comes_touches_no_other_tunnel(mesh):
    quiet_timers(mesh)
    for site in starters(mesh):
        before = established(site)
        text = site.gateway.read(PEER_FILE)
        site.gateway.check(["rm", PEER_FILE])
        gone = site.gateway.cygnet("sync")
        assert gone.returncode == 0, said(gone)
        assert f"cygnet-{OFFICE}" not in connections(site)
        eventually(lambda: f"cygnet-{OFFICE}" not in statusall(site), 10)
        site.gateway.write(PEER_FILE, text)
        back = site.gateway.cygnet("sync")
        assert back.returncode in (0, 3), said(back)
        assert f"cygnet-{OFFICE}" in connections(site)
        now = established(site)
        assert {name: now[name] for name in before if OFFICE not in name} == \
            {name: number for name, number in before.items() if OFFICE not in name}
    loud_timers(mesh)


def established(site):
    """{connection: the number of its IKE_SA}."""
    return dict(re.findall(r"^ *(cygnet-\S+)\[(\d+)\]: ESTABLISHED", statusall(site), re.MULTILINE))


def test_a_tunnel_that_was_terminated_comes_back(mesh):
    quiet_timers(mesh)
    for site in starters(mesh):
        name = min(name for name in established(site) if OFFICE not in name)
        number = established(site)[name]
        site.gateway.check(["ipsec", "down", name])
        eventually(lambda: established(site).get(name) != number, 10)
    loud_timers(mesh)
    eventually(mesh.is_whole, 90)


# --- what a damaged ipsec.conf costs

@pytest.mark.parametrize("kind", ["ipsec", "stroke"])
def test_files_that_would_keep_starter_from_starting_are_taken_back(mesh, kind):
    site = of(mesh, kind)[0]
    quiet_timers(mesh)
    config, peer = site.gateway.read("/etc/ipsec.conf"), site.gateway.read(PEER_FILE)
    before = established(site), connections(site)
    site.gateway.write("/etc/ipsec.conf", "conn broken {\n" + config)
    site.gateway.check(["rm", PEER_FILE])
    done = site.gateway.cygnet("sync")
    assert done.returncode == 1, said(done)
    assert "starter would not start with '/etc/ipsec.conf'" in said(done) and "syntax error" in said(done), said(done)
    assert site.gateway.path(f"/etc/ipsec.d/cygnet-{OFFICE}.conf").exists(), "taken back"
    assert (established(site), connections(site)) == before
    site.gateway.write("/etc/ipsec.conf", config)
    site.gateway.write(PEER_FILE, peer)
    done = site.gateway.cygnet("sync")
    assert done.returncode == 0, said(done)
    loud_timers(mesh)


def test_what_the_articles_default_section_says_does_not_reach_cygnets_conns(mesh):
    """A gateway that was made as the article says, and then got cygnet."""
    site = of(mesh, "ipsec")[0]
    quiet_timers(mesh)
    config, before = site.gateway.read("/etc/ipsec.conf"), connections(site)
    default = ("conn %default\n    dpdaction=restart\n    authby=secret\n    leftid=1.2.3.4\n"
               "    leftrsasigkey=us-east-1.pub\n    rightrsasigkey=us-east-1.pub\n    leftsubnet=10.99.0.0/16\n\n")
    site.gateway.write("/etc/ipsec.conf", default + config)
    site.gateway.check(["systemctl", "restart", "strongswan-starter.service"])
    eventually(lambda: connections(site) == before, 10)
    assert re.findall(r"uses pre-shared key|1\.2\.3\.4|10\.99\.0\.0", statusall(site)) == []
    loud_timers(mesh)
    eventually(mesh.is_whole, 90)
    site.gateway.write("/etc/ipsec.conf", config)


# --- reboots

def test_each_flavour_comes_back_after_a_boot(mesh):
    booted = [of(mesh, "ipsec")[0], *of(mesh, "stroke")]
    for site in booted:
        site.gateway.reboot()
    for site in booted:
        site.gateway.wait_booted(180)
    eventually(mesh.is_whole, 120)
