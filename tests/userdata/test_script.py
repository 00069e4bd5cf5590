"""The shell script, run in machines of every distribution: what it installs, fetches, checks, writes and starts."""

import re

import pytest

from first_boot import BUCKET, CYGNET, KEY, SHA256

SETTINGS = ("--mesh", "lab", "--registry", "us-east-1")
S3 = f"s3://{BUCKET}/cygnet/{{arch}}/cygnet"
PINNED = ("--sha256", f"x86_64={SHA256}")
DEBIAN = "charon-systemd strongswan-swanctl libstrongswan-standard-plugins nftables chrony"
WAITS = "-o DPkg::Lock::Timeout=600 -o Dpkg::Options::=--force-confold"
UPDATE = "apt-get update -o APT::Update::Error-Mode=any"
APT = [UPDATE, f"apt-get install -y {WAITS} {DEBIAN}"]
EPEL = "https://dl.fedoraproject.org/pub/epel/epel-release-latest"
SHELLS = [("sh",), ("bash", "--posix"), ("bash",)]


def el(manager, packages, enable):
    return [*enable, f"{manager} install -y {packages}"]


DISTRIBUTIONS = {
    ("debian", "11"): APT, ("debian", "13"): APT, ("ubuntu", "20.04"): APT, ("ubuntu", "24.04"): APT,
    ("rocky", "9.4"): el("dnf", "strongswan nftables chrony", ["dnf install -y epel-release"]),
    ("centos", "10"): el("dnf", "strongswan nftables chrony", ["dnf install -y epel-release"]),
    ("ol", "8.9"): el("dnf", "strongswan nftables chrony", ["dnf install -y oracle-epel-release-el8"]),
    ("rhel", "9.4"): el("dnf", "strongswan nftables chrony",
                        [f"dnf install -y {EPEL}-9.noarch.rpm"]),
    ("centos", "7"): el("yum", "strongswan iptables ntp", ["yum install -y epel-release"]),
    ("amzn", "2"): el("yum", "strongswan iptables chrony", ["amazon-linux-extras install -y epel"]),
    ("amzn", "2023"): el("dnf", "nftables chrony", []),
}


@pytest.fixture
def script(printed):
    def make(*words, source=S3, pinned=PINNED):
        return printed("--format", "shell", "--source", source, *pinned, *SETTINGS, *words)
    return make


def steps(done):
    return [line.removeprefix("cygnet user-data: ") for line in done.stdout.splitlines()
            if line.startswith("cygnet user-data: ")]


def failure(done):
    """What the console's last lines say."""
    return [line.removeprefix("cygnet user-data: ") for line in done.stderr.splitlines()
            if line.startswith("cygnet user-data: ")]


@pytest.mark.parametrize("shell", SHELLS)
def test_a_debian_becomes_a_gateway(machine, script, shell):
    done = machine.script(script(), shell)
    assert done.returncode == 0, done.stderr
    assert steps(done) == [
        "see what signs for S3", "make the repositories known", "install strongSwan, firewall and time daemon", "ask the instance metadata",
        f"fetch s3://{BUCKET}/{KEY}", "check the SHA-256 of cygnet", "install cygnet", "write /etc/cygnet.conf",
        "cygnet bootstrap", "done"]
    assert machine.log() == [*APT, "cygnet bootstrap"]
    assert machine.read("/usr/local/bin/cygnet") == CYGNET.decode()
    assert (machine.disk / "usr/local/bin/cygnet").stat().st_mode & 0o7777 == 0o755
    assert machine.read("/etc/cygnet.conf") == "mesh = lab\nregistry = us-east-1\n"
    assert [(call.action, call.params) for call in machine.world.calls] == [
        ("GetObject", {"Bucket": BUCKET, "Key": KEY})]


@pytest.mark.parametrize("release", DISTRIBUTIONS)
def test_each_distribution_installs_by_its_own_means(machine, script, release):
    machine.release(*release)
    done = machine.script(script())
    assert done.returncode == 0, done.stderr
    assert machine.log() == [*DISTRIBUTIONS[release], "cygnet bootstrap"]
    packaged = release != ("amzn", "2023")
    assert ("no strongSwan is packaged for amzn 2023: the machine image has to have it" in done.stdout) != packaged


def test_a_distribution_that_nobody_knows_has_to_bring_everything(machine, script):
    machine.release("plan9", "4")
    done = machine.script(script("--upgrade"))
    assert (done.returncode, machine.log()) == (1, [])
    assert failure(done) == ["nobody knows how to upgrade 'plan9 4'", "FAILED: install updates (exit code 1)"]
    done = machine.script(script())
    assert (done.returncode, machine.log()) == (0, ["cygnet bootstrap"])


