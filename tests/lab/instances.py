"""The instances of a mesh: gateways that cygnet runs on, and the plain machines that they are for."""

import subprocess

import netns
import swanctl
from lab import scratch
from machine import Machine
from pinger import Pinger


class Host:
    """A plain machine of a VPC: a network namespace, and the programs of a cached root."""

    def __init__(self, port, instance, base):
        self.port = port
        self.instance = instance
        self.address = instance.interface.private_ip
        self._base = base

    def enter(self):
        return ["nsenter", f"--net={netns.NAMES / self.port.netns}", f"--root={self._base}", "--wd=/", "--"]

    def run(self, argv, timeout=30):
        return subprocess.run([*self.enter(), *argv], text=True, capture_output=True, timeout=timeout)

    def ping(self, address, wait=2):
        """Milliseconds of a ping to an address, None if nothing came back."""
        said = self.run(["ping", "-n", "-c", "1", "-W", str(wait), address]).stdout
        return float(said.split("time=")[1].split()[0]) if "time=" in said else None

    def keep_pinging(self, *addresses, interval=0.01):
        """A Pinger from here, to be used with `with`."""
        return Pinger(self.port.netns, addresses, interval)


class Gateway(Machine):
    """An instance that cygnet runs on, its instance in the fake AWS beside it."""

    def __init__(self, name, base, vpc, port, instance):
        super().__init__(name, base, scratch(), vpc, port)
        self.instance = instance

    @property
    def address(self):
        """Its public one; None while it has none."""
        return self.instance.interface.public_ip

    def cygnet(self, *words, timeout=180, **options):
        """Runs a command of cygnet's as root, as user-data does."""
        return self.run(["/usr/local/bin/cygnet", *words], timeout=timeout, **options)

    def bootstrap(self, *words, **options):
        return self.cygnet("bootstrap", *words, **options)

    def tunnels(self):
        """The IKE_SAs that charon has, as `swanctl --list-sas --raw` tells them."""
        return swanctl.list_sas(self)

    def installed_children(self):
        """The CHILD_SAs that carry traffic, each with the id of its "peer"."""
        return [{**child, "peer": sa["remote-id"]} for sa in self.tunnels() if sa["state"] == "ESTABLISHED"
                for child in sa["child-sas"] if child["state"] == "INSTALLED"]

    def leads_to(self, address):
        """Whether charon has an SA with this address at its other end; one that it deletes does not count."""
        return address in [sa["remote-host"] for sa in self.tunnels() if sa["state"] != "DELETING"]

    def strongswan_version(self):
        """What the running charon says it is, '' if none runs."""
        said = self.run(["swanctl", "--version", "--daemon"]).stdout.split()
        return said[1] if len(said) > 1 else ""
