"""What the program makes of failures: which it tries again, which it puts right, and what it says of the others."""

import pytest

from aws_client import AGAIN, CONFIG, DENIED, MISSING, STEP, Conversation, call

PUT = "put us-east-1 /a v".split()


def errors(world):
    return [one.error for one in world.calls]


@pytest.mark.parametrize("code, status", [
    ("ThrottlingException", 400), ("TooManyUpdates", 400), ("InternalServerError", 500), ("ServiceUnavailable", 503)])
def test_what_passes_is_tried_again(gateway, world, code, status):
    world.faults.fail("ssm", "PutParameter", code, n=2, status=status)
    assert call(gateway, *PUT).result == 1
    assert errors(world) == [code, code, None]


def test_ec2_throttling_is_tried_again(gateway, world):
    world.faults.throttle("ec2", n=1)
    assert call(gateway, "interface", "us-east-1", gateway.instance.interface.id).result["check"] is True
    assert errors(world) == ["RequestLimitExceeded", None]


def test_after_three_attempts_a_later_run_may_succeed(gateway, world):
    world.faults.throttle("ssm", n=3)
    outcome = call(gateway, *PUT)
    assert outcome.code == AGAIN
    assert outcome.error == \
        "ssm:PutParameter on '/a' in 'us-east-1': 3 attempts: ThrottlingException: Rate exceeded"
    assert len(world.calls) == 3


def test_one_attempt_is_one(gateway, world):
    world.faults.throttle("ssm", n=9)
    assert call(gateway, *PUT, AWS_MAX_ATTEMPTS="1").code == AGAIN
    assert len(world.calls) == 1


def test_attempts_are_as_many_as_the_environment_says(gateway, world):
    world.faults.throttle("ssm", n=3)
    assert call(gateway, *PUT, AWS_MAX_ATTEMPTS="4").result == 1


def test_other_failures_are_not_tried_again(gateway, world):
    world.faults.fail("ssm", "PutParameter", "ParameterLimitExceeded", message="too many")
    outcome = call(gateway, *PUT)
    assert (outcome.code, len(world.calls)) == (STEP, 1)
    assert outcome.error == "ssm:PutParameter on '/a' in 'us-east-1': ParameterLimitExceeded: too many"


def test_a_lost_reply_is_asked_for_again(gateway, world):
    world.faults.lose_reply("ssm", "PutParameter")
    assert call(gateway, *PUT).result == 2


@pytest.mark.parametrize("how, words", [("503", "status 503"), ("reset", "")])
def test_an_endpoint_out_of_order(gateway, world, how, words):
    world.faults.outage("ssm", how=how)
    outcome = call(gateway, *PUT)
    assert outcome.code == AGAIN
    assert f"ssm:PutParameter on '/a' in 'us-east-1': 3 attempts: {words}" in outcome.error


def test_a_kept_connection_that_broke_meanwhile_costs_no_attempt(gateway, server):
    talk = Conversation(gateway, *"put us-east-1 /a v -- wait -- put us-east-1 /a v".split(), AWS_MAX_ATTEMPTS="1")
    talk.result()
    server.api.down()
    server.api.up()
    talk.proceed()
    assert talk.end().result == 2


def test_a_refused_connection(gateway, server):
    server.api.down()
    outcome = call(gateway, *PUT, AWS_MAX_ATTEMPTS="2")
    assert outcome.code == AGAIN
    assert f"2 attempts: failed to connect to 127.0.0.1 port {server.api.port}" in outcome.error


def test_a_silent_endpoint_costs_a_bounded_time(gateway, world):
    world.faults.outage("ssm", how="silence")
    start = world.clock()
    outcome = call(gateway, *PUT, AWS_MAX_ATTEMPTS="1")
    assert outcome.code == AGAIN
    assert "timed out" in outcome.error
    assert world.clock() - start < 17


def test_a_name_that_does_not_resolve(gateway):
    outcome = call(gateway, *PUT, AWS_ENDPOINT_URL_SSM="https://ssm.us-east-9.amazonaws.invalid", AWS_MAX_ATTEMPTS="1")
    assert outcome.code == AGAIN
    assert "could not resolve host: ssm.us-east-9.amazonaws.invalid" in outcome.error
    assert outcome.remedy == "check the name of the region, and this machine's DNS"


def test_a_denial_names_the_action_and_the_parameter(gateway, world):
    world.faults.deny("ssm", "GetParametersByPath")
    outcome = call(gateway, "list", "us-east-1", "/cygnet/lab")
    assert (outcome.code, len(world.calls)) == (DENIED, 1)
    assert outcome.error.startswith("ssm:GetParametersByPath on '/cygnet/lab' in 'us-east-1': AccessDeniedException: User: arn:")
    assert outcome.remedy == "grant ssm:GetParametersByPath on '/cygnet/lab'"


