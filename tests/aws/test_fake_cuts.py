"""What a change of an instance's public address does to its connections to the APIs, where that is switched on."""

import pytest

from signed import connect, ec2_draft, exchange, ssm_draft

HOST = "ec2.us-east-1.amazonaws.com"
VERSION = "&Version=2016-11-15"


class Talker:
    """A connection of an instance that is kept open."""

    def __init__(self, world, server, instance):
        self._world = world
        self._instance = instance
        self.connection = connect(server.api, server.ca_file, HOST)

    def ask(self, form="Action=DescribeInstances"):
        draft = ec2_draft(HOST, form + VERSION)
        draft.sign(self._world.keyring.of_instance(self._instance), self._world.clock())
        return exchange(self.connection, draft.bytes())[0].status

    def is_open(self):
        """Whether the connection still carries requests."""
        try:
            return self.ask() == 200
        except OSError:
            return False


@pytest.fixture
def talker(world, server, gateway):
    """talker(instance): one more connection, which has carried a request already."""
    talkers = []

    def open_one(instance=gateway.instance):
        talkers.append(Talker(world, server, instance))
        assert talkers[-1].ask() == 200
        return talkers[-1]

    yield open_one
    for one in talkers:
        one.connection.close()


def test_connections_live_on_unless_it_is_switched_on(world, talker):
    first = talker()
    world.disassociate(world.address)
    assert first.is_open()


def test_connections_of_the_instances_whose_address_changed_break(world, talker):
    world.faults.cut_connections()
    fresh, third = (world.launch(world.subnet, f"172.16.1.{n}", f"198.51.100.{n}") for n in (20, 21))
    loser, winner, neither = talker(), talker(fresh), talker(third)
    world.associate(world.address, fresh.interface)
    assert [one.is_open() for one in (loser, winner, neither)] == [False, False, True]
    assert talker().is_open() and talker(fresh).is_open()


def test_the_connection_that_changes_the_address_breaks_after_the_reply(world, talker):
    world.faults.cut_connections()
    one, other = talker(), talker()
    assert one.ask(f"Action=DisassociateAddress&AssociationId={world.address.association_id}") == 200
    assert not one.is_open() and not other.is_open()


def test_a_first_request_that_changes_the_address_gets_its_reply(world, server, gateway):
    world.faults.cut_connections()
    one = Talker(world, server, gateway.instance)
    assert one.ask(f"Action=DisassociateAddress&AssociationId={world.address.association_id}") == 200
    assert not one.is_open()
    one.connection.close()


def test_connections_of_others_than_instances_live_on(world, server, gateway):
    world.faults.cut_connections()
    host = "ssm.us-east-1.amazonaws.com"
    keys = world.add_user("operator")
    with connect(server.api, server.ca_file, host) as connection:
        for _ in range(2):
            draft = ssm_draft(host, "GetParameters", Names=["/a"]).sign(keys, world.clock())
            assert exchange(connection, draft.bytes())[0].status == 200
            if world.address.interface:
                world.disassociate(world.address)
