"""The command line of build/cygnet: what it takes, what it refuses, and what it exits with."""

import os
import re
import subprocess

import pytest

DONE, CHANGES, USAGE, CONFIG, MISSING, AGAIN, DENIED = 0, 2, 64, 65, 69, 75, 77
COMMANDS = ("bootstrap", "sync", "rekey", "plan", "leave", "forget", "userdata", "version")
OPERANDS = {"forget": ["berlin"]}


def settings(done):
    """What plan prints of settings: {key: the rest of the line}."""
    lines = done.stdout.partition("files\n")[0].splitlines()[1:]
    return {key: " ".join(rest) for key, *rest in (line.split() for line in lines)}


@pytest.mark.parametrize("words", [["--help"], ["help"]])
def test_help_lists_every_command(gateway, words):
    done = gateway.cygnet(*words)
    assert (done.returncode, done.stderr) == (DONE, "")
    assert done.stdout.startswith("usage: cygnet COMMAND ")
    listed = [line.split()[0] for line in done.stdout.splitlines() if re.match("  [a-z]", line)]
    assert tuple(listed) == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("words", [["--help"], ["--verbose", "extra", "--help"]])
def test_help_of_a_command(gateway, world, command, words):
    """What the list of all commands has of it, and no other's."""
    whole = gateway.cygnet("help").stdout
    listed = re.search(rf"^  {command} .*\n((?: {{5,}}--.*\n)*)", whole, re.MULTILINE)[1]
    done = gateway.cygnet(command, *words)
    assert (done.returncode, done.stderr, world.metadata_calls) == (DONE, "", [])
    assert done.stdout.startswith(" ".join(["usage: cygnet", command, *["SITE"] * (command == "forget"), "[OPTION]..."]))
    options = done.stdout.partition("\noptions:\n")[2].partition("\n\n")[0].splitlines()
    assert [line.strip() for line in options] == [*[line.strip() for line in listed.splitlines()], "--help: print this"]
    assert re.search(rf"^  {command} .* {re.escape(done.stdout.splitlines()[2])}$", whole, re.MULTILINE)


def test_version_names_what_is_linked(gateway):
    done = gateway.cygnet("version")
    assert (done.returncode, done.stderr) == (DONE, "")
    assert done.stdout.startswith("cygnet ")
    for part in ("OpenSSL 3.", "libcurl/8.", "jansson 2.", "expat_2.", "musl 1.2."):
        assert part in done.stdout


def test_output_that_cannot_be_written_is_a_failure(gateway):
    with open("/dev/full", "w") as full:
        done = subprocess.run([gateway.program, "version"], env=gateway.env, stdout=full, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr.splitlines()[0]) == \
        (1, "cygnet version: output: cannot write the output: No space left on device")


@pytest.mark.parametrize("words, message", [
    ([], None), ([""], "unknown command ''"), (["boot"], "unknown command 'boot'"),
    (["--verbose"], "unknown command '--verbose'"), (["Plan"], "unknown command 'Plan'")])
def test_what_is_no_command_is_answered_with_usage(gateway, words, message):
    done = gateway.cygnet(*words)
    first, _, rest = done.stderr.partition("\n") if message else (None, None, done.stderr)
    assert (done.returncode, done.stdout, first) == (USAGE, "", message and f"cygnet: {message}")
    assert rest.startswith("usage: cygnet COMMAND ")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("words, message", [
    (["extra"], "unexpected argument 'extra'"),
    (["-q"], "unexpected argument '-q'"),
    (["--mesh"], "option '--mesh' needs a value"),
    (["--mesh", ""], "option '--mesh' needs a value"),
    (["--mesh="], "option '--mesh' needs a value"),
    (["--mesh", "a", "--site"], "option '--site' needs a value"),
    (["--root"], "option '--root' needs a value"),
    (["--root", "here"], "option '--root' needs an absolute path, not 'here'"),
    (["--mess", "a"], "unknown option '--mess'"),
    (["--MESH", "a"], "unknown option '--MESH'"),
    (["--quiet=yes"], "unknown option '--quiet'"),
    (["--"], "unknown option '--'"),
])
def test_bad_usage_is_named_and_nothing_is_asked(gateway, world, command, words, message):
    done = gateway.cygnet(command, *OPERANDS.get(command, []), *words)
    assert (done.returncode, done.stdout, done.stderr) == (USAGE, "", f"cygnet {command}: {message}\n")
    assert world.metadata_calls == []


@pytest.mark.parametrize("flag, owner", [
    ("--claim", "bootstrap"), ("--keep-address", "leave"), ("--abort", "rekey"), ("--compromised", "rekey"),
    ("--upgrade", "userdata")])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_flag_is_of_one_command(gateway, world, command, flag, owner):
    done = gateway.cygnet(command, flag, "extra", "extra")
    said = "unexpected argument 'extra'" if command == owner else f"unknown option '{flag}'"
    assert (done.returncode, done.stderr) == (USAGE, f"cygnet {command}: {said}\n")
    assert world.metadata_calls == []


