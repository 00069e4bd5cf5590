"""The CloudFormation template: every function of it resolves, EC2 and Auto Scaling would take what comes out, and a
gateway that gets just this settles in.
"""

import base64
import json

import botocore.session
import botocore.validate
import pytest

import records
from cloudformation import Stack
from fakeaws.iam import Policy
from fakeaws.scaling import Hook

REGION, ACCOUNT = "us-east-1", "111122223333"
PUBLIC = "203.0.113.10"
SOURCE = ("--source", "s3://binaries/{arch}/cygnet", "--sha256", "x86_64=" + "a" * 64)
PEER = records.record("berlin", 1)
PSEUDO = {"AWS::Region": REGION, "AWS::AccountId": ACCOUNT, "AWS::Partition": "aws", "AWS::StackName": "gateways",
          "AWS::URLSuffix": "amazonaws.com"}
VALUES = {"Vpc": "vpc-1", "Subnets": "subnet-1,subnet-2", "RouteTables": "rtb-1,rtb-2", "Image": "ami-1",
          "Mesh": "lab", "Registry": REGION}


@pytest.fixture
def template(gateway):
    def make(*words):
        done = gateway.cygnet("userdata", "--format", "cloudformation", *SOURCE, *words)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)
    return make


def deploy(template, values=VALUES, **pseudo):
    made = {"Address": PUBLIC, "Group": "sg-1", "Role": "gateways-Role-1", "Profile": "gateways-Profile-1",
            "Launch": "lt-1", "Gateways": "gateways"}
    attributes = {("Address", "AllocationId"): "eipalloc-1", ("Group", "GroupId"): "sg-1",
                  ("Profile", "Arn"): "arn:aws:iam::111122223333:instance-profile/p", ("Launch", "LatestVersionNumber"): "1"}
    return Stack(template, values, {**PSEUDO, **pseudo}, made, attributes)


def userdata_of(text):
    return json.loads(text)["Resources"]["Launch"]["Properties"]["LaunchTemplateData"]["UserData"]["Fn::Base64"]


def tags_of(stack, kind="instance"):
    specifications = stack.resources["Launch"]["LaunchTemplateData"]["TagSpecifications"]
    tags, = (one["Tags"] for one in specifications if one["ResourceType"] == kind)
    assert len({tag["Key"] for tag in tags}) == len(tags)
    return {tag["Key"]: tag["Value"] for tag in tags}


def validate(service, operation, params):
    model = botocore.session.get_session().get_service_model(service).operation_model(operation)
    report = botocore.validate.ParamValidator().validate(params, model.input_shape)
    assert not report.has_errors(), report.generate_report()


def test_everything_resolves_in_an_order(template):
    stack = deploy(template("--cloudwatch", "--mss", "1300"))
    assert set(stack.order()) == {"Address", "Group", "Role", "Profile", "Launch", "Gateways"}
    assert stack.outputs == {"Address": PUBLIC}


def test_services_would_take_it(template):
    stack = deploy(template())
    data = stack.resources["Launch"]["LaunchTemplateData"]
    validate("ec2", "CreateLaunchTemplate", {"LaunchTemplateName": "gateways", "LaunchTemplateData": data})
    assert data["MetadataOptions"]["HttpTokens"] == "required"
    scaling = dict(stack.resources["Gateways"])
    validate("autoscaling", "CreateAutoScalingGroup", {
        **scaling, "MinSize": int(scaling["MinSize"]), "MaxSize": int(scaling["MaxSize"]),
        "DesiredCapacity": int(scaling["DesiredCapacity"]), "VPCZoneIdentifier": ",".join(scaling["VPCZoneIdentifier"])})
    assert (scaling["MinSize"], scaling["MaxSize"], scaling["DesiredCapacity"]) == ("1", "1", "1")
    hook, = scaling["LifecycleHookSpecificationList"]
    assert (hook["LifecycleTransition"], hook["DefaultResult"]) == ("autoscaling:EC2_INSTANCE_LAUNCHING", "ABANDON")
    assert template()["Resources"]["Gateways"]["UpdatePolicy"] == {"AutoScalingRollingUpdate": {
        "MinInstancesInService": 0, "MaxBatchSize": 1, "SuspendProcesses": [
            "HealthCheck", "ReplaceUnhealthy", "AZRebalance", "AlarmNotification", "ScheduledActions"]}}
    role = stack.resources["Role"]
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": "ec2.amazonaws.com"}
    assert "ManagedPolicyArns" not in role
    validate("ec2", "CreateTags", {"Resources": ["sg-1"], "Tags": stack.resources["Group"]["Tags"]})


