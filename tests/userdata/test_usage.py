"""The command line of `cygnet userdata`: what it takes, what it refuses and in which words; and whole texts, compared
with those of golden/. UPDATE in the environment writes these anew.
"""

import hashlib
import os
import re
from pathlib import Path

import pytest

from first_boot import PROGRAM

GOLDEN = Path(__file__).resolve().parent / "golden"
HEX = "0123456789abcdef" * 4
SHELL = ("--format", "shell")
S3 = ("--source", "s3://binaries/{arch}/cygnet")
FORMATS = "shell, cloud-config, mime, launch-template, cloudformation, iam-policy, registry-policy, operator-policy " \
          "or permissions"
SOURCES = "s3://BUCKET/KEY, https://HOST/PATH, package:, 'apt:https://HOST/PATH SUITE COMPONENT' or " \
          "dnf:https://HOST/PATH"
MESH = ("--mesh", "prod", "--registry", "us-east-1")
PINNED = ("--sha256", f"x86_64={HEX}", "--sha256", f"aarch64={HEX[::-1]}")
TEXTS = {
    "shell.sh": (*SHELL, *S3, *PINNED, *MESH, "--upgrade", "--cloudwatch"),
    "cloud-config.yaml": ("--format", "cloud-config", "--source", "package:", *MESH),
    "mime.txt": ("--format", "mime", "--source", "https://dl.example.com/cygnet-{arch}", *PINNED, *MESH),
    "launch-template.json": ("--format", "launch-template", "--source", "package:", *MESH, "--ami", "ami-01234567",
                             "--group", "sg-01234567", "--profile", "gateway"),
    "cloudformation.json": ("--format", "cloudformation", *S3, *PINNED, *MESH),
    "iam-policy.json": ("--format", "iam-policy", *S3, *MESH, "--region", "eu-west-1", "--account", "111122223333",
                        "--address", "tag", "--security-group", "manage", "--lifecycle-hook", "launch",
                        "--unhealthy-after", "10m", "--scaling-group", "gateways"),
    "registry-policy.json": ("--format", "registry-policy", *MESH, "--site", "berlin",
                             "--registry-role", "arn:aws:iam::444455556666:role/mesh"),
    "operator-policy.json": ("--format", "operator-policy", *MESH),
    "permissions.txt": ("--format", "permissions"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_whole_texts(printed, name):
    text = re.sub(r"(?<=by cygnet )[0-9.]+(?=\.)", "VERSION", printed(*TEXTS[name]))
    if "UPDATE" in os.environ:
        GOLDEN.mkdir(exist_ok=True)
        (GOLDEN / name).write_text(text)
    assert text == (GOLDEN / name).read_text()


def test_no_golden_text_is_left_over():
    assert {path.name for path in GOLDEN.iterdir()} == set(TEXTS)


@pytest.mark.parametrize("words, message", [
    ((), f"--format is missing: give {FORMATS}"),
    (("--format", "bash"), f"--format 'bash' is not {FORMATS}"),
    (SHELL, "--format shell needs --source"),
    ((*SHELL, "--source", "ftp://a/b"), f"--source 'ftp://a/b' is not {SOURCES}"),
    ((*SHELL, "--source", "s3://b/key"), "--source: bucket 'b' is not 3 to 63 of a-z, 0-9 and '-'"),
    ((*SHELL, "--source", "s3://dotted.bucket/key"),
     "--source: bucket 'dotted.bucket' is not 3 to 63 of a-z, 0-9 and '-'"),
    ((*SHELL, "--source", "s3://binaries/a b"), "--source: key 'a b' is not letters, digits, '-', '.', '_', '~', '/' "
     "and {arch}"),
    ((*SHELL, "--source", "https://user@host/a"), "--source: 'https://user@host/a' has no lower-case host name behind "
     "'https://'"),
    ((*SHELL, "--source", "https://host/a\nreboot"), "--source: 'https://host/a?reboot' has no path of the characters "
     "of a URL and {arch}"),
    ((*SHELL, *S3, "--sha256", "x86_64=abc"), "--sha256 'x86_64=abc' is not x86_64= or aarch64= and 64 hex digits"),
    ((*SHELL, *S3, "--sha256", f"i686={HEX}"), f"--sha256 'i686={HEX}' is not x86_64= or aarch64= and 64 hex digits"),
    ((*SHELL, *S3, *PINNED, *PINNED), "option '--sha256' is given more than 2 times"),
    ((*SHELL, *S3, "--sha256", f"x86_64={HEX}", "--sha256", f"x86_64={HEX}"), "--sha256 is given twice for x86_64"),
    ((*SHELL, "--source", "dnf:https://host/a"),
     "packages of 'dnf:https://host/a' are checked by their signatures: give --repository-key"),
    ((*SHELL, *S3, "--repository-key", "/key"), "--repository-key is for the sources apt: and dnf:"),
    ((*SHELL, "--source", "dnf:https://host/a", "--repository-key", "key"),
     "--repository-key 'key' is no absolute path"),
    (("--format", "iam-policy", "--sha256", "junk"), "--sha256 is of no use to --format iam-policy"),
    (("--format", "iam-policy", "--repository-key", "nonsense"),
     "--repository-key is of no use to --format iam-policy"),
    (("--format", "iam-policy", "--cloudwatch"), "--cloudwatch is of no use to --format iam-policy"),
    (("--format", "registry-policy", "--vpc", "vpc-01234567"), "--vpc is of no use to --format registry-policy"),
    (("--format", "operator-policy", *S3), "--source is of no use to --format operator-policy"),
    (("--format", "permissions", "--region", "eu-west-1"), "--region is of no use to --format permissions"),
    (("--format", "mime", *S3, "--endpoints"), "--endpoints is of no use to --format mime"),
    (("--format", "cloudformation", *S3, "--group", "sg-01234567"),
     "--group is of no use to --format cloudformation"),
    ((*SHELL, *S3, "--type", "t3.small"), "--type is of no use to --format shell"),
    (("--format", "iam-policy"), "--format iam-policy needs --region, as in '--region eu-west-1'"),
    (("--format", "iam-policy", "--region", "Berlin"), "--region 'Berlin' is not like 'eu-west-1'"),
    (("--format", "iam-policy", "--region", "eu-west-1", "--account", "1"), "--account '1' is not like '123456789012'"),
    (("--format", "iam-policy", "--region", "eu-west-1", "--scaling-group", "*"),
     "--scaling-group '*' is not like 'cygnet-us-east-1'"),
])
def test_what_is_malformed_is_named(cygnet, words, message):
    done = cygnet(*words)
    assert (done.returncode, done.stdout) == (64, "")
    assert done.stderr.startswith(("cygnet userdata: what is asked for: " + message + "\n",
                                   "cygnet userdata: " + message + "\n"))


@pytest.mark.parametrize("content", ["", "-----BEGIN PGP PRIVATE KEY BLOCK-----\n",
                                     "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\x07\n"])
def test_a_key_that_is_none(cygnet, tmp_path, content):
    key = tmp_path / "key"
    key.write_text(content)
    done = cygnet(*SHELL, "--source", "dnf:https://host/a", "--repository-key", key)
    assert done.returncode == 64 and f"--repository-key '{key}' is " in done.stderr


@pytest.mark.parametrize("words, environment, message", [
    (("--mss", "9"), {}, "setting 'mss' (--mss): value '9' is neither 0 nor between 536 and 1460 bytes"),
    ((), {"CYGNET_MESH": "A B"}, "setting 'mesh' (CYGNET_MESH): value 'A B' is not 1 to 63 of a-z, 0-9 and '-', with no "
     "'-' at either end"),
    ((), {"CYGNET_MESSH": "a"}, "unknown setting 'CYGNET_MESSH' (the environment)"),
    (("--ntp", "pool.example\nmesh = other"), {}, "setting 'ntp' (--ntp): value has control characters"),
])
def test_settings_are_as_strict_as_on_a_gateway(cygnet, words, environment, message):
    done = cygnet(*SHELL, *S3, *words, **environment)
    assert (done.returncode, done.stdout) == (65, "")
    assert done.stderr.startswith(f"cygnet userdata: settings: {message}\n")


def test_settings_of_every_source_and_no_others(printed):
    text = printed(*SHELL, *S3, "--mss", "1300", CYGNET_MESH="prod", CYGNET_MSS="1200")
    assert text.partition("step 'write /etc/cygnet.conf'\n")[2].startswith(
        "printf '%s\\n' >'/etc/cygnet.conf' \\\n\t'mesh = prod' \\\n\t'mss = 1300'\nstep ")


def test_a_gateway_s_own_settings_are_not_another_s(printed, tmp_path):
    """As where a gateway prints the user-data of its like."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/cygnet.conf").write_text("site = berlin\n")
    assert "berlin" not in printed(*SHELL, *S3, "--mesh", "prod", "--root", tmp_path)


def test_without_settings_no_file_is_written(printed):
    assert "cygnet.conf" not in printed(*SHELL, *S3)


def test_the_hash_is_that_of_the_binary_itself(printed):
    own = hashlib.sha256(PROGRAM.read_bytes()).hexdigest()
    assert re.findall(r"^(\w+)\) pinned=(\w+) ;;$", printed(*SHELL, *S3), re.M) == [(os.uname().machine, own)]
    both = printed(*SHELL, *S3, "--sha256", f"aarch64={HEX.upper()}")
    assert re.findall(r"^(\w+)\) pinned=(\w+) ;;$", both, re.M) == [("x86_64", own), ("aarch64", HEX)]


def test_a_package_is_pinned_only_when_told(printed):
    assert "pinned" not in printed(*SHELL, "--source", "package:")
    assert f"x86_64) pinned={HEX} ;;" in printed(*SHELL, "--source", "package:", "--sha256", f"x86_64={HEX}")


def test_nobody_is_called_and_no_home_is_needed(cygnet):
    done = cygnet(*SHELL, *S3, *MESH, AWS_EC2_METADATA_SERVICE_ENDPOINT="http://127.0.0.1:1", HOME="/nonexistent")
    assert done.returncode == 0
