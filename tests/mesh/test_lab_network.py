"""The lab's network does what AWS's does, also where that is unkind. No cygnet here."""

import subprocess

import pytest
from fabric import AWS_ADDRESS
from lab import parallel

CONNECTION = """
connections {{
    peer {{
        version = 2
        remote_addrs = {peer.address}
        encap = yes
        proposals = aes256gcm16-prfsha384-ecp384
        local {{
            auth = pubkey
            id = {own.address}
            pubkeys = own.pub
        }}
        remote {{
            auth = pubkey
            id = {peer.address}
            pubkeys = peer.pub
        }}
        children {{
            net {{
                local_ts = {own_range}
                remote_ts = {peer_range}
                esp_proposals = aes256gcm16-ecp384
            }}
        }}
    }}
}}
"""

SEND = """
import socket, sys
sock = socket.socket(type=socket.SOCK_DGRAM)
sock.bind(("", 4500))
sock.sendto(b"x", (sys.argv[1], 4500))
"""
RECEIVE = """
import socket
sock = socket.socket(type=socket.SOCK_DGRAM)
sock.bind(("", 4500))
sock.settimeout(10)
print(sock.recvfrom(9)[1][0])
"""
RESOLVE = "import socket, sys; print(socket.gethostbyname(sys.argv[1]))"
WHO_AM_I = """
import urllib.request as u
def get(path, method="GET", **headers):
    return u.urlopen(u.Request("http://169.254.169.254/latest/" + path, method=method, headers=headers)).read().decode()
token = get("api/token", "PUT", **{"X-aws-ec2-metadata-token-ttl-seconds": "60"})
print(get("meta-data/instance-id", **{"X-aws-ec2-metadata-token": token}))
"""


@pytest.fixture(scope="module")
def sites(lab):
    for site in lab.sites:
        site.gateway.wait_booted()
        site.gateway.check(["systemctl", "stop", "strongswan-starter", "strongswan"])
    for one, other in lab.directions():
        lab.route_by_hand(one, other)
    return lab.sites


@pytest.fixture
def forwarding(lab, sites):
    """The first site's gateway forwards, and AWS lets it."""
    interface = sites[0].gateway.instance.interface
    sites[0].gateway.check(["sysctl", "-w", "net.ipv4.ip_forward=1"])
    lab.world.set_source_dest_check(interface, False)
    yield
    lab.world.set_source_dest_check(interface, True)


def python(machine, text, *words):
    return machine.run(["python3", "-c", text, *words])


def test_a_host_reaches_its_gateway_through_the_router(sites):
    said = sites[0].host.run(["ping", "-c", "1", "-W", "2", "-M", "do", "-s", "8900", "172.16.1.10"]).stdout
    assert "ttl=63" in said


def test_the_internet_carries_1500_bytes(sites):
    too_long = sites[0].gateway.run(["ping", "-c", "1", "-W", "2", "-M", "do", "-s", "1473", AWS_ADDRESS]).stdout
    assert "Frag needed" in too_long and "mtu = 1500" in too_long


def test_the_source_dest_check_drops_what_is_not_the_instances_own(lab, sites):
    sites[0].gateway.check(["sysctl", "-w", "net.ipv4.ip_forward=1"])
    before = sites[0].vpc.refused_by_check()
    assert sites[0].host.ping(sites[1].host.address, wait=1) is None
    assert sites[0].vpc.refused_by_check() > before
    assert sites[0].vpc.sent_in_the_clear(sites[0].gateway.port) == 0


def test_a_call_to_ec2_lifts_the_source_dest_check(lab, sites, forwarding):
    before = sites[0].vpc.refused_by_check(), sites[0].vpc.sent_in_the_clear(sites[0].gateway.port)
    assert sites[0].host.ping(sites[1].host.address, wait=1) is None
    assert sites[0].vpc.refused_by_check() == before[0]
    assert sites[0].vpc.sent_in_the_clear(sites[0].gateway.port) > before[1], "it came back from the gateway unencrypted"


