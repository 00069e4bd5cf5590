"""An instance that goes and the one that fills its site after it, in a mesh whose VPCs are left to cygnet.

All that joins the sites is cygnet's doing: source/dest check, Elastic IP, routes and the groups' rules were none of them
set, and are what the lab's packets meet.
"""

import json
import time

import netns
import pytest
from calls import told, writes
from checks import eventually, said
from lab import parallel
from mesh import HASTY, INTERVAL, Mesh, running

METADATA_LAG = 1    # seconds after which IMDS shows a public address

pytestmark = pytest.mark.usefixtures("whole_again")     # with one instance at each site


@pytest.fixture(scope="module")
def mesh():
    made = Mesh(tags={**HASTY, "cygnet:tunnel-wait": "20s"}, managed=True)
    made.world.faults.metadata_lag(METADATA_LAG)
    with running(made):
        yield made


def actions(calls):
    return [call.action for call in calls]


# --- what bootstrap has done

def test_bootstrap_ends_well_at_every_site(mesh):
    for name, done in mesh.outcomes.items():
        assert done.returncode == 0, f"{name}: {said(done)}"


def test_every_host_reaches_every_other(mesh):
    assert mesh.is_whole()


def test_each_site_has_its_own_elastic_ip(mesh):
    assert [site.gateway.address for site in mesh.sites] == [site.elastic.public_ip for site in mesh.sites]


def test_the_site_is_claimed_before_its_address_is_taken_and_published_after(mesh):
    for site in mesh.sites:
        done = [call for call in writes(mesh.world.calls, site.gateway) if not call.error]
        claim, publication = [at for at, call in enumerate(done) if call.params.get("Name", "").endswith(site.name)][:2]
        assert claim < actions(done).index("AssociateAddress") < publication, told(done, mesh.machines, 0)
        assert json.loads(done[claim].params["Value"])["instance"] == site.gateway.instance.id
        assert json.loads(done[publication].params["Value"])["address"] == site.elastic.public_ip


def without_source_dest_check_off(mesh, site):
    interface = site.gateway.instance.interface
    mesh.world.set_source_dest_check(interface, True)
    return lambda: mesh.world.set_source_dest_check(interface, False)


def without_a_route(mesh, site):
    table, destination = mesh.table(site), mesh.sites[0].range
    target = table.routes[destination].interface
    mesh.world.remove_route(table, destination)
    return lambda: mesh.world.put_route(table, destination, target)


def without_rules(mesh, group, *wanted):
    rules = [rule for rule in group.ingress if (rule.protocol, rule.from_port) in wanted]
    assert rules, group.ingress
    mesh.world.remove_rules(group, rules)
    return lambda: mesh.world.add_rules(group, rules)


def without_the_rules_for_the_meshs_ranges(mesh, site):
    return without_rules(mesh, site.place.gateways, ("-1", -1))


def without_the_rule_of_the_other_instances(mesh, site):
    return without_rules(mesh, site.place.hosts, ("icmp", 8), ("icmp", -1))


def without_its_address(mesh, site):
    mesh.world.disassociate(site.elastic)
    eventually(lambda: site.gateway.port.public is None)

    def put_back():
        mesh.world.associate(site.elastic, site.gateway.instance.interface)
        eventually(lambda: site.gateway.port.public == site.elastic.public_ip)
    return put_back


@pytest.mark.parametrize("undo", [
    without_source_dest_check_off, without_a_route, without_the_rules_for_the_meshs_ranges,
    without_the_rule_of_the_other_instances, without_its_address])
def test_without_any_one_of_its_calls_there_is_no_ping(mesh, undo):
    here, there = mesh.sites[:2]
    redo = undo(mesh, there)
    try:
        assert None in (here.host.ping(there.host.address, wait=1), there.host.ping(here.host.address, wait=1))
    finally:
        redo()


# --- the instance that goes

def test_a_replacement_brings_its_site_back_and_nobody_touches_the_others(mesh, tell):
    here, site, elsewhere = mesh.sites
    with here.host.keep_pinging(site.host.address, elsewhere.host.address) as pinger:
        time.sleep(0.5)
        former = site.gateway
        mesh.terminate(former)
        site.gateway = mesh.launch(site)
        mark, clock, begun = mesh.world.mark(), mesh.world.clock(), time.monotonic()
        done = site.gateway.bootstrap()
        eventually(lambda: here.host.ping(site.host.address, wait=1) is not None, 60)
        seen = pinger.stop()
    assert done.returncode == 0, said(done)
    calls = mesh.world.calls_since(mark)
    back = seen[site.host.address].first_answer_after(begun) - begun
    tell(f"{back:.1f} s from bootstrap to the first ping; {site.gateway.name}'s calls that change something:",
         *told(writes(calls, site.gateway), mesh.machines, clock))
    assert back < 4 * INTERVAL
    assert site.gateway.instance.id != former.instance.id
    assert site.gateway.address == site.elastic.public_ip
    assert writes(calls, here.gateway, elsewhere.gateway) == []
    assert seen[elsewhere.host.address].lost == 0, str(seen[elsewhere.host.address])
    assert mesh.is_whole()


