"""`cygnet forget SITE`: the tombstone for a site whose gateway is gone, from an operator's desk."""

import json
import shlex

import pytest

import records
from fakeaws.parameter_store import Version

DONE, USAGE, CONFIG, AGAIN, DENIED = 0, 64, 65, 75, 77
HOME = "us-east-1"
EPOCH = "/cygnet/lab/epoch"


class Desk:
    """A machine that is no instance: settings and an operator's keys in the environment, nothing else."""

    def __init__(self, gateway, keys, root):
        self.gateway = gateway
        self.root = root
        self.env = {
            "AWS_ACCESS_KEY_ID": keys.access_key, "AWS_SECRET_ACCESS_KEY": keys.secret_key,
            "AWS_EC2_METADATA_DISABLED": "true", "CYGNET_MESH": "lab", "CYGNET_REGISTRY": HOME,
        }

    def forget(self, *words, **env):
        return self.gateway.cygnet("forget", *words, root=self.root, **{**self.env, **env})


@pytest.fixture
def desk(gateway, world, tmp_path):
    root = tmp_path / "desk"
    root.mkdir()
    return Desk(gateway, world.add_user("ops"), root)


@pytest.fixture
def ssm(world):
    """The registry, with the record of a site that is gone."""
    store = world.ssm(HOME)
    store.put(records.name("berlin"), records.text("berlin", 1, generation=6))
    return store


def document(ssm, name):
    return json.loads(ssm.parameters[name][-1].value)


def calls(world):
    return [(call.action, call.params.get("Name") or call.params.get("Names")) for call in world.calls]


def test_the_tombstone_is_put_and_announced(desk, world, ssm):
    done = desk.forget("berlin")
    assert (done.returncode, done.stdout) == (DONE, "")
    assert done.stderr == (
        "site 'berlin' of mesh 'lab' is taken out: a tombstone of generation 7 is over the record of "
        "'i-00000000000000001', and its peers drop it with their next sync\n")
    tombstone = document(ssm, records.name("berlin"))
    assert (tombstone["generation"], tombstone["left"]) == (7, True)
    assert not {"address", "subnets", "keys"} & {key for key, value in tombstone.items() if value}
    announced = document(ssm, EPOCH)
    assert (announced["site"], announced["version"]) == ("berlin", 2)
    assert calls(world) == [("GetParameters", [records.name("berlin")]), ("PutParameter", records.name("berlin")),
                            ("PutParameter", EPOCH)]


def test_nothing_is_asked_of_the_machine_or_written_to_it(desk, world, ssm):
    assert desk.forget("berlin").returncode == DONE
    assert world.metadata_calls == []
    assert list(desk.root.rglob("*")) == []


def test_what_is_forgotten_already_stays_as_it_is(desk, world, ssm):
    desk.forget("berlin")
    mark = world.mark()
    done = desk.forget("berlin")
    assert done.returncode == DONE
    assert done.stderr == "site 'berlin' of mesh 'lab' has a tombstone already, of generation 7: nothing to do\n"
    assert [call.action for call in world.calls_since(mark)] == ["GetParameters"]


def test_a_site_that_nobody_knows(desk, world, ssm):
    done = desk.forget("paris")
    assert done.returncode == CONFIG
    assert done.stderr.startswith(
        "cygnet forget: registry: mesh 'lab' has no site 'paris': there is no '%s' in 'us-east-1'\n"
        % records.name("paris"))
    assert [call.action for call in world.calls] == ["GetParameters"]


@pytest.mark.parametrize("words, message", [
    ((), "name the SITE that it is about"),
    (("berlin", "paris"), "unexpected argument 'paris'"),
    (("berlin", "--keep-address"), "unknown option '--keep-address'")])
def test_bad_usage(desk, world, words, message):
    done = desk.forget(*words)
    assert (done.returncode, done.stderr) == (USAGE, f"cygnet forget: {message}\n")
    assert world.calls == []


@pytest.mark.parametrize("site", ["Berlin", "ber/lin", "-", "a" * 64])
def test_what_no_site_can_be_called(desk, world, site):
    done = desk.forget(site)
    assert done.returncode == USAGE
    assert done.stderr.startswith(f"cygnet forget: start: '{site}' cannot be the name of a site\n")
    assert world.calls == []


