"""Of a run that is killed while a machine of it boots, nothing stays."""

import signal

import pytest
from ending import end_pytest

BUSY = "userdata/test_script.py::test_only_the_object_s_permission_is_needed"


@pytest.mark.usefixtures("scratch")   # whose mounts nobody else changes
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_stays(number):
    assert end_pytest(BUSY, number) == -number
