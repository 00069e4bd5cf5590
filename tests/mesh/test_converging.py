"""What a gateway publishes reaches the others with their next syncs, and what they have stays while nothing is read."""

import json
import time

import pytest
from checks import eventually, said
from mesh import HASTY, INTERVAL, Mesh
from rekeying import Watch, lost, sync, told

MORE = "10.20.0.0/17"       # of the third site's range


@pytest.fixture(scope="module")
def mesh():
    """Of the three sites the third one has only booted."""
    with Mesh(tags=HASTY) as made:
        made.outcomes = made.bootstrap(sites=made.sites[:2])
        eventually(lambda: made.sites[0].host.ping(made.sites[1].host.address) is not None, 60)
        yield made


def published(mesh, site):
    """When the site's record with a key was put, as time.monotonic() tells it."""
    put, = [call for call in mesh.world.calls if call.action == "PutParameter" and not call.error
            and call.params["Name"].endswith(f"/{site.name}") and json.loads(call.params["Value"]).get("keys")]
    return put.time - time.time() + time.monotonic()


def test_a_site_that_joins_reaches_the_others_with_their_next_syncs(mesh, tell):
    first, second, third = mesh.sites
    with first.host.keep_pinging(third.host.address, second.host.address) as one, \
            second.host.keep_pinging(third.host.address) as other:
        done = third.gateway.bootstrap()
        eventually(mesh.has_all_tunnels, 60)
        time.sleep(1)
        seen, elsewhere = one.stop(), other.stop()
    assert done.returncode == 0, said(done)
    since = published(mesh, third)
    joined = {site.name: outcome.first_answer_after(since) - since for site, outcome in
              ((first, seen[third.host.address]), (second, elsewhere[third.host.address]))}
    tell(*(f"{name}: first ping {seconds:.1f} s after the record was published,"
           f" interval {INTERVAL} s" for name, seconds in joined.items()))
    assert max(joined.values()) < 3 * INTERVAL
    assert seen[second.host.address].lost == 0, str(seen[second.host.address])


def selectors(site, peer):
    return {tuple(child["remote-ts"]) for child in site.gateway.installed_children()
            if child["peer"] == peer.gateway.address}


def test_changed_subnets_reach_the_others_and_touch_no_other_tunnel(mesh, tell):
    changed, others = mesh.sites[2], mesh.sites[:2]
    changed.gateway.instance.tags["cygnet:subnets"] = MORE
    with Watch(mesh) as watch:
        try:
            sync(changed)
            since = time.monotonic()
            eventually(lambda: all((MORE,) in selectors(site, changed) for site in others), 60)
            took = time.monotonic() - since
            eventually(lambda: all(selectors(site, changed) == {(MORE,)} for site in others), 60)
        finally:
            del changed.gateway.instance.tags["cygnet:subnets"]
            sync(changed)
        eventually(lambda: all(selectors(site, changed) == {(changed.range,)} for site in others), 60)
    _, control = watch.of(changed)
    tell(f"{took:.1f} s until both others have a tunnel for the subnets, interval {INTERVAL} s",
         *told(control, "others"))
    assert lost(control) <= 1


@pytest.fixture
def outage(mesh):
    mesh.world.faults.outage("ssm")
    yield
    mesh.world.faults.outage("ssm", how=None)


def warnings_of_the_registry(site):
    """Those of the timer's runs; one by hand always has its own."""
    return [line for line in site.gateway.log("cygnet-sync.service").splitlines()
            if "warning: registry" in line]


def test_without_the_registry_all_tunnels_live_on(mesh, outage, tell):
    with Watch(mesh) as watch:
        eventually(lambda: all(warnings_of_the_registry(site) for site in mesh.sites), 6 * INTERVAL)
        time.sleep(3 * INTERVAL)
        done = sync(*mesh.sites)
    tell(*told(watch.streams, "no SSM"))
    assert [each.returncode for each in done] == [75] * 3, [said(each) for each in done]
    assert lost(watch.streams) <= 1
    for site in mesh.sites:
        assert len(warnings_of_the_registry(site)) == 1, "once an hour"


def test_without_the_registry_a_tunnel_that_was_lost_comes_back(mesh, outage):
    first, second = mesh.sites[:2]
    sa, = [sa for sa in first.gateway.tunnels() if sa["remote-id"] == second.gateway.address]
    first.gateway.check(["swanctl", "--terminate", "--ike-id", sa["uniqueid"]])
    eventually(lambda: first.host.ping(second.host.address, wait=1) is not None, 6 * INTERVAL)


def test_without_the_registry_a_gateway_that_reboots_comes_back(mesh, outage):
    site = mesh.sites[1]
    site.gateway.reboot()
    eventually(mesh.is_whole, 90)


def test_when_the_registry_is_back_all_is_as_before(mesh):
    eventually(lambda: [done.returncode for done in sync(*mesh.sites)] == [0] * 3, 60)
    assert mesh.is_whole()
