#!/usr/bin/python3
"""systemctl, as a client of the stand-in: knows the options that the stand-in honours and refuses all others."""

import json
import socket
import sys

sys.path.insert(0, "/usr/lib/cygnet-lab")

from standin import CONTROL, complain  # noqa: E402 (the path above has to come first)

_FLAGS = {"--now": "now", "--quiet": "quiet", "-q": "quiet", "--no-block": "no-block", "--no-pager": "no-pager",
          "--value": "value", "--no-legend": "no-legend", "--full": "full", "-l": "full", "--system": "system",
          "--no-ask-password": "no-ask-password"}


def _refuse(text):
    complain(f"systemctl {' '.join(sys.argv[1:])}: {text}")
    sys.exit(f"systemctl: {text}")


def _parse(argv):
    """(options, words) of the command line; -p and --property take a value."""
    options, words = {}, []
    rest = iter(argv)
    for word in rest:
        name, equals, value = word.partition("=")
        if word in _FLAGS:
            options[_FLAGS[word]] = True
        elif word in ("-p", "--property") or (name == "--property" and equals):
            options.setdefault("property", []).append(value if equals else next(rest, ""))
        elif word.startswith("-p") and not word.startswith("--"):
            options.setdefault("property", []).append(word[2:])
        elif word.startswith("-"):
            _refuse(f"unrecognized option '{word}'")
        else:
            words.append(word)
    return options, words


def _ask(request):
    with socket.socket(socket.AF_UNIX) as control:
        control.connect(CONTROL)
        control.sendall(json.dumps(request).encode() + b"\n")
        return json.loads(control.makefile().readline())


def main():
    options, words = _parse(sys.argv[1:])
    if not words:
        _refuse("no verb: listing units is not done here")
    reply = _ask({"verb": words[0], "options": options, "names": words[1:]})
    if "quiet" not in options:
        sys.stdout.writelines(line + "\n" for line in reply["out"])
    if reply["err"] and not ("quiet" in options and reply["code"] == 0):
        sys.stderr.writelines(line + "\n" for line in reply["err"])
    sys.exit(reply["code"])


main()
