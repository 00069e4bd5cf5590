"""A root folder with a database of packages, in which rpm installs, upgrades and erases as on a machine.

What the distribution brings there are packages made here: one for shell and systemd, one for strongSwan. systemctl
writes down what it is called for.
"""

import shutil
import subprocess
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
ARCHITECTURES = ("x86_64", "aarch64")
BUSYBOX = Path("/bin/busybox")
APPLETS = ("sh", "rm", "cat")
NEWER_SETTING = "\n#newer = yes\n"

SYSTEMCTL = """\
#!/bin/sh
echo "$*" >>/systemctl.log
"""

SPEC = """\
%global __os_install_post %{{nil}}
Name: {name}
Version: 1
Release: 1
Summary: A stand-in
License: none
AutoReqProv: no
{provides}
%description
A stand-in.
%install
cp -a {tree}/. %{{buildroot}}/
%files
{files}
"""


class Failed(Exception):
    """rpm refused, and said why."""


def stand_in(folder, name, files, provides=()):
    """A package of these files, {path: (content, mode)}."""
    tree = folder / name / "tree"
    for path, (content, mode) in files.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_bytes(content)
        (tree / path).chmod(mode)
    spec = folder / f"{name}.spec"
    spec.write_text(SPEC.format(name=name, tree=tree, files="\n".join(f"/{path}" for path in files),
                                provides="\n".join(f"Provides: {what}" for what in provides)))
    subprocess.run(["rpmbuild", "-bb", "--quiet", "--define", f"_topdir {folder / name}",
                    "--define", f"_rpmdir {folder}", "--define", "_rpmfilename %%{NAME}.rpm", spec],
                   check=True, capture_output=True)
    return folder / f"{name}.rpm"


def distribution(folder):
    """The packages that a machine of an RPM distribution has without cygnet: {name: file}."""
    shell = {f"bin/{applet}": (BUSYBOX.read_bytes(), 0o755) for applet in APPLETS}
    rest = {"usr/bin/systemctl": (SYSTEMCTL.encode(), 0o755), "dev/null": (b"", 0o666)}
    return {"base": stand_in(folder, "base", {**shell, **rest}, ("/bin/sh", "systemd")),
            "strongswan": stand_in(folder, "strongswan", {"etc/strongswan/strongswan.conf": (b"", 0o644)})}


class Root:
    def __init__(self, folder, packages):
        self.folder = folder
        folder.mkdir()
        for package in packages:
            self.rpm("-i", package)

    def rpm(self, *arguments):
        """What rpm prints; Failed if it ends badly."""
        done = subprocess.run(["rpm", "--root", self.folder, "--dbpath", "/var/lib/rpm", *arguments],
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise Failed(done.stderr)
        return done.stdout

    def install(self, package):
        self.rpm("-i", package)

    def upgrade(self, package):
        self.rpm("-U", package)

    def erase(self):
        self.rpm("-e", "cygnet")

    def systemctl(self):
        """What systemctl was called for since this was last asked."""
        log = self.folder / "systemctl.log"
        lines = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return lines

    def path(self, path):
        return self.folder / path.lstrip("/")

    def read(self, path):
        return self.path(path).read_text()

    def write(self, path, text, mode=0o644):
        file = self.path(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)

    def remove(self):
        shutil.rmtree(self.folder)
