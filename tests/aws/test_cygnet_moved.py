"""A gateway whose settings begin to name another site, mesh or registry: it stays what it is until it is told to move."""

import json

import pytest

import records

DONE, ALL_DOWN, CONFIG, AGAIN = 0, 4, 65, 75
REGION = "us-east-1"
STRANGER = "i-0123456789abcdef0"
BERLIN = records.record("berlin", 1)
OSLO = records.record("oslo", 2)
OWN, OTHER = records.name("us-east-1"), records.name("us-east-1", mesh="prod")
TOLD = "this instance is site 'us-east-1' of mesh 'lab', whose registry is '/cygnet' in 'us-east-1', and the settings name "


@pytest.fixture
def site(live, world):
    """A gateway of mesh 'lab', where 'berlin' is its peer; of mesh 'prod', with 'oslo', it knows nothing."""
    parameters = world.ssm(REGION)
    parameters.put(records.name("berlin"), json.dumps(BERLIN))
    parameters.put(records.name("oslo", mesh="prod"), json.dumps(OSLO))
    for record in (BERLIN, OSLO):
        live.loads(record)
    world.vpc.main_table.tags["cygnet:mesh"] = "lab"
    live.instance.tags |= {"cygnet:key-bits": "3072", "cygnet:routes": "tagged", "cygnet:tunnel-wait": "1s"}
    done = live.cygnet("bootstrap")
    assert done.returncode == ALL_DOWN, done.stderr
    assert (connections(live), routes(world)) == (["cygnet-berlin.conf"], set(BERLIN["subnets"]))
    return live


@pytest.fixture
def moved(site):
    """Its settings name mesh 'prod' by now."""
    site.instance.tags["cygnet:mesh"] = "prod"
    return site


def record(world, name=OWN):
    return json.loads(world.ssm(REGION).parameters[name][-1].value)


def state(live):
    return json.loads((live.root / "var/lib/cygnet/state.json").read_text())


def identity(live):
    return [state(live)[key] for key in ("registry", "prefix", "mesh", "site")]


def connections(live):
    return sorted(path.name for path in (live.root / "etc/swanctl/conf.d").glob("cygnet-*"))


def routes(world):
    return {str(destination) for destination, route in world.vpc.main_table.routes.items() if route.target != "local"}


def keys(live):
    return sorted(path.name for path in (live.root / "etc/swanctl/private").iterdir())


def written(world, mark):
    return [call.params["Name"] for call in world.calls_since(mark) if call.action == "PutParameter"]


def test_state_says_whose_it_is(site):
    assert identity(site) == [REGION, "cygnet", "lab", "us-east-1"]


@pytest.mark.parametrize("key, value, named", [
    ("mesh", "prod", "site 'us-east-1' of mesh 'prod', whose registry is '/cygnet' in 'us-east-1'"),
    ("prefix", "net", "site 'us-east-1' of mesh 'lab', whose registry is '/net' in 'us-east-1'"),
    ("registry", "eu-west-1", "site 'us-east-1' of mesh 'lab', whose registry is '/cygnet' in 'eu-west-1'"),
    ("site", "second", "site 'second' of mesh 'lab', whose registry is '/cygnet' in 'us-east-1'")])
@pytest.mark.parametrize("command", ["sync", "bootstrap", "plan", "rekey"])
def test_a_gateway_stays_what_it_is(site, world, command, key, value, named):
    site.instance.tags[f"cygnet:{key}"] = value
    mark, before = world.mark(), state(site)
    done = site.cygnet(command)
    assert done.returncode == CONFIG, done.stderr
    assert TOLD + named in done.stderr and "or move: 'cygnet leave'" in done.stderr
    assert (written(world, mark), state(site), connections(site)) == ([], before, ["cygnet-berlin.conf"])
    assert routes(world) == set(BERLIN["subnets"])


def test_a_tag_that_goes_takes_over_no_living_gateway_s_site(live, world):
    live.instance.tags |= {"cygnet:key-bits": "3072", "cygnet:tunnel-wait": "1s", "cygnet:site": "first"}
    assert live.cygnet("bootstrap").returncode == DONE
    other = records.text("us-east-1", 7, region=REGION, account=world.vpc.account, vpc=world.vpc.id, zone="us-east-1a",
                         instance=STRANGER)
    world.ssm(REGION).put(OWN, other)
    del live.instance.tags["cygnet:site"]
    done = live.cygnet("sync")
    assert (done.returncode, record(world)["instance"]) == (CONFIG, STRANGER), done.stderr


def test_put_back_it_goes_on(moved):
    assert moved.cygnet("sync").returncode == CONFIG
    moved.instance.tags["cygnet:mesh"] = "lab"
    done = moved.cygnet("sync")
    assert done.returncode == ALL_DOWN, done.stderr


