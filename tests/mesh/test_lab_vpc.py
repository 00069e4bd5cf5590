"""What the fake AWS is told is what packets meet: routes, groups, addresses, instances come and gone. No cygnet here."""

import subprocess
import time

import pytest
from checks import eventually
from fabric import AWS_ADDRESS
from fakeaws.rules import Rule
from lab import parallel
from mesh import THREE_REGIONS, Mesh

BEHIND = "10.99.0.1"
BEHIND_RANGE = "10.99.0.0/24"
KEEP_TALKING = """
import socket, sys
talk = socket.create_connection((sys.argv[1], 443), 5)
print("open", flush=True)
sys.stdin.readline()
talk.settimeout(3)
try:
    talk.sendall(b"GET / HTTP/1.1\\r\\n\\r\\n")
    print("answered" if talk.recv(1) else "closed")
except OSError as error:
    print(type(error).__name__)
"""


@pytest.fixture(scope="module")
def lab():
    """Two zones of a VPC, an address behind the first one's gateway, which may forward."""
    with Mesh(THREE_REGIONS[:1], zones="ab", cygnet=None) as made:
        gateway = made.sites[0].gateway
        gateway.wait_booted()
        gateway.check(["ip", "addr", "add", f"{BEHIND}/32", "dev", "lo"])
        made.world.set_source_dest_check(gateway.instance.interface, False)
        yield made


@pytest.fixture
def first(lab):
    return lab.sites[0]


@pytest.fixture
def route(lab, first):
    """The first zone's table leads to the address behind the gateway, by which the host reaches it."""
    lab.world.put_route(lab.table(first), BEHIND_RANGE, first.gateway.instance.interface)
    assert first.host.ping(BEHIND, wait=1) is not None
    yield
    if BEHIND_RANGE in lab.table(first).routes:
        lab.world.remove_route(lab.table(first), BEHIND_RANGE)


def test_a_route_that_is_deleted_leads_nowhere(lab, first, route):
    lab.world.remove_route(lab.table(first), BEHIND_RANGE)
    assert first.host.ping(BEHIND, wait=1) is None


def test_a_route_to_another_target_leads_there(lab, first, route):
    lab.world.put_route(lab.table(first), BEHIND_RANGE, lab.sites[1].gateway.instance.interface)
    assert first.host.ping(BEHIND, wait=1) is None
    lab.world.put_route(lab.table(first), "10.99.0.1/32", first.gateway.instance.interface)
    assert first.host.ping(BEHIND, wait=1) is not None, "the longest prefix wins"
    lab.world.remove_route(lab.table(first), "10.99.0.1/32")


def test_a_subnet_obeys_its_own_table_alone(lab, first, route):
    other = lab.sites[1]
    assert other.host.ping(BEHIND, wait=1) is None
    own = lab.table(other)
    lab.world.use_table(other.subnets[1], lab.table(first))
    assert other.host.ping(BEHIND, wait=1) is not None
    lab.world.use_table(other.subnets[1], own)
    assert other.host.ping(BEHIND, wait=1) is None


def test_the_source_dest_check_holds_at_once(lab, first, route):
    interface = first.gateway.instance.interface
    lab.world.set_source_dest_check(interface, True)
    assert first.host.ping(BEHIND, wait=1) is None
    lab.world.set_source_dest_check(interface, False)
    assert first.host.ping(BEHIND, wait=1) is not None


# --- security groups

@pytest.fixture
def group(lab, first):
    """The only security group of the first gateway, with nothing let in."""
    interface = first.gateway.instance.interface
    before = interface.groups
    group = lab.world.add_group(first.world_vpc, f"try-{len(lab.world.groups)}")
    lab.world.set_groups(interface, [group])
    yield group
    lab.world.set_groups(interface, before)


def ping_private(site):
    return site.host.ping(site.gateway.instance.interface.private_ip, wait=1)


def test_a_group_without_rules_lets_answers_in_and_nothing_else(first, group):
    before = first.vpc.refused_by_group()
    assert ping_private(first) is None
    assert first.vpc.refused_by_group() == before + 1
    assert first.gateway.run(["ping", "-c1", "-W1", first.host.address]).returncode == 0


def test_a_rule_lets_in_what_it_names(lab, first, group):
    rule = Rule("icmp", 0, -1, cidr=f"{first.host.address}/32")
    lab.world.add_rules(group, [rule])
    assert ping_private(first) is None
    echo = Rule("icmp", 8, -1, cidr=f"{first.host.address}/32")
    lab.world.add_rules(group, [echo])
    assert ping_private(first) is not None
    lab.world.remove_rules(group, [echo])
    assert ping_private(first) is None
    lab.world.add_rules(group, [Rule("-1", group=first.place.hosts.id)])
    assert ping_private(first) is not None