def test_an_image_that_has_everything_asks_no_repository(machine, script):
    machine.write("/installed", DEBIAN.replace(" ", "\n") + "\n")
    machine.script(script())
    assert machine.log() == ["cygnet bootstrap"]


def test_what_was_removed_is_not_there(machine, script):
    """dpkg knows it until it is purged."""
    machine.write("/installed", DEBIAN.replace(" ", "\n").replace("nftables\n", "") + "\n")
    machine.write("/removed", "nftables\n")
    done = machine.script(script())
    assert (done.returncode, machine.log()) == (0, [*APT, "cygnet bootstrap"])


@pytest.mark.parametrize("release", [("centos", "7"), ("rocky", "9"), ("debian", "12")])
def test_what_lacks_is_named(machine, script, release):
    machine.release(*release)
    machine.write("/absent", "strongswan\ncharon-systemd\n")
    done = machine.script(script())
    name = "charon-systemd" if release[0] == "debian" else "strongswan"
    assert done.returncode == 1 and "cygnet bootstrap" not in machine.log()
    said, failed = failure(done)
    assert said.startswith("not all is installed:") and f" {name}" in said
    assert failed == "FAILED: install strongSwan, firewall and time daemon (exit code 1)"
    if release[0] == "centos":
        assert said == "not all is installed: strongswan"


def test_starter_is_installed_where_it_is_wanted(machine, script):
    machine.script(script("--backend", "ipsec"))
    assert f"apt-get install -y {WAITS} strongswan-starter strongswan-charon libstrongswan-standard-plugins " \
        "nftables chrony" in machine.log()


@pytest.mark.parametrize("release, upgrade", [
    (("debian", "12"), f"apt-get upgrade -y --with-new-pkgs {WAITS}"),
    (("rocky", "9"), "dnf upgrade -y"), (("centos", "7"), "yum update -y"),
    (("amzn", "2023"), "dnf upgrade -y --releasever=latest")])
def test_updates_come_first(machine, script, release, upgrade):
    machine.release(*release)
    done = machine.script(script("--upgrade"))
    log = machine.log()
    assert done.returncode == 0
    assert next(step for step in steps(done) if step.startswith(("install", "make"))) == "install updates"
    assert log.index(upgrade) < min(i for i, line in enumerate(log) if "chrony" in line or "ntp" in line)
    assert len(log) == len(set(log)), "the repositories are made known once"


@pytest.mark.parametrize("release, calls", [
    (("amzn", "2"), ["yum install -y amazon-cloudwatch-agent"]),
    (("amzn", "2023"), ["dnf install -y amazon-cloudwatch-agent rsyslog", "systemctl enable --now rsyslog"])])
def test_the_cloudwatch_agent_where_it_is_packaged(machine, script, release, calls):
    machine.release(*release)
    agent = "/opt/aws/amazon-cloudwatch-agent"
    machine.write(f"{agent}/bin/amazon-cloudwatch-agent-ctl", '#!/bin/sh\necho "agent $*" >>/log\n', 0o755)
    (machine.disk / f"{agent}/etc"[1:]).mkdir()
    done = machine.script(script("--cloudwatch"))
    assert done.returncode == 0, done.stderr
    assert machine.log()[-2 - len(calls):-1] == [
        *calls, f"agent -a fetch-config -m ec2 -s -c file:{agent}/etc/cygnet.json"]
    assert machine.read(f"{agent}/etc/cygnet.json") == (
        '{"logs":{"logs_collected":{"files":{"collect_list":['
        + ",".join(f'{{"file_path":"/var/log/{log}","log_group_name":"/var/log/{log}"}}'
                   for log in ("messages", "secure", "audit/audit.log")) + "]}}}}\n")


def test_and_a_word_where_it_is_not(machine, script):
    done = machine.script(script("--cloudwatch"))
    assert done.returncode == 0
    assert "the CloudWatch agent is not packaged for debian 12, going on without" in steps(done)


def test_locks_and_mirrors_get_their_time(machine, script):
    machine.write("/failures", "apt-get update\n" * 12 + "apt-get install\n")
    machine.write("/lock", "600\n")
    done = machine.script(script("--upgrade"))
    assert (done.returncode, machine.log().count(UPDATE)) == (0, 12 + 1 + 1)


