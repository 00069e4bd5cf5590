"""A service manager for the lab's machines, where systemd itself cannot run.

It reads the real unit files and does what they say with the real programs; what it does not know it refuses aloud,
in `complaints`, which no test lets pass. Runs as PID 1 inside a machine, with the standard library alone.
"""

FOLDER = "/var/log/standin"     # one file a unit with what it printed, and the complaints
COMPLAINTS = FOLDER + "/complaints"
CONTROL = "/run/systemd/private"
BOOTED = "/run/systemd/booted"   # there once everything enabled was started, or failed to


def complain(text):
    """Leaves word of something the stand-in cannot do and systemd could, or that systemd would refuse too."""
    with open(COMPLAINTS, "a") as complaints:
        complaints.write(text + "\n")
