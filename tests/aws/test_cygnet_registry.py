"""What build/cygnet makes of a registry that anybody has written into: a warning for each oddity, and nothing else."""

from collections import deque

import pytest

import records
from fakeaws.parameter_store import Version

DONE, CHANGES, CONFIG = 0, 2, 65
SITES = "/cygnet/lab/sites"
READING = {"DescribeNetworkInterfaces", "DescribeRouteTables", "DescribeSecurityGroups", "DescribeSecurityGroupRules",
           "GetParameters", "GetParametersByPath", "GetParameterHistory"}


@pytest.fixture
def ssm(world):
    """The registry, with the record of a good site."""
    store = world.ssm("us-east-1")
    store.put(records.name("berlin"), records.text("berlin", 1))
    return store


def force(world, name, value):
    """Put what this Parameter Store would not take, as its advanced tier or a later version of it might."""
    world.ssm("us-east-1").parameters[name] = deque([Version(name, 1, value, "String", world.clock(), "test", None)])


def connections(done):
    """The peers that plan, or bootstrap, has files for."""
    paths = [line.split()[1] for line in (done.stdout + done.stderr).splitlines() if "/conf.d/cygnet-" in line]
    return [path.removeprefix("/etc/swanctl/conf.d/cygnet-").removesuffix(".conf") for path in paths]


def spoilt(site, number, old, new):
    text = records.text(site, number)
    assert old in text
    return text.replace(old, new, 1)


def record(site, number, **members):
    """The arguments of a put."""
    return records.name(site), records.text(site, number, **members)


def odd(rule, **members):
    """A record in its right place with odd members, and what is said of it."""
    return *record("odd", 2, **members), f"'odd': {rule}"


def raw(rule, value):
    """A value that is no record, and what is said of it."""
    return records.name("odd"), value, f"'odd': {rule}"


def misplaced(path, shown, rule, site="berlin"):
    """A good record where none belongs, and what is said of it."""
    return f"{SITES}/{path}", records.text(site, 2), f"'{shown}': {rule}"


TOO_LONG = "longer than 4096 characters"
NO_JSON = "not valid JSON at line 1, column "
NO_NAME = "no site can have this name"
WRONG_SHARD = "its record is below the wrong shard"

HOSTILE = {
    "far too long": raw(TOO_LONG, "x" * 10240),
    "too long": odd(TOO_LONG, more="x" * 4096),
    "no JSON": raw(NO_JSON, "{"),
    "an array": raw("not a JSON object", "[]"),
    "nested without end": raw(NO_JSON, "[" * 4000),
    "a key twice": raw(NO_JSON, spoilt("odd", 2, "{", '{"site":"odd",')),
    "a NUL": raw(NO_JSON, spoilt("odd", 2, "{", "{\0")),
    "an escaped NUL": raw(NO_JSON, spoilt("odd", 2, "eu-west-1a", "eu-west-1\\u0000a")),
    "a folder above": misplaced("..", "..", NO_NAME),
    "a way up": misplaced("../berlin", "berlin", WRONG_SHARD),
    "a way up in a shard": misplaced("4/..", "4/..", NO_NAME),
    "a way down": misplaced("4/a/b", "4/a/b", NO_NAME),
    "capitals": misplaced("4/ODD", "4/ODD", NO_NAME),
    "a name with '-' at its end": misplaced("4/odd-", "4/odd-", NO_NAME),
    "a good site's name below another shard": misplaced("0/berlin", "berlin", WRONG_SHARD),
    "the own name below another shard": misplaced("0/us-east-1", "us-east-1", WRONG_SHARD, site="us-east-1"),
    "another name": raw("'site' is 'berlin', and the parameter is called 'odd'", records.text("berlin", 2)),
    "control characters": odd("'zone' has control characters", zone="eu-west-1\x1b[2J\nforged"),
    "a later schema": odd("'schema' is 2, and this version of cygnet reads 1", schema=2),
    "a number beyond numbers": odd(NO_JSON, generation=2**63),
    "a number that is no integer": odd("'generation' is not an integer", generation=1.5),
    "an address of nobody": odd("'address' is not an IPv4 address that a gateway can have", address="127.0.0.1"),
    "the own address": odd("its address is the own one", address="203.0.113.10"),
    "everything": odd("subnet '0.0.0.0/0' is outside 'allow-subnets'", subnets=["0.0.0.0/0"]),
    "the internet": odd("subnet '8.0.0.0/8' is outside 'allow-subnets'", subnets=["8.0.0.0/8"]),
    "metadata": odd("subnet '169.254.169.254/32' is outside 'allow-subnets'", subnets=["169.254.169.254/32"]),
    "the own range": odd("subnet '172.16.1.0/24' overlaps the own '172.16.0.0/16'", subnets=["172.16.1.0/24"]),
    "no subnet": odd("'subnets' is empty", subnets=[]),
    "a text as subnets": odd("'subnets' is not an array", subnets="10.0.0.0/8"),
    "host bits": odd("'subnets' element 1 is not a canonical IPv4 range", subnets=["10.9.0.1/16"]),
    "65 subnets": odd("'subnets' has more than 64 elements", subnets=[f"10.9.{i}.0/28" for i in range(65)]),
    "no key": odd("'keys' has 0 active keys instead of one", keys=[]),
    "no RSA": raw("'keys' element 1: 'spki': ", spoilt("odd", 2, "MIIB", "AAAA")),
}


