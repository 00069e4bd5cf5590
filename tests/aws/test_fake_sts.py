"""STS as boto3 sees it: roles of this account and of others, and what their credentials open."""

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from signed import connect, error_code, exchange, ssm_draft

HERE, REGISTRY = "111122223333", "444455556666"
GATEWAYS = f"arn:aws:iam::{HERE}:role/gateway"


@pytest.fixture
def sts(client):
    return client("sts")


@pytest.fixture
def role(world):
    """A role of the registry's account that trusts the gateways' role."""
    return world.add_role("registry", [GATEWAYS], account=REGISTRY)


def refusal(call, **params):
    """(code, message) of the error that a call gets."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.fixture
def using(server):
    """using(credentials, service): a client that has these credentials, as a reply had them."""
    def make(credentials, service="ssm", config=None):
        return boto3.client(service, region_name="us-east-1", endpoint_url=server.api.url, verify=server.ca_file,
                            config=config,
                            aws_access_key_id=credentials["AccessKeyId"],
                            aws_secret_access_key=credentials["SecretAccessKey"],
                            aws_session_token=credentials["SessionToken"])
    return make


def assume(sts, role, session="gateway-1", **params):
    return sts.assume_role(RoleArn=role.arn, RoleSessionName=session, **params)


def test_the_credentials_of_a_role_work_in_its_account(world, sts, gateway, role, using):
    reply = assume(sts, role)
    assert reply["AssumedRoleUser"] == {
        "AssumedRoleId": f"{role.unique_id}:gateway-1",
        "Arn": f"arn:aws:sts::{REGISTRY}:assumed-role/registry/gateway-1"}
    using(reply["Credentials"]).put_parameter(Name="/cygnet/lab/epoch", Value="{}", Type="String")
    assert list(world.ssm("us-east-1", REGISTRY).parameters) == ["/cygnet/lab/epoch"]
    assert not world.ssm("us-east-1", HERE).parameters
    call = world.calls[-1]
    assert (call.caller, call.instance_id) == (reply["AssumedRoleUser"]["Arn"], gateway.instance.id)
    assert using(reply["Credentials"], "ec2").describe_instances()["Reservations"] == []


def test_credentials_last_an_hour(world, clock, server, sts, role):
    credentials = assume(sts, role)["Credentials"]
    assert abs(credentials["Expiration"].timestamp() - world.clock() - 3600) < 5
    keys = world.keyring.find(credentials["AccessKeyId"])
    host = "ssm.us-east-1.amazonaws.com"

    def status():
        draft = ssm_draft(host, "GetParameters", Names=["/a"]).sign(keys, world.clock())
        with connect(server.api, server.ca_file, host) as connection:
            response, body = exchange(connection, draft.bytes())
        return response.status, error_code(body)

    clock.advance(3590)
    assert status() == (200, None)
    clock.advance(11)
    assert status() == (400, "ExpiredTokenException")


@pytest.mark.parametrize("trusts, admitted", [
    ([GATEWAYS], True),
    ([HERE], True),
    ([f"arn:aws:iam::{HERE}:root"], True),
    ([], False),
    ([REGISTRY], False),
    ([f"arn:aws:iam::{HERE}:role/gate"], False),
    ([f"arn:aws:iam::{HERE}:user/gateway"], False),
    ([f"arn:aws:iam::{REGISTRY}:role/gateway"], False),
])
def test_a_role_is_assumed_by_whom_it_trusts(world, sts, gateway, trusts, admitted):
    role = world.add_role("registry", trusts, account=REGISTRY)
    if admitted:
        assume(sts, role)
    else:
        session = f"arn:aws:sts::{HERE}:assumed-role/gateway/{gateway.instance.id}"
        assert refusal(assume, sts=sts, role=role) == (
            "AccessDenied", f"User: {session} is not authorized to perform: sts:AssumeRole on resource: {role.arn}")


def test_a_role_that_is_not_there_looks_like_one_that_does_not_trust(sts):
    code, message = refusal(sts.assume_role, RoleArn=f"arn:aws:iam::{REGISTRY}:role/none", RoleSessionName="a1")
    assert code == "AccessDenied" and message.endswith(f"arn:aws:iam::{REGISTRY}:role/none")


def test_a_role_of_another_role(world, sts, role, using):
    """A session is known by its role, whoever is behind it."""
    further = world.add_role("further", [role.arn], account=REGISTRY)
    credentials = assume(sts, role)["Credentials"]
    assume(using(credentials, "sts"), further)
    assert refusal(assume, sts=sts, role=further)[0] == "AccessDenied"


def test_a_user_may_ask_for_longer_than_a_session_may(world, client, sts):
    role = world.add_role("registry", [HERE], account=REGISTRY, max_session=7200)
    code, message = refusal(assume, sts=sts, role=role, DurationSeconds=7200)
    assert (code, "role chaining" in message) == ("ValidationError", True)
    user = client("sts", keys=world.add_user("operator"))
    assume(user, role, DurationSeconds=7200)
    code, message = refusal(assume, sts=user, role=role, DurationSeconds=7201)
    assert (code, "MaxSessionDuration" in message) == ("ValidationError", True)


@pytest.mark.parametrize("change", [
    {"RoleArn": "registry-role-of-the-mesh"},
    {"RoleSessionName": "two words"},
    {"RoleSessionName": "x" * 65},
    {"DurationSeconds": 60},
    {"ExternalId": "1234"},
])
def test_requests_that_are_refused(using, world, gateway, role, change):
    keys = world.keyring.of_instance(gateway.instance)
    sts = using({"AccessKeyId": keys.access_key, "SecretAccessKey": keys.secret_key, "SessionToken": keys.token}, "sts",
                Config(parameter_validation=False))
    params = {"RoleArn": role.arn, "RoleSessionName": "gateway-1", **change}
    assert refusal(sts.assume_role, **params)[0] == "ValidationError"


def test_who_is_denied(world, sts, role):
    world.faults.deny("sts", "AssumeRole")
    assert refusal(assume, sts=sts, role=role)[0] == "AccessDenied"


def test_roles_of_other_partitions(world):
    role = world.add_role("registry", [], account=REGISTRY, partition="aws-cn")
    assert role.arn == f"arn:aws-cn:iam::{REGISTRY}:role/registry"


def test_secrets_are_not_shown(world, sts, role):
    credentials = assume(sts, role)["Credentials"]
    shown = repr(world.keyring.find(credentials["AccessKeyId"]))
    assert credentials["SecretAccessKey"] not in shown and credentials["SessionToken"] not in shown