def test_lists_that_nobody_could_read_are_read_again(machine, script):
    """By an apt that does not say so."""
    machine.release("ubuntu", "20.04")
    machine.write("/apt-is-old", "")
    machine.write("/failures", "apt-get update\n")
    done = machine.script(script())
    assert (done.returncode, machine.log()) == (0, [*APT, *APT, "cygnet bootstrap"])


def test_updates_that_are_gone_are_looked_up_again(machine, script):
    machine.write("/failures", "apt-get upgrade\n")
    done = machine.script(script("--upgrade"))
    upgrade = f"apt-get upgrade -y --with-new-pkgs {WAITS}"
    assert (done.returncode, machine.log()[:4]) == (0, [UPDATE, upgrade, UPDATE, upgrade])


def test_but_not_for_ever(machine, script):
    machine.write("/failures", "apt-get update\n" * 100)
    done = machine.script(script())
    assert (done.returncode, machine.log().count(UPDATE)) == (1, 16)
    assert failure(done) == ["FAILED: make the repositories known (exit code 1)"]


def test_nor_longer_than_ten_minutes(machine, script):
    """Each sleep lasts four minutes by the uptime, the only thing that a clock that is set does not change."""
    machine.write("/failures", "apt-get update\n" * 100)
    machine.write("/uptime", "7.00 3.50\n")
    machine.write("/usr/bin/sleep", "#!/bin/sh\nread -r now _ </uptime\necho $((${now%.*} + 240)).50 9 >/uptime\n", 0o755)
    machine.write("/user-data", script())
    done = machine.run("sh", "-c", "mount --bind /uptime /proc/uptime && exec sh /user-data")
    assert (done.returncode, machine.log().count(UPDATE)) == (1, 4)


TIMER = "cygnet-sync.timer goes on from there"


@pytest.mark.parametrize("code, ends, said", [
    (0, 0, "done"), (3, 0, f"bootstrap ended with exit code 3; {TIMER}"),
    (4, 0, f"bootstrap ended with exit code 4; {TIMER}"), (75, 0, f"bootstrap ended with exit code 75; {TIMER}"),
    (1, 1, None), (65, 65, None), (69, 69, None), (77, 77, None)])
def test_what_the_timer_mends_is_no_failure(machine, script, code, ends, said):
    machine.write("/exit", f"{code}\n")
    machine.write("/enabled", "cygnet-sync.timer\n")
    done = machine.script(script())
    assert (done.returncode, machine.log().count("cygnet bootstrap")) == (ends, 1)
    if said:
        assert steps(done)[-1] == said and failure(done) == []
    else:
        assert failure(done) == [f"FAILED: cygnet bootstrap (exit code {code})"]


def test_without_a_timer_it_is_tried_again(machine, script):
    machine.write("/exit", "75\n75\n0\n")
    done = machine.script(script())
    assert (done.returncode, machine.log().count("cygnet bootstrap")) == (0, 3)
    assert (steps(done)[-1], failure(done)) == ("done", [])


def test_and_fails_at_last(machine, script):
    machine.write("/exit", "75\n")
    done = machine.script(script())
    assert (done.returncode, machine.log().count("cygnet bootstrap")) == (75, 16)
    assert failure(done) == ["FAILED: cygnet bootstrap (exit code 75)"]


def test_nothing_of_it_stays(machine, script):
    assert machine.script(script()).returncode == 0
    assert list((machine.disk / "tmp").iterdir()) == []


# --- hashes ---

def test_another_binary_is_not_run(machine, script):
    other = "0" * 64
    done = machine.script(script(pinned=("--sha256", f"x86_64={other}")))
    assert done.returncode == 1
    assert failure(done) == [
        f"SHA-256 MISMATCH, not run: the source has {SHA256}, this user-data pins {other}",
        "FAILED: check the SHA-256 of cygnet (exit code 1)"]
    assert "cygnet bootstrap" not in machine.log() and not (machine.disk / "usr/local/bin/cygnet").exists()


def test_an_architecture_without_a_hash_is_not_run(machine, script):
    machine.write("/usr/bin/uname", "#!/bin/sh\necho aarch64\n", 0o755)
    machine.world.put_object("us-east-1", BUCKET, KEY.replace("x86_64", "aarch64"), CYGNET)
    done = machine.script(script())
    assert failure(done)[0] == "no SHA-256 is pinned for aarch64: make this user-data with --sha256 aarch64=..."
    assert "cygnet bootstrap" not in machine.log()
    done = machine.script(script(pinned=(*PINNED, "--sha256", f"aarch64={SHA256}")))
    assert done.returncode == 0, done.stderr
    assert machine.log()[-1] == "cygnet bootstrap"


# --- sources ---

