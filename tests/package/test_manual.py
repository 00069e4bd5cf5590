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


def commented(text):
    """{key: value} of the settings that stand in comments."""
    return dict(re.findall(r"^#([a-z-]+) = (.*)$", text, re.MULTILINE))


def example():
    return commented((REPOSITORY / "rpm/cygnet.conf").read_text())


@pytest.mark.parametrize("name", PAGES)
def test_page_is_well_formed(name):
    lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", REPOSITORY / "rpm" / name], capture_output=True,
                          text=True)
    assert lint.stdout == "" and lint.returncode == 0
    man = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", REPOSITORY / "rpm" / name],
                         env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MANWIDTH": "80"}, capture_output=True,
                         text=True)
    assert man.stderr == "" and man.returncode == 0


def test_page_tells_of_each_command():
    commands = re.findall(r"^  ([a-z]+)\b", usage(), re.MULTILINE)
    assert {"bootstrap", "version"} <= set(commands)
    text = page("cygnet.8")
    for command in commands:
        assert re.search(rf"^     {command}\b", text, re.MULTILINE), command


def test_page_tells_of_each_option():
    options = set(re.findall(r"--[a-z][a-z0-9-]*", usage())) - {"--mesh"}
    assert "--claim" in options
    missing = options - set(re.findall(r"--[a-z][a-z0-9-]*", page("cygnet.8")))
    assert not missing


def test_page_tells_of_each_setting():
    told = re.findall(r"^     ([a-z-]+)(?:  |$)", page("cygnet.conf.5"), re.MULTILINE)
    assert set(told) >= set(settings())


def told_of(key):
    """What cygnet.conf(5) says of a setting."""
    entry = rf"^     {key}(?:  +| *\n +)(.*\n(?:\n(?!     [a-z]).*)*)"
    return re.search(entry, page("cygnet.conf.5"), re.MULTILINE)[1]


def test_page_tells_each_default():
    for key, default in settings().items():
        if default is not None and key != "ntp":
            about = told_of(key)
            assert all(word in about for word in re.findall(r"[^, ]+", default)), (key, default, about)


def time(seconds):
    """As a setting has it, in the greatest unit."""
    units = {"d": 86400, "h": 3600, "m": 60, "s": 1}
    return next(f"{seconds // size}{unit}" for unit, size in units.items() if seconds % size == 0)


@pytest.mark.parametrize("key", ["interval", "reconcile", "rekey-after", "timeout", "tunnel-wait",
                                 "unhealthy-after"])
def test_page_tells_the_bounds(key):
    refused = subprocess.run([REPOSITORY / "build/cygnet", "userdata", "--format", "shell",
                              "--source", "package:", f"--{key}", "99999d"],
                             capture_output=True, text=True).stderr
    low, high = map(int, re.search(r"not between (\d+)s and (\d+)s", refused).groups())
    words = re.findall(r"\w+", told_of(key))
    assert time(high) in words
    assert low == 0 or time(low) in words


def test_example_has_each_setting():
    assert set(example()) == set(settings())


def test_example_has_the_defaults_that_it_says_it_has():
    text = (REPOSITORY / "rpm/cygnet.conf").read_text()
    examples, defaults = text.split("\n# --- The defaults.\n")
    derived = {key for key, default in settings().items() if default is None}
    assert set(commented(examples)) == derived
    assert commented(defaults) == {key: default for key, default in settings().items()
                                   if key not in derived}


def test_example_sets_nothing_as_it_is_installed():
    lines = (REPOSITORY / "rpm/cygnet.conf").read_text().splitlines()
    assert all(line == "" or line.startswith("#") for line in lines)
