"""Makes the fake AWS's state the fabric's: route tables, security groups, public addresses, source/dest checks.

Whatever changes in a VPC, all of it is compared with what the fabric was last told. So a call that is forgotten is a
packet that does not arrive.
"""

import dataclasses
import threading

import fabric

# A change of a public address cuts the caller's own connection too, but not before it carried the answer.
ADDRESS_SECONDS = 0.3


@dataclasses.dataclass(eq=False)
class _Plug:
    """A cable of the fabric that is an interface of the world, and what the fabric was last told of it."""
    vpc: object
    port: object
    interface: object
    checked: bool = True
    rules: tuple = ((), ())


class Mirror:
    """Follows a world from its first port on."""

    def __init__(self, world):
        self._world = world
        self._plugs = {}        # the world's interface: _Plug
        self._lock = threading.RLock()
        world.on_change(self._changed)

    def add_port(self, vpc, port, interface):
        """The port is this interface from now on, with the address that it has."""
        with self._lock:
            self._plugs[interface] = _Plug(vpc, port, interface)
            vpc.set_address(port, interface.public_ip)
            self._refresh(interface.vpc)

    def drop_port(self, interface):
        """The interface is gone; to be called before its port is."""
        with self._lock:
            plug = self._plugs.pop(interface)
            plug.vpc.set_address(plug.port, None)
            self._refresh(interface.vpc)

    def close(self):
        """The fabric is told nothing any more."""
        with self._lock:
            self._plugs.clear()

    def _changed(self, kind, thing):
        vpc = getattr(thing, "vpc", None)
        if vpc:
            with self._lock:
                self._refresh(vpc)
        if kind == "public_address":
            timer = threading.Timer(ADDRESS_SECONDS, self._follow_address, [thing])
            timer.daemon = True
            timer.start()

    def _follow_address(self, interface):
        with self._lock:
            plug = self._plugs.get(interface)
            if plug and plug.port.public != interface.public_ip:
                for other in self._plugs.values():
                    if other.port.public == interface.public_ip:
                        other.vpc.set_address(other.port, None)
                plug.vpc.set_address(plug.port, interface.public_ip)

    def _refresh(self, world_vpc):
        with self._world.lock:
            plugs = [plug for plug in self._plugs.values() if plug.interface.vpc is world_vpc]
            tables = {table.id: self._routes(table) for table in self._world.route_tables.values()
                      if table.vpc is world_vpc}
            wanted = [(self._world.table_of(plug.interface.subnet).id, plug.interface.source_dest_check,
                       self._rules(plug.interface)) for plug in plugs]
        for table, routes in tables.items() if plugs else ():
            plugs[0].vpc.set_routes(table, routes)
        for plug, (table, checked, rules) in zip(plugs, wanted):
            self._tell(plug, table, checked, rules)

    def _tell(self, plug, table, checked, rules):
        if plug.port.table != table:
            plug.vpc.use_table(plug.port, table)
        if plug.checked != checked:
            plug.vpc.check(plug.port, checked)
        if plug.rules != rules:
            plug.vpc.filter(plug.port, *rules)
        plug.checked, plug.rules = checked, rules

    def _routes(self, table):
        return {route.destination: self._target(route) for route in table.effective.values() if route.target != "local"}

    def _target(self, route):
        """What is behind any other gateway is not in the lab."""
        if route.state == "active" and route.target.startswith("igw-"):
            return fabric.GATEWAY
        plug = self._plugs.get(route.interface)
        return plug.port if plug and route.state == "active" else None

    def _rules(self, interface):
        rules = {rule.key: rule for group in interface.groups for rule in group.rules if not rule.cidr6}.values()
        return tuple(tuple(self._rule(rule) for rule in rules if rule.egress is egress) for egress in (False, True))

    def _rule(self, rule):
        protocol = None if rule.protocol == "-1" else rule.protocol
        ports = (rule.from_port, rule.to_port if rule.to_port >= 0 else None) if rule.from_port >= 0 else None
        return fabric.Rule(self._ranges(rule), protocol, ports)

    def _ranges(self, rule):
        """A group as the peer stands for the addresses of its members."""
        if rule.cidr:
            return (rule.cidr,)
        return tuple(sorted(interface.private_ip for interface in self._world.interfaces.values()
                            if rule.group in [group.id for group in interface.groups]))
