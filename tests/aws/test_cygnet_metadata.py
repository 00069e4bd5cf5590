"""Instance metadata that changes, or fails, while build/cygnet reads it."""

import pytest

DONE, CHANGES, CONFIG, DENIED = 0, 2, 65, 77
TAGS = "/latest/meta-data/tags/instance"


class Watch(list):
    """A log of metadata calls that tells of each one, before the next is answered."""

    def __init__(self, told):
        super().__init__()
        self._told = told

    def append(self, call):
        super().append(call)
        self._told(call)


def watch(world, told):
    world.metadata_calls = Watch(told)


def tagged(gateway, **tags):
    gateway.instance.tags.update({f"cygnet:{key.replace('_', '-')}": value for key, value in tags.items()})


def setting(done, key):
    """Value and origin of a setting that plan prints."""
    line, = (line for line in done.stdout.splitlines() if line.split()[:1] == [key])
    return " ".join(line.split()[1:])


@pytest.mark.parametrize("status", [401, 503])
def test_a_failure_at_any_point_costs_nothing(gateway, world, root, status):
    expected = gateway.cygnet("plan", root=root)
    reads = sum(call.method == "GET" for call in world.metadata_calls)
    assert reads > 10
    for number in range(1, reads):
        def fail_after(call, left=[number]):
            left[0] -= call.method == "GET"
            if left[0] == 0 and call.method == "GET":
                world.faults.fail("imds", "GET", None, status=status)

        watch(world, fail_after)
        done = gateway.cygnet("plan", root=root)
        assert [call.status for call in world.metadata_calls].count(status) == 1
        assert (done.returncode, done.stdout, done.stderr) == (CHANGES, expected.stdout, expected.stderr)


def test_tokens_that_are_always_refused(gateway, world, root):
    world.faults.fail("imds", "GET", None, n=float("inf"), status=401)
    done = gateway.cygnet("plan", root=root)
    assert done.returncode == 75
    assert "instance metadata" in done.stderr and "401" in done.stderr
    assert len(world.metadata_calls) == 4


def on_listing(gateway, world, change):
    """Make a change to the tags after they were listed, before they are read."""
    def told(call):
        if call.path.rstrip("/") == TAGS:
            change(gateway.instance.tags)
    watch(world, told)


def test_a_tag_that_goes_after_it_was_listed(gateway, world, root):
    tagged(gateway, interval="20s")
    on_listing(gateway, world, lambda tags: tags.pop("cygnet:interval", None))
    done = gateway.cygnet("plan", root=root)
    assert (done.returncode, setting(done, "interval")) == (CHANGES, "15s default")


def test_a_required_tag_that_goes_after_it_was_listed(gateway, world, root):
    on_listing(gateway, world, lambda tags: tags.pop("cygnet:mesh", None))
    done = gateway.cygnet("plan", root=root)
    assert done.returncode == CONFIG
    assert "setting 'mesh' is required and set nowhere" in done.stderr
    assert "remedy: tag the instance 'cygnet:mesh'" in done.stderr


def test_a_tag_that_changes_after_it_was_listed(gateway, world, root):
    on_listing(gateway, world, lambda tags: tags.update({"cygnet:mesh": "other"}))
    done = gateway.cygnet("plan", root=root)
    assert (done.returncode, setting(done, "mesh")) == (CHANGES, "other tag 'cygnet:mesh'")


def test_a_tag_that_comes_after_they_were_listed(gateway, world, root):
    on_listing(gateway, world, lambda tags: tags.update({"cygnet:mess": "x"}))
    assert gateway.cygnet("plan", root=root).returncode == CHANGES
    done = gateway.cygnet("plan", root=root)
    assert done.returncode == CONFIG
    assert "unknown setting 'cygnet:mess' (a tag of the instance)" in done.stderr


