"""Every command under exactly the policy that `cygnet userdata` prints for its settings: no call is
denied, no statement grants an action that nobody uses, and no command makes a call that the table
of permissions does not have.
"""

import json
import secrets

import pytest
from botocore.exceptions import ClientError

import records
from fakeaws.scaling import Hook
from live import CHARON_UNIT

DONE, STEP, ALL_DOWN, USAGE, CONFIG, DENIED = 0, 1, 4, 64, 65, 77
REGION, ACCOUNT, REGISTRY_ACCOUNT = "us-east-1", "111122223333", "444455556666"
PUBLIC = "203.0.113.10"
OWN = records.name("us-east-1")
EPOCH = "/cygnet/lab/epoch"
PEERS = {name: records.record(name, number) for number, name in enumerate(("berlin", "paris"), 1)}
LEFT = 10   # sites that were: with the peers' records more than a page of the registry
RECENT = "run/cygnet/recent.json"

# Of the table's actions none is left out by all of these together.
VARIANTS = {
    "plain": {"routes": "none", "security-group": "none"},
    "audited": {"routes": "none", "security-group": "audit"},
    "by id": {"address": "{allocation}", "routes": "{table}", "security-group": "manage",
              "lifecycle-hook": "launch", "unhealthy-after": "10m"},
    "by tag": {"address": "tag", "routes": "tagged", "security-group": "manage"},
    "by address": {"address": PUBLIC, "routes": "all", "security-group": "manage"},
    "zone": {"scope": "az", "site": "us-east-1", "routes": "tagged", "security-group": "none"},
    "other account": {"registry-role": "{role}", "routes": "none", "security-group": "none"},
}


class Gateway:
    """A live gateway with the settings of a variant, as tags, and the policies for just these."""

    def __init__(self, live, world, settings):
        self.live = live
        self.world = world
        self.settings = settings
        self.policies = []
        self.called = {}

    def policy(self, form, principal, *words):
        done = self.live.cygnet("userdata", "--format", form, "--mesh", "lab", "--registry", REGION, *words,
                                *[word for key, value in self.settings.items() for word in (f"--{key}", value)])
        assert done.returncode == DONE, done.stderr
        self.policies.append(self.world.grant(principal, done.stdout))
        return self.policies[-1]

    def run(self, command, *words, codes=(DONE, ALL_DOWN)):
        mark = self.world.mark()
        done = self.live.cygnet(command, *words)
        self.called.setdefault(command, set()).update(
            f"{call.service}:{call.action}" for call in self.world.calls_since(mark))
        assert done.returncode in codes, done.stderr
        assert [policy.denied for policy in self.policies if policy.denied] == [], done.stderr
        return done


@pytest.fixture
def gateway_of(live, world):
    """gateway_of(settings): the gateway takes the place of one that had its address, its routes and a stale one."""
    def make(settings):
        table, role = world.vpc.main_table, world.add_role(
            "registry", [live.instance.principal], account=REGISTRY_ACCOUNT)
        here = {"allocation": world.address.id, "table": table.id, "role": role.arn}
        settings = {key: value.format(**here) for key, value in settings.items()}
        interface, group = live.instance.interface, world.vpc.default_group
        for thing in (interface, live.instance, world.address, table, group):
            thing.tags |= {"cygnet:mesh": "lab", "cygnet:site": "us-east-1"}
        live.instance.tags |= {"cygnet:key-bits": "3072", "cygnet:tunnel-wait": "1s", "cygnet:interval": "5s"}
        live.instance.tags |= {f"cygnet:{key}": value for key, value in settings.items()}
        group.rules[:] = [rule for rule in group.rules if rule.egress]
        store = world.ssm(REGION, REGISTRY_ACCOUNT if "registry-role" in settings else ACCOUNT)
        for name, record in PEERS.items():
            store.put(records.name(name), json.dumps(record))
            live.loads(record, [world.subnet.cidr] if "scope" in settings else world.vpc.cidrs)
        for number in range(LEFT):
            name = f"left-{number}"
            store.put(records.name(name), records.text(name, 100 + number, left=True))
        _fill_by_another(live, world, store, "address" in settings)
        gateway = Gateway(live, world, settings)
        gateway.role, gateway.store = role, store
        return gateway
    return make