@pytest.mark.parametrize("name, value, rule", HOSTILE.values(), ids=HOSTILE.keys())
def test_an_odd_record_costs_one_warning_and_nothing_else(gateway, world, ssm, root, name, value, rule):
    clean = gateway.cygnet("plan", root=root)
    assert connections(clean) == ["berlin"]
    force(world, name, value)
    done = gateway.cygnet("plan", root=root)
    assert (done.returncode, done.stdout) == (CHANGES, clean.stdout)
    warning, = done.stderr.splitlines()
    assert warning.startswith(f"warning: site {rule}") and warning.endswith(", ignoring")


@pytest.mark.parametrize("value", ["{", "[]", "x" * 10240, '{"random": "a", "random": "b"}', "\0", '{"random": 7}',
                                   '{"random": "' + "A" * 32 + '"}'])
def test_an_odd_epoch_costs_nothing(gateway, world, ssm, root, value):
    clean = gateway.cygnet("plan", root=root)
    force(world, "/cygnet/lab/epoch", value)
    done = gateway.cygnet("plan", root=root)
    assert (done.returncode, done.stdout, done.stderr) == (CHANGES, clean.stdout, clean.stderr)


@pytest.mark.parametrize("name", [
    SITES, f"{SITES}x/0/odd", "/cygnet/lab", "/cygnet/lab/acks/berlin", "/cygnet/other/sites/0/odd"])
def test_what_lies_beside_the_records_is_not_read(gateway, world, ssm, root, name):
    clean = gateway.cygnet("plan", root=root)
    force(world, name, "odd")
    done = gateway.cygnet("plan", root=root)
    assert (done.returncode, done.stdout, done.stderr) == (CHANGES, clean.stdout, clean.stderr)


def test_members_of_a_later_version_cost_nothing(gateway, ssm, root):
    ssm.put(records.name("berlin"), records.text("berlin", 1, later={"a": [1, None, "x"]}))
    done = gateway.cygnet("plan", root=root)
    assert (connections(done), done.stderr) == (["berlin"], "")


def test_two_sites_with_one_key_are_none(gateway, ssm, root):
    ssm.put(*record("odd", 2, keys=records.record("berlin", 1)["keys"]))
    done = gateway.cygnet("plan", root=root)
    assert connections(done) == []
    assert [line for line in done.stderr.splitlines() if line.startswith("warning: ")] == [
        "warning: site 'berlin': its active key is that of site 'odd', and neither had it before, ignoring",
        "warning: site 'odd': its active key is that of site 'berlin', and neither had it before, ignoring"]


def test_an_odd_own_record_is_left_to_its_operator(gateway, world, ssm, root):
    force(world, records.name("us-east-1"), "{")
    done = gateway.cygnet("plan", root=root)
    assert done.returncode == CONFIG
    assert connections(done) == ["berlin"]
    assert "ssm:PutParameter" not in done.stdout
    assert done.stderr == (
        "warning: mesh: the record of site 'us-east-1' may be another instance's, and cannot be understood: not valid JSON "
        "at line 1, column 1; 'cygnet bootstrap --claim' puts this instance's own in its place, going on without\n")


def files(root):
    """What is below the root, but for what cygnet remembers."""
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file() and path.name != "state.json"}


def test_a_good_record_that_turns_odd_keeps_its_tunnel(gateway, world, ssm, root):
    first = gateway.cygnet("bootstrap", "--key-bits", "3072", root=root)
    assert (first.returncode, connections(first)) == (DONE, ["berlin"])
    before = files(root)
    force(world, records.name("berlin"), "{")
    done = gateway.cygnet("bootstrap", root=root)
    assert done.stderr == "warning: site 'berlin': not valid JSON at line 1, column 1, ignoring\n"
    assert files(root) == before


def test_three_hundred_odd_records_leave_the_good_one(gateway, world, ssm, root):
    for number in range(300):
        force(world, records.name(f"odd-{number}"), "\0" * number)
    done = gateway.cygnet("plan", root=root)
    assert (done.returncode, connections(done)) == (CHANGES, ["berlin"])
    warnings = done.stderr.splitlines()
    assert len(warnings) == 300
    assert all(line.startswith("warning: site 'odd-") and line.endswith(", ignoring") for line in warnings)


def test_three_hundred_good_records_within_the_limits_of_ssm(gateway, world, ssm, root):
    for number in range(2, 301):
        ssm.put(*record(f"site-{number}", number))
    world.faults.empty_pages()
    done = gateway.cygnet("plan", root=root)
    assert done.returncode == CHANGES, done.stderr
    assert sorted(connections(done)) == sorted(["berlin", *(f"site-{number}" for number in range(2, 301))])


def test_plan_reads_and_nothing_else(gateway, world, ssm, root):
    before = {path: (path.stat().st_mtime_ns, path.stat().st_mode) for path in [root, *root.rglob("*")]}
    done = gateway.cygnet("plan", "--routes", "all", "--security-group", "manage", root=root)
    assert "ec2:ModifyNetworkInterfaceAttribute" in done.stdout and "ssm:PutParameter" in done.stdout
    assert {call.action for call in world.calls} == READING
    assert gateway.instance.interface.source_dest_check
    assert set(ssm.parameters) == {records.name("berlin")}
    assert {path: (path.stat().st_mtime_ns, path.stat().st_mode) for path in [root, *root.rglob("*")]} == before
