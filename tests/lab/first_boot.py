"""A machine that runs user-data for the first time: a cached root under an overlay, in a network of its own where the
fake AWS answers. Package managers are stand-ins that note what they are called for, and so are systemctl and "cygnet".
"""

import hashlib
import subprocess
from pathlib import Path

import netns

HERE = Path(__file__).resolve().parent
PROGRAM = HERE.parents[1] / "build" / "cygnet"
BUCKET, KEY = "binaries", "cygnet/x86_64/cygnet"
HOSTS = [f"{BUCKET}.s3.us-east-1.amazonaws.com", f"{BUCKET}.s3.eu-west-1.amazonaws.com", "s3.us-east-1.amazonaws.com"]

# Each run exits with the next line of /exit; the last one stays.
CYGNET = b"""#!/bin/sh
echo "cygnet $*" >>/log
[ -e /exit ] || exit 0
code=$(head -n 1 /exit)
[ "$(wc -l </exit)" -eq 1 ] || sed -i 1d /exit
exit "$code"
"""
SHA256 = hashlib.sha256(CYGNET).hexdigest()

# Nothing is enabled but what /enabled lists.
_SYSTEMCTL = """#!/bin/sh
case "$*" in
*is-enabled*) for unit; do :; done; grep -qxF "$unit" /enabled 2>/dev/null ;;
*) echo "systemctl $*" >>/log ;;
esac
"""
_MANAGERS = ("apt-get", "dpkg-query", "dnf", "yum", "rpm", "amazon-linux-extras")

_ENTER = """
mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$2/merged"
mount -t proc proc "$2/merged/proc"
mount --rbind /dev "$2/merged/dev"
mount -t tmpfs tmpfs "$2/merged/sys"
mkdir -p "$2/merged/sys/class/dmi/id" "$2/merged/sys/class/net"
cp -r "$2/dmi/." "$2/merged/sys/class/dmi/id"
folder=$2
shift 2
exec chroot "$folder/merged" "$@"
"""


class Machine:
    """disk: what has been written to its root; instance and world: what the fake AWS knows of it."""

    def __init__(self, base, folder, network, world, instance, ca_file):
        self.base = base
        self.folder = folder
        self.network = network
        self.world = world
        self.instance = instance
        self.disk = folder / "upper"
        for part in ("upper", "work", "merged", "dmi"):
            (folder / part).mkdir(parents=True)
        self._identify()
        bundle = (base / "etc/ssl/certs/ca-certificates.crt").read_text()
        self.write("/etc/ssl/certs/ca-certificates.crt", bundle + Path(ca_file).read_text())
        self.write("/etc/hosts", "".join(f"127.0.0.1 {host}\n" for host in ["localhost", *HOSTS]))
        self.write("/usr/bin/sleep", "#!/bin/sh\n", 0o755)
        self.release("debian", "12")
        for manager in _MANAGERS:
            self.write(f"/usr/bin/{manager}", (HERE / "manager.py").read_text(), 0o755)
        self.write("/usr/bin/systemctl", _SYSTEMCTL, 0o755)
        self.write("/cygnet.packaged", CYGNET.decode(), 0o755)
        self.write("/installs/cygnet", "#!/bin/sh\ncp /cygnet.packaged /usr/bin/cygnet\n", 0o755)
        for folder in ("/etc/yum.repos.d", "/etc/pki/rpm-gpg", "/etc/apt/sources.list.d"):
            (self.disk / folder[1:]).mkdir(parents=True, exist_ok=True)
        world.put_object("us-east-1", BUCKET, KEY, CYGNET)

    def _identify(self):
        """As EC2's own hardware does, for cloud-init."""
        for name, text in {"product_uuid": "ec2e1916-9099-7caf-fd21-012345abcdef", "sys_vendor": "Amazon EC2",
                           "product_serial": "ec2e1916-9099-7caf-fd21-012345abcdef", "chassis_asset_tag": "",
                           "product_name": "t3.small", "board_vendor": "Amazon EC2"}.items():
            (self.folder / "dmi" / name).write_text(text + "\n")

    def write(self, path, text, mode=0o644):
        file = self.disk / path[1:]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)

    def read(self, path):
        return (self.disk / path[1:]).read_text()

    def release(self, name, version):
        self.write("/etc/os-release", f'ID="{name}"\nVERSION_ID="{version}"\n')

    def run(self, *command, stdin=None):
        """Run a program of the machine as root; the CompletedProcess."""
        enter = ["nsenter", f"--net={netns.NAMES / self.network}", "unshare", "--mount",
                 "sh", "-ec", _ENTER, "sh", self.base, self.folder]
        return subprocess.run([*enter, *command], input=stdin, text=True, capture_output=True,
                              timeout=120, preexec_fn=netns.die_with_parent,
                              env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "TERM": "dumb"})

    def script(self, text, shell=("sh",)):
        """Run a script as cloud-init does."""
        self.write("/user-data", text)
        return self.run(*shell, "/user-data")

    def log(self):
        """What the stand-ins were called for."""
        path = self.disk / "log"
        return path.read_text().splitlines() if path.exists() else []
