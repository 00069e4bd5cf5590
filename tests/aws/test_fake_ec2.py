"""EC2 as boto3 sees it, and forms as the model has them."""

from contextlib import suppress

import pytest
from botocore.exceptions import ClientError

from fakeaws import protocol_ec2
from fakeaws.models import service_model
from fakeaws.services import SERVICES
from signed import connect, ec2_draft, error_code, exchange

VERSION = "&Version=2016-11-15"


@pytest.fixture
def ec2(client):
    return client("ec2")


@pytest.fixture
def instance(gateway):
    return gateway.instance


@pytest.fixture
def raw(world, server, gateway):
    """raw(form): the reply to a form that boto3 would not send."""
    def send(form, content_type=None):
        draft = ec2_draft("ec2.us-east-1.amazonaws.com", form)
        if content_type:
            draft.headers["Content-Type"] = content_type
        draft.sign(world.keyring.of_instance(gateway.instance), world.clock())
        with connect(server.api, server.ca_file, draft.host) as connection:
            return exchange(connection, draft.bytes())
    return send


def code_of(call, **params):
    with pytest.raises(ClientError) as caught:
        call(**params)
    return caught.value.response["Error"]["Code"]


def shown_check(ec2, interface):
    reply = ec2.describe_network_interface_attribute(NetworkInterfaceId=interface.id, Attribute="sourceDestCheck")
    assert reply["NetworkInterfaceId"] == interface.id
    return reply["SourceDestCheck"]["Value"]


def test_the_source_dest_check_of_an_interface(ec2, instance):
    assert shown_check(ec2, instance.interface) is True
    ec2.modify_network_interface_attribute(NetworkInterfaceId=instance.interface.id, SourceDestCheck={"Value": False})
    assert instance.interface.source_dest_check is False
    assert shown_check(ec2, instance.interface) is False
    assert ec2.describe_instances()["Reservations"][0]["Instances"][0]["SourceDestCheck"] is False
    assert ec2.describe_network_interfaces()["NetworkInterfaces"][0]["SourceDestCheck"] is False


def test_the_source_dest_check_of_an_instance_with_one_interface(ec2, instance):
    ec2.modify_instance_attribute(InstanceId=instance.id, SourceDestCheck={"Value": False})
    assert instance.interface.source_dest_check is False


def test_an_instance_with_two_interfaces_wants_the_interface_named(ec2, world, instance):
    second = world.attach_interface(instance, world.subnet, "172.16.1.11")
    check = {"Value": False}
    assert code_of(ec2.modify_instance_attribute, InstanceId=instance.id, SourceDestCheck=check) == "InvalidInstanceID"
    ec2.modify_network_interface_attribute(NetworkInterfaceId=instance.interface.id, SourceDestCheck=check)
    assert (instance.interface.source_dest_check, second.source_dest_check) == (False, True)


def test_one_attribute_is_modified_at_a_time(ec2, instance):
    modify, interface = ec2.modify_network_interface_attribute, instance.interface.id
    assert code_of(modify, NetworkInterfaceId=interface) == "InvalidParameterCombination"
    assert code_of(modify, NetworkInterfaceId=interface, SourceDestCheck={"Value": False},
                   Description={"Value": "d"}) == "InvalidParameterCombination"
    assert code_of(modify, NetworkInterfaceId=interface, Description={"Value": "d"}) == "UnsupportedOperation"
    assert code_of(modify, NetworkInterfaceId=interface, SourceDestCheck={}) == "InvalidParameterCombination"


@pytest.mark.parametrize("attribute, shown", [
    ("description", {"Description": {"Value": ""}}),
    ("groupSet", {"Groups": [{"GroupName": "default", "GroupId": "{group}"}]}),
])
def test_other_attributes_of_an_interface(ec2, world, instance, attribute, shown):
    reply = ec2.describe_network_interface_attribute(NetworkInterfaceId=instance.interface.id, Attribute=attribute)
    for group in shown.get("Groups", ()):
        group["GroupId"] = world.vpc.default_group.id
    assert shown.items() <= reply.items()


