#!/usr/bin/python3
"""Stands in for the package managers of a machine, by the name that it is called by. What it does is in files:

/installed, /removed   packages, the latter with their configuration still there
/absent                packages that no repository has
/failures              lines as "apt-get update": each makes one such call fail
/lock                  for how many seconds somebody else has dpkg's lock
/apt-is-old            this apt does not know APT::Update::Error-Mode
/installs/PACKAGE      a program that the installation of PACKAGE runs

Calls are noted in /log, but for queries.
"""

import subprocess
import sys
from pathlib import Path

MANAGER, WORDS = Path(sys.argv[0]).name, sys.argv[1:]


def listed(name):
    path = Path("/", name)
    return path.read_text().splitlines() if path.exists() else []


def options():
    """Those of apt's -o, and the words that are none."""
    words, found = list(WORDS), {}
    while "-o" in words:
        at = words.index("-o")
        key, _, value = words[at + 1].partition("=")
        found[key.lower()] = value
        del words[at:at + 2]
    return found, [word for word in words if not word.startswith("-")]


def fails(call):
    left = listed("failures")
    if call not in left:
        return False
    left.remove(call)
    Path("/failures").write_text("".join(f"{line}\n" for line in left))
    return True


def query_dpkg():
    """dpkg-query -W [-f FORMAT] PACKAGE...: it knows what was removed, until that is purged."""
    words, form = WORDS[1:], "NAME\\n"
    if words[0] == "-f":
        form, words = words[1], words[2:]
    states = {name: state for state, names in (("config-files", "removed"), ("installed", "installed"))
              for name in listed(names)}
    for name in words:
        if name in states:
            print(form.replace("NAME", name).replace("${db:Status-Status}", states[name]).replace("\\n", "\n"), end="")
    return 0 if all(name in states for name in words) else 1


def query_rpm():
    """rpm -q PACKAGE..."""
    return 0 if all(name in listed("installed") for name in WORDS[1:]) else 1


def update(found):
    """Of apt: the lists. A server that does not answer is a warning only, unless that is asked for."""
    if not fails("apt-get update"):
        Path("/lists").touch()
        return 0
    print("W: Some index files failed to download.", file=sys.stderr)
    strict = found.get("apt::update::error-mode") == "any" and not Path("/apt-is-old").exists()
    return 100 if strict else 0


def is_locked(found):
    return any(int(found.get("dpkg::lock::timeout", 0)) < int(seconds) for seconds in listed("lock"))


def install(names):
    absent = [name for name in names if name in listed("absent")]
    if absent and (MANAGER != "yum" or absent == names):    # yum passes over those that it does not find
        return 1
    for name in names:
        if name not in absent:
            with open("/installed", "a") as file:
                file.write(f"{name}\n")
            program = Path("/installs", name)
            if program.exists():
                subprocess.run([program], check=True)
    return 0


def manage():
    with open("/log", "a") as log:
        log.write(" ".join([MANAGER, *WORDS]) + "\n")
    found, (verb, *names) = options()
    if MANAGER == "apt-get" and verb == "update":
        return update(found)
    if fails(f"{MANAGER} {verb}"):
        return 1
    if MANAGER == "apt-get" and (is_locked(found) or not Path("/lists").exists()):
        return 100
    return install(names) if verb == "install" and MANAGER != "amazon-linux-extras" else 0


sys.exit({"dpkg-query": query_dpkg, "rpm": query_rpm}.get(MANAGER, manage)())
