"""Sites that are taken out, by `leave` on their gateway or by `forget` for a dead one; and one that comes back."""

import pytest
from checks import eventually, said
from fakeaws.rules import Rule
from mesh import HASTY, INTERVAL, Mesh, running

ELSEWHERE = "10.77.0.0/16"      # where a route of the operator's leads


@pytest.fixture(scope="module")
def mesh():
    with running(Mesh(tags=HASTY, managed=True)) as made:
        yield made


@pytest.fixture(scope="module")
def operators(mesh):
    """What the last site's operator has put beside cygnet's own: two routes, one of them to the gateway, and rules."""
    site = mesh.sites[2]
    table = mesh.table(site)
    mesh.world.put_route(table, ELSEWHERE, site.gateway.instance.interface)
    mesh.world.put_route(table, "10.78.0.0/16", site.host.instance.interface)
    for group in (site.place.gateways, site.place.hosts):
        mesh.world.add_rules(group, [Rule("tcp", 22, 22, cidr="192.168.7.0/24", description="by hand")])


def foreign_routes(mesh, site):
    return {destination: route.target for destination, route in mesh.table(site).routes.items()
            if destination not in [other.range for other in mesh.sites if other is not site]}


def rules(site, described):
    """The rules of the site's groups that cygnet described, or that it did not."""
    return sorted(str(rule) for group in (site.place.gateways, site.place.hosts) for rule in group.ingress
                  if (rule.description or "").startswith("cygnet:") == described)


def is_without(mesh, site, gone):
    """Whether a site's VPC and gateway have nothing of one that is gone."""
    address = gone.elastic.public_ip
    named = [rule for rule in rules(site, True) if gone.range in rule or address in rule]
    return not site.gateway.leads_to(address) and gone.range not in mesh.table(site).routes and not named


def test_leave_takes_away_what_cygnet_has_made_and_nothing_else(mesh, operators):
    site, stay = mesh.sites[2], mesh.sites[:2]
    routes, ruled = foreign_routes(mesh, site), rules(site, False)
    assert rules(site, True) != [] and ELSEWHERE in routes
    done = site.gateway.cygnet("leave")
    assert done.returncode == 0, said(done)

    assert foreign_routes(mesh, site) == routes and rules(site, False) == ruled
    assert not any(other.range in mesh.table(site).routes for other in stay)
    assert rules(site, True) == []
    assert site.elastic.interface is None
    assert mesh.record(site)["left"]
    assert [version.name for version in mesh.registry.below("/cygnet/lab", True) if site.name in version.name] \
        == [version.name for version in mesh.registry.below("/cygnet/lab/sites", True) if site.name in version.name]
    eventually(lambda: all(is_without(mesh, other, site) for other in stay), 3 * INTERVAL)
    assert stay[0].host.ping(stay[1].host.address) is not None


def test_the_gateway_that_left_is_still(mesh):
    gateway = mesh.sites[2].gateway
    states = gateway.run(["systemctl", "is-enabled", "cygnet.service", "cygnet-sync.timer"]).stdout.split()
    assert states == ["disabled", "disabled"]
    assert list(gateway.path("/etc/swanctl/conf.d").glob("cygnet-*")) == []
    assert gateway.tunnels() == []


def test_a_bootstrap_by_hand_brings_it_back(mesh):
    site = mesh.sites[2]
    mesh.assign_address(site.gateway)
    generation = mesh.record(site)["generation"]
    done = site.gateway.bootstrap()
    assert done.returncode == 0, said(done)
    assert mesh.record(site)["generation"] > generation and not mesh.record(site).get("left")
    eventually(mesh.is_whole, 60)


def test_leave_can_keep_the_address(mesh):
    site = mesh.sites[2]
    done = site.gateway.cygnet("leave", "--keep-address")
    assert done.returncode == 0, said(done)
    assert site.elastic.interface is site.gateway.instance.interface
    eventually(lambda: all(is_without(mesh, other, site) for other in mesh.sites[:2]), 3 * INTERVAL)
    done = site.gateway.bootstrap()
    assert done.returncode == 0, said(done)
    eventually(mesh.is_whole, 60)


def test_a_dead_site_is_forgotten_from_anywhere_with_the_operators_credentials(mesh):
    dead, stay = mesh.sites[1], [mesh.sites[0], mesh.sites[2]]
    mesh.terminate(dead.gateway)
    keys = mesh.world.add_user("operator")
    # A machine of the lab stands for anywhere: with a user's keys it is no instance.
    done = stay[0].gateway.cygnet("forget", dead.name, "--mesh", "lab", "--registry", "us-east-1", env={
        "AWS_ACCESS_KEY_ID": keys.access_key, "AWS_SECRET_ACCESS_KEY": keys.secret_key,
        "AWS_EC2_METADATA_DISABLED": "true"})
    assert done.returncode == 0, said(done)
    assert mesh.record(dead)["left"]
    eventually(lambda: all(is_without(mesh, site, dead) for site in stay), 3 * INTERVAL)
    assert stay[0].host.ping(stay[1].host.address) is not None
