"""A host that is slow, or fails, or was tampered with: what a run could not do the next one makes up for."""

import fcntl
import json
import shutil
import threading
import time

import netns
import pytest

import records
from fakeaws.scaling import Hook
from live import CHARON_UNIT

DONE, STEP, ALL_DOWN, CONFIG, AGAIN = 0, 1, 4, 65, 75
REGION = "us-east-1"
FIREWALL, CHRONY, TIMER = "cygnet-firewall.service", "chrony.service", "cygnet-sync.timer"
RELOAD_FIREWALL = f"systemctl reload-or-restart {FIREWALL}"
TIMER_LINK = "etc/systemd/system/timers.target.wants/cygnet-sync.timer"
FOLLOWED = ", and the next run goes on from here"
CUT_SHORT = "exit code {}; what was written is whole"
REMOVED = 'exec 9<"$0/usr/local/bin/cygnet" && rm "$0/usr/local/bin/cygnet" && '
BY_ITS_FILE = 'exec chroot "$0" /proc/self/fd/9 "$@"'


@pytest.fixture
def fresh(live):
    """A machine that nothing has run on yet."""
    live.instance.tags |= {"cygnet:key-bits": "3072", "cygnet:tunnel-wait": "1s", "cygnet:interval": "5s"}
    return live


@pytest.fixture
def site(fresh):
    """A gateway without peers, found as it should be."""
    done = fresh.cygnet("bootstrap")
    assert done.returncode == DONE, done.stderr
    fresh.log()
    return fresh


def recent(site, **changes):
    path = site.root / "run/cygnet/recent.json"
    document = json.loads(path.read_text()) | changes
    path.write_text(json.dumps(document))
    return document


def full_pass(site):
    """What a run of sync that looks at everything calls on this machine; how it ended."""
    recent(site, reconciled_ms=0)
    done = site.cygnet("sync")
    return [line for line in site.log() if not line.startswith("swanctl")], done.returncode


# --- who has to hear of files

def test_a_rule_set_that_could_not_be_loaded_is_loaded_later(site, world):
    site.set_unit(FIREWALL, broken=True)
    peer = records.record("berlin", 1)
    world.ssm(REGION).put(records.name("berlin"), json.dumps(peer))
    site.loads(peer)
    assert full_pass(site) == ([RELOAD_FIREWALL], STEP)
    assert peer["subnets"][0] in (site.root / "etc/cygnet/cygnet.nft").read_text()
    assert full_pass(site) == ([RELOAD_FIREWALL], STEP)
    site.set_unit(FIREWALL, broken=False)
    assert full_pass(site) == ([RELOAD_FIREWALL], ALL_DOWN)
    assert full_pass(site) == ([], ALL_DOWN)


def test_a_time_daemon_that_could_not_be_restarted_is_restarted_later(site):
    site.set_unit(CHRONY, broken=True)
    site.instance.tags["cygnet:ntp"] = "192.0.2.1"
    assert full_pass(site) == ([f"systemctl restart {CHRONY}"], STEP)
    site.set_unit(CHRONY, broken=False)
    assert full_pass(site) == ([f"systemctl restart {CHRONY}"], DONE)
    assert full_pass(site) == ([], DONE)


def test_a_timer_that_could_not_be_restarted_is_restarted_later(site):
    site.set_unit(TIMER, broken=True)
    site.instance.tags["cygnet:interval"] = "7s"
    begun = ["systemctl daemon-reload", f"systemctl restart {TIMER}"]
    assert full_pass(site) == (begun, STEP)
    site.set_unit(TIMER, broken=False)
    calls, code = full_pass(site)
    assert (calls[:2], code) == (begun, DONE)
    assert full_pass(site) == ([], DONE)


def test_a_run_by_hand_that_fails_is_followed_by_a_full_one(site):
    site.charon.down()
    site.set_unit(CHARON_UNIT, active=False, broken=True)
    assert site.cygnet("bootstrap").returncode == STEP
    site.set_unit(CHARON_UNIT, broken=False)
    site.charon.up()
    site.log()
    assert site.cygnet("sync").returncode == DONE
    assert f"systemctl start {CHARON_UNIT}" in site.log()


# --- what somebody undoes

def sysctl(site, *words):
    return netns.run(["sysctl", *words], netns=site.network)


def test_rules_that_were_flushed_come_back_with_the_next_full_pass(site):
    site.set_unit(FIREWALL, rules=False)
    assert RELOAD_FIREWALL.replace("-or-restart", "") in site.cygnet("plan").stdout
    assert site.cygnet("sync").returncode == DONE
    assert site.log() == []
    assert full_pass(site) == ([RELOAD_FIREWALL], DONE)
    assert full_pass(site) == ([], DONE)


def test_a_setting_of_the_kernel_that_was_undone_comes_back(site):
    key = "net.ipv4.conf.all.log_martians"
    assert sysctl(site, "-w", f"{key}=0") == f"{key} = 0\n"
    assert full_pass(site) == ([], DONE)
    assert sysctl(site, "-n", key) == "1\n"


# --- a machine that is slow

def test_a_slow_systemctl_ends_no_instance(fresh, world):
    fresh.instance.tags["cygnet:lifecycle-hook"] = "launch"
    member = world.join(world.add_scaling_group(REGION, "gateways", [Hook("launch", timeout=30)]), fresh.instance)
    fresh.set_unit("cygnet.service", slow=True)
    done = fresh.cygnet("bootstrap")
    assert (done.returncode, member.state) == (DONE, "InService"), done.stderr


def test_the_timer_is_started_before_anything_else(fresh):
    fresh.cygnet("bootstrap")
    assert fresh.log()[:3] == ["systemctl daemon-reload", f"systemctl start {TIMER}", f"systemctl enable {TIMER}"]


