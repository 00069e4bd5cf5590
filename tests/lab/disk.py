"""The disk that an instance boots from, with the kernel and the initrd that QEMU starts: Debian's own, made once.

What is made is keyed by all that decides its content, made beside its place and renamed into it. Each instance has a
copy, into which debugfs writes what its operator would have baked in.
"""

import fcntl
import gzip
import hashlib
import pathlib
import shutil
import subprocess
import tempfile

import roots

SUITE = "bookworm"
DISK_SIZE = "1200M"

# An image as EC2 users have it: cloud-init and what it takes part in, a way in, and what user-data would install, as
# no instance of the lab reaches a package archive.
_PACKAGES = ["systemd", "systemd-sysv", "systemd-resolved", "dbus", "udev", "kmod", "procps", "iproute2",
             "iputils-ping", "isc-dhcp-client", "cloud-init", "ca-certificates", "curl", "openssh-server",
             "charon-systemd", "strongswan-swanctl", "libstrongswan-standard-plugins", "nftables", "chrony"]
_KERNEL = "linux-image-cloud-amd64"
_OPTIONS = ["--mode=root", "--variant=minbase", "--format=directory", "--quiet",
            "--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-exclude=/usr/share/locale/*",
            "--dpkgopt=path-exclude=/usr/share/man/*", "--aptopt=APT::Install-Recommends false"]

# Unpacked and not installed: its scripts would make an initrd of everything.
_UNPACK_KERNEL = f"""
set -e
export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG"
cd "$1/tmp"
newest=$(apt-cache depends {_KERNEL} | sed -n 's/^ *Depends: *\\(linux-image-.*\\)/\\1/p')
apt-get download "$newest"
dpkg-deb --extract linux-image-*.deb kernel
mv kernel/lib/modules "$1/usr/lib/modules"
mv kernel/boot/vmlinuz-* "$1/boot/vmlinuz"
rm -rf kernel linux-image-*.deb
"""

_FILES = {
    "etc/cloud/cloud.cfg.d/90_lab.cfg": "datasource_list: [ Ec2, None ]\nlocale: C.UTF-8\ngrowpart: { mode: 'off' }\n"
                                        "ssh_genkeytypes: [ ed25519 ]\n",
    "etc/default/locale": "LANG=C.UTF-8\n",
    "etc/fstab": "/dev/vda / ext4 defaults 0 1\n",
    "etc/hostname": "debian\n",
    "etc/machine-id": "",
}

# Starts the disk's own init once its file system is there.
_INITRD_INIT = """#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
while read -r module; do
    insmod "/modules/$module"
done </modules/order
until mount -t ext4 -o rw /dev/vda /root; do
    sleep 0.2
done
umount /proc /sys
mount --move /dev /root/dev
exec switch_root /root /sbin/init
"""
_INITRD_MODULES = ["virtio_pci", "virtio_blk", "crc32c_intel", "ext4"]
_INITRD_FOLDERS = ["bin", "dev", "modules", "proc", "root", "sys"]
_INITRD_COMMANDS = ["insmod", "mount", "sh", "sleep", "switch_root", "umount"]


class Image:
    """Three files: a kernel, its initrd, and a file system to be copied."""

    def __init__(self, folder):
        self.kernel = folder / "vmlinuz"
        self.initrd = folder / "initrd"
        self.disk = folder / "disk"


def image():
    """The image, built first if the cache has none: some minutes and the network."""
    content = [_PACKAGES, _KERNEL, _OPTIONS, _UNPACK_KERNEL, _FILES, _INITRD_INIT, _INITRD_MODULES, DISK_SIZE]
    key = hashlib.sha256(repr(content).encode()).hexdigest()[:12]
    folder = roots.cache_folder() / "boot" / f"{SUITE}-{key}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            _build(folder)
    return Image(folder)


def _build(folder):
    print(f"building the image that boots (once), in {folder}", flush=True)
    scratch = pathlib.Path(tempfile.mkdtemp(prefix=f"{folder.name}.", dir=folder.parent))
    try:
        root, made = scratch / "root", scratch / "made"
        made.mkdir()
        _bootstrap(root)
        _configure(root)
        (root / "boot/vmlinuz").rename(made / "vmlinuz")
        _make_initrd(root, scratch / "initrd", made / "initrd")
        _run(["mke2fs", "-q", "-t", "ext4", "-d", root, made / "disk", DISK_SIZE])
        made.rename(folder)
    finally:
        shutil.rmtree(scratch)


def _run(argv, **options):
    return subprocess.run([str(word) for word in argv], check=True, **options)


def _bootstrap(root):
    hook = root.parent / "unpack-kernel"
    hook.write_text(_UNPACK_KERNEL)
    _run(["mmdebstrap", *_OPTIONS, "--include=" + ",".join(_PACKAGES), f'--customize-hook=sh "{hook}" "$1"',
          SUITE, root, *roots.archives(SUITE)])


def _configure(root):
    for name, text in _FILES.items():
        (root / name).write_text(text)
    (root / "root/.ssh").mkdir(mode=0o700, exist_ok=True)
    version = _version(root)
    _run(["depmod", "--basedir", root, version])
    # The archives of this machine are nobody else's.
    (root / "etc/apt/sources.list").write_text("")
    _run(["chroot", root, "systemctl", "enable", "--quiet", "systemd-networkd", "systemd-resolved"])


def _version(root):
    return next((root / "usr/lib/modules").iterdir()).name


def _make_initrd(root, folder, archive):
    for name in _INITRD_FOLDERS:
        (folder / name).mkdir(parents=True)
    shutil.copy("/bin/busybox", folder / "bin/busybox")
    for command in _INITRD_COMMANDS:
        (folder / "bin" / command).symlink_to("busybox")
    (folder / "init").write_text(_INITRD_INIT)
    (folder / "init").chmod(0o755)
    modules = _modules(root)
    for module in modules:
        shutil.copy(module, folder / "modules")
    (folder / "modules/order").write_text("".join(f"{module.name}\n" for module in modules))
    names = "\n".join(str(path.relative_to(folder)) for path in folder.rglob("*")) + "\n"
    packed = _run(["cpio", "--quiet", "-o", "-H", "newc", "-R", "0:0"], cwd=folder, input=names.encode(),
                  stdout=subprocess.PIPE).stdout
    archive.write_bytes(gzip.compress(packed, 1))


def _modules(root):
    """The files of the initrd's modules and of what they need, in the order of loading."""
    said = _run(["modprobe", "--dirname", root, "--set-version", _version(root), "--show-depends", "--all",
                 *_INITRD_MODULES], stdout=subprocess.PIPE, text=True).stdout
    return [pathlib.Path(path) for path in dict.fromkeys(
        line.split()[1] for line in said.splitlines() if line.startswith("insmod "))]


def copy(source, target, files):
    """A disk of one's own, with these files besides, {path: text}, in folders that are there."""
    _run(["cp", "--sparse=always", source, target])
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        lines = []
        for number, (path, text) in enumerate(files.items()):
            pathlib.Path(scratch, str(number)).write_text(text)
            mode = "0100600" if path.startswith("/root/") else "0100644"
            lines += [f"rm {path}", f"write {scratch}/{number} {path}", f"set_inode_field {path} mode {mode}"]
        _run(["debugfs", "-w", "-f", "-", target], input="\n".join(lines) + "\n", text=True, capture_output=True)
