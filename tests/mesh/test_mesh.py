"""Three sites that `cygnet bootstrap` was run on at the same time, with nothing but the instances' tags.

The tests go from what a bootstrap has done to what disturbs a mesh; each leaves it as it found it.
"""

import json
import os
import re

import netns
import pytest
from checks import eventually, said
from lab import parallel

pytestmark = pytest.mark.usefixtures("whole_again")

OWN_UNITS = ["cygnet.service", "cygnet-sync.service", "cygnet-sync.timer", "cygnet-firewall.service"]
INTERVAL = 15

# The article's settings, as the kernel shows them.
KERNEL = {
    "net.ipv4.ip_forward": "1",
    "net.ipv4.conf.all.send_redirects": "0",
    "net.ipv4.conf.default.send_redirects": "0",
    "net.ipv4.conf.ens5.send_redirects": "0",
    "net.ipv4.tcp_max_syn_backlog": "1280",
    "net.ipv4.icmp_echo_ignore_broadcasts": "1",
    "net.ipv4.conf.all.accept_source_route": "0",
    "net.ipv4.conf.all.accept_redirects": "0",
    "net.ipv4.conf.all.secure_redirects": "0",
    "net.ipv4.conf.all.log_martians": "1",
    "net.ipv4.conf.default.accept_source_route": "0",
    "net.ipv4.conf.default.accept_redirects": "0",
    "net.ipv4.conf.default.secure_redirects": "0",
    "net.ipv4.icmp_ignore_bogus_error_responses": "1",
    "net.ipv4.tcp_syncookies": "1",
    "net.ipv4.conf.all.rp_filter": "1",
    "net.ipv4.conf.default.rp_filter": "1",
    "net.ipv4.tcp_mtu_probing": "1",
}


@pytest.fixture
def one(mesh):
    return mesh.sites[0]


def others(mesh, site):
    return [other for other in mesh.sites if other is not site]


def clear_packets(mesh):
    return [site.vpc.sent_in_the_clear(site.gateway.port) for site in mesh.sites]


def is_syncing(site):
    return site.gateway.run(["systemctl", "is-active", "cygnet-sync.service"]).stdout.strip() != "inactive"


def quiet_timers(mesh):
    """Stops the timers, and lets the syncs that they have started end."""
    parallel(lambda site: site.gateway.check(["systemctl", "stop", "cygnet-sync.timer"]), mesh.sites)
    eventually(lambda: not any(is_syncing(site) for site in mesh.sites), 30)


def loud_timers(mesh):
    parallel(lambda site: site.gateway.check(["systemctl", "start", "cygnet-sync.timer"]), mesh.sites)


# --- what a bootstrap has done

def test_bootstrap_ends_well_at_every_site(mesh):
    for name, done in mesh.outcomes.items():
        assert done.returncode == 0, f"{name}: {said(done)}"


def test_every_host_reaches_every_other(mesh):
    assert mesh.is_whole()


def test_each_tunnel_has_the_planned_ends_and_selectors(mesh):
    for site in mesh.sites:
        found = {sa["remote-id"]: sa for sa in site.gateway.tunnels() if sa["state"] == "ESTABLISHED"}
        assert set(found) == {peer.gateway.address for peer in others(mesh, site)}
        for peer in others(mesh, site):
            sa = found[peer.gateway.address]
            installed = [child for child in sa["child-sas"] if child["state"] == "INSTALLED"]
            assert (sa["version"], sa["local-id"], sa["remote-host"]) == ("2", site.gateway.address, peer.gateway.address)
            assert (sa["encr-alg"], sa["encr-keysize"]) == ("AES_GCM_16", "256")
            assert {tuple(child["local-ts"] + child["remote-ts"]) for child in installed} == {(site.range, peer.range)}


def test_only_udp_500_and_4500_cross_the_internet(mesh):
    seen = mesh.fabric.internet_traffic()
    assert seen["refused"] == 0, mesh.fabric.refused_flows()
    assert seen["ike"] > 0 and seen["natt"] > 0
    assert clear_packets(mesh) == [0, 0, 0]


def test_the_source_dest_check_is_off(mesh):
    assert not any(site.gateway.instance.interface.source_dest_check for site in mesh.sites)
    assert [site.vpc.refused_by_check() for site in mesh.sites] == [0, 0, 0]


def applied_epochs(mesh):
    return [json.loads(site.gateway.read("/var/lib/cygnet/state.json"))["applied"] for site in mesh.sites]


def test_every_site_remembers_the_registrys_epoch(mesh):
    epoch = mesh.world.ssm("us-east-1").get("/cygnet/lab/epoch")
    announced = {"version": epoch.number, "random": json.loads(epoch.value)["random"]}
    eventually(lambda: applied_epochs(mesh) == [announced] * 3, 2 * INTERVAL)


