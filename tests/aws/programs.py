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


def runs_them(module, fixtures):
    """Whether a test runs these programs: those of the fake alone do not, and a live root holds
    no emulator."""
    return not (EMULATED and (module.startswith(("test_fake_", "test_live_")) or "live" in fixtures))


def is_long(module):
    """Whether a test takes long for what it can tell: emulated, what no processor can change."""
    return EMULATED and module not in _TELLING
