"""What charon says of its tunnels, read from `swanctl --list-sas --raw` on a machine."""

import re

_TOKEN = re.compile(r"[{}\[\]]|[^\s{}\[\]=]+=\[|[^\s{}\[\]]+")


def list_sas(machine):
    """The IKE_SAs: {"name", "uniqueid", "state", "local-id", …, "child-sas": [{"state", "bytes-in", …}]} each."""
    said = machine.check(["swanctl", "--list-sas", "--raw"])
    found = []
    for line in said.splitlines():
        if line.startswith("list-sa event "):
            tree = parse(line.removeprefix("list-sa event "))
            found += [{"name": name, **sa, "child-sas": list(sa.get("child-sas", {}).values())}
                      for name, sa in tree.items()]
    return found


def parse(text):
    """A section of a raw message, '{name {key=value list=[a b]}}', as nested dicts."""
    tokens = iter(_TOKEN.findall(text))
    assert next(tokens) == "{", text
    return _section(tokens)


def _section(tokens):
    found, name = {}, None
    for token in tokens:
        if token == "}":
            return found
        if token == "{":
            found[name] = _section(tokens)
        elif token.endswith("=["):
            found[token[:-2]] = list(iter(lambda: next(tokens), "]"))
        elif "=" in token:
            key, _, value = token.partition("=")
            found[key] = value
        else:
            name = token
    return found