@pytest.mark.parametrize("words, message", [
    (["--skip"], "option '--skip' needs a value"),
    (["--skip="], "option '--skip' needs a value"),
    (["--skipped", "a"], "unknown option '--skipped'"),
    (["--wait", ""], "option '--wait' needs a value"),
])
def test_bad_usage_of_rekey_is_named(gateway, world, words, message):
    done = gateway.cygnet("rekey", *words)
    assert (done.returncode, done.stdout, done.stderr) == (USAGE, "", f"cygnet rekey: {message}\n")
    assert world.metadata_calls == []


@pytest.mark.parametrize("words, message", [
    (["--wait", "soon"], "option '--wait': value 'soon' is not a whole number with its unit, as in 15s, 10m, 1h or 90d"),
    (["--wait=2d"], "option '--wait': value '2d' is not between 1s and 86400s"),
    (["--abort", "--compromised"], "option '--abort' goes back, and the others go on"),
    (["--skip=berlin", "--abort"], "option '--abort' goes back, and the others go on"),
    (["--wait=1m", "--abort"], "option '--abort' goes back, and the others go on"),
    (["--root", "/tmp"], "a gateway's key is replaced from its own root, without '--root'"),
])
def test_rekey_asks_nothing_before_it_knows_what_is_meant(gateway, world, words, message):
    done = gateway.cygnet("rekey", *words)
    assert (done.returncode, done.stdout) == (USAGE, "")
    assert done.stderr.splitlines()[0] == f"cygnet rekey: start: {message}"
    assert world.metadata_calls == []


@pytest.mark.parametrize("command", [each for each in COMMANDS if each != "rekey"])
@pytest.mark.parametrize("option", ["--skip", "--wait"])
def test_options_of_rekey_are_no_other_command_s(gateway, command, option):
    done = gateway.cygnet(command, *OPERANDS.get(command, []), option, "5m")
    assert (done.returncode, done.stderr) == (USAGE, f"cygnet {command}: unknown option '{option}'\n")


def test_a_value_stands_behind_a_blank_or_an_equals_sign(gateway, root):
    blank = gateway.cygnet("plan", "--mesh", "prod", "--ntp", "10.0.0.1", root=root)
    equals = gateway.cygnet("plan", "--mesh=prod", "--ntp=10.0.0.1", f"--root={root}")
    assert settings(blank)["mesh"] == "prod --mesh"
    assert (blank.returncode, blank.stdout) == (equals.returncode, equals.stdout)


def test_the_last_of_an_option_counts(gateway, root):
    assert settings(gateway.cygnet("plan", "--mesh", "one", "--mesh=two", root=root))["mesh"] == "two --mesh"


def test_each_source_overrides_the_weaker_ones(gateway, root):
    for key in ("interval", "reconcile", "tunnel-wait", "timeout"):
        gateway.instance.tags[f"cygnet:{key}"] = "70s"
    (root / "etc/cygnet.conf").write_text("reconcile = 80s\ntunnel-wait = 80s\ntimeout = 80s\n")
    env = {"CYGNET_TUNNEL_WAIT": "90s", "CYGNET_TIMEOUT": "90s"}
    found = settings(gateway.cygnet("plan", "--timeout", "100s", root=root, **env))
    assert found["interval"] == "70s tag 'cygnet:interval'"
    assert found["reconcile"] == "80s /etc/cygnet.conf line 1"
    assert found["tunnel-wait"] == "90s CYGNET_TUNNEL_WAIT"
    assert found["timeout"] == "100s --timeout"
    assert found["mss"] == "1360 default"


@pytest.mark.parametrize("words, env, message", [
    (["--key-bits", "2048"], {},
     "setting 'key-bits' (--key-bits): value '2048' is not a multiple of 8 between 3072 and 8192"),
    ([], {"CYGNET_INTERVAL": "15"},
     "setting 'interval' (CYGNET_INTERVAL): value '15' is not a whole number with its unit, as in 15s, 10m, 1h or 90d"),
    ([], {"CYGNET_MESSH": "x"}, "unknown setting 'CYGNET_MESSH' (the environment)"),
    (["--routes", "some"], {}, "setting 'routes' (--routes): value 'some' is not 'none', 'tagged' or 'all'"),
    (["--mesh", "--site"], {},
     "setting 'mesh' (--mesh): value '--site' is not 1 to 63 of a-z, 0-9 and '-', with no '-' at either end")])
