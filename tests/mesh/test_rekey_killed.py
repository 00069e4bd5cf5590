"""A rekey that is killed, wherever that may be: syncs bring the site to one key, and lose no tunnel for good.

strace kills it with SIGKILL on entering a system call, so that the call is the first thing that has not happened.
"""

import json
import signal

import pytest
from checks import eventually, said
from mesh import Mesh
from rekeying import STATE, offers, phase, private_keys, rekey, settle

SITES = (("us-east-1", "172.16.0.0/16"),
         ("us-east-2", "172.31.0.0/16", "bookworm", {"cygnet:interval": "10m"}),    # no sync comes in between
         ("eu-west-1", "10.20.0.0/16"))
TAGS = {"cygnet:mesh": "lab", "cygnet:registry": "us-east-1", "cygnet:interval": "5s", "cygnet:key-bits": "3072"}
TEMPORARY = ".cygnet-new"   # what cygnet writes before it is renamed
RUN_ENDS_MAX = 40
KILLED = -signal.SIGKILL


@pytest.fixture(scope="module")
def mesh():
    with Mesh(SITES, tags=TAGS) as made:
        made.outcomes = made.bootstrap()
        eventually(made.has_all_tunnels, 60)
        yield made


def strace(calls, number, *options):
    """Runs a program and what it starts until one of them enters the number-th of these system calls."""
    return ["strace", "-f", "-qq", "-o", "/dev/null", *options, "-e", f"trace={calls}",
            "-e", f"inject={calls}:signal=KILL:when={number}"]


def written_phase(site, path):
    """The phase of a rotation that a state on disk tells of."""
    file = site.gateway.path(path)
    return json.loads(file.read_text()).get("rotation", {}).get("phase", "none") if file.exists() else None


def kill_at(site, calls, number, *options):
    """Whether a rekey got to the call, and was killed there."""
    done = site.gateway.cygnet("rekey", tracer=strace(calls, number, *options))
    assert done.returncode in (0, KILLED), f"exit {done.returncode}: {said(done)}"
    return done.returncode == KILLED


def show(capsys, line):
    with capsys.disabled():
        print("\n  " + line, end="", flush=True)


def test_killed_before_each_save_of_its_state(mesh, capsys):
    """And so after all that the save before it has led to."""
    site, tried = mesh.sites[1], []
    for number in range(1, RUN_ENDS_MAX):
        killed = kill_at(site, "rename", number, "-P", STATE + TEMPORARY)
        boundary = written_phase(site, STATE), written_phase(site, STATE + TEMPORARY)
        keys = len(private_keys(site)), len(offers(mesh, site))
        settle(mesh)
        if not killed:
            break
        tried.append(boundary)
        show(capsys, f"killed before save {number}, {boundary[0]} → {boundary[1]}: {keys[0]} keys on disk, "
                     f"{keys[1]} in the record; one key and all tunnels after syncs")
    assert not killed and {now for now, _ in tried} == {"none", "wanted", "offered", "switching", "retiring"}
