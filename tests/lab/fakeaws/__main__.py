"""The fake AWS on loopback ports, for trying a program by hand."""

import argparse
import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile

from .environment import environment
from .server import Server
from .worldfile import EXAMPLE, build


def main():
    options = _options()
    if options.example:
        print(json.dumps(EXAMPLE, indent=2))
        return 0
    world, instances = build(json.load(options.world) if options.world else EXAMPLE)
    instance = instances[options.name] if options.name else next(iter(instances.values()))
    with tempfile.TemporaryDirectory(prefix="fakeaws-") as directory, Server(world, directory) as server:
        api = server.listen_https("127.0.0.1", options.port)
        metadata = server.listen_imds("127.0.0.1", instance=instance)
        variables = environment(server, api, metadata)
        if options.command:
            status = subprocess.run(options.command, env={**os.environ, **variables}).returncode
        else:
            status = _serve(variables)
    for call in world.calls if options.calls else ():
        print(call.region, call.service, call.action, call.status, call.error or "", file=sys.stderr)
    for crash in world.crashes:
        print(crash, file=sys.stderr)
    return status if not world.crashes else 1


def _serve(variables):
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    for name, value in variables.items():
        print(f"export {name}={shlex.quote(value)}")
    print(f"# serving; kill {os.getpid()} to stop", flush=True)
    signal.sigwait({signal.SIGINT, signal.SIGTERM})
    return 0


def _options():
    parser = argparse.ArgumentParser(
        prog="python3 -m fakeaws", description=__doc__,
        epilog="Without a command it prints an environment for a shell to source, and serves until it is stopped.")
    parser.add_argument("--world", metavar="FILE", type=argparse.FileType(), help="what exists (see --example)")
    parser.add_argument("--example", action="store_true", help="print an example of such a file, the default, and end")
    parser.add_argument("--as", dest="name", metavar="NAME", help="the instance to be (default: the first)")
    parser.add_argument("--port", type=int, default=0, help="the port of the APIs (default: any)")
    parser.add_argument("--calls", action="store_true", help="at the end, list the API calls on stderr")
    parser.add_argument("command", nargs="*", help="run this in the environment, then stop with its exit code")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
