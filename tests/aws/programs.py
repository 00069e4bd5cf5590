"""The programs under test: this machine's below build/, or another machine's, each under an emulator."""

import os
from pathlib import Path

_OWN = Path(__file__).resolve().parents[2] / "build"

EMULATED = "CYGNET_EMULATED" in os.environ
CYGNET, CLIENT = (Path(os.environ.get("CYGNET_EMULATED", _OWN)) / name for name in ("cygnet", "aws-client"))

# How much longer than this machine's own they may take.
PATIENCE = 10 if EMULATED else 1

# In these modules a processor can make a difference: numbers, bytes on the wire, signatures, TLS, a whole run.
_TELLING = {"test_client_calls", "test_client_endpoints", "test_client_trust", "test_client_wire",
            "test_cygnet_environment"}


def telling(module, fixtures):
    """Whether a test is for these programs; LONG in the environment takes all that can run any of them. Those of the
    fake alone do not, and a live root holds no emulator.
    """
    if not EMULATED:
        return True
    if module.startswith(("test_fake_", "test_live_")) or "live" in fixtures:
        return False
    return bool(os.environ.get("LONG")) or module in _TELLING