def _fill_by_another(live, world, store, has_address):
    """The site's record is of an instance that is still there, and has one of its routes and perhaps its Elastic IP."""
    old = world.launch(world.subnet, "172.16.1.99", tags={"cygnet:mesh": "lab"})
    old.interface.tags["cygnet:mesh"] = "lab"
    if has_address:
        world.associate(world.address, old.interface)
        live.instance.interface.assigned_ip = "203.0.113.77"
    world.put_route(world.vpc.main_table, PEERS["paris"]["subnets"][0], old.interface)
    store.put(OWN, json.dumps(records.record("us-east-1", 9, instance=old.id, account=ACCOUNT, region=REGION,
                                             vpc=world.vpc.id, zone="us-east-1a", subnets=["172.16.0.0/16"],
                                             address=PUBLIC)))


def announce(gateway, site, number):
    """The site offers one more key, and tells the mesh of it."""
    record = records.record(site, number)
    record["keys"].append(records.record(site, 50 + number)["keys"][0] | {"state": "next"})
    version = gateway.store.put(records.name(site), json.dumps(record)).number
    news = {"site": site, "version": version, "random": secrets.token_hex(16)}
    gateway.store.put(EPOCH, json.dumps(news))


def table(live):
    """The table that is printed: {command: {action}}."""
    done = live.cygnet("userdata", "--format", "permissions")
    head, *rows = [line.split() for line in done.stdout.splitlines()]
    return {command: {row[0] for row in rows if row[column] == "x"}
            for column, command in enumerate(head) if column > 0}


def lose_charon(gateway):
    """For longer than the group is to bear it."""
    gateway.live.charon.down()
    gateway.live.set_unit(CHARON_UNIT, active=False, broken=True)
    gateway.run("sync", codes=(STEP,))
    path = gateway.live.root / RECENT
    path.write_text(json.dumps(json.loads(path.read_text()) | {"charon_lost_ms": 1}))
    gateway.run("sync", codes=(STEP,))
    gateway.live.set_unit(CHARON_UNIT, active=True, broken=False)
    gateway.live.charon.up()


@pytest.mark.parametrize("variant", VARIANTS)
def test_commands_have_what_they_need_and_nothing_else(gateway_of, world, live, variant):
    gateway = gateway_of(VARIANTS[variant])
    if "lifecycle-hook" in gateway.settings:
        world.join(world.add_scaling_group(REGION, "gateways", [Hook("launch")]), live.instance)
        live.instance.tags["cygnet:tunnel-wait"] = "12s"    # its first heartbeat is due after 10 s
    gateway.policy("iam-policy", live.instance.principal, "--region", REGION, "--account", ACCOUNT,
                   "--vpc", world.vpc.id, "--scaling-group", "gateways")
    if "registry-role" in gateway.settings:
        gateway.policy("registry-policy", gateway.role.arn, "--region", REGION)
    gateway.run("plan", codes=(2,))
    gateway.run("bootstrap")
    gateway.run("sync")
    for number, site in enumerate(PEERS, 1):
        announce(gateway, site, number)
    gateway.run("sync")
    gateway.run("rekey")
    if "unhealthy-after" in gateway.settings:
        lose_charon(gateway)
    gateway.run("leave")

    for policy in gateway.policies:
        assert policy.unused == []
    permitted = table(live)
    for command, called in gateway.called.items():
        assert called <= permitted[command], f"{command} is not known to call {sorted(called - permitted[command])}"


def test_the_variants_leave_no_action_of_the_table_out(gateway):
    words = [["--mesh", "lab", "--registry", REGION, "--region", REGION, "--vpc", "vpc-01234567",
              "--scaling-group", "gateways", *[word for key, value in settings.items() for word in (
                  f"--{key}", value.format(allocation="eipalloc-01234567", table="rtb-01234567",
                                           role=f"arn:aws:iam::{REGISTRY_ACCOUNT}:role/registry"))]]
             for settings in VARIANTS.values()]
    named = {action for each in words for statement in json.loads(
        gateway.cygnet("userdata", "--format", "iam-policy", *each).stdout)["Statement"] for action in statement["Action"]}
    text = gateway.cygnet("userdata", "--format", "permissions").stdout
    print(text)
    assert named | {"s3:GetObject"} == {line.split()[0] for line in text.splitlines()[1:]}


