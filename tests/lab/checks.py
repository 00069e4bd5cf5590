"""What several tests need to look at the lab."""

import time


def eventually(holds, seconds=10, pause=0.1):
    """Waits until `holds()`, asking once a pause; an assertion fails if it still does not after so
    many seconds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(pause)


def said(done):
    """All that a program printed."""
    return done.stdout + done.stderr
