"""Two instances that boot with the user-data that cygnet printed, in the order in which an operator would look at them.

The first test waits until the mesh is there; those behind it take it as it is, and leave it whole.
"""

import json
import re
import socket
import threading
import time

import fabric
import netns
from checks import eventually, said

FIRST_PING_SECONDS = 600
SECOND_BOOT_SECONDS = 300
RETURN_SECONDS = 90     # until the gateway that has no charon, or its peer, initiates again
TCP_SECONDS = 30
REKEY_SECONDS = 300
PING_INTERVAL = 0.2
OWN_UNITS = ["cygnet.service", "cygnet-firewall.service", "cygnet-sync.timer", "strongswan.service"]
PORT = 7000
CLAMP, TIMESTAMPS, TCP_HEADERS = 1360, 12, 40
BULK = 1_000_000
JUMBO, HEADERS = 8000, 28   # of a ping: in all, and of IP and ICMP


# --- the first boot

def test_hosts_reach_each_other(pair, tell):
    begun = min(site.gateway.powered_on for site in pair.sites)
    eventually(pair.is_whole, FIRST_PING_SECONDS)
    tell(f"{time.monotonic() - begun:.0f} s from power-on to the first ping")


def test_cloud_init_is_done(pair):
    for site in pair.sites:
        done = site.gateway.run(["cloud-init", "status", "--wait", "--format", "json"], timeout=300)
        status = json.loads(done.stdout)
        assert (done.returncode, status["status"], status["errors"]) == (0, "done", []), said(done)
        assert status["datasource"].startswith("ec2")


def test_the_role_fetched_the_binary_that_the_userdata_pins(pair):
    for site in pair.sites:
        fetched = [call for call in pair.world.calls
                   if call.action == "GetObject" and call.instance_id == site.instance.id and call.status == 200]
        assert len(fetched) == 1
        assert f"assumed-role/gateway-{site.region}/" in fetched[0].caller
        found = site.gateway.check(["sha256sum", "/usr/local/bin/cygnet"]).split()[0]
        assert found == pair.pinned and found in site.instance.user_data


def test_the_role_was_asked_for_nothing_that_it_lacks(pair):
    assert {site.region: site.policy.denied for site in pair.sites} == {site.region: [] for site in pair.sites}


def test_units_are_enabled_and_none_has_failed(pair):
    for site in pair.sites:
        states = site.gateway.check(["systemctl", "is-enabled", *OWN_UNITS]).split()
        assert states == ["enabled"] * len(OWN_UNITS)
        assert site.gateway.check(["systemctl", "--failed", "--plain", "--no-legend"]) == ""


def test_the_kernel_does_the_encryption(pair):
    for site in pair.sites:
        states = site.gateway.check(["ip", "-s", "xfrm", "state"])
        assert states.count("proto esp") >= 2 and states.count("encap type espinudp") == states.count("proto esp")
        assert re.search(r"[1-9]\d*\(bytes\)", states), states


# --- what passes, and how

def test_the_internet_sees_ike_and_encapsulated_esp_alone(pair):
    seen = pair.fabric.internet_traffic()
    assert seen["ike"] > 0 and seen["natt"] > 0
    assert (pair.strays(), pair.sent_in_the_clear()) == (0, 0), pair.fabric.refused_flows()


def connect(here, there):
    """Both ends of a new connection between two hosts."""
    with netns.inside(there.host.port.netns):
        listener = socket.create_server((there.host.address, PORT))
    with listener:
        with netns.inside(here.host.port.netns):
            client = socket.create_connection(listener.getsockname(), TCP_SECONDS)
        return client, listener.accept()[0]


def send_bulk(sender, receiver):
    """Whether all that is sent arrives."""
    receiver.settimeout(TCP_SECONDS)
    threading.Thread(target=sender.sendall, args=[bytes(BULK)], daemon=True).start()
    left = BULK
    while left > 0 and (part := receiver.recv(65536)):
        left -= len(part)
    return left == 0


def test_segments_of_forwarded_connections_are_clamped(pair, tell):
    for here, there in pair.directions():
        client, server = connect(here, there)
        with client, server:
            segments = [end.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG) for end in (client, server)]
            assert segments == [CLAMP - TIMESTAMPS] * 2
            begun = time.monotonic()
            assert send_bulk(client, server) and send_bulk(server, client)
            tell(f"TCP {here.region} to {there.region} and back: "
                 f"{2 * BULK * 8 / 1e6 / (time.monotonic() - begun):.0f} Mbit/s")


