"""Objects of S3, as boto3 gets them and as curl signs for them."""

import subprocess

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from fakeaws.endpoints import Endpoint, endpoint_of

REGION = "us-east-1"
DATA = bytes(range(256)) * 5000


@pytest.fixture
def bucket(world):
    world.put_object(REGION, "binaries", "cygnet/x86_64/cygnet", DATA)
    return world.buckets["binaries"]


@pytest.fixture
def s3(world, server, gateway):
    def make(region=REGION, keys=None):
        keys = keys or world.keyring.of_instance(gateway.instance)
        return boto3.client(
            "s3", region_name=region, endpoint_url=server.api.url, verify=server.ca_file,
            aws_access_key_id=keys.access_key, aws_secret_access_key=keys.secret_key, aws_session_token=keys.token,
            config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}))
    return make


def curl(server, gateway, world, url, *words, hashed=True):
    keys = world.keyring.of_instance(gateway.instance)
    words += ("-H", "x-amz-content-sha256: UNSIGNED-PAYLOAD") if hashed else ()
    host = url.split("/")[2]
    return subprocess.run(
        ["curl", "-sS", "--noproxy", "*", "--cacert", server.ca_file, "--aws-sigv4", f"aws:amz:{REGION}:s3",
         "--connect-to", f"{host}:443:127.0.0.1:{server.api.port}",
         "--user", f"{keys.access_key}:{keys.secret_key}", "-H", f"x-amz-security-token: {keys.token}", *words, url],
        capture_output=True, timeout=30)


@pytest.mark.parametrize("host, endpoint", [
    ("s3.us-east-1.amazonaws.com", Endpoint("s3", "us-east-1")),
    ("my-bucket.s3.us-east-1.amazonaws.com", Endpoint("s3", "us-east-1", "my-bucket")),
    ("my-bucket.s3.cn-north-1.amazonaws.com.cn", Endpoint("s3", "cn-north-1", "my-bucket")),
    ("my-bucket.ssm.us-east-1.amazonaws.com", None), ("my.bucket.s3.us-east-1.amazonaws.com", None),
    ("my-bucket.s3.amazonaws.com", None)])
def test_host_names(host, endpoint):
    assert endpoint_of(host, {"s3", "ssm"}) == endpoint


def test_boto3_gets_an_object(s3, bucket, world):
    assert s3().get_object(Bucket="binaries", Key="cygnet/x86_64/cygnet")["Body"].read() == DATA
    assert [(call.service, call.action, call.params) for call in world.calls] == [
        ("s3", "GetObject", {"Bucket": "binaries", "Key": "cygnet/x86_64/cygnet"})]


@pytest.mark.parametrize("url", ["https://binaries.s3.us-east-1.amazonaws.com/cygnet/x86_64/cygnet",
                                 "https://s3.us-east-1.amazonaws.com/binaries/cygnet/x86_64/cygnet"])
def test_curl_signs_for_it(server, gateway, world, bucket, url):
    done = curl(server, gateway, world, url)
    assert done.stdout == DATA, done.stderr


def test_a_wrong_secret_is_noticed(server, gateway, world, bucket):
    done = curl(server, gateway, world, "https://binaries.s3.us-east-1.amazonaws.com/cygnet/x86_64/cygnet",
                "--user", f"{world.keyring.of_instance(gateway.instance).access_key}:wrong")
    assert b"<Code>SignatureDoesNotMatch</Code>" in done.stdout


def test_curl_alone_says_nothing_of_the_body(server, gateway, world, bucket):
    done = curl(server, gateway, world, "https://binaries.s3.us-east-1.amazonaws.com/cygnet/x86_64/cygnet",
                hashed=False)
    assert b"Missing required header for this request: x-amz-content-sha256" in done.stdout


def test_an_unsigned_request(server, bucket):
    done = subprocess.run(["curl", "-sS", "--noproxy", "*", "--cacert", server.ca_file, "--connect-to",
                           f"binaries.s3.us-east-1.amazonaws.com:443:127.0.0.1:{server.api.port}",
                           "https://binaries.s3.us-east-1.amazonaws.com/cygnet/x86_64/cygnet"], capture_output=True)
    assert b"<Code>AccessDenied</Code>" in done.stdout


@pytest.mark.parametrize("region, bucket_name, key, code", [
    (REGION, "binaries", "elsewhere", "NoSuchKey"), (REGION, "others", "cygnet", "NoSuchBucket"),
    ("eu-west-1", "binaries", "cygnet/x86_64/cygnet", "AuthorizationHeaderMalformed")])
def test_what_is_not_there(s3, bucket, region, bucket_name, key, code):
    with pytest.raises(ClientError) as caught:
        s3(region).get_object(Bucket=bucket_name, Key=key)
    assert caught.value.response["Error"]["Code"] == code


def test_other_actions_are_not_modelled(s3, bucket):
    with pytest.raises(ClientError) as caught:
        s3().delete_object(Bucket="binaries", Key="cygnet/x86_64/cygnet")
    assert caught.value.response["Error"]["Code"] == "MethodNotAllowed"


def test_a_policy_names_the_object(s3, bucket, world, gateway):
    world.grant(gateway.instance.principal, {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::binaries/cygnet/x86_64/*"}]})
    world.put_object(REGION, "binaries", "cygnet/aarch64/cygnet", DATA)
    assert s3().get_object(Bucket="binaries", Key="cygnet/x86_64/cygnet")
    with pytest.raises(ClientError) as caught:
        s3().get_object(Bucket="binaries", Key="cygnet/aarch64/cygnet")
    assert caught.value.response["Error"]["Code"] == "AccessDenied"


def test_a_bucket_is_in_one_region(world, bucket):
    with pytest.raises(ValueError):
        world.put_object("eu-west-1", "binaries", "a", b"")


def test_that_a_key_is_missing_is_told_to_those_who_may_list(s3, bucket, world, gateway):
    read = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::binaries/*"}
    listing = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::binaries"}
    for statements, code in [([read], "AccessDenied"), ([read, listing], "NoSuchKey")]:
        policy = world.grant(gateway.instance.principal,
                             {"Version": "2012-10-17", "Statement": statements})
        with pytest.raises(ClientError) as caught:
            s3().get_object(Bucket="binaries", Key="elsewhere")
        assert caught.value.response["Error"]["Code"] == code
        assert (policy.used, policy.denied) == ({"s3:GetObject"}, [])
