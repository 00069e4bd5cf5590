"""Subnets, route tables and routes, as boto3 sees them and as the world tells them."""

import pytest
from botocore.exceptions import ClientError

REMOTE = "10.20.0.0/16"


@pytest.fixture
def ec2(client):
    return client("ec2")


@pytest.fixture
def interface(gateway):
    return gateway.instance.interface


@pytest.fixture
def main(world):
    return world.vpc.main_table


def refusal(call, **params):
    """(code, message) of the error that a call gets."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def shown(ec2, table):
    """The routes of a table as they are described, by destination."""
    [one] = ec2.describe_route_tables(RouteTableIds=[table.id])["RouteTables"]
    return {route["DestinationCidrBlock"]: route for route in one["Routes"]}


def found(ec2, name, value):
    reply = ec2.describe_route_tables(Filters=[{"Name": name, "Values": [value]}])
    return {one["RouteTableId"] for one in reply["RouteTables"]}


def test_a_vpc_has_a_main_table_with_a_local_route_for_each_range(ec2, world):
    vpc = world.add_vpc("us-east-1", ["10.1.0.0/16", "100.64.0.0/16"])
    [table] = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc.id]}])["RouteTables"]
    assert table["RouteTableId"] == vpc.main_table.id
    [association] = table["Associations"]
    assert association["Main"] is True and "SubnetId" not in association
    assert table["Routes"] == [
        {"DestinationCidrBlock": cidr, "GatewayId": "local", "Origin": "CreateRouteTable", "State": "active"}
        for cidr in ("10.1.0.0/16", "100.64.0.0/16")]


def test_a_subnet_is_served_by_its_own_table_or_else_by_the_main_one(ec2, world, main):
    other = world.add_subnet(world.vpc, "us-east-1b", "172.16.2.0/24")
    table = world.add_route_table(world.vpc, [other], tags={"cygnet:mesh": "lab"})
    assert (world.table_of(world.subnet), world.table_of(other)) == (main, table)
    [association] = ec2.describe_route_tables(RouteTableIds=[table.id])["RouteTables"][0]["Associations"]
    assert (association["Main"], association["SubnetId"]) == (False, other.id)
    assert association["AssociationState"] == {"State": "associated"}
    assert found(ec2, "association.subnet-id", other.id) == {table.id}
    assert found(ec2, "association.subnet-id", world.subnet.id) == set(), "the main table names none"
    assert found(ec2, "association.main", "true") == {main.id}
    assert found(ec2, "tag:cygnet:mesh", "lab") == {table.id}
    world.use_table(other, None)
    assert world.table_of(other) is main
    world.make_main(table)
    assert world.subnets_of(table) == [world.subnet, other]
    assert found(ec2, "association.main", "true") == {table.id}


def test_tables_of_another_vpc_serve_no_subnet(world):
    elsewhere = world.add_vpc("us-east-1", ["10.1.0.0/16"])
    with pytest.raises(ValueError):
        world.use_table(world.subnet, elsewhere.main_table)


def test_a_route_to_an_interface(ec2, main, interface):
    assert ec2.create_route(RouteTableId=main.id, DestinationCidrBlock=REMOTE,
                            NetworkInterfaceId=interface.id)["Return"] is True
    assert shown(ec2, main)[REMOTE] == {
        "DestinationCidrBlock": REMOTE, "NetworkInterfaceId": interface.id, "InstanceId": interface.instance.id,
        "InstanceOwnerId": "111122223333", "Origin": "CreateRoute", "State": "active"}
    assert found(ec2, "route.instance-id", interface.instance.id) == {main.id}
    route = main.routes[REMOTE]
    assert (route.target, route.interface, route.state) == (interface.id, interface, "active")


def test_a_route_by_the_instance(ec2, world, main, interface):
    ec2.create_route(RouteTableId=main.id, DestinationCidrBlock=REMOTE, InstanceId=interface.instance.id)
    assert main.routes[REMOTE].interface is interface
    world.attach_interface(interface.instance, world.subnet, "172.16.1.11")
    code, _ = refusal(ec2.replace_route, RouteTableId=main.id, DestinationCidrBlock=REMOTE,
                      InstanceId=interface.instance.id)
    assert code == "InvalidInstanceID"


def test_destinations_are_made_canonical(ec2, main, interface):
    ec2.create_route(RouteTableId=main.id, DestinationCidrBlock="10.20.7.9/16", NetworkInterfaceId=interface.id)
    assert REMOTE in shown(ec2, main)
    assert refusal(ec2.create_route, RouteTableId=main.id, DestinationCidrBlock="10.20.0.1/16",
                   NetworkInterfaceId=interface.id) == (
        "RouteAlreadyExists", f"The route identified by {REMOTE} already exists.")
    ec2.delete_route(RouteTableId=main.id, DestinationCidrBlock="10.20.255.255/16")
    assert REMOTE not in main.routes


def test_a_route_is_replaced_only_where_there_is_one(ec2, world, main, interface):
    route = {"RouteTableId": main.id, "DestinationCidrBlock": REMOTE, "NetworkInterfaceId": interface.id}
    assert refusal(ec2.replace_route, **route) == (
        "InvalidParameterValue", f"There is no route defined for '{REMOTE}' in the route table. Use CreateRoute "
        "instead.")
    world.put_route(main, REMOTE, "pcx-0123456789abcdef0")
    assert shown(ec2, main)[REMOTE]["VpcPeeringConnectionId"] == "pcx-0123456789abcdef0"
    ec2.replace_route(**route)
    assert shown(ec2, main)[REMOTE]["NetworkInterfaceId"] == interface.id
    assert "VpcPeeringConnectionId" not in shown(ec2, main)[REMOTE]


def test_a_route_is_deleted_only_where_there_is_one(ec2, main):
    assert refusal(ec2.delete_route, RouteTableId=main.id, DestinationCidrBlock=REMOTE) == (
        "InvalidRoute.NotFound", f"no route with destination-cidr-block {REMOTE} in route table {main.id}")


def test_local_routes_stay(ec2, main, interface):
    local = {"RouteTableId": main.id, "DestinationCidrBlock": "172.16.0.0/16"}
    assert refusal(ec2.delete_route, **local)[0] == "InvalidParameterValue"
    assert refusal(ec2.create_route, **local, NetworkInterfaceId=interface.id)[0] == "RouteAlreadyExists"
    assert refusal(ec2.replace_route, **local, NetworkInterfaceId=interface.id)[0] == "UnsupportedOperation"
    assert main.routes["172.16.0.0/16"].target == "local"


def test_within_the_vpc_a_route_leads_to_a_whole_subnet(ec2, main, interface):
    route = {"RouteTableId": main.id, "NetworkInterfaceId": interface.id}
    assert refusal(ec2.create_route, DestinationCidrBlock="172.16.9.0/24", **route)[0] == "InvalidParameterValue"
    ec2.create_route(DestinationCidrBlock="172.16.1.0/24", **route)
    ec2.create_route(DestinationCidrBlock="172.16.0.0/12", **route)


def test_a_route_to_what_is_gone_is_a_blackhole(ec2, world, main, interface):
    world.put_route(main, REMOTE, interface)
    world.put_route(main, "0.0.0.0/0", "igw-0123456789abcdef0", gone=True)
    assert shown(ec2, main)["0.0.0.0/0"]["State"] == "blackhole"
    told = []
    world.on_change(lambda kind, thing: told.append((kind, thing, main.routes[REMOTE].state)))
    world.terminate(interface.instance)
    assert ("route_table", main, "blackhole") in told


def test_a_blackhole_tells_the_interface_and_no_instance(ec2, world, main):
    other = world.launch(world.subnet, "172.16.1.20")
    world.put_route(main, REMOTE, other.interface)
    interface = other.interface.id
    world.terminate(other)
    assert shown(ec2, main)[REMOTE] == {"DestinationCidrBlock": REMOTE, "NetworkInterfaceId": interface,
                                        "Origin": "CreateRoute", "State": "blackhole"}
    assert found(ec2, "route.state", "blackhole") == {main.id}


def test_a_table_is_full_at_some_time(ec2, world, main, interface):
    def create(number):
        ec2.create_route(RouteTableId=main.id, DestinationCidrBlock=f"10.{number}.0.0/16",
                         NetworkInterfaceId=interface.id)

    assert world.route_limit == 500
    world.route_limit = 3
    world.propagate_route(main, "10.99.0.0/16", "vgw-0123456789abcdef0")
    create(1)
    create(2)
    code, message = refusal(ec2.create_route, RouteTableId=main.id, DestinationCidrBlock="10.3.0.0/16",
                            NetworkInterfaceId=interface.id)
    assert (code, message) == ("RouteLimitExceeded", "The maximum number of routes has been reached.")
    assert len(main.routes) == 3


def test_propagated_routes_count_behind_static_ones(ec2, world, main, interface):
    world.propagate_route(main, REMOTE, "vgw-0123456789abcdef0")
    assert main.effective[REMOTE].target == "vgw-0123456789abcdef0"
    [table] = ec2.describe_route_tables()["RouteTables"]
    assert table["PropagatingVgws"] == [{"GatewayId": "vgw-0123456789abcdef0"}]
    assert shown(ec2, main)[REMOTE]["Origin"] == "EnableVgwRoutePropagation"
    code, _ = refusal(ec2.replace_route, RouteTableId=main.id, DestinationCidrBlock=REMOTE,
                      NetworkInterfaceId=interface.id)
    assert code == "InvalidParameterValue"
    ec2.create_route(RouteTableId=main.id, DestinationCidrBlock=REMOTE, NetworkInterfaceId=interface.id)
    assert main.effective[REMOTE].interface is interface


@pytest.mark.parametrize("params, code", [
    ({"DestinationCidrBlock": REMOTE}, "MissingParameter"),
    ({"NetworkInterfaceId": "{interface}"}, "MissingParameter"),
    ({"DestinationCidrBlock": REMOTE, "NetworkInterfaceId": "{interface}", "GatewayId": "igw-01234567"},
     "InvalidParameterCombination"),
    ({"DestinationCidrBlock": "10.20.0.0", "NetworkInterfaceId": "{interface}"}, "InvalidParameterValue"),
    ({"DestinationCidrBlock": "10.20.0.0/33", "NetworkInterfaceId": "{interface}"}, "InvalidParameterValue"),
    ({"DestinationCidrBlock": REMOTE, "NetworkInterfaceId": "eni-0123456789abcdef0"},
     "InvalidNetworkInterfaceID.NotFound"),
    ({"DestinationCidrBlock": REMOTE, "NetworkInterfaceId": "{other}"}, "InvalidParameterValue"),
    ({"DestinationCidrBlock": REMOTE, "GatewayId": "igw-01234567"}, "UnsupportedOperation"),
    ({"DestinationIpv6CidrBlock": "::/0", "NetworkInterfaceId": "{interface}"}, "UnsupportedOperation"),
])
def test_routes_that_are_refused(ec2, world, main, interface, params, code):
    vpc = world.add_vpc("us-east-1", ["10.1.0.0/16"])
    other = world.launch(world.add_subnet(vpc, "us-east-1a", "10.1.0.0/24"), "10.1.0.5").interface
    params = {name: value.format(interface=interface.id, other=other.id) for name, value in params.items()}
    assert refusal(ec2.create_route, RouteTableId=main.id, **params)[0] == code
    assert list(main.routes) == ["172.16.0.0/16"]


def test_tables_that_are_not_there(ec2, interface):
    assert refusal(ec2.describe_route_tables, RouteTableIds=["rtb-01234567"]) == (
        "InvalidRouteTableID.NotFound", "The routeTable ID 'rtb-01234567' does not exist")
    assert refusal(ec2.create_route, RouteTableId="main", DestinationCidrBlock=REMOTE,
                   NetworkInterfaceId=interface.id)[0] == "InvalidRouteTableId.Malformed"


def test_tables_come_in_pages(ec2, world):
    for _ in range(11):
        world.add_route_table(world.vpc)
    pages = list(ec2.get_paginator("describe_route_tables").paginate(PaginationConfig={"PageSize": 5}))
    assert [len(page["RouteTables"]) for page in pages] == [5, 5, 2]
    assert {one["RouteTableId"] for page in pages for one in page["RouteTables"]} == set(world.route_tables)


@pytest.mark.parametrize("call", ["create_route", "replace_route", "delete_route"])
def test_a_dry_run_changes_no_route(ec2, world, main, interface, call):
    params = {"RouteTableId": main.id, "DestinationCidrBlock": REMOTE, "DryRun": True}
    if call != "delete_route":
        params["NetworkInterfaceId"] = interface.id
    assert refusal(getattr(ec2, call), **params)[0] == "DryRunOperation"
    world.faults.deny("ec2", "*Route")
    assert refusal(getattr(ec2, call), **params)[0] == "UnauthorizedOperation"
    assert REMOTE not in main.routes


def test_stale_reads_show_the_former_routes(ec2, world, main, interface):
    world.faults.stale_reads(2)
    ec2.create_route(RouteTableId=main.id, DestinationCidrBlock=REMOTE, NetworkInterfaceId=interface.id)
    assert [REMOTE in shown(ec2, main) for _ in range(3)] == [False, False, True]


def test_changes_of_routes_are_told(ec2, world, main, interface):
    told = []
    world.on_change(lambda kind, thing: told.append((kind, thing, REMOTE in thing.routes)))
    route = {"RouteTableId": main.id, "DestinationCidrBlock": REMOTE}
    ec2.create_route(**route, NetworkInterfaceId=interface.id)
    ec2.delete_route(**route)
    assert told == [("route_table", main, True), ("route_table", main, False)]


def test_subnets(ec2, world, gateway):
    other = world.add_subnet(world.vpc, "us-east-1b", "172.16.2.0/24", tags={"Name": "b"})
    reply = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [world.vpc.id]}])["Subnets"]
    assert {one["SubnetId"]: (one["AvailabilityZone"], one["CidrBlock"], one["AvailableIpAddressCount"])
            for one in reply} == {world.subnet.id: ("us-east-1a", "172.16.1.0/24", 250),
                                  other.id: ("us-east-1b", "172.16.2.0/24", 251)}
    [one] = ec2.describe_subnets(Filters=[{"Name": "availability-zone", "Values": ["us-east-1b"]}])["Subnets"]
    assert one["Tags"] == [{"Key": "Name", "Value": "b"}]
    assert refusal(ec2.describe_subnets, SubnetIds=["subnet-01234567"])[0] == "InvalidSubnetID.NotFound"
