"""What a case's vpc.json lays around its recorded instance. Everything in it is called by its id."""

from fakeaws.resources import Address, Instance, Interface, RouteTable, SecurityGroup, Subnet
from fakeaws.rules import Rule

INTERNET = "igw-0c2b4a69788f1e3d5"


def lay(world, gateway, parts):
    """parts: {part: {id: what the part's function takes}}."""
    strange = set(parts) - set(PARTS)
    if strange:
        raise ValueError(f"vpc.json has no {', '.join(sorted(strange))}")
    for part, make in PARTS.items():
        for name, about in parts.get(part, {}).items():
            make(world, gateway, name, **about)


def _subnet(world, gateway, name, **about):
    """zone, cidr."""
    world.register(Subnet(gateway.vpc, id=name, **about))


def _instance(world, gateway, name, interface, private_ip, subnet=None):
    """One more, with its interface; subnet None: in the gateway's."""
    within = world.subnets[subnet or gateway.subnet.id]
    instance = Instance(within, gateway.role, gateway.image, gateway.instance_type, gateway.launched, id=name)
    instance.interfaces.append(Interface(within, private_ip, instance, id=interface))
    for thing in (instance, instance.interface):
        world.register(thing)


def _address(world, gateway, name, public_ip, tags=None, interface=None):
    """An Elastic IP, and who has it."""
    vpc = gateway.vpc
    address = world.register(Address(vpc.region, public_ip, vpc.account, tags or {}, id=name))
    if interface:
        world.associate(address, world.interfaces[interface])


def _group(world, gateway, name, rules, tags=None, worn=True):
    """A security group with these rules and no others, listed in this order; worn: by the gateway's interface."""
    if name not in world.groups:
        world.register(SecurityGroup(gateway.vpc, name, id=name))
    group = world.groups[name]
    group.rules = [Rule(**rule, id=f"sgr-{number:017x}") for number, rule in enumerate(rules, 1)]
    group.tags = tags or {}
    if worn and group not in gateway.interface.groups:
        gateway.interface.groups.append(group)


def _table(world, gateway, name, routes, tags=None, subnets=(), main=False, gone=(), propagated=None, others=0):
    """routes and propagated map destinations to targets; gone: those whose target is there no more; others: how many
    more there are, to an internet gateway."""
    table = world.register(RouteTable(gateway.vpc, tags or {}, id=name))
    if main:
        del world.route_tables[gateway.vpc.main_table.id]
        gateway.vpc.main_table = table
    for subnet in subnets:
        world.use_table(world.subnets[subnet], table)
    for destination, target in routes.items():
        world.put_route(table, destination, world.interfaces.get(target, target), gone=destination in gone)
    for number in range(others):
        world.put_route(table, f"192.0.{2 + number // 256}.{number % 256}/32", INTERNET)
    for destination, target in (propagated or {}).items():
        world.propagate_route(table, destination, target)


PARTS = {"subnets": _subnet, "instances": _instance, "addresses": _address, "groups": _group, "tables": _table}
