"""One instance of the lab: a cached root under an overlay, with namespaces, devices and a PID 1 of its own.

Knows the fabric's port it is plugged into, and nothing of AWS or meshes.
"""

import os
import pathlib
import shlex
import shutil
import signal
import subprocess
import time

import netns

HERE = pathlib.Path(__file__).resolve().parent
STANDIN = "usr/lib/cygnet-lab"

# What the machine's root may not do to the host it shares a kernel with, setting the clock first of all.
_DROPPED = ("-sys_time,-sys_module,-sys_boot,-sys_rawio,-syslog,-wake_alarm,-mknod,-audit_control,-audit_read,"
            "-audit_write,-mac_admin,-mac_override,-sys_pacct,-sys_resource,-block_suspend,-lease")
_CONFINED = ["setpriv", f"--bounding-set={_DROPPED}"]
_ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root",
                "LANG": "C.UTF-8"}

# chronyd runs without the right to set the clock, and so that it never tries.
_CHRONY_UNIT = "[Unit]\nConditionCapability=\n"
_CHRONY_OPTIONS = 'DAEMON_OPTS="-F 1 -x"\n'

# Runs as PID 1 of the new namespaces, $1 being the root: mounts what a booting machine finds, and becomes its init.
_POWER_ON = f"""
set -e
cd "$1"
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount --bind proc/sys/net proc/sys/net
mount -o remount,bind,rw proc/sys/net
mount -t sysfs sysfs sys
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs dev
mkdir dev/net dev/shm run/lock
mount -t tmpfs tmpfs dev/shm
mknod -m 666 dev/null c 1 3
mknod -m 666 dev/zero c 1 5
mknod -m 666 dev/full c 1 7
mknod -m 666 dev/random c 1 8
mknod -m 666 dev/urandom c 1 9
mknod -m 666 dev/tty c 5 0
mknod -m 666 dev/net/tun c 10 200
ln -s /proc/self/fd dev/fd
hostname "$(cat etc/hostname)"
exec chroot . {shlex.join(_CONFINED)} env -i PYTHONPATH=/{STANDIN} PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -m standin
"""


