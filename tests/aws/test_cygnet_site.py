"""One instance and its site: claim, address, record, routes and rules, each in its turn and none at another's cost."""

import json

import pytest

import records

DONE, CHANGES, ALL_DOWN, CONFIG, AGAIN, DENIED = 0, 2, 4, 65, 75, 77
REGION = "us-east-1"
OWN = records.name("us-east-1")
POLICY = "/cygnet/lab/policy"
PEER = records.record("berlin", 1)
RANGE, = PEER["subnets"]
DESCRIPTION = "cygnet:lab:us-east-1"
ELASTIC = "203.0.113.77"
STRANGER = "i-0123456789abcdef0"
WRITES = ("PutParameter", "ModifyNetworkInterfaceAttribute", "AssociateAddress", "CreateRoute", "ReplaceRoute",
          "DeleteRoute", "AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress")


@pytest.fixture
def site(live, world):
    """A machine in a VPC that is left to cygnet, in a mesh with one other site; nothing has run on it yet."""
    world.ssm(REGION).put(records.name("berlin"), json.dumps(PEER))
    live.loads(PEER)
    world.vpc.main_table.tags["cygnet:mesh"] = "lab"
    live.instance.tags |= {"cygnet:key-bits": "3072", "cygnet:routes": "tagged", "cygnet:security-group": "manage",
                           "cygnet:tunnel-wait": "1s", "cygnet:interval": "5s"}
    return live


@pytest.fixture
def gateway_of_it(site):
    """The same, which bootstrap has made a gateway."""
    done = site.cygnet("bootstrap")
    assert done.returncode == ALL_DOWN, done.stderr
    return site


def loaded_as(site, address):
    """Charon has loaded its connections with this address as the own one."""
    for connection in site.charon.connections.values():
        connection["local-1"]["id"] = address


@pytest.fixture
def elastic(site, world):
    """An Elastic IP of the site's, which nobody has yet."""
    site.instance.tags["cygnet:address"] = "tag"
    loaded_as(site, ELASTIC)
    return world.allocate_address(REGION, ELASTIC, tags={"cygnet:mesh": "lab", "cygnet:site": "us-east-1"})


def record(world, name=OWN):
    return json.loads(world.ssm(REGION).parameters[name][-1].value)


def versions(world, name=OWN):
    """What the record was, oldest first."""
    return [json.loads(version.value) for version in world.ssm(REGION).parameters.get(name, [])]


def writes(world, mark=0):
    """What was written, in order: dry runs and refusals aside."""
    return [call.action for call in world.calls_since(mark) if call.action in WRITES and not call.error]


def route(world, destination=RANGE):
    found = world.vpc.main_table.routes.get(destination)
    return found and found.target


def rules(site):
    return [rule for group in site.instance.interface.groups for rule in group.rules
            if rule.description == DESCRIPTION]


def state(site):
    return json.loads((site.root / "var/lib/cygnet/state.json").read_text())


def recent(site, **changes):
    path = site.root / "run/cygnet/recent.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def full_pass_is_due(site):
    recent(site, reconciled_ms=0)


def sync(site, *words):
    full_pass_is_due(site)
    return site.cygnet("sync", *words)


# --- the order

def test_a_first_gateway_claims_publishes_and_then_leads_routes_here(site, world):
    done = site.cygnet("bootstrap")
    assert done.returncode == ALL_DOWN, done.stderr
    assert writes(world) == ["ModifyNetworkInterfaceAttribute", "PutParameter", "PutParameter", "PutParameter",
                             "CreateRoute", "AuthorizeSecurityGroupIngress"]
    claim, published = versions(world)
    assert (claim["generation"], claim["instance"], claim["keys"]) == (1, site.instance.id, [])
    assert (published["generation"], published["address"], len(published["keys"])) == (1, "203.0.113.10", 1)
    assert route(world) == site.instance.interface.id
    assert len(rules(site)) > 0


def test_an_elastic_ip_is_taken_between_claim_and_record(site, world, elastic):
    done = site.cygnet("bootstrap")
    assert done.returncode == ALL_DOWN, done.stderr
    assert writes(world)[1:5] == ["PutParameter", "AssociateAddress", "PutParameter", "PutParameter"]
    assert elastic.interface is site.instance.interface
    assert versions(world)[-1]["address"] == ELASTIC


