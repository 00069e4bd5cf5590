"""The same sources and compiler give the same bytes, wherever, whenever and by whomever they are
built. The long test begins at the libraries, the short ones with those that are there.
"""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from rpmroot import ARCHITECTURES, REPOSITORY

HOST = os.uname().machine
CACHE = Path(os.environ.get("CYGNET_CACHE") or
             Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cygnet")
LONG_AGO = 10 ** 9      # before there was a package: no clamp brings it forward


def copy_sources(folder):
    """The repository without what was built in it; every other file is older than the package."""
    shutil.copytree(REPOSITORY, folder, ignore=shutil.ignore_patterns("build", ".git", "__pycache__"))
    for file in sorted(path for path in folder.rglob("*") if path.is_file())[::2]:
        os.utime(file, (LONG_AGO, LONG_AGO))
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


def test_programs_own_code(elsewhere):
    program = f"build/{HOST}/cygnet"
    build(elsewhere, program)
    assert_same(REPOSITORY / program, elsewhere / program)


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_package_of_the_program_that_is_built(tmp_path, packages, arch):
    """The program, its libraries' licenses and the list of sources are taken as they are."""
    copy = copy_sources(tmp_path / "a-path-of-another-length")
    program = f"build/{arch}/cygnet"
    (copy / program).parent.mkdir(parents=True)
    for built in ("build/sources", program):
        shutil.copyfile(REPOSITORY / built, copy / built)
        os.utime(copy / built, (LONG_AGO, LONG_AGO))
    libraries = f"build/{arch}/libs"
    (copy / libraries).symlink_to((REPOSITORY / libraries).resolve())
    build(copy, f"--old-file={program}", "--old-file=build/sources", "package", arch=arch)
    assert_same(packages[arch], copy / "build/rpm" / packages[arch].name)


@pytest.mark.long
@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_libraries_and_package(elsewhere, packages, tmp_path, arch):
    """Of the cache only the fetched sources are the same."""
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / "sources").symlink_to(CACHE / "sources")
    shutil.rmtree(elsewhere / "build", ignore_errors=True)
    build(elsewhere, "package", arch=arch, cache=cache)
    libraries = Path("build") / arch / "libs/lib"
    for library in sorted((REPOSITORY / libraries).glob("*.a")):
        assert_same(library, elsewhere / libraries / library.name)
    assert_same(packages[arch], elsewhere / "build/rpm" / packages[arch].name)


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


@pytest.mark.parametrize("folder, cache", [("a folder", "cache"), ("folder", "a cache")])
def test_a_path_that_make_cannot_take_is_told(tmp_path, folder, cache):
    (tmp_path / folder).mkdir()
    done = subprocess.run(["make", "-f", REPOSITORY / "Makefile", "help"], cwd=tmp_path / folder,
                          env={**os.environ, "CYGNET_CACHE": str(tmp_path / cache)},
                          capture_output=True, text=True)
    assert done.returncode == 2 and "make takes no path with a space in it" in done.stderr