def test_metadata_that_comes_late_is_waited_for(fresh, world):
    for method in ("GET", "PUT"):
        world.faults.fail("imds", method, "", n=float("inf"), status=503)
    end = threading.Timer(30, world.faults.clear)
    end.start()
    try:
        done = fresh.cygnet("bootstrap")
    finally:
        end.join()
    assert done.returncode == DONE, done.stderr
    assert done.stderr.count("trying again") == 1
    assert "instance metadata: " in done.stderr.splitlines()[0]


def test_another_run_is_waited_for_within_bounds(fresh):
    lock = fresh.root / "run/cygnet/lock"
    lock.parent.mkdir(parents=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        done = fresh.cygnet("bootstrap", "--timeout", "30s", timeout=60)
    assert done.returncode == AGAIN
    assert "another run of cygnet holds '/run/cygnet/lock'" in done.stderr
    assert "did not end within its 'timeout'" not in done.stderr


# --- a program that is replaced while it runs

def program_of_units(site):
    lines = (site.root / "etc/systemd/system/cygnet.service").read_text().splitlines()
    return next(line.partition("=")[2] for line in lines if line.startswith("ExecStart="))


def test_a_program_that_is_replaced_meanwhile_is_started_by_its_path(fresh, world):
    world.faults.delay("imds", "PUT", 2, n=3)
    run = fresh.start("bootstrap")
    time.sleep(1.5)
    assert world.metadata_calls == []
    new = fresh.root / "usr/local/bin/new"
    shutil.copy(fresh.root / "usr/local/bin/cygnet", new)
    new.rename(fresh.root / "usr/local/bin/cygnet")
    done = run.finish()
    assert done.returncode == DONE, done.stderr
    assert program_of_units(fresh) == "/usr/local/bin/cygnet bootstrap"


def test_a_program_that_was_replaced_before_is_too(fresh):
    shutil.copy(fresh.root / "usr/local/bin/cygnet", fresh.root / "new")
    replaced = REMOVED + 'mv "$0/new" "$0/usr/local/bin/cygnet" && '
    done = fresh.start("bootstrap", script=replaced + BY_ITS_FILE).finish()
    assert done.returncode == DONE, done.stderr
    assert program_of_units(fresh) == "/usr/local/bin/cygnet bootstrap"


def test_a_program_that_is_gone_writes_nothing(fresh):
    done = fresh.start("sync", script=REMOVED + BY_ITS_FILE).finish()
    assert done.returncode == AGAIN
    assert "program: cygnet was started as '/usr/local/bin/cygnet', and that is not there any more" in done.stderr
    assert not (fresh.root / "etc/systemd/system").exists()


# --- what a run says of the next

def test_only_with_a_timer_another_run_is_promised(site):
    site.set_unit(FIREWALL, active=False, broken=True)
    done = site.cygnet("bootstrap")
    assert done.stderr.rstrip().endswith(CUT_SHORT.format(STEP))
    link = site.root / TIMER_LINK
    link.parent.mkdir(parents=True)
    link.symlink_to("../cygnet-sync.timer")
    done = site.cygnet("bootstrap")
    assert done.stderr.rstrip().endswith(CUT_SHORT.format(STEP) + FOLLOWED)


def test_a_gateway_that_is_throttled_asks_less_and_less(site, world):
    def asks_after(seconds):
        recent(site, hindered_ms=hindered_ms - seconds * 1000)
        mark = world.mark()
        done = site.cygnet("sync", AWS_MAX_ATTEMPTS="1")
        asked = "ec2" in {call.service for call in world.calls_since(mark)}
        assert done.returncode == (AGAIN if asked and throttled else DONE), done.stderr
        return asked

    site.instance.tags |= {"cygnet:interval": "1m", "cygnet:reconcile": "3m"}
    world.faults.throttle("ec2", "DescribeNetworkInterfaces", n=float("inf"))
    hindered_ms, throttled = 0, True
    assert asks_after(0)
    for pause in (30, 60, 120, 180):
        hindered_ms = recent(site)["hindered_ms"]
        assert not asks_after(pause - 20)
        assert asks_after(pause)
    world.faults.clear()
    hindered_ms, throttled = recent(site)["hindered_ms"], False
    assert asks_after(180)
    assert (recent(site)["hindered"], recent(site)["hindered_ms"]) == (0, 0)


# --- what the operator should know

def test_another_program_than_the_package_s_is_named(site):
    (site.root / "usr/bin").mkdir(parents=True, exist_ok=True)
    shutil.copy(site.root / "usr/local/bin/cygnet", site.root / "usr/bin/cygnet")
    (site.root / "usr/lib/systemd/system/cygnet.service").write_text("")
    warning = "warning: '/usr/local/bin/cygnet' is not the package's"
    assert warning in site.cygnet("plan").stderr
    by_package = 'exec chroot "$0" /usr/bin/cygnet "$@"'
    assert warning not in site.start("plan", script=by_package).finish().stderr


def test_settings_that_the_timer_will_not_see_are_named(fresh):
    del fresh.instance.tags["cygnet:mesh"]
    words = "'mesh' is 'lab' by {}, which the timer's runs will not see: put 'mesh = lab' into '/etc/cygnet.conf'"
    done = fresh.cygnet("bootstrap", "--mesh", "lab", "--registry", REGION)
    assert words.format("--mesh") in done.stderr and "'registry' is" not in done.stderr
    assert words.format("CYGNET_MESH") in fresh.cygnet("bootstrap", CYGNET_MESH="lab").stderr
    (fresh.root / "etc/cygnet.conf").write_text("mesh = lab\n")
    assert "the timer's runs" not in fresh.cygnet("bootstrap", "--mesh", "lab").stderr
