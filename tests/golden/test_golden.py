"""Golden tests: a recorded machine in, the files, messages and calls that cygnet makes of it out.

A case is a folder below cases/, found by wildcard; a new one needs no code. It stands on another case: that one's imds/,
root/, modes and source/dest check, and what its registry.json and vpc.json name, are the case's too unless it has its
own:

case.json       {"about": what is special here, "base": the case that it stands on (null: none)}, and where needed
                "without": [files or folders of the base that this one lacks: "root/usr/sbin/nft"],
                "modes": {path below the root: mode}; else folders have 0755 and files 0644,
                "arguments": [options of the command line], "environment": {variable: value},
                "source_dest_check": false where it is off already,
                "registry_role": {"name", "account", "trusts"} of the role whose account has the registry,
                "faults": [[switch of the fake AWS, its arguments…]],
                "commands": ["plan"] where its plan says all, or bootstrap would make another key every time
imds/           the instance's metadata, a file for each path below /latest/
root/           the files of the host
registry.json   {region: {parameter: value}}; an object stands for its JSON, a list for the parameter's versions, and
                null for its absence
vpc.json        {part: {id: …}}: what there is around the instance; the parts are vpc.py's
expected/plan       what `cygnet plan` prints: settings with their origins, files, calls
expected/messages   what plan and bootstrap say on stderr, and how they end
expected/calls      the AWS calls that they make; those of another role than the gateway's say so
expected/changes    the paths that bootstrap created, changed or removed, with their modes
expected/root/      the files that it created or changed, whole, but for those that are as in the base's expected/root/

In every case plan writes nothing, and a second bootstrap changes nothing.
With UPDATE_GOLDEN=1 in the environment expected/ is written instead of compared: read the difference before it is
committed. The private key in the cases is for tests alone, as it says itself.
"""

import difflib
import os
import shutil

import pytest
from case import cases
from host import Host

CASES = cases()
REPEATABLE = [case for case in CASES if "bootstrap" in case.commands]


def each(cases):
    return pytest.mark.parametrize("case", cases, ids=lambda case: case.name)


@pytest.fixture
def host(case, tmp_path, tls_dir):
    with Host(case, tmp_path / "root", tls_dir) as host:
        yield host


@each(CASES)
def test_case(case, host):
    for command in case.commands:
        before = host.snapshot()
        host.run(command)
        assert command != "plan" or host.snapshot() == before, "plan has written something"
    compare(case, host.outcome())


@each(REPEATABLE)
def test_a_second_bootstrap_changes_nothing(host):
    host.run("bootstrap")
    after = host.snapshot()
    host.run("bootstrap")
    assert host.snapshot() == after


def compare(case, outcome):
    """Fail with the difference between what is expected and what came out, or write it down."""
    inherited = case.inherited()
    own = {name: text for name, text in outcome.items() if inherited.get(name) != text}
    if os.environ.get("UPDATE_GOLDEN"):
        write(case.folder / "expected", own)
    expected, lines = case.expected(), []
    for name in sorted({*expected, *own}):
        texts = (files.get(name, "").splitlines(keepends=True) for files in (expected, own))
        lines += difflib.unified_diff(*texts, f"expected/{name}", f"now/{name}")
    if expected != own:
        pytest.fail(f"what {case.folder} expects is not what came out:\n{''.join(lines)}", pytrace=False)


def write(folder, files):
    shutil.rmtree(folder, ignore_errors=True)
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
