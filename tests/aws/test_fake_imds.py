"""Instance metadata: version 2 only, as an instance sees its own."""

import json
from datetime import datetime, timezone

import boto3
import pytest
from botocore.utils import InstanceMetadataFetcher

from fakeaws.http1 import Request
from fakeaws.imds import Imds
from signed import connect, exchange

TTL = "X-aws-ec2-metadata-token-ttl-seconds"


class Metadata:
    """Talks to one metadata listener."""

    def __init__(self, listener):
        self.listener = listener

    def ask(self, method, path, **headers):
        lines = [f"{method} {path} HTTP/1.1", "Host: 169.254.169.254"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        with connect(self.listener) as connection:
            return exchange(connection, ("\r\n".join(lines) + "\r\n\r\n").encode(), method)

    def token(self, ttl=60):
        response, body = self.ask("PUT", "/latest/api/token", **{TTL: ttl})
        assert response.status == 200
        return body.decode()

    def get(self, path, token=None):
        """The text at /latest/<path>, or the status when there is none."""
        token = token or self.token()
        response, body = self.ask("GET", "/latest/" + path, X_aws_ec2_metadata_token=token)
        return body.decode() if response.status == 200 else response.status


@pytest.fixture
def instance(gateway):
    return gateway.instance


@pytest.fixture
def metadata(server, instance):
    return Metadata(server.listen_imds("127.0.0.1", instance=instance))


@pytest.mark.parametrize("ttl, status", [
    (1, 200), (21600, 200), (0, 400), (21601, 400), (-1, 400), ("", 400), ("1h", 400)])
def test_the_lifetime_of_a_token(metadata, ttl, status):
    response, _ = metadata.ask("PUT", "/latest/api/token", **{TTL: ttl})
    assert response.status == status


def test_a_token_needs_a_lifetime(metadata):
    assert metadata.ask("PUT", "/latest/api/token")[0].status == 400


def test_a_forwarded_token_request_is_refused(metadata):
    response, _ = metadata.ask("PUT", "/latest/api/token", **{TTL: 60, "X-Forwarded-For": "192.0.2.1"})
    assert response.status == 403


def test_a_token_expires(metadata, clock, instance):
    token = metadata.token(60)
    clock.advance(58)
    assert metadata.get("meta-data/instance-id", token) == instance.id
    clock.advance(3)
    assert metadata.get("meta-data/instance-id", token) == 401


def test_nothing_without_a_good_token(metadata):
    assert metadata.ask("GET", "/latest/meta-data/instance-id")[0].status == 401
    assert metadata.get("meta-data/instance-id", "bad") == 401
    assert metadata.get("meta-data/nothing", "bad") == 401


def test_a_token_of_another_instance_of_the_vpc_is_bad(world, instance):
    imds = Imds(world, vpc=world.vpc)
    other = world.launch(world.subnet, "172.16.1.77")

    def ask(method, target, peer, **headers):
        named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
        return imds(Request(method, target, "1.1", named, b"", peer))

    token = ask("PUT", "/latest/api/token", "172.16.1.77", **{TTL: "60"}).body.decode()
    own = ask("GET", "/latest/meta-data/instance-id", "172.16.1.77", x_aws_ec2_metadata_token=token)
    assert (own.status, own.body.decode()) == (200, other.id)
    assert ask("GET", "/latest/meta-data/instance-id", "172.16.1.10", x_aws_ec2_metadata_token=token).status == 401


def test_metadata_that_is_off_is_forbidden(metadata, instance):
    token = metadata.token()
    instance.metadata_enabled = False
    assert metadata.ask("PUT", "/latest/api/token", **{TTL: 60})[0].status == 403
    assert metadata.get("meta-data/instance-id", token) == 403


def test_other_methods_are_refused(metadata):
    assert metadata.ask("POST", "/latest/meta-data/", Content_Length=0)[0].status == 405
    assert metadata.ask("PUT", "/latest/meta-data/", **{TTL: 60})[0].status == 405


def test_the_identity_document(metadata, instance, world):
    document = json.loads(metadata.get("dynamic/instance-identity/document"))
    expected = {"accountId": "111122223333", "architecture": "x86_64", "availabilityZone": "us-east-1a",
                "instanceId": instance.id, "privateIp": "172.16.1.10", "region": "us-east-1",
                "instanceType": "t3.small"}
    assert expected.items() <= document.items()
    launched = datetime.fromtimestamp(int(instance.launched), timezone.utc)
    assert datetime.strptime(document["pendingTime"], "%Y-%m-%dT%H:%M:%S%z") == launched


def test_the_leaves(metadata, instance, world):
    world.vpc.cidrs.append("100.64.0.0/16")
    group = world.add_group(world.vpc, "gateways")
    world.set_groups(instance.interface, [world.vpc.default_group, group])
    mac = f"network/interfaces/macs/{instance.interface.mac}/"
    token = metadata.token()
    for path, text in {
        "instance-id": instance.id,
        "local-ipv4": "172.16.1.10",
        "public-ipv4": "203.0.113.10",
        "mac": instance.interface.mac,
        "placement/region": "us-east-1",
        "placement/availability-zone": "us-east-1a",
        "services/domain": "amazonaws.com",
        "services/partition": "aws",
        "tags/instance/cygnet:mesh": "lab",
        "tags/instance/cygnet%3Amesh": "lab",
        mac + "interface-id": instance.interface.id,
        mac + "vpc-id": world.vpc.id,
        mac + "subnet-id": world.subnet.id,
        mac + "local-ipv4s": "172.16.1.10",
        mac + "public-ipv4s": "203.0.113.10",
        mac + "vpc-ipv4-cidr-blocks": "172.16.0.0/16\n100.64.0.0/16",
        mac + "subnet-ipv4-cidr-block": "172.16.1.0/24",
        mac + "security-group-ids": f"{world.vpc.default_group.id}\n{group.id}",
        mac + "security-groups": "default\ngateways",
        "security-groups": "default\ngateways",
        mac + "ipv4-associations/203.0.113.10": "172.16.1.10",
    }.items():
        assert metadata.get("meta-data/" + path, token) == text, path


def test_the_listings(metadata, world, instance):
    second = world.attach_interface(instance, world.subnet, "172.16.1.11")
    tags = "\n".join(sorted(instance.tags))
    macs = sorted(each.mac + "/" for each in (instance.interface, second))
    for path, text in {
        "": "dynamic/\nmeta-data/",
        "meta-data/placement/": "availability-zone\nregion",
        "meta-data/tags/instance/": tags,
        "meta-data/tags/instance": tags,
        "meta-data/iam/security-credentials/": "gateway",
        "meta-data/network/interfaces/macs/": "\n".join(macs),
    }.items():
        assert metadata.get(path) == text, path


@pytest.mark.parametrize("path", ["meta-data/nothing", "meta-data/instance-id/", "meta-data/plac", "api/token",
                                  "meta-data/tags/instance/none", "meta-data/autoscaling/target-lifecycle-state"])
def test_what_does_not_exist(metadata, path):
    assert metadata.get(path) == 404


def test_the_page_of_what_does_not_exist(metadata):
    response, body = metadata.ask("GET", "/latest/meta-data/nothing", X_aws_ec2_metadata_token=metadata.token())
    assert (response.status, response.headers["Content-Type"]) == (404, "text/html")
    assert b'<?xml version="1.0" encoding="iso-8859-1"?>' in body and b"<h1>404 - Not Found</h1>" in body


def test_tags_show_live_and_only_where_they_are_on(metadata, instance):
    instance.tags["cygnet:site"] = "a"
    assert metadata.get("meta-data/tags/instance/cygnet:site") == "a"
    instance.metadata_tags = False
    assert metadata.get("meta-data/tags/instance/cygnet:site") == 404
    assert metadata.get("meta-data/tags/instance/") == 404


@pytest.mark.parametrize("key", ["a/b", "a b"])
def test_a_tag_key_that_metadata_cannot_carry_makes_the_launch_fail(world, key):
    with pytest.raises(ValueError):
        world.launch(world.subnet, "172.16.1.50", tags={key: "v"})
    assert world.launch(world.subnet, "172.16.1.50", tags={key: "v"}, metadata_tags=False).tags == {key: "v"}


def test_what_depends_on_the_instance(metadata, instance, world):
    world.disassociate(world.address)
    instance.role = None
    world.join(world.add_scaling_group("us-east-1", "gateways"), instance)
    assert metadata.get("meta-data/public-ipv4") == 404
    assert metadata.get("meta-data/iam/security-credentials/") == 404
    assert metadata.get("meta-data/autoscaling/target-lifecycle-state") == "InService"
    assert metadata.get("meta-data/tags/instance/aws:autoscaling:groupName") == "gateways"


@pytest.mark.parametrize("region, domain, partition", [
    ("eu-central-1", "amazonaws.com", "aws"),
    ("cn-north-1", "amazonaws.com.cn", "aws-cn"),
    ("us-gov-west-1", "amazonaws.com", "aws-us-gov"),
    ("eusc-de-east-1", "amazonaws.eu", "aws-eusc"),
    ("us-iso-east-1", "c2s.ic.gov", "aws-iso"),
    ("us-isob-east-1", "sc2s.sgov.gov", "aws-iso-b"),
])
def test_partitions(world, server, region, domain, partition):
    vpc = world.add_vpc(region, ["10.0.0.0/16"])
    instance = world.launch(world.add_subnet(vpc, region + "a", "10.0.0.0/24"), "10.0.0.4")
    metadata = Metadata(server.listen_imds("127.0.0.1", instance=instance))
    assert metadata.get("meta-data/services/domain") == domain
    assert metadata.get("meta-data/services/partition") == partition


def test_the_caller_is_told_by_its_address_in_the_vpc(world, server):
    here = world.add_vpc("us-east-1", ["127.0.0.0/16"])
    there = world.add_vpc("us-east-2", ["127.0.0.0/16"])
    for vpc in (here, there):
        instance = world.launch(world.add_subnet(vpc, vpc.region + "a", "127.0.0.0/24"), "127.0.0.1")
        metadata = Metadata(server.listen_imds("127.0.0.1", vpc=vpc))
        assert metadata.get("meta-data/instance-id") == instance.id


def test_nobody_answers_a_stranger(world, server):
    metadata = Metadata(server.listen_imds("127.0.0.1", vpc=world.vpc))
    with pytest.raises(ConnectionError):
        metadata.token()


def test_nobody_answers_a_terminated_instance(world, server, metadata, instance):
    world.terminate(instance)
    with pytest.raises(ConnectionError):
        metadata.token()


def test_credentials_rotate_before_they_expire(metadata, clock):
    path = "meta-data/iam/security-credentials/gateway"
    first = json.loads(metadata.get(path))
    assert first["Code"] == "Success" and first["AccessKeyId"].startswith("ASIA")
    clock.advance(3600)
    assert json.loads(metadata.get(path)) == first
    clock.advance(4 * 3600 + 3000)
    second = json.loads(metadata.get(path))
    assert second["AccessKeyId"] != first["AccessKeyId"]
    assert second["Expiration"] > first["Expiration"]


def test_botocore_gets_credentials_that_work(gateway, server, world):
    endpoint = gateway.env["AWS_EC2_METADATA_SERVICE_ENDPOINT"]
    fetcher = InstanceMetadataFetcher(config={"ec2_metadata_service_endpoint": endpoint})
    fetched = fetcher.retrieve_iam_role_credentials()
    ssm = boto3.client("ssm", region_name="us-east-1", endpoint_url=server.api.url, verify=server.ca_file,
                       aws_access_key_id=fetched["access_key"], aws_secret_access_key=fetched["secret_key"],
                       aws_session_token=fetched["token"])
    assert ssm.get_parameters(Names=["/a"])["InvalidParameters"] == ["/a"]
    assert world.calls[-1].instance_id == gateway.instance.id


def test_faults_of_metadata(world, metadata):
    world.faults.fail("imds", "PUT", None, n=1, status=503)
    assert metadata.ask("PUT", "/latest/api/token", **{TTL: 60})[0].status == 503
    token = metadata.token()
    world.faults.fail("imds", "GET", None, n=1, status=500)
    assert metadata.get("meta-data/mac", token) == 500
    assert metadata.get("meta-data/mac", token) != 500
    assert [call.status for call in world.metadata_calls] == [503, 200, 500, 200]


@pytest.mark.parametrize("version, status", [("latest", 200), ("2021-03-23", 200), ("2009-04-04", 200),
                                             ("2021-03-24", 404), ("newest", 404)])
def test_versions(metadata, version, status):
    response, _ = metadata.ask("GET", f"/{version}/meta-data/instance-id", X_aws_ec2_metadata_token=metadata.token())
    assert response.status == status


def test_user_data_is_there_when_it_was_given(metadata, instance):
    assert metadata.get("user-data") == 404
    instance.user_data = "#!/bin/sh\n"
    assert metadata.get("user-data") == "#!/bin/sh\n"
