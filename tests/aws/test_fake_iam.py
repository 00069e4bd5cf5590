"""IAM's policies as the fake evaluates them, by documents of the User Guide's grammar and by boto3's calls."""

import pytest
from botocore.exceptions import ClientError

from fakeaws.iam import Policy

READ = {"Effect": "Allow", "Action": "ssm:GetParameter", "Resource": "arn:aws:ssm:us-east-1:111122223333:parameter/a/*"}
ONE = "arn:aws:ssm:us-east-1:111122223333:parameter/a/b"


def policy(*statements):
    return Policy({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.mark.parametrize("pattern, action, resource, allowed", [
    ({}, "ssm:GetParameter", ONE, True),
    ({}, "ssm:getparameter", ONE, True),
    ({}, "ssm:GetParameters", ONE, False),
    ({}, "ssm:GetParameter", ONE.replace("/a/", "/b/"), False),
    ({}, "ssm:GetParameter", ONE.replace("us-east-1", "us-east-2"), False),
    ({}, "ssm:GetParameter", "*", False),
    ({"Action": ["ssm:Put*", "ssm:G?tParameter"]}, "ssm:GetParameter", ONE, True),
    ({"Action": "*"}, "ssm:GetParameter", ONE, True),
    ({"Resource": "*"}, "ssm:GetParameter", "*", True),
    ({"Resource": ["arn:aws:ssm:*:*:parameter/a/?"]}, "ssm:GetParameter", ONE, True),
    ({"Resource": "arn:aws:ssm:*:*:parameter/a/?"}, "ssm:GetParameter", ONE + "c", False),
    ({"Resource": "arn:aws:ssm:us-east-1:*:b"}, "ssm:GetParameter", ONE, False),
    ({"Effect": "Deny"}, "ssm:GetParameter", ONE, False)])
def test_patterns(pattern, action, resource, allowed):
    tested = policy(READ | pattern)
    assert tested.allows(action, [(resource, {})]) is allowed
    assert tested.denied == ([] if allowed else [(action, resource)])
    assert tested.used == ({action} if allowed else set())


def test_a_denial_outweighs():
    tested = policy(READ, READ | {"Effect": "Deny", "Resource": ONE})
    assert not tested.allows("ssm:GetParameter", [(ONE, {})])
    assert tested.allows("ssm:GetParameter", [(ONE + "c", {})])


def test_a_grant_is_used_statement_by_statement():
    other = READ | {"Action": ["ssm:GetParameter", "ssm:PutParameter"],
                    "Resource": "arn:aws:ssm:*:*:parameter/c"}
    denial = {"Effect": "Deny", "Resource": "*", "Condition": {"ArnLike": {"a:b": "*"}}}
    tested = policy(READ, other, other | denial)
    assert tested.allows("ssm:GetParameter", [(ONE, {})])
    assert [(action, resources) for action, resources, _ in tested.unused] == [
        (action, [other["Resource"]]) for action in other["Action"]]


def test_what_a_denied_call_needed_is_not_used():
    tested = policy(READ)
    assert not tested.allows("ssm:GetParameter", [(ONE, {}), (ONE.replace("/a/", "/b/"), {})])
    assert (tested.used, len(tested.unused)) == (set(), 1)


def test_each_resource_of_a_call_has_to_be_allowed():
    assert not policy(READ).allows("ssm:GetParameter", [(ONE, {}), (ONE.replace("/a/", "/b/"), {})])


@pytest.mark.parametrize("condition, allowed", [
    ({"StringEquals": {"ec2:ResourceTag/mesh": "lab"}}, True),
    ({"StringEquals": {"ec2:ResourceTag/mesh": ["prod", "lab"]}}, True),
    ({"StringEquals": {"ec2:ResourceTag/mesh": "Lab"}}, False),
    ({"StringEquals": {"ec2:ResourceTag/mesh": "l*"}}, False),
    ({"StringEquals": {"ec2:ResourceTag/site": "lab"}}, False),
    ({"StringEquals": {"ec2:ResourceTag/mesh": "lab", "ec2:ResourceTag/site": "a"}}, False),
    ({"ArnLike": {"ec2:Vpc": "arn:aws:ec2:*:*:vpc/vpc-1"}}, True),
    ({"ArnLike": {"ec2:Vpc": "arn:aws:ec2:*:*:vpc/vpc-2"}}, False)])
def test_conditions(condition, allowed):
    keys = {"ec2:ResourceTag/mesh": "lab", "ec2:Vpc": "arn:aws:ec2:us-east-1:111122223333:vpc/vpc-1"}
    assert policy(READ | {"Condition": condition}).allows("ssm:GetParameter", [(ONE, keys)]) is allowed


@pytest.mark.parametrize("broken", [
    {"Effect": "Maybe"}, {"NotAction": "ssm:*"}, {"Resource": "parameter/a"}, {"Resource": []}, {"Action": 7},
    {"Condition": {"StringLike": {"ec2:Vpc": "a"}}}, {"Condition": {"StringEquals": {"Vpc": "a"}}}])
def test_what_is_not_modelled_or_no_policy_is_refused(broken):
    with pytest.raises(ValueError):
        policy(READ | broken)


def test_a_document_is_whole():
    with pytest.raises(ValueError):
        Policy({"Version": "2008-10-17", "Statement": []})
    with pytest.raises(ValueError):
        Policy({"Statement": []})


@pytest.fixture
def ec2(client):
    return client("ec2")


def refusal(call, **params):
    with pytest.raises(ClientError) as caught:
        call(**params)
    return caught.value.response["Error"]["Code"]


def grant(world, instance, *statements):
    return world.grant(instance.principal, {"Version": "2012-10-17", "Statement": list(statements)})


def test_who_has_no_policy_may_do_everything(ec2):
    assert ec2.describe_subnets()["Subnets"]


def test_a_call_without_a_permission(world, gateway, ec2, client):
    granted = grant(world, gateway.instance, {"Effect": "Allow", "Action": "ec2:DescribeSubnets", "Resource": "*"})
    assert ec2.describe_subnets()["Subnets"]
    assert refusal(ec2.describe_addresses) == "UnauthorizedOperation"
    assert refusal(client("ssm").get_parameter, Name="/a") == "AccessDeniedException"
    assert refusal(client("autoscaling").describe_auto_scaling_instances) == "AccessDenied"
    assert (granted.used, granted.unused) == ({"ec2:DescribeSubnets"}, [])
    assert [action for action, _ in granted.denied] == [
        "ec2:DescribeAddresses", "ssm:GetParameter", "autoscaling:DescribeAutoScalingInstances"]


def test_a_dry_run_tells_what_is_allowed(world, gateway, ec2):
    table = world.vpc.main_table
    call = {"RouteTableId": table.id, "DestinationCidrBlock": "10.9.0.0/16",
            "NetworkInterfaceId": gateway.instance.interface.id, "DryRun": True}
    grant(world, gateway.instance, {
        "Effect": "Allow", "Action": "ec2:CreateRoute", "Resource": "arn:aws:ec2:*:*:route-table/*",
        "Condition": {"StringEquals": {"ec2:ResourceTag/mesh": "lab"}}})
    assert refusal(ec2.create_route, **call) == "UnauthorizedOperation"
    table.tags["mesh"] = "lab"
    assert refusal(ec2.create_route, **call) == "DryRunOperation"


def test_an_address_is_allowed_together_with_its_interface_and_instance(world, gateway, ec2):
    arn = f"arn:aws:ec2:us-east-1:{world.account}:"
    address = {"Effect": "Allow", "Action": "ec2:AssociateAddress", "Resource": arn + f"elastic-ip/{world.address.id}"}
    interface, instance = (address | {"Resource": arn + f"{kind}/*"}
                           for kind in ("network-interface", "instance"))
    call = {"AllocationId": world.address.id, "NetworkInterfaceId": gateway.instance.interface.id}
    everything = [address, interface, instance]
    for lacking in everything:
        grant(world, gateway.instance, *(one for one in everything if one is not lacking))
        assert refusal(ec2.associate_address, **call) == "UnauthorizedOperation"
    grant(world, gateway.instance, *everything)
    assert ec2.associate_address(**call)["AssociationId"]


def test_a_user_has_a_policy_of_its_own(world, client):
    keys = world.add_user("ops")
    world.grant(keys.arn, {"Version": "2012-10-17", "Statement": [READ | {"Resource": "arn:aws:ssm:*:*:parameter/b"}]})
    world.ssm("us-east-1").put("/b", "v")
    ssm = client("ssm", keys=keys)
    assert ssm.get_parameter(Name="/b")["Parameter"]["Value"] == "v"
    assert refusal(ssm.put_parameter, Name="/b", Value="w", Overwrite=True) == "AccessDeniedException"
