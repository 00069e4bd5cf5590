"""The manual pages and the example configuration: well formed, and as the program has it."""

import re
import subprocess

import pytest
from rpmroot import REPOSITORY

PAGES = ("cygnet.8", "cygnet.conf.5")
SETTING = re.compile(r"^  ([a-z-]+) +(.*?) (default|--|tag|CYGNET|/etc).*$", re.MULTILINE)


def page(name):
    """As it is read, in lines of any length."""
    env = {"PATH": "/usr/bin:/bin", "MANWIDTH": "1000", "LC_ALL": "C"}
    return subprocess.run(["man", "-l", REPOSITORY / "rpm" / name], env=env, check=True, capture_output=True,
                          text=True).stdout


def settings():
    """{key: default} as `cygnet plan` prints them; those that stem from the instance are None."""
    plan = (REPOSITORY / "tests/golden/cases/three-sites/expected/plan").read_text()
    told = re.search(r"^settings\n((?:  .*\n)+)", plan, re.MULTILINE)[1]
    derived = ("mesh", "registry", "site", "subnets", "address", "backend")
    return {key: None if key in derived else value.strip() for key, value, _ in SETTING.findall(told)}


def usage():
    return subprocess.run([REPOSITORY / "build/cygnet", "help"], check=True, capture_output=True, text=True).stdout


def example():
    """{key: value} of the settings that stand in comments."""
    return dict(re.findall(r"^#([a-z-]+) = (.*)$", (REPOSITORY / "rpm/cygnet.conf").read_text(), re.MULTILINE))


@pytest.mark.parametrize("name", PAGES)
def test_page_has_mistakes(name):
    lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", REPOSITORY / "rpm" / name], capture_output=True,
                          text=True)
    assert lint.stdout == "" and lint.returncode == 0
    man = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", REPOSITORY / "rpm" / name],
                         env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MANWIDTH": "80"}, capture_output=True,
                         text=True)
    assert man.stderr == "" and man.returncode == 0


def test_command_is_not_told_of():
    commands = re.findall(r"^  ([a-z]+)\b", usage(), re.MULTILINE)
    assert {"bootstrap", "version"} <= set(commands)
    text = page("cygnet.8")
    for command in commands:
        assert re.search(rf"^     {command}\b", text, re.MULTILINE), command


def test_option_is_not_told_of():
    options = set(re.findall(r"--[a-z][a-z0-9-]*", usage())) - {"--mesh"}
    assert "--claim" in options
    missing = options - set(re.findall(r"--[a-z][a-z0-9-]*", page("cygnet.8")))
    assert not missing


def test_setting_is_not_told_of():
    told = re.findall(r"^     ([a-z-]+)(?:  |$)", page("cygnet.conf.5"), re.MULTILINE)
    assert set(told) >= set(settings())


def test_default_is_another_one():
    text = page("cygnet.conf.5")
    for key, default in settings().items():
        about = re.search(rf"^     {key}(?:  +| *\n +)(.*\n(?:\n(?!     [a-z]).*)*)", text, re.MULTILINE)[1]
        if default is not None and key != "ntp":
            assert all(word in about for word in re.findall(r"[^, ]+", default)), (key, default, about)


def test_example_is_of_other_settings_or_defaults():
    assert set(example()) == set(settings())
    for key, default in settings().items():
        assert default is None or example()[key] == default


def test_example_says_nothing_as_it_is_installed():
    lines = (REPOSITORY / "rpm/cygnet.conf").read_text().splitlines()
    assert all(line == "" or line.startswith("#") for line in lines)
