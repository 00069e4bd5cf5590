"""A whole machine for build/cygnet to act on: a root folder that it is chrooted to, in a network namespace of its own,
with stand-ins for the programs it calls (host.c) and for charon. What it does to "the machine" is done to these.
"""

import shutil
import socket
import struct
import subprocess
import threading
from pathlib import Path

import netns

HERE = Path(__file__).resolve().parent
CYGNET = HERE.parents[1] / "build" / "cygnet"
CHARON_UNIT = "strongswan.service"
PROGRAMS = ("usr/bin/systemctl", "usr/sbin/swanctl", "usr/sbin/charon-systemd", "usr/sbin/nft", "usr/sbin/chronyd")

# Packets and elements of vici (strongSwan's README of that plugin).
_REQUEST, _RESPONSE, _UNKNOWN, _REGISTER, _UNREGISTER, _CONFIRM, _EVENT_UNKNOWN, _EVENT = range(8)
_SECTION, _END, _VALUE, _LIST, _ITEM, _LIST_END = range(1, 7)


class Charon:
    """Answers vici at a socket. Of connections (dicts as list-conns has them) those are loaded that have a file in the
    folder; none is ever established. commands has the names of all commands received.
    """

    def __init__(self, path, folder):
        self.path = path
        self.folder = folder
        self.connections = {}
        self.commands = []
        self._listener = None

    def up(self):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(self.path))
        self._listener.listen()
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def down(self):
        if self._listener is not None:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
            self.path.unlink()

    def _accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection:
            while packet := _packet(connection):
                kind, name = packet[0], packet[2:2 + packet[1]].decode()
                if kind in (_REGISTER, _UNREGISTER):
                    _send(connection, bytes([_CONFIRM]))
                    continue
                self.commands.append(name)
                if name == "list-conns":
                    for conn, members in self.connections.items():
                        if (self.folder / f"{conn}.conf").exists():
                            _send(connection, bytes([_EVENT]) + _name("list-conn") + _message({conn: members}))
                _send(connection, bytes([_RESPONSE]) + _message({"version": "5.9.8", "success": "yes"}))


def _packet(connection):
    size = connection.recv(4, socket.MSG_WAITALL)
    return connection.recv(struct.unpack(">I", size)[0], socket.MSG_WAITALL) if len(size) == 4 else None


def _send(connection, packet):
    connection.sendall(struct.pack(">I", len(packet)) + packet)


def _name(text):
    return bytes([len(text)]) + text.encode()


def _text(text):
    return struct.pack(">H", len(text)) + text.encode()


def _message(tree):
    parts = []
    for key, value in tree.items():
        if isinstance(value, dict):
            parts += [bytes([_SECTION]), _name(key), _message(value), bytes([_END])]
        elif isinstance(value, list):
            parts += [bytes([_LIST]), _name(key), *(bytes([_ITEM]) + _text(item) for item in value),
                      bytes([_LIST_END])]
        else:
            parts += [bytes([_VALUE]), _name(key), _text(value)]
    return b"".join(parts)


class Live:
    """root: the folder; charon: the Charon; env: the environment; instance: the gateway's Instance;
    network: the name of its network namespace."""

    def __init__(self, root, instance, network, env, host_program):
        self.root = root
        self.instance = instance
        self.env = env
        self.charon = Charon(root / "run/charon.vici", root / "etc/swanctl/conf.d")
        self.network = network
        self._furnish(host_program)

    def _furnish(self, host_program):
        for program in PROGRAMS:
            (self.root / program).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(host_program, self.root / program)
        (self.root / "usr/local/bin").mkdir(parents=True)
        shutil.copy(CYGNET, self.root / "usr/local/bin/cygnet")
        for folder in ("proc", "dev", "units", "tmp"):
            (self.root / folder).mkdir()

    def cygnet(self, *arguments, timeout=120, **env):
        """Run build/cygnet on this machine; the CompletedProcess."""
        return self.start(*arguments, **env).finish(timeout)

    def start(self, *arguments, script='exec chroot "$0" /usr/local/bin/cygnet "$@"', **env):
        """The same, and go on meanwhile: a Run. The script's $0 is the root folder, and it ends with exec."""
        mounted = f'mount -t proc proc "$0/proc" && mount --bind /dev "$0/dev" && {script}'
        command = ["nsenter", f"--net={netns.NAMES / self.network}", "unshare", "--mount", "sh",
                   "-c", mounted, str(self.root), *map(str, arguments)]
        return Run(subprocess.Popen(command, env={**self.env, **env}, stdin=subprocess.DEVNULL,
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                    preexec_fn=netns.die_with_parent))

    def log(self):
        """What the programs of the machine were called for, since the last time that this was asked."""
        path = self.root / "log"
        lines = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return lines

    def unit(self, name):
        """What holds of a unit: a set of "enabled", "active", "broken", "slow" and "rules"."""
        return {path.name.removeprefix(name + ".") for path in (self.root / "units").glob(name + ".*")}

    def set_unit(self, name, **holds):
        """Say what holds of a unit, as active=False."""
        for what, on in holds.items():
            path = self.root / "units" / f"{name}.{what}"
            path.touch() if on else path.unlink(missing_ok=True)

    def loads(self, record, subnets=("172.16.0.0/16",)):
        """Charon makes of the file for this record's site the connection that cygnet means by it."""
        name = f"cygnet-{record['site']}"
        child = {"local-ts": list(subnets), "remote-ts": record["subnets"]}
        self.charon.connections[name] = {
            "remote_addrs": [record["address"]], "local-1": {"id": self.instance.interface.public_ip},
            "remote-1": {"id": record["address"]},
            "children": {name: child}}


def build_host(program):
    """Makes the program that stands for all of PROGRAMS."""
    subprocess.run(["gcc", "-static", "-O1", "-Wall", "-Werror", "-o", program, HERE / "host.c"],
                   check=True)


class Run:
    def __init__(self, process):
        self.process = process

    def finish(self, timeout=120):
        try:
            out, err = self.process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            raise
        return subprocess.CompletedProcess(self.process.args, self.process.returncode, out, err)