def test_each_write_is_rehearsed_before_the_first(site, world, elastic):
    site.cygnet("bootstrap")
    calls = world.calls
    claim = next(i for i, call in enumerate(calls) if call.action == "PutParameter")
    rehearsed = {call.action for call in calls[:claim] if call.params.get("DryRun")}
    assert rehearsed == {"AssociateAddress", "CreateRoute", "AuthorizeSecurityGroupIngress"}


def test_the_own_record_is_read_just_before_ec2_is_written(site, world, elastic):
    site.cygnet("bootstrap")
    calls = [call for call in world.calls if not call.params.get("DryRun")]
    first = next(i for i, call in enumerate(calls) if call.action == "AssociateAddress")
    assert (calls[first - 1].action, calls[first - 1].params["Names"]) == ("GetParameters", [OWN])


def test_plan_shows_all_of_it_and_writes_nothing(site, world, elastic):
    done = site.cygnet("plan")
    assert done.returncode == CHANGES, done.stderr
    shown = [line.split() for line in done.stdout.splitlines() if line.startswith(("  ec2:", "  ssm:"))]
    assert [words[0].split(":")[1] for words in shown] == [
        "ModifyNetworkInterfaceAttribute", "PutParameter", "AssociateAddress", "PutParameter", "PutParameter",
        "CreateRoute", "AuthorizeSecurityGroupIngress"]
    assert shown[1][2:] == ["to", "claim", "the", "site"]
    assert not any(call.action in WRITES for call in world.calls)


def test_a_second_bootstrap_writes_nothing(gateway_of_it, world):
    mark = world.mark()
    assert gateway_of_it.cygnet("bootstrap").returncode == ALL_DOWN
    assert writes(world, mark) == []


# --- what lacks costs only itself

@pytest.mark.parametrize("action, without", [
    ("CreateRoute", "CreateRoute"), ("AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupIngress"),
    ("DescribeRouteTables", "CreateRoute"), ("DescribeSecurityGroups", "AuthorizeSecurityGroupIngress"),
    ("DescribeSecurityGroupRules", "AuthorizeSecurityGroupIngress"),
    ("ModifyNetworkInterfaceAttribute", "ModifyNetworkInterfaceAttribute")])
def test_a_permission_that_lacks_is_named_and_the_rest_goes_on(site, world, action, without):
    world.faults.deny("ec2", action)
    done = site.cygnet("bootstrap")
    assert done.returncode == DENIED
    assert f"grant ec2:{action}" in done.stderr
    expected = ["ModifyNetworkInterfaceAttribute", "PutParameter", "PutParameter", "PutParameter", "CreateRoute",
                "AuthorizeSecurityGroupIngress"]
    assert writes(world) == [each for each in expected if each != without]


def test_a_history_that_may_not_be_read_costs_only_the_predecessors(site, world):
    world.faults.deny("ssm", "GetParameterHistory")
    done = site.cygnet("bootstrap")
    assert (done.returncode, record(world)["instance"]) == (DENIED, site.instance.id)
    assert "grant ssm:GetParameterHistory" in done.stderr


def test_a_gateway_that_may_not_publish_looks_after_its_tunnels(gateway_of_it, world):
    world.faults.deny("ssm", "PutParameter")
    world.ssm(REGION).delete(OWN)
    done = sync(gateway_of_it)
    assert done.returncode == DENIED and "grant ssm:PutParameter" in done.stderr
    assert "tunnel berlin: down" in done.stderr


def test_routes_wait_until_the_record_is_published(site, world):
    world.faults.deny("ssm", "PutParameter")
    done = site.cygnet("bootstrap")
    assert done.returncode == DENIED
    assert (route(world), rules(site)) == (None, [])


# --- an address that cannot be had

def assert_nothing_is_taken(site, world):
    assert OWN not in world.ssm(REGION).parameters
    assert writes(world) == ["ModifyNetworkInterfaceAttribute"]
    assert "initiate" not in site.charon.commands


