"""A mesh to try cygnet on: sites in VPCs on the fabric, the fake AWS behind its real names, a host in every VPC.

One Mesh at a time in a process, from the main thread:

    with Mesh() as mesh:
        mesh.sites[0].gateway.bootstrap()
"""

import atexit
import concurrent.futures
import functools
import ipaddress
import itertools
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

import netns
import roots
import swanctl
from fabric import AWS_ADDRESS, INTERNET, METADATA_ADDRESS, Fabric
from machine import Machine
from services import Services

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
CYGNET = REPOSITORY / "build" / "cygnet"
sys.path.insert(0, str(REPOSITORY / "tests" / "aws"))

from fakeaws import Server, World  # noqa: E402 (the path above has to come first)

THREE_REGIONS = (("us-east-1", "172.16.0.0/16"), ("us-east-2", "172.31.0.0/16"), ("eu-west-1", "10.20.0.0/16"))
AWS_SUFFIXES = (".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu", ".api.aws", ".c2s.ic.gov", ".sc2s.sgov.gov")

_ENDING = (signal.SIGINT, signal.SIGTERM)
_SCRATCH = "cygnet-mesh-"
_LIBIPSEC = "/etc/strongswan.d/charon/kernel-libipsec.conf"


def resolve(name):
    """The address of an AWS name within the lab; nothing else has one."""
    return AWS_ADDRESS if name.lower().endswith(AWS_SUFFIXES) else None


@functools.cache
def scratch():
    """This process's private folder and namespaces, made once; nothing of them outlives it."""
    sweep()
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"{_SCRATCH}{os.getpid()}-"))
    netns.privatise(folder)
    atexit.register(_leave, folder)
    return folder


def _leave(folder):
    netns.unprivatise(folder)
    folder.rmdir()


def sweep():
    """Removes the folders of labs that were killed: all that can be left of one, and empty."""
    for folder in pathlib.Path(tempfile.gettempdir()).glob(f"{_SCRATCH}*"):
        pid = folder.name.removeprefix(_SCRATCH).split("-")[0]
        if pid.isdigit() and not os.path.exists(f"/proc/{pid}"):
            folder.rmdir()


@functools.cache
def kernel_has_esp():
    """Whether the kernel takes an ESP state as charon would install it."""
    scratch()
    netns.add("esp")
    try:
        netns.ip("esp", "xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 1 mode tunnel"
                        f" aead rfc4106(gcm(aes)) 0x{'5a' * 20} 128")
        return True
    except netns.Failed:
        return False
    finally:
        netns.delete("esp")


class Host:
    """A plain machine of a VPC: a network namespace, and the programs of a cached root."""

    def __init__(self, port, base):
        self.port = port
        self.address = str(port.address.ip)
        self._base = base

    def enter(self):
        return ["nsenter", f"--net={netns.NAMES / self.port.netns}", f"--root={self._base}", "--wd=/", "--"]

    def run(self, argv, timeout=30):
        return subprocess.run([*self.enter(), *argv], text=True, capture_output=True, timeout=timeout)

    def ping(self, address, wait=2):
        """Milliseconds of a ping to an address, None if nothing came back."""
        said = self.run(["ping", "-n", "-c", "1", "-W", str(wait), address]).stdout
        return float(said.split("time=")[1].split()[0]) if "time=" in said else None


class Gateway(Machine):
    """An instance that cygnet runs on, its instance in the fake AWS beside it."""

    def __init__(self, name, base, vpc, port, instance):
        super().__init__(name, base, scratch(), vpc, port)
        self.instance = instance
        self.address = instance.interface.public_ip

    def cygnet(self, *words, timeout=180, env=None):
        """Runs a command of cygnet's as root, as user-data does."""
        return self.run(["/usr/local/bin/cygnet", *words], timeout=timeout, env=env)

    def bootstrap(self, *words, **options):
        return self.cygnet("bootstrap", *words, **options)

    def tunnels(self):
        """The IKE_SAs that charon has, as `swanctl --list-sas --raw` tells them."""
        return swanctl.list_sas(self)

    def installed_children(self):
        """The CHILD_SAs that carry traffic, each with the id of its "peer"."""
        return [{**child, "peer": sa["remote-id"]} for sa in self.tunnels() if sa["state"] == "ESTABLISHED"
                for child in sa["child-sas"] if child["state"] == "INSTALLED"]

    def strongswan_version(self):
        """What the running charon says it is, '' if none runs."""
        said = self.run(["swanctl", "--version", "--daemon"]).stdout.split()
        return said[1] if len(said) > 1 else ""


class Site:
    """A VPC with its gateway, which boots from the root `base` with more `tags` than the mesh's, and its host."""

    def __init__(self, name, vpc, world_vpc, subnets, base, tags):
        self.name = name
        self.vpc = vpc
        self.world_vpc = world_vpc
        self.range = str(vpc.ranges[0])
        self.subnets = subnets      # of the fake AWS: the gateways', the hosts'
        self.base = base
        self.tags = tags
        self.gateway = None
        self.host = None