class Machine:
    """`disk` is its file system while off; `root` while on, with /run and all; both are paths of this process."""

    def __init__(self, name, base, scratch, vpc, port):
        self.name = name
        self.vpc = vpc
        self.port = port
        self.disk = scratch / name / "disk"
        self._console = scratch / name / "console"
        self._process = None
        self._mount(base, scratch / name)
        self._prepare()

    def _mount(self, base, folder):
        for part in ("upper", "work", "disk"):
            (folder / part).mkdir(parents=True)
        netns.run(["mount", "-t", "overlay", "overlay", "-o",
                   f"lowerdir={base},upperdir={folder}/upper,workdir={folder}/work", self.disk])

    def _prepare(self):
        shutil.copytree(HERE / "standin", self.disk / STANDIN / "standin",
                        ignore=shutil.ignore_patterns("__pycache__"))
        systemctl = self.disk / "usr/bin/systemctl"
        systemctl.unlink()
        shutil.copy(HERE / "standin/systemctl.py", systemctl)
        systemctl.chmod(0o755)
        self.write("/etc/hostname", self.name + "\n")
        self.write("/etc/hosts", "127.0.0.1 localhost\n")
        self.write("/etc/systemd/system/chrony.service.d/lab.conf", _CHRONY_UNIT)
        self.write("/etc/default/chrony", _CHRONY_OPTIONS)
        self.write("/etc/resolv.conf", f"nameserver {self.vpc.resolver}\noptions timeout:2\n")

    # --- power

    @property
    def pid(self):
        """The machine's PID 1, as the host counts."""
        children = pathlib.Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        return int(children.read_text().split()[0])

    @property
    def root(self):
        return pathlib.Path(f"/proc/{self.pid}/root")

    def power_on(self):
        """Boots, and returns when PID 1 answers; `wait_booted` waits for the services."""
        enter = ["nsenter", f"--net={netns.NAMES / self.port.netns}", "unshare", "--mount", "--uts", "--ipc", "--pid",
                 "--fork", "--kill-child=KILL", "--propagation=unchanged"]
        with open(self._console, "ab") as console:
            self._process = subprocess.Popen([*enter, "sh", "-c", _POWER_ON, "sh", str(self.disk)],
                                             stdin=subprocess.DEVNULL, stdout=console, stderr=console,
                                             start_new_session=True, preexec_fn=netns.die_with_parent)
        self._wait_for("run/systemd/private", 20)

    def wait_booted(self, seconds=120):
        self._wait_for("run/systemd/booted", seconds)

    def _wait_for(self, path, seconds):
        deadline = time.monotonic() + seconds
        while not self._has(path):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise netns.Failed(f"{self.name}: no {path} after boot:\n{self._console.read_text()}")
            time.sleep(0.02)

    def _has(self, path):
        try:
            return (self.root / path).exists()
        except (OSError, IndexError):
            return False

    def power_off(self, orderly=True):
        """Shuts down, or pulls the plug; the disk stays."""
        if self._process:
            os.kill(self.pid, signal.SIGTERM if orderly else signal.SIGKILL)
            self._process.wait(60)
            self._process = None

    def destroy(self):
        """Off without a farewell, and the disk gone."""
        self.power_off(orderly=False)
        netns.run(["umount", "--lazy", self.disk])
        shutil.rmtree(self.disk.parent)

    def reboot(self, orderly=True):
        """Off and on again, with the same disk and a new network namespace, as a reboot leaves none of it."""
        self.power_off(orderly)
        self.vpc.disconnect(self.port)
        self.vpc.connect(self.port)
        self.power_on()

    # --- programs and files

    def enter(self):
        """The start of a command line that runs something in the machine, from anywhere on the host."""
        return ["nsenter", "--target", str(self.pid), "--mount", "--uts", "--ipc", "--net", "--pid", "--root", "--wd"]

    def run(self, argv, timeout=60, env=None, stdin=None, tracer=()):
        """Runs a program as root there, with a login's environment; its CompletedProcess, whatever the exit code. A
        tracer is a command line of the host's that runs another one."""
        limit = ["timeout", "--kill-after=5", str(timeout)]
        return subprocess.run([*tracer, *self.enter(), *_CONFINED, *limit, *map(str, argv)],
                              env={**_ENVIRONMENT, **(env or {})}, input=stdin, text=True, capture_output=True,
                              timeout=timeout + 15)

    def check(self, argv, **options):
        """As `run`, but a failure raises; returns what it printed."""
        done = self.run(argv, **options)
        if done.returncode != 0:
            raise netns.Failed(f"{self.name}: {' '.join(map(str, argv))}: exit {done.returncode}:\n"
                               f"{done.stdout}{done.stderr}")
        return done.stdout

    def path(self, path):
        """Where a file of the machine is for this process; not for /proc/sys/net, which shows a reader its own."""
        return (self.root if self._process else self.disk) / path.lstrip("/")

    def read(self, path):
        return self.path(path).read_text()

    def write(self, path, text, mode=0o644):
        file = self.path(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)

    def log(self, unit):
        """What a unit printed or logged, '' if nothing."""
        file = self.path(f"/var/log/standin/{unit}.log")
        return file.read_text(errors="replace") if file.exists() else ""

    def logs(self, lines):
        """(file name, its last lines) of every log of a unit."""
        folder = self.path("/var/log/standin")
        return [(file.name, "\n".join(file.read_text(errors="replace").splitlines()[-lines:]))
                for file in sorted(folder.glob("*.log"))]

    def take_complaints(self):
        """What the stand-in was asked and could not do since the last call; [] is how it should be."""
        file = self.path("/var/log/standin/complaints")
        if not file.exists():
            return []
        found = file.read_text().splitlines()
        file.unlink()
        return found
