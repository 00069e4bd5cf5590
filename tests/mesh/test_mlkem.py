"""ML-KEM: agreed on where both strongSwans have it, in either flavour, and left out where one has not."""

import mlkem
import pytest
from checks import eventually, said
from lab import parallel
from mesh import Mesh

QUICK = {"cygnet:key-bits": "3072"}
SITES = (
    ("eu-west-1", "10.20.0.0/16", "trixie", QUICK),
    ("eu-west-2", "10.21.0.0/16", "trixie-starter", {**QUICK, "cygnet:backend": "ipsec"}),
    ("us-east-1", "172.16.0.0/16", "bookworm", QUICK),
    ("us-east-2", "172.31.0.0/16", "trixie", QUICK),
)
WITH_PLUGIN = {"eu-west-1", "eu-west-2"}
FLAVOURS = {"swanctl": "strongswan.service", "ipsec": "strongswan-starter.service"}


def give_plugin(site):
    """As an image would bring it: charon has it from its start."""
    site.gateway.wait_booted()
    mlkem.install(site.gateway)
    site.gateway.check(["systemctl", "restart", FLAVOURS[site.tags.get("cygnet:backend", "swanctl")]])


@pytest.fixture(scope="module")
def mesh():
    mlkem.plugin()
    with Mesh(SITES) as made:
        parallel(give_plugin, [site for site in made.sites if site.name in WITH_PLUGIN])
        made.outcomes = made.bootstrap()
        eventually(made.has_all_tunnels, 60)
        yield made


def test_bootstrap_ends_well_at_every_site(mesh):
    for name, done in mesh.outcomes.items():
        assert done.returncode == 0, f"{name}: {said(done)}"


def test_every_host_reaches_every_other(mesh):
    assert mesh.is_whole()


def test_it_is_agreed_on_by_two_who_have_it_and_by_no_others(mesh, tell):
    names = {site.gateway.address: site.name for site in mesh.sites}
    for site in mesh.sites:
        for sa in site.gateway.tunnels():
            peer = names[sa["remote-id"]]
            agreed = f"{sa['dh-group']} {sa.get('ake1', '')}".strip()
            tell(f"{site.name} {site.gateway.strongswan_version()} → {peer}: {agreed}")
            assert agreed == ("ECP_384 ML_KEM_768" if {site.name, peer} == WITH_PLUGIN else "ECP_384")


def test_it_is_written_only_where_the_plugin_is(mesh):
    for site in mesh.sites:
        folder = "/etc/ipsec.d" if "cygnet:backend" in site.tags else "/etc/swanctl/conf.d"
        files = list(site.gateway.path(folder).glob("cygnet-*.conf"))
        assert len(files) == 3
        assert all(("mlkem" in file.read_text()) == (site.name in WITH_PLUGIN) for file in files)