def test_the_attachment_of_an_interface(ec2, instance):
    reply = ec2.describe_network_interface_attribute(NetworkInterfaceId=instance.interface.id, Attribute="attachment")
    assert (reply["Attachment"]["InstanceId"], reply["Attachment"]["DeviceIndex"]) == (instance.id, 0)


@pytest.mark.parametrize("call, member, prefix, code", [
    ("describe_network_interfaces", "NetworkInterfaceIds", "eni", "InvalidNetworkInterfaceID"),
    ("describe_instances", "InstanceIds", "i", "InvalidInstanceID"),
    ("describe_addresses", "AllocationIds", "eipalloc", "InvalidAllocationID"),
])
def test_ids_that_name_nothing(ec2, call, member, prefix, code):
    assert code_of(getattr(ec2, call), **{member: [prefix + "-0123456789abcdef0"]}) == code + ".NotFound"
    assert code_of(getattr(ec2, call), **{member: ["nonsense"]}) == code + ".Malformed"


def test_what_is_described_of_an_instance(ec2, world, instance):
    reply = ec2.describe_instances(InstanceIds=[instance.id])["Reservations"][0]["Instances"][0]
    assert (reply["VpcId"], reply["SubnetId"]) == (world.vpc.id, world.subnet.id)
    assert (reply["PrivateIpAddress"], reply["PublicIpAddress"]) == ("172.16.1.10", "203.0.113.10")
    assert {tag["Key"]: tag["Value"] for tag in reply["Tags"]} == instance.tags
    assert reply["NetworkInterfaces"][0]["NetworkInterfaceId"] == instance.interface.id


def test_a_terminated_instance_has_no_network(ec2, world, instance):
    other = world.launch(world.subnet, "172.16.1.20")
    interface = other.interface.id
    world.terminate(other)
    reply = ec2.describe_instances(InstanceIds=[other.id])["Reservations"][0]["Instances"][0]
    assert (reply["State"]["Name"], reply["NetworkInterfaces"]) == ("terminated", [])
    code = code_of(ec2.describe_network_interfaces, NetworkInterfaceIds=[interface])
    assert code == "InvalidNetworkInterfaceID.NotFound"


def test_addresses(ec2, world, instance):
    free = world.allocate_address("us-east-1", "203.0.113.11", tags={"cygnet:site": "a"})
    shown = {one["PublicIp"]: one for one in ec2.describe_addresses()["Addresses"]}
    assert shown["203.0.113.10"]["NetworkInterfaceId"] == instance.interface.id
    assert shown["203.0.113.10"]["AllocationId"] == world.address.id
    assert "AssociationId" not in shown["203.0.113.11"]
    assert len(ec2.describe_addresses(PublicIps=["203.0.113.11"])["Addresses"]) == 1
    assert len(ec2.describe_addresses(AllocationIds=[free.id])["Addresses"]) == 1
    assert code_of(ec2.describe_addresses, PublicIps=["203.0.113.12"]) == "InvalidAddress.NotFound"


def test_an_assigned_address_gives_way_to_an_elastic_ip(ec2, world):
    instance = world.launch(world.subnet, "172.16.1.30", "198.51.100.7")

    def association():
        reply = ec2.describe_network_interfaces(NetworkInterfaceIds=[instance.interface.id])
        return reply["NetworkInterfaces"][0].get("Association")

    assert association() == {"PublicIp": "198.51.100.7", "IpOwnerId": "amazon"}
    world.associate(world.address, instance.interface)
    assert association()["PublicIp"] == "203.0.113.10"
    world.disassociate(world.address)
    assert association() is None


