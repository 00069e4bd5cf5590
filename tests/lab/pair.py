"""Two VPCs of two regions, each with a gateway that boots and a host: the fabric and the fake AWS as an operator has
set them up, with the binary in a bucket and the user-data that `cygnet userdata` printed.

One Pair at a time in a process, from the main thread:

    with Pair() as pair:
        pair.power_on()
"""

import contextlib
import hashlib
import ipaddress
import itertools
import pathlib
import subprocess

import disk
import netns
from fabric import AWS_ADDRESS, INTERNET, METADATA_ADDRESS, Fabric, counters
from fakeaws import Server, World
from fakeaws.ids import new_id
from fakeaws.rules import Rule
from fakeaws.tls import Authority
from instances import Host
from lab import scratch
from mesh import CYGNET, PRIVATE_RANGES, resolve
from mirror import Mirror
from services import Services
from vm import Vm

REGIONS = {"us-east-1": ("172.16.0.0/16", "203.0.113.11"), "eu-west-1": ("10.20.0.0/16", "203.0.113.12")}
REGISTRY = "us-east-1"
MESH = "boot"
BUCKET, KEY = "cygnet-boot", "cygnet-{arch}"
SETTINGS = ["--mesh", MESH, "--registry", REGISTRY, "--security-group", "manage"]
SOURCE = ["--source", f"s3://{BUCKET}/{KEY}?region={REGISTRY}"]

# What a gateway answers to IKE while no charon is there, as while it boots.
_ANSWERS = """
table ip boot {
    counter unreachable { }
    chain forward {
        type filter hook forward priority filter - 1;
        icmp type destination-unreachable counter name unreachable
    }
}
"""


class Site:
    """A VPC, with its gateway and its host."""

    def __init__(self, region, range_, vpc, world_vpc):
        self.region = region
        self.range = range_
        self.vpc = vpc
        self.world_vpc = world_vpc
        self.instance = None    # the gateway's, in the fake AWS
        self.gateway = None
        self.host = None
        self.policy = None      # all that the gateway may do


class Pair:
    def __init__(self):
        self._image = disk.image()
        self.world = World()
        binary = CYGNET.read_bytes()
        self.pinned = hashlib.sha256(binary).hexdigest()
        self._ending = contextlib.ExitStack()
        try:
            self.server = self._ending.enter_context(Server(self.world, tls_dir=self._certify(scratch() / "tls")))
            self.fabric = Fabric()
            netns.nft(INTERNET, _ANSWERS)
            self._mirror = Mirror(self.world)
            self.server.listen_https(AWS_ADDRESS, 443, netns=INTERNET)
            self.world.put_object(REGISTRY, BUCKET, KEY.format(arch="x86_64"), binary)
            self.sites = [self._add_site(region, *numbers) for region, numbers in REGIONS.items()]
        except BaseException:
            self.close()
            raise

    # --- what an operator sets up

    @staticmethod
    def _certify(folder):
        """Has the certificates made ahead: one that is made when it is asked for is younger than a clock that lags."""
        authority = Authority(folder)
        for host in ("ssm", f"{BUCKET}.s3"):
            authority.context(f"{host}.{REGISTRY}.amazonaws.com")
        for region in REGIONS:
            authority.context(f"ec2.{region}.amazonaws.com")
        return folder

    def _add_site(self, region, range_, public):
        site = Site(region, range_, self.fabric.add_vpc(region, [range_]), self.world.add_vpc(region, [range_]))
        self.server.listen_imds(METADATA_ADDRESS, 80, vpc=site.world_vpc, netns=site.vpc.netns)
        self._ending.callback(Services(site.vpc, resolve).close)
        table = site.world_vpc.main_table
        table.tags["cygnet:mesh"] = MESH
        self.world.put_route(table, "0.0.0.0/0", new_id("igw"))
        gateways, hosts = [self.world.add_subnet(site.world_vpc, f"{region}a", str(network))
                           for _, network in zip("..", ipaddress.IPv4Network(range_).subnets(new_prefix=24))]
        self._launch_gateway(site, gateways, public)
        self._launch_host(site, hosts)
        return site

    def _launch_gateway(self, site, subnet, public):
        """Tagged as a launch template does it. The security group is left to cygnet; the role may do what cygnet says
        that it needs, and no more."""
        tags = {"Name": f"cygnet {MESH}", "cygnet:mesh": MESH}
        self.world.allocate_address(site.region, public)
        group = self.world.add_group(site.world_vpc, "gateways", tags={"cygnet:mesh": MESH})
        address = str(ipaddress.IPv4Network(subnet.cidr).network_address + 10)
        site.instance = self.world.launch(subnet, address, public, tags=tags, groups=[group],
                                          role=f"gateway-{site.region}")
        site.instance.interface.tags.update(tags)
        site.policy = self.world.grant(site.instance.principal, print_userdata(
            "iam-policy", *SETTINGS, *SOURCE, "--region", site.region, "--account", self.world.account,
            "--vpc", site.world_vpc.id))
        site.instance.user_data = print_userdata("mime", *SETTINGS, *SOURCE)
        port = self._plug(site, site.instance, "gateway")
        site.gateway = Vm(port.netns, self._image, scratch() / port.netns, site.vpc, port,
                          "ec2" + site.instance.id.removeprefix("i-")[:5] + "-0000-4000-8000-000000000000",
                          {"/etc/ssl/certs/ca-certificates.crt": pathlib.Path(self.server.ca_file).read_text()})
        self._ending.callback(site.gateway.destroy)

    def _launch_host(self, site, subnet):
        private = [Rule("-1", cidr=each) for each in PRIVATE_RANGES]
        group = self.world.add_group(site.world_vpc, "hosts", private)
        address = str(ipaddress.IPv4Network(subnet.cidr).network_address + 200)
        instance = self.world.launch(subnet, address, groups=[group])
        site.host = Host(self._plug(site, instance, "host"), instance, "/")

    def _plug(self, site, instance, cable):
        interface = instance.interface
        length = interface.subnet.cidr.split("/")[1]
        port = site.vpc.attach(f"{cable}-{site.region}", cable, f"{interface.private_ip}/{length}", interface.mac)
        self._mirror.add_port(site.vpc, port, interface)
        return port

    # --- what tests ask

    def power_on(self):
        for site in self.sites:
            site.gateway.power_on()

    def directions(self):
        return list(itertools.permutations(self.sites, 2))

    def is_whole(self):
        """Whether each host gets an answer from the other within a second."""
        return all(here.host.ping(there.host.address, 1) for here, there in self.directions())

    def sent_in_the_clear(self):
        """Packets for the other VPC that a gateway sent unencrypted; a host's for its gateway are none."""
        return sum(site.vpc.sent_in_the_clear(site.gateway.port) for site in self.sites)

    def strays(self):
        """Packets that the internet refused, but for a gateway's word that no charon is there."""
        return self.fabric.internet_traffic()["refused"] - counters(INTERNET, "boot")["unreachable"]

    def close(self):
        self._ending.close()
        for name in netns.names():
            netns.delete(name)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()


def print_userdata(form, *words):
    """What `cygnet userdata` prints."""
    done = subprocess.run([CYGNET, "userdata", "--format", form, *words], text=True, capture_output=True)
    if done.returncode != 0:
        raise netns.Failed(f"cygnet userdata --format {form}: exit {done.returncode}: {done.stderr}")
    return done.stdout
