"""What the epoch and the records may look like while others write: nobody loses a peer, and everybody converges."""

import json
import secrets

import pytest

import records
from fakeaws.errors import ApiError

ALL_DOWN = 4    # the stand-in for charon never has a tunnel
REGION = "us-east-1"
OWN = records.name("us-east-1")
EPOCH = "/cygnet/lab/epoch"
BERLIN, PARIS = records.record("berlin", 1), records.record("paris", 2)
HISTORY_MAX = 100


@pytest.fixture
def ssm(world):
    return world.ssm(REGION)


@pytest.fixture
def site(live, ssm):
    """A gateway with the peer berlin; paris is not published yet."""
    live.instance.tags |= {"cygnet:key-bits": "3072", "cygnet:tunnel-wait": "1s", "cygnet:interval": "5s"}
    for peer in (BERLIN, PARIS):
        live.loads(peer)
    publish(ssm, BERLIN)
    done = live.cygnet("bootstrap")
    assert done.returncode == ALL_DOWN, done.stderr
    assert peers(live) == ["berlin"]
    return live


def peers(live):
    files = (live.root / "etc/swanctl/conf.d").glob("cygnet-*.conf")
    return sorted(path.stem.removeprefix("cygnet-") for path in files)


def put(ssm, record):
    """The record alone; the Version that it got."""
    return ssm.put(records.name(record["site"]), json.dumps(record)).number


def announce(ssm, site, version):
    ssm.put(EPOCH, json.dumps({"site": site, "version": version, "random": secrets.token_hex(16)}))


def publish(ssm, record):
    announce(ssm, record["site"], put(ssm, record))


def sync(live, code=ALL_DOWN):
    done = live.cygnet("sync")
    assert done.returncode == code, done.stderr
    return done


def reconcile(live):
    """A sync for which a full reconcile is due."""
    (live.root / "run/cygnet/recent.json").unlink()
    return sync(live)


def epoch(ssm):
    return json.loads(ssm.get(EPOCH).value)


# --- who announces

def test_a_publisher_that_is_killed_before_it_announces_does_so_with_its_next_run(site, ssm, monkeypatch):
    before, killed = epoch(ssm), []
    site.instance.tags["cygnet:subnets"] = "172.16.0.0/17"
    site.loads(BERLIN, ["172.16.0.0/17"])
    run = site.start("sync")

    def put_or_kill(name, *arguments, **options):
        if name == EPOCH and not killed:
            killed.append(name)
            run.process.kill()
            raise ApiError("InternalServerError", status=500)
        return type(ssm).put(ssm, name, *arguments, **options)
    monkeypatch.setattr(ssm, "put", put_or_kill)
    assert run.finish().returncode < 0 and killed
    assert json.loads(ssm.get(OWN).value)["subnets"] == ["172.16.0.0/17"]
    assert epoch(ssm) == before, "not announced"

    monkeypatch.undo()
    sync(site)
    assert (epoch(ssm)["site"], epoch(ssm)["version"]) == ("us-east-1", ssm.get(OWN).number)
    assert peers(site) == ["berlin"]


def test_what_a_killed_publisher_has_not_announced_is_found_by_the_next_full_reconcile(site, ssm):
    put(ssm, PARIS)
    sync(site)
    assert peers(site) == ["berlin"]
    reconcile(site)
    assert peers(site) == ["berlin", "paris"]


def test_what_is_announced_is_there_with_the_next_sync(site, world, ssm):
    publish(ssm, PARIS)
    mark = world.mark()
    sync(site)
    assert peers(site) == ["berlin", "paris"]
    assert "GetParametersByPath" not in [call.action for call in world.calls_since(mark)], "only the changed ones"


# --- what is read late

