"""EC2: the actions on subnets, route tables and routes."""

from ipaddress import ip_network

from .ec2_calls import described_page, in_vpcs, instances, interfaces, only_interface, remember
from .ec2_describe import INSTANCE, INTERFACE, Kind, description, find, tag_list
from .endpoints import partition_of
from .errors import ApiError
from .resources import RouteTable, Subnet
from .rules import canonical

RESERVED_IN_SUBNET = 5
DESTINATIONS = {"DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"}
TARGET_MEMBERS = {"igw": "GatewayId", "vgw": "GatewayId", "vpce": "GatewayId", "local": "GatewayId",
                  "nat": "NatGatewayId", "tgw": "TransitGatewayId", "pcx": "VpcPeeringConnectionId",
                  "eni": "NetworkInterfaceId"}

SUBNET = Kind("subnet", "subnet", "InvalidSubnetID", "Tags", {
    "availability-zone": "AvailabilityZone",
    "cidr-block": "CidrBlock",
    "owner-id": "OwnerId",
    "state": "State",
    "subnet-id": "SubnetId",
    "vpc-id": "VpcId",
})
ROUTE_TABLE = Kind("routeTable", "rtb", "InvalidRouteTableID", "Tags", {
    "association.main": "Associations.Main",
    "association.route-table-association-id": "Associations.RouteTableAssociationId",
    "association.route-table-id": "Associations.RouteTableId",
    "association.subnet-id": "Associations.SubnetId",
    "owner-id": "OwnerId",
    "route-table-id": "RouteTableId",
    "route.destination-cidr-block": "Routes.DestinationCidrBlock",
    "route.gateway-id": "Routes.GatewayId",
    "route.instance-id": "Routes.InstanceId",
    "route.nat-gateway-id": "Routes.NatGatewayId",
    "route.origin": "Routes.Origin",
    "route.state": "Routes.State",
    "route.transit-gateway-id": "Routes.TransitGatewayId",
    "route.vpc-peering-connection-id": "Routes.VpcPeeringConnectionId",
    "vpc-id": "VpcId",
}, malformed="InvalidRouteTableId.Malformed")


def describe_subnets(context):
    subnets = in_vpcs(context, context.world.subnets)
    page, more = described_page(context, subnets, SUBNET, context.params.get("SubnetIds"))
    return {"Subnets": page, **more}


def describe_route_tables(context):
    page, more = described_page(context, _tables(context), ROUTE_TABLE, context.params.get("RouteTableIds"))
    return {"RouteTables": page, **more}


def create_route(context):
    table, destination = _table(context), _destination(context)
    target = _target(context, table)
    if destination in table.routes:
        raise ApiError("RouteAlreadyExists", f"The route identified by {destination} already exists.")
    _check_destination(context, table, destination)
    if len(table.routes) >= context.world.route_limit:
        raise ApiError("RouteLimitExceeded", "The maximum number of routes has been reached.")
    remember(context, table)
    context.world.put_route(table, destination, target)
    return {"Return": True}


def replace_route(context):
    table, destination = _table(context), _destination(context)
    target = _target(context, table)
    if destination not in table.routes:
        raise ApiError("InvalidParameterValue", f"There is no route defined for '{destination}' in the route table. "
                       "Use CreateRoute instead.")
    if table.routes[destination].target == "local":
        raise ApiError("UnsupportedOperation", "this fake does not model replacing a local route")
    remember(context, table)
    context.world.put_route(table, destination, target)


def delete_route(context):
    table, destination = _table(context), _destination(context)
    if destination not in table.routes:
        raise ApiError("InvalidRoute.NotFound",
                       f"no route with destination-cidr-block {destination} in route table {table.id}")
    if table.routes[destination].target == "local":
        raise ApiError("InvalidParameterValue", f"cannot remove local route {destination} in route table {table.id}")
    remember(context, table)
    context.world.remove_route(table, destination)


ACTIONS = {
    "DescribeSubnets": describe_subnets,
    "DescribeRouteTables": describe_route_tables,
    "CreateRoute": create_route,
    "ReplaceRoute": replace_route,
    "DeleteRoute": delete_route,
}


def _tables(context):
    return in_vpcs(context, context.world.route_tables)


