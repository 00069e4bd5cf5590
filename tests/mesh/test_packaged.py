"""A gateway of the bare binary onto which a package is installed, and which goes on with the package's units."""

from checks import said
from mesh import CYGNET, THREE_REGIONS

ENABLED = ("cygnet.service", "cygnet-sync.timer", "cygnet-firewall.service")
UNITS = (*ENABLED, "cygnet-sync.service")
OWN, PACKAGED = "/etc/systemd/system", "/usr/lib/systemd/system"


def fragments(gateway):
    """The folder that systemd has each unit from."""
    return {unit: gateway.check(["systemctl", "show", "--property=FragmentPath", "--value", unit]).rpartition("/")[0]
            for unit in UNITS}


def links(gateway):
    """{unit: where the link leads that enables it}"""
    found = gateway.path(OWN).glob("*.wants/cygnet*")
    return {link.name: str(link.readlink()) for link in found}


def install_package(gateway):
    """As rpm leaves it: files, and a daemon-reload."""
    for unit in UNITS:
        gateway.write(f"{PACKAGED}/{unit}", (CYGNET.parents[1] / "rpm" / unit).read_text())
    gateway.path("/usr/bin/cygnet").write_bytes(CYGNET.read_bytes())
    gateway.path("/usr/bin/cygnet").chmod(0o755)
    gateway.check(["systemctl", "daemon-reload"])


def test_units_of_the_bare_binary_give_way_to_the_packages(fresh):
    gateway = fresh(THREE_REGIONS[:1]).sites[0].gateway
    done = gateway.bootstrap()
    assert done.returncode == 0, said(done)
    assert set(fragments(gateway).values()) == {OWN}
    install_package(gateway)
    done = gateway.bootstrap()
    assert done.returncode == 0, said(done)
    assert set(fragments(gateway).values()) == {PACKAGED}
    assert links(gateway) == {unit: f"{PACKAGED}/{unit}" for unit in ENABLED}
    assert gateway.check(["systemctl", "is-active", "cygnet-sync.timer"]).strip() == "active"
    done = gateway.bootstrap()
    assert done.returncode == 0 and "nothing to do" in said(done), said(done)


def test_a_setting_that_the_packages_unit_lacks_is_written(fresh):
    gateway = fresh(THREE_REGIONS[:1]).sites[0].gateway
    gateway.wait_booted()
    install_package(gateway)
    gateway.write("/etc/cygnet.conf", "interval = 7s\n")
    done = gateway.bootstrap()
    assert done.returncode == 0, said(done)
    assert fragments(gateway) == {unit: OWN if unit == "cygnet-sync.timer" else PACKAGED for unit in UNITS}
    gateway.write("/etc/cygnet.conf", "interval = 15s\n")
    done = gateway.bootstrap()
    assert done.returncode == 0, said(done)
    assert set(fragments(gateway).values()) == {PACKAGED}
    assert links(gateway)["cygnet-sync.timer"] == f"{PACKAGED}/cygnet-sync.timer"
