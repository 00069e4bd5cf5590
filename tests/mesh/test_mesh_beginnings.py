"""How a mesh begins: the first gateway, newcomers, what is missing, and bootstraps that were cut short."""

import re

import pytest
from checks import eventually, said
from mesh import THREE_REGIONS

FIRST_ONLY = THREE_REGIONS[:1]
HASTY = {"cygnet:mesh": "lab", "cygnet:registry": "us-east-1", "cygnet:interval": "5s"}


def test_the_first_gateway_is_a_mesh_and_a_newcomer_joins_it(fresh):
    mesh = fresh()
    first, second = mesh.sites
    alone = first.gateway.bootstrap()
    assert alone.returncode == 0, said(alone)
    assert "0 of 0 tunnels" in said(alone) and "us-east-1" in said(alone), "names the registry that had no peers"
    joined = second.gateway.bootstrap()
    assert joined.returncode == 0, said(joined)
    assert re.search(r"us-east-1.* up\b", said(joined)) and "1 of 1 tunnels up" in said(joined), said(joined)
    assert mesh.is_whole()


def test_instance_tags_that_metadata_does_not_show_are_named(fresh):
    mesh = fresh(FIRST_ONLY)
    gateway = mesh.launch(mesh.sites[0], metadata_tags=False)
    done = gateway.bootstrap()
    assert done.returncode == 65 and "InstanceMetadataTags" in said(done), said(done)


def test_a_missing_tag_is_named(fresh):
    mesh = fresh(FIRST_ONLY, tags={"cygnet:mesh": "lab"})
    done = mesh.sites[0].gateway.bootstrap()
    assert done.returncode == 65 and "cygnet:registry" in said(done), said(done)


def test_without_strongswan_the_command_that_installs_it_is_named(fresh):
    mesh = fresh(FIRST_ONLY)
    gateway = mesh.sites[0].gateway
    gateway.wait_booted()
    gateway.check(["rm", "/usr/sbin/charon-systemd", "/usr/sbin/ipsec"])
    done = gateway.bootstrap()
    assert done.returncode == 69 and "apt-get install" in said(done), said(done)


def test_labels_are_restored_where_files_have_them(fresh):
    gateway = fresh(FIRST_ONLY).sites[0].gateway
    gateway.wait_booted()
    gateway.write("/usr/sbin/restorecon", "#!/bin/sh\necho \"$*\" >>/var/log/restorecon\n", 0o755)
    for _ in range(2):
        done = gateway.bootstrap()
        assert done.returncode == 0, said(done)
        assert gateway.read("/var/log/restorecon") == "-R /etc/swanctl/private\n-R /etc/swanctl/pubkey\n"


def test_labels_that_cannot_be_restored_are_named(fresh):
    gateway = fresh(FIRST_ONLY).sites[0].gateway
    gateway.wait_booted()
    gateway.write("/usr/sbin/restorecon", "#!/bin/sh\necho 'no policy' >&2; exit 255\n", 0o755)
    done = gateway.bootstrap()
    assert done.returncode == 1, said(done)
    assert "cannot restore the label of '/etc/swanctl/private': no policy" in said(done), said(done)


def test_a_denied_call_names_the_iam_action(fresh):
    mesh = fresh(FIRST_ONLY)
    mesh.world.faults.deny("ssm", "PutParameter")
    done = mesh.sites[0].gateway.bootstrap()
    assert done.returncode == 77 and "ssm:PutParameter" in said(done), said(done)


def test_a_registry_that_is_asked_too_much_is_asked_again(fresh):
    mesh = fresh(FIRST_ONLY, tags=HASTY)
    mesh.world.faults.throttle("ssm", "PutParameter", n=4)
    done = mesh.sites[0].gateway.bootstrap()
    assert "ThrottlingException" in said(done) and "going on without" in said(done), said(done)
    assert done.returncode == 0, said(done)
    assert mesh.world.ssm("us-east-1").get("/cygnet/lab/epoch").number == 1


def test_the_timer_finishes_what_bootstrap_could_not(fresh):
    mesh = fresh(tags={**HASTY, "cygnet:tunnel-wait": "5s"})
    mesh.world.faults.outage("ssm")
    for done in mesh.bootstrap().values():
        assert done.returncode == 75, said(done)
    mesh.world.faults.outage("ssm", how=None)
    eventually(mesh.has_all_tunnels, 90)
    assert mesh.is_whole()


@pytest.mark.parametrize("seconds", [0.2, 0.5, 1, 2, 4])
def test_a_bootstrap_killed_at_any_moment_is_finished_by_the_next(fresh, seconds):
    mesh = fresh(tags=HASTY)
    first, second = mesh.sites
    assert first.gateway.bootstrap().returncode == 0
    second.gateway.run(["timeout", "-s", "KILL", str(seconds), "cygnet", "bootstrap"])
    done = second.gateway.bootstrap()
    assert done.returncode == 0, said(done)
    eventually(mesh.has_all_tunnels, 30)
    assert mesh.is_whole()
