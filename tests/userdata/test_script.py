"""The shell script, run in machines of every distribution: what it installs, fetches, checks, writes and starts."""

import re

import pytest

from first_boot import BUCKET, CYGNET, KEY, SHA256

SETTINGS = ("--mesh", "lab", "--registry", "us-east-1")
S3 = f"s3://{BUCKET}/cygnet/{{arch}}/cygnet"
PINNED = ("--sha256", f"x86_64={SHA256}")
DEBIAN = "charon-systemd strongswan-swanctl libstrongswan-standard-plugins nftables chrony"
APT = [f"dpkg-query -W {DEBIAN}", "apt-get update", f"apt-get install -y {DEBIAN}"]
EPEL = "https://dl.fedoraproject.org/pub/epel/epel-release-latest"
SHELLS = [("sh",), ("bash", "--posix"), ("bash",)]


def el(manager, packages, enable):
    return [f"rpm -q {packages}", *enable, f"{manager} install -y {packages}"]


DISTRIBUTIONS = {
    ("debian", "11"): APT, ("debian", "13"): APT, ("ubuntu", "20.04"): APT, ("ubuntu", "24.04"): APT,
    ("rocky", "9.4"): el("dnf", "strongswan nftables chrony", ["dnf install -y epel-release"]),
    ("centos", "10"): el("dnf", "strongswan nftables chrony", ["dnf install -y epel-release"]),
    ("ol", "8.9"): el("dnf", "strongswan nftables chrony", ["dnf install -y oracle-epel-release-el8"]),
    ("rhel", "9.4"): el("dnf", "strongswan nftables chrony",
                        ["rpm -q epel-release", f"dnf install -y {EPEL}-9.noarch.rpm"]),
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
        "make the repositories known", "install strongSwan, firewall and time daemon", "ask the instance metadata",
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
    machine.write("/log", "installed before\n")
    machine.script(script())
    assert machine.log()[1:] == [APT[0], "cygnet bootstrap"]


def test_starter_is_installed_where_it_is_wanted(machine, script):
    machine.script(script("--backend", "ipsec"))
    assert "apt-get install -y strongswan-starter strongswan-charon libstrongswan-standard-plugins nftables chrony" \
        in machine.log()


@pytest.mark.parametrize("release, upgrade", [
    (("debian", "12"), "apt-get upgrade -y --with-new-pkgs -o Dpkg::Options::=--force-confold"),
    (("rocky", "9"), "dnf upgrade -y"), (("centos", "7"), "yum update -y")])
def test_updates_come_first(machine, script, release, upgrade):
    machine.release(*release)
    done = machine.script(script("--upgrade"))
    log = machine.log()
    assert done.returncode == 0 and steps(done)[0] == "install updates"
    assert log.index(upgrade) < min(i for i, line in enumerate(log) if "strongswan" in line)
    assert len(log) == len(set(log)), "the repositories are made known once"


def test_the_cloudwatch_agent_where_it_is_packaged(machine, script):
    machine.release("amzn", "2")
    agent = "/opt/aws/amazon-cloudwatch-agent"
    machine.write(f"{agent}/bin/amazon-cloudwatch-agent-ctl", '#!/bin/sh\necho "agent $*" >>/log\n', 0o755)
    (machine.disk / f"{agent}/etc"[1:]).mkdir()
    done = machine.script(script("--cloudwatch"))
    assert done.returncode == 0, done.stderr
    assert "yum install -y amazon-cloudwatch-agent" in machine.log()
    assert f"agent -a fetch-config -m ec2 -s -c file:{agent}/etc/cygnet.json" in machine.log()
    assert machine.read(f"{agent}/etc/cygnet.json") == (
        '{"logs":{"logs_collected":{"files":{"collect_list":['
        + ",".join(f'{{"file_path":"/var/log/{log}","log_group_name":"/var/log/{log}"}}'
                   for log in ("messages", "secure", "audit/audit.log")) + "]}}}}\n")


def test_and_a_word_where_it_is_not(machine, script):
    done = machine.script(script("--cloudwatch"))
    assert done.returncode == 0
    assert "the CloudWatch agent is not packaged for debian 12, going on without" in steps(done)


def test_locks_and_mirrors_get_their_time(machine, script):
    machine.write("/failures", "apt-get update\n" * 3 + APT[2] + "\n")
    done = machine.script(script())
    assert (done.returncode, machine.log().count("apt-get update")) == (0, 4)


def test_but_not_for_ever(machine, script):
    machine.write("/failures", "apt-get update\n" * 100)
    done = machine.script(script())
    assert (done.returncode, machine.log().count("apt-get update")) == (1, 8)
    assert failure(done) == ["FAILED: make the repositories known (exit code 1)"]


@pytest.mark.parametrize("code, ends, said", [
    (0, 0, "done"), (3, 0, "bootstrap ended with exit code 3; cygnet-sync.timer goes on from there"),
    (4, 0, "bootstrap ended with exit code 4; cygnet-sync.timer goes on from there"),
    (75, 0, "bootstrap ended with exit code 75; cygnet-sync.timer goes on from there"),
    (1, 1, None), (65, 65, None), (69, 69, None), (77, 77, None)])
def test_what_the_timer_mends_is_no_failure(machine, script, code, ends, said):
    machine.write("/exit", str(code))
    done = machine.script(script())
    assert done.returncode == ends
    if said:
        assert steps(done)[-1] == said and failure(done) == []
    else:
        assert failure(done) == [f"FAILED: cygnet bootstrap (exit code {code})"]


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
    assert failure(machine.script(script()))[-1] == f"FAILED: fetch s3://{BUCKET}/{KEY} (exit code 1)"
    assert machine.script(script(source=S3 + "?region=eu-west-1")).returncode == 0


def test_only_the_object_s_permission_is_needed(machine, script, printed):
    policy = machine.world.grant(machine.instance.principal, printed(
        "--format", "iam-policy", "--source", S3, *PINNED, *SETTINGS, "--region", "us-east-1"))
    done = machine.script(script())
    assert done.returncode == 0, done.stderr
    assert (policy.used, policy.denied) == ({"s3:GetObject"}, [])


def test_an_old_curl_leaves_it_to_the_aws_cli(machine, script):
    machine.release("ubuntu", "22.04")
    machine.write("/usr/local/bin/curl", '#!/bin/sh\n[ "$1" = --version ] && echo "curl 7.81.0 (x)" && exit\n'
                  'exec /usr/bin/curl "$@"\n', 0o755)
    machine.write("/aws", f'#!/bin/sh\necho "aws $*" >>/log\nfor last; do :; done\ncp /cygnet.packaged "$last"\n', 0o755)
    machine.write("/usr/bin/apt-get", machine.read("/usr/bin/apt-get").replace(
        "esac", "*awscli) cp /aws /usr/bin/aws ;;\nesac"), 0o755)
    done = machine.script(script())
    assert done.returncode == 0, done.stderr
    assert machine.log()[-3] == "apt-get install -y awscli"
    assert re.fullmatch(rf"aws s3api get-object --region us-east-1 --bucket {BUCKET} --key {KEY} /tmp/[^ ]+/cygnet",
                        machine.log()[-2])


def test_an_old_curl_alone_is_said_to_be_too_old(machine, script):
    machine.release("rocky", "9")
    machine.write("/usr/local/bin/curl", '#!/bin/sh\n[ "$1" = --version ] && echo "curl 7.76.1 (x)" && exit\n'
                  'exec /usr/bin/curl "$@"\n', 0o755)
    assert failure(machine.script(script()))[0] == \
        "curl is too old to sign for S3 and there is no aws CLI: add it to the machine image, or use https"


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
    machine.write("/usr/bin/apt-get", machine.read("/usr/bin/apt-get").replace(
        "esac", "*ca-certificates) echo '#!/bin/sh' >/usr/local/bin/curl; chmod 755 /usr/local/bin/curl ;;\nesac"), 0o755)
    machine.script(script(source="https://example.com/cygnet"))
    assert "apt-get install -y curl ca-certificates" in machine.log()


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
    assert machine.log()[-3:] == ["apt-get update", "apt-get install -y cygnet", "cygnet bootstrap"]


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
