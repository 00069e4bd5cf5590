"""Keys that are replaced on real gateways of both flavours, and what that costs the tunnels: nothing.

Each test ends with a mesh that has one key a site and all its tunnels.
"""

import json

import pytest
from calls import is_write
from checks import eventually, said
from lab import parallel
from mesh import HASTY, Mesh, running
from rekeying import (PRIVATE_FOLDERS, SHORT, STATE, Watch, assert_refused, compare, files, has_one_key,
                      loaded_private_keys, lost, make_anew, offers, only_sa, phase, private_keys, public_keys,
                      rekey, settle, sync, told, traces, without)

SITES = (("us-east-1", "172.16.0.0/16"),
         ("us-east-2", "172.31.0.0/16", "bookworm", {"cygnet:backend": "ipsec"}),
         ("eu-west-1", "10.20.0.0/16"))


@pytest.fixture(scope="module")
def mesh():
    with running(Mesh(SITES, tags=HASTY)) as made:
        made.boot_calls = list(made.world.calls)
        yield made


@pytest.fixture(autouse=True)
def _settled(mesh):
    """The next test finds the mesh as bootstrap left it."""
    yield
    settle(mesh)


def others(mesh, site):
    return [other for other in mesh.sites if other is not site]


# --- what it costs

@pytest.mark.parametrize("number", [0, 1], ids=["swanctl", "ipsec"])
def test_a_key_is_replaced_and_no_packet_is_lost(mesh, number, tell):
    site = mesh.sites[number]
    old, loaded = offers(mesh, site)["active"], loaded_private_keys(site.gateway)
    private, = files(site, PRIVATE_FOLDERS, "cygnet-*.key")
    private = private.read_text()
    with Watch(mesh) as watch:
        rekey(site)
        eventually(lambda: has_one_key(mesh, site), 60)
    compare(watch, site, tell)
    assert offers(mesh, site)["active"] != old
    now = loaded_private_keys(site.gateway)
    assert len(now) == 1 and now != loaded
    assert [traces(each.gateway, old[:SHORT]) for each in mesh.sites] == [[], [], []]
    for peer in others(mesh, site):
        before, after = make_anew(site, peer)
        assert before["initiator-spi"] != after["initiator-spi"]
        assert site.host.ping(peer.host.address) is not None
        if number == 0:
            assert_refused(site, peer, private)


def test_two_keys_are_replaced_at_once(mesh, tell):
    sites = mesh.sites[:2]
    old = [offers(mesh, site)["active"] for site in sites]
    with Watch(mesh) as watch:
        parallel(rekey, sites)
    tell(*told(watch.streams, "rotated"))
    assert all(offers(mesh, site)["active"] not in old for site in sites)
    settle(mesh)
    assert mesh.is_whole()


# --- who holds it up

def test_a_peer_that_is_down_is_named_and_comes_back_to_the_new_key(mesh):
    site, down = mesh.sites[0], mesh.sites[2]
    down.gateway.power_off()
    try:
        eventually(lambda: down.gateway.address not in {sa["remote-id"] for sa in site.gateway.tunnels()}, 60)
        done = rekey(site)
        assert f"{down.name}: has no tunnel" in said(done), said(done)
        assert phase(site) == "none" and list(offers(mesh, site)) == ["active"]
    finally:
        down.gateway.power_on()
    down.gateway.wait_booted()
    settle(mesh)
    assert down.host.ping(site.host.address) is not None


def test_a_live_peer_that_hears_nothing_stops_it_until_it_does(mesh, tell):
    site, deaf = mesh.sites[0], mesh.sites[2]
    old = offers(mesh, site)
    with Watch(mesh) as watch:
        with without(mesh, "api", deaf):
            done = rekey(site, "--wait", "15s", code=75)
            assert f"held up by '{deaf.name}'\n" in said(done), said(done)
            assert phase(site) == "offered" and offers(mesh, site)["active"] == old["active"]
            sync(site)
            assert phase(site) == "offered"
        eventually(lambda: sync(deaf)[0].returncode == 0, 30)
        eventually(lambda: sync(site) and has_one_key(mesh, site), 60)
    assert offers(mesh, site)["active"] != old["active"]
    compare(watch, site, tell)


def test_a_live_peer_that_hears_nothing_can_be_skipped(mesh):
    """It keeps the tunnel that it has, and gets the new key when it hears again."""
    site, deaf = mesh.sites[0], mesh.sites[2]
    with without(mesh, "api", deaf):
        rekey(site, "--wait", "5s", code=75)
        done = rekey(site, "--skip", deaf.name)
        assert f"{deaf.name}: is skipped" in said(done), said(done)
        assert site.host.ping(deaf.host.address) is not None
    settle(mesh)
    make_anew(site, deaf)


# --- going back

def test_abort_while_peers_are_waited_for(mesh):
    site, deaf = mesh.sites[0], mesh.sites[2]
    old = offers(mesh, site)
    with without(mesh, "api", deaf):
        rekey(site, "--wait", "5s", code=75)
        rekey(site, "--abort")
    assert offers(mesh, site) == old
    settle(mesh)
    assert private_keys(site) == [old["active"][:SHORT]]


