"""Fixtures of every suite.

tls_dir    where the fake AWS keeps its authority and certificates, made once a run
"""

import pytest


@pytest.fixture(scope="session")
def tls_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("tls")
