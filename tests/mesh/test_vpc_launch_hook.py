"""A gateway that an Auto Scaling group launches: it is held back until it works, and given up where it cannot."""

import threading

import pytest
from calls import writes
from checks import eventually, said
from fakeaws.scaling import Hook
from mesh import HASTY, THREE_REGIONS, Mesh

HOOK = "gateway-works"
LATE = 6    # seconds until an instance that has booted waits for the hook


@pytest.fixture(scope="module")
def mesh():
    """Two sites whose gateways no group has launched, and a group for the second one's replacements."""
    tags = {**HASTY, "cygnet:lifecycle-hook": HOOK}
    with Mesh(THREE_REGIONS[:2], tags=tags, managed=True) as made:
        made.group = made.world.add_scaling_group("us-east-2", "gateways", [Hook(HOOK)])
        made.outcomes = made.bootstrap()
        eventually(made.has_all_tunnels, 60)
        yield made


def launch_in_group(mesh, site):
    """As the group does it: the instance is up some time before it waits for the hook."""
    gateway = mesh.launch(site)
    member = mesh.world.join(mesh.group, gateway.instance, waits=False)
    return gateway, member


def test_an_instance_of_no_group_has_a_warning_and_no_hook_to_answer(mesh):
    for done in mesh.outcomes.values():
        assert done.returncode == 0 and "Auto Scaling group" in said(done), said(done)


def test_a_gateway_that_cannot_work_is_abandoned_and_takes_nothing(mesh):
    site = mesh.sites[1]
    broken, member = launch_in_group(mesh, site)
    mesh.world.begin(member)
    broken.wait_booted()
    broken.check(["rm", "/usr/sbin/charon-systemd", "/usr/sbin/ipsec"])
    mark = mesh.world.mark()
    done = broken.bootstrap()
    assert done.returncode == 69, said(done)
    assert member.state == "Terminating"
    assert [call.action for call in writes(mesh.world.calls_since(mark), broken)
            if call.action != "RecordLifecycleActionHeartbeat"] == ["CompleteLifecycleAction"]
    assert site.elastic.interface is site.gateway.instance.interface and mesh.is_whole()
    mesh.terminate(broken)


def test_the_hook_is_completed_once_the_gateway_works(mesh):
    site = mesh.sites[1]
    mesh.terminate(site.gateway)
    site.gateway, member = launch_in_group(mesh, site)
    mark = mesh.world.mark()
    threading.Timer(LATE, mesh.world.begin, [member]).start()
    done = site.gateway.bootstrap()
    assert done.returncode == 0, said(done)
    assert member.state == "InService"
    calls = [call for call in writes(mesh.world.calls_since(mark), site.gateway) if not call.error]
    assert calls[-1].action == "CompleteLifecycleAction"
    assert calls[-1].params["LifecycleActionResult"] == "CONTINUE"
    assert "AssociateAddress" in [call.action for call in calls]
    eventually(mesh.is_whole, 30)
