"""The state that tests and the mesh lab build and watch, without any request."""

import threading
import time

import pytest

from fakeaws import Call, World


@pytest.fixture
def changes(world):
    """What on_change told, as (kind, object)."""
    told = []
    world.on_change(lambda kind, thing: told.append((kind, thing)))
    return told


def launch(world, last, public_ip=None):
    return world.launch(world.subnet, f"172.16.1.{last}", public_ip)


def test_a_launch_is_told_when_it_is_complete(world, changes):
    instance = launch(world, 10, "203.0.113.10")
    assert changes == [("interface", instance.interface), ("public_address", instance.interface),
                       ("address", world.address), ("instance", instance)]
    assert (instance.interface.public_ip, world.address.interface) == ("203.0.113.10", instance.interface)


def test_an_elastic_ip_moves(world, changes):
    first, second = launch(world, 10, "203.0.113.10"), launch(world, 11, "198.51.100.1")
    former = world.address.association_id
    del changes[:]
    world.associate(world.address, second.interface)
    assert changes == [("public_address", first.interface), ("address", world.address),
                       ("public_address", second.interface)]
    assert (first.interface.public_ip, second.interface.public_ip) == (None, "203.0.113.10")
    assert world.address.association_id != former


def test_an_elastic_ip_that_is_displaced_is_free(world, changes):
    other = world.allocate_address("us-east-1", "203.0.113.11")
    instance = launch(world, 10, "203.0.113.10")
    del changes[:]
    world.associate(other, instance.interface)
    assert (world.address.interface, world.address.association_id) == (None, None)
    assert changes == [("public_address", instance.interface), ("address", world.address), ("address", other)]


def test_termination_frees_the_elastic_ip_and_the_private_address(world, changes):
    instance = launch(world, 10, "203.0.113.10")
    del changes[:]
    world.terminate(instance)
    assert world.address.interface is None and world.instance_at(world.vpc, "172.16.1.10") is None
    assert changes == [("public_address", instance.interface), ("address", world.address), ("instance", instance)]
    assert launch(world, 10, "203.0.113.10").interface.address is world.address


@pytest.mark.parametrize("build", [
    lambda world: world.add_vpc("middle-earth-1", ["10.0.0.0/16"]),
    lambda world: world.add_subnet(world.vpc, "us-east-1a", "10.0.0.0/24"),
    lambda world: world.add_subnet(world.vpc, "eu-west-1a", "172.16.2.0/24"),
    lambda world: launch(world, "1000"),
    lambda world: world.launch(world.subnet, "172.16.2.1"),
    lambda world: (launch(world, 10), launch(world, 10)),
    lambda world: (launch(world, 10, "203.0.113.10"), launch(world, 11, "203.0.113.10")),
    lambda world: world.ssm("middle-earth-1"),
])
def test_what_cannot_be_is_refused(world, build):
    with pytest.raises(ValueError):
        build(world)


def test_changes_are_told_without_the_lock(world):
    reached = threading.Event()

    def from_another_thread(kind, thing):
        asking = threading.Thread(target=lambda: (world.instance_at(world.vpc, "172.16.1.10"), reached.set()))
        asking.start()
        asking.join(5)

    world.on_change(from_another_thread)
    launch(world, 10)
    assert reached.is_set()


def test_whoever_is_told_last_sees_things_as_they_are(world):
    """Two movers of one address: what the listener wrote down last is where the address is."""
    instances = [launch(world, last) for last in range(10, 18)]
    seen = []

    def slowly(kind, thing):
        holder = world.address.interface
        time.sleep(0.002)
        seen.append(holder)

    world.on_change(slowly)
    movers = [threading.Thread(target=world.associate, args=(world.address, one.interface)) for one in instances]
    for mover in movers:
        mover.start()
    for mover in movers:
        mover.join()
    assert seen[-1] is world.address.interface


def test_the_calls_since_a_mark():
    world = World()
    call = Call(0, "us-east-1", "ssm", "PutParameter", None, {}, 200, None)
    world.log_call(call)
    mark = world.mark()
    world.log_call(call._replace(action="GetParameters"))
    assert [each.action for each in world.calls_since(mark)] == ["GetParameters"]


def test_secrets_are_not_shown(world):
    keys = world.keyring.of_instance(launch(world, 10))
    assert keys.access_key in repr(keys)
    assert keys.secret_key not in repr(keys) and keys.token not in repr(keys)