def test_who_may_not_take_the_address_does_not_claim(site, world, elastic):
    world.faults.deny("ec2", "AssociateAddress")
    done = site.cygnet("bootstrap")
    assert done.returncode == DENIED and "grant ec2:AssociateAddress" in done.stderr
    assert_nothing_is_taken(site, world)


def test_the_address_of_another_site_is_not_taken(site, world, elastic):
    berlin = PEER | {"address": ELASTIC}
    world.ssm(REGION).put(records.name("berlin"), json.dumps(berlin))
    site.loads(berlin)
    done = site.cygnet("bootstrap")
    assert done.returncode == CONFIG, done.stderr
    assert f"Elastic IP '{elastic.id}' ({ELASTIC}) is that of site 'berlin'" in done.stderr
    assert_nothing_is_taken(site, world)


def test_the_address_of_an_instance_that_never_filled_the_site_is_not_taken(site, world, elastic):
    other = world.launch(world.subnet, "172.16.1.99")
    world.associate(elastic, other.interface)
    loaded_as(site, "203.0.113.10")
    done = site.cygnet("bootstrap")
    assert done.returncode == CONFIG, done.stderr
    assert f"'{other.id}', which never filled site 'us-east-1'" in done.stderr
    assert_nothing_is_taken(site, world)
    assert elastic.interface is other.interface


@pytest.fixture
def predecessor(site, world, elastic):
    """An instance that fills the site, and has its address and its routes."""
    before = world.launch(world.subnet, "172.16.1.99")
    world.associate(elastic, before.interface)
    world.put_route(world.vpc.main_table, RANGE, before.interface)
    world.ssm(REGION).put(OWN, records.text(
        "us-east-1", 7, generation=4, region=REGION, account=world.vpc.account, vpc=world.vpc.id,
        zone="us-east-1a", instance=before.id, address=ELASTIC, subnets=["172.16.0.0/16"]))
    return before


def test_a_predecessor_s_address_and_routes_are_taken_over(site, world, elastic, predecessor):
    done = site.cygnet("bootstrap")
    assert done.returncode == ALL_DOWN, done.stderr
    assert writes(world) == ["ModifyNetworkInterfaceAttribute", "PutParameter", "AssociateAddress", "PutParameter",
                             "PutParameter", "ReplaceRoute", "AuthorizeSecurityGroupIngress"]
    _, claim, published = versions(world)
    assert (claim["generation"], claim["instance"], claim["address"]) == (5, site.instance.id, ELASTIC)
    assert claim["keys"] == records.record("", 7)["keys"] != published["keys"]
    assert elastic.interface is site.instance.interface
    assert route(world) == site.instance.interface.id
    assert state(site)["predecessors"] == [predecessor.id]


def test_a_working_gateway_keeps_its_address_until_it_has_the_next(gateway_of_it, world, elastic):
    """Else its tunnels would be made for an address that it does not have."""
    world.faults.deny("ec2", "AssociateAddress")
    loaded_as(gateway_of_it, "203.0.113.10")
    mark = world.mark()
    done = sync(gateway_of_it)
    assert done.returncode == DENIED and "AssociateAddress" in done.stderr, done.stderr
    assert (writes(world, mark), record(world)["address"], state(gateway_of_it)["address"]) == \
        ([], "203.0.113.10", "203.0.113.10")
    world.faults.allow("ec2", "AssociateAddress")
    assert sync(gateway_of_it).returncode == ALL_DOWN
    assert elastic.interface is gateway_of_it.instance.interface
    loaded_as(gateway_of_it, ELASTIC)
    assert gateway_of_it.cygnet("sync").returncode == ALL_DOWN
    assert record(world)["address"] == ELASTIC


# --- who fills it

def test_state_that_was_lost_is_no_new_claim(gateway_of_it, world):
    before = record(world)
    (gateway_of_it.root / "var/lib/cygnet/state.json").unlink()
    mark = world.mark()
    assert gateway_of_it.cygnet("bootstrap").returncode == ALL_DOWN
    assert (record(world), writes(world, mark)) == (before, [])
    assert state(gateway_of_it)["generation"] == 1


