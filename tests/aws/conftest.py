"""Fixtures for tests of the fake AWS itself and of programs run against it.

world    a World with one VPC in us-east-1 (172.16.0.0/16) and an Elastic IP; world.faults has the switches
clock    its clock: real time plus what clock.advance(seconds) added
server   serves the world: server.api (TLS) and server.ca_file
gateway  an instance launched in that VPC, tagged for a mesh that leaves routes and rules alone, with its environment,
         and a runner of build/cygnet
root     the root folder of a Debian 12 host on that instance, with all that cygnet needs and nothing of cygnet's
live     a whole machine on that instance, which cygnet acts on as root (see live.py)
client   client("ssm", region=…, keys=…) makes a boto3 client without retries, signing as the gateway unless told

A test that made the fake itself fail is reported as an error when it ends.
"""

import os
import shutil
import subprocess
import time

import boto3
import netns
import pytest
from botocore.config import Config
from fakeaws import Server, World
from fakeaws.environment import environment
from live import CHARON_UNIT, Live, build_host
from programs import CYGNET, PATIENCE, is_long, runs_them

REGION = "us-east-1"


@pytest.hookimpl(tryfirst=True)     # before pytest's own chooses by marks
def pytest_collection_modifyitems(config, items):
    foreign = [item for item in items if not runs_them(item.path.stem, item.fixturenames)]
    config.hook.pytest_deselected(items=foreign)
    items[:] = [item for item in items if item not in foreign]
    for item in items:
        if is_long(item.path.stem):
            item.add_marker("long")


class Clock:
    """Real time, shifted by what tests add."""

    def __init__(self):
        self.shift = 0

    def __call__(self):
        return time.time() + self.shift

    def advance(self, seconds):
        self.shift += seconds


class Gateway:
    """A launched instance, and programs run as if on it.

    instance   the Instance; instance.tags may be changed, as tags change on EC2
    program    build/cygnet
    env        the whole environment programs get: PATH, a C locale, and the fake's endpoints
    """

    program = str(CYGNET)

    def __init__(self, instance, env):
        self.instance = instance
        self.env = env

    def cygnet(self, *arguments, root=None, timeout=60, **env):
        """Run build/cygnet with these arguments, and --root when root is given; further variables as keywords.

        Returns the CompletedProcess with stdout and stderr as text; a program that hangs is a failure.
        """
        command = [self.program, *map(str, arguments)]
        if root is not None:
            command += ["--root", str(root)]
        return self.run(command, timeout=timeout, **env)

    def run(self, command, timeout=60, **env):
        """Run any program in the instance's environment."""
        return subprocess.run(command, env={**self.env, **env}, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=timeout * PATIENCE)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def world(clock):
    world = World(account="111122223333", clock=clock)
    world.vpc = world.add_vpc(REGION, ["172.16.0.0/16"])
    world.subnet = world.add_subnet(world.vpc, REGION + "a", "172.16.1.0/24")
    world.address = world.allocate_address(REGION, "203.0.113.10")
    yield world
    assert not world.crashes, "\n".join(world.crashes)


@pytest.fixture
def server(world, tls_dir):
    with Server(world, tls_dir) as server:
        server.api = server.listen_https("127.0.0.1")
        yield server


@pytest.fixture
def gateway(world, server):
    instance = world.launch(world.subnet, "172.16.1.10", "203.0.113.10",
                            tags={"Name": "gateway", "cygnet:mesh": "lab", "cygnet:registry": REGION,
                                  "cygnet:routes": "none", "cygnet:security-group": "none"})
    metadata = server.listen_imds("127.0.0.1", instance=instance)
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C", **environment(server, server.api, metadata)}
    return Gateway(instance, env)


@pytest.fixture
def root(gateway, tmp_path):
    root = tmp_path / "root"
    for program in ("swanctl", "charon-systemd", "nft", "chronyd"):
        _put(root / "usr/sbin" / program, mode=0o755)
    for unit in ("strongswan", "chrony"):
        _put(root / f"usr/lib/systemd/system/{unit}.service")
    (root / "etc/chrony/sources.d").mkdir(parents=True)
    _put(root / "usr/lib/ipsec/plugins/libstrongswan-openssl.so")
    _put(root / "etc/os-release", "ID=debian\nVERSION_ID=12\n")
    _put(root / "sys/class/net/ens5/address", gateway.instance.interface.mac + "\n")
    return root


def _put(path, text="", mode=0o644):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


@pytest.fixture
def client(world, server, gateway):
    def make(service, region=REGION, keys=None, url=None):
        keys = keys or world.keyring.of_instance(gateway.instance)
        return boto3.client(
            service, region_name=region, endpoint_url=url or server.api.url, verify=server.ca_file,
            aws_access_key_id=keys.access_key, aws_secret_access_key=keys.secret_key, aws_session_token=keys.token,
            config=Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=5))
    return make


@pytest.fixture(scope="session")
def host_program(tmp_path_factory):
    program = tmp_path_factory.mktemp("host") / "host"
    build_host(program)
    return program


@pytest.fixture(scope="session")
def network(scratch):
    """A network namespace with an interface of the instance's name."""
    with netns.temporary("live") as name:
        netns.ip(name, "link add ens5 type veth peer name other")
        yield name


@pytest.fixture
def live(root, gateway, server, network, host_program):
    """As root, with charon up and its unit enabled."""
    shutil.copy(server.ca_file, root / "ca.pem")
    api = server.listen_https("127.0.0.1", netns=network)
    imds = server.listen_imds("127.0.0.1", instance=gateway.instance, netns=network)
    env = {**gateway.env, **environment(server, api, imds), "AWS_CA_BUNDLE": "/ca.pem"}
    live = Live(root, gateway.instance, network, env, host_program)
    live.set_unit(CHARON_UNIT, enabled=True, active=True)
    live.charon.up()
    yield live
    live.charon.down()
