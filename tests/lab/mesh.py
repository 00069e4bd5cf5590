"""A mesh to try cygnet on: sites in VPCs on the fabric, the fake AWS behind its real names, a host at every site.

One Mesh at a time in a process, from the main thread:

    with Mesh() as mesh:
        mesh.sites[0].gateway.bootstrap()
"""

import contextlib
import ipaddress
import itertools
import json
import pathlib
import shutil

import netns
import roots
from checks import eventually
from fabric import AWS_ADDRESS, INTERNET, METADATA_ADDRESS, Fabric
from fakeaws import Server, World
from fakeaws.ids import new_id
from fakeaws.rules import Rule
from instances import Gateway, Host
from lab import kernel_has_esp, parallel, scratch
from machine import Machine
from mirror import Mirror
from services import Services

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
CYGNET = REPOSITORY / "build" / "cygnet"

# Tags of gateways that look for news every few seconds, with keys that are made sooner.
INTERVAL = 5
HASTY = {"cygnet:mesh": "lab", "cygnet:registry": "us-east-1", "cygnet:interval": f"{INTERVAL}s",
         "cygnet:key-bits": "3072"}

THREE_REGIONS = (("us-east-1", "172.16.0.0/16"), ("us-east-2", "172.31.0.0/16"), ("eu-west-1", "10.20.0.0/16"))
AWS_SUFFIXES = (".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu", ".api.aws", ".c2s.ic.gov", ".sc2s.sgov.gov")
PRIVATE_RANGES = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")

_LIBIPSEC = "/etc/strongswan.d/charon/kernel-libipsec.conf"


def resolve(name):
    """The address of an AWS name within the lab; nothing else has one."""
    return AWS_ADDRESS if name.lower().endswith(AWS_SUFFIXES) else None


class Site:
    """A VPC, or a zone of one, with its gateway, which boots from the root `base` with these tags, and its host."""

    def __init__(self, name, place, network, subnets, base, tags):
        self.name = name
        self.place = place
        self.vpc = place.vpc
        self.world_vpc = place.world_vpc
        self.range = str(network)   # what it is to offer
        self.subnets = subnets      # of the fake AWS: the gateways', the hosts'
        self.base = base
        self.tags = tags
        self.elastic = None         # the fake AWS's address that is meant for it
        self.gateway = None
        self.host = None


class Place:
    """A VPC as its operator has made it: on the fabric and in the fake AWS, with its security groups."""

    def __init__(self, vpc, world_vpc, gateways, hosts):
        self.vpc = vpc
        self.world_vpc = world_vpc
        self.gateways = gateways    # the security group
        self.hosts = hosts
        self.count = 0              # of gateways ever launched


