"""The Condition settings of a unit."""

import os

_CAPABILITIES = {"CAP_SYS_TIME": 25, "CAP_NET_ADMIN": 12, "CAP_SYS_ADMIN": 21, "CAP_SYS_RAWIO": 17}


def _has_capability(name):
    with open("/proc/self/status") as status:
        bounding = next(int(line.split()[1], 16) for line in status if line.startswith("CapBnd"))
    return bool(bounding >> _CAPABILITIES[name] & 1)


def _has_content(path):
    return os.path.isfile(path) and os.path.getsize(path) > 0


def _has_entries(path):
    return os.path.isdir(path) and bool(os.listdir(path))


_CHECKS = {
    "ConditionCapability": _has_capability,
    "ConditionDirectoryNotEmpty": _has_entries,
    "ConditionFileIsExecutable": lambda path: os.path.isfile(path) and os.access(path, os.X_OK),
    "ConditionFileNotEmpty": _has_content,
    "ConditionPathExists": os.path.exists,
    "ConditionPathIsDirectory": os.path.isdir,
    "ConditionPathIsReadWrite": lambda path: not os.statvfs(path).f_flag & os.ST_RDONLY,
}


def unmet(file):
    """The first condition of a unit file that does not hold, as text; None if all do."""
    for key, holds in _CHECKS.items():
        for value in file.all("Unit", key):
            wanted = not value.startswith("!")
            if holds(value.removeprefix("!")) != wanted:
                return f"{key}={value}"
    return None
