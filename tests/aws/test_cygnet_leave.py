"""`cygnet leave`: the site goes out of the mesh, and what stands in the way of a part costs the others nothing."""

import json

import pytest
from checks import eventually

import records

DONE, ALL_DOWN, USAGE, CONFIG, AGAIN, DENIED = 0, 4, 64, 65, 75, 77
REGION = "us-east-1"
OWN = records.name("us-east-1")
EPOCH = "/cygnet/lab/epoch"
ACK = "/cygnet/lab/acks/us-east-1"
FOREIGN = "10.99.0.0/16"
PEER = records.record("berlin", 1)
RANGE, = PEER["subnets"]
WRITES = {"DeleteRoute", "CreateRoute", "ReplaceRoute", "RevokeSecurityGroupIngress", "DisassociateAddress",
          "AuthorizeSecurityGroupIngress", "AssociateAddress", "PutParameter",
          "DeleteParameter"}


@pytest.fixture
def site(live, world):
    """A gateway with a peer, a route and rules of its own, beside those of the operator."""
    world.ssm(REGION).put(records.name("berlin"), json.dumps(PEER))
    live.loads(PEER)
    world.vpc.main_table.tags["cygnet:mesh"] = "lab"
    world.put_route(world.vpc.main_table, FOREIGN, live.instance.interface)
    live.instance.tags |= {"cygnet:key-bits": "3072", "cygnet:routes": "tagged", "cygnet:security-group": "manage",
                           "cygnet:tunnel-wait": "1s", "cygnet:address": "203.0.113.10"}
    done = live.cygnet("bootstrap")
    assert done.returncode == ALL_DOWN, done.stderr
    assert RANGE in routes(world) and own_rules(live) and not record(world)["left"]
    return live


def routes(world):
    return {destination: route.target for destination, route in world.vpc.main_table.routes.items()}


def own_rules(live):
    return [rule for group in live.instance.interface.groups for rule in group.rules
            if rule.description == "cygnet:lab:us-east-1"]


def record(world, name=OWN):
    return json.loads(world.ssm(REGION).parameters[name][-1].value)


def state(live):
    return json.loads((live.root / "var/lib/cygnet/state.json").read_text())


def writes(world, mark):
    """What was written, in order: dry runs aside."""
    return [call.action for call in world.calls_since(mark)
            if call.action in WRITES and not call.params.get("DryRun")]


def connections(live):
    return [path.name for path in (live.root / "etc/swanctl/conf.d").glob("cygnet-*")]


def has_left(live, world):
    return (record(world)["left"], state(live)["duty"], connections(live), live.unit("cygnet-sync.timer"),
            live.unit("cygnet.service")) == (True, "left", [], set(), set())


def test_the_address_goes_last(site, world):
    world.ssm(REGION).put(ACK, "{}")
    generation, mark = record(world)["generation"], world.mark()
    done = site.cygnet("leave")
    assert done.returncode == DONE, done.stderr
    assert done.stderr.splitlines()[-1] == \
        "site 'us-east-1' of mesh 'lab' has left; 'cygnet bootstrap' makes this instance a gateway again"
    assert writes(world, mark) == ["DeleteRoute", "RevokeSecurityGroupIngress", "DeleteParameter", "PutParameter",
                                   "PutParameter", "DisassociateAddress"]
    assert ACK not in world.ssm(REGION).parameters
    assert record(world)["generation"] == generation + 1
    assert record(world, EPOCH)["site"] == "us-east-1"
    assert has_left(site, world)
    assert (routes(world).get(RANGE), routes(world)[FOREIGN]) == (None, site.instance.interface.id)
    assert own_rules(site) == []
    assert world.address.interface is None


def test_the_record_is_read_before_anything_is_written(site, world):
    mark = world.mark()
    assert site.cygnet("leave").returncode == DONE
    calls = [(call.action, call.params.get("Names")) for call in world.calls_since(mark)]
    first = min(i for i, (action, _) in enumerate(calls) if action in WRITES)
    assert ("GetParameters", [OWN]) in calls[:first]


def test_the_address_can_be_kept(site, world):
    assert site.cygnet("leave", "--keep-address").returncode == DONE
    assert has_left(site, world)
    assert world.address.interface is site.instance.interface


