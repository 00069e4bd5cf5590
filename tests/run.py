#!/usr/bin/python3
"""Run test suites one after the other, show what they say, and end with one line over all of them.

Usage: run.py [--long] SUITE[@ARCH]...

A suite is unit, or a folder of pytest's below tests/. With @ARCH its programs are those of
build/ARCH/emulated: built for that machine, and run by an emulator.

With --long it runs those tests that are marked to take long, else all others.

The last line is "N passed, N failed, N skipped"; those before it say why tests were skipped. The
exit code is non-zero if a test failed or a suite had none: one that runs nothing proves nothing.
"""

import collections
import concurrent.futures
import dataclasses
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree

BUILD = pathlib.Path("build")
RESULTS = BUILD / "tests"
UNIT_SECONDS = 300

# What runs at the same time, as it waits more than it computes: programs of unit, and tests of the
# others, those of a file in one process, as they share what it sets up. Suites that are not here
# run one test at a time: the boot lab emulates two machines.
UNIT_ABREAST = 2
ABREAST = {
    "golden": ["-n", "2", "--dist", "load"],    # its one file sets nothing up
    "aws": ["-n", "3", "--dist", "loadfile"],
    "userdata": ["-n", "2", "--dist", "loadfile"],
    "mesh": ["-n", "3", "--dist", "loadfile"],
}

# A suite that is not done by then has failed, and gets a while to clean up.
SECONDS = {"boot": 20 * 60}
CLEANING_SECONDS = 60

NO_TESTS = 5    # pytest's exit code


@dataclasses.dataclass
class Count:
    passed: int = 0
    failed: int = 0
    reasons: list = dataclasses.field(default_factory=list)     # one for each test that was skipped

    @property
    def skipped(self):
        return len(self.reasons)

    def __add__(self, other):
        return Count(self.passed + other.passed, self.failed + other.failed,
                     self.reasons + other.reasons)

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def emulated(arch):
    return BUILD / arch / "emulated"


# --- unit

def run_unit(arch):
    """Every tests/unit/*_test.c, as built: with sanitizers, or for that machine."""
    build = emulated(arch) if arch else BUILD / "native"
    sources = sorted(pathlib.Path("tests/unit").glob("*_test.c"))
    with concurrent.futures.ThreadPoolExecutor(UNIT_ABREAST) as pool:
        done = pool.map(run_cmocka, [build / source.with_suffix("") for source in sources])
        return sum(map(show_cmocka, sources, done), Count())


def run_cmocka(test):
    """A test that fails cleans nothing up, so that it gets a folder that goes."""
    with tempfile.TemporaryDirectory(prefix="cygnet-unit-", dir="/tmp") as folder:
        environment = {**os.environ, "CMOCKA_MESSAGE_OUTPUT": "TAP", "TMPDIR": folder}
        return subprocess.run(["timeout", str(UNIT_SECONDS), test], env=environment, text=True,
                              errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def show_cmocka(source, done):
    """What one cmocka program has said, and its count."""
    print(f"# {source}\n{done.stdout}", end="", flush=True)
    count, planned = count_tap(done.stdout)
    unseen = max(0, planned - count.passed - count.failed - count.skipped)
    if unseen or not planned or (done.returncode and not count.failed):
        print(f"{source}: {unseen} of {planned} tests did not report, status {done.returncode}")
        count.failed += unseen or 1
    return count


def count_tap(output):
    """The count, and how many tests were announced. A test says why it is skipped before it is."""
    count, planned, reason = Count(), 0, None
    for line in output.splitlines():
        if plan := re.match(r"1\.\.(\d+)", line):
            planned += int(plan[1])
        elif told := re.match(r"# skipped: (.*)", line):
            reason = told[1]
        elif result := re.match(r"(not )?ok \d+ (# SKIP)?", line):
            if result[2]:
                count.reasons.append(reason or "without a reason")
                reason = None
            else:
                count += Count(failed=1) if result[1] else Count(passed=1)
    return count, planned


# --- pytest's

def run_pytest(suite, arch, long):
    """The pytest tests of one folder, counted from their JUnit report."""
    report = RESULTS / f"{suite}{arch}.xml"
    report.unlink(missing_ok=True)
    argv = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *ABREAST.get(suite, []),
            "-m", "long" if long else "not long", f"--junitxml={report}", f"tests/{suite}"]
    environment = dict(os.environ)
    if arch:
        environment["CYGNET_EMULATED"] = str(emulated(arch).resolve())
    status = run_bounded(argv, SECONDS.get(suite), environment)
    count = count_junit(report) if report.exists() else Count()
    if status not in (0, NO_TESTS) and not count.failed:
        count.failed = 1
    return count


def run_bounded(argv, seconds, env=None, patience=CLEANING_SECONDS):
    """The exit code of a program. One that takes longer is interrupted as by ^C, and killed if it
    does not end then."""
    with subprocess.Popen(argv, env=env) as program:
        try:
            return program.wait(seconds)
        except subprocess.TimeoutExpired:
            print(f"not done in {seconds} s: interrupting it", flush=True)
            program.send_signal(signal.SIGINT)
        try:
            return program.wait(patience)
        except subprocess.TimeoutExpired:
            program.kill()
            return program.wait()


def count_junit(report):
    total = xml.etree.ElementTree.parse(report).getroot().find("testsuite")
    failed = int(total.get("failures")) + int(total.get("errors"))
    reasons = [skipped.get("message") for skipped in total.iter("skipped")]
    return Count(max(0, int(total.get("tests")) - failed - len(reasons)), failed, reasons)


# --- all

def run_suite(name, long):
    """Counts one suite; one that ran no test has failed."""
    suite, _, arch = name.partition("@")
    emulator = pathlib.Path(f"/usr/bin/qemu-{arch}-static")
    print(f"=== {name}", flush=True)
    begin = time.monotonic()
    if arch and not emulator.exists():
        count = Count(reasons=[f"{emulator.name} is not here: its package does not install"])
    else:
        count = run_unit(arch) if suite == "unit" else run_pytest(suite, arch, long)
    print(f"=== {name}: {count} in {time.monotonic() - begin:.0f} s", flush=True)
    if count == Count():
        print(f"{name}: no test ran")
        count.failed = 1
    count.reasons = [f"{name}: {reason}" for reason in count.reasons]
    return count


def main(words):
    RESULTS.mkdir(parents=True, exist_ok=True)
    suites = [word for word in words if word != "--long"]
    total = sum((run_suite(suite, suites != words) for suite in suites), Count())
    for reason, times in collections.Counter(total.reasons).items():
        print(f"{times} skipped: {reason}")
    print(total)
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