def test_the_articles_kernel_settings_hold(mesh):
    for site in mesh.sites:
        shown = site.gateway.check(["sysctl", *KERNEL]).splitlines()
        assert dict(line.split(" = ") for line in shown) == KERNEL


def test_exactly_the_right_strongswan_is_enabled(mesh):
    for site in mesh.sites:
        for name, states in (("strongswan", ["enabled", "active"]), ("strongswan-starter", ["disabled", "inactive"])):
            shown = site.gateway.check(["systemctl", "show", "--value", "-pUnitFileState,ActiveState", name])
            assert shown.split() == states


def test_the_time_comes_from_amazon_time_sync(mesh):
    for site in mesh.sites:
        site.gateway.check(["chronyc", "waitsync", "30", "0", "0", "1"])
        assert "^* 169.254.169.123" in site.gateway.check(["chronyc", "sources"])


def test_private_keys_are_roots_alone(one):
    folder = one.gateway.path("/etc/swanctl/private")
    assert folder.stat().st_mode & 0o777 == 0o700
    keys = list(folder.iterdir())
    assert len(keys) == 1
    assert keys[0].stat().st_mode & 0o777 == 0o600
    assert one.gateway.check(["openssl", "rsa", "-in", f"/etc/swanctl/private/{keys[0].name}", "-noout", "-text"]) \
        .startswith("Private-Key: (4096 bit")


def test_systemd_itself_accepts_the_units(one):
    units = [f"/etc/systemd/system/{name}" for name in OWN_UNITS]
    done = one.gateway.run(["systemd-analyze", "verify", "--man=no", *units])
    about_us = [line for line in said(done).splitlines() if "cygnet" in line]
    assert (done.returncode, about_us) == (0, []), said(done)


def test_the_units_stay_after_a_boot(one):
    states = one.gateway.check(["systemctl", "is-enabled", *OWN_UNITS]).split()
    assert states == ["enabled", "static", "enabled", "enabled"]


def test_the_mss_of_forwarded_connections_is_clamped(mesh):
    here, there = mesh.sites[:2]
    netns.nft(there.host.port.netns, """
        table ip try {
            chain input {
                type filter hook input priority filter;
                tcp flags syn tcp dport 7 tcp option maxseg size 1360 counter comment "clamped"
                tcp flags syn tcp dport 7 counter comment "all"
            }
        }
        """)
    here.host.run(["python3", "-c", f"import socket; socket.create_connection(('{there.host.address}', 7), 3)"])
    rules = [entry["rule"] for entry in netns.nft_objects(there.host.port.netns, "table", "ip", "try")
             if "rule" in entry]
    seen = {rule["comment"]: next(part["counter"]["packets"] for part in rule["expr"] if "counter" in part)
            for rule in rules}
    netns.nft(there.host.port.netns, "delete table ip try")
    assert seen == {"clamped": 1, "all": 1}


# --- a second run

def files_of(machine):
    """{path: (inode, mtime, size, mode)} of all that a second run has no reason to touch; /run is a run's notebook."""
    found = {}
    for folder in ("etc", "usr", "var/lib/cygnet"):
        for parent, _, names in os.walk(machine.root / folder):
            for name in names:
                status = os.lstat(os.path.join(parent, name))
                path = os.path.join(parent, name).removeprefix(str(machine.root))
                found[path] = status.st_ino, status.st_mtime_ns, status.st_size, status.st_mode
    return found


def charon_changes(machine):
    """How often charon was told of a configuration or key, and was started."""
    return len(re.findall(r"loaded \w+ private key|(?:added|updated|removed) vici connection|spawning",
                          machine.log("strongswan.service")))


def snapshot(gateway):
    services = gateway.check(["systemctl", "show", "-pInvocationID", "strongswan", "chrony", "cygnet-firewall"])
    return files_of(gateway), charon_changes(gateway), services, sorted(sa["uniqueid"] for sa in gateway.tunnels())


@pytest.fixture
def still(mesh):
    """No timer meddles."""
    quiet_timers(mesh)
    yield
    loud_timers(mesh)


def writes(calls):
    return [call.action for call in calls if not call.action.startswith(("Get", "Describe"))]


def test_a_second_bootstrap_changes_nothing_and_says_so(mesh, still):
    before = parallel(snapshot, [site.gateway for site in mesh.sites])
    mark = mesh.world.mark()
    # The timers are its own units: stopped for the test, they are what it has to do.
    loud_timers(mesh)
    outcomes = mesh.bootstrap()
    quiet_timers(mesh)
    after = parallel(snapshot, [site.gateway for site in mesh.sites])
    for done in outcomes.values():
        assert done.returncode == 0 and "nothing to do" in said(done), said(done)
    assert writes(mesh.world.calls_since(mark)) == []
    for was, now in zip(before, after):
        assert now[0] == was[0]
        assert now[1:] == was[1:]


