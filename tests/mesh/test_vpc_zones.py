"""Two VPCs with a gateway in each of two zones: four sites, each with its zone's subnets, in VPCs left to cygnet."""

import pytest
from calls import writes
from checks import eventually, said
from fakeaws.ids import new_id
from mesh import HASTY, THREE_REGIONS, Mesh


@pytest.fixture(scope="module")
def mesh():
    """Two bootstraps at a time, as that is what a registry takes of Puts; one zone of the first VPC has no gateway."""
    tags = {**HASTY, "cygnet:tunnel-wait": "10s"}
    with Mesh(THREE_REGIONS[:2], tags=tags, managed=True, zones="ab") as made:
        made.world.add_subnet(made.sites[0].world_vpc, "us-east-1c", "172.16.9.0/24")
        made.outcomes = {**made.bootstrap(sites=made.sites[::2]), **made.bootstrap(sites=made.sites[1::2])}
        eventually(made.has_all_tunnels, 90)
        yield made


def others(mesh, site):
    return [other for one, other in mesh.directions() if one is site]


def test_the_sites_are_named_for_their_zones(mesh):
    assert [site.name for site in mesh.sites] == ["us-east-1a", "us-east-1b", "us-east-2a", "us-east-2b"]
    for site in mesh.sites:
        record = mesh.record(site)
        assert (record["zone"], record["subnets"]) == (site.name, [site.range])


def test_bootstrap_ends_well_in_every_zone(mesh):
    for name, done in mesh.outcomes.items():
        assert done.returncode in (0, 3), f"{name}: {said(done)}"


def test_every_host_reaches_both_zones_of_the_other_vpc(mesh):
    eventually(mesh.is_whole, 30)
    assert len(mesh.ping_matrix()) == 8


def test_tunnels_lead_to_every_gateway_of_the_other_vpc_and_none_within_the_own(mesh):
    for site in mesh.sites:
        assert {sa["remote-id"] for sa in site.gateway.tunnels()} == {
            other.gateway.address for other in others(mesh, site)}


def test_each_table_leads_to_the_gateway_of_its_own_zone(mesh):
    for site in mesh.sites:
        led = {destination: route.interface for destination, route in mesh.table(site).routes.items()
               if route.interface}
        assert led == {other.range: site.gateway.instance.interface for other in others(mesh, site)}


def test_a_zone_without_a_gateway_is_named(mesh):
    assert "us-east-1c" in said(mesh.outcomes["us-east-1a"])
    assert "unserved" not in said(mesh.outcomes["us-east-2b"])


def test_hosts_of_two_zones_of_a_vpc_reach_each_other_as_ever(mesh):
    one, other = mesh.sites[:2]
    assert one.host.ping(other.host.address) is not None


def test_a_table_that_serves_two_zones_is_refused_by_name(mesh):
    one, other = mesh.sites[:2]
    own = [(site.subnets[0], mesh.table(site)) for site in (one, other)]
    both = mesh.world.add_route_table(one.world_vpc, [subnet for subnet, _ in own], {"cygnet:mesh": "lab"})
    mesh.world.put_route(both, "0.0.0.0/0", new_id("igw"))
    mark = mesh.world.mark()
    done = one.gateway.bootstrap()
    assert both.id in said(done) and "us-east-1b" in said(done), said(done)
    assert not [call for call in writes(mesh.world.calls_since(mark)) if call.params.get("RouteTableId") == both.id]
    assert not [route for route in both.routes.values() if route.interface]
    for subnet, table in own:
        mesh.world.use_table(subnet, table)