class Mesh:
    """`sites` in the order given: (region, range), and where they differ (…, name of the root, its own tags).

    The registry's region is the first site's, unless tags say otherwise. `zones`: each VPC has a site in each of these
    zones, ("a", "b"), instead of one. `accounts`: {region: account} where it is not the registry's. The VPCs' operator
    has tagged the route tables for cygnet. The rest is as the article wants it, done by hand; or, with `managed`, left
    to cygnet: security groups without a rule for the mesh, Elastic IPs that nobody has.
    """

    def __init__(self, sites=THREE_REGIONS, name="lab", tags=None, root="bookworm", cygnet=CYGNET, zones=(),
                 managed=False, accounts=None):
        if cygnet and not cygnet.exists():
            raise netns.Failed(f"{cygnet} is missing: run make")
        self._base = roots.root(root)
        self._cygnet = cygnet
        self._managed = managed
        self._accounts = accounts or {}
        self.tags = tags if tags is not None else {"cygnet:mesh": name, "cygnet:registry": sites[0][0]}
        self.world = World()
        self.machines, self._services = [], []
        self._addresses = itertools.count(11)
        self._mirror = Mirror(self.world)
        self.server = Server(self.world, tls_dir=scratch() / "tls")
        try:
            self.fabric = Fabric()
            self.server.listen_https(AWS_ADDRESS, 443, netns=INTERNET)
            self.sites = [site for spec in sites for site in self._add_vpc(zones, *spec)]
        except BaseException:
            self.close()
            raise

    # --- what an operator sets up

    def _add_vpc(self, zones, region, cidr, root=None, tags=None):
        """The VPC's sites, all there and powered on."""
        base = roots.root(root) if root else self._base
        tags = {**self.tags, **(tags or {})}
        place = self._add_place(region, cidr)
        networks = itertools.islice(ipaddress.IPv4Network(cidr).subnets(new_prefix=24), 1, None)
        if zones:
            sites = [self._add_zone(place, f"{region}{zone}", network, base, {**tags, "cygnet:scope": "az"})
                     for zone, network in zip(zones, networks)]
        else:
            subnets = [self.world.add_subnet(place.world_vpc, f"{region}a", str(network))
                       for network in itertools.islice(networks, 2)]
            self._open_table(place.world_vpc.main_table)
            sites = [Site(region, place, cidr, subnets, base, tags)]
        for site in sites:
            self._populate(site)
        return sites

    def _add_place(self, region, cidr):
        vpc = self.fabric.add_vpc(region, [cidr])
        world_vpc = self.world.add_vpc(region, [cidr], account=self._accounts.get(region))
        self.server.listen_imds(METADATA_ADDRESS, 80, vpc=world_vpc, netns=vpc.netns)
        self._services.append(Services(vpc, resolve))
        return Place(vpc, world_vpc, *self._add_groups(world_vpc, cidr))

    def _add_groups(self, world_vpc, cidr):
        if self._managed:
            tags = {"cygnet:mesh": self.tags["cygnet:mesh"]}
            return (self.world.add_group(world_vpc, "gateways", tags=tags),
                    self.world.add_group(world_vpc, "hosts", [Rule("-1", cidr=cidr)], tags=tags))
        private = [Rule("-1", cidr=each) for each in PRIVATE_RANGES]
        article = [Rule("udp", port, port, cidr="0.0.0.0/0") for port in (500, 4500)]
        article.append(Rule("icmp", -1, -1, cidr="0.0.0.0/0"))
        return (self.world.add_group(world_vpc, "gateways", [*private, *article]),
                self.world.add_group(world_vpc, "hosts", [Rule(each.protocol, cidr=each.cidr) for each in private]))

    def _open_table(self, table):
        """A table of public subnets, tagged for cygnet."""
        table.tags["cygnet:mesh"] = self.tags["cygnet:mesh"]
        self.world.put_route(table, "0.0.0.0/0", new_id("igw"))

    def _add_zone(self, place, zone, network, base, tags):
        subnet = self.world.add_subnet(place.world_vpc, zone, str(network))
        self._open_table(self.world.add_route_table(place.world_vpc, [subnet]))
        return Site(zone, place, network, [subnet, subnet], base, tags)

    def _populate(self, site):
        if self._managed:
            site.tags = {"cygnet:address": "tag", "cygnet:security-group": "manage", **site.tags}
            site.elastic = self.allocate(site, {"cygnet:mesh": site.tags["cygnet:mesh"], "cygnet:site": site.name})
        site.gateway = self.launch(site)
        site.host = self.add_host(site)

    def allocate(self, site, tags=None):
        """An Elastic IP in the site's region and account."""
        return self.world.allocate_address(site.world_vpc.region, f"203.0.113.{next(self._addresses)}", tags,
                                           account=site.world_vpc.account)

    def launch(self, site, tags=None, metadata_tags=True):
        """One more instance for the site, powered on, with an empty disk; its address is an Elastic IP, or with
        `managed` one that goes with it."""
        place = site.place
        number = place.count
        place.count += 1
        public = self._spare_address() if self._managed else self.allocate(site).public_ip
        private = str(ipaddress.IPv4Network(site.subnets[0].cidr).network_address + 10 + number)
        instance = self.world.launch(site.subnets[0], private, public, tags=site.tags if tags is None else tags,
                                     metadata_tags=metadata_tags, groups=[place.gateways])
        name = f"gw-{site.name}" + (f"-{number}" if site.gateway else "")
        port = self._plug(site, instance, name, f"gateway{number}")
        gateway = Gateway(name, site.base, site.vpc, port, instance)
        self.machines.append(gateway)
        self._equip(gateway)
        gateway.power_on()
        return gateway

    def add_host(self, site, subnet=None):
        """One more plain machine at the site, in its hosts' subnet or another."""
        subnet = subnet or site.subnets[1]
        private = str(ipaddress.IPv4Network(subnet.cidr).network_address + 200)
        instance = self.world.launch(subnet, private, groups=[site.place.hosts])
        cable = "host" + private.split(".")[2]
        return Host(self._plug(site, instance, f"host-{site.vpc.name}-{cable}", cable), instance, self._base)

    def _plug(self, site, instance, name, cable):
        interface = instance.interface
        length = interface.subnet.cidr.split("/")[1]
        port = site.vpc.attach(name, cable, f"{interface.private_ip}/{length}", interface.mac)
        self._mirror.add_port(site.vpc, port, interface)
        return port

    def _equip(self, gateway):
        """What the image brings: the binary, trust in the API's certificates, ESP where the kernel has none."""
        if self._cygnet:
            shutil.copy(self._cygnet, gateway.disk / "usr/local/bin/cygnet")
        with open(gateway.disk / "etc/ssl/certs/ca-certificates.crt", "a") as bundle:
            bundle.write(pathlib.Path(self.server.ca_file).read_text())
        if not kernel_has_esp():
            gateway.write(_LIBIPSEC, "kernel-libipsec {\n    load = yes\n}\n")

    def terminate(self, gateway):
        """The instance ends as EC2's do when their health check fails: nothing on it hears of it, its disk is gone."""
        self.machines.remove(gateway)
        gateway.destroy()
        self._mirror.drop_port(gateway.instance.interface)
        gateway.vpc.disconnect(gateway.port)
        self.world.terminate(gateway.instance)

    def assign_address(self, gateway):
        """What EC2 does some minutes after an instance has lost its Elastic IP: it has an address of its own again."""
        interface = gateway.instance.interface
        with self.world.transaction():
            interface.assigned_ip = self._spare_address()
            self.world.changed("public_address", interface)

    def _spare_address(self):
        return f"198.51.100.{next(self._addresses)}"

    def route_by_hand(self, site, other):
        """Sends the other site's range through the gateway, as an operator without cygnet does."""
        self.world.put_route(self.table(site), other.range, site.gateway.instance.interface)

    def table(self, site):
        """The route table of the site's subnets."""
        return self.world.table_of(site.subnets[0])

    # --- what tests ask

    @property
    def registry(self):
        """The Parameter Store that has the records."""
        return self.world.ssm(self.tags["cygnet:registry"])

    def record(self, site):
        """The site's record, {"site": …}; None: there is none."""
        found = [version.value for version in self.registry.below("/cygnet", True)
                 if "/sites/" in version.name and version.name.endswith(f"/{site.name}")]
        return json.loads(found[0]) if found else None

    def bootstrap(self, *words, sites=None):
        """Bootstraps the sites' gateways at the same time; {site: CompletedProcess}."""
        sites = sites or self.sites
        return dict(zip([site.name for site in sites], parallel(lambda s: s.gateway.bootstrap(*words), sites)))

    def directions(self):
        """Pairs of sites between which there is to be a tunnel."""
        return [(one, other) for one in self.sites for other in self.sites if one.place is not other.place]

    def ping_matrix(self, wait=2):
        """{(site, site): milliseconds or None}, from every site's host to every other's."""
        pairs = self.directions()
        times = parallel(lambda pair: pair[0].host.ping(pair[1].host.address, wait), pairs)
        return {(one.name, other.name): time for (one, other), time in zip(pairs, times)}

    def has_all_tunnels(self):
        """Whether charon at every site has an installed CHILD_SA with every other, and with nobody else."""
        seen = parallel(lambda site: {child["peer"] for child in site.gateway.installed_children()}, self.sites)
        return all(peers == {other.gateway.address for one, other in self.directions() if one is site}
                   for site, peers in zip(self.sites, seen))

    def is_whole(self):
        """Whether every host gets an answer from every other within a second."""
        return None not in self.ping_matrix(wait=1).values()

    def close(self):
        parallel(Machine.destroy, self.machines)
        self.server.close()
        self._mirror.close()
        parallel(Services.close, self._services)
        for name in netns.names():
            netns.delete(name)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()


@contextlib.contextmanager
def running(mesh):
    """The mesh, bootstrapped at all sites at the same time and with all its tunnels up, until the
    block ends."""
    with mesh:
        mesh.outcomes = mesh.bootstrap()
        eventually(mesh.has_all_tunnels, 60)
        yield mesh