def test_a_sync_without_news_asks_once_and_says_nothing(mesh, still):
    mark = mesh.world.mark()
    done = mesh.sites[0].gateway.cygnet("sync", "--quiet")
    assert (done.returncode, said(done)) == (0, "")
    assert [call.action for call in mesh.world.calls_since(mark)] == ["GetParameters"]


def test_plan_finds_nothing_and_shows_where_settings_are_from(one):
    done = one.gateway.cygnet("plan")
    assert done.returncode == 0, said(done)
    assert re.search(r"\bmesh\b.*\blab\b.*tag", said(done)), said(done)


def test_the_timer_is_quiet_while_nothing_happens(mesh):
    before = [site.gateway.log("cygnet-sync.service") for site in mesh.sites]
    everybody, mark = {site.gateway.instance.id for site in mesh.sites}, mesh.world.mark()
    eventually(lambda: {call.instance_id for call in mesh.world.calls_since(mark)
                        if call.action == "GetParameters"} == everybody, 2 * INTERVAL)
    eventually(lambda: not any(is_syncing(site) for site in mesh.sites), INTERVAL)
    assert [site.gateway.log("cygnet-sync.service") for site in mesh.sites] == before


def test_two_runs_at_once_take_turns(one):
    runs = parallel(lambda _: one.gateway.bootstrap(), [1, 2])
    assert [run.returncode for run in runs] == [0, 0], [said(run) for run in runs]


# --- what disturbs a mesh

def test_sync_brings_back_a_tunnel_that_was_terminated(mesh, still):
    first, second = sorted(mesh.sites, key=lambda site: site.name)[:2]
    sa = next(sa for sa in first.gateway.tunnels() if sa["remote-id"] == second.gateway.address)
    first.gateway.check(["swanctl", "--terminate", "--ike-id", sa["uniqueid"]])
    assert first.host.ping(second.host.address, wait=1) is None
    done = first.gateway.cygnet("sync")
    assert done.returncode in (0, 3), said(done)
    eventually(lambda: first.host.ping(second.host.address, wait=1) is not None, 10)


def test_a_killed_charon_comes_back_with_its_tunnels(mesh, one):
    pid = one.gateway.check(["systemctl", "show", "--value", "-pMainPID", "strongswan"]).strip()
    one.gateway.check(["kill", "-KILL", pid])
    eventually(mesh.is_whole, 4 * INTERVAL)
    assert clear_packets(mesh) == [0, 0, 0]


def test_nothing_leaves_in_the_clear_while_charon_is_stopped(mesh, one, still):
    before = clear_packets(mesh), mesh.fabric.internet_traffic()["refused"]
    one.gateway.check(["systemctl", "stop", "strongswan"])
    try:
        for peer in others(mesh, one):
            assert one.host.ping(peer.host.address, wait=1) is None, "forwarded"
            own = one.gateway.run(["ping", "-c1", "-W1", peer.host.address])
            assert own.returncode != 0, "the gateway's own"
            assert peer.host.ping(one.host.address, wait=1) is None, "the other way"
        assert (clear_packets(mesh), mesh.fabric.internet_traffic()["refused"]) == before
    finally:
        one.gateway.check(["systemctl", "start", "strongswan"])


def test_a_garbage_record_costs_one_warning_and_nothing_else(mesh, one, still):
    store = mesh.world.ssm("us-east-1")
    record = "/cygnet/lab/sites/0/garbage"
    store.put(record, "{not json")
    try:
        before = snapshot(one.gateway)
        loud_timers(mesh)
        done = one.gateway.bootstrap()
        quiet_timers(mesh)
        warnings = [line for line in said(done).splitlines() if "warning" in line]
        assert done.returncode == 0 and len(warnings) == 1 and "garbage" in warnings[0], said(done)
        assert snapshot(one.gateway)[1:] == before[1:]
    finally:
        store.delete(record)


def test_a_reboot_comes_back_by_itself(mesh, one):
    one.gateway.reboot()
    one.gateway.wait_booted(180)
    eventually(mesh.is_whole, 60)
    assert one.gateway.check(["sysctl", "-n", "net.ipv4.ip_forward"]) == "1\n"
    assert one.gateway.run(["systemctl", "is-active", "strongswan-starter"]).stdout == "inactive\n"
    assert "failed" not in one.gateway.run(["systemctl", "is-failed", "strongswan", *OWN_UNITS]).stdout
    assert clear_packets(mesh) == [0, 0, 0]


def test_a_gateway_that_lost_power_comes_back_by_itself(mesh, one):
    one.gateway.reboot(orderly=False)
    eventually(mesh.is_whole, 120)
    assert clear_packets(mesh) == [0, 0, 0]
