"""A world from a JSON file, for trying programs by hand."""

from .world import World

EXAMPLE = {
    "account": "111122223333",
    "addresses": [{"region": "us-east-1", "public_ip": "203.0.113.10", "tags": {}}],
    "vpcs": [{
        "region": "us-east-1",
        "cidrs": ["172.16.0.0/16"],
        "subnets": [{
            "zone": "us-east-1a",
            "cidr": "172.16.1.0/24",
            "instances": [{
                "name": "gateway",
                "private_ip": "172.16.1.10",
                "public_ip": "203.0.113.10",
                "tags": {"cygnet:mesh": "demo", "cygnet:registry": "us-east-1"},
            }],
        }],
    }],
    "parameters": {"us-east-1": {"/cygnet/demo/epoch": "{}"}},
}


def build(document):
    """The world that a document like EXAMPLE describes, and its instances by name. An unknown key is a TypeError."""
    return _build(**document)


def _build(vpcs, account="111122223333", addresses=(), parameters=None):
    world, instances = World(account), {}
    for address in addresses:
        world.allocate_address(**address)
    for vpc in vpcs:
        _add_vpc(world, instances, **vpc)
    for region, values in (parameters or {}).items():
        for name, value in values.items():
            world.ssm(region).put(name, value)
    return world, instances


def _add_vpc(world, instances, region, cidrs, subnets=()):
    vpc = world.add_vpc(region, cidrs)
    for subnet in subnets:
        _add_subnet(world, instances, vpc, **subnet)


def _add_subnet(world, names, vpc, zone, cidr, instances=()):
    subnet = world.add_subnet(vpc, zone, cidr)
    for instance in instances:
        _launch(world, names, subnet, **instance)


def _launch(world, names, subnet, name, **options):
    if name in names:
        raise ValueError(f"two instances are named '{name}'")
    names[name] = world.launch(subnet, **options)
