"""What the boot lab tells an instance by DHCP, without one."""

import ipaddress
import socket
import struct

import fabric
import netns
import pytest
from dhcp import Dhcp

DISCOVER, OFFER, REQUEST, ACK, RELEASE = 1, 2, 3, 5, 7
MAC = bytes.fromhex("020000000001")
TRANSACTION = b"\x12\x34\x56\x78"
ADDRESS = ipaddress.IPv4Interface("172.16.0.10/24")


@pytest.fixture
def client(scratch):
    """A socket at the other end of a cable at which a Dhcp answers."""
    for name in ("dhcp-server", "dhcp-client"):
        netns.add(name)
    netns.ip("dhcp-server", "link add wire type veth peer name ens5 netns dhcp-client", "link set wire up")
    netns.ip("dhcp-client", "link set ens5 up")
    server = Dhcp("dhcp-server", "wire", ADDRESS, "172.16.0.2")
    with netns.inside("dhcp-client"):
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"ens5")
        made.bind(("0.0.0.0", 68))
    made.settimeout(5)
    yield made
    made.close()
    server.close()
    for name in ("dhcp-server", "dhcp-client"):
        netns.delete(name)


def send(client, kind):
    head = struct.pack(">BBBB4sHH", 1, 1, 6, 0, TRANSACTION, 0, 0x8000) + bytes(16) + MAC.ljust(16, b"\0")
    options = bytes([0, 61, 1, 9, 53, 1, kind, 255])
    client.sendto(head + bytes(192) + b"\x63\x82\x53\x63" + options, ("255.255.255.255", 67))


def options_of(reply):
    found, at = {}, 240
    while reply[at] != 255:
        found[reply[at]] = reply[at + 2:at + 2 + reply[at + 1]]
        at += 2 + reply[at + 1]
    return found


@pytest.mark.parametrize("asked, answered", [(DISCOVER, OFFER), (REQUEST, ACK)])
def test_dhcp_offers_the_address_of_the_port(client, asked, answered):
    send(client, asked)
    reply = client.recv(1500)
    options = options_of(reply)
    assert (reply[0], reply[4:8], reply[16:20], reply[28:34]) == (2, TRANSACTION, ADDRESS.ip.packed, MAC)
    assert options[53] == bytes([answered])
    assert options[1] == bytes([255, 255, 255, 0])
    assert options[3] == ipaddress.IPv4Address("172.16.0.1").packed
    assert options[6] == ipaddress.IPv4Address("172.16.0.2").packed
    assert int.from_bytes(options[26], "big") == fabric.INSIDE_MTU


def test_dhcp_has_nothing_to_say_to_other_messages(client):
    send(client, RELEASE)
    send(client, DISCOVER)
    assert options_of(client.recv(1500))[53] == bytes([OFFER])