def test_a_registry_that_was_wiped_heals_itself(gateway_of_it, world):
    before = record(world)
    for name in (OWN, "/cygnet/lab/epoch"):
        world.ssm(REGION).delete(name)
    mark = world.mark()
    assert gateway_of_it.cygnet("sync").returncode == ALL_DOWN
    assert record(world) == before
    assert writes(world, mark) == ["PutParameter", "PutParameter"]
    assert gateway_of_it.charon.connections


def taken(world, generation, instance=STRANGER, keys=None):
    """Another instance has claimed the site, and has put its own key if told."""
    now = record(world) | {"generation": generation, "instance": instance}
    world.ssm(REGION).put(OWN, json.dumps(now | ({"keys": keys} if keys else {})))


def test_a_lesser_record_is_written_over(gateway_of_it, world):
    taken(world, 1, "i-00000000000000000")
    assert sync(gateway_of_it).returncode == ALL_DOWN
    assert (record(world)["instance"], record(world)["generation"]) == (gateway_of_it.instance.id, 1)
    assert state(gateway_of_it)["predecessors"] == ["i-00000000000000000"]


def test_a_superseded_gateway_keeps_its_tunnels_until_its_key_is_gone(gateway_of_it, world):
    site = gateway_of_it
    taken(world, 2)
    world.remove_route(world.vpc.main_table, RANGE)
    mark, before = world.mark(), len(site.charon.commands)
    for _ in range(2):
        done = sync(site)
        assert done.returncode == ALL_DOWN and STRANGER in done.stderr, done.stderr
    assert writes(world, mark) == []
    assert not {"initiate", "terminate"} & set(site.charon.commands[before:])
    assert list((site.root / "etc/swanctl/conf.d").glob("cygnet-*"))
    assert (site.unit("cygnet-sync.timer"), state(site)["duty"]) == ({"enabled", "active"}, "superseded")


def test_a_superseded_gateway_stops_for_good_and_says_so(gateway_of_it, world):
    site = gateway_of_it
    taken(world, 2, keys=records.record("", 9)["keys"])
    site.charon.connections.clear()     # as swanctl --load-all does with files that are gone
    mark = world.mark()
    done = sync(site)
    assert done.returncode == DONE and "this one stops" in done.stderr, done.stderr
    assert list((site.root / "etc/swanctl/conf.d").glob("cygnet-*")) == []
    assert (site.unit("cygnet-sync.timer"), site.unit("cygnet.service")) == (set(), set())
    quiet = world.mark()
    for command in ("sync", "bootstrap"):
        done = site.cygnet(command)
        assert done.returncode == CONFIG and "'cygnet bootstrap --claim' takes the site back" in done.stderr
    assert world.mark() == quiet and writes(world, mark) == []


def test_a_claim_takes_the_site_back(gateway_of_it, world):
    site, loaded = gateway_of_it, dict(gateway_of_it.charon.connections)
    taken(world, 2, keys=records.record("", 9)["keys"])
    site.charon.connections.clear()
    sync(site)
    site.charon.connections |= loaded
    done = site.cygnet("bootstrap", "--claim")
    assert done.returncode == ALL_DOWN, done.stderr
    assert (record(world)["instance"], record(world)["generation"]) == (site.instance.id, 3)
    assert "enabled" in site.unit("cygnet-sync.timer") and "enabled" in site.unit("cygnet.service")
    assert state(site)["duty"] == "serves"
    assert sync(site).returncode == ALL_DOWN


LATER = '{"schema": 2, "generation": 7, "site": "us-east-1"}'


@pytest.mark.parametrize("text", [LATER, "no JSON"])
def test_an_own_record_that_cannot_be_understood_is_no_licence_to_write(gateway_of_it, world, text):
    """It may be that of a successor, whose cygnet is a later one."""
    site = gateway_of_it
    world.ssm(REGION).put(OWN, text)
    world.remove_route(world.vpc.main_table, RANGE)
    mark = world.mark()
    for command in ("sync", "bootstrap"):
        full_pass_is_due(site)
        done = site.cygnet(command)
        assert done.returncode == CONFIG and "'cygnet bootstrap --claim' puts" in done.stderr, done.stderr
    assert writes(world, mark) == []
    assert site.charon.connections and state(site)["generation"] == 1


