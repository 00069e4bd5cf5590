"""Fixtures of every suite.

tls_dir    where the fake AWS keeps its authority and certificates, made once a run
scratch    the run's private folder; with it come namespaces of its own, of which nothing stays. It needs root
"""

import os

import lab
import pytest


@pytest.fixture(scope="session")
def tls_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("tls")


@pytest.fixture(scope="session")
def scratch():
    assert os.geteuid() == 0, "network namespaces and mounts are made here: run this as root"
    return lab.scratch()