def test_the_role_has_the_policy_of_these_settings(template, gateway):
    policy = deploy(template()).resources["Role"]["Policies"][0]["PolicyDocument"]
    Policy(policy)
    printed = json.loads(gateway.cygnet(
        "userdata", "--format", "iam-policy", *SOURCE[:2], "--mesh", "lab", "--registry", REGION, "--region", REGION,
        "--account", ACCOUNT, "--scaling-group", "gateways", "--address", "eipalloc-01234567",
        "--routes", "rtb-01234567", "--security-group", "manage", "--lifecycle-hook", "cygnet-launch").stdout)
    text = json.dumps(printed).replace("eipalloc-01234567", "eipalloc-1").replace('["rtb-01234567"]', '["rtb-1", "rtb-2"]')
    assert json.dumps(policy) == text.replace("/sites/e/", "/sites/?/").replace(
        records.name("us-east-1").removeprefix("/cygnet/lab"), "/sites/?/us-east-1")


def test_the_agent_s_policy_comes_with_the_agent(template):
    assert deploy(template("--cloudwatch")).resources["Role"]["ManagedPolicyArns"] == [
        "arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy"]


def test_tags_carry_the_settings(template):
    assert tags_of(deploy(template())) == tags_of(deploy(template()), "network-interface") == {
        "Name": "cygnet lab", "cygnet:mesh": "lab", "cygnet:site": "us-east-1", "cygnet:registry": REGION,
        "cygnet:address": "eipalloc-1", "cygnet:routes": "rtb-1 rtb-2", "cygnet:security-group": "manage",
        "cygnet:lifecycle-hook": "cygnet-launch"}
    assert tags_of(deploy(template(), {**VALUES, "Site": "berlin"}))["cygnet:site"] == "berlin"


def test_what_was_given_becomes_a_default_and_the_rest_is_in_the_user_data(template):
    stack = deploy(template("--mesh", "prod", "--registry", "eu-west-1", "--site", "paris", "--ami", "ami-01234567",
                            "--type", "c7gn.large", "--mss", "1300", "--prefix", "net"),
                   {key: VALUES[key] for key in ("Vpc", "Subnets", "RouteTables")})
    tags, data = tags_of(stack), stack.resources["Launch"]["LaunchTemplateData"]
    assert (tags["cygnet:mesh"], tags["cygnet:registry"], tags["cygnet:site"]) == ("prod", "eu-west-1", "paris")
    assert (data["ImageId"], data["InstanceType"]) == ("ami-01234567", "c7gn.large")
    script = base64.b64decode(data["UserData"]).decode()
    assert "'prefix = net' \\\n\t'mss = 1300'\n" in script and "'mesh = " not in script
    policy = json.dumps(stack.resources["Role"])
    assert "parameter/net/prod/acks/paris" in policy and "/cygnet/" not in policy


@pytest.mark.parametrize("key, value", [("address", "tag"), ("routes", "all"), ("security-group", "audit"),
                                        ("lifecycle-hook", "mine")])
def test_what_the_stack_makes_cannot_be_set(gateway, key, value):
    done = gateway.cygnet("userdata", "--format", "cloudformation", *SOURCE, f"--{key}", value)
    assert (done.returncode, done.stdout) == (65, "")
    assert done.stderr.startswith(
        f"cygnet userdata: user-data: setting '{key}' (--{key}): the stack sets it itself\n")


def test_a_zone_s_stack_has_to_be_named(gateway):
    done = gateway.cygnet("userdata", "--format", "cloudformation", *SOURCE, "--scope", "az")
    assert done.returncode == 65 and "the stack of a zone needs 'site' as well" in done.stderr