def test_a_denial_of_ec2_names_the_action_and_the_interface(gateway, world):
    interface = gateway.instance.interface.id
    world.faults.deny("ec2", "ModifyNetworkInterfaceAttribute")
    outcome = call(gateway, "check", "us-east-1", interface, "off")
    assert outcome.code == DENIED
    assert outcome.remedy == f"grant ec2:ModifyNetworkInterfaceAttribute on '{interface}'"


def test_a_wrong_secret_is_not_a_missing_permission(gateway, world):
    keys = world.add_user("operator")
    outcome = call(gateway, *PUT, AWS_ACCESS_KEY_ID=keys.access_key, AWS_SECRET_ACCESS_KEY="x" * 40)
    assert (outcome.code, errors(world)) == (DENIED, ["InvalidSignatureException"])
    assert "access key" in outcome.remedy


@pytest.mark.parametrize("minutes", [-20, -6, 6, 20, 24 * 60])
@pytest.mark.parametrize("service", ["ssm", "ec2"])
def test_a_wrong_clock_is_put_right_once(gateway, world, clock, minutes, service):
    steps = {"ssm": "put us-east-1 /a v", "ec2": f"interface us-east-1 {gateway.instance.interface.id}"}[service]
    clock.advance(60 * minutes)
    assert call(gateway, *f"{steps} -- {steps}".split(), AWS_MAX_ATTEMPTS="1").result
    assert [error is None for error in errors(world)] == [False, True, True]


def test_a_clock_that_is_a_little_wrong_is_fine(gateway, world, clock):
    clock.advance(-200)
    assert call(gateway, *PUT).result == 1
    assert errors(world) == [None]


def test_a_clock_that_is_put_right_meanwhile(gateway, world, clock):
    clock.advance(1200)
    talk = Conversation(gateway, *"put us-east-1 /a v -- wait -- put us-east-1 /a v".split())
    talk.result()
    clock.advance(-1200)
    talk.proceed()
    assert talk.end().result == 2


@pytest.mark.parametrize("service", ["ssm", "ec2"])
def test_outdated_credentials_are_fetched_anew(gateway, world, service):
    steps = {"ssm": "put us-east-1 /a v", "ec2": f"interface us-east-1 {gateway.instance.interface.id}"}[service]
    talk = Conversation(gateway, *f"{steps} -- wait -- {steps}".split())
    talk.result()
    expire(world, gateway)
    talk.proceed()
    talk.end().result
    assert [error is None for error in errors(world)] == [True, False, True]


def expire(world, gateway):
    """AWS finds the gateway's credentials too old, long before it was promised; IMDS has new ones."""
    old = world.keyring.of_instance(gateway.instance)
    object.__setattr__(old, "expiration", world.clock() - 1)


def test_credentials_are_renewed_before_they_expire(gateway, world, monkeypatch):
    monkeypatch.setattr("fakeaws.keyring.LIFETIME", 240)
    call(gateway, *"put us-east-1 /a v -- put us-east-1 /a v".split())
    assert [one.path for one in world.metadata_calls].count("/latest/meta-data/iam/security-credentials/gateway") == 2


def test_credentials_that_cannot_be_renewed_serve_to_their_end(gateway, world, monkeypatch):
    monkeypatch.setattr("fakeaws.keyring.LIFETIME", 240)
    talk = Conversation(gateway, *"put us-east-1 /a v -- wait -- put us-east-1 /a v".split())
    talk.result()
    world.faults.fail("imds", "GET", None, status=403)
    talk.proceed()
    assert talk.end().result == 2
    assert world.metadata_calls[-1].status == 403


def test_outdated_keys_of_the_environment_stay_outdated(gateway, world):
    keys = world.keyring.of_instance(gateway.instance)
    expire(world, gateway)
    outcome = call(gateway, *PUT, AWS_ACCESS_KEY_ID=keys.access_key, AWS_SECRET_ACCESS_KEY=keys.secret_key,
                   AWS_SESSION_TOKEN=keys.token)
    assert (outcome.code, errors(world), outcome.remedy) == (DENIED, ["ExpiredTokenException"], "renew the credentials")


def test_an_instance_without_a_role(gateway, world):
    gateway.instance.role = None
    outcome = call(gateway, *PUT)
    assert outcome.code == MISSING
    assert outcome.error.startswith("this instance has no credentials: ")
    assert "attach an instance profile" in outcome.remedy


@pytest.mark.parametrize("variables", [
    {"AWS_MAX_ATTEMPTS": "0"}, {"AWS_ACCESS_KEY_ID": "AKIA"}, {"AWS_USE_FIPS_ENDPOINT": "yes"}, {"AWS_ENDPOINT_URL": "x"}])
def test_a_malformed_variable_is_named(gateway, variables):
    outcome = call(gateway, *PUT, **variables)
    assert outcome.code == CONFIG
    assert next(iter(variables)).replace("ACCESS_KEY_ID", "SECRET_ACCESS_KEY") in outcome.error
