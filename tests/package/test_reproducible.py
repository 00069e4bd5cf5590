"""The same sources and compiler give the same bytes, wherever, whenever and by whomever they are built.

LONG in the environment builds the libraries twice, too, and both architectures' packages.
"""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from rpmroot import ARCHITECTURES, REPOSITORY

HOST = os.uname().machine
LONG = bool(os.environ.get("LONG"))
CACHE = Path(os.environ.get("CYGNET_CACHE") or
             Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cygnet")


def copy_sources(folder):
    """The repository without what was built in it."""
    shutil.copytree(REPOSITORY, folder, ignore=shutil.ignore_patterns("build", ".git", "__pycache__"))
    return folder


def build(folder, *goals, arch=HOST, cache=CACHE):
    """Make goals of the copy in this folder, as somebody else, elsewhere, in years to come."""
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "CYGNET_CACHE": str(cache), "LC_ALL": "C.UTF-8",
           "TZ": "Asia/Tokyo", "USER": "somebody", "ARCH": arch, "FAKE_UTIME": "1"}
    done = subprocess.run(["faketime", "-f", "+1000d", "make", *goals], cwd=folder, env=env, umask=0o077,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def assert_same(one, other):
    assert digest(one) == digest(other), f"{one} and {other} differ"
    print(f"{digest(one)}  {one.relative_to(REPOSITORY)}")


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    return copy_sources(tmp_path_factory.mktemp("elsewhere") / "a-path-of-another-length")


@pytest.mark.parametrize("arch", ARCHITECTURES if LONG else [HOST])
def test_programs_own_code(elsewhere, arch):
    program = f"build/{arch}/cygnet"
    build(elsewhere, program, arch=arch)
    assert_same(REPOSITORY / program, elsewhere / program)


@pytest.mark.long
@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_libraries_and_package(elsewhere, tmp_path, arch):
    """Of the cache only the fetched sources are the same."""
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / "sources").symlink_to(CACHE / "sources")
    shutil.rmtree(elsewhere / "build", ignore_errors=True)
    build(elsewhere, "package", arch=arch, cache=cache)
    libraries = Path("build") / arch / "libs/lib"
    for library in sorted((REPOSITORY / libraries).glob("*.a")):
        assert_same(library, elsewhere / libraries / library.name)
    package, = (REPOSITORY / "build/rpm").glob(f"*.{arch}.rpm")
    assert_same(package, elsewhere / "build/rpm" / package.name)


def test_nothing_of_the_building_machine_is_in_it():
    content = (REPOSITORY / "build/cygnet").read_bytes()
    for trace in (REPOSITORY, CACHE, Path.home(), "/usr/lib/gcc"):
        assert f"{trace}/".encode() not in content, trace


def test_it_is_one_static_file():
    headers = subprocess.run(["readelf", "-lW", REPOSITORY / "build/cygnet"], check=True, capture_output=True, text=True)
    assert "INTERP" not in headers.stdout and "DYNAMIC" not in headers.stdout
    assert "RWE" not in headers.stdout, "no memory is both written and run"


def version(program):
    return subprocess.run([program, "version"], check=True, capture_output=True, text=True).stdout.splitlines()[0]


def test_sources_that_left_the_lock_are_told(elsewhere):
    """As when the archive has dropped a locked version and the newest was taken."""
    assert version(REPOSITORY / "build/cygnet").endswith("(sources locked)")
    lock, used = elsewhere / "sources.lock", elsewhere / "build/sources"
    used.parent.mkdir(exist_ok=True)
    shutil.copy(REPOSITORY / "build/sources", used)
    text = lock.read_text()
    lock.write_text(text.replace("\njansson 2.14-2\n", "\njansson 2.13-1\n"))
    assert lock.read_text() != text
    future = 2 * 10 ** 9 + 10 ** 9
    os.utime(used, (future, future))
    build(elsewhere, f"build/{HOST}/cygnet")
    assert version(elsewhere / f"build/{HOST}/cygnet").endswith("(sources unlocked)")
    lock.write_text(text)
