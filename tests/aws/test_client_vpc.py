"""The program's view of a VPC, and its changes of it: as the fake EC2 has it, which answers as botocore's model says."""

import pytest

from aws_client import AGAIN, DENIED, MISSING, STEP, call
from fakeaws.rules import Rule

REGION = "us-east-1"


@pytest.fixture
def interface(gateway):
    return gateway.instance.interface


@pytest.fixture
def ec2(gateway):
    """ec2("subnets", vpc.id): the Outcome of this one step."""
    def run(*words):
        return call(gateway, words[0], REGION, *words[1:])
    return run


@pytest.fixture
def dry(gateway):
    """The same, with changes that are only asked for."""
    def run(*words):
        return call(gateway, "dry", "--", words[0], REGION, *words[1:])
    return run


def by_id(items):
    return {item["id"]: item for item in items}


# --- the own interface ---

def test_an_interface_as_it_is(world, ec2, interface):
    group = world.add_group(world.vpc, "gateways")
    world.set_groups(interface, [world.vpc.default_group, group])
    assert ec2("interface", interface.id).result == {
        "id": interface.id, "check": True, "address": "203.0.113.10", "allocation": world.address.id,
        "groups": [world.vpc.default_group.id, group.id]}


def test_an_assigned_address_is_no_elastic_ip(world, ec2):
    instance = world.launch(world.subnet, "172.16.1.20", "198.51.100.20")
    assert ec2("interface", instance.interface.id).result["address"] == "198.51.100.20"
    assert ec2("interface", instance.interface.id).result["allocation"] is None
    hidden = world.launch(world.subnet, "172.16.1.21")
    assert ec2("interface", hidden.interface.id).result["address"] is None


def test_the_source_dest_check_is_switched_and_read_back(gateway, interface):
    steps = f"check {REGION} {interface.id} off -- interface {REGION} {interface.id} -- check {REGION} {interface.id} on"
    assert call(gateway, *steps.split()).results[1]["check"] is False
    assert interface.source_dest_check is True


# --- Elastic IPs ---

def test_addresses_are_found_by_id_by_address_and_by_tags(world, ec2, interface):
    tagged = world.allocate_address(REGION, "203.0.113.11", tags={"cygnet:mesh": "lab", "cygnet:site": "a"})
    world.allocate_address(REGION, "203.0.113.12", tags={"cygnet:mesh": "lab", "cygnet:site": "b"})
    own = {"allocation": world.address.id, "address": "203.0.113.10", "association": world.address.association_id,
           "interface": interface.id, "instance": interface.instance.id}
    assert ec2("addresses", "allocation-id", world.address.id).result == [own]
    assert ec2("addresses", "public-ip", "203.0.113.10").result == [own]
    assert ec2("addresses", "tag:cygnet:mesh", "lab", "tag:cygnet:site", "a").result == [
        {"allocation": tagged.id, "address": "203.0.113.11", "association": None, "interface": None, "instance": None}]
    assert ec2("addresses", "allocation-id", "eipalloc-0123456789abcdef0").result == []


def test_a_free_address_is_associated(world, ec2, interface):
    free = world.allocate_address(REGION, "203.0.113.11")
    assert ec2("associate", free.id, interface.id, "again").result is True
    assert interface.public_ip == "203.0.113.11"


def test_an_address_is_taken_from_another_only_if_told(world, ec2):
    other = world.launch(world.subnet, "172.16.1.20").interface
    outcome = ec2("associate", world.address.id, other.id)
    assert outcome.code == STEP
    assert "ec2:AssociateAddress" in outcome.error and "Resource.AlreadyAssociated" in outcome.error
    assert world.address.interface is not other
    assert ec2("associate", world.address.id, other.id, "again").result is True
    assert world.address.interface is other


def test_an_address_is_let_go_once_and_again(world, ec2):
    association = world.address.association_id
    assert ec2("disassociate", association).result is True
    assert world.address.interface is None
    assert ec2("disassociate", association).result is True


# --- subnets and route tables ---

def test_subnets_are_those_of_the_vpc(world, ec2):
    other = world.add_subnet(world.vpc, "us-east-1b", "172.16.2.0/24")
    elsewhere = world.add_vpc(REGION, ["10.9.0.0/16"])
    world.add_subnet(elsewhere, "us-east-1a", "10.9.1.0/24")
    assert by_id(ec2("subnets", world.vpc.id).result) == {
        world.subnet.id: {"id": world.subnet.id, "zone": "us-east-1a", "range": "172.16.1.0/24"},
        other.id: {"id": other.id, "zone": "us-east-1b", "range": "172.16.2.0/24"}}