class Mesh:
    """`sites` in the order given: (region, range), and where they differ (…, name of the root, its own tags).

    The registry's region is the first site's, unless tags say otherwise.
    """

    def __init__(self, sites=THREE_REGIONS, name="lab", tags=None, root="bookworm", cygnet=CYGNET):
        if cygnet and not cygnet.exists():
            raise netns.Failed(f"{cygnet} is missing: run make")
        self._base = roots.root(root)
        self._cygnet = cygnet
        self.tags = tags if tags is not None else {"cygnet:mesh": name, "cygnet:registry": sites[0][0]}
        self.world = World()
        self.machines, self._services = [], []
        self._ports = {}        # the fake AWS's interface id: port, VPC
        self._addresses = 10
        self.server = Server(self.world, tls_dir=scratch() / "tls")
        self.world.on_change(self._changed)
        try:
            self.fabric = Fabric()
            self.server.listen_https(AWS_ADDRESS, 443, netns=INTERNET)
            self.sites = [self._add_site(*site) for site in sites]
            self._route_between_sites()
        except BaseException:
            self.close()
            raise

    def _add_site(self, region, cidr, root=None, tags=None):
        vpc = self.fabric.add_vpc(region, [cidr])
        world_vpc = self.world.add_vpc(region, [cidr])
        networks = list(itertools.islice(ipaddress.IPv4Network(cidr).subnets(new_prefix=24), 1, 3))
        subnets = [self.world.add_subnet(world_vpc, f"{region}a", str(network)) for network in networks]
        site = Site(region, vpc, world_vpc, subnets, roots.root(root) if root else self._base,
                    {**self.tags, **(tags or {})})
        self.server.listen_imds(METADATA_ADDRESS, 80, vpc=world_vpc, netns=vpc.netns)
        self._services.append(Services(vpc, resolve))
        site.gateway = self.launch(site)
        site.host = self._add_host(site, networks[1])
        return site

    def _add_host(self, site, network):
        mac = "02:00:" + ":".join(f"{octet:02x}" for octet in (network.network_address + 20).packed)
        port = site.vpc.attach(f"host-{site.name}", "host", f"{network.network_address + 20}/24", mac)
        return Host(port, self._base)

    def _route_between_sites(self):
        """What the operator has put into each VPC's route table: the others' ranges, through the gateway."""
        for site in self.sites:
            for other in self.sites:
                if other is not site:
                    site.vpc.route(other.range, site.gateway.port)

    def launch(self, site, tags=None, metadata_tags=True):
        """One more instance in the site's VPC, with an Elastic IP of its own, powered on."""
        self._addresses += 1
        public = f"203.0.113.{self._addresses}"
        self.world.allocate_address(site.name, public)
        number = sum(machine.vpc is site.vpc for machine in self.machines)
        network = ipaddress.IPv4Network(site.subnets[0].cidr)
        private = str(network.network_address + 10 + number)
        instance = self.world.launch(site.subnets[0], private, public, tags=site.tags if tags is None else tags,
                                     metadata_tags=metadata_tags)
        name = f"gw-{site.name}" + (f"-{number}" if number else "")
        port = site.vpc.attach(name, f"gateway{number}", f"{private}/{network.prefixlen}", instance.interface.mac)
        self._ports[instance.interface.id] = port, site.vpc
        site.vpc.map_address(public, port)
        gateway = Gateway(name, site.base, site.vpc, port, instance)
        self.machines.append(gateway)
        self._equip(gateway)
        gateway.power_on()
        return gateway

    def _equip(self, gateway):
        """What the instance's image brings: the binary, trust in the API's certificates, ESP where the kernel has none."""
        if self._cygnet:
            shutil.copy(self._cygnet, gateway.disk / "usr/local/bin/cygnet")
        with open(gateway.disk / "etc/ssl/certs/ca-certificates.crt", "a") as bundle:
            bundle.write(pathlib.Path(self.server.ca_file).read_text())
        if not kernel_has_esp():
            gateway.write(_LIBIPSEC, "kernel-libipsec {\n    load = yes\n}\n")

    def _changed(self, kind, thing):
        """The fake AWS's state is the fabric's."""
        if kind == "source_dest_check" and thing.id in self._ports:
            port, vpc = self._ports[thing.id]
            vpc.check(port, thing.source_dest_check)

    # --- what tests ask

    def bootstrap(self, *words, sites=None):
        """Bootstraps the sites' gateways at the same time; {site: CompletedProcess}."""
        sites = sites or self.sites
        return dict(zip([site.name for site in sites], parallel(lambda s: s.gateway.bootstrap(*words), sites)))

    def directions(self):
        return [(one, other) for one in self.sites for other in self.sites if one is not other]

    def ping_matrix(self, wait=2):
        """{(site, site): milliseconds or None}, from every site's host to every other's."""
        pairs = self.directions()
        times = parallel(lambda pair: pair[0].host.ping(pair[1].host.address, wait), pairs)
        return {(one.name, other.name): time for (one, other), time in zip(pairs, times)}

    def has_all_tunnels(self):
        """Whether charon at every site has an installed CHILD_SA with every other."""
        seen = parallel(lambda site: {child["peer"] for child in site.gateway.installed_children()}, self.sites)
        return all(len(peers) == len(self.sites) - 1 for peers in seen)

    def is_whole(self):
        """Whether every host gets an answer from every other within a second."""
        return None not in self.ping_matrix(wait=1).values()

    def close(self):
        parallel(Machine.destroy, self.machines)
        self.server.close()
        parallel(Services.close, self._services)
        for name in netns.names():
            netns.delete(name)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()


def end_on_signals():
    """Makes the first ^C or SIGTERM end the program with all its cleaning up, which no further one cuts short."""
    def end(number, _):
        for ignored in _ENDING:
            signal.signal(ignored, signal.SIG_IGN)
        sys.exit(128 + number)

    for number in _ENDING:
        signal.signal(number, end)


def parallel(work, things):
    """work(thing) for all at the same time; the results in order. Interrupted, it waits for none of them."""
    pool = concurrent.futures.ThreadPoolExecutor(len(things) or 1)
    try:
        return list(pool.map(work, things))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