def keys_of(mesh, site):
    return [key["id"] for key in mesh.record(site)["keys"]]


def test_an_instance_of_an_image_made_from_the_gateway_uses_nothing_of_its_past(mesh):
    site = mesh.sites[1]
    image, before = site.gateway, keys_of(mesh, site)
    site.gateway = mesh.launch(site)
    site.gateway.wait_booted()
    for folder in ("/etc/swanctl", "/etc/systemd/system", "/etc/cygnet", "/var/lib/cygnet"):
        netns.run(["cp", "-a", f"{image.path(folder)}/.", site.gateway.path(folder)])
    mesh.terminate(image)
    done = site.gateway.bootstrap()
    assert done.returncode == 0, said(done)
    after = keys_of(mesh, site)
    assert len(after) == 1 and after != before
    key, = site.gateway.path("/etc/swanctl/private").iterdir()
    assert before[0][:16] not in key.name
    eventually(mesh.is_whole, 60)


# --- two instances at once

def is_retired(gateway):
    units = gateway.run(["systemctl", "is-enabled", "cygnet.service", "cygnet-sync.timer"]).stdout.split()
    return units == ["disabled", "disabled"] and list(gateway.path("/etc/swanctl/conf.d").glob("cygnet-*")) == []


def test_an_instance_and_its_successor_never_fight(mesh):
    """The elder writes nothing once the younger has claimed the site, and nothing is written twice."""
    site = mesh.sites[1]
    elder, mark = site.gateway, mesh.world.mark()
    younger = mesh.launch(site)
    done = younger.bootstrap()
    assert done.returncode == 0, said(done)
    mesh.assign_address(elder)
    eventually(lambda: is_retired(elder), 4 * INTERVAL)
    site.gateway = younger
    eventually(mesh.is_whole, 30)
    time.sleep(2 * INTERVAL)

    calls = mesh.world.calls_since(mark)
    assert writes(calls, elder) == [], told(writes(calls, elder), mesh.machines, 0)
    taken = [call for call in writes(calls, younger) if call.service == "ec2" and not call.error]
    once = [(call.action, str(call.params)) for call in taken]
    assert sorted(set(once)) == sorted(once) and "AssociateAddress" in actions(taken)
    assert site.elastic.interface is younger.instance.interface


def test_a_superseded_instance_stays_so_across_reboots_until_told_to_claim(mesh):
    site = mesh.sites[1]
    elder, = [machine for machine in mesh.machines if machine.vpc is site.vpc and machine is not site.gateway]
    mark = mesh.world.mark()
    elder.reboot()
    elder.wait_booted()
    time.sleep(2 * INTERVAL)
    assert is_retired(elder) and writes(mesh.world.calls_since(mark), elder) == []
    refused = elder.bootstrap()
    assert refused.returncode == 65 and "--claim" in said(refused), said(refused)

    younger = site.gateway
    done = elder.bootstrap("--claim")
    assert done.returncode == 0, said(done)
    site.gateway = elder
    mesh.assign_address(younger)
    eventually(lambda: is_retired(younger), 4 * INTERVAL)
    eventually(mesh.is_whole, 30)
    mesh.terminate(younger)


def test_two_fresh_instances_of_a_site_that_boot_at_once_leave_one(mesh):
    site = mesh.sites[2]
    mesh.terminate(site.gateway)
    both = [mesh.launch(site), mesh.launch(site)]
    parallel(lambda gateway: gateway.bootstrap(), both)
    holder = site.elastic.interface.instance
    winner, = [gateway for gateway in both if gateway.instance is holder]
    loser, = [gateway for gateway in both if gateway is not winner]
    if loser.address is None:
        mesh.assign_address(loser)
    eventually(lambda: is_retired(loser), 6 * INTERVAL)
    site.gateway = winner
    eventually(mesh.is_whole, 60)
    assert site.elastic.interface is winner.instance.interface
    mesh.terminate(loser)