def known_mtu(here, there):
    """What the one host has learned of its way to the other; None: nothing."""
    found = re.search(r"\bmtu (\d+)", here.host.run(["ip", "route", "get", there.host.address]).stdout)
    return int(found[1]) if found else None


def passes(here, there, size):
    """Whether an undivided packet of that size is answered, whatever the host has learned before."""
    netns.ip(here.host.port.netns, "route flush cache")
    argv = ["ping", "-n", "-c", "1", "-W", "2", "-M", "do", "-s", str(size - HEADERS), there.host.address]
    return here.host.run(argv).returncode == 0


def test_the_path_mtu_is_what_fits_the_tunnel_and_no_less(pair, tell):
    for here, there in pair.directions():
        eventually(lambda: not passes(here, there, JUMBO) and known_mtu(here, there), 20)
        mtu = known_mtu(here, there)
        tell(f"path MTU {here.region} → {there.region}: {mtu}")
        assert CLAMP + TCP_HEADERS <= mtu < fabric.INTERNET_MTU
        assert passes(here, there, mtu) and not passes(here, there, mtu + 1)


# --- without charon

def sealed(site):
    """Packets that the gateway dropped, as they would have left it in the clear."""
    objects = json.loads(site.gateway.check(["nft", "-j", "list", "chain", "ip", "cygnet", "seal"]))["nftables"]
    return sum(part["counter"]["packets"] for entry in objects if "rule" in entry
               for part in entry["rule"]["expr"] if "counter" in part)


def test_nothing_leaves_in_the_clear_while_charon_is_stopped(pair):
    here, there = pair.sites
    before = sealed(here)
    here.gateway.check(["systemctl", "stop", "cygnet-sync.timer", "strongswan.service"])
    try:
        assert [one.host.ping(other.host.address, 1) for one, other in pair.directions()] == [None, None]
        assert here.gateway.run(["ping", "-n", "-c", "1", "-W", "1", there.host.address]).returncode != 0
        assert sealed(here) >= before + 2
        assert pair.sent_in_the_clear() == 0
    finally:
        here.gateway.check(["systemctl", "start", "strongswan.service", "cygnet-sync.timer"])
    eventually(pair.is_whole, RETURN_SECONDS)


# --- the second boot

def test_a_second_boot_of_the_same_disk_comes_back_by_itself(pair, tell):
    rebooted, unplugged = pair.sites
    before = {site: site.gateway.boot_id() for site in pair.sites}
    mark = pair.world.mark()
    unplugged.gateway.pull_the_plug()
    unplugged.gateway.power_on()
    rebooted.gateway.check(["systemctl", "reboot"])
    begun = time.monotonic()
    eventually(pair.is_whole, SECOND_BOOT_SECONDS)
    tell(f"{time.monotonic() - begun:.0f} s from a reboot here and a power cut there to the first ping")

    for site in pair.sites:
        assert site.gateway.boot_id() != before[site]
        site.gateway.check(["cloud-init", "status", "--wait"], timeout=SECOND_BOOT_SECONDS)
        assert site.gateway.check(["systemctl", "--failed", "--plain", "--no-legend"]) == ""
    assert [call.action for call in pair.world.calls_since(mark) if call.service == "s3"] == []
    assert [site.policy.denied for site in pair.sites] == [[], []]
    assert (pair.strays(), pair.sent_in_the_clear()) == (0, 0), pair.fabric.refused_flows()


# --- a new key

def key_files(site):
    """Names of the site's own public keys, which end in their fingerprints."""
    return set(site.gateway.check(["find", "/etc/swanctl/pubkey", "-name", f"cygnet-{site.region}-*"]).split())


def test_a_key_is_replaced_under_ping(pair, tell):
    here, there = pair.sites
    old = key_files(here)
    with here.host.keep_pinging(there.host.address, interval=PING_INTERVAL) as pinger:
        done = here.gateway.run(["/usr/local/bin/cygnet", "rekey"], timeout=REKEY_SECONDS)
        eventually(lambda: len(key_files(here)) == 1, REKEY_SECONDS)
        outcome = pinger.stop()[there.host.address]
    tell(f"rekey under ping: {outcome}")
    assert done.returncode == 0, said(done)
    assert not old & key_files(here)
    assert outcome.sent > 10 and outcome.lost <= 1
    assert pair.is_whole() and (pair.strays(), pair.sent_in_the_clear()) == (0, 0)