def test_abort_while_peers_are_switched(mesh):
    """A peer that goes deaf to IKE after it has loaded the next key holds the switch up; the others go back."""
    site, deaf = mesh.sites[0], mesh.sites[2]
    old = offers(mesh, site)
    with without(mesh, "ike", deaf):
        done = rekey(site, code=75)
        assert f"held up by '{deaf.name}'" in said(done) and phase(site) == "switching", said(done)
        assert site.host.ping(deaf.host.address) is not None, "the old SA stays"
        rekey(site, "--abort")
    assert offers(mesh, site) == old and private_keys(site) == [old["active"][:SHORT]]


def test_there_is_nothing_to_abort_when_no_key_is_replaced(mesh):
    done = rekey(mesh.sites[0], "--abort", code=65)
    assert "nothing to abort" in said(done)


# --- a key in other hands

def test_a_compromised_key_is_refused_at_once(mesh, tell):
    site = mesh.sites[0]
    old = offers(mesh, site)["active"]
    stolen, = files(site, PRIVATE_FOLDERS, "cygnet-*.key")
    stolen = stolen.read_text()
    before = {peer.name: only_sa(peer, site)["initiator-spi"] for peer in others(mesh, site)}
    with Watch(mesh) as watch:
        done = rekey(site, "--compromised")
        settle(mesh)
    assert "packets are lost" in said(done), said(done)
    revoked, control = watch.of(site)
    tell(*told(revoked, "revoked"), *told(control, "control"))
    assert lost(control) <= 1
    for peer in others(mesh, site):
        assert only_sa(peer, site)["initiator-spi"] != before[peer.name]
        assert old[:SHORT] not in public_keys(peer, site)
        assert_refused(site, peer, stolen)
    eventually(lambda: sync(site) and not mesh.record(site).get("revoked"), 30)
    assert private_keys(site) == [offers(mesh, site)["active"][:SHORT]]


# --- those who come in the middle

def test_a_gateway_that_boots_in_the_middle_has_both_keys(mesh):
    site, deaf, booting = mesh.sites[0], mesh.sites[1], mesh.sites[2]
    with without(mesh, "api", deaf):
        rekey(site, "--wait", "5s", code=75)
        booting.gateway.reboot()
        booting.gateway.wait_booted()
        both = sorted(key[:SHORT] for key in offers(mesh, site).values())
        assert len(both) == 2
        eventually(lambda: public_keys(booting, site) == both, 30)
        eventually(lambda: booting.host.ping(site.host.address, wait=1) is not None, 60)
    settle(mesh)


def test_nobody_acknowledges_anything_while_a_mesh_boots(mesh):
    assert [call for call in mesh.boot_calls if "/acks/" in call.params.get("Name", "") and is_write(call)] == []


# --- a peer that an operator keeps

OFFICE = "office"
PEER_FILE = f"/etc/cygnet/peers.d/{OFFICE}.json"


@pytest.fixture
def office(mesh):
    """A function that writes the file of a static peer, with what its operator has loaded, at the first site."""
    site = mesh.sites[0]
    key = site.gateway.check(["sh", "-c", "openssl genrsa 3072 | openssl rsa -pubout"])

    def write(*acks):
        site.gateway.write(PEER_FILE, json.dumps({"site": OFFICE, "address": "198.51.100.200", "keys": [key],
                                                  "subnets": ["10.99.0.0/16"], "acks": acks}))
        sync(site)
    write()
    yield write
    site.gateway.check(["rm", PEER_FILE])


def test_a_static_peer_stops_it_until_its_file_has_the_next_key(mesh, office):
    site = mesh.sites[0]
    old = offers(mesh, site)
    done = rekey(site, code=75)
    assert f"held up by '{OFFICE}'\n" in said(done), said(done)
    offered = offers(mesh, site)
    assert offered["active"] == old["active"] and offered["next"] in said(done), said(done)
    sync(site)
    assert phase(site) == "offered"
    office(offered["next"])
    eventually(lambda: sync(site) and has_one_key(mesh, site), 60)
    assert offers(mesh, site) == {"active": offered["next"]}


def test_a_static_peer_can_be_skipped(mesh, office):
    old = offers(mesh, mesh.sites[0])
    rekey(mesh.sites[0], "--skip", OFFICE)
    assert offers(mesh, mesh.sites[0])["active"] != old["active"]


# --- a key of some age

def is_aged(site):
    """Makes the gateway believe that its key is decades old; a sync of the timer's may have the last word."""
    state = json.loads(site.gateway.read(STATE))
    if state["key_made"] != 1:
        site.gateway.write(STATE, json.dumps({**state, "key_made": 1}), 0o600)
    return state["key_made"] == 1


def test_sync_replaces_a_key_that_is_older_than_the_setting_allows(mesh):
    site = mesh.sites[0]
    old = offers(mesh, site)["active"]
    eventually(lambda: is_aged(site) and sync(site) and is_aged(site), 60)
    assert offers(mesh, site)["active"] == old, "the setting is off"
    site.gateway.instance.tags["cygnet:rekey-after"] = "30d"
    try:
        eventually(lambda: sync(site) and has_one_key(mesh, site) and offers(mesh, site)["active"] != old, 60)
        new = offers(mesh, site)
        sync(site)
        assert offers(mesh, site) == new and phase(site) == "none"
    finally:
        del site.gateway.instance.tags["cygnet:rekey-after"]
