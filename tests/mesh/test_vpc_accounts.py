"""A mesh across two AWS accounts: one has the registry, and the other's gateways reach it as a role of that account."""

import pytest
from checks import eventually, said
from mesh import HASTY, THREE_REGIONS, Mesh

OWNER, GUEST = "111122223333", "444455556666"
ROLE = f"arn:aws:iam::{OWNER}:role/registry"


@pytest.fixture(scope="module")
def mesh():
    owner, guest = THREE_REGIONS[:2]
    with Mesh([owner, (*guest, None, {"cygnet:registry-role": ROLE})], tags=HASTY, managed=True,
              accounts={guest[0]: GUEST}) as made:
        yield made


def test_a_role_that_does_not_trust_the_gateway_is_named(mesh):
    done = mesh.sites[1].gateway.bootstrap()
    assert done.returncode == 77 and "sts:AssumeRole" in said(done) and ROLE in said(done), said(done)
    assert mesh.record(mesh.sites[1]) is None


def test_gateways_of_two_accounts_share_a_registry(mesh):
    mesh.world.add_role("registry", [GUEST])
    for name, done in mesh.bootstrap().items():
        assert done.returncode == 0, f"{name}: {said(done)}"
    eventually(mesh.has_all_tunnels, 60)
    assert mesh.is_whole()
    assert [mesh.record(site)["account"] for site in mesh.sites] == [OWNER, GUEST]


def test_the_role_is_for_the_registry_alone(mesh):
    guest = mesh.sites[1].gateway.instance.id
    callers = {(call.service, ":assumed-role/registry/" in call.caller) for call in mesh.world.calls
               if call.instance_id == guest}
    assert callers == {("ssm", True), ("ec2", False), ("sts", False)}
    assert mesh.world.ssm("us-east-1", GUEST).below("/", True) == []