def test_a_site_that_has_left_has_nothing_to_do(site, world):
    site.cygnet("leave")
    mark = world.mark()
    assert "systemctl disable --now cygnet-sync.timer" in site.log()
    done = site.cygnet("leave")
    assert (done.returncode, writes(world, mark), site.log()) == (DONE, [], [])
    assert done.stderr.splitlines()[-1] == "site 'us-east-1' of mesh 'lab' has left already, nothing to do"


def test_bootstrap_takes_it_in_again(site, world):
    site.cygnet("leave", "--keep-address")
    generation = record(world)["generation"]
    done = site.cygnet("bootstrap")
    assert done.returncode == ALL_DOWN, done.stderr
    assert (record(world)["generation"], record(world)["left"]) == (generation + 1, False)
    assert state(site)["duty"] == "serves"
    assert RANGE in routes(world) and site.unit("cygnet-sync.timer") == {"enabled", "active"}


def test_sync_does_not(site, world):
    site.cygnet("leave", "--keep-address")
    mark = world.mark()
    done = site.cygnet("sync")
    assert (done.returncode, writes(world, mark)) == (CONFIG, [])
    assert has_left(site, world)


def test_only_who_fills_a_site_takes_it_out(site, world):
    successor = {**record(world), "generation": 9, "instance": "i-00000000000000009"}
    world.ssm(REGION).put(OWN, json.dumps(successor))
    mark = world.mark()
    done = site.cygnet("leave")
    assert done.returncode == CONFIG
    assert "site 'us-east-1' is filled by 'i-00000000000000009' now, not by this instance" in done.stderr
    assert (writes(world, mark), state(site)["duty"]) == ([], "serves")


def test_one_that_never_filled_it_neither(live, world):
    world.ssm(REGION).put(OWN, records.text("us-east-1", 2))
    live.instance.tags["cygnet:key-bits"] = "3072"
    done = live.cygnet("leave")
    assert done.returncode == CONFIG
    assert "this instance has never filled site 'us-east-1' of mesh 'lab'" in done.stderr
    assert writes(world, 0) == []


def test_below_another_root_nobody_leaves(site, world):
    done = site.cygnet("leave", "--root", "/tmp")
    assert (done.returncode, state(site)["duty"]) == (USAGE, "serves")


def test_a_registry_that_does_not_answer_stops_it_before_it_begins(site, world):
    world.faults.throttle("ssm", n=float("inf"))
    mark = world.mark()
    done = site.cygnet("leave")
    assert (done.returncode, writes(world, mark)) == (AGAIN, [])
    assert state(site)["duty"] == "serves"


def test_sync_goes_on_when_the_tombstone_could_not_be_put(site, world):
    world.faults.throttle("ssm", "PutParameter", n=float("inf"))
    done = site.cygnet("leave")
    assert done.returncode == AGAIN
    assert done.stderr.splitlines()[-1] == "site 'us-east-1' of mesh 'lab' is not out yet: sync goes on with it"
    assert RANGE not in routes(world)
    assert (state(site)["duty"], connections(site)) == ("leaves", ["cygnet-berlin.conf"])
    assert site.unit("cygnet-sync.timer") == {"enabled", "active"}
    world.faults.clear()
    done = site.cygnet("sync")
    assert done.returncode == DONE, done.stderr
    assert has_left(site, world) and world.address.interface is None


def test_sync_remembers_that_the_address_is_kept(site, world):
    world.faults.throttle("ssm", "PutParameter", n=float("inf"))
    site.cygnet("leave", "--keep-address")
    world.faults.clear()
    assert site.cygnet("sync").returncode == DONE
    assert has_left(site, world) and world.address.interface is site.instance.interface


@pytest.mark.parametrize("action", ["DeleteRoute", "RevokeSecurityGroupIngress", "PutParameter",
                                    "DisassociateAddress"])
def test_what_was_killed_is_finished(site, world, action):
    """While a call of this action is on its way."""
    service = "ssm" if action == "PutParameter" else "ec2"
    world.faults.lose_reply(service, action, n=float("inf"))
    world.faults.delay(service, action, 3)
    mark = world.mark()
    run = site.start("leave")
    eventually(lambda: action in writes(world, mark), 30)
    run.process.kill()
    run.finish()
    world.faults.clear()
    done = site.cygnet("sync")
    assert done.returncode == DONE, done.stderr
    assert has_left(site, world)
    assert RANGE not in routes(world) and own_rules(site) == [] and world.address.interface is None
    assert record(world, EPOCH)["version"] == world.ssm(REGION).parameters[OWN][-1].number


