"""The launch hook that waits for a gateway, and the group that is told of one beyond repair."""

import json

import pytest
from checks import eventually

import records
from fakeaws.scaling import Hook
from live import CHARON_UNIT

DONE, STEP, ALL_DOWN, CONFIG, MISSING, AGAIN, DENIED = 0, 1, 4, 65, 69, 75, 77
REGION = "us-east-1"
OWN = records.name("us-east-1")
RECENT = "run/cygnet/recent.json"


@pytest.fixture
def member(world, live):
    """The gateway, held back by the hook "launch" of its group."""
    live.instance.tags |= {"cygnet:lifecycle-hook": "launch", "cygnet:key-bits": "3072", "cygnet:interval": "5s"}
    return world.join(world.add_scaling_group(REGION, "gateways", [Hook("launch", timeout=30)]), live.instance)


def told(world, mark=0):
    """What Auto Scaling was called for and with which result or health, describing aside."""
    return [(call.action, call.params.get("LifecycleActionResult") or call.params.get("HealthStatus"))
            for call in world.calls_since(mark)
            if call.service == "autoscaling" and not call.action.startswith("Describe")]


def recent(live, **changes):
    path = live.root / RECENT
    document = json.loads(path.read_text()) | changes
    path.write_text(json.dumps(document))
    return document


def test_a_gateway_that_works_is_let_in_last(live, world, member):
    done = live.cygnet("bootstrap")
    assert done.returncode == DONE, done.stderr
    assert member.state == "InService"
    assert "told Auto Scaling group 'gateways' to go on with this instance: lifecycle hook 'launch'" in done.stderr
    assert told(world) == [("CompleteLifecycleAction", "CONTINUE")]
    assert world.calls[-1].action == "CompleteLifecycleAction"
    assert OWN in world.ssm(REGION).parameters
    assert recent(live)["hook_due_ms"] == 0


def test_one_that_is_in_service_says_nothing(live, world, member):
    live.cygnet("bootstrap")
    mark = world.mark()
    done = live.cygnet("bootstrap")
    assert (done.returncode, told(world, mark)) == (DONE, [])
    assert "lifecycle" not in done.stderr


def test_tunnels_that_stay_down_hold_nobody_back(live, world, member):
    """And the hook, which would have lost patience after 30 s, is kept waiting meanwhile."""
    peer = records.record("berlin", 1)
    world.ssm(REGION).put(records.name("berlin"), json.dumps(peer))
    live.loads(peer)
    done = live.cygnet("bootstrap", "--tunnel-wait", "32s")
    assert done.returncode == ALL_DOWN, done.stderr
    *beats, end = told(world)
    assert set(beats) == {("RecordLifecycleActionHeartbeat", None)} and len(beats) >= 2
    assert end == ("CompleteLifecycleAction", "CONTINUE")
    assert member.state == "InService"


def test_a_hook_that_is_not_active_yet_is_waited_for(live, world, member):
    member.begun, member.actions = False, []
    run = live.start("bootstrap")
    eventually(lambda: len(told(world)) >= 2, 60)
    world.begin(member)
    done = run.finish()
    assert done.returncode == DONE, done.stderr
    assert member.state == "InService"
    assert set(told(world)) == {("CompleteLifecycleAction", "CONTINUE")}


def test_a_hook_that_is_never_active_is_waited_for_within_bounds(live, world, member):
    member.begun, member.actions = False, []
    done = live.cygnet("bootstrap", "--timeout", "30s", "--tunnel-wait", "1s")
    assert done.returncode == AGAIN
    assert "no action of lifecycle hook 'launch' is active for this instance in Auto Scaling group 'gateways'" \
        in done.stderr
    assert recent(live)["hook_due_ms"] > 0


def break_charon(live):
    live.charon.down()
    live.set_unit(CHARON_UNIT, active=False, broken=True)


def remove_strongswan(live):
    (live.root / "usr/sbin/swanctl").unlink()


def damage_state(live):
    path = live.root / "var/lib/cygnet/state.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{")


LOCAL_FAULTS = [(break_charon, STEP), (remove_strongswan, MISSING), (damage_state, CONFIG)]


@pytest.mark.parametrize("spoil, code", LOCAL_FAULTS)
def test_a_local_fault_gives_the_instance_up(live, world, member, spoil, code):
    spoil(live)
    done = live.cygnet("bootstrap")
    assert done.returncode == code, done.stderr
    assert member.state == "Terminating"
    assert told(world) == [("CompleteLifecycleAction", "ABANDON")]
    assert OWN not in world.ssm(REGION).parameters
    assert "told Auto Scaling group 'gateways' to abandon this instance" in done.stderr


