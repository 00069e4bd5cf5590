"""Runs build/aws-client: the program's own AWS calls, step by step (see client.c)."""

import json
import subprocess
from dataclasses import dataclass

from programs import CLIENT

# What the program exits with, by name.
STEP, CONFIG, MISSING, AGAIN, DENIED = 1, 65, 69, 75, 77


# No service has an endpoint of its own: the general one counts, or the name by which AWS has it.
NO_OWN_ENDPOINTS = dict.fromkeys(
    [f"AWS_ENDPOINT_URL_{service}" for service in ("SSM", "EC2", "AUTO_SCALING", "STS")], "")


@dataclass
class Outcome:
    """results has one value for each step that succeeded; log holds the calls made, error and remedy why it ended."""

    code: int
    results: list
    log: list
    error: str
    remedy: str

    @property
    def result(self):
        """The result of the last step; a failure of any shows why."""
        assert self.code == 0, f"{self.error} ({self.remedy}), after {self.log}"
        return self.results[-1]

    @classmethod
    def of(cls, code, stdout, stderr):
        lines = stderr.splitlines()
        error = next((line.removeprefix("error: ") for line in lines if line.startswith("error: ")), "")
        remedy = next((line.removeprefix("remedy: ") for line in lines if line.startswith("remedy: ")), "")
        assert bool(error) == (code != 0), f"exit code {code} with {stderr!r}"
        log = [line for line in lines if not line.startswith(("error: ", "remedy: "))]
        return cls(code, [json.loads(line) for line in stdout.splitlines()], log, error, remedy)


def call(gateway, *words, timeout=60, **env):
    """Run these steps (words, separated by "--") as if on the gateway."""
    done = gateway.run([str(CLIENT), *map(str, words)], timeout=timeout, **env)
    return Outcome.of(done.returncode, done.stdout, done.stderr)


class Conversation:
    """A client that stops at its "wait" steps, so that the world can change in between."""

    def __init__(self, gateway, *words, **env):
        self._process = subprocess.Popen(
            ["timeout", "60", str(CLIENT), *map(str, words)], env={**gateway.env, **env}, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self._lines = []

    def result(self):
        """The result of the next step, once it is done."""
        self._lines.append(self._process.stdout.readline())
        return json.loads(self._lines[-1])

    def proceed(self):
        """End a "wait" step."""
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        assert self.result() is True

    def end(self):
        """The Outcome, once the program has ended."""
        # Not communicate(): a line may be buffered already, which that would not see.
        with self._process:
            stdout, stderr = self._process.stdout.read(), self._process.stderr.read()
        return Outcome.of(self._process.returncode, "".join(self._lines) + stdout, stderr)