@pytest.mark.parametrize("command", ["plan", "bootstrap", "sync"])
def test_a_bad_setting_stops_before_anything_is_called(gateway, world, root, command, words, env, message):
    before = sorted(root.rglob("*"))
    done = gateway.cygnet(command, *words, root=root, **env)
    assert (done.returncode, done.stdout) == (CONFIG, "")
    assert done.stderr.startswith(f"cygnet {command}: settings: {message}\n")
    assert (world.calls, sorted(root.rglob("*"))) == ([], before)


def test_a_root_that_is_not_there(gateway, tmp_path):
    done = gateway.cygnet("plan", root=tmp_path / "nowhere")
    assert done.returncode == MISSING
    assert "os-release' is not there" in done.stderr


def test_an_instance_without_a_role(gateway, root):
    gateway.instance.role = None
    done = gateway.cygnet("bootstrap", "--key-bits", "3072", root=root)
    assert done.returncode == MISSING
    assert "attach an instance profile" in done.stderr
    assert (root / "etc/systemd/system/cygnet-sync.timer").exists()


def test_metadata_that_is_silent(gateway, root):
    done = gateway.cygnet("bootstrap", root=root, AWS_EC2_METADATA_SERVICE_ENDPOINT="http://127.0.0.1:1")
    assert (done.returncode, done.stdout) == (AGAIN, "")
    assert done.stderr.startswith("cygnet bootstrap: instance metadata: ")
    assert "'http://127.0.0.1:1' is out of reach" in done.stderr
    assert not (root / "etc/systemd").exists()


@pytest.mark.parametrize("action", [
    "ssm:GetParameters", "ssm:GetParametersByPath", "ec2:DescribeNetworkInterfaces"])
def test_a_denial_names_the_action_every_time(gateway, world, root, action):
    world.faults.deny(*action.split(":"))
    for command in ("bootstrap", "sync", "plan", "plan"):
        done = gateway.cygnet(command, "--key-bits", "3072", root=root)
        assert done.returncode == DENIED
        assert f"grant {action} on '" in done.stderr


def test_throttling_that_never_ends(gateway, world, root):
    world.faults.throttle("ssm", n=float("inf"))
    for command in ("bootstrap", "plan"):
        mark = world.mark()
        done = gateway.cygnet(command, "--key-bits", "3072", root=root)
        assert done.returncode == AGAIN
        assert "3 attempts: ThrottlingException" in done.stderr
        assert [call.service for call in world.calls_since(mark)] == ["ec2"] + ["ssm"] * 3


def test_the_first_failure_decides_the_exit_code(gateway, world, root):
    world.faults.deny("ec2", "*")
    world.faults.throttle("ssm", n=float("inf"))
    done = gateway.cygnet("plan", root=root)
    assert done.returncode == DENIED
    assert "grant ec2:DescribeNetworkInterfaces" in done.stderr and "ThrottlingException" in done.stderr


def test_quiet_says_nothing_of_what_is_well(gateway, root):
    loud = gateway.cygnet("bootstrap", "--key-bits", "3072", root=root)
    quiet = gateway.cygnet("sync", "--quiet", root=root)
    assert loud.returncode == quiet.returncode == DONE
    assert "no other sites of mesh 'lab' in the registry in 'us-east-1'" in loud.stderr
    assert (quiet.stdout, quiet.stderr) == ("", "")


def test_plan_shows_changes_and_then_none(gateway, root):
    before = gateway.cygnet("plan", root=root)
    assert before.returncode == CHANGES
    assert "  create /etc/cygnet/cygnet.nft (" in before.stdout
    gateway.cygnet("bootstrap", "--key-bits", "3072", root=root)
    after = gateway.cygnet("plan", root=root)
    assert "files\n  none\n" in after.stdout


def said_to_file(gateway, root, path, stream):
    """What `cygnet plan` says on a stderr that is this file, with JOURNAL_STREAM as stream(its status) has it."""
    with open(path, "w") as file:
        env = {**gateway.env, "JOURNAL_STREAM": stream(os.fstat(file.fileno())), "CYGNET_KEY_BITS": "x"}
        subprocess.run([gateway.program, "plan", "--root", root], env=env, stdout=subprocess.DEVNULL, stderr=file)
    return path.read_text().splitlines()


def test_lines_for_the_journal_have_a_priority(gateway, root, tmp_path):
    said = said_to_file(gateway, root, tmp_path / "journal", lambda status: f"{status.st_dev}:{status.st_ino}")
    assert said and all(line.startswith("<3>cygnet plan: ") for line in said)


@pytest.mark.parametrize("stream", ["8:1", "{0.st_dev}:1", "1:{0.st_ino}", "", "x", "{0.st_dev}"])
def test_lines_for_anybody_else_have_none(gateway, root, tmp_path, stream):
    said = said_to_file(gateway, root, tmp_path / "console", stream.format)
    assert said and all(line.startswith("cygnet plan: ") for line in said)
