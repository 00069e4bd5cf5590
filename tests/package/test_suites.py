"""How tests/run.py counts: what runs no test, hides a failure or does not end has failed."""

import os
import subprocess
import sys
import textwrap

import pytest
from rpmroot import REPOSITORY

RUN = REPOSITORY / "tests/run.py"
sys.path.insert(0, str(RUN.parent))

import run  # noqa: E402 (the path above has to come first)


@pytest.fixture
def suites(tmp_path):
    """suites(words, {path: text}): exit code and lines of run.py in a tree of these files."""
    def make(words, files):
        for path, text in files.items():
            file = tmp_path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(textwrap.dedent(text))
            file.chmod(0o755)
        done = subprocess.run([sys.executable, RUN, *words.split()], cwd=tmp_path,
                              capture_output=True, text=True)
        return done.returncode, done.stdout.splitlines()
    return make


def unit(script):
    """The files of a suite unit with one program, a shell script."""
    return {"tests/unit/a_test.c": "", "build/native/tests/unit/a_test": f"#!/bin/sh\n{script}\n"}


PYTEST = """\
    import pytest

    def test_passes():
        pass

    def test_is_skipped():
        pytest.skip("no wind")

    @pytest.mark.long
    def test_is_long():
        assert False
    """
CONFTEST = """\
    def pytest_configure(config):
        config.addinivalue_line("markers", "long: as in any suite")
    """
FILES = {"tests/mesh/test_a.py": PYTEST, "tests/mesh/conftest.py": CONFTEST}


@pytest.mark.parametrize("words, code, last", [
    ("mesh", 0, "1 passed, 0 failed, 1 skipped"),
    ("--long mesh", 1, "0 passed, 1 failed, 0 skipped"),
])
def test_long_tests_run_when_they_are_asked_for(suites, words, code, last):
    status, lines = suites(words, FILES)
    assert (status, lines[-1]) == (code, last)


def test_a_skipped_test_says_why(suites):
    assert suites("mesh", FILES)[1][-2] == "1 skipped: mesh: no wind"
    script = "echo 1..2; echo '# skipped: no rain'; echo 'ok 1 # SKIP a'; echo ok 2 - b"
    assert suites("unit", unit(script))[1][-2:] == ["1 skipped: unit: no rain",
                                                    "1 passed, 0 failed, 1 skipped"]


@pytest.mark.parametrize("script, last", [
    ("echo 1..2; echo ok 1 - a; echo not ok 2 - b; exit 1", "1 passed, 1 failed, 0 skipped"),
    ("echo 1..3; echo ok 1 - a; kill -SEGV $$", "1 passed, 2 failed, 0 skipped"),
    ("echo 1..1; echo ok 1 - a; exit 23", "1 passed, 1 failed, 0 skipped"),
    ("exit 0", "0 passed, 1 failed, 0 skipped"),
])
def test_a_unit_program_that_does_not_pass(suites, script, last):
    status, lines = suites("unit", unit(script))
    assert (status, lines[-1]) == (1, last)


@pytest.mark.parametrize("files", [
    {"tests/mesh/test_a.py": ""},
    {"tests/mesh/test_a.py": "import no_such_module"},
])
def test_a_suite_that_runs_nothing_has_failed(suites, files):
    status, lines = suites("mesh", files)
    assert (status, lines[-1]) == (1, "0 passed, 1 failed, 0 skipped")


def test_an_emulator_that_is_not_here_is_told(suites):
    status, lines = suites("unit@vax unit", unit("echo 1..1; echo ok 1 - a"))
    assert status == 0
    reason = "qemu-vax-static is not here: its package does not install"
    assert lines[-2:] == [f"1 skipped: unit@vax: {reason}", "1 passed, 0 failed, 1 skipped"]


@pytest.mark.parametrize("script, code", [
    ("trap 'exit 7' INT; while :; do sleep 0.1; done", 7),
    ("trap '' INT; while :; do sleep 0.1; done", -9),
])
def test_what_is_not_done_in_time_is_ended(script, code):
    assert run.run_bounded(["sh", "-c", script], 0.5, dict(os.environ), patience=1) == code