def test_a_changed_tag_is_followed_by_the_next_run(gateway, root):
    assert gateway.cygnet("bootstrap", "--key-bits", "3072", root=root).returncode == DONE
    timer = root / "etc/systemd/system/cygnet-sync.timer"
    assert "every 15 s" in timer.read_text()
    tagged(gateway, interval="30s")
    done = gateway.cygnet("sync", root=root)
    assert done.returncode == DONE
    assert "every 30 s" in timer.read_text()
    assert [line for line in done.stderr.splitlines() if line.startswith(("create", "change"))] == [
        f"change /etc/systemd/system/cygnet-sync.timer ({timer.stat().st_size} bytes, mode 0644)"]


@pytest.mark.parametrize("value, rule", [
    ("", "value is empty"),
    ("a\nmesh", "value has control characters"),
    ("a\x1b[2J", "value has control characters"),
    ("x" * 256, "is not 1 to 63 of a-z, 0-9 and '-'"),
    ("ümlaut", "value 'ümlaut' is not 1 to 63 of a-z, 0-9 and '-'"),
    ("../..", "value '../..' is not 1 to 63 of a-z, 0-9 and '-'")])
def test_a_tag_with_an_odd_value_is_named(gateway, world, root, value, rule):
    tagged(gateway, site=value)
    done = gateway.cygnet("plan", root=root)
    first, *rest = done.stderr.splitlines()
    assert (done.returncode, world.calls) == (CONFIG, [])
    assert first.startswith("cygnet plan: settings: setting 'site' (tag 'cygnet:site'): ") and rule in first
    assert len(rest) == 1 and "\x1b" not in done.stderr


@pytest.mark.parametrize("tags", [{"cygnet": "x"}, {"Cygnet:mesh": "x"}, {"name:cygnet:mesh": "x"}, {"a+b=c@d": ""}])
def test_tags_of_others_are_none_of_its_business(gateway, root, tags):
    gateway.instance.tags.update(tags)
    assert gateway.cygnet("plan", root=root).returncode == CHANGES


def test_an_empty_key_is_no_setting(gateway, root):
    gateway.instance.tags["cygnet:"] = "x"
    done = gateway.cygnet("plan", root=root)
    assert done.returncode == CONFIG
    assert "unknown setting 'cygnet:' (a tag of the instance)" in done.stderr


def test_the_address_that_an_instance_has_now_counts(gateway, world, root):
    other = world.allocate_address("us-east-1", "203.0.113.99")
    assert setting(gateway.cygnet("plan", root=root), "address") == "203.0.113.10 default"
    world.associate(other, gateway.instance.interface)
    assert setting(gateway.cygnet("plan", root=root), "address") == "203.0.113.99 default"
    world.disassociate(other)
    done = gateway.cygnet("plan", root=root)
    assert done.returncode == CONFIG
    assert "the instance has no public IPv4 address" in done.stderr and "associate an Elastic IP" in done.stderr


def test_a_role_that_is_swapped_meanwhile(gateway, world, root):
    def told(call):
        if call.path.endswith("security-credentials/"):
            gateway.instance.role = "other"
    watch(world, told)
    done = gateway.cygnet("plan", root=root)
    assert done.returncode == 69
    assert "credentials of the role 'gateway'" in done.stderr
    world.metadata_calls = []
    assert gateway.cygnet("plan", root=root).returncode == CHANGES


def test_the_primary_interface_is_told_by_its_address(gateway, world, root):
    world.attach_interface(gateway.instance, world.subnet, "172.16.1.11")
    (root / "sys/class/net/lo").mkdir()
    (root / "sys/class/net/lo/address").write_text("00:00:00:00:00:00\n")
    (root / "sys/class/net/ens5").rename(root / "sys/class/net/weird0")
    (root / "sys/class/net/ens5").mkdir()
    (root / "sys/class/net/ens5/address").write_text(gateway.instance.interfaces[1].mac + "\n")
    done = gateway.cygnet("plan", root=root)
    assert "  sysctl net.ipv4.conf.weird0.send_redirects=0\n" in done.stdout
    assert f"ec2:ModifyNetworkInterfaceAttribute {gateway.instance.interface.id} " in done.stdout