@pytest.mark.parametrize("spoil, code", LOCAL_FAULTS)
def test_an_instance_in_service_is_never_given_up(live, world, member, spoil, code):
    world.complete(member, member.action("launch"), "CONTINUE")
    spoil(live)
    done = live.cygnet("bootstrap")
    assert (done.returncode, told(world)) == (code, []), done.stderr


def test_the_error_names_its_own_step(live, world, member):
    remove_strongswan(live)
    done = live.cygnet("bootstrap")
    assert "cygnet bootstrap: distribution: " in done.stderr


def test_a_registry_that_does_not_answer_leaves_the_hook_waiting_for_sync(live, world, member):
    world.faults.throttle("ssm", n=float("inf"))
    done = live.cygnet("bootstrap", "--tunnel-wait", "1s")
    assert done.returncode == AGAIN, done.stderr
    assert [action for action, _ in told(world) if action == "CompleteLifecycleAction"] == []
    assert member.state == "Pending:Wait"
    world.faults.clear()
    recent(live, hook_due_ms=1)
    done = live.cygnet("sync")
    assert done.returncode == DONE, done.stderr
    assert member.state == "InService"
    assert recent(live)["hook_due_ms"] == 0


def test_sync_leaves_the_hook_to_a_bootstrap_that_runs(live, world, member):
    live.cygnet("bootstrap")
    member.actions.clear()
    world.begin(member)
    recent(live, hook_due_ms=2**52)
    mark = world.mark()
    assert live.cygnet("sync").returncode == DONE
    assert "autoscaling" not in {call.service for call in world.calls_since(mark)}


@pytest.mark.parametrize("action", ["DescribeAutoScalingInstances", "CompleteLifecycleAction"])
def test_a_permission_that_lacks_costs_the_gateway_nothing(live, world, member, action):
    world.faults.deny("autoscaling", action)
    done = live.cygnet("bootstrap")
    assert done.returncode == DENIED
    assert f"grant autoscaling:{action} on '" in done.stderr
    assert member.state == "Pending:Wait"
    assert OWN in world.ssm(REGION).parameters


def test_an_instance_without_a_group(live, world):
    live.instance.tags |= {"cygnet:lifecycle-hook": "launch", "cygnet:key-bits": "3072"}
    done = live.cygnet("bootstrap")
    assert (done.returncode, told(world)) == (DONE, [])
    assert "warning: 'lifecycle-hook' is 'launch', and this instance is in no Auto Scaling group, ignoring" \
        in done.stderr


def test_without_the_setting_nobody_is_asked(live, world, member):
    del live.instance.tags["cygnet:lifecycle-hook"]
    assert live.cygnet("bootstrap").returncode == DONE
    assert "autoscaling" not in {call.service for call in world.calls}


@pytest.fixture
def lost(live, world, member):
    """A gateway in service whose charon does not come back, in spite of a first run that has tried."""
    live.instance.tags["cygnet:unhealthy-after"] = "10m"
    assert live.cygnet("bootstrap").returncode == DONE
    break_charon(live)
    assert live.cygnet("sync").returncode == STEP
    assert recent(live)["charon_lost_ms"] > 0
    assert told(world)[1:] == []
    return member


def test_a_charon_beyond_repair_is_told_once_an_hour(live, world, lost):
    for lost_ms, expected in [(None, []), (1, [("SetInstanceHealth", "Unhealthy")]), (1, [])]:
        recent(live, **({"charon_lost_ms": lost_ms} if lost_ms else {}))
        mark = world.mark()
        done = live.cygnet("sync")
        assert (done.returncode, told(world, mark)) == (STEP, expected), done.stderr
    assert not lost.healthy


def test_a_charon_that_comes_back_is_not(live, world, lost):
    live.set_unit(CHARON_UNIT, active=True, broken=False)
    live.charon.up()
    recent(live, charon_lost_ms=1)
    done = live.cygnet("sync")
    assert done.returncode == DONE, done.stderr
    assert lost.healthy and recent(live)["charon_lost_ms"] == 0


def test_without_unhealthy_after_nobody_is_told(live, world, lost):
    del live.instance.tags["cygnet:unhealthy-after"]
    recent(live, charon_lost_ms=1)
    assert live.cygnet("sync").returncode == STEP
    assert lost.healthy


def test_a_group_that_may_not_be_told_is_named(live, world, lost):
    world.faults.deny("autoscaling", "SetInstanceHealth")
    recent(live, charon_lost_ms=1)
    done = live.cygnet("sync")
    assert "grant autoscaling:SetInstanceHealth on " in done.stderr
    assert lost.healthy