def test_it_leaves_and_then_joins_the_other_mesh(moved, world):
    mark = world.mark()
    done = moved.cygnet("leave")
    assert done.returncode == DONE, done.stderr
    assert "site 'us-east-1' of mesh 'lab' has left; 'cygnet bootstrap' makes this instance a gateway again" in done.stderr
    assert written(world, mark) == [OWN, "/cygnet/lab/epoch"]
    assert (record(world)["left"], connections(moved), routes(world)) == (True, [], set())
    before = keys(moved)
    done = moved.cygnet("bootstrap")
    assert done.returncode == ALL_DOWN, done.stderr
    assert connections(moved) == ["cygnet-oslo.conf"]
    assert (record(world, OTHER)["generation"], record(world)["left"]) == (1, True)
    assert identity(moved) == [REGION, "cygnet", "prod", "us-east-1"]
    assert len(keys(moved)) == 1 and keys(moved) != before


def test_leave_of_another_mesh_than_it_is_in_is_refused(moved, world):
    mark = world.mark()
    done = moved.cygnet("leave", "--mesh", "prod")
    assert (done.returncode, written(world, mark)) == (CONFIG, []), done.stderr
    assert moved.cygnet("leave", "--mesh", "lab").returncode == DONE


def test_a_leave_is_finished_under_the_settings_of_now(moved, world):
    world.faults.throttle("ssm", "PutParameter", n=float("inf"))
    assert moved.cygnet("leave").returncode == AGAIN
    world.faults.clear()
    done = moved.cygnet("sync")
    assert done.returncode == DONE, done.stderr
    assert (record(world)["left"], state(moved)["duty"], OTHER in world.ssm(REGION).parameters) == (True, "left", False)


def test_a_site_that_was_left_is_not_another_s_by_sync(moved, world):
    moved.cygnet("leave")
    done = moved.cygnet("sync")
    assert (done.returncode, OTHER in world.ssm(REGION).parameters) == (CONFIG, False)
    assert "site 'us-east-1' was taken out of the mesh" in done.stderr


def test_a_claim_leaves_the_other_mesh_behind(moved, world):
    before, key = record(world), keys(moved)
    world.vpc.main_table.tags["cygnet:mesh"] = "prod"
    done = moved.cygnet("bootstrap", "--claim")
    assert done.returncode == ALL_DOWN, done.stderr
    assert "beginning anew: record and rules of site 'us-east-1' of mesh 'lab'" in done.stderr
    assert (record(world), record(world, OTHER)["generation"]) == (before, 1)
    assert (connections(moved), routes(world)) == (["cygnet-oslo.conf"], set(OSLO["subnets"]))
    assert len(keys(moved)) == 1 and keys(moved) != key
    assert moved.cygnet("sync").returncode == ALL_DOWN


def test_a_claim_of_a_site_that_another_fills_is_of_the_next_generation(site, world):
    other = records.text("second", 7, generation=4, region=REGION, account=world.vpc.account, vpc=world.vpc.id,
                         zone="us-east-1a", instance=STRANGER)
    world.ssm(REGION).put(records.name("second"), other)
    site.instance.tags["cygnet:site"] = "second"
    done = site.cygnet("bootstrap", "--claim")
    assert done.returncode == ALL_DOWN, done.stderr
    assert (record(world, records.name("second"))["generation"], identity(site)[-1]) == (5, "second")


def test_state_of_an_earlier_version_is_of_the_site_that_the_settings_name(site):
    path = site.root / "var/lib/cygnet/state.json"
    members = state(site)
    path.write_text(json.dumps({key: members[key] for key in members.keys() - {"registry", "prefix", "mesh", "site"}}))
    (site.root / "run/cygnet/recent.json").unlink()
    done = site.cygnet("sync")
    assert done.returncode == ALL_DOWN, done.stderr
    assert identity(site) == [REGION, "cygnet", "lab", "us-east-1"]


def test_a_slip_before_the_site_was_filled_is_mended_by_the_setting(live, world):
    world.ssm(REGION).put(records.name("oslo", mesh="prod"), json.dumps(OSLO))
    live.loads(OSLO)
    live.instance.tags |= {"cygnet:key-bits": "3072", "cygnet:tunnel-wait": "1s", "cygnet:mesh": "prod"}
    world.faults.deny("ssm", "PutParameter")
    live.cygnet("bootstrap")
    world.faults.clear()
    assert (state(live)["generation"], connections(live)) == (0, ["cygnet-oslo.conf"])
    live.instance.tags["cygnet:mesh"] = "lab"
    done = live.cygnet("sync")
    assert done.returncode == DONE, done.stderr
    assert (record(world)["generation"], connections(live), OTHER in world.ssm(REGION).parameters) == (1, [], False)
