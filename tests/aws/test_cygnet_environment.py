"""Each variable of the AWS SDKs does for build/cygnet what it does for them."""

import pytest

from fakeaws.tls import Authority
from proxy import Proxy

CHANGES, CONFIG, MISSING, AGAIN, DENIED = 2, 65, 69, 75, 77
NOBODY = "http://127.0.0.1:1"
REAL_NAMES = {"AWS_ENDPOINT_URL_SSM": "", "AWS_ENDPOINT_URL_EC2": ""}


def services(world):
    return {call.service for call in world.calls}


def plan(gateway, root, **env):
    """`cygnet plan`; a service that cannot be reached is tried once."""
    return gateway.cygnet("plan", root=root, **{"AWS_MAX_ATTEMPTS": "1", **env})


def test_without_overrides_aws_is_called_by_its_real_names(gateway, world, server, root):
    with Proxy(server.api) as proxy:
        done = plan(gateway, root, https_proxy=proxy.url, http_proxy=NOBODY, **REAL_NAMES)
    assert done.returncode == CHANGES, done.stderr
    assert proxy.names == ["ec2.us-east-1.amazonaws.com:443", "ssm.us-east-1.amazonaws.com:443"]
    assert services(world) == {"ec2", "ssm"}


def test_the_registry_is_called_in_its_own_region(gateway, world, server, root):
    with Proxy(server.api) as proxy:
        done = plan(gateway, root, https_proxy=proxy.url, CYGNET_REGISTRY="eu-west-1", **REAL_NAMES)
    assert done.returncode == CHANGES, done.stderr
    assert proxy.names == ["ec2.us-east-1.amazonaws.com:443", "ssm.eu-west-1.amazonaws.com:443"]


@pytest.mark.parametrize("switches, ec2, ssm", [
    ({"AWS_USE_FIPS_ENDPOINT": "true"}, "ec2-fips.us-east-1.amazonaws.com", "ssm-fips.us-east-1.amazonaws.com"),
    ({"AWS_USE_DUALSTACK_ENDPOINT": "true"}, "ec2.us-east-1.api.aws", "ssm.us-east-1.api.aws"),
    ({"AWS_USE_FIPS_ENDPOINT": "False", "AWS_USE_DUALSTACK_ENDPOINT": "FALSE"},
     "ec2.us-east-1.amazonaws.com", "ssm.us-east-1.amazonaws.com")])
def test_other_kinds_of_endpoints(gateway, server, root, switches, ec2, ssm):
    with Proxy(server.api) as proxy:
        done = plan(gateway, root, https_proxy=proxy.url, **switches, **REAL_NAMES)
    assert done.returncode == CHANGES, done.stderr
    assert proxy.names == [f"{ec2}:443", f"{ssm}:443"]


@pytest.mark.parametrize("variable, reached", [("AWS_ENDPOINT_URL_SSM", "ec2"), ("AWS_ENDPOINT_URL_EC2", "ssm")])
def test_the_endpoint_of_a_service_is_that_service_s_alone(gateway, world, root, variable, reached):
    done = plan(gateway, root, **{variable: NOBODY})
    assert done.returncode == AGAIN
    assert "failed to connect to 127.0.0.1 port 1" in done.stderr
    assert services(world) == {reached}


@pytest.mark.parametrize("own, reached", [("AWS_ENDPOINT_URL_SSM", "ssm"), ("AWS_ENDPOINT_URL_EC2", "ec2")])
def test_the_general_endpoint_is_for_services_without_one(gateway, world, server, root, own, reached):
    plan(gateway, root, AWS_ENDPOINT_URL=NOBODY, **{**REAL_NAMES, own: server.api.url})
    assert services(world) == {reached}


def test_the_general_endpoint_serves_all(gateway, world, server, root):
    done = plan(gateway, root, AWS_ENDPOINT_URL=server.api.url + "/", **REAL_NAMES)
    assert done.returncode == CHANGES, done.stderr
    assert services(world) == {"ec2", "ssm"}


def test_a_region_of_the_environment_moves_nothing(gateway, world, root):
    done = plan(gateway, root, AWS_REGION="eu-west-1", AWS_DEFAULT_REGION="no region")
    assert done.returncode == CHANGES, done.stderr
    assert {call.region for call in world.calls} == {"us-east-1"}


def test_another_authority_is_not_trusted(gateway, world, root, tmp_path):
    other = Authority(tmp_path / "other").ca_file
    done = plan(gateway, root, AWS_CA_BUNDLE=other)
    assert done.returncode == CONFIG
    for step in ("source/dest check", "registry"):
        warning, = (line for line in done.stderr.splitlines() if line.startswith(f"warning: {step}: "))
        assert f"certificates of '{other}'" in warning and "AWS_CA_BUNDLE" in warning
    assert world.calls == []


def test_a_bundle_that_is_not_there(gateway, world, root):
    done = plan(gateway, root, AWS_CA_BUNDLE="/nowhere.pem")
    assert done.returncode == MISSING
    assert "no CA certificates at '/nowhere.pem', which AWS_CA_BUNDLE names" in done.stderr
    assert world.calls == []


