#!/usr/bin/python3
"""Starts the mesh lab and keeps it until interrupted, for trying cygnet by hand.

    tests/lab/shell.py [--sites N] [--bootstrap]
"""

import argparse
import shlex
import signal
import sys

import netns
from lab import end_on_signals
from mesh import THREE_REGIONS, Mesh

MORE_REGIONS = THREE_REGIONS + tuple((f"us-west-{n}", f"10.{30 + n}.0.0/16") for n in (1, 2))


def print_directions(mesh):
    """How to get into each machine, from any root shell of this host."""
    for site in mesh.sites:
        print(f"\n{site.name}: gateway {site.gateway.address} ({site.gateway.port.address.ip}),"
              f" host {site.host.address}")
        print(f"  gateway:  {shlex.join(site.gateway.enter())} bash")
        print(f"  its disk: {site.gateway.root}, logs below var/log/standin/")
        print(f"  renew it: cp build/cygnet {site.gateway.root}/usr/local/bin/")
        inside = ["nsenter", "--target", str(site.gateway.pid), "--net"]
        print(f"  capture:  {shlex.join(inside)} tcpdump -ni ens5")
    print("\nin a gateway: cygnet bootstrap, systemctl, swanctl; interrupt here to end the lab", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sites", type=int, default=3, choices=range(1, len(MORE_REGIONS) + 1))
    parser.add_argument("--bootstrap", action="store_true", help="bootstrap all gateways first")
    arguments = parser.parse_args()
    end_on_signals()
    try:
        with Mesh(MORE_REGIONS[:arguments.sites]) as mesh:
            if arguments.bootstrap:
                for name, done in mesh.bootstrap().items():
                    print(f"{name}: exit {done.returncode}\n{done.stdout}{done.stderr}")
            print_directions(mesh)
            signal.pause()
    except netns.Failed as failure:
        sys.exit(f"the lab failed: {failure}")


main()
