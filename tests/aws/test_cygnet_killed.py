"""A run of build/cygnet that is killed, at whatever moment, leaves nothing that the next one cannot go on from."""

import shutil
import subprocess
import time

import pytest
from checks import eventually

import records

BOOTSTRAP = ("bootstrap", "--key-bits", "3072")
KILLS = 24


@pytest.fixture(autouse=True)
def peers(world):
    for number in range(1, 9):
        world.ssm("us-east-1").put(records.name(f"site-{number}"), records.text(f"site-{number}", number))


def files(root):
    """All that lies below the root: {path: (mode, content)}."""
    return {str(path.relative_to(root)): (path.stat().st_mode, path.read_bytes() if path.is_file() else None)
            for path in root.rglob("*")}


def finished(gateway, root):
    """Bootstrap to its end; how long that took."""
    start = time.monotonic()
    done = gateway.cygnet(*BOOTSTRAP, root=root)
    assert done.returncode == 0, done.stderr
    return time.monotonic() - start


def killed(gateway, root, wait):
    """Bootstrap, killed after wait(); whether it was still running."""
    with subprocess.Popen([gateway.program, *BOOTSTRAP, "--root", root], env=gateway.env, stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
        wait()
        running = run.poll() is None
        run.kill()
    return running


def after(seconds):
    return lambda: time.sleep(seconds)


def keys(root):
    return {path: path.read_bytes() for path in (root / "etc/swanctl/private").glob("*.key")}


def forget(root, *folders):
    for folder in folders:
        shutil.rmtree(root / folder, ignore_errors=True)


def test_what_was_begun_is_finished(gateway, root):
    finished(gateway, root)
    whole = files(root)
    forget(root, "etc/systemd", "etc/swanctl/conf.d", "etc/swanctl/pubkey", "var")
    seconds = finished(gateway, root)
    stages = set()
    for kill in range(KILLS):
        forget(root, "etc/systemd", "etc/swanctl/conf.d", "etc/swanctl/pubkey", "var")
        if killed(gateway, root, after(seconds * kill / KILLS)):
            stages.add(len(files(root)))
        finished(gateway, root)
        assert files(root) == whole
    assert len(stages) > 2


def test_a_key_is_there_or_is_not(gateway, root):
    seconds = finished(gateway, root)
    moments = [after(2 * seconds * kill / KILLS) for kill in range(KILLS // 2)]
    moments += [lambda: eventually(lambda: keys(root), 60, pause=0)] * 4
    seen = set()
    for moment in moments:
        forget(root, "etc/swanctl", "var")
        hit, left = killed(gateway, root, moment), keys(root)
        if hit:
            seen.add(len(left))
        finished(gateway, root)
        key, = (root / "etc/swanctl/private").iterdir()
        assert key.suffix == ".key" and key.stat().st_mode & 0o7777 == 0o600
        assert not left or keys(root) == left
    assert seen == {0, 1}