def test_an_operator_forgets(gateway, world, tmp_path):
    keys = world.add_user("ops")
    world.ssm(REGION).put(records.name("berlin"), records.text("berlin", 1))
    settings = ("--mesh", "lab", "--registry", REGION)
    policy = world.grant(keys.arn, gateway.cygnet("userdata", "--format", "operator-policy", *settings).stdout)
    done = gateway.cygnet("forget", "berlin", *settings, root=tmp_path, AWS_ACCESS_KEY_ID=keys.access_key,
                          AWS_SECRET_ACCESS_KEY=keys.secret_key, AWS_EC2_METADATA_DISABLED="true")
    assert (done.returncode, policy.denied) == (DONE, []), done.stderr
    assert policy.unused == []
    called = {f"{call.service}:{call.action}" for call in world.calls}
    assert called == policy.used


@pytest.mark.parametrize("name", ["/cygnet/lab/policy", records.name("berlin"), "/cygnet/lab/acks/berlin",
                                  "/cygnet/other/epoch", "/cygnet/lab/sites/0/us-east-1", "/elsewhere"])
def test_a_gateway_writes_its_own_record_ack_and_the_epoch_alone(gateway, world, client, name):
    text = gateway.cygnet("userdata", "--format", "iam-policy", "--mesh", "lab", "--registry", REGION,
                          "--region", REGION).stdout
    world.grant(gateway.instance.principal, text)
    ssm = client("ssm")
    for own in (OWN, "/cygnet/lab/epoch", "/cygnet/lab/acks/us-east-1"):
        ssm.put_parameter(Name=own, Value="{}", Type="String")
    with pytest.raises(ssm.exceptions.ClientError) as caught:
        ssm.put_parameter(Name=name, Value="{}", Type="String")
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"


@pytest.mark.parametrize("attribute", [{"SourceDestCheck": {"Value": True}}, {"Description": {"Value": "false"}},
                                       {"Groups": ["{group}"]}], ids=str)
def test_of_its_interface_a_gateway_sets_the_check_off_alone(gateway, world, client, attribute):
    text = gateway.cygnet("userdata", "--format", "iam-policy", "--mesh", "lab", "--registry", REGION,
                          "--region", REGION).stdout
    world.grant(gateway.instance.principal, text)
    interface, ec2 = gateway.instance.interface, client("ec2")
    interface.tags["cygnet:mesh"] = "lab"
    if "Groups" in attribute:
        attribute = {"Groups": [world.vpc.default_group.id]}
    ec2.modify_network_interface_attribute(NetworkInterfaceId=interface.id, SourceDestCheck={"Value": False})
    with pytest.raises(ec2.exceptions.ClientError) as caught:
        ec2.modify_network_interface_attribute(NetworkInterfaceId=interface.id, **attribute)
    assert caught.value.response["Error"]["Code"] == "UnauthorizedOperation"


def _route(of):
    return {"RouteTableId": of["table"].id, "DestinationCidrBlock": "10.9.0.0/16"}


def _route_by_own(of):
    return _route(of) | {"NetworkInterfaceId": of["own"].id}


def _rule(of):
    return {"GroupId": of["group"].id, "IpPermissions": [
        {"IpProtocol": "udp", "FromPort": 500, "ToPort": 500,
         "IpRanges": [{"CidrIp": "198.51.100.1/32"}]}]}


def _check_of_old(of):
    return {"NetworkInterfaceId": of["old"].id, "SourceDestCheck": {"Value": False}}


# What is changed, and how. "own" is the gateway's interface, "old" that of another instance.
EC2_WRITES = {
    "create_route": ("table", _route_by_own),
    "replace_route": ("table", _route_by_own),
    "delete_route": ("table", _route),
    "authorize_security_group_ingress": ("group", _rule),
    "revoke_security_group_ingress": ("group", _rule),
    "modify_network_interface_attribute": ("old", _check_of_old),
}


@pytest.fixture
def things(gateway, world):
    """What the mesh's tags name, by what it is; the gateway has the least policy that keeps it."""
    old = world.launch(world.subnet, "172.16.1.99")
    world.associate(world.address, old.interface)
    found = {"table": world.vpc.main_table, "group": world.vpc.default_group,
             "address": world.address, "own": gateway.instance.interface,
             "old": old.interface, "instance": old}
    for thing in (*found.values(), gateway.instance):
        thing.tags |= {"cygnet:mesh": "lab", "cygnet:site": "us-east-1"}
    world.grant(gateway.instance.principal, gateway.cygnet(
        "userdata", "--format", "iam-policy", "--mesh", "lab", "--registry", REGION,
        "--region", REGION, "--address", "tag", "--routes", "tagged",
        "--security-group", "manage").stdout)
    return found


