"""An instance that really boots: QEMU without KVM, on a port of the fabric, with a disk that outlives it.

Knows nothing of AWS but how its hardware says that it is EC2's, and nothing of cygnet.
"""

import shlex
import subprocess
import time

import disk
import fabric
import netns
from dhcp import Dhcp

_BRIDGE, _TAP = "wire", "tap0"
_WIRE_MAC = "06:00:00:00:00:01"
_QEMU = ["qemu-system-x86_64", "-accel", "tcg,tb-size=128", "-cpu", "max", "-smp", "1", "-m", "768", "-nodefaults",
         "-display", "none"]
_KERNEL_LINE = ("console=ttyS0 root=/dev/vda rw mitigations=off panic=5 no_timer_check quiet"
                " systemd.default_timeout_start_sec=600")     # an emulated machine beside others is slow
_SSH = ["ssh", "-F", "none", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
        "-o", "LogLevel=ERROR", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-o", "ServerAliveInterval=5"]


class Vm:
    """`port` is where it is plugged in; `uuid` begins with "ec2"; `baked` is {path: text} of what its image brings."""

    def __init__(self, name, image, folder, vpc, port, uuid, baked):
        self.name = name
        self.vpc = vpc
        self.port = port
        self.powered_on = None      # time.monotonic(), at the last time
        self.console = folder / "console"
        self._image = image
        self._uuid = uuid
        self._disk = folder / "disk"
        self._key = folder / "key"
        self._process = None
        folder.mkdir()
        netns.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self._key])
        public = self._key.with_suffix(".pub").read_text()
        disk.copy(image.disk, self._disk, {**baked, "/root/.ssh/authorized_keys": public})
        self._connect()

    def _connect(self):
        """The namespace's end of the cable becomes a wire to the machine, which has its address and its MAC."""
        cable, mtu = fabric.INTERFACE, fabric.INSIDE_MTU
        netns.ip(self.port.netns, f"addr flush dev {cable}", f"link set {cable} address {_WIRE_MAC}",
                 f"link add {_BRIDGE} mtu {mtu} type bridge", f"tuntap add {_TAP} mode tap",
                 f"link set {_TAP} mtu {mtu} master {_BRIDGE} up", f"link set {cable} master {_BRIDGE} up",
                 f"link set {_BRIDGE} up")
        self._dhcp = Dhcp(self.port.netns, _BRIDGE, self.port.address, self.vpc.resolver)

    # --- power

    def power_on(self):
        """cloud-init takes it for EC2's by what it says of its hardware."""
        hardware = ["-smbios", "type=0,vendor=Amazon EC2",
                    "-smbios", f"type=1,manufacturer=Amazon EC2,product=t3.small,serial={self._uuid},uuid={self._uuid}",
                    "-drive", f"file={self._disk},format=raw,if=virtio,cache=unsafe",
                    "-netdev", f"tap,id=cable,ifname={_TAP},script=no,downscript=no",
                    "-device", f"virtio-net-pci,netdev=cable,mac={self.port.mac},addr=5",
                    "-chardev", f"file,id=console,path={self.console},append=on", "-serial", "chardev:console",
                    "-kernel", self._image.kernel, "-initrd", self._image.initrd, "-append", _KERNEL_LINE]
        self._process = subprocess.Popen(
            ["nsenter", f"--net={netns.NAMES / self.port.netns}", "--", *_QEMU, *map(str, hardware)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            preexec_fn=netns.die_with_parent)
        self.powered_on = time.monotonic()

    def pull_the_plug(self):
        """Off without a farewell; what was synced is on the disk."""
        if self._process:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def destroy(self):
        self.pull_the_plug()
        self._dhcp.close()

    # --- programs and files

    def run(self, argv, timeout=120):
        """Runs a program as root there, by ssh from the VPC's router; its CompletedProcess, whatever the exit code."""
        if self._process is None:
            raise netns.Failed(f"{self.name} is off")
        if self._process.poll() is not None:
            raise netns.Failed(f"{self.name} went off: {self._process.stderr.read()}")
        return subprocess.run(["nsenter", f"--net={netns.NAMES / self.vpc.netns}", "--", *_SSH, "-i", str(self._key),
                               f"root@{self.port.address.ip}", shlex.join(map(str, argv))],
                              stdin=subprocess.DEVNULL, text=True, capture_output=True, timeout=timeout)

    def check(self, argv, **options):
        """As `run`, but a failure raises; returns what it printed."""
        done = self.run(argv, **options)
        if done.returncode != 0:
            raise netns.Failed(f"{self.name}: {shlex.join(map(str, argv))}: exit {done.returncode}:\n"
                               f"{done.stdout}{done.stderr}")
        return done.stdout

    def boot_id(self):
        """The kernel's: another one after each boot."""
        return self.check(["cat", "/proc/sys/kernel/random/boot_id"])

    def logs(self):
        """(what, its text) of all that tells how a boot went, as far as it got."""
        if self.console.exists():
            yield "console", self.console.read_text(errors="replace")
        for argv in (["tail", "-n", "100", "/var/log/cloud-init-output.log"],
                     ["journalctl", "--no-pager", "-b", "-n", "100", "-u", "cygnet*", "-u", "strongswan"]):
            try:
                done = self.run(argv)
            except (netns.Failed, subprocess.TimeoutExpired) as failure:
                yield shlex.join(argv), str(failure)
                return
            yield shlex.join(argv), done.stdout + done.stderr
