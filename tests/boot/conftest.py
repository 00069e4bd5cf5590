"""The fixture of the boot lab, which needs root and QEMU.

pair    two gateways that were powered on and whose hosts have reached each other, one pair for all tests

When a test fails, the gateways' consoles are shown, and what they logged.
"""

import shutil

import pytest
from pair import Pair

LOG_LINES = 40
QEMU = "qemu-system-x86_64"


@pytest.fixture(scope="session")
def pair(scratch):
    if not shutil.which(QEMU):
        pytest.skip(f"{QEMU} is not here: its package does not install on this machine")
    with Pair() as made:
        made.power_on()
        yield made
        assert made.world.crashes == []


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.failed and "pair" in item.funcargs:
        for site in item.funcargs["pair"].sites:
            report.sections += [(f"{site.gateway.name}'s {name}", "\n".join(text.splitlines()[-LOG_LINES:]))
                                for name, text in site.gateway.logs()]
