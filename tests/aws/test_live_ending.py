"""Of a run that is killed while a machine of it does something, nothing stays."""

import signal

import pytest
from ending import end_pytest

BUSY = "aws/test_cygnet_lifecycle.py::test_a_hook_that_is_never_active_is_waited_for_within_bounds"


@pytest.mark.usefixtures("scratch")   # whose mounts nobody else changes
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_stays(number):
    assert end_pytest(BUSY, number) == -number