def test_metadata_that_is_forbidden(gateway, world, root):
    done = plan(gateway, root, AWS_EC2_METADATA_DISABLED="true")
    assert done.returncode == CONFIG
    assert "AWS_EC2_METADATA_DISABLED" in done.stderr and "remedy: unset it" in done.stderr
    assert world.metadata_calls == []


def test_metadata_that_is_not_forbidden(gateway, root):
    assert plan(gateway, root, AWS_EC2_METADATA_DISABLED="false").returncode == CHANGES


@pytest.mark.parametrize("attempts", [1, 2, 3])
def test_attempts_are_as_many_as_wanted(gateway, world, root, attempts):
    world.faults.throttle("*", n=float("inf"))
    assert plan(gateway, root, AWS_MAX_ATTEMPTS=str(attempts)).returncode == AGAIN
    assert [call.action for call in world.calls] == \
        ["DescribeNetworkInterfaces"] * attempts + ["GetParameters"] * attempts


def test_attempts_are_three_by_default(gateway, world, root):
    world.faults.throttle("ssm", n=2)
    assert plan(gateway, root, AWS_MAX_ATTEMPTS="").returncode == CHANGES


def keys_of(keys):
    return {"AWS_ACCESS_KEY_ID": keys.access_key, "AWS_SECRET_ACCESS_KEY": keys.secret_key,
            "AWS_SESSION_TOKEN": keys.token or ""}


def test_keys_of_the_environment_go_before_the_role(gateway, world, root):
    done = plan(gateway, root, **keys_of(world.add_user("operator")))
    assert done.returncode == CHANGES, done.stderr
    assert {call.instance_id for call in world.calls} == {None}
    assert not any("security-credentials" in call.path for call in world.metadata_calls)


def test_keys_with_a_session_token(gateway, world, root):
    keys = world.keyring.of_instance(gateway.instance)
    gateway.instance.role = None
    assert plan(gateway, root, **keys_of(keys)).returncode == CHANGES
    assert {call.instance_id for call in world.calls} == {gateway.instance.id}


@pytest.mark.parametrize("spoilt", ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"])
def test_bad_keys_of_the_environment_are_not_replaced_by_the_role_s(gateway, world, root, spoilt):
    keys = keys_of(world.keyring.of_instance(gateway.instance))
    done = plan(gateway, root, **{**keys, spoilt: "x" * 40})
    assert done.returncode == DENIED
    assert not any("security-credentials" in call.path for call in world.metadata_calls)


@pytest.mark.parametrize("variable, value, rule", [
    ("AWS_ACCESS_KEY_ID", "AKIA", "AWS_SECRET_ACCESS_KEY is missing, and other parts of the credentials are set"),
    ("AWS_SECRET_ACCESS_KEY", "x", "AWS_ACCESS_KEY_ID is missing, and other parts of the credentials are set"),
    ("AWS_SESSION_TOKEN", "x", "AWS_ACCESS_KEY_ID is missing, and other parts of the credentials are set"),
    ("AWS_ENDPOINT_URL", "ssm.example", "AWS_ENDPOINT_URL: 'ssm.example' does not begin with 'http://' or 'https://'"),
    ("AWS_ENDPOINT_URL_SSM", "https://a?", "AWS_ENDPOINT_URL_SSM: 'https://a?' is not a scheme, a host and a path alone"),
    ("AWS_ENDPOINT_URL_EC2", "ftp://a", "AWS_ENDPOINT_URL_EC2: 'ftp://a' does not begin with 'http://' or 'https://'"),
    ("AWS_ENDPOINT_URL_AUTO_SCALING", "x",
     "AWS_ENDPOINT_URL_AUTO_SCALING: 'x' does not begin with 'http://' or 'https://'"),
    ("AWS_CA_BUNDLE", "ca.pem", "AWS_CA_BUNDLE: 'ca.pem' is not an absolute path"),
    ("AWS_EC2_METADATA_SERVICE_ENDPOINT", "x", "AWS_EC2_METADATA_SERVICE_ENDPOINT: 'x' does not begin with 'http://'"),
    ("AWS_EC2_METADATA_DISABLED", "1", "AWS_EC2_METADATA_DISABLED: '1' is neither 'true' nor 'false'"),
    ("AWS_USE_FIPS_ENDPOINT", "yes", "AWS_USE_FIPS_ENDPOINT: 'yes' is neither 'true' nor 'false'"),
    ("AWS_USE_DUALSTACK_ENDPOINT", "on", "AWS_USE_DUALSTACK_ENDPOINT: 'on' is neither 'true' nor 'false'"),
    ("AWS_MAX_ATTEMPTS", "many", "AWS_MAX_ATTEMPTS: 'many' is not a number in 1..100")])
def test_a_malformed_variable_is_named_before_anything_is_asked(gateway, world, root, variable, value, rule):
    done = gateway.cygnet("plan", root=root, **{variable: value})
    assert (done.returncode, done.stdout) == (CONFIG, "")
    assert done.stderr.startswith(f"cygnet plan: instance metadata: {rule}\n")
    assert world.metadata_calls == []