def _verdict(call, params):
    with pytest.raises(ClientError) as caught:
        call(DryRun=True, **params)
    return caught.value.response["Error"]["Code"]


@pytest.mark.parametrize("action", EC2_WRITES)
def test_what_is_another_mesh_s_or_nobody_s_is_not_touched(things, client, action):
    kind, params = EC2_WRITES[action]
    call, params = getattr(client("ec2"), action), params(things)
    assert _verdict(call, params) == "DryRunOperation"
    for foreign in ({"cygnet:mesh": "other", "cygnet:site": "us-east-1"}, {}):
        things[kind].tags = foreign
        assert _verdict(call, params) == "UnauthorizedOperation"


@pytest.mark.parametrize("kind, foreign", [
    ("address", {"cygnet:mesh": "other"}), ("address", {"cygnet:site": "berlin"}),
    ("old", {"cygnet:mesh": "other"}), ("instance", {"cygnet:mesh": "other"})])
@pytest.mark.parametrize("action", ["associate_address", "disassociate_address"])
def test_an_elastic_ip_and_its_ends_are_the_mesh_s(things, client, action, kind, foreign):
    address = things["address"]
    params = ({"AssociationId": address.association_id} if action == "disassociate_address" else
              {"AllocationId": address.id, "NetworkInterfaceId": things["old"].id})
    call = getattr(client("ec2"), action)
    assert _verdict(call, params) == "DryRunOperation"
    things[kind].tags |= foreign
    assert _verdict(call, params) == "UnauthorizedOperation"


@pytest.mark.parametrize("settings, lacks", [
    ({}, "ec2:AssociateAddress"), ({"security-group": "audit"}, "ec2:AuthorizeSecurityGroupIngress"),
    ({"routes": "none"}, "ec2:CreateRoute"), ({}, "autoscaling:CompleteLifecycleAction"), ({}, "s3:GetObject"),
    ({"registry-role": f"arn:aws:iam::{REGISTRY_ACCOUNT}:role/mesh"}, "ssm:PutParameter")])
def test_what_settings_do_not_need_is_not_granted(gateway, settings, lacks):
    words = [word for key, value in settings.items() for word in (f"--{key}", value)]
    text = gateway.cygnet("userdata", "--format", "iam-policy", "--mesh", "lab", "--registry", REGION,
                          "--region", REGION, *words).stdout
    assert lacks not in text and "ec2:ModifyNetworkInterfaceAttribute" in text


@pytest.mark.parametrize("words, message", [
    (["--registry", REGION, "--region", REGION],
     "ssm:GetParameters: the least policy depends on 'mesh', which is not known here"),
    (["--mesh", "lab", "--region", REGION],
     "ssm:GetParameters: the least policy depends on 'registry', which is not known here"),
    (["--mesh", "lab", "--registry", REGION, "--region", REGION, "--scope", "az"],
     "ssm:GetParameterHistory: the least policy depends on 'site', which is not known here"),
    (["--mesh", "lab", "--registry", REGION, "--region", REGION, "--routes", "all"],
     "ec2:CreateRoute: the least policy depends on 'vpc', which is not known here"),
    (["--mesh", "lab", "--registry", REGION, "--region", REGION, "--lifecycle-hook", "launch"],
     "autoscaling:CompleteLifecycleAction: the least policy depends on 'scaling-group', which is not known here"),
])
def test_what_is_not_known_makes_no_policy(gateway, words, message):
    done = gateway.cygnet("userdata", "--format", "iam-policy", *words)
    assert (done.returncode, done.stdout) == (CONFIG, "")
    assert done.stderr.startswith(f"cygnet userdata: user-data: {message}\n")


def test_a_registry_s_policy_is_one_site_s(gateway):
    done = gateway.cygnet("userdata", "--format", "registry-policy", "--mesh", "lab", "--registry", REGION,
                          "--registry-role", f"arn:aws:iam::{REGISTRY_ACCOUNT}:role/mesh")
    assert (done.returncode, done.stdout) == (CONFIG, "")
    assert done.stderr.startswith("cygnet userdata: user-data: ssm:GetParameterHistory: the least policy depends on "
                                  "'site', which is not known here\ncygnet userdata: remedy: give --site\n")
