"""A case's host: its root in a folder, its instance in a fake AWS, and what cygnet did to both."""

import json
import os
import re
import stat
import subprocess
from pathlib import Path

import vpc
from fakeaws import Server, World, recording
from fakeaws.environment import environment

HERE = Path(__file__).resolve().parent
CYGNET = HERE.parents[1] / "build" / "cygnet"

ROLE = "gateway"
SECONDS = 60


class Host:
    """Ready to run commands on within a `with` block. Files are written below `root`."""

    def __init__(self, case, root, tls_dir):
        self._case = case
        self._root = root
        self._plan = ""
        self._messages, self._calls = [], []
        self._world = World()
        self._write_root()
        self._before = self._tree()
        self._instance = self._launch(root.parent / "imds")
        self._server = Server(self._world, tls_dir)

    def __enter__(self):
        api = self._server.listen_https("127.0.0.1")
        metadata = self._server.listen_imds("127.0.0.1", instance=self._instance)
        self._names = {api.url: "https://aws", metadata.url: "http://imds"}
        self._environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", **environment(self._server, api, metadata),
                             **self._case.environment}
        return self

    def __exit__(self, *exception):
        self._server.close()
        assert not self._world.crashes, "\n".join(self._world.crashes)

    def _write_root(self):
        _write(self._root, self._case.below("root"))
        for path, mode in self._case.modes.items():
            (self._root / path).chmod(mode)

    def _launch(self, folder):
        _write(folder, self._case.below("imds"))
        instance = recording.launch(self._world, folder, ROLE)
        self._world.set_source_dest_check(instance.interface, self._case.source_dest_check)
        vpc.lay(self._world, instance, self._case.vpc)
        self._fill_registry(instance.vpc.account)
        for switch, *arguments in self._case.faults:
            getattr(self._world.faults, switch)(*arguments)
        return instance

    def _fill_registry(self, account):
        if self._case.registry_role:
            role = self._world.add_role(**self._case.registry_role)
            account = role.account
        for region, parameters in self._case.registry.items():
            for name, value in parameters.items():
                for version in value if isinstance(value, list) else [value]:
                    text = version if isinstance(version, str) else json.dumps(version, separators=(",", ":"))
                    self._world.ssm(region, account).put(name, text)

    def run(self, command):
        """Run a command of cygnet's on the root."""
        mark = self._world.mark()
        done = subprocess.run([CYGNET, command, "--root", self._root, *self._case.arguments], env=self._environment,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS)
        self._plan += done.stdout
        self._messages += [f"$ cygnet {command}", *self._named(done.stderr).splitlines(), f"exit {done.returncode}"]
        self._calls += [f"$ cygnet {command}", *_call_lines(self._world.calls_since(mark))]

    def outcome(self):
        """The files of expected/ as they are after the commands run so far."""
        changes, contents = self._changes()
        return {"plan": self._plan, "messages": _text(self._messages), "calls": _text(self._calls),
                "changes": _text(changes), **contents}

    def snapshot(self):
        """All that can be seen of the root: {path: (mode, content, when and as which inode it was written)}."""
        return {path: (*seen, entry.stat().st_mtime_ns, entry.stat().st_ino) for path, seen in self._tree().items()
                for entry in [self._root / path]}

    def _tree(self):
        tree = {}
        for entry in sorted(self._root.rglob("*")):
            mode = entry.lstat().st_mode
            assert not stat.S_ISLNK(mode), f"{entry} is a link"
            content = None if stat.S_ISDIR(mode) else entry.read_text()
            tree[str(entry.relative_to(self._root))] = (stat.S_IMODE(mode), content)
        return tree

    def _changes(self):
        before, after = self._before, self._tree()
        lines, contents = [], {}
        for path in sorted({*before, *after}):
            if path not in after:
                lines.append(f"removed {path}")
            elif after[path] != before.get(path):
                mode, content = after[path]
                verb = "changed" if path in before else "created"
                lines.append(f"{verb} {path}{'' if content is not None else '/'} {mode:04o}")
                if content is not None:
                    contents[f"root/{path}"] = content
        return lines, contents

    def _named(self, text):
        for url, name in self._names.items():
            text = text.replace(url, name)
        return text


def _write(folder, files):
    folder.mkdir()
    folder.chmod(0o755)
    for path, content in files.items():
        file = folder / path
        for above in reversed(file.relative_to(folder).parents[:-1]):
            if not (folder / above).exists():
                (folder / above).mkdir()
                (folder / above).chmod(0o755)
        file.write_bytes(content)
        file.chmod(0o644)


def _call_lines(calls):
    """One line a call; those of another role than the gateway's say so.

    Calls of the same action that follow each other may have been made side by side: sorted.
    """
    lines, run, action = [], [], None
    for call in calls:
        if call.action != action:
            lines += sorted(run)
            run, action = [], call.action
        params = {name: value for name, value in call.params.items() if name != "NextToken"}
        role = re.search(":assumed-role/([^/]+)/", call.caller)[1]
        signed = f" as {role}" if role != ROLE else ""
        failure = f" {call.error}" if call.error else ""
        run.append(f"{call.region} {call.service}:{call.action} {json.dumps(params)}{signed}{failure}")
    return lines + sorted(run)


def _text(lines):
    return "".join(line + "\n" for line in lines)