@pytest.mark.parametrize("values", [{"Mesh": "No"}, {"Mesh": ""}, {"RouteTables": ""}, {"RouteTables": "rtb-1,main"},
                                    {"LoginRange": "everywhere"}])
def test_parameters_are_checked(template, values):
    with pytest.raises(ValueError):
        deploy(template(), {**VALUES, **values})


def test_nobody_logs_in_unless_told(template):
    assert "SecurityGroupIngress" not in deploy(template()).resources["Group"]
    login = deploy(template(), {**VALUES, "LoginRange": "192.0.2.0/24"}).resources["Group"]["SecurityGroupIngress"]
    assert login == [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "192.0.2.0/24"}]


def test_other_partitions(template):
    stack = deploy(template(), {**VALUES, "Registry": "cn-north-1"}, **{
        "AWS::Region": "cn-north-1", "AWS::Partition": "aws-cn", "AWS::URLSuffix": "amazonaws.com.cn"})
    assert "arn:aws:" not in json.dumps(stack.resources["Role"])


def test_it_is_what_cloudformation_takes_at_once(gateway, tmp_path):
    """With user-data as long as EC2 takes it, of characters that JSON escapes, and long names."""
    key = tmp_path / "key.asc"
    words = ("--source", "dnf:https://repo.example/el9", "--repository-key", key, "--prefix", "p" * 64,
             "--registry-role", f"arn:aws:iam::{ACCOUNT}:role/" + '"' * 500 + "/" + "r" * 64)

    def make(quotes):
        key.write_text("-----BEGIN PGP PUBLIC KEY BLOCK-----\n" + '"' * quotes + "\n")
        return gateway.cygnet("userdata", "--format", "cloudformation", *words)
    fits = 16384 - len(userdata_of(make(0).stdout))
    assert make(fits + 1).returncode == 65 and len(userdata_of(make(fits).stdout)) == 16384
    assert 44000 < len(make(fits).stdout) < 51200


def test_a_gateway_of_the_stack_settles_in(template, live, world):
    """With its tags, its Elastic IP, its group, its hook and its policy, and nothing else."""
    group, table, instance = world.vpc.default_group, world.vpc.main_table, live.instance
    made = {"Address": PUBLIC, "Group": group.id, "Role": "gateway", "Profile": "p", "Launch": "lt-1", "Gateways": "g"}
    attributes = {("Address", "AllocationId"): world.address.id, ("Group", "GroupId"): group.id,
                  ("Profile", "Arn"): "arn", ("Launch", "LatestVersionNumber"): "1"}
    stack = Stack(template(), {**VALUES, "Vpc": world.vpc.id, "RouteTables": table.id}, PSEUDO, made, attributes)
    instance.tags = tags_of(stack) | {"cygnet:key-bits": "3072", "cygnet:tunnel-wait": "1s"}
    instance.interface.tags = tags_of(stack, "network-interface")
    group.tags = {tag["Key"]: tag["Value"] for tag in stack.resources["Group"]["Tags"]}
    group.rules[:] = [rule for rule in group.rules if rule.egress]
    world.ssm(REGION).put(records.name("berlin"), json.dumps(PEER))
    live.loads(PEER)
    world.disassociate(world.address)
    instance.interface.assigned_ip = "203.0.113.77"
    hook = stack.resources["Gateways"]["LifecycleHookSpecificationList"][0]
    member = world.join(world.add_scaling_group(REGION, "gateways", [Hook(hook["LifecycleHookName"])]), instance)
    policy = world.grant(instance.principal, stack.resources["Role"]["Policies"][0]["PolicyDocument"])

    done = live.cygnet("bootstrap")
    assert (done.returncode, policy.denied) == (4, []), done.stderr
    assert member.state == "InService"
    assert world.address.interface is instance.interface
    assert table.routes[PEER["subnets"][0]].interface is instance.interface
    assert {(rule.protocol, rule.cidr) for rule in group.ingress} >= {("udp", PEER["address"] + "/32"),
                                                                      ("-1", PEER["subnets"][0])}
