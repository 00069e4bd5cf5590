"""Security groups and their rules, as boto3 sees them and as the world tells them."""

import pytest
from botocore.exceptions import ClientError

from fakeaws.rules import Rule

ALL_OUT = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}], "Ipv6Ranges": [], "UserIdGroupPairs": [],
           "PrefixListIds": []}


@pytest.fixture
def ec2(client):
    return client("ec2")


@pytest.fixture
def group(world):
    return world.add_group(world.vpc, "gateways", tags={"cygnet:mesh": "lab"})


def refusal(call, **params):
    """(code, message) of the error that a call gets."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def permission(protocol, first=None, last=None, *ranges, description=None):
    one = {"IpProtocol": protocol, "IpRanges": [{"CidrIp": cidr} for cidr in ranges]}
    if description:
        for each in one["IpRanges"]:
            each["Description"] = description
    if first is not None:
        one.update({"FromPort": first, "ToPort": last})
    return one


def allow(ec2, group, *permissions):
    return ec2.authorize_security_group_ingress(GroupId=group.id, IpPermissions=list(permissions))["SecurityGroupRules"]


def shown_rules(ec2, group):
    reply = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group.id]}])
    return reply["SecurityGroupRules"]


def test_the_default_group_lets_in_itself_and_everything_out(ec2, world):
    default = world.vpc.default_group
    [group] = ec2.describe_security_groups(GroupIds=[default.id])["SecurityGroups"]
    assert (group["GroupName"], group["VpcId"], group["OwnerId"]) == ("default", world.vpc.id, "111122223333")
    [inward] = group["IpPermissions"]
    assert inward["UserIdGroupPairs"] == [{"GroupId": default.id, "UserId": "111122223333"}]
    assert group["IpPermissionsEgress"] == [ALL_OUT]


def test_a_new_group_lets_nothing_in(ec2, group):
    [shown] = ec2.describe_security_groups(Filters=[{"Name": "tag:cygnet:mesh", "Values": ["lab"]}])["SecurityGroups"]
    assert (shown["GroupId"], shown["IpPermissions"], shown["IpPermissionsEgress"]) == (group.id, [], [ALL_OUT])


def test_the_groups_of_an_interface(ec2, world, group, gateway):
    interface = gateway.instance.interface

    def shown():
        return ec2.describe_network_interfaces(NetworkInterfaceIds=[interface.id])["NetworkInterfaces"][0]["Groups"]

    assert shown() == [{"GroupName": "default", "GroupId": world.vpc.default_group.id}]
    told = []
    world.on_change(lambda kind, thing: told.append((kind, thing)))
    world.set_groups(interface, [group, world.vpc.default_group])
    assert told == [("interface", interface)]
    assert [one["GroupName"] for one in shown()] == ["gateways", "default"]
    assert world.launch(world.subnet, "172.16.1.30", groups=[group]).interface.groups == [group]
    with pytest.raises(ValueError):
        world.set_groups(interface, [world.add_vpc("us-east-1", ["10.1.0.0/16"]).default_group])


def test_rules_are_authorized(ec2, world, group):
    reply = ec2.authorize_security_group_ingress(
        GroupId=group.id, TagSpecifications=[{"ResourceType": "security-group-rule",
                                              "Tags": [{"Key": "Name", "Value": "ike"}]}],
        IpPermissions=[permission("udp", 500, 500, "203.0.113.1/32", "203.0.113.2/32", description="cygnet:lab:a"),
                       permission("-1", None, None, "10.0.0.0/8")])
    first, second, third = reply["SecurityGroupRules"]
    assert first == {
        "SecurityGroupRuleId": group.ingress[0].id, "GroupId": group.id, "GroupOwnerId": "111122223333",
        "IsEgress": False, "IpProtocol": "udp", "FromPort": 500, "ToPort": 500, "CidrIpv4": "203.0.113.1/32",
        "Description": "cygnet:lab:a", "Tags": [{"Key": "Name", "Value": "ike"}]}
    assert (second["CidrIpv4"], third["FromPort"], third["ToPort"]) == ("203.0.113.2/32", -1, -1)
    assert [rule["SecurityGroupRuleId"] for rule in shown_rules(ec2, group) if not rule["IsEgress"]] == sorted(
        rule.id for rule in group.ingress)
    [udp, everything] = ec2.describe_security_groups(GroupIds=[group.id])["SecurityGroups"][0]["IpPermissions"]
    assert [one["CidrIp"] for one in udp["IpRanges"]] == ["203.0.113.1/32", "203.0.113.2/32"]
    assert "FromPort" not in everything


def test_the_rule_that_lets_everything_out_is_described(ec2, group):
    [rule] = shown_rules(ec2, group)
    assert (rule["IsEgress"], rule["IpProtocol"], rule["FromPort"], rule["CidrIpv4"]) == (True, "-1", -1, "0.0.0.0/0")


def test_rules_of_groups_and_prefix_lists_and_ipv6(ec2, world, group):
    pairs = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "Ipv6Ranges": [{"CidrIpv6": "2001:db8::1/64"}],
             "UserIdGroupPairs": [{"GroupId": group.id}], "PrefixListIds": [{"PrefixListId": "pl-01234567"}]}
    of_range, of_group, of_list = allow(ec2, group, pairs)
    assert of_range["CidrIpv6"] == "2001:db8::/64"
    assert of_group["ReferencedGroupInfo"] == {"GroupId": group.id, "UserId": "111122223333"}
    assert of_list["PrefixListId"] == "pl-01234567"
    assert not any("CidrIpv4" in one for one in (of_range, of_group, of_list))


@pytest.mark.parametrize("asked, shown", [
    (permission("17", 500, 500, "10.1.2.3/8"), ("udp", 500, 500, "10.0.0.0/8")),
    (permission("TCP", 22, 22, "0.0.0.0/0"), ("tcp", 22, 22, "0.0.0.0/0")),
    (permission("icmp", 3, -1, "10.0.0.0/8"), ("icmp", 3, -1, "10.0.0.0/8")),
    (permission("1", -1, -1, "10.0.0.0/8"), ("icmp", -1, -1, "10.0.0.0/8")),
    (permission("-1", 500, 500, "10.0.0.0/8"), ("-1", -1, -1, "10.0.0.0/8")),
    (permission("50", 1, 2, "10.0.0.0/8"), ("50", -1, -1, "10.0.0.0/8")),
])
def test_rules_are_made_canonical(ec2, group, asked, shown):
    [rule] = allow(ec2, group, asked)
    assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"], rule["CidrIpv4"]) == shown
    assert refusal(ec2.authorize_security_group_ingress, GroupId=group.id,
                   IpPermissions=[asked])[0] == "InvalidPermission.Duplicate"


def test_a_rule_that_is_there_refuses_the_whole_call(ec2, group):
    allow(ec2, group, permission("udp", 500, 500, "203.0.113.1/32", description="of another"))
    both = [permission("udp", 4500, 4500, "203.0.113.1/32"),
            permission("udp", 500, 500, "203.0.113.1/32", description="mine")]
    assert refusal(ec2.authorize_security_group_ingress, GroupId=group.id, IpPermissions=both) == (
        "InvalidPermission.Duplicate",
        'the specified rule "peer: 203.0.113.1/32, UDP, from port: 500, to port: 500, ALLOW" already exists')
    assert [rule.description for rule in group.ingress] == ["of another"]


def test_a_group_is_full_at_some_time(ec2, world, group):
    assert world.rule_limit == 60
    allow(ec2, group, permission("udp", 500, 500, *(f"203.0.113.{n}/32" for n in range(59))))
    more = [permission("udp", 4500, 4500, "203.0.113.1/32", "203.0.113.2/32")]
    assert refusal(ec2.authorize_security_group_ingress, GroupId=group.id, IpPermissions=more) == (
        "RulesPerSecurityGroupLimitExceeded", "The maximum number of rules per security group has been reached.")
    assert len(group.ingress) == 59
    allow(ec2, group, {"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": "::/0"}]})
    allow(ec2, group, {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group.id}]})
    world.rule_limit = 61
    allow(ec2, group, permission("udp", 4500, 4500, "203.0.113.1/32"))


@pytest.mark.parametrize("asked, code", [
    ([permission("udp", 500, 500, "203.0.113.1/32"), permission("17", 500, 500, "203.0.113.1/32")],
     "InvalidParameterValue"),
    ([permission("udp", None, None, "203.0.113.1/32")], "InvalidParameterValue"),
    ([permission("udp", -1, -1, "203.0.113.1/32")], "InvalidParameterValue"),
    ([permission("tcp", 23, 22, "203.0.113.1/32")], "InvalidParameterValue"),
    ([permission("icmp", None, None, "203.0.113.1/32")], "InvalidParameterValue"),
    ([permission("icmp", -1, 0, "203.0.113.1/32")], "InvalidParameterValue"),
    ([permission("gre", 1, 1, "203.0.113.1/32")], "InvalidParameterValue"),
    ([permission("udp", 500, 500, "203.0.113.1")], "InvalidParameterValue"),
    ([permission("udp", 500, 500, "203.0.113.1/32", description="Grüße")], "InvalidParameterValue"),
    ([permission("udp", 500, 500, "203.0.113.1/32", description="x" * 256)], "InvalidParameterValue"),
    ([permission("udp", 500, 500)], "InvalidParameterValue"),
    ([{"IpRanges": [{"CidrIp": "203.0.113.1/32"}]}], "MissingParameter"),
    ([{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": "sg-01234567"}]}], "InvalidGroup.NotFound"),
])
def test_rules_that_are_refused(ec2, group, asked, code):
    assert refusal(ec2.authorize_security_group_ingress, GroupId=group.id, IpPermissions=asked)[0] == code
    assert group.ingress == []


def test_rules_are_revoked_by_their_ids(ec2, world, group):
    first, second = allow(ec2, group, permission("udp", 500, 500, "203.0.113.1/32", "203.0.113.2/32"))
    ids = [one["SecurityGroupRuleId"] for one in (first, second)]
    unknown = "sgr-0123456789abcdef0"
    revoke = ec2.revoke_security_group_ingress
    assert refusal(revoke, GroupId=group.id, SecurityGroupRuleIds=[ids[0], unknown]) == (
        "InvalidSecurityGroupRuleId.NotFound", f"The security group rule ID '{unknown}' does not exist")
    assert len(group.ingress) == 2
    outward = group.egress[0].id
    assert refusal(revoke, GroupId=group.id, SecurityGroupRuleIds=[outward])[0] == "InvalidSecurityGroupRuleId.NotFound"
    assert refusal(revoke, GroupId=group.id, SecurityGroupRuleIds=["rule"])[0] == "InvalidSecurityGroupRuleId.Malformed"
    revoke(GroupId=group.id, SecurityGroupRuleIds=ids)
    assert (group.ingress, len(group.egress)) == ([], 1)


def test_rules_are_revoked_by_what_they_permit(ec2, group):
    allow(ec2, group, permission("udp", 500, 500, "203.0.113.1/32", "203.0.113.2/32", description="a"))
    revoke = ec2.revoke_security_group_ingress
    both = [permission("udp", 500, 500, "203.0.113.1/32", "203.0.113.3/32")]
    assert refusal(revoke, GroupId=group.id, IpPermissions=both) == (
        "InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
    revoke(GroupId=group.id, IpPermissions=[permission("17", 500, 500, "203.0.113.1/32", description="b")])
    assert [rule.cidr for rule in group.ingress] == ["203.0.113.2/32"]
    assert refusal(revoke, GroupId=group.id)[0] == "MissingParameter"
    assert refusal(revoke, GroupId=group.id, IpPermissions=both, SecurityGroupRuleIds=[group.ingress[0].id])[0] == (
        "InvalidParameterCombination")


def test_groups_that_are_not_there(ec2, world):
    unknown = "sg-0123456789abcdef0"
    assert refusal(ec2.describe_security_groups, GroupIds=[unknown]) == (
        "InvalidGroup.NotFound", f"The security group '{unknown}' does not exist")
    assert refusal(ec2.describe_security_groups, GroupIds=["gateways"])[0] == "InvalidGroupId.Malformed"
    assert refusal(ec2.describe_security_groups, GroupNames=["default"])[0] == "InvalidParameterValue"
    everything = [permission("-1", None, None, "0.0.0.0/0")]
    assert refusal(ec2.authorize_security_group_ingress, GroupId=unknown, IpPermissions=everything)[0] == (
        "InvalidGroup.NotFound")
    assert refusal(ec2.authorize_security_group_ingress, GroupName="default", IpPermissions=everything)[0] == (
        "MissingParameter")


def test_groups_and_rules_come_in_pages(ec2, world, group):
    allow(ec2, group, permission("udp", 500, 500, *(f"203.0.113.{n}/32" for n in range(11))))
    pages = list(ec2.get_paginator("describe_security_group_rules").paginate(
        Filters=[{"Name": "group-id", "Values": [group.id]}], PaginationConfig={"PageSize": 5}))
    assert [len(page["SecurityGroupRules"]) for page in pages] == [5, 5, 2]
    for n in range(4):
        world.add_group(world.vpc, f"group{n}")
    pages = list(ec2.get_paginator("describe_security_groups").paginate(PaginationConfig={"PageSize": 5}))
    assert [len(page["SecurityGroups"]) for page in pages] == [5, 1]


@pytest.mark.parametrize("call, params", [
    ("authorize_security_group_ingress", {"IpPermissions": [permission("-1", None, None, "10.0.0.0/8")]}),
    ("revoke_security_group_ingress", {"SecurityGroupRuleIds": ["sgr-01234567"]}),
])
def test_a_dry_run_changes_no_rule(ec2, group, call, params):
    assert refusal(getattr(ec2, call), GroupId=group.id, DryRun=True, **params)[0] == "DryRunOperation"
    assert group.ingress == []


def test_changes_of_rules_are_told(ec2, world, group):
    told = []
    world.on_change(lambda kind, thing: told.append((kind, thing, len(thing.ingress))))
    [rule] = allow(ec2, group, permission("-1", None, None, "10.0.0.0/8"))
    ec2.revoke_security_group_ingress(GroupId=group.id, SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])
    assert told == [("group", group, 1), ("group", group, 0)]


def test_what_operators_do_to_rules(ec2, world, group):
    world.add_rules(group, [Rule("tcp", 22, 22, cidr="0.0.0.0/0", description="ssh")])
    assert [rule["Description"] for rule in shown_rules(ec2, group) if not rule["IsEgress"]] == ["ssh"]
    world.remove_rules(group, group.egress)
    assert [rule["IsEgress"] for rule in shown_rules(ec2, group)] == [False]
    with pytest.raises(TypeError):
        Rule("tcp", 22, 22)
