"""What is shipped: packages, manual pages, the binary itself.

packages   {architecture: file} that `make rpm` has made
newer      the package of this machine's architecture in a later version
root       a Root without cygnet; bare, one without strongSwan
"""

import shutil
import subprocess

import pytest
from rpmroot import ARCHITECTURES, NEWER_SETTING, REPOSITORY, Root, distribution


@pytest.fixture(scope="session")
def packages():
    found = {arch: file for arch in ARCHITECTURES for file in (REPOSITORY / "build/rpm").glob(f"cygnet-*.{arch}.rpm")}
    assert set(found) == set(ARCHITECTURES), "run 'make rpm'"
    return found


@pytest.fixture(scope="session")
def newer(tmp_path_factory):
    """The same files in version 9.9, but for a setting more in the example of them."""
    folder = tmp_path_factory.mktemp("newer")
    for name in ("LICENSE", "build"):
        (folder / name).symlink_to(REPOSITORY / name)
    conf = shutil.copytree(REPOSITORY / "rpm", folder / "rpm") / "cygnet.conf"
    conf.write_text(conf.read_text() + NEWER_SETTING)
    subprocess.run(["rpmbuild", "-bb", "--quiet", "--build-in-place", "--define", "cygnet_version 9.9",
                    "--define", f"_topdir {folder}/made", "--define", f"_rpmdir {folder}",
                    "--define", "_rpmfilename newer.rpm", "rpm/cygnet.spec"],
                   cwd=folder, check=True, capture_output=True)
    return folder / "newer.rpm"


@pytest.fixture(scope="session")
def distro(tmp_path_factory):
    return distribution(tmp_path_factory.mktemp("distribution"))


@pytest.fixture
def root(tmp_path, distro):
    root = Root(tmp_path / "root", distro.values())
    yield root
    root.remove()


@pytest.fixture
def bare(tmp_path, distro):
    root = Root(tmp_path / "root", [distro["base"]])
    yield root
    root.remove()