class Stale:
    """The next reads of a parameter show its former version, or nothing of one that has none."""

    def __init__(self, ssm, monkeypatch, name, reads):
        self._ssm = ssm
        self._name = name
        self.left = reads
        monkeypatch.setattr(ssm, "get", self._get)
        monkeypatch.setattr(ssm, "below", self._below)

    def _former(self):
        return self._ssm.history(self._name)[:-1]

    def _get(self, selector):
        if selector != self._name or not self.left:
            return type(self._ssm).get(self._ssm, selector)
        self.left -= 1
        if not self._former():
            raise ApiError("ParameterNotFound")
        return self._former()[-1]

    def _below(self, path, recursive):
        found = type(self._ssm).below(self._ssm, path, recursive)
        if not self.left or self._name not in [version.name for version in found]:
            return found
        self.left -= 1
        return [version for version in found if version.name != self._name] + self._former()[-1:]


@pytest.mark.parametrize("reads", [1, 2, 4])
def test_a_record_that_shows_later_than_its_announcement(site, ssm, monkeypatch, reads):
    publish(ssm, PARIS)
    stale = Stale(ssm, monkeypatch, records.name("paris"), reads)
    for _ in range(reads):
        sync(site)
        assert "berlin" in peers(site)
    sync(site)
    assert peers(site) == ["berlin", "paris"] and not stale.left


def test_a_record_of_which_the_former_version_still_shows(site, ssm, monkeypatch):
    publish(ssm, PARIS)
    sync(site)
    keys = records.record("paris", 3)["keys"]
    publish(ssm, {**PARIS, "keys": keys})
    Stale(ssm, monkeypatch, records.name("paris"), 2)
    for _ in range(3):
        assert peers(site) == ["berlin", "paris"]
        sync(site)
    assert keys[0]["id"][:16] in (site.root / "etc/swanctl/conf.d/cygnet-paris.conf").read_text()


def test_an_epoch_that_shows_late(site, ssm, monkeypatch):
    publish(ssm, PARIS)
    Stale(ssm, monkeypatch, EPOCH, 1)
    sync(site)
    assert peers(site) == ["berlin"]
    sync(site)
    assert peers(site) == ["berlin", "paris"]


# --- an epoch that tells nothing

def test_an_epoch_that_was_deleted_costs_no_peer(site, ssm):
    ssm.delete(EPOCH)
    for _ in range(2):
        sync(site)
        assert peers(site) == ["berlin"]


def test_an_epoch_that_was_made_anew_and_has_come_as_far_as_the_former_one(site, ssm):
    applied = ssm.get(EPOCH).number
    ssm.delete(EPOCH)
    publish(ssm, PARIS)
    while ssm.get(EPOCH).number < applied:
        announce(ssm, "berlin", 1)
    assert ssm.get(EPOCH).number == applied
    sync(site)
    assert peers(site) == ["berlin", "paris"]


@pytest.mark.parametrize("later", [HISTORY_MAX - 1, HISTORY_MAX, HISTORY_MAX + 20])
def test_more_happened_than_the_history_keeps(site, ssm, later):
    publish(ssm, PARIS)
    for _ in range(later):
        announce(ssm, "berlin", 1)
    sync(site)
    assert peers(site) == ["berlin", "paris"]


# --- listings

@pytest.mark.parametrize("left_out", [["berlin"], ["us-east-1"], ["berlin", "paris", "us-east-1"]])
def test_a_listing_that_leaves_sites_out_removes_nobody(site, ssm, monkeypatch, left_out):
    publish(ssm, PARIS)
    sync(site)
    names = [records.name(name) for name in left_out]
    monkeypatch.setattr(ssm, "below", lambda *path: [version for version in type(ssm).below(ssm, *path)
                                                     if version.name not in names])
    for _ in range(2):
        reconcile(site)
        assert peers(site) == ["berlin", "paris"]
    monkeypatch.undo()
    reconcile(site)
    assert peers(site) == ["berlin", "paris"]


def test_a_registry_that_was_wiped_is_filled_again_by_each_with_its_own(site, ssm):
    ssm.parameters.clear()
    reconcile(site)
    assert peers(site) == ["berlin"]
    assert json.loads(ssm.get(OWN).value)["keys"] and epoch(ssm)["site"] == "us-east-1"