@pytest.mark.parametrize("name, value, found", [
    ("vpc-id", "{vpc}", True),
    ("vpc-id", "vpc-*", True),
    ("vpc-id", "vpc-0", False),
    ("attachment.instance-id", "{instance}", True),
    ("addresses.private-ip-address", "172.16.1.1?", True),
    ("association.public-ip", "203.0.113.10", True),
    ("source-dest-check", "true", True),
    ("source-dest-check", "false", False),
])
def test_filters_of_interfaces(ec2, world, instance, name, value, found):
    value = value.format(vpc=world.vpc.id, instance=instance.id)
    reply = ec2.describe_network_interfaces(Filters=[{"Name": name, "Values": ["none", value]}])
    assert bool(reply["NetworkInterfaces"]) is found


def test_filters_by_tag(ec2, instance):
    def found(*filters):
        reply = ec2.describe_instances(Filters=[{"Name": name, "Values": [value]} for name, value in filters])
        return bool(reply["Reservations"])

    assert found(("tag:cygnet:mesh", "lab"))
    assert found(("tag-key", "cygnet:mesh"), ("instance-state-name", "running"))
    assert not found(("tag:cygnet:mesh", "lab"), ("instance-state-name", "stopped"))
    assert not found(("tag:cygnet:mesh", "LAB"))


def test_filters_that_are_refused(ec2, instance):
    assert code_of(ec2.describe_instances, Filters=[{"Name": "colour", "Values": ["red"]}]) == "InvalidParameterValue"
    assert code_of(ec2.describe_instances, Filters=[{"Name": "vpc-id", "Values": []}]) == "InvalidParameterValue"


def test_pages(ec2, world, instance):
    for n in range(20, 31):
        world.launch(world.subnet, f"172.16.1.{n}")
    paginator = ec2.get_paginator("describe_network_interfaces")
    pages = [page["NetworkInterfaces"] for page in paginator.paginate(PaginationConfig={"PageSize": 5})]
    assert [len(page) for page in pages] == [5, 5, 2]
    assert {one["NetworkInterfaceId"] for page in pages for one in page} == set(world.interfaces)
    assert code_of(ec2.describe_network_interfaces, MaxResults=5, NextToken="x") == "InvalidParameterValue"
    assert code_of(ec2.describe_network_interfaces, MaxResults=5,
                   NetworkInterfaceIds=[instance.interface.id]) == "InvalidParameterCombination"


def test_regions_and_accounts_do_not_see_each_other(client, world, instance):
    other = world.add_vpc("us-east-1", ["10.0.0.0/16"], account="444455556666")
    world.launch(world.add_subnet(other, "us-east-1b", "10.0.0.0/24"), "10.0.0.5")
    seen = client("ec2").describe_instances()["Reservations"]
    assert [reservation["Instances"][0]["InstanceId"] for reservation in seen] == [instance.id]
    assert client("ec2", region="eu-west-1").describe_instances()["Reservations"] == []
    elsewhere = client("ec2", region="eu-west-1").describe_network_interfaces
    assert code_of(elsewhere, NetworkInterfaceIds=[instance.interface.id]) == "InvalidNetworkInterfaceID.NotFound"


def test_a_dry_run_changes_nothing(ec2, world, instance):
    modify = {"NetworkInterfaceId": instance.interface.id, "SourceDestCheck": {"Value": False}, "DryRun": True}
    assert code_of(ec2.modify_network_interface_attribute, **modify) == "DryRunOperation"
    world.faults.deny("ec2", "ModifyNetworkInterfaceAttribute")
    assert code_of(ec2.modify_network_interface_attribute, **modify) == "UnauthorizedOperation"
    assert instance.interface.source_dest_check is True


def test_changes_are_told_before_the_reply(ec2, world, instance):
    seen = []
    world.on_change(lambda kind, thing: seen.append((kind, thing, thing.source_dest_check)))
    ec2.modify_network_interface_attribute(NetworkInterfaceId=instance.interface.id, SourceDestCheck={"Value": False})
    assert seen == [("source_dest_check", instance.interface, False)]