def _table(context):
    return find(_tables(context), ROUTE_TABLE, context.params["RouteTableId"])


def _destination(context):
    named = DESTINATIONS & set(context.params)
    if len(named) != 1:
        raise ApiError("InvalidParameterCombination" if named else "MissingParameter",
                       "The request must contain exactly one destination")
    if named != {"DestinationCidrBlock"}:
        raise ApiError("UnsupportedOperation", "this fake models IPv4 destinations only")
    return canonical(context.params["DestinationCidrBlock"])


def _target(context, table):
    """The one interface that the request names, itself or by its instance."""
    named = set(context.params) - DESTINATIONS - {"RouteTableId", "DryRun"}
    if len(named) != 1:
        raise ApiError("InvalidParameterCombination" if named else "MissingParameter",
                       "The request must contain exactly one target")
    if named == {"NetworkInterfaceId"}:
        interface = find(interfaces(context), INTERFACE, context.params["NetworkInterfaceId"])
    elif named == {"InstanceId"}:
        interface = only_interface(find(instances(context), INSTANCE, context.params["InstanceId"]))
    else:
        raise ApiError("UnsupportedOperation", f"this fake models no routes by {named.pop()}")
    if interface.vpc is not table.vpc:
        raise ApiError("InvalidParameterValue",
                       f"route table {table.id} and interface {interface.id} belong to different networks")
    return interface


def _check_destination(context, table, destination):
    """Within the VPC, a route may only lead to a whole subnet."""
    network = ip_network(destination)
    within = any(network.subnet_of(ip_network(cidr)) for cidr in table.vpc.cidrs)
    subnets = {subnet.cidr for subnet in context.world.subnets.values() if subnet.vpc is table.vpc}
    if within and destination not in subnets:
        raise ApiError("InvalidParameterValue", f"The destination CIDR block {destination} is more specific than one "
                       "of this VPC's CIDR blocks, and is not the CIDR block of a subnet.")


@description.register
def _subnet(subnet: Subnet, world):
    vpc = subnet.vpc
    partition = partition_of(vpc.region).name
    used = sum(interface.subnet is subnet for interface in world.interfaces.values()) + RESERVED_IN_SUBNET
    return {
        "SubnetId": subnet.id,
        "SubnetArn": f"arn:{partition}:ec2:{vpc.region}:{vpc.account}:subnet/{subnet.id}",
        "VpcId": vpc.id,
        "OwnerId": vpc.account,
        "State": "available",
        "AvailabilityZone": subnet.zone,
        "CidrBlock": subnet.cidr,
        "AvailableIpAddressCount": ip_network(subnet.cidr).num_addresses - used,
        "DefaultForAz": False,
        "MapPublicIpOnLaunch": False,
        "AssignIpv6AddressOnCreation": False,
        "Ipv6CidrBlockAssociationSet": [],
        "Tags": tag_list(subnet.tags),
    }


@description.register
def _route_table(table: RouteTable, world):
    gateways = sorted({route.target for route in table.propagated.values()})
    return {
        "RouteTableId": table.id,
        "VpcId": table.vpc.id,
        "OwnerId": table.vpc.account,
        "Associations": list(_associations(table, world)),
        "PropagatingVgws": [{"GatewayId": gateway} for gateway in gateways],
        "Routes": [_route(route) for route in [*table.routes.values(), *table.propagated.values()]],
        "Tags": tag_list(table.tags),
    }


def _associations(table, world):
    common = {"RouteTableId": table.id, "AssociationState": {"State": "associated"}}
    if table.is_main:
        yield {"Main": True, "RouteTableAssociationId": table.main_association_id, **common}
    for subnet in world.subnets.values():
        if subnet.table is table:
            yield {"Main": False, "RouteTableAssociationId": subnet.association_id, "SubnetId": subnet.id, **common}


def _route(route):
    one = {"DestinationCidrBlock": route.destination, "Origin": route.origin, "State": route.state,
           TARGET_MEMBERS[route.target.partition("-")[0]]: route.target}
    if route.interface and route.interface.exists:
        one.update({"InstanceId": route.interface.instance.id, "InstanceOwnerId": route.interface.vpc.account})
    return one
