"""The packages: what is in them, and what rpm does with them in a root folder."""

import hashlib
import json
import os
import re
import stat
import subprocess

import pytest
from rpmroot import ARCHITECTURES, NEWER_SETTING, REPOSITORY, Failed

HOST = os.uname().machine
UNITS = ("cygnet.service", "cygnet-sync.timer", "cygnet-firewall.service")
KEY = "/etc/strongswan/swanctl/private/cygnet-0123456789abcdef.key"
STATE = "/var/lib/cygnet/state.json"
CONF = "/etc/cygnet.conf"

CONTENTS = """\
drwxr-xr-x /etc/cygnet
-rw-r--r-- /etc/cygnet.conf
drwxr-xr-x /etc/cygnet/peers.d
-rwxr-xr-x /usr/bin/cygnet
-rw-r--r-- /usr/lib/systemd/system/cygnet-firewall.service
-rw-r--r-- /usr/lib/systemd/system/cygnet-sync.service
-rw-r--r-- /usr/lib/systemd/system/cygnet-sync.timer
-rw-r--r-- /usr/lib/systemd/system/cygnet.service
drwxr-xr-x /usr/share/cygnet
-rw-r--r-- /usr/share/cygnet/cygnet.spdx.json
drwxr-xr-x /usr/share/licenses/cygnet
-rw-r--r-- /usr/share/licenses/cygnet/LICENSE
-rw-r--r-- /usr/share/licenses/cygnet/curl
-rw-r--r-- /usr/share/licenses/cygnet/expat
-rw-r--r-- /usr/share/licenses/cygnet/jansson
-rw-r--r-- /usr/share/licenses/cygnet/musl
-rw-r--r-- /usr/share/licenses/cygnet/openssl
-rw-r--r-- /usr/share/man/man5/cygnet.conf.5.gz
-rw-r--r-- /usr/share/man/man8/cygnet.8.gz
drwx------ /var/lib/cygnet
"""


def query(package, *arguments):
    return subprocess.run(["rpm", "-qp", *arguments, package], check=True, capture_output=True, text=True).stdout


def unpack(package, path):
    """A file of a package, as bytes."""
    archive = subprocess.run(["rpm2cpio", package], check=True, capture_output=True).stdout
    return subprocess.run(["cpio", "--quiet", "-i", "--to-stdout", f".{path}"], input=archive, check=True,
                          capture_output=True).stdout


@pytest.fixture(params=ARCHITECTURES)
def package(request, packages):
    return packages[request.param]


@pytest.fixture
def own(packages):
    return packages[HOST]


# --- what is in them

def test_contents(package):
    listed = query(package, "--queryformat", "[%{FILEMODES:perms} %{FILENAMES}\n]")
    assert listed == CONTENTS
    owners = query(package, "--queryformat", "[%{FILEUSERNAME}:%{FILEGROUPNAME}\n]").split()
    assert set(owners) == {"root:root"}


def test_the_processor_is_that_of_the_package(package):
    machine = {"x86_64": 62, "aarch64": 183}[query(package, "--queryformat", "%{ARCH}")]
    header = unpack(package, "/usr/bin/cygnet")[:20]
    assert header[:4] == b"\x7fELF" and header[18] == machine


def test_what_it_needs(package):
    needs = {line for line in query(package, "--requires").split("\n") if line and not line.startswith("rpmlib(")}
    assert needs == {"strongswan", "systemd", "/bin/sh"}
    assert set(query(package, "--recommends").split()) == {"chrony", "nftables"}


def test_rpm_of_centos_7_can_read_it(package):
    """rpm 4.11 knows these of rpmlib's features, and sees no weak dependency."""
    features = {line.split()[0] for line in query(package, "--requires").splitlines() if line.startswith("rpmlib(")}
    assert features <= {"rpmlib(CompressedFileNames)", "rpmlib(FileDigests)", "rpmlib(PayloadFilesHavePrefix)",
                        "rpmlib(PayloadIsXz)"}


def test_configuration_is_marked_as_such_and_nothing_else_is(package):
    assert query(package, "--configfiles").split() == [CONF]
    flags = query(package, "--queryformat", "[%{FILENAMES} %{FILEFLAGS:fflags}\n]").splitlines()
    assert f"{CONF} cn" in flags


@pytest.mark.parametrize("name, words", [
    ("LICENSE", "the cygnet authors"), ("curl", "Daniel Stenberg"), ("expat", "Expat maintainers"),
    ("jansson", "Petri Lehtinen"), ("musl", "Rich Felker"), ("openssl", "Apache License"),
])
def test_licenses_of_what_is_linked(package, name, words):
    assert words in unpack(package, f"/usr/share/licenses/cygnet/{name}").decode()