def test_tables_with_what_their_routes_lead_to(world, ec2, interface):
    table = world.add_route_table(world.vpc, [world.subnet], tags={"cygnet:mesh": "lab"})
    gone = world.launch(world.subnet, "172.16.1.20")
    world.put_route(table, "0.0.0.0/0", "igw-0123456789abcdef0")
    world.put_route(table, "10.1.0.0/16", interface)
    world.put_route(table, "10.2.0.0/16", gone.interface)
    world.put_route(table, "10.3.0.0/16", "tgw-0123456789abcdef0")
    world.propagate_route(table, "10.4.0.0/16", "vgw-0123456789abcdef0")
    world.terminate(gone)
    tables = by_id(ec2("tables", world.vpc.id).result)
    main, tagged = tables[world.vpc.main_table.id], tables[table.id]
    assert (main["main"], main["subnets"], main["mesh"]) == (True, [], None)
    assert (tagged["main"], tagged["subnets"], tagged["mesh"]) == (False, [world.subnet.id], "lab")
    routes = {route["destination"]: route for route in tagged["routes"]}
    assert {destination: route["target"] for destination, route in routes.items()} == {
        "172.16.0.0/16": "local", "0.0.0.0/0": "igw-0123456789abcdef0", "10.1.0.0/16": interface.id,
        "10.2.0.0/16": gone.interface.id, "10.3.0.0/16": "tgw-0123456789abcdef0", "10.4.0.0/16": "vgw-0123456789abcdef0"}
    assert routes["10.1.0.0/16"]["instance"] == interface.instance.id
    assert [destination for destination, route in routes.items() if route["blackhole"]] == ["10.2.0.0/16"]
    assert [destination for destination, route in routes.items() if route["propagated"]] == ["10.4.0.0/16"]
    assert tagged["entries"] == 5


def test_many_tables_are_all_read(world, ec2):
    tables = {world.add_route_table(world.vpc).id for _ in range(23)} | {world.vpc.main_table.id}
    assert set(by_id(ec2("tables", world.vpc.id).result)) == tables
    assert [one.action for one in world.calls] == ["DescribeRouteTables"] * 3


def test_a_route_is_made_moved_and_removed(world, ec2, interface):
    other = world.launch(world.subnet, "172.16.1.20").interface
    table = world.vpc.main_table
    assert ec2("route", "create", table.id, "10.1.0.0/16", interface.id).result is True
    assert table.routes["10.1.0.0/16"].interface is interface
    assert ec2("route", "replace", table.id, "10.1.0.0/16", other.id).result is True
    assert table.routes["10.1.0.0/16"].interface is other
    assert ec2("route", "delete", table.id, "10.1.0.0/16").result is True
    assert "10.1.0.0/16" not in table.routes
    assert ec2("route", "delete", table.id, "10.1.0.0/16").result is True


def test_who_comes_second_tries_again_later(world, ec2, interface):
    table = world.vpc.main_table
    outcome = ec2("route", "replace", table.id, "10.1.0.0/16", interface.id)
    assert (outcome.code, outcome.error) == (
        AGAIN, f"ec2:ReplaceRoute on '{table.id}' in 'us-east-1': the route to '10.1.0.0/16' has just been removed")
    world.put_route(table, "10.1.0.0/16", interface)
    outcome = ec2("route", "create", table.id, "10.1.0.0/16", interface.id)
    assert (outcome.code, outcome.error) == (
        AGAIN, f"ec2:CreateRoute on '{table.id}' in 'us-east-1': the route to '10.1.0.0/16' has just been made")


def test_a_full_table_says_so(world, ec2, interface):
    world.route_limit = len(world.vpc.main_table.routes)
    outcome = ec2("route", "create", world.vpc.main_table.id, "10.1.0.0/16", interface.id)
    assert outcome.code == STEP and "RouteLimitExceeded" in outcome.error


def test_a_table_that_is_gone(ec2, interface):
    for how in ("create", "replace", "delete"):
        outcome = ec2("route", how, "rtb-0123456789abcdef0", "10.1.0.0/16", interface.id)
        assert outcome.code == MISSING and "InvalidRouteTableID.NotFound" in outcome.error


# --- security groups ---

@pytest.fixture
def group(world):
    return world.add_group(world.vpc, "gateways", [
        Rule("udp", 500, 500, cidr="198.51.100.1/32", description="cygnet:lab:a"), Rule("tcp", 22, 22, cidr6="::/0"),
        Rule("icmp", 11, -1, cidr="10.0.0.0/8")])


def keys(rules):
    return {(rule["egress"], rule["protocol"], rule["from"], rule["to"], rule["range"], rule["description"]) for rule in rules}


def test_groups_of_the_interface_and_of_the_mesh(world, ec2, group):
    tagged = world.add_group(world.vpc, "inner", tags={"cygnet:mesh": "lab"})
    world.add_group(world.vpc, "other", tags={"cygnet:mesh": "another"})
    world.add_group(world.add_vpc(REGION, ["10.9.0.0/16"]), "elsewhere", tags={"cygnet:mesh": "lab"})
    found = by_id(ec2("groups", world.vpc.id, "lab", group.id).result)
    assert {one: item["mesh"] for one, item in found.items()} == {group.id: None, tagged.id: "lab"}
    assert keys(found[group.id]["rules"]) == {
        (True, "-1", -1, -1, "0.0.0.0/0", None), (False, "udp", 500, 500, "198.51.100.1/32", "cygnet:lab:a"),
        (False, "tcp", 22, 22, None, None), (False, "icmp", 11, -1, "10.0.0.0/8", None)}
    assert keys(found[tagged.id]["rules"]) == {(True, "-1", -1, -1, "0.0.0.0/0", None)}


