"""A rekey that is killed, wherever that may be: syncs bring the site to one key, and lose no tunnel for good.

strace kills it with SIGKILL on entering a system call, so that the call is the first thing that has not happened.
"""

import json
import signal

import pytest
from checks import eventually, said
from mesh import HASTY, THREE_REGIONS, Mesh
from rekeying import STATE, offers, phase, private_keys, settle, sync

ALONE = {"cygnet:interval": "10m"}  # no sync of the timer's comes in between
FLAVOURS = {"swanctl": ALONE, "ipsec": {**ALONE, "cygnet:backend": "ipsec"}}
TEMPORARY = ".cygnet-new"   # what cygnet writes before it is renamed
SAVES_MAX, CALLS_MAX = 40, 1000
STEP_FAILED = 1
KILLED = -signal.SIGKILL


@pytest.fixture(scope="module", params=["swanctl", pytest.param("ipsec", marks=pytest.mark.long)])
def mesh(request):
    """The second site's keys are to be replaced."""
    sites = [THREE_REGIONS[0], (*THREE_REGIONS[1], "bookworm", FLAVOURS[request.param]), THREE_REGIONS[2]]
    with Mesh(sites, tags=HASTY) as made:
        made.outcomes = made.bootstrap()
        eventually(lambda: sync(*made.sites) and made.has_all_tunnels(), 60)
        yield made


def strace(calls, number, path=None):
    """Runs a program and what it starts until one of them enters the number-th of these system calls, of those with
    this path if one is named."""
    return ["strace", "-f", "-qq", "-o", "/dev/null", *(["-P", path] if path else []), "-e", f"trace={calls}",
            "-e", f"inject={calls}:signal=KILL:when={number}"]


def written_phase(site, path):
    """The phase of a rotation that a state on disk tells of."""
    file = site.gateway.path(path)
    return json.loads(file.read_text()).get("rotation", {}).get("phase", "none") if file.exists() else None


def kill_at(site, *call):
    """Whether a rekey got to the call, and it was killed there, or what it had started."""
    done = site.gateway.cygnet("rekey", tracer=strace(*call))
    assert done.returncode in (0, STEP_FAILED, KILLED), f"exit {done.returncode}: {said(done)}"
    return done.returncode != 0


def told(mesh, site):
    return (f"{len(private_keys(site))} keys on disk, {len(offers(mesh, site))} in the record; "
            "after syncs one of each, and all tunnels")


def test_killed_before_each_save_of_its_state(mesh, tell):
    """And so after all that the save before it has led to."""
    site, tried = mesh.sites[1], []
    for number in range(1, SAVES_MAX):
        killed = kill_at(site, "rename", number, STATE + TEMPORARY)
        boundary, left = (written_phase(site, STATE), written_phase(site, STATE + TEMPORARY)), told(mesh, site)
        settle(mesh)
        if not killed:
            break
        tried.append(boundary)
        tell(f"killed before save {number}, {boundary[0]} → {boundary[1]}: {left}")
    assert not killed and {now for now, _ in tried} == {"none", "wanted", "offered", "switching", "retiring"}


@pytest.mark.long
@pytest.mark.parametrize("call, step", [("rename", 1), ("unlink", 1), ("connect", 3), ("sendto", 7)])
def test_killed_at_any_call_that_leaves_something_behind(mesh, tell, call, step):
    """Files that are written or removed; what systemd, charon and AWS are told."""
    site = mesh.sites[1]
    for number in range(1, CALLS_MAX, step):
        killed = kill_at(site, call, number)
        line = f"killed at {call} {number}, {phase(site)}: {told(mesh, site)}"
        settle(mesh)
        if not killed:
            break
        tell(line)
    assert not killed and number > 1


@pytest.mark.long
@pytest.mark.parametrize("wanted", ["offered", "switching", "retiring"])
def test_a_gateway_that_loses_power_meanwhile(mesh, wanted):
    """What it had saved last tells the next boot where it was."""
    site = mesh.sites[1]
    for number in range(1, SAVES_MAX):
        assert kill_at(site, "rename", number, STATE + TEMPORARY), f"it never was {wanted}"
        if phase(site) == wanted:
            break
        settle(mesh)
    site.gateway.reboot(orderly=False)
    site.gateway.wait_booted()
    settle(mesh)
    assert mesh.is_whole()
