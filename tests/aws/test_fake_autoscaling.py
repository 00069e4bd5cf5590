"""Auto Scaling as boto3 sees it: launch hooks, their timeouts, and health."""

import pytest
from botocore.exceptions import ClientError

from fakeaws.scaling import Hook
from fakeaws.services import SERVICES

CALLS = {
    "DescribeAutoScalingInstances": {"InstanceIds": ["i-01234567", "i-89abcdef"], "MaxRecords": 7, "NextToken": "x"},
    "CompleteLifecycleAction": {"AutoScalingGroupName": "g", "LifecycleHookName": "h", "InstanceId": "i-01234567",
                                "LifecycleActionResult": "CONTINUE"},
    "RecordLifecycleActionHeartbeat": {"AutoScalingGroupName": "g", "LifecycleHookName": "h",
                                       "LifecycleActionToken": "0" * 36},
    "SetInstanceHealth": {"InstanceId": "i-01234567", "HealthStatus": "Unhealthy", "ShouldRespectGracePeriod": False},
}


@pytest.fixture
def autoscaling(client):
    return client("autoscaling")


@pytest.fixture
def group(world):
    return world.add_scaling_group("us-east-1", "gateways", hooks=[Hook("ready", timeout=60)])


@pytest.fixture
def member(world, group, gateway):
    return world.join(group, gateway.instance)


@pytest.fixture
def named(gateway):
    """What names the gateway's action of the hook."""
    return {"AutoScalingGroupName": "gateways", "LifecycleHookName": "ready", "InstanceId": gateway.instance.id}