# What boto3 is called with is what the fake decodes: one rich call an action.
FILTERS = [{"Name": "tag:a b&c=d", "Values": ["é", "x,y", "*"]}, {"Name": "vpc-id", "Values": ["vpc-1"]}]
PERMISSIONS = [
    {"IpProtocol": "udp", "FromPort": 500, "ToPort": 500, "IpRanges": [
        {"CidrIp": "203.0.113.1/32", "Description": "a:b"}, {"CidrIp": "203.0.113.2/32"}]},
    {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": "sg-01234567", "UserId": "111122223333"}],
     "Ipv6Ranges": [{"CidrIpv6": "::/0"}], "PrefixListIds": [{"PrefixListId": "pl-01234567"}]},
]
CALLS = {
    "ModifyNetworkInterfaceAttribute": {"NetworkInterfaceId": "eni-01234567", "SourceDestCheck": {"Value": False}},
    "ModifyInstanceAttribute": {"InstanceId": "i-01234567", "SourceDestCheck": {"Value": True}},
    "DescribeNetworkInterfaceAttribute": {"NetworkInterfaceId": "eni-01234567", "Attribute": "sourceDestCheck"},
    "DescribeNetworkInterfaces": {"Filters": FILTERS, "MaxResults": 7, "DryRun": False},
    "DescribeInstances": {"Filters": FILTERS, "InstanceIds": [f"i-0123456789abcde{n:02}" for n in range(12)]},
    "DescribeAddresses": {"Filters": FILTERS, "PublicIps": ["203.0.113.10"], "DryRun": True},
    "AssociateAddress": {"AllocationId": "eipalloc-01234567", "NetworkInterfaceId": "eni-01234567",
                         "AllowReassociation": False, "PrivateIpAddress": "172.16.1.10", "DryRun": False},
    "DisassociateAddress": {"AssociationId": "eipassoc-01234567"},
    "DescribeSubnets": {"Filters": FILTERS, "SubnetIds": ["subnet-01234567"], "MaxResults": 5},
    "DescribeRouteTables": {"Filters": FILTERS, "RouteTableIds": ["rtb-01234567"], "NextToken": "x"},
    "CreateRoute": {"RouteTableId": "rtb-01234567", "DestinationCidrBlock": "10.0.0.0/8",
                    "NetworkInterfaceId": "eni-01234567"},
    "ReplaceRoute": {"RouteTableId": "rtb-01234567", "DestinationCidrBlock": "10.0.0.0/8", "InstanceId": "i-01234567",
                     "LocalTarget": False},
    "DeleteRoute": {"RouteTableId": "rtb-01234567", "DestinationCidrBlock": "10.0.0.0/8", "DryRun": True},
    "DescribeSecurityGroups": {"Filters": FILTERS, "GroupIds": ["sg-01234567"], "MaxResults": 5},
    "DescribeSecurityGroupRules": {"Filters": FILTERS, "SecurityGroupRuleIds": ["sgr-01234567"], "NextToken": "x"},
    "AuthorizeSecurityGroupIngress": {"GroupId": "sg-01234567", "IpPermissions": PERMISSIONS, "TagSpecifications": [
        {"ResourceType": "security-group-rule", "Tags": [{"Key": "a", "Value": "b"}]}]},
    "RevokeSecurityGroupIngress": {"GroupId": "sg-01234567", "IpPermissions": PERMISSIONS,
                                   "SecurityGroupRuleIds": ["sgr-01234567", "sgr-89abcdef"]},
}


def test_every_action_is_decoded_as_boto3_was_called(client, world):
    assert set(CALLS) == set(SERVICES["ec2"].actions)
    ec2 = client("ec2")
    for method, action in ec2.meta.method_to_api_mapping.items():
        if action in CALLS:
            with suppress(ClientError):
                getattr(ec2, method)(**CALLS[action])
            assert (world.calls[-1].action, world.calls[-1].params) == (action, CALLS[action])