def test_a_fresh_instance_claims_no_site_whose_record_it_cannot_understand(site, world):
    world.ssm(REGION).put(OWN, LATER)
    done = site.cygnet("bootstrap")
    assert done.returncode == CONFIG and "'schema' is 2" in done.stderr, done.stderr
    assert writes(world) == ["ModifyNetworkInterfaceAttribute"]
    assert "initiate" not in site.charon.commands


@pytest.mark.parametrize("text, generation", [(LATER, 8), ("no JSON", 2)])
def test_a_claim_goes_over_a_record_that_cannot_be_understood(gateway_of_it, world, text, generation):
    world.ssm(REGION).put(OWN, text)
    world.remove_route(world.vpc.main_table, RANGE)
    done = gateway_of_it.cygnet("bootstrap", "--claim")
    assert done.returncode == ALL_DOWN, done.stderr
    assert (record(world)["instance"], record(world)["generation"]) == (gateway_of_it.instance.id, generation)
    assert route(world) == gateway_of_it.instance.interface.id
    assert sync(gateway_of_it).returncode == ALL_DOWN


LAST = 2**52


@pytest.mark.parametrize("by", ["bootstrap", "bootstrap --claim", "plan"])
def test_no_claim_follows_the_last_generation(site, world, by):
    world.ssm(REGION).put(OWN, records.text(
        "us-east-1", 7, generation=LAST, region=REGION, account=world.vpc.account, vpc=world.vpc.id, zone="us-east-1a",
        instance=STRANGER))
    done = site.cygnet(*by.split())
    assert done.returncode == CONFIG, done.stderr
    assert "the record of site 'us-east-1' is of the last generation, and no claim can follow it" in done.stderr
    assert f"remedy: delete the parameter '{OWN}' in 'us-east-1'" in done.stderr
    assert len(versions(world)) == 1
    world.ssm(REGION).delete(OWN)
    assert site.cygnet("bootstrap").returncode == ALL_DOWN
    assert record(world)["generation"] == 1


def test_a_generation_beyond_the_last_is_no_record(site, world):
    world.ssm(REGION).put(OWN, records.text("us-east-1", 7, generation=LAST + 1, instance=STRANGER))
    done = site.cygnet("bootstrap")
    assert done.returncode == CONFIG and f"'generation' is outside 1..{LAST}" in done.stderr, done.stderr
    assert site.cygnet("bootstrap", "--claim").returncode == ALL_DOWN
    assert (record(world)["generation"], record(world)["instance"]) == (1, site.instance.id)


def test_a_tombstone_ends_a_gateway_as_well(gateway_of_it, world):
    site = gateway_of_it
    world.ssm(REGION).put(OWN, json.dumps({"schema": 1, "generation": 2, "site": "us-east-1", "left": True}))
    site.charon.connections.clear()
    done = sync(site)
    assert done.returncode == DONE and "taken out of the mesh" in done.stderr, done.stderr
    assert (site.unit("cygnet-sync.timer"), state(site)["duty"]) == (set(), "left")


def test_a_site_of_another_vpc_is_refused(site, world):
    world.ssm(REGION).put(OWN, records.text("us-east-1", 7))
    done = site.cygnet("bootstrap")
    assert done.returncode == CONFIG and "give this VPC a name of its own" in done.stderr
    assert len(versions(world)) == 1


def test_a_key_that_came_with_the_image_is_not_used(gateway_of_it, world):
    site = gateway_of_it
    path = site.root / "var/lib/cygnet/state.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"instance": STRANGER}))
    before, = (site.root / "etc/swanctl/private").iterdir()
    assert site.cygnet("bootstrap").returncode == ALL_DOWN
    after, = (site.root / "etc/swanctl/private").iterdir()
    assert after.name != before.name
    assert record(world)["keys"][0]["id"].startswith(after.name.removeprefix("cygnet-").removesuffix(".key"))


# --- upkeep