@pytest.mark.parametrize("lacks", ["mesh", "registry"])
def test_settings_that_are_missing_are_named(desk, world, lacks):
    del desk.env[f"CYGNET_{lacks.upper()}"]
    done = desk.forget("berlin")
    assert done.returncode == CONFIG
    assert done.stderr.startswith("cygnet forget: settings: ") and f"'{lacks}'" in done.stderr
    assert world.calls == []


def test_flags_the_environment_and_the_file_say_which_mesh(desk, world):
    del desk.env["CYGNET_MESH"], desk.env["CYGNET_REGISTRY"]
    (desk.root / "etc").mkdir()
    (desk.root / "etc/cygnet.conf").write_text("mesh = prod\nprefix = other\nregistry = us-west-2\n")
    store = world.ssm("eu-west-1")
    name = records.name("berlin", mesh="prod", prefix="nets")
    store.put(name, records.text("berlin", 1))
    done = desk.forget("berlin", "--registry", "eu-west-1", CYGNET_PREFIX="nets")
    assert done.returncode == DONE, done.stderr
    assert document(store, name)["left"]
    assert document(store, "/nets/prod/epoch")["site"] == "berlin"


def test_an_instance_s_role_will_do(desk, gateway, world, ssm):
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_EC2_METADATA_DISABLED"):
        del desk.env[variable]
    assert desk.forget("berlin").returncode == DONE
    assert document(ssm, records.name("berlin"))["left"]


def test_a_registry_of_another_account(desk, world, ssm):
    theirs = world.ssm(HOME, account="999988887777")
    theirs.put(records.name("paris"), records.text("paris", 2))
    role = world.add_role("registry", ["111122223333"], account="999988887777")
    done = desk.forget("paris", "--registry-role", role.arn)
    assert done.returncode == DONE, done.stderr
    assert document(theirs, records.name("paris"))["left"]
    assert not document(ssm, records.name("berlin"))["left"]


@pytest.mark.parametrize("action", ["GetParameters", "PutParameter"])
def test_a_permission_that_lacks_is_named(desk, world, ssm, action):
    world.faults.deny("ssm", action)
    done = desk.forget("berlin")
    assert done.returncode == DENIED
    assert f"grant ssm:{action} on '{records.name('berlin')}'" in done.stderr
    assert not document(ssm, records.name("berlin"))["left"]


def test_a_record_that_cannot_be_read_is_left_alone(desk, world, ssm):
    ssm.put(records.name("berlin"), "{", overwrite=True)
    done = desk.forget("berlin")
    assert done.returncode == CONFIG
    assert "not valid JSON" in done.stderr
    assert [call.action for call in world.calls] == ["GetParameters"]


def test_a_claim_in_the_same_moment_is_topped(desk, world, ssm):
    """Another instance claims the site, with the tombstone's generation, after the record was read."""
    def claimed(call):
        if call.action == "GetParameters" and len(ssm.parameters[records.name("berlin")]) == 1:
            claim = records.text("berlin", 2, generation=7, keys=[], subnets=[], address=None)
            ssm.parameters[records.name("berlin")].append(
                Version(records.name("berlin"), 2, claim, "String", world.clock(), "test", None))

    log, world.log_call = world.log_call, lambda call: (log(call), claimed(call))
    done = desk.forget("berlin")
    assert done.returncode == DONE, done.stderr
    versions = [json.loads(version.value) for version in ssm.parameters[records.name("berlin")]]
    assert [(one["generation"], one["left"]) for one in versions] == [(6, False), (7, False), (7, True), (8, True)]
    assert document(ssm, EPOCH)["version"] == 4


def test_a_record_that_cannot_be_understood_has_a_way_out(desk, ssm, client, world):
    name = records.name("berlin")
    ssm.put(name, json.dumps(document(ssm, name) | {"schema": 2}))
    done = desk.forget("berlin")
    assert done.returncode == CONFIG
    assert "read the record of site 'berlin': 'schema' is 2, and this version of cygnet reads 1" in done.stderr
    told, = (line for line in done.stderr.splitlines() if "put-parameter" in line)
    words = shlex.split(told.partition(": aws ")[2])
    given = dict(zip(words[3::2], words[4::2]))
    assert words[:3] == ["ssm", "put-parameter", "--overwrite"] and given["--region"] == HOME
    client("ssm", keys=world.add_user("ops2")).put_parameter(Name=given["--name"], Value=given["--value"], Overwrite=True)
    assert given["--name"] == name
    assert desk.forget("berlin").returncode == DONE