def test_list_of_parts(package):
    parts = json.loads(unpack(package, "/usr/share/cygnet/cygnet.spdx.json"))
    by_id = {part["SPDXID"]: part for part in parts["packages"]}
    assert parts["spdxVersion"] == "SPDX-2.3" and len(by_id) == len(parts["packages"])
    assert all(re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", name) for name in by_id)
    program = hashlib.sha256(unpack(package, "/usr/bin/cygnet")).hexdigest()
    assert by_id["SPDXRef-cygnet"]["checksums"] == [{"algorithm": "SHA256", "checksumValue": program}]
    linked = {by_id[relation["relatedSpdxElement"]]["name"] for relation in parts["relationships"]
              if (relation["spdxElementId"], relation["relationshipType"]) == ("SPDXRef-cygnet", "STATIC_LINK")}
    assert linked == {"musl", "openssl", "curl", "jansson", "expat", "libgcc"}
    ends = {relation[end] for relation in parts["relationships"] for end in ("spdxElementId", "relatedSpdxElement")}
    assert ends == {"SPDXRef-DOCUMENT", *by_id}


def test_list_of_parts_has_the_sources_that_were_built(package):
    parts = json.loads(unpack(package, "/usr/share/cygnet/cygnet.spdx.json"))["packages"]
    used = (REPOSITORY / "build/sources").read_text()
    for part in parts:
        if "packageFileName" in part:
            assert f"\n{part['name']} {part['versionInfo']}\n" in "\n" + used
            assert f"{part['checksums'][0]['checksumValue']}  {part['packageFileName']}\n" in used


def test_rpmlint_finds_nothing_that_is_not_explained(packages):
    done = subprocess.run(["rpmlint", "-c", "rpm/rpmlint.toml", "rpm/cygnet.spec", *packages.values()],
                          cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0 and " 0 errors, 0 warnings" in done.stdout, done.stdout + done.stderr


def test_units_that_scriptlets_name_are_those_to_be_enabled():
    """The sync service is started by its timer, and never enabled."""
    enabled = {file.name for file in (REPOSITORY / "rpm").glob("cygnet*.*") if "\n[Install]\n" in file.read_text()}
    assert enabled == set(UNITS)


# --- install, upgrade, erase

def snapshot(root):
    """{path: (mode, content)} of the files that are not rpm's own."""
    files = (path for path in root.folder.rglob("*") if path.is_file() and "var/lib/rpm" not in str(path))
    return {str(path.relative_to(root.folder)): (path.stat().st_mode, path.read_bytes()) for path in files}


def make_gateway(root):
    """What an instance has once it is a gateway: settings, a key, state."""
    root.write(CONF, "mesh = prod\nregistry = us-east-1\n")
    root.write(KEY, "a private key", 0o600)
    root.write(STATE, '{"generation": 7}', 0o600)


def assert_gateway(root):
    assert root.read(KEY) == "a private key" and root.read(STATE) == '{"generation": 7}'
    assert {stat.S_IMODE(root.path(path).stat().st_mode) for path in (KEY, STATE)} == {0o600}


def test_it_is_not_installed_without_strongswan(bare, own):
    with pytest.raises(Failed, match="strongswan is needed by cygnet"):
        bare.install(own)
    assert not bare.path("/usr/bin/cygnet").exists()


def test_install(root, own):
    root.install(own)
    assert root.systemctl() == ["daemon-reload", f"--no-reload preset {' '.join(UNITS)}"]
    assert root.rpm("-V", "cygnet") == ""
    done = subprocess.run(["chroot", root.folder, "/usr/bin/cygnet", "version"], capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.startswith("cygnet "), done


def test_package_of_the_other_processor_is_installed_the_same(root, packages):
    other, = {*ARCHITECTURES} - {HOST}
    root.rpm("-i", "--ignorearch", packages[other])
    assert root.systemctl() == ["daemon-reload", f"--no-reload preset {' '.join(UNITS)}"]


def test_install_over_the_bare_binary(root, own):
    """It has enabled its units, and a preset would disable them; its settings are the ones that count."""
    make_gateway(root)
    root.write("/etc/systemd/system/cygnet.service", "# Written by cygnet for site 'a'; changes are overwritten.\n")
    before = snapshot(root)
    root.install(own)
    assert root.systemctl() == ["daemon-reload"]
    after = snapshot(root)
    assert {path: after[path] for path in before} == before
    assert root.path(CONF + ".rpmnew").exists()


def test_upgrade_keeps_settings_state_and_keys(root, own, newer):
    root.install(own)
    make_gateway(root)
    root.systemctl()
    root.upgrade(newer)
    assert root.systemctl() == ["daemon-reload", "daemon-reload", "try-restart cygnet-sync.timer"]
    assert_gateway(root)
    assert root.read(CONF) == "mesh = prod\nregistry = us-east-1\n"
    assert root.read(CONF + ".rpmnew").endswith(NEWER_SETTING)
    assert root.rpm("-q", "cygnet").startswith("cygnet-9.9-1.")


def test_upgrade_replaces_settings_that_nobody_changed(root, own, newer):
    root.install(own)
    root.upgrade(newer)
    assert root.read(CONF).endswith(NEWER_SETTING)
    assert not root.path(CONF + ".rpmnew").exists()


def test_erase_stops_the_timer_and_leaves_keys(root, own):
    root.install(own)
    make_gateway(root)
    root.systemctl()
    root.erase()
    assert root.systemctl() == [f"--no-reload disable {' '.join(UNITS)}",
                                f"stop cygnet-sync.service {' '.join(UNITS)}", "daemon-reload"]
    assert_gateway(root)
    assert root.read(CONF + ".rpmsave") == "mesh = prod\nregistry = us-east-1\n"
    left = {path for path in snapshot(root) if "cygnet" in path}
    assert left == {path.lstrip("/") for path in (KEY, STATE, CONF + ".rpmsave")}


def test_erase_of_what_was_never_a_gateway_leaves_no_folder(root, own):
    root.install(own)
    root.erase()
    assert [path for path in ("/etc/cygnet", "/var/lib/cygnet") if root.path(path).exists()] == []


def test_without_systemd_running_it_installs_all_the_same(root, own, newer):
    """As in an image that is being made."""
    root.write("/usr/bin/systemctl", "#!/bin/sh\nexit 1\n", 0o755)
    root.install(own)
    root.upgrade(newer)
    root.erase()
