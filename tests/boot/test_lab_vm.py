"""What the boot lab's machine says while it is off. It is never on here, so QEMU is not needed."""

import ipaddress
from types import SimpleNamespace

import disk
import fabric
import netns
import pytest
from vm import Vm


@pytest.fixture
def off(scratch, tmp_path, monkeypatch):
    """Plugged in at a cable that leads nowhere."""
    monkeypatch.setattr(disk, "copy", lambda image, target, files: target.touch())
    with netns.temporary("off") as name:
        netns.ip(name, f"link add {fabric.INTERFACE} type veth peer name nowhere")
        port = SimpleNamespace(netns=name, address=ipaddress.IPv4Interface("172.16.0.10/24"))
        vpc = SimpleNamespace(netns=name, resolver="172.16.0.2")
        made = Vm("gateway", SimpleNamespace(disk=None), tmp_path / "vm", vpc, port, "ec2", {})
        yield made
        made.destroy()


def test_a_program_of_a_machine_that_is_off_fails_by_name(off):
    with pytest.raises(netns.Failed, match="^gateway is off$"):
        off.run(["true"])


def test_its_logs_say_so_too(off):
    assert [text for _, text in off.logs()] == ["gateway is off"]
