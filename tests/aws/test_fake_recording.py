"""An instance whose metadata was recorded: IMDS serves the recording, and EC2 agrees with it."""

import json

import boto3
import pytest
from botocore.utils import InstanceMetadataFetcher

from fakeaws import recording
from fakeaws.imds import look_up, metadata

MAC = "06:5a:11:22:33:44"
MACS = f"meta-data/network/interfaces/macs/{MAC}/"
RECORDED = {
    "dynamic/instance-identity/document": json.dumps({
        "accountId": "444455556666", "architecture": "arm64", "availabilityZone": "us-east-1b",
        "imageId": "ami-0aaaabbbbccccdddd", "instanceId": "i-0123456789abcdef0", "instanceType": "c7gn.large",
        "pendingTime": "2024-05-01T10:20:30Z", "region": "us-east-1"}),
    "meta-data/mac": MAC,
    "meta-data/services/domain": "example.org",
    "meta-data/tags/instance/cygnet:mesh": "lab",
    MACS + "mac": MAC,
    MACS + "interface-id": "eni-0123456789abcdef1",
    MACS + "vpc-id": "vpc-0123456789abcdef2",
    MACS + "subnet-id": "subnet-0123456789abcdef3",
    MACS + "local-ipv4s": "10.9.1.4\n10.9.1.5",
    MACS + "public-ipv4s": "198.51.100.7\n198.51.100.8",
    MACS + "subnet-ipv4-cidr-block": "10.9.1.0/24",
    MACS + "vpc-ipv4-cidr-blocks": "10.9.0.0/16\n100.64.0.0/16",
}


@pytest.fixture
def launch(world, tmp_path):
    """Launches what was recorded, without the paths that are named, and with more."""
    def launch_without(*paths, more=None):
        for path, text in {**RECORDED, **(more or {})}.items():
            if path not in paths:
                (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
                (tmp_path / path).write_text(text)
        return recording.launch(world, tmp_path)
    return launch_without


def test_metadata_is_what_was_recorded_and_credentials(world, launch):
    instance = launch()
    credentials = "meta-data/iam/security-credentials/gateway"
    served = metadata(world, instance)
    assert {path: served[path] for path in RECORDED} == RECORDED
    assert set(served) - set(RECORDED) == {credentials}
    assert look_up(world, instance, "/latest/meta-data/tags/instance") == "cygnet:mesh"
    assert look_up(world, instance, "/latest/meta-data/instance-id") is None, "the recording has it not"


def test_what_was_not_recorded_is_not_there(world, launch):
    instance = launch("meta-data/tags/instance/cygnet:mesh", MACS + "public-ipv4s")
    assert look_up(world, instance, "/latest/meta-data/tags/instance") is None
    assert instance.interface.public_ip is None


def test_ec2_agrees_with_the_recording(world, launch):
    instance = launch()
    interface = instance.interface
    assert (instance.id, instance.vpc.id, instance.subnet.id, interface.id) == (
        "i-0123456789abcdef0", "vpc-0123456789abcdef2", "subnet-0123456789abcdef3", "eni-0123456789abcdef1")
    assert (interface.private_ip, interface.public_ip, interface.mac) == ("10.9.1.4", "198.51.100.7", MAC)
    assert (instance.architecture, instance.instance_type, instance.tags) == (
        "arm64", "c7gn.large", {"cygnet:mesh": "lab"})
    assert (instance.vpc.account, instance.vpc.cidrs) == ("444455556666", ["10.9.0.0/16", "100.64.0.0/16"])


def test_the_security_groups_are_those_recorded(world, launch):
    without = launch()
    assert without.interface.groups == [without.vpc.default_group]
    groups = {MACS + "security-groups": "gateways\nssh", MACS + "security-group-ids": "sg-01234567\nsg-89abcdef"}
    grouped = launch(more=groups)
    assert [(group.id, group.name) for group in grouped.interface.groups] == [
        ("sg-01234567", "gateways"), ("sg-89abcdef", "ssh")]
    assert world.groups["sg-01234567"].vpc is grouped.vpc


def test_the_credentials_of_a_recorded_instance_work(world, launch, server):
    instance = launch()
    listener = server.listen_imds("127.0.0.1", instance=instance)
    keys = InstanceMetadataFetcher(config={"ec2_metadata_service_endpoint": listener.url + "/"})
    keys = keys.retrieve_iam_role_credentials()
    ec2 = boto3.client("ec2", region_name="us-east-1", endpoint_url=server.api.url, verify=server.ca_file,
                       aws_access_key_id=keys["access_key"], aws_secret_access_key=keys["secret_key"],
                       aws_session_token=keys["token"])
    [reservation] = ec2.describe_instances(InstanceIds=[instance.id])["Reservations"]
    assert reservation["Instances"][0]["LaunchTime"].isoformat() == "2024-05-01T10:20:30+00:00"
    [interface] = ec2.describe_network_interfaces(NetworkInterfaceIds=[instance.interface.id])["NetworkInterfaces"]
    assert interface["Attachment"]["InstanceId"] == instance.id