def test_credentials_are_nowhere_to_be_seen(machine, script):
    """Not on the console, and not among the words of any program."""
    for program in ("curl", "sed", "tr"):
        machine.write(f"/usr/local/bin/{program}",
                      f'#!/bin/sh\nprintf "%s\\n" "$@" >>/words\nexec /usr/bin/{program} "$@"\n', 0o755)
    done = machine.script(script())
    assert done.returncode == 0, done.stderr
    keys = machine.world.keyring.of_instance(machine.instance)
    seen = done.stdout + done.stderr + machine.read("/words")
    assert "169.254.169.254" in seen
    assert not [secret for secret in (keys.access_key, keys.secret_key, keys.token) if secret in seen]


def test_the_bucket_of_another_region(machine, script):
    machine.world.buckets.clear()
    machine.world.put_object("eu-west-1", BUCKET, KEY, CYGNET)
    assert failure(machine.script(script())) == [
        "not there (in us-east-1), or not readable by the instance's role",
        f"FAILED: fetch s3://{BUCKET}/{KEY} (exit code 1)"]
    assert machine.script(script(source=S3 + "?region=eu-west-1")).returncode == 0


def test_only_the_object_s_permission_is_needed(machine, script, printed):
    policy = machine.world.grant(machine.instance.principal, printed(
        "--format", "iam-policy", "--source", S3, *SETTINGS, "--region", "us-east-1"))
    done = machine.script(script())
    assert done.returncode == 0, done.stderr
    assert (policy.used, policy.denied) == ({"s3:GetObject"}, [])


OLD_CURL = '#!/bin/sh\n[ "$1" = --version ] && echo "curl 7.%s.1 (x)" && exit\nexec /usr/bin/curl "$@"\n'
AWS_CLI = """#!/bin/sh
cat >/usr/bin/aws <<'end'
#!/bin/sh
echo "aws $*" >>/log
for last; do :; done
cp /cygnet.packaged "$last"
end
chmod 755 /usr/bin/aws
"""


@pytest.mark.parametrize("release, curl, package, install", [
    (("ubuntu", "22.04"), 81, "awscli", f"apt-get install -y {WAITS} awscli"),
    (("rocky", "9.5"), 76, "awscli2", "dnf install -y awscli2")])
def test_an_old_curl_leaves_it_to_the_aws_cli(machine, script, release, curl, package, install):
    machine.release(*release)
    machine.write("/usr/local/bin/curl", OLD_CURL % curl, 0o755)
    machine.write(f"/installs/{package}", AWS_CLI, 0o755)
    done = machine.script(script())
    assert done.returncode == 0, done.stderr
    assert machine.log()[-3] == install
    assert re.fullmatch(rf"aws s3api get-object --region us-east-1 --bucket {BUCKET} --key {KEY} /tmp/[^ ]+/cygnet",
                        machine.log()[-2])


def test_an_aws_cli_that_is_not_there_is_named(machine, script):
    """Enterprise Linux 9 has it since 9.5."""
    machine.release("rocky", "9.4")
    machine.write("/usr/local/bin/curl", OLD_CURL % 76, 0o755)
    machine.write("/absent", "awscli2\n")
    assert failure(machine.script(script())) == [
        "not all is installed: awscli2", "FAILED: install the aws CLI (exit code 1)"]


def test_an_old_curl_alone_is_said_to_be_too_old_before_anything_is_installed(machine, script):
    machine.release("rocky", "8")
    machine.write("/usr/local/bin/curl", OLD_CURL % 61, 0o755)
    done = machine.script(script("--upgrade"))
    assert failure(done) == [
        "curl is too old to sign for S3 and there is no aws CLI: add it to the machine image, or use https",
        "FAILED: see what signs for S3 (exit code 1)"]
    assert machine.log() == []


@pytest.mark.parametrize("version, signs", [("7.87.0", False), ("7.88.1", True), ("8.5.0", True), ("10.1.0", True)])
def test_which_curl_signs(machine, script, version, signs):
    machine.write("/usr/local/bin/curl", f'#!/bin/sh\n[ "$1" = --version ] && echo "curl {version} (x)" && exit\n'
                  'exec /usr/bin/curl "$@"\n', 0o755)
    assert (machine.script(script()).returncode == 0) is signs


