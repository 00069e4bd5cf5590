"""Fixtures for tests of what `cygnet userdata` prints.

cygnet    cygnet("--format", …, **environment): the CompletedProcess of `build/cygnet userdata`, run anywhere
printed   the same, and what it printed; it has to have succeeded
machine   a new Machine: an instance that has not booted yet (see first_boot.py). It needs root
"""

import subprocess

import netns
import pytest
from fakeaws import Server, World
from first_boot import PROGRAM, Machine
from roots import root


@pytest.fixture(scope="session")
def cygnet(tmp_path_factory):
    anywhere = tmp_path_factory.mktemp("anywhere")

    def run(*words, **environment):
        return subprocess.run([PROGRAM, "userdata", "--root", anywhere, *map(str, words)], text=True,
                              env={"PATH": "/usr/bin:/bin", **environment}, capture_output=True, timeout=60)
    return run


@pytest.fixture(scope="session")
def printed(cygnet):
    def run(*words, **environment):
        done = cygnet(*words, **environment)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout
    return run


@pytest.fixture(scope="session")
def network(scratch):
    """A network namespace in which the fake answers at the addresses that a machine asks."""
    with netns.temporary("machine") as name:
        netns.ip(name, "address add 169.254.169.254/32 dev lo")
        yield name


@pytest.fixture
def machine(scratch, network, tls_dir):
    world = World()
    vpc = world.add_vpc("us-east-1", ["172.16.0.0/16"])
    subnet = world.add_subnet(vpc, "us-east-1a", "172.16.1.0/24")
    instance = world.launch(subnet, "172.16.1.10", tags={"cygnet:mesh": "lab"})
    with Server(world, tls_dir) as server:
        server.listen_https("127.0.0.1", 443, netns=network)
        server.listen_imds("169.254.169.254", 80, instance=instance, netns=network)
        yield Machine(root("cloud-init"), scratch / instance.id, network, world, instance,
                      server.ca_file)
    assert world.crashes == []
