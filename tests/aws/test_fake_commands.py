"""Whole programs against the fake: Debian's awscli, and the fake's own stand-alone command."""

import json
import os
import signal
import subprocess
import sys

import pytest
from lab import FOLDER

AWS = "/usr/bin/aws"


@pytest.fixture
def aws(gateway, server, world, tmp_path):
    """aws("ssm", …): the reply of awscli, with credentials from the fake metadata; where it fails, its message."""
    def run(*arguments):
        done = gateway.run([AWS, "--endpoint-url", server.api.url, "--output", "json", *arguments],
                           AWS_DEFAULT_REGION="us-east-1", AWS_RETRY_MODE="standard", AWS_MAX_ATTEMPTS="1",
                           HOME=str(tmp_path), AWS_PAGER="")
        if done.returncode != 0:
            return done.stderr.strip()
        return json.loads(done.stdout) if done.stdout.strip() else None
    return run


def test_awscli_uses_the_parameter_store(aws, world, gateway):
    put = ["ssm", "put-parameter", "--name", "/cygnet/lab/epoch", "--type", "String", "--value"]
    assert aws(*put, "{}")["Version"] == 1
    assert "(ParameterAlreadyExists)" in aws(*put, "{}")
    assert aws("ssm", "get-parameter", "--name", "/cygnet/lab/epoch")["Parameter"]["Value"] == "{}"
    assert {call.instance_id for call in world.calls} == {gateway.instance.id}


def test_awscli_lists_all_pages(aws, world):
    world.faults.empty_pages()
    for n in range(21):
        world.ssm("us-east-1").put(f"/cygnet/lab/{n:02}", "v")
    listed = aws("ssm", "get-parameters-by-path", "--path", "/cygnet", "--recursive")["Parameters"]
    assert [parameter["Name"] for parameter in listed] == [f"/cygnet/lab/{n:02}" for n in range(21)]
    assert len(world.calls) == 6


def test_awscli_modifies_an_interface(aws, gateway):
    interface = gateway.instance.interface
    assert aws("ec2", "modify-network-interface-attribute", "--network-interface-id", interface.id,
               "--no-source-dest-check") is None
    assert interface.source_dest_check is False
    shown = aws("ec2", "describe-network-interface-attribute", "--network-interface-id", interface.id,
                "--attribute", "sourceDestCheck")
    assert shown["SourceDestCheck"] == {"Value": False}
    assert "(DryRunOperation)" in aws("ec2", "modify-network-interface-attribute", "--source-dest-check", "--dry-run",
                                      "--network-interface-id", interface.id)


def test_awscli_describes(aws, gateway, world):
    instances = aws("ec2", "describe-instances", "--filters", "Name=tag:cygnet:mesh,Values=lab")
    assert instances["Reservations"][0]["Instances"][0]["InstanceId"] == gateway.instance.id
    assert aws("ec2", "describe-addresses")["Addresses"][0]["AllocationId"] == world.address.id


def standalone(*arguments):
    """The command line of the stand-alone fake, and how to run it."""
    return [sys.executable, "-m", "fakeaws", *arguments], {
        "env": {**os.environ, "PYTHONPATH": str(FOLDER)}, "text": True,
        "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}


def test_a_command_runs_in_a_world_of_a_file(tmp_path):
    command, options = standalone("--example")
    document = json.loads(subprocess.run(command, **options).stdout)
    launched = document["vpcs"][0]["subnets"][0]["instances"]
    launched.append({"name": "second", "private_ip": "172.16.1.11", "role": "other"})
    (tmp_path / "world.json").write_text(json.dumps(document))
    script = 'exec "$0" --endpoint-url "$AWS_ENDPOINT_URL_SSM" --region us-east-1 ssm get-parameters --names "$1"'
    command, options = standalone("--world", str(tmp_path / "world.json"), "--as", "second", "--calls", "--",
                                  "sh", "-c", script, AWS, "/cygnet/demo/epoch")
    done = subprocess.run(command, **options)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["Parameters"][0]["Value"] == "{}"
    assert "us-east-1 ssm GetParameters 200" in done.stderr


def test_the_command_ends_with_the_exit_code_of_its_command():
    command, options = standalone("--", "sh", "-c", "exit 7")
    assert subprocess.run(command, **options).returncode == 7


def test_a_world_with_an_unknown_key_is_refused(tmp_path):
    (tmp_path / "world.json").write_text('{"vpcs": [], "vpsc": []}')
    command, options = standalone("--world", str(tmp_path / "world.json"))
    done = subprocess.run(command, **options)
    assert done.returncode != 0 and "vpsc" in done.stderr


def test_it_serves_until_it_is_stopped():
    command, options = standalone()
    with subprocess.Popen(command, **options) as serving:
        lines = [serving.stdout.readline() for _ in range(7)]
        assert lines[-1] == f"# serving; kill {serving.pid} to stop\n"
        describe = '"$0" --endpoint-url "$AWS_ENDPOINT_URL_EC2" --region us-east-1 ec2 describe-instances'
        script = "".join(lines) + describe
        described = subprocess.run(["sh", "-c", script, AWS], capture_output=True, text=True, check=True).stdout
        assert len(json.loads(described)["Reservations"]) == 1
        serving.send_signal(signal.SIGTERM)
        assert serving.wait(5) == 0
