"""Fixtures of every suite.

tls_dir    where the fake AWS keeps its authority and certificates, made once a run
scratch    the run's private folder; with it come namespaces of its own, of which nothing stays. It
           needs root
tell       a function: tell("…", …) has lines shown at the end of the run, below the test's name
"""

import os

import lab
import pytest

TOLD = "told"


@pytest.fixture(scope="session")
def tls_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("tls")


@pytest.fixture(scope="session")
def scratch():
    assert os.geteuid() == 0, "network namespaces and mounts are made here: run this as root"
    return lab.scratch()


@pytest.fixture
def tell(request):
    return lambda *lines: request.node.user_properties.extend((TOLD, line) for line in lines)


def pytest_terminal_summary(terminalreporter):
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        lines = [line for kind, line in report.user_properties if kind == TOLD]
        if report.when == "call" and lines:
            terminalreporter.write_sep("-", report.nodeid.rpartition("::")[2])
            terminalreporter.write_line("\n".join(lines))
