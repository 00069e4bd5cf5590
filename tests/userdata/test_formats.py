"""What cloud-init, EC2 and CloudFormation make of each format: their own validation, and cloud-init's stages in a
machine that has the user-data from its metadata.
"""

import base64
import email
import email.mime.text
import json
import re
import subprocess

import botocore.session
import botocore.validate
import pytest
import yaml

from first_boot import BUCKET, SHA256

S3 = f"s3://{BUCKET}/cygnet/{{arch}}/cygnet"
SETTINGS = ("--mesh", "lab", "--registry", "us-east-1", "--site", "berlin", "--mss", "1300")
CONF = "mesh = lab\nregistry = us-east-1\nsite = berlin\nmss = 1300\n"
COMMON = ("--source", S3, "--sha256", f"x86_64={SHA256}", *SETTINGS)
MACHINE = ("--ami", "ami-0123456789abcdef0", "--group", "sg-0123456789abcdef0", "--profile", "gateways")
# Every format of user-data, with what it needs besides a source and settings.
FORMATS = {"shell": (), "cloud-config": (), "mime": (), "launch-template": MACHINE, "cloudformation": ()}
HEADER, LIMIT = "Content-Type: multipart/mixed", 16384

# cloud-init as an image has it, but for modules that would look at hardware.
CLOUD_CFG = {
    "datasource_list": ["Ec2", "None"], "locale": False,
    "cloud_init_modules": ["write-files"], "cloud_config_modules": ["runcmd"], "cloud_final_modules": ["scripts-user"],
    "output": {"all": "| tee -a /var/log/cloud-init-output.log"},
}
STAGES = (("init", "--local"), ("init",), ("modules", "--mode=config"), ("modules", "--mode=final"))


def plural(words):
    return [(name, *words) for name in ("shell", "cloud-config", "mime")]


@pytest.fixture
def key(tmp_path):
    key = tmp_path / "key.asc"
    key.write_text("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nabc=\n-----END PGP PUBLIC KEY BLOCK-----\n")
    return key


@pytest.fixture(params=["s3", "https", "package", "apt", "dnf"])
def every_source(request, key):
    """Each kind of source, with each thing that the script may do."""
    return {
        "s3": ("--source", S3), "https": ("--source", "https://dl.example/it's/{arch}?a=b&c=$d"),
        "package": ("--source", "package:", "--sha256", "aarch64=" + "a" * 64),
        "apt": ("--source", "apt:https://repo.example/debian bookworm main", "--repository-key", key),
        "dnf": ("--source", "dnf:https://repo.example/{arch}", "--repository-key", key),
    }[request.param]


# --- the script as its checkers see it ---

@pytest.mark.parametrize("extras", [(), ("--upgrade", "--cloudwatch", "--backend", "ipsec", *SETTINGS)])
def test_shells_and_shellcheck_have_nothing_to_say(printed, tmp_path, every_source, extras):
    script = tmp_path / "script"
    script.write_text(printed("--format", "shell", *every_source, *extras))
    for checker in (["shellcheck", "--shell=sh"], ["shellcheck", "--shell=dash"], ["dash", "-n"], ["bash", "-n"]):
        done = subprocess.run([*checker, script], capture_output=True, text=True)
        assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize("name", ["shell", "cloud-config", "mime"])
def test_it_is_plain_text_in_lines(printed, name, every_source):
    text = printed("--format", name, *every_source, *SETTINGS, "--upgrade", "--cloudwatch")
    assert re.fullmatch(r"([\t -~]*\n)+", text)


# --- cloud-init ---

def test_cloud_config_passes_the_schema(machine, printed, every_source):
    machine.write("/user-data", printed("--format", "cloud-config", *every_source, *SETTINGS))
    done = machine.run("cloud-init", "schema", "--config-file", "/user-data")
    assert (done.returncode, done.stdout) == (0, "Valid cloud-config: /user-data\n"), done.stderr


def test_mime_is_the_script_alone(printed):
    message = email.message_from_string(printed("--format", "mime", *COMMON))
    script, = message.get_payload()
    assert script.get_content_type() == "text/x-shellscript"
    assert script.get_payload() == printed("--format", "shell", *COMMON)


def test_cloud_config_holds_script_and_settings(printed):
    document = yaml.safe_load(printed("--format", "cloud-config", *COMMON))
    settings, script = document["write_files"]
    assert settings == {"path": "/etc/cygnet.conf", "permissions": "0644", "content": CONF}
    assert (script["path"], script["permissions"]) == ("/run/cygnet-userdata.sh", "0700")
    assert script["content"] == printed("--format", "shell", *[word for word in COMMON if word not in SETTINGS])
    assert document["runcmd"] == [["/bin/sh", "/run/cygnet-userdata.sh"]]


def boot(machine, text):
    """All of cloud-init's stages; what the console would show."""
    machine.instance.user_data = text
    machine.write("/etc/cloud/cloud.cfg.d/99_test.cfg", json.dumps(CLOUD_CFG))
    stages = "; ".join(f"cloud-init {' '.join(stage)}" for stage in STAGES)
    return machine.run("sh", "-c", f"{stages}; cloud-init status --long").stdout


@pytest.mark.parametrize("name", ["shell", "cloud-config", "mime"])
def test_cloud_init_runs_it(machine, printed, name):
    console = boot(machine, printed("--format", name, *COMMON))
    assert "DataSourceEc2" in console and "status: done" in console, console
    assert machine.read("/etc/cygnet.conf") == CONF
    assert machine.log()[-1] == "cygnet bootstrap"
    assert console.splitlines().count("cygnet user-data: done") == 1


OWN = """#cloud-config
write_files:
- path: /etc/own
  content: mine
runcmd:
- [touch, /ran]
"""


