"""The part of a world that routes: route tables, and which of them serves a subnet."""

from .ids import new_id
from .resources import Interface, Route, RouteTable
from .rules import canonical

ROUTES_PER_TABLE = 500


class Routing:
    """Mixed into World. Each change of a table is told as "route_table", with the table."""

    route_limit = ROUTES_PER_TABLE

    def add_route_table(self, vpc, subnets=(), tags=None):
        """One more route table; these subnets are associated with it."""
        with self.transaction():
            table = self.register(RouteTable(vpc, dict(tags or {})))
            for subnet in subnets:
                self.use_table(subnet, table)
            self.changed("route_table", table)
            return table

    def use_table(self, subnet, table):
        """Associate a subnet with a route table; None: the main one serves it again."""
        if table and table.vpc is not subnet.vpc:
            raise ValueError(f"{table.id} and {subnet.id} are in different VPCs")
        with self.transaction():
            former = self.table_of(subnet)
            subnet.table, subnet.association_id = table, new_id("rtbassoc") if table else None
            for each in (former, self.table_of(subnet)):
                self.changed("route_table", each)

    def make_main(self, table):
        """Make it the table of the subnets that are associated with none."""
        with self.transaction():
            former, table.vpc.main_table = table.vpc.main_table, table
            for each in (former, table):
                self.changed("route_table", each)

    def table_of(self, subnet):
        """The route table that serves a subnet."""
        return subnet.table or subnet.vpc.main_table

    def subnets_of(self, table):
        """The subnets that a route table serves, by association or as the main one."""
        with self.lock:
            return [subnet for subnet in self.subnets.values() if self.table_of(subnet) is table]

    def put_route(self, table, destination, target, gone=False):
        """A route to an Interface or to whatever has an id ("igw-…"), in place of one that there is; no quota counts.

        gone: the target does not exist any more, and the route is a blackhole.
        """
        destination = canonical(destination)
        interface = target if isinstance(target, Interface) else None
        with self.transaction():
            route = Route(destination, interface.id if interface else target, interface, gone=gone)
            table.routes[destination] = route
            self.changed("route_table", table)
            return route

    def propagate_route(self, table, destination, gateway_id):
        """A route that a virtual private gateway ("vgw-…") propagates; it counts behind those that were put."""
        destination = canonical(destination)
        with self.transaction():
            table.propagated[destination] = Route(destination, gateway_id, origin="EnableVgwRoutePropagation")
            self.changed("route_table", table)

    def remove_route(self, table, destination):
        """Take a route that was put; KeyError when there is none."""
        with self.transaction():
            del table.routes[canonical(destination)]
            self.changed("route_table", table)

    def tables_to(self, interface):
        """The tables with a route to an interface."""
        return [table for table in self.route_tables.values()
                if any(route.interface is interface for route in table.routes.values())]