def refusal(call, **params):
    """(code, message) of the error that a call gets."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def state(autoscaling, instance):
    [one] = autoscaling.describe_auto_scaling_instances(InstanceIds=[instance.id])["AutoScalingInstances"]
    return one["LifecycleState"], one["HealthStatus"]


def no_action(instance):
    return "ValidationError", f"No active Lifecycle Action found with instance ID {instance.id}"


def test_an_instance_waits_for_the_hook_until_it_is_completed(autoscaling, world, gateway, member, named):
    told = []
    world.on_change(lambda kind, thing: told.append((kind, thing)))
    assert state(autoscaling, gateway.instance) == ("Pending:Wait", "HEALTHY")
    autoscaling.complete_lifecycle_action(**named, LifecycleActionResult="CONTINUE")
    assert state(autoscaling, gateway.instance) == ("InService", "HEALTHY")
    assert (member.actions[0].result, member.actions[0].timed_out, told) == ("CONTINUE", False, [("lifecycle", member)])


def test_what_is_described_of_a_member(autoscaling, gateway, member):
    reply = autoscaling.describe_auto_scaling_instances()["AutoScalingInstances"]
    assert reply == [{"InstanceId": gateway.instance.id, "InstanceType": "t3.small", "AutoScalingGroupName": "gateways",
                      "AvailabilityZone": "us-east-1a", "LifecycleState": "Pending:Wait", "HealthStatus": "HEALTHY",
                      "ProtectedFromScaleIn": False}]
    assert gateway.instance.tags["aws:autoscaling:groupName"] == "gateways"


def test_who_is_no_member_is_not_described(autoscaling, world, gateway, member):
    world.terminate(gateway.instance)
    for ids in ([], [gateway.instance.id], ["i-0123456789abcdef0"]):
        assert autoscaling.describe_auto_scaling_instances(InstanceIds=ids)["AutoScalingInstances"] == []


def test_too_early_and_too_late_there_is_no_action(autoscaling, world, group, gateway, named):
    member = world.join(group, gateway.instance, waits=False)
    complete = autoscaling.complete_lifecycle_action
    assert state(autoscaling, gateway.instance)[0] == "Pending"
    assert refusal(complete, **named, LifecycleActionResult="CONTINUE") == no_action(gateway.instance)
    assert refusal(autoscaling.record_lifecycle_action_heartbeat, **named) == no_action(gateway.instance)
    world.begin(member)
    complete(**named, LifecycleActionResult="CONTINUE")
    assert refusal(complete, **named, LifecycleActionResult="CONTINUE") == no_action(gateway.instance)
    assert state(autoscaling, gateway.instance)[0] == "InService"


def test_an_instance_is_abandoned(autoscaling, gateway, member, named):
    autoscaling.complete_lifecycle_action(**named, LifecycleActionResult="ABANDON")
    assert (state(autoscaling, gateway.instance)[0], member.target_state) == ("Terminating", "Terminated")


@pytest.mark.parametrize("default, outcome", [("ABANDON", "Terminating"), ("CONTINUE", "InService")])
def test_a_hook_times_out(autoscaling, world, clock, gateway, named, default, outcome):
    group = world.add_scaling_group("us-east-1", "gateways", hooks=[Hook("ready", 60, default)])
    member = world.join(group, gateway.instance)
    clock.advance(59)
    assert state(autoscaling, gateway.instance)[0] == "Pending:Wait"
    clock.advance(2)
    assert state(autoscaling, gateway.instance)[0] == outcome
    assert (member.actions[0].result, member.actions[0].timed_out) == (default, True)
    assert refusal(autoscaling.complete_lifecycle_action, **named,
                   LifecycleActionResult="CONTINUE") == no_action(gateway.instance)


def test_heartbeats_put_the_timeout_off(autoscaling, clock, gateway, member, named):
    for _ in range(3):
        clock.advance(40)
        autoscaling.record_lifecycle_action_heartbeat(**named)
    assert (state(autoscaling, gateway.instance)[0], member.actions[0].heartbeats) == ("Pending:Wait", 3)
    clock.advance(61)
    assert state(autoscaling, gateway.instance)[0] == "Terminating"


def test_heartbeats_do_not_put_it_off_for_ever(clock, world, gateway):
    """A hundred timeouts are the end of it."""
    group = world.add_scaling_group("us-east-1", "gateways", hooks=[Hook("ready", timeout=30)])
    action = world.join(group, gateway.instance).actions[0]
    for _ in range(115):
        clock.advance(26)
        action.beat()
    clock.advance(9)
    assert action.result is None
    clock.advance(2)
    assert action.timed_out


def test_an_instance_waits_for_every_hook(autoscaling, world, gateway, named):
    hooks = [Hook("ready"), Hook("registered")]
    world.join(world.add_scaling_group("us-east-1", "gateways", hooks=hooks), gateway.instance)
    autoscaling.complete_lifecycle_action(**named, LifecycleActionResult="CONTINUE")
    assert state(autoscaling, gateway.instance)[0] == "Pending:Wait"
    named["LifecycleHookName"] = "registered"
    autoscaling.complete_lifecycle_action(**named, LifecycleActionResult="CONTINUE")
    assert state(autoscaling, gateway.instance)[0] == "InService"


def test_an_action_is_named_by_its_token_too(autoscaling, gateway, member, named):
    del named["InstanceId"]
    complete = autoscaling.complete_lifecycle_action
    wrong = "00000000-0000-0000-0000-000000000000"
    assert refusal(complete, **named, LifecycleActionResult="CONTINUE", LifecycleActionToken=wrong) == (
        "ValidationError", f"No active Lifecycle Action found with token {wrong}")
    complete(**named, LifecycleActionResult="CONTINUE", LifecycleActionToken=member.actions[0].token)
    assert member.state == "InService"


@pytest.mark.parametrize("change", [
    {"AutoScalingGroupName": "others"},
    {"LifecycleHookName": "others"},
    {"LifecycleHookName": "not a name"},
    {"InstanceId": "i-0123456789abcdef0"},
    {"InstanceId": "i-0123456789abcdef01"},
    {"LifecycleActionResult": "PERHAPS"},
])
def test_completions_that_are_refused(autoscaling, member, named, change):
    params = {**named, "LifecycleActionResult": "CONTINUE", **change}
    assert refusal(autoscaling.complete_lifecycle_action, **params)[0] == "ValidationError"
    assert member.state == "Pending:Wait"


def test_health(autoscaling, gateway, member):
    autoscaling.set_instance_health(InstanceId=gateway.instance.id, HealthStatus="Unhealthy")
    assert (state(autoscaling, gateway.instance)[1], member.healthy) == ("UNHEALTHY", False)
    assert refusal(autoscaling.set_instance_health, InstanceId=gateway.instance.id, HealthStatus="Poorly")[0] == (
        "ValidationError")
    assert refusal(autoscaling.set_instance_health, InstanceId="i-0123456789abcdef0", HealthStatus="Unhealthy") == (
        "ValidationError",
        "Instance Id not found - No managed instance found for instance ID: i-0123456789abcdef0")


def test_health_may_have_to_wait_for_the_grace_period(autoscaling, world, clock, gateway):
    group = world.add_scaling_group("us-east-1", "graced", grace=60)
    member = world.join(group, gateway.instance)
    unhealthy = {"InstanceId": gateway.instance.id, "HealthStatus": "Unhealthy"}
    autoscaling.set_instance_health(**unhealthy)
    assert member.healthy
    autoscaling.set_instance_health(**unhealthy, ShouldRespectGracePeriod=False)
    assert not member.healthy
    world.set_health(member, True)
    clock.advance(61)
    autoscaling.set_instance_health(**unhealthy)
    assert not member.healthy


def test_members_come_in_pages(autoscaling, world, group):
    instances = [world.launch(world.subnet, f"172.16.1.{n}") for n in range(20, 27)]
    for one in instances:
        world.join(group, one)
    pages = list(autoscaling.get_paginator("describe_auto_scaling_instances").paginate(
        PaginationConfig={"PageSize": 3}))
    assert [len(page["AutoScalingInstances"]) for page in pages] == [3, 3, 1]
    shown = {one["InstanceId"] for page in pages for one in page["AutoScalingInstances"]}
    assert shown == {one.id for one in instances}
    assert refusal(autoscaling.describe_auto_scaling_instances, NextToken="x")[0] == "InvalidNextToken"
    assert refusal(autoscaling.describe_auto_scaling_instances, MaxRecords=51)[0] == "ValidationError"


def test_regions_and_accounts_do_not_see_each_other(client, world, member, named):
    elsewhere = client("autoscaling", region="eu-west-1")
    assert elsewhere.describe_auto_scaling_instances()["AutoScalingInstances"] == []
    other = client("autoscaling", keys=world.add_user("operator", "444455556666"))
    assert other.describe_auto_scaling_instances()["AutoScalingInstances"] == []
    assert refusal(other.complete_lifecycle_action, **named, LifecycleActionResult="CONTINUE")[0] == "ValidationError"


def test_who_is_denied_or_too_fast(autoscaling, world, gateway, member, named):
    world.faults.deny("autoscaling", "CompleteLifecycleAction")
    code, message = refusal(autoscaling.complete_lifecycle_action, **named, LifecycleActionResult="CONTINUE")
    assert code == "AccessDenied" and "autoscaling:CompleteLifecycleAction" in message
    world.faults.throttle("autoscaling")
    assert refusal(autoscaling.describe_auto_scaling_instances)[0] == "Throttling"
    assert state(autoscaling, gateway.instance)[0] == "Pending:Wait"


def test_what_cannot_be_is_refused(world, group, member):
    with pytest.raises(ValueError):
        world.add_scaling_group("us-east-1", "gateways")
    with pytest.raises(ValueError):
        world.join(group, member.instance)
    with pytest.raises(ValueError):
        world.join(world.add_scaling_group("eu-west-1", "gateways"), world.launch(world.subnet, "172.16.1.20"))


def test_every_action_is_decoded_as_boto3_was_called(autoscaling, world):
    assert set(CALLS) == set(SERVICES["autoscaling"].actions)
    for method, action in autoscaling.meta.method_to_api_mapping.items():
        if action in CALLS:
            with pytest.raises(ClientError):
                getattr(autoscaling, method)(**CALLS[action])
            assert (world.calls[-1].action, world.calls[-1].params) == (action, CALLS[action])