@pytest.mark.parametrize("place", ["before", "behind"])
def test_parts_of_one_s_own_leave_ours_whole(machine, printed, place):
    """Of two parts that write files cloud-init takes one's."""
    message = email.message_from_string(printed("--format", "mime", *COMMON))
    own = email.mime.text.MIMEText(OWN, "cloud-config", "us-ascii")
    message.set_payload([own, *message.get_payload()] if place == "before" else [*message.get_payload(), own])
    console = boot(machine, message.as_string())
    assert "status: done" in console, console
    assert (machine.read("/etc/cygnet.conf"), machine.read("/etc/own")) == (CONF, "mine")
    assert machine.log()[-1] == "cygnet bootstrap" and (machine.disk / "ran").exists()


@pytest.mark.parametrize("name", ["shell", "cloud-config", "mime"])
def test_cloud_init_tells_of_a_failure(machine, printed, name):
    words = [word.replace(SHA256, "0" * 64) for word in COMMON]
    console = boot(machine, printed("--format", name, *words))
    assert f"cygnet user-data: SHA-256 MISMATCH, not run: the source has {SHA256}" in console
    assert "status: error" in console
    assert "cygnet bootstrap" not in machine.log()


# --- the limit ---

def ranges(count):
    return ",".join(f"10.{i // 256}.{i % 256}.0/24" for i in range(count))


@pytest.mark.parametrize("name", FORMATS)
def test_what_ec2_would_not_take_is_refused(cygnet, key, name):
    key.write_text("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n" + ("a" * 64 + "\n") * 200)
    words = ("--source", "dnf:https://repo.example/el9", "--repository-key", key, *SETTINGS, *FORMATS[name])
    done = cygnet("--format", name, *words)
    assert (done.returncode, done.stdout) == (65, "")
    size = int(re.match(r"cygnet userdata: user-data: user-data has (\d+) bytes, and EC2 takes 16384 before base64\n",
                        done.stderr)[1])
    assert size > LIMIT


def test_the_limit_is_a_byte_s(cygnet, key):
    def size(comment):
        key.write_text(f"-----BEGIN PGP PUBLIC KEY BLOCK-----\n{'c' * comment}\n")
        done = cygnet("--format", "shell", "--source", "dnf:https://repo.example/el9", "--repository-key", key)
        return len(done.stdout) if done.returncode == 0 else None
    left = LIMIT - size(0)
    assert (size(left), size(left + 1)) == (LIMIT, None)


def test_sizes(printed, tell):
    """Told, for whoever reads the log."""
    sizes = {name: len(printed("--format", name, *COMMON, "--upgrade", "--cloudwatch", *words))
             for name, words in FORMATS.items()}
    tell("bytes of each format: " + ", ".join(f"{name} {size}" for name, size in sizes.items()))
    assert max(sizes[name] for name in ("shell", "cloud-config", "mime")) < LIMIT * 3 // 4, "settings need room"


# --- the launch template ---

def validate(service, operation, params):
    model = botocore.session.get_session().get_service_model(service).operation_model(operation)
    report = botocore.validate.ParamValidator().validate(params, model.input_shape)
    assert not report.has_errors(), report.generate_report()


def test_the_launch_template(printed):
    data = json.loads(printed("--format", "launch-template", *COMMON, *MACHINE))
    validate("ec2", "CreateLaunchTemplate", {"LaunchTemplateName": "gateway", "LaunchTemplateData": data})
    assert data["MetadataOptions"] == {"HttpEndpoint": "enabled", "HttpTokens": "required",
                                       "HttpPutResponseHopLimit": 1, "InstanceMetadataTags": "enabled"}
    assert (data["ImageId"], data["InstanceType"]) == ("ami-0123456789abcdef0", "t3.small")
    assert data["IamInstanceProfile"] == {"Name": "gateways"}
    assert data["NetworkInterfaces"] == [{"DeviceIndex": 0, "AssociatePublicIpAddress": True,
                                          "DeleteOnTermination": True, "Groups": ["sg-0123456789abcdef0"]}]
    tags = [{"Key": "Name", "Value": "cygnet lab"}, {"Key": "cygnet:mesh", "Value": "lab"},
            {"Key": "cygnet:site", "Value": "berlin"}]
    assert data["TagSpecifications"] == [{"ResourceType": kind, "Tags": tags}
                                         for kind in ("instance", "network-interface")]
    assert base64.b64decode(data["UserData"], validate=True).decode() == printed("--format", "shell", *COMMON)


def test_a_vpc_with_endpoints_needs_no_public_address(cygnet):
    done = cygnet("--format", "launch-template", *COMMON, *MACHINE, "--endpoints", "--type", "c7gn.large")
    assert done.stderr == (
        "warning: endpoints answer for their own region alone: elsewhere than in the registry's ('us-east-1') the gateway "
        "needs a way there, by NAT or by an endpoint across regions\n")
    data = json.loads(done.stdout)
    assert data["NetworkInterfaces"][0]["AssociatePublicIpAddress"] is False
    assert data["InstanceType"] == "c7gn.large"


@pytest.mark.parametrize("option", ["--ami", "--group", "--profile"])
def test_what_a_launch_template_lacks_is_named(cygnet, option):
    words = list(MACHINE)
    at = words.index(option)
    del words[at:at + 2]
    done = cygnet("--format", "launch-template", *COMMON, *words)
    assert done.returncode == 64
    assert f"--format launch-template needs {option}, as in '{option} " in done.stderr


def test_a_launch_template_needs_a_mesh_for_its_tags(cygnet):
    done = cygnet("--format", "launch-template", "--source", S3, *MACHINE)
    assert done.returncode == 65 and "remedy: give --mesh" in done.stderr