def test_https(machine, script):
    """S3 answers what is not signed with 403: that is how far the fake goes."""
    url = f"https://{BUCKET}.s3.us-east-1.amazonaws.com/it's/{{arch}}?a=$(reboot)"
    done = machine.script(script(source=url))
    assert steps(done)[-1] == f"fetch https://{BUCKET}.s3.us-east-1.amazonaws.com/it's/x86_64?a=$(reboot)"
    assert "The requested URL returned error: 403" in done.stderr
    machine.write("/usr/local/bin/curl", '#!/bin/sh\nfor word; do\n[ "$previous" = -o ] && cp /cygnet.packaged "$word"\n'
                  'previous=$word\ndone\n', 0o755)
    done = machine.script(script(source=url))
    assert (done.returncode, machine.log()[-1]) == (0, "cygnet bootstrap")


def test_a_machine_without_curl_gets_it(machine, script):
    (machine.disk / "usr/bin/curl").symlink_to("/nowhere")
    machine.write("/installs/curl", "#!/bin/sh\ninstall /dev/stdin /usr/local/bin/curl <<end\n#!/bin/sh\nend\n", 0o755)
    machine.script(script(source="https://example.com/cygnet"))
    assert f"apt-get install -y {WAITS} curl ca-certificates" in machine.log()


def test_and_where_that_will_be_too_old_the_aws_cli(machine, script):
    machine.release("debian", "11")
    (machine.disk / "usr/bin/curl").symlink_to("/nowhere")
    machine.write("/installs/curl", "#!/bin/sh\ninstall /dev/stdin /usr/local/bin/curl <<end\n#!/bin/sh\nend\n", 0o755)
    machine.write("/installs/awscli", AWS_CLI, 0o755)
    assert machine.script(script()).returncode == 0
    assert f"apt-get install -y {WAITS} awscli" in machine.log()


def test_what_the_image_has(machine, script):
    done = machine.script(script(source="package:", pinned=()))
    assert failure(done)[0] == "there is no cygnet in the machine image"
    machine.write("/usr/bin/cygnet", CYGNET.decode(), 0o755)
    assert machine.script(script(source="package:", pinned=())).returncode == 0
    assert machine.script(script(source="package:")).returncode == 0
    done = machine.script(script(source="package:", pinned=("--sha256", "x86_64=" + "1" * 64)))
    assert failure(done)[0].startswith("SHA-256 MISMATCH, not run: the source has ")


@pytest.fixture
def key(tmp_path):
    key = tmp_path / "key.asc"
    key.write_text("-----BEGIN PGP PUBLIC KEY BLOCK-----\nComment: it's $(reboot) \\n\n\nabc=\n"
                   "-----END PGP PUBLIC KEY BLOCK-----\n")
    return key


def test_an_apt_repository(machine, script, key):
    done = machine.script(script("--repository-key", key, source="apt:https://repo.example/{arch} stable main",
                                 pinned=()))
    assert done.returncode == 0, done.stderr
    assert machine.read("/etc/apt/keyrings/cygnet.asc") == key.read_text()
    assert machine.read("/etc/apt/sources.list.d/cygnet.list") == \
        "deb [signed-by=/etc/apt/keyrings/cygnet.asc] https://repo.example/x86_64 stable main\n"
    assert machine.log()[-3:] == [UPDATE, f"apt-get install -y {WAITS} cygnet", "cygnet bootstrap"]


def test_a_dnf_repository(machine, script, key):
    machine.release("rocky", "9")
    done = machine.script(script("--repository-key", key, source="dnf:https://repo.example/el9/{arch}", pinned=()))
    assert done.returncode == 0, done.stderr
    assert machine.read("/etc/pki/rpm-gpg/RPM-GPG-KEY-cygnet") == key.read_text()
    assert machine.read("/etc/yum.repos.d/cygnet.repo").splitlines() == [
        "[cygnet]", "name=cygnet", "enabled=1", "gpgcheck=1", "gpgkey=file:///etc/pki/rpm-gpg/RPM-GPG-KEY-cygnet",
        "baseurl=https://repo.example/el9/x86_64"]
    assert machine.log()[-2:] == ["dnf install -y cygnet", "cygnet bootstrap"]


def test_a_repository_of_the_other_kind(machine, script, key):
    (machine.disk / "usr/bin/rpm").unlink()
    done = machine.script(script("--repository-key", key, source="dnf:https://repo.example/el9", pinned=()))
    assert failure(done)[0] == "'debian 12' has no rpm"


# --- settings ---

def test_hostile_settings_arrive_as_they_are(machine, script):
    role = "arn:aws:iam::123456789012:role/$(touch${IFS}/pwned)`id`'\";\\n%s/mesh"
    done = machine.script(script("--registry-role", role))
    assert done.returncode == 0, done.stderr
    assert f"registry-role = {role}\n" in machine.read("/etc/cygnet.conf")
    assert not (machine.disk / "pwned").exists()
