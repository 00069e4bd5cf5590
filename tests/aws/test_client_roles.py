"""Roles that are assumed for a registry of another account, and what an instance tells its Auto Scaling group."""

import pytest

from aws_client import DENIED, STEP, Conversation, call
from fakeaws.scaling import Hook

HERE, REGISTRY = "111122223333", "444455556666"
REGION = "us-east-1"


@pytest.fixture
def role(world):
    """A role of the registry's account that trusts the gateways' role."""
    return world.add_role("registry", [f"arn:aws:iam::{HERE}:role/gateway"], account=REGISTRY)


def assume(role, *steps):
    return f"assume {role.arn} {REGION} gateway-1 -- {' -- '.join(steps)}".split()


def actions(world):
    return [one.action for one in world.calls]


def test_a_registry_of_another_account(world, gateway, role):
    steps = assume(role, "put us-east-1 /a v", "get us-east-1 /a", "put us-west-2 /a v")
    assert call(gateway, *steps).results[1] == 1
    assert list(world.ssm(REGION, REGISTRY).parameters) == ["/a"]
    assert list(world.ssm(REGION, HERE).parameters) == []
    assert actions(world) == ["AssumeRole", "PutParameter", "GetParameters", "PutParameter"]
    assert world.calls[1].caller == f"arn:aws:sts::{REGISTRY}:assumed-role/registry/gateway-1"


def test_a_role_that_trusts_somebody_else(world, gateway):
    role = world.add_role("registry", [f"arn:aws:iam::{HERE}:role/other"], account=REGISTRY)
    outcome = call(gateway, *assume(role, "put us-east-1 /a v"))
    assert outcome.code == DENIED
    assert outcome.error.startswith(f"sts:AssumeRole on '{role.arn}' in 'us-east-1': AccessDenied: User: arn:aws:sts::")
    assert outcome.remedy == f"grant sts:AssumeRole on '{role.arn}', and let that role's trust policy name who asks"


def test_what_the_role_may_not_is_the_role_s_denial(world, gateway, role):
    world.faults.deny("ssm", "PutParameter")
    outcome = call(gateway, *assume(role, "put us-east-1 /a v"))
    assert (outcome.code, outcome.remedy) == (DENIED, "grant ssm:PutParameter on '/a'")
    assert f"{REGISTRY}:assumed-role/registry/gateway-1" in outcome.error


def test_throttling_of_sts_is_tried_again(world, gateway, role):
    world.faults.throttle("sts", n=1)
    assert call(gateway, *assume(role, "put us-east-1 /a v")).result == 1
    assert actions(world) == ["AssumeRole", "AssumeRole", "PutParameter"]


def test_a_role_is_assumed_anew_in_time(world, gateway, role, clock):
    """The program learns the time from the server: its own clock stands still here."""
    talk = Conversation(gateway, *assume(role, "put us-east-1 /a v", "wait", "put us-east-1 /a v"))
    assert (talk.result(), talk.result()) == (True, 1)
    clock.advance(3500)
    talk.proceed()
    assert talk.end().results[-1] == 2
    assert [one.action for one in world.calls if one.error is None].count("AssumeRole") == 2


def test_no_secret_of_a_role_is_shown(world, gateway, role, monkeypatch):
    issued, of_role = [], world.keyring.of_role
    monkeypatch.setattr(world.keyring, "of_role", lambda *words: issued.append(of_role(*words)) or issued[-1])
    outcome = call(gateway, *assume(role, "put us-east-1 /a v"))
    text = "\n".join(outcome.log)
    assert len(outcome.log) == 2 and f"sts:AssumeRole '{role.arn}' in 'us-east-1': 200, " in text
    assert not any(secret in text for keys in issued for secret in (keys.access_key, keys.secret_key, keys.token))
    assert len(issued) == 1


# --- Auto Scaling ---

@pytest.fixture
def group(world):
    return world.add_scaling_group(REGION, "gateways of lab", [Hook("ready", timeout=300)])


@pytest.fixture
def hook(gateway, group):
    """hook("continue"): the Outcome of telling the group's hook so."""
    return lambda how, name="ready": call(gateway, "hook", REGION, group.name, name, gateway.instance.id, how)


def test_an_instance_and_its_group(world, gateway, group):
    step = "group", REGION, gateway.instance.id
    assert call(gateway, *step).result == {"group": None, "state": None}
    world.join(group, gateway.instance)
    assert call(gateway, *step).result == {"group": "gateways of lab", "state": "Pending:Wait"}


@pytest.mark.parametrize("how, result", [("continue", "CONTINUE"), ("abandon", "ABANDON")])
def test_a_hook_is_told_once(world, gateway, group, hook, how, result):
    member = world.join(group, gateway.instance)
    assert hook(how).result is True
    assert member.actions[0].given == result
    assert hook(how).result is False


def test_a_hook_that_is_not_reached_yet(world, gateway, group, hook):
    member = world.join(group, gateway.instance, waits=False)
    assert hook("continue").result is False
    assert hook("heartbeat").result is False
    world.begin(member)
    assert hook("heartbeat").result is True
    assert hook("continue").result is True


def test_a_heartbeat_prolongs(world, gateway, group, hook, clock):
    action = world.join(group, gateway.instance).actions[0]
    before = action.expires
    clock.advance(100)
    assert hook("heartbeat").result is True
    assert action.expires > before + 50


def test_a_group_that_there_is_not(gateway):
    outcome = call(gateway, "hook", REGION, "none", "ready", gateway.instance.id, "continue")
    assert outcome.code == STEP
    assert outcome.error.startswith("autoscaling:CompleteLifecycleAction on 'none' in 'us-east-1': ValidationError: AutoScalingGroup")


def test_who_is_past_help_says_so(world, gateway, group):
    member = world.join(group, gateway.instance)
    assert call(gateway, "unhealthy", REGION, gateway.instance.id).result is True
    assert member.healthy is False


def test_what_is_denied_names_the_action(world, gateway, group, hook):
    world.join(group, gateway.instance)
    world.faults.deny("autoscaling", "CompleteLifecycleAction")
    outcome = hook("continue")
    assert (outcome.code, outcome.remedy) == (DENIED, "grant autoscaling:CompleteLifecycleAction on 'gateways of lab'")
