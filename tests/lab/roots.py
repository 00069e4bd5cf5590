"""Root folders for the lab's machines, made once by mmdebstrap and cached: no daemon is ever installed on the host.

A root is keyed by all that decides its content, made beside its place and renamed into it. Nothing is started in it,
and no machine writes to it: each has an overlay on top.
"""

import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import tempfile

# What an EC2 instance of the distribution brings, strongSwan's packages as its users install them, and the Python
# of the service manager's stand-in.
_BASE = ["ca-certificates", "chrony", "iproute2", "iptables", "iputils-ping", "nftables", "procps", "python3",
         "systemd"]
_STRONGSWAN = ["charon-systemd", "libcharon-extra-plugins", "libstrongswan-extra-plugins",
               "libstrongswan-standard-plugins", "strongswan-charon", "strongswan-starter", "strongswan-swanctl"]


def _without(package):
    return [other for other in _BASE + _STRONGSWAN if other != package]


# name of the root: suite, packages. From trixie on strongSwan's two daemons exclude each other.
ROOTS = {
    "bookworm": ("bookworm", _BASE + _STRONGSWAN),
    "trixie": ("trixie", _without("strongswan-charon")),
    "trixie-starter": ("trixie", _without("charon-systemd")),
    "cloud-init": ("bookworm", ["ca-certificates", "cloud-init", "curl"]),
}

_OPTIONS = [
    "--mode=root", "--variant=minbase", "--format=directory", "--quiet",
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--aptopt=APT::Install-Recommends false",
]


def cache_folder():
    """CYGNET_CACHE, or the folder below the user's cache that the build uses too."""
    if "CYGNET_CACHE" in os.environ:
        return pathlib.Path(os.environ["CYGNET_CACHE"])
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return pathlib.Path(base) / "cygnet"


def root(name):
    """The folder of the named root, built first if the cache has none: half a minute and the network."""
    suite, packages = ROOTS[name]
    key = hashlib.sha256("\n".join([suite, *packages, *_OPTIONS]).encode()).hexdigest()[:12]
    folder = cache_folder() / "roots" / f"{name}-{key}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            _build(folder, suite, packages)
    return folder


def _build(folder, suite, packages):
    print(f"building the {suite} root (once), in {folder}", flush=True)
    scratch = pathlib.Path(tempfile.mkdtemp(prefix=f"{folder.name}.", dir=folder.parent))
    try:
        made = scratch / "root"
        subprocess.run(["mmdebstrap", *_OPTIONS, "--include=" + ",".join(packages), suite, str(made),
                        *archives(suite)], check=True)
        made.rename(folder)
    finally:
        shutil.rmtree(scratch)


def archives(suite):
    """This machine's own Debian archives as mmdebstrap's lines, for another suite perhaps; none: its defaults."""
    own = _codename()
    listed = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)",
                             "Created-By: Packages"], check=True, capture_output=True, text=True).stdout
    targets = dict.fromkeys(tuple(line.split()) for line in listed.splitlines())
    return [f"deb {uri} {release.replace(own, suite, 1)} {component}" for uri, release, component in targets
            if release in (own, f"{own}-updates", f"{own}-security") and component == "main"]


def _codename():
    with open("/etc/os-release") as release:
        fields = dict(line.rstrip().split("=", 1) for line in release if "=" in line)
    return fields["VERSION_CODENAME"]
