"""enable, disable, mask and their states: what systemctl does with symlinks, without the manager."""

import os

from . import unitfile
from .unitfile import SEARCH

_ETC, _RUN = SEARCH[:2]


class Refused(Exception):
    """systemctl would refuse it; the text is what it would print."""


def _install_links(file):
    """{link: target} that the [Install] section asks for."""
    links = {}
    for kind, key in (("wants", "WantedBy"), ("requires", "RequiredBy")):
        for target in file.words("Install", key):
            links[_ETC / f"{target}.{kind}" / file.name] = file.path
    for alias in file.words("Install", "Alias"):
        links[_ETC / alias] = file.path
    return links


def _existing(name, verb):
    file = unitfile.load(name)
    if file is None:
        raise Refused(f"Failed to {verb} unit: Unit file {name} does not exist.")
    if file.masked and verb != "disable":
        raise Refused(f"Failed to {verb} unit: Unit file /etc/systemd/system/{name} is masked.")
    return file


def enable(name):
    """Makes the links; returns a line for each one made."""
    file = _existing(name, "enable")
    links = _install_links(file)
    if not links:
        return ["The unit files have no installation config (WantedBy=, RequiredBy=, Alias= settings in the [Install]",
                "section). This means they are not meant to be enabled using systemctl."]
    made = []
    for link, target in links.items():
        if not os.path.lexists(link):
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(target)
            made.append(f"Created symlink {link} → {target}.")
        elif os.path.realpath(link) != os.path.realpath(target):
            raise Refused(f"Failed to enable unit: File '{link}' already exists and is a symlink to {os.readlink(link)}.")
    return made + [line for other in file.words("Install", "Also") for line in enable(other)]


def disable(name):
    """Removes the links of the unit, whoever made them; returns a line for each one removed."""
    file = _existing(name, "disable")
    removed = []
    for folder in (_ETC, _RUN):
        aliases = [link for link in folder.glob("*") if link.name != file.name and _points_to(link, file.name)]
        # a glob that ends with the name itself would pass over a link to what is gone
        links = [link for kind in ("wants", "requires") for link in folder.glob(f"*.{kind}/*") if link.name == file.name]
        for link in [*links, *aliases]:
            link.unlink()
            removed.append(f"Removed \"{link}\".")
    return removed


def _points_to(link, name):
    return link.is_symlink() and os.path.basename(os.readlink(link)) == name


def mask(name):
    path = _ETC / name
    if path.is_symlink() and os.readlink(path) == "/dev/null":
        return []
    if os.path.lexists(path) and not path.is_symlink():
        raise Refused(f"Failed to mask unit: File {path} already exists.")
    path.unlink(missing_ok=True)
    path.symlink_to("/dev/null")
    return [f"Created symlink {path} → /dev/null."]


def unmask(name):
    path = _ETC / name
    if not path.is_symlink() or os.readlink(path) != "/dev/null":
        return []
    path.unlink()
    return [f"Removed \"{path}\"."]


def state(name):
    """What is-enabled prints; None if there is no such unit file."""
    file = unitfile.load(name)
    if file is None:
        return None
    if file.masked:
        return "masked"
    if name != file.name:
        return "alias"
    links = _install_links(file)
    for folder, word in ((_ETC, "enabled"), (_RUN, "enabled-runtime")):
        if any(os.path.lexists(folder / link.relative_to(_ETC)) for link in links):
            return word
    if not links:
        return "static"
    return "disabled"


def all_units():
    """The names of all unit files there are, aliases included."""
    names = {entry.name for folder in SEARCH if folder.is_dir() for entry in folder.iterdir()
             if not entry.is_dir() and entry.suffix in (".service", ".timer", ".target")}
    return sorted(names)
