"""Keys that are replaced between the flavours that the other tests do not pair: starter with starter, charon without
vici, another version of strongSwan."""

import pytest
from checks import eventually
from lab import parallel
from mesh import HASTY, Mesh
from rekeying import Watch, compare, has_one_key, rekey, sync

IPSEC = {"cygnet:backend": "ipsec"}
SITES = (("us-east-1", "172.16.0.0/16", "bookworm", IPSEC),
         ("us-east-2", "172.31.0.0/16", "bookworm", IPSEC),        # stroke
         ("eu-west-1", "10.20.0.0/16", "trixie-starter", IPSEC))
pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def mesh():
    with Mesh(SITES, tags=HASTY) as made:
        made.sites[1].gateway.write("/etc/strongswan.d/charon/vici.conf", "vici {\n    load = no\n}\n")
        made.outcomes = made.bootstrap()
        parallel(lambda site: site.gateway.cygnet("sync"), made.sites)
        eventually(made.is_whole, 120)
        yield made


@pytest.mark.parametrize("number", [0, 1, 2], ids=["starter 5.9.8", "stroke 5.9.8", "starter 6.0.1"])
def test_a_key_is_replaced_and_no_packet_is_lost(mesh, number, tell):
    site = mesh.sites[number]
    with Watch(mesh) as watch:
        rekey(site)
        eventually(lambda: sync(*mesh.sites) and has_one_key(mesh, site), 60)
    compare(watch, site, tell)
    assert mesh.is_whole()