@pytest.mark.parametrize("form, code", [
    ("Action=DescribeInstances&Colour=red" + VERSION, "UnknownParameter"),
    ("Action=DescribeInstances&InstanceId=i-01234567" + VERSION, "InvalidParameterValue"),
    ("Action=DescribeInstances&InstanceId.0=i-01234567" + VERSION, "InvalidParameterValue"),
    ("Action=DescribeInstances&InstanceId.2=i-01234567" + VERSION, "InvalidParameterValue"),
    ("Action=DescribeInstances&InstanceId.01=i-01234567" + VERSION, "InvalidParameterValue"),
    ("Action=DescribeInstances&InstanceIds.1=i-01234567" + VERSION, "UnknownParameter"),
    ("Action=DescribeInstances&InstanceId.1.member=i-01234567" + VERSION, "UnknownParameter"),
    ("Action=DescribeInstances&instanceId.1=i-01234567" + VERSION, "UnknownParameter"),
    ("Action=DescribeInstances&DryRun=True" + VERSION, "InvalidParameterValue"),
    ("Action=DescribeInstances&MaxResults=07" + VERSION, "InvalidRequest"),
    ("Action=DescribeInstances&MaxResults=many" + VERSION, "InvalidParameterValue"),
    ("Action=DescribeNetworkInterfaces&MaxResults=4" + VERSION, "InvalidParameterValue"),
    ("Action=DescribeInstances&Filter.1.Name=a&Filter.1.Name=b" + VERSION, "InvalidRequest"),
    ("Action=DescribeInstances&&" + VERSION, "MalformedQueryString"),
    ("Action=DescribeInstances&novalue" + VERSION, "MalformedQueryString"),
    ("Action=DescribeInstances", "NoSuchVersion"),
    ("Action=DescribeInstances&Version=2014-02-01", "NoSuchVersion"),
    ("Action=RunInstances" + VERSION, "InvalidAction"),
    ("Version=2016-11-15", "InvalidAction"),
    ("Action=ModifyNetworkInterfaceAttribute&SourceDestCheck.Value=false" + VERSION, "MissingParameter"),
    ("Action=ModifyNetworkInterfaceAttribute&NetworkInterfaceId=e&SourceDestCheck=false" + VERSION, "UnknownParameter"),
    ("Action=DescribeNetworkInterfaceAttribute&NetworkInterfaceId=e&Attribute=x" + VERSION, "InvalidParameterValue"),
])
def test_forms_that_boto3_would_not_send_are_refused(raw, form, code):
    response, body = raw(form)
    assert response.status == 400
    assert error_code(body) == code


def test_a_form_has_the_content_type_of_a_form(raw):
    assert error_code(raw("Action=DescribeInstances" + VERSION, "text/plain")[1]) == "InvalidRequest"


def test_errors_have_the_format_of_ec2(raw):
    response, body = raw("Action=DescribeInstances&InstanceId.1=nonsense" + VERSION)
    assert response.headers["Content-Type"] == "text/xml;charset=UTF-8"
    assert b"<Response><Errors><Error><Code>InvalidInstanceID.Malformed</Code><Message>Invalid id: " in body
    assert b"</RequestID></Response>" in body


def test_replies_have_the_format_of_ec2(raw, instance):
    _, body = raw(f"Action=ModifyNetworkInterfaceAttribute&NetworkInterfaceId={instance.interface.id}"
                  "&SourceDestCheck.Value=false" + VERSION)
    namespace = b"http://ec2.amazonaws.com/doc/2016-11-15/"
    assert b'<ModifyNetworkInterfaceAttributeResponse xmlns="%s"><requestId>' % namespace in body
    assert b"<return>true</return>" in body


def test_a_reply_that_botocore_would_misread_is_not_sent(ec2, world, instance, monkeypatch):
    monkeypatch.setattr(protocol_ec2, "encode_members", lambda node, shape, value: None)
    assert code_of(ec2.describe_instances) == "InternalError"
    assert "botocore reads {}" in world.crashes.pop()


def test_actions_are_actions_of_the_models():
    for name, service in SERVICES.items():
        assert set(service.actions) <= set(service_model(name).operation_names)
