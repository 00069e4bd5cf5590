"""An instance whose metadata was recorded: a folder with a file for each path below /latest/, as IMDS served it."""

import json
from datetime import datetime
from pathlib import Path

from .resources import Instance, Interface, SecurityGroup, Subnet, Vpc

DOCUMENT = "dynamic/instance-identity/document"


def launch(world, folder, role="gateway"):
    """The recorded instance runs in this world, with its VPC, subnet, primary interface and its security groups, and
    the ids of all of them.

    IMDS serves what was recorded and nothing else, but for the role's credentials: those are the fake's own.
    """
    leaves = _leaves(Path(folder))
    document = json.loads(leaves[DOCUMENT])
    network = _below(leaves, f"meta-data/network/interfaces/macs/{leaves['meta-data/mac']}/")
    vpc = Vpc(document["region"], network["vpc-ipv4-cidr-blocks"].split("\n"), document["accountId"],
              id=network["vpc-id"])
    subnet = Subnet(vpc, document["availabilityZone"], network["subnet-ipv4-cidr-block"], id=network["subnet-id"])
    launched = datetime.strptime(document["pendingTime"], "%Y-%m-%dT%H:%M:%S%z").timestamp()
    instance = Instance(subnet, role, document["imageId"], document["instanceType"], launched,
                        tags=_below(leaves, "meta-data/tags/instance/"), architecture=document["architecture"],
                        id=document["instanceId"], recorded=leaves)
    groups = [SecurityGroup(vpc, name, id=group) for name, group in
              zip(_lines(network, "security-groups"), _lines(network, "security-group-ids"), strict=True)]
    interface = Interface(subnet, network["local-ipv4s"].split("\n")[0], instance, groups=groups or None,
                          assigned_ip=network.get("public-ipv4s", "").split("\n")[0] or None,
                          id=network["interface-id"], mac=network["mac"])
    instance.interfaces.append(interface)
    for thing in (vpc, subnet, *groups, interface, instance):
        world.register(thing)
    return instance


def _leaves(folder):
    return {str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*") if file.is_file()}


def _lines(leaves, path):
    return leaves[path].split("\n") if path in leaves else []


def _below(leaves, path):
    return {leaf.removeprefix(path): text for leaf, text in leaves.items() if leaf.startswith(path)}