def test_egress_needs_a_rule_too(lab, first, group):
    lab.world.remove_rules(group, group.egress)
    assert first.gateway.run(["ping", "-c1", "-W1", first.host.address]).returncode == 1
    lab.world.add_rules(group, [Rule("icmp", 8, -1, cidr=first.range, egress=True)])
    assert first.gateway.run(["ping", "-c1", "-W1", first.host.address]).returncode == 0


# --- addresses

def api_answers(gateway):
    return gateway.run(["python3", "-c", "import socket, sys; socket.create_connection((sys.argv[1], 443), 2)",
                        AWS_ADDRESS]).returncode == 0


def test_a_new_address_cuts_open_connections(lab, first):
    gateway, interface = first.gateway, first.gateway.instance.interface
    before = interface.address
    with subprocess.Popen([*gateway.enter(), "python3", "-c", KEEP_TALKING, AWS_ADDRESS], text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as talk:
        assert talk.stdout.readline() == "open\n"
        lab.world.associate(lab.world.allocate_address("us-east-1", "203.0.113.99"), interface)
        eventually(lambda: gateway.port.public == "203.0.113.99")
        assert api_answers(gateway)
        assert talk.communicate("now\n")[0] in ("ConnectionResetError\n", "TimeoutError\n")
    lab.world.associate(before, interface)
    eventually(lambda: gateway.port.public == before.public_ip)


def test_without_an_address_there_is_no_internet(lab, first):
    gateway, address = first.gateway, first.gateway.instance.interface.address
    lab.world.disassociate(address)
    eventually(lambda: gateway.port.public is None)
    refused = lab.fabric.internet_traffic()["refused"]
    assert not api_answers(gateway)
    assert lab.fabric.internet_traffic()["refused"] == refused, "it does not even get there"
    lab.world.associate(address, gateway.instance.interface)
    eventually(lambda: api_answers(gateway))


# --- instances

def test_a_terminated_instance_takes_all_along_and_its_replacement_has_nothing(lab):
    site = lab.sites[1]
    former, address = site.gateway, site.gateway.instance.interface.address
    former.write("/var/lib/mark", "was here")
    lab.world.put_route(lab.table(site), BEHIND_RANGE, former.instance.interface)
    lab.terminate(former)
    assert lab.table(site).routes[BEHIND_RANGE].state == "blackhole"
    assert (address.interface, former.instance.state) == (None, "terminated")
    site.gateway = lab.launch(site)
    assert site.gateway.instance.id != former.instance.id
    assert not site.gateway.path("/var/lib/mark").exists()
    assert ping_private(site) is not None
    assert site.host.ping(BEHIND, wait=1) is None
    lab.world.remove_route(lab.table(site), BEHIND_RANGE)


def test_a_reboot_keeps_what_the_vpc_knows(lab, first, route):
    first.gateway.reboot()
    assert ping_private(first) is not None and first.host.ping(BEHIND, wait=1) is None
    first.gateway.check(["ip", "addr", "add", f"{BEHIND}/32", "dev", "lo"])
    assert first.host.ping(BEHIND, wait=1) is not None


# --- the pinger

def test_the_pinger_tells_how_long_there_was_no_answer(lab, first, route):
    near = first.gateway.instance.interface.private_ip
    with first.host.keep_pinging(BEHIND, near) as pinger:
        time.sleep(0.5)
        lab.world.remove_route(lab.table(first), BEHIND_RANGE)
        time.sleep(0.5)
        lab.world.put_route(lab.table(first), BEHIND_RANGE, first.gateway.instance.interface)
        time.sleep(0.5)
        seen = pinger.stop()
    assert seen[near].sent == seen[BEHIND].sent and 100 <= seen[near].sent <= 200
    assert (seen[near].lost, seen[near].longest_gap) == (0, 0)
    assert 30 <= seen[BEHIND].lost <= 70 and 0.4 <= seen[BEHIND].longest_gap <= 0.8, str(seen[BEHIND])


def test_hosts_of_one_vpc_reach_each_other(lab):
    one, other = lab.sites
    assert None not in parallel(lambda pair: pair[0].host.ping(pair[1].host.address, 1), [(one, other), (other, one)])
