"""Unit files as systemd reads them: search path, aliases, masks, drop-ins, words, specifiers, time spans."""

import math
import os
import pathlib
import re
import shlex
import socket

from . import directives

SEARCH = [pathlib.Path(folder) for folder in (
    "/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system")]

_SPAN_UNITS = {
    1e-6: ("us", "usec", "µs"), 1e-3: ("ms", "msec"), 1: ("", "s", "sec", "second", "seconds"),
    60: ("m", "min", "minute", "minutes"), 3600: ("h", "hr", "hour", "hours"), 86400: ("d", "day", "days"),
    604800: ("w", "week", "weeks"),
}
_SPAN_SECONDS = {word: seconds for seconds, words in _SPAN_UNITS.items() for word in words}


class BadUnit(Exception):
    """A unit file that cannot be loaded, as 'bad-setting' is to systemd."""


class UnitFile:
    """One unit's file and drop-ins, merged. `entries` keeps (section, key, value) in the order read."""

    def __init__(self, name, path, dropins, masked=False):
        self.name = name
        self.path = path
        self.dropins = dropins
        self.masked = masked
        self.entries = []
        self.stamps = {}
        for file in [path, *dropins] if not masked else []:
            self.stamps[file] = _stamp(file)
            self.entries += parse(file.read_text())

    def changed_on_disk(self):
        """Whether what is on disk is no longer what was read: what a daemon-reload is for."""
        return not self.masked and (any(_stamp(f) != s for f, s in self.stamps.items())
                                    or dropins_of(self.name) != self.dropins)

    def all(self, section, key):
        """Every value given to a list setting; an empty one forgets those before it."""
        values = []
        for entry_section, entry_key, value in self.entries:
            if (entry_section, entry_key) == (section, key):
                values = [*values, value] if value else []
        return [self.expand(value) for value in values]

    def get(self, section, key, default=None):
        values = self.all(section, key)
        return values[-1] if values else default

    def words(self, section, *keys):
        """The words of list settings such as After= and Wants=, in order."""
        return [word for key in keys for value in self.all(section, key) for word in value.split()]

    def flag(self, section, key, default=False):
        value = self.get(section, key)
        if value is None:
            return default
        if value.lower() not in ("1", "yes", "true", "on", "0", "no", "false", "off"):
            raise BadUnit(f"{self.name}: {key}={value} is not a boolean")
        return value.lower() in ("1", "yes", "true", "on")

    def span(self, section, key, default):
        value = self.get(section, key)
        return default if value is None else span(value)

    def expand(self, value):
        """Replaces the specifiers, %n and the like."""
        stem = self.name.rpartition(".")[0]
        known = {"n": self.name, "N": stem, "p": stem, "i": "", "%": "%", "t": "/run", "S": "/var/lib",
                 "C": "/var/cache", "L": "/var/log", "E": "/etc", "T": "/tmp", "H": socket.gethostname()}

        def specifier(match):
            if match[1] not in known:
                raise BadUnit(f"{self.name}: specifier %{match[1]} in '{value}'")
            return known[match[1]]
        return re.sub("%(.)", specifier, value)

    def complaints(self):
        """What in this unit neither systemd's manual nor the stand-in knows, as lines of text."""
        return [f"{self.name}: [{section}] {key}= is not known here" for section, key, _ in self.entries
                if not directives.known(section, key)]


def _stamp(file):
    try:
        found = file.stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size


def parse(text):
    """The (section, key, value) entries of a unit file's text."""
    section, entries = None, []
    for line in re.sub(r"\\\n(?:[#;].*\n)*", " ", text).splitlines():
        line = line.strip()
        if not line or line[0] in "#;":
            continue
        if line[0] == "[" and line[-1] == "]":
            section = line[1:-1]
            continue
        key, equals, value = line.partition("=")
        if section is None or not equals:
            raise BadUnit(f"not a setting of a section: '{line}'")
        entries.append((section, key.strip(), value.strip()))
    return entries


def find(name):
    """(canonical name, path) of a unit, aliases followed; (name, None) if there is none. A mask is /dev/null's path."""
    for folder in SEARCH:
        path = folder / name
        if not os.path.lexists(path):
            continue
        if path.is_symlink():
            target = os.path.realpath(path)
            if target == "/dev/null":
                return name, pathlib.Path(target)
            if os.path.basename(target) != name:
                return find(os.path.basename(target))
        if path.is_file():
            return name, path if path.stat().st_size else pathlib.Path("/dev/null")
    return name, None


def dropins_of(name):
    """The drop-ins of a unit, sorted by file name; of two with one name the earlier folder's counts."""
    found = {}
    for folder in reversed(SEARCH):
        for parent in (folder / f"{name.rpartition('.')[2]}.d", folder / f"{name}.d"):
            found.update({file.name: file for file in parent.glob("*.conf")})
    return [found[key] for key in sorted(found) if os.path.realpath(found[key]) != "/dev/null"]


def load(name):
    """The unit file of a name or alias; None if there is none."""
    canonical, path = find(name)
    if path is None:
        return None
    if str(path) == "/dev/null":
        return UnitFile(canonical, path, [], masked=True)
    return UnitFile(canonical, path, dropins_of(canonical))


def wanted_by(target, folders):
    """The units that the folders <target>.wants and <target>.requires name."""
    names = [entry.name for folder in folders for kind in ("wants", "requires")
             for entry in sorted((folder / f"{target}.{kind}").glob("*"))]
    return list(dict.fromkeys(names))


def span(text):
    """Seconds of a time span such as '1min 30s', '500ms' or 'infinity'."""
    if text == "infinity":
        return math.inf
    parts = re.findall(r"(\d+(?:\.\d+)?)\s*([a-zµ]*)\s*", text)
    if not parts or re.sub(r"(\d+(?:\.\d+)?)\s*([a-zµ]*)\s*", "", text) or any(u not in _SPAN_SECONDS for _, u in parts):
        raise BadUnit(f"not a time span: '{text}'")
    return sum(float(number) * _SPAN_SECONDS[unit] for number, unit in parts)


def command(value, environment):
    """(prefix characters, argv) of an Exec line, variables replaced as systemd replaces them."""
    prefix = re.match(r"[-@:+!]*", value)[0]
    argv = []
    for word in words(value[len(prefix):]):
        whole = re.fullmatch(r"\$(\w+)", word)
        if whole and ":" not in prefix:
            argv += environment.get(whole[1], "").split()
        elif ":" in prefix:
            argv.append(word)
        else:
            argv.append(re.sub(r"\$\{(\w+)\}", lambda m: environment.get(m[1], ""), word).replace("$$", "$"))
    return prefix, argv


def words(text):
    """The words of a setting, quotes resolved."""
    try:
        return shlex.split(text)
    except ValueError as error:
        raise BadUnit(f"unbalanced quotes in '{text}'") from error