def released(site, world):
    """All of it is done but the address, which EC2 does not take back now."""
    world.faults.throttle("ec2", "DisassociateAddress", n=float("inf"))
    done = site.cygnet("leave")
    assert done.returncode == AGAIN
    assert done.stderr.splitlines()[-1] == \
        "site 'us-east-1' of mesh 'lab' has left, and still has its address: sync goes on with it"
    assert (record(world)["left"], state(site)["duty"], connections(site)) == (True, "releases", [])
    assert (site.unit("cygnet-sync.timer"), world.address.interface) == \
        ({"enabled", "active"}, site.instance.interface)
    world.faults.clear()


@pytest.mark.parametrize("command", ["sync", "leave", "bootstrap"])
def test_an_address_that_could_not_be_given_back_is_tried_again(site, world, command):
    released(site, world)
    mark = world.mark()
    done = site.cygnet(command)
    assert done.returncode == (CONFIG if command == "bootstrap" else DONE), done.stderr
    assert writes(world, mark) == ["DisassociateAddress"]
    assert has_left(site, world) and world.address.interface is None


def test_an_address_that_may_not_be_given_back_after_all_ends_it(site, world):
    released(site, world)
    world.faults.deny("ec2", "DisassociateAddress")
    assert site.cygnet("sync").returncode == DENIED
    assert has_left(site, world)


def test_without_its_address_it_needs_nobody_to_end(site, world):
    """It was killed when the address had gone, and with it every connection."""
    released(site, world)
    world.disassociate(world.address)
    world.faults.throttle("ssm", n=float("inf"))
    world.faults.throttle("ec2", n=float("inf"))
    mark = world.mark()
    assert site.cygnet("sync").returncode == DONE
    assert has_left(site, world) and world.calls_since(mark) == []


def test_a_claim_takes_it_back_in_before_the_address_has_gone(site, world):
    released(site, world)
    done = site.cygnet("bootstrap", "--claim")
    assert done.returncode == ALL_DOWN, done.stderr
    assert (state(site)["duty"], record(world)["left"]) == ("serves", False)
    assert world.address.interface is site.instance.interface


def test_a_record_that_cannot_be_understood_has_a_way_out(site, world):
    world.ssm(REGION).put(OWN, json.dumps(record(world) | {"schema": 2}))
    done = site.cygnet("leave")
    assert done.returncode == CONFIG
    assert "read the record of site 'us-east-1': 'schema' is 2" in done.stderr
    assert "'cygnet bootstrap --claim' puts this instance's own record in its place" in done.stderr
    assert site.cygnet("bootstrap", "--claim").returncode == ALL_DOWN
    assert site.cygnet("leave").returncode == DONE
    assert has_left(site, world)


@pytest.mark.parametrize("service, action", [
    ("ec2", "DeleteRoute"), ("ec2", "RevokeSecurityGroupIngress"), ("ec2", "DisassociateAddress"),
    ("ec2", "DescribeRouteTables")])
def test_a_permission_that_lacks_is_made_up_for_by_the_next_leave(site, world, service, action):
    world.faults.deny(service, action)
    done = site.cygnet("leave")
    assert done.returncode == DENIED
    assert f"grant {service}:{action} on '" in done.stderr
    assert has_left(site, world)
    world.faults.clear()
    done = site.cygnet("leave")
    assert done.returncode == DONE, done.stderr
    assert RANGE not in routes(world) and own_rules(site) == [] and world.address.interface is None


def test_a_tombstone_that_may_not_be_put_is_somebody_else_s(site, world):
    world.faults.deny("ssm", "PutParameter")
    done = site.cygnet("leave")
    assert done.returncode == DENIED
    assert "its peers keep site 'us-east-1' until 'cygnet forget us-east-1' is run by somebody who may" in done.stderr
    assert state(site)["duty"] == "left" and not record(world)["left"]


def test_a_site_that_was_forgotten_is_taken_out_all_the_same(site, world):
    tombstone = {"schema": 1, "generation": 7, "site": "us-east-1", "left": True}
    world.ssm(REGION).put(OWN, json.dumps(tombstone))
    mark = world.mark()
    assert site.cygnet("leave").returncode == DONE
    assert has_left(site, world)
    assert "PutParameter" not in writes(world, mark)
    assert RANGE not in routes(world) and world.address.interface is None
