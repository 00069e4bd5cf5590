"""strongSwan's ML-KEM plugin for the lab's trixie root: Debian's 6.0.1 leaves it out, so it is built from its source.

Built once and cached beside the roots; the compiler is the host's, which is older than the root's libraries.
"""

import fcntl
import pathlib
import shutil
import subprocess
import tempfile

import netns
import roots

PLUGIN = "/usr/lib/ipsec/plugins/libstrongswan-ml.so"
SWITCH = "/etc/strongswan.d/charon/ml.conf"

_SUITE = "trixie"


def plugin():
    """The file of the plugin, built first if the cache has none: half a minute and the network."""
    version = _version()
    file = roots.cache_folder() / "roots" / f"ml-{version}.so"
    with open(file.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            _build(file, version)
    return file


def install(gateway):
    """Gives it to a gateway whose charon has not started yet, or is started anew after this."""
    shutil.copy(plugin(), gateway.path(PLUGIN))
    gateway.write(SWITCH, "ml {\n    load = yes\n}\n")


def installed(gateway):
    return gateway.path(PLUGIN).exists()


def _version():
    """Of the packages in the root, as its dpkg knows them."""
    query = ["dpkg-query", f"--admindir={roots.root(_SUITE)}/var/lib/dpkg", "-W", "-f", "${source:Version}", "libstrongswan"]
    return netns.run(query)


def _build(file, version):
    print(f"building strongSwan's ML-KEM plugin (once), as {file}", flush=True)
    with tempfile.TemporaryDirectory(prefix="cygnet-ml-") as folder:
        folder = pathlib.Path(folder)
        source = _source(folder, version)
        _run(["./configure", "--disable-defaults", "--enable-ml", "--sysconfdir=/etc"], source)
        own = source / "src/libstrongswan/plugins/ml"
        _run(["gcc", "-shared", "-fPIC", "-O2", "-I../..", "-include", "../../../../config.h", "-o", "ml.so",
              *sorted(path.name for path in own.glob("ml_*.c"))], own)
        shutil.copy(own / "ml.so", file)


def _source(folder, version):
    """Debian's source of that version, fetched with an apt of its own and unpacked."""
    (folder / "lists/partial").mkdir(parents=True)
    (folder / "archives/partial").mkdir(parents=True)
    lines = [line.replace("deb ", "deb-src ", 1) for line in roots.archives(_SUITE)]
    (folder / "sources.list").write_text("\n".join(lines) + "\n")
    options = {"Dir::Etc::sourcelist": folder / "sources.list", "Dir::Etc::sourceparts": "-",
               "Dir::State::lists": folder / "lists", "Dir::Cache": folder, "Dir::Cache::archives": folder / "archives",
               "APT::Sandbox::User": "root"}
    apt = ["apt-get", "-q", *(word for key, value in options.items() for word in ("-o", f"{key}={value}"))]
    _run([*apt, "update"], folder)
    _run([*apt, "source", "--download-only", f"strongswan={version}"], folder)
    archive, = folder.glob("strongswan_*.orig.tar.*[!c]")
    _run(["tar", "-xf", archive], folder)
    source, = (path for path in folder.glob("strongswan-*") if path.is_dir())
    return source


def _run(argv, folder):
    subprocess.run([str(word) for word in argv], cwd=folder, check=True, stdout=subprocess.DEVNULL)