def test_rules_are_added_and_removed(world, ec2, group):
    there = list(group.rules)
    assert ec2("allow", group.id, "udp", 4500, 4500, "198.51.100.1/32", "cygnet:lab:a",
               "-1", -1, -1, "10.1.0.0/16", "cygnet:lab:a").result is True
    added = [rule for rule in group.rules if rule not in there]
    assert [(rule.protocol, rule.cidr, rule.description, rule.egress) for rule in added] == [
        ("udp", "198.51.100.1/32", "cygnet:lab:a", False), ("-1", "10.1.0.0/16", "cygnet:lab:a", False)]
    assert ec2("revoke", group.id, *[rule.id for rule in added]).result is True
    assert group.rules == there


def test_rules_that_are_there_do_not_keep_the_others_out(world, ec2, group):
    there = list(group.rules)
    assert ec2("allow", group.id, "udp", 500, 500, "198.51.100.1/32", "another",
               "icmp", 8, -1, "10.0.0.0/8", "cygnet:lab:a").result is True
    added = [rule for rule in group.rules if rule not in there]
    assert [(rule.protocol, rule.from_port) for rule in added] == [("icmp", 8)]
    assert ec2("revoke", group.id, "sgr-0123456789abcdef0", added[0].id).result is True
    assert group.rules == there


def test_a_full_group_says_so(world, ec2, group):
    world.rule_limit = sum(rule.cidr is not None for rule in group.ingress)
    outcome = ec2("allow", group.id, "udp", 4500, 4500, "198.51.100.1/32", "")
    assert outcome.code == STEP and "RulesPerSecurityGroupLimitExceeded" in outcome.error


# --- what may not be done, and dry runs ---

@pytest.fixture
def changes(world, interface, group):
    """Each change by its action, as the words of its step; all of them would change something."""
    free = world.allocate_address(REGION, "203.0.113.11")
    world.put_route(world.vpc.main_table, "10.7.0.0/16", interface)
    table, rule = world.vpc.main_table.id, group.ingress[0].id
    return {
        "ModifyNetworkInterfaceAttribute": ("check", interface.id, "off"),
        "AssociateAddress": ("associate", free.id, interface.id, "again"),
        "DisassociateAddress": ("disassociate", world.address.association_id),
        "CreateRoute": ("route", "create", table, "10.1.0.0/16", interface.id),
        "ReplaceRoute": ("route", "replace", table, "10.7.0.0/16", interface.id),
        "DeleteRoute": ("route", "delete", table, "10.7.0.0/16"),
        "AuthorizeSecurityGroupIngress": ("allow", group.id, "udp", 4500, 4500, "198.51.100.1/32", ""),
        "RevokeSecurityGroupIngress": ("revoke", group.id, rule),
    }


def everything(world, group):
    table = world.vpc.main_table
    return ({one: route.target for one, route in table.routes.items()}, [rule.id for rule in group.rules],
            {one.public_ip: one.interface for one in world.addresses.values()},
            [one.source_dest_check for one in world.interfaces.values()])


def test_dry_runs_change_nothing(world, dry, changes, group):
    before = everything(world, group)
    for action, words in changes.items():
        assert dry(*words).result is True, action
        assert world.calls[-1].action == action and world.calls[-1].error == "DryRunOperation"
    assert everything(world, group) == before


def test_a_dry_run_tells_what_is_denied(world, dry, ec2, changes):
    for action, words in changes.items():
        world.faults.deny("ec2", action)
        for run in (dry, ec2):
            outcome = run(*words)
            assert outcome.code == DENIED
            assert outcome.remedy.startswith(f"grant ec2:{action} on '")
            assert world.calls[-1].error == "UnauthorizedOperation"


def test_what_may_not_be_read(world, ec2, interface):
    lists = {"DescribeNetworkInterfaces": ("interface", interface.id), "DescribeAddresses": ("addresses",),
             "DescribeSubnets": ("subnets", world.vpc.id), "DescribeRouteTables": ("tables", world.vpc.id),
             "DescribeSecurityGroupRules": ("groups", world.vpc.id, "lab", world.vpc.default_group.id)}
    for action, words in lists.items():
        world.faults.deny("ec2", action)
        outcome = ec2(*words)
        assert (outcome.code, outcome.remedy) == (DENIED, f"grant ec2:{action} on '*'")


def test_a_lost_reply_of_a_change_is_asked_for_again(world, ec2, interface):
    """What the first try did, the second finds done: the route is there, whoever made it."""
    world.faults.lose_reply("ec2", "DeleteRoute")
    world.put_route(world.vpc.main_table, "10.1.0.0/16", interface)
    assert ec2("route", "delete", world.vpc.main_table.id, "10.1.0.0/16").result is True
    world.faults.lose_reply("ec2", "CreateRoute")
    assert ec2("route", "create", world.vpc.main_table.id, "10.1.0.0/16", interface.id).code == AGAIN
    assert world.vpc.main_table.routes["10.1.0.0/16"].interface is interface
