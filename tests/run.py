#!/usr/bin/python3
"""Run test suites, show what they say, and end with one line over all of them.

Usage: run.py [--long] SUITE[@ARCH]...

A suite is unit, or a folder of pytest's below tests/. With @ARCH its programs are those of build/ARCH/emulated: built
for that machine, and run by an emulator; the suite leaves out what no processor can change, unless LONG is set.

With --long it runs those tests that are marked to take long, else all others.

The last line is "N passed, N failed, N skipped". The exit code is non-zero if a
test failed or a suite had none: a suite that runs nothing proves nothing.
"""

import dataclasses
import os
import pathlib
import re
import subprocess
import sys
import time
import xml.etree.ElementTree

BUILD = pathlib.Path("build")
RESULTS = BUILD / "tests"
UNIT_SECONDS = 300


@dataclasses.dataclass
class Count:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other):
        return Count(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def emulated(arch):
    return BUILD / arch / "emulated"


def run_unit(arch):
    """Every tests/unit/*_test.c, as built: with sanitizers, or for that machine."""
    build = emulated(arch) if arch else BUILD / "native"
    sources = sorted(pathlib.Path("tests/unit").glob("*_test.c"))
    return sum((run_cmocka(source, build / source.with_suffix("")) for source in sources), Count())


def run_cmocka(source, test):
    """One cmocka program, counted from its TAP output."""
    print(f"# {source}", flush=True)
    program = subprocess.Popen(
        ["timeout", str(UNIT_SECONDS), test],
        env={**os.environ, "CMOCKA_MESSAGE_OUTPUT": "TAP"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    count, planned = Count(), 0
    for line in program.stdout:
        print(line, end="", flush=True)
        plan = re.match(r"1\.\.(\d+)", line)
        planned += int(plan[1]) if plan else 0
        result = re.match(r"(not )?ok \d+ (# SKIP)?", line)
        if result and result[2]:
            count.skipped += 1
        elif result and result[1]:
            count.failed += 1
        elif result:
            count.passed += 1
    status = program.wait()
    unseen = max(0, planned - count.passed - count.failed - count.skipped)
    if unseen or not planned or (status and not count.failed):
        print(f"{source}: {unseen} of {planned} tests did not report, status {status}")
        count.failed += unseen or 1
    return count


def run_pytest(suite, arch, long):
    """The pytest tests of one folder, counted from their JUnit report."""
    report = RESULTS / f"{suite}{arch}.xml"
    report.unlink(missing_ok=True)
    options = ["-rs", "-p", "no:cacheprovider", "-m", "long" if long else "not long", f"--junitxml={report}"]
    environment = {**os.environ, "CYGNET_EMULATED": str(emulated(arch).resolve())} if arch else None
    status = subprocess.run([sys.executable, "-m", "pytest", *options, f"tests/{suite}"], env=environment).returncode
    if not report.exists():
        return Count(failed=1)
    total = xml.etree.ElementTree.parse(report).getroot().find("testsuite").attrib
    failed = int(total["failures"]) + int(total["errors"])
    skipped = int(total["skipped"])
    passed = max(0, int(total["tests"]) - failed - skipped)
    return Count(passed, failed or int(status != 0 and passed > 0), skipped)


def run_suite(name, long):
    """Counts one suite; one that ran no test has failed."""
    suite, _, arch = name.partition("@")
    print(f"=== {name}", flush=True)
    begin = time.monotonic()
    count = run_unit(arch) if suite == "unit" else run_pytest(suite, arch, long)
    print(f"=== {name}: {count} in {time.monotonic() - begin:.0f} s", flush=True)
    if not count.passed and not count.failed:
        print(f"{name}: no test ran")
        count.failed = 1
    return count


def main(words):
    RESULTS.mkdir(parents=True, exist_ok=True)
    suites = [word for word in words if word != "--long"]
    total = sum((run_suite(suite, suites != words) for suite in suites), Count())
    print(total)
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
