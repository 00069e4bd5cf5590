#!/usr/bin/python3
"""Check that every room includes only itself and the rooms above it, and that its lines fit.

Usage: check_layers.py ROOM...   the rooms, top layer first

A folder inside a room belongs to it. Two libraries have one home each: every
other file reaches them through what that home offers.
"""

import pathlib
import re
import sys

HOMES = {"curl/": "aws/http.c", "expat": "aws/"}
COLUMNS = 100
INCLUDE = re.compile(r'\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)')


def fault(path, rooms, line):
    """What is wrong with one line of the file at path, or None."""
    columns = len(line.expandtabs(8))
    if columns > COLUMNS:
        return f"{columns} columns, of at most {COLUMNS}"
    include = INCLUDE.match(line)
    return include and include_fault(path, rooms, *include.groups())


def include_fault(path, rooms, own, system):
    if own:
        here, there = path.parts[0], own.split("/")[0]
        if "/" not in own or there not in rooms:
            return f"'{own}' names no room"
        if rooms.index(there) > rooms.index(here):
            return f"'{own}' is below {here}/"
    for library, home in HOMES.items():
        if system and system.startswith(library) and not str(path).startswith(home):
            return f"<{system}> belongs in {home} alone"
    return None


def main(rooms):
    rooms = list(dict.fromkeys(room.split("/")[0] for room in rooms))
    faults = 0
    for path in sorted(p for room in rooms for p in pathlib.Path(room).rglob("*.[ch]")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            message = fault(path, rooms, line)
            if message:
                print(f"{path}:{number}: {message}", file=sys.stderr)
                faults += 1
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