def test_plaintext_does_not_cross_the_internet(lab, sites):
    before = lab.fabric.internet_traffic()["refused"]
    own, peer = sites[0].gateway, sites[1].gateway
    assert own.run(["ping", "-c", "1", "-W", "1", peer.address]).returncode == 1
    assert lab.fabric.internet_traffic()["refused"] == before + 1
    assert (own.address, peer.address, "icmp") in lab.fabric.refused_flows()


def test_an_elastic_ip_is_one_to_one(sites):
    own, peer = sites[0].gateway, sites[1].gateway
    with subprocess.Popen([*peer.enter(), "python3", "-c", RECEIVE], stdout=subprocess.PIPE, text=True) as receiver:
        while receiver.poll() is None:
            python(own, SEND, peer.address)
        assert receiver.stdout.read().strip() == own.address


def test_aws_names_resolve_and_no_others(sites):
    gateway = sites[0].gateway
    assert python(gateway, RESOLVE, "ssm.us-east-2.amazonaws.com").stdout == AWS_ADDRESS + "\n"
    assert "not known" in python(gateway, RESOLVE, "example.com").stderr
    over_tcp = gateway.run(["python3", "-c", RESOLVE, "ec2.eu-west-1.amazonaws.com"], env={"RES_OPTIONS": "use-vc"})
    assert over_tcp.stdout == AWS_ADDRESS + "\n"


def test_metadata_knows_who_asks(sites):
    said = parallel(lambda site: python(site.gateway, WHO_AM_I).stdout.strip(), sites)
    assert said == [site.gateway.instance.id for site in sites]


def test_the_time_comes_from_the_vpc(sites):
    sites[0].gateway.write("/etc/chrony/conf.d/lab.conf", "server 169.254.169.123 iburst\n")
    sites[0].gateway.check(["systemctl", "restart", "chrony"])
    sites[0].gateway.check(["chronyc", "waitsync", "10", "0", "0", "1"])
    assert "^* 169.254.169.123" in sites[0].gateway.check(["chronyc", "sources"])


def test_no_machine_sets_the_clock(sites):
    assert "Operation not permitted" in sites[0].gateway.run(["date", "-s", "2001-01-01"]).stderr


def test_the_host_sees_none_of_it(sites):
    outside = subprocess.run(["nsenter", "--target", "1", "--mount", "ls", "/run/netns"], text=True,
                             capture_output=True).stdout.split()
    assert sites[0].gateway.port.netns not in outside and "internet" not in outside


def make_key(gateway):
    gateway.check(["openssl", "genrsa", "-out", "/etc/swanctl/private/own.key", "3072"])
    return gateway.check(["openssl", "rsa", "-in", "/etc/swanctl/private/own.key", "-pubout"])


def configure(own, peer, public_keys):
    own.gateway.write("/etc/swanctl/pubkey/own.pub", public_keys[own.name])
    own.gateway.write("/etc/swanctl/pubkey/peer.pub", public_keys[peer.name])
    own.gateway.write("/etc/swanctl/conf.d/peer.conf", CONNECTION.format(
        own=own.gateway, peer=peer.gateway, own_range=own.range, peer_range=peer.range))
    own.gateway.check(["sysctl", "-w", "net.ipv4.ip_forward=1"])
    own.gateway.check(["systemctl", "restart", "strongswan"])


def test_a_tunnel_configured_by_hand_joins_the_hosts(lab, sites):
    keys = dict(zip([site.name for site in sites], parallel(lambda site: make_key(site.gateway), sites)))
    for own, peer in zip(sites, reversed(sites)):
        configure(own, peer, keys)
        lab.world.set_source_dest_check(own.gateway.instance.interface, False)
    before = lab.fabric.internet_traffic()
    sites[0].gateway.check(["swanctl", "--initiate", "--child", "net"])
    assert lab.is_whole()
    after = lab.fabric.internet_traffic()
    assert after["natt"] >= before["natt"] + 4 and after["refused"] == before["refused"]
    for site in sites:
        sa, = site.gateway.tunnels()
        child, = sa["child-sas"]
        assert (sa["state"], child["state"], child["local-ts"]) == ("ESTABLISHED", "INSTALLED", [site.range])
        assert int(child["bytes-in"]) > 0 and int(child["bytes-out"]) > 0