def spoil_route(site, world):
    world.remove_route(world.vpc.main_table, RANGE)


def spoil_rule(site, world):
    group, = site.instance.interface.groups
    world.remove_rules(group, rules(site)[:1])


def spoil_check(site, world):
    world.set_source_dest_check(site.instance.interface, True)


@pytest.mark.parametrize("spoil, repair", [
    (spoil_route, "CreateRoute"), (spoil_rule, "AuthorizeSecurityGroupIngress"),
    (spoil_check, "ModifyNetworkInterfaceAttribute")])
def test_what_somebody_undid_is_repaired_and_reported(gateway_of_it, world, spoil, repair):
    spoil(gateway_of_it, world)
    mark = world.mark()
    done = sync(gateway_of_it, "--quiet")
    assert writes(world, mark) == [repair]
    assert f"ec2:{repair}" in done.stderr


def test_a_route_made_in_the_same_moment_is_no_more_than_another_look(gateway_of_it, world):
    spoil_route(gateway_of_it, world)
    world.faults.fail("ec2", "CreateRoute", "DryRunOperation")
    world.faults.fail("ec2", "CreateRoute", "RouteAlreadyExists")
    done = sync(gateway_of_it)
    assert done.returncode == AGAIN, done.stderr
    recent(gateway_of_it, hindered_ms=1)
    assert gateway_of_it.cygnet("sync").returncode == ALL_DOWN
    assert route(world) == gateway_of_it.instance.interface.id


def test_a_sync_without_news_reads_the_epoch_and_nothing_of_ec2(gateway_of_it, world):
    mark = world.mark()
    assert gateway_of_it.cygnet("sync").returncode == ALL_DOWN
    assert [call.action for call in world.calls_since(mark)] == ["GetParameters"]


def test_an_address_that_changes_is_published_with_the_next_sync(gateway_of_it, world):
    world.allocate_address(REGION, ELASTIC)
    world.associate(next(each for each in world.addresses.values() if each.public_ip == ELASTIC),
                    gateway_of_it.instance.interface)
    loaded_as(gateway_of_it, ELASTIC)
    assert gateway_of_it.cygnet("sync").returncode == ALL_DOWN
    assert record(world)["address"] == ELASTIC


def test_a_setting_that_changes_counts_with_the_next_sync(gateway_of_it, world):
    spoil_route(gateway_of_it, world)
    assert gateway_of_it.cygnet("sync").returncode == ALL_DOWN
    assert route(world) is None
    gateway_of_it.instance.tags["cygnet:routes"] = "all"
    assert gateway_of_it.cygnet("sync").returncode == ALL_DOWN
    assert route(world) == gateway_of_it.instance.interface.id
    mark = world.mark()
    assert gateway_of_it.cygnet("sync").returncode == ALL_DOWN
    assert [call.action for call in world.calls_since(mark)] == ["GetParameters"]


def test_a_policy_that_changes_counts_with_the_next_sync(gateway_of_it, world):
    world.ssm(REGION).put(POLICY, json.dumps({"schema": 1, "sites": {"us-east-1": {}}}))
    gateway_of_it.charon.connections.clear()
    done = gateway_of_it.cygnet("sync")
    assert done.returncode == DONE, done.stderr
    assert route(world) is None
    mark = world.mark()
    assert gateway_of_it.cygnet("sync").returncode == DONE
    assert [call.action for call in world.calls_since(mark)] == ["GetParameters"]


def test_what_lasts_is_told_once_an_hour_by_the_timer_and_always_by_hand(gateway_of_it, world):
    gateway_of_it.instance.tags["cygnet:security-group"] = "audit"
    spoil_rule(gateway_of_it, world)
    said = [sync(gateway_of_it, "--quiet").stderr for _ in range(2)]
    assert ("no rule lets" in said[0], said[1]) == (True, "")
    assert "no rule lets" in sync(gateway_of_it).stderr
    world.faults.deny("ec2", "DescribeRouteTables")
    assert "DescribeRouteTables" in sync(gateway_of_it, "--quiet").stderr
    done = sync(gateway_of_it, "--quiet")
    assert (done.returncode, done.stderr) == (DENIED, "")
