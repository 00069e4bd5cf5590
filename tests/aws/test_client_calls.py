"""Each call of the program, signed by libcurl, against botocore's signer and models."""

import pytest

from aws_client import CONFIG, MISSING, STEP, call
from programs import EMULATED

OTHER_REGION = "eu-west-1"


@pytest.fixture
def ssm(world):
    return world.ssm("us-east-1")


def shards():
    return [f"/cygnet/lab/sites/{digit:x}" for digit in range(16)]


def names(parameters):
    return [parameter["name"] for parameter in parameters]


def test_put_returns_the_version_that_it_made(gateway, ssm):
    assert call(gateway, *"put us-east-1 /cygnet/lab/epoch one -- put us-east-1 /cygnet/lab/epoch two".split()).results == [1, 2]
    assert ssm.get("/cygnet/lab/epoch").value == "two"


def test_put_asks_for_a_plain_string_of_the_standard_tier(gateway, world):
    call(gateway, "put", "us-east-1", "/a", "v")
    assert world.calls[-1].params == {"Name": "/a", "Value": "v", "Type": "String", "Tier": "Standard", "Overwrite": True}


def test_put_of_too_much_says_what_ssm_says(gateway):
    outcome = call(gateway, "put", "us-east-1", "/cygnet/lab/sites/0/a", "x" * 4097)
    assert outcome.code == STEP
    assert "ssm:PutParameter on '/cygnet/lab/sites/0/a' in 'us-east-1': ValidationException: " in outcome.error
    assert "4096 characters" in outcome.error


def test_get_finds_those_that_exist(gateway, ssm):
    ssm.put("/a", "1")
    ssm.put("/b", "2")
    ssm.put("/b", "3")
    found = call(gateway, *"get us-east-1 /b /missing /a".split()).result
    assert sorted(found, key=lambda one: one["name"]) == [
        {"name": "/a", "value": "1", "version": 1}, {"name": "/b", "value": "3", "version": 2}]


def test_get_of_nothing_is_no_error(gateway):
    assert call(gateway, "get", "us-east-1", "/missing").result == []


def test_a_history_is_all_versions_that_are_kept_oldest_first(gateway, ssm):
    for version in range(1, 121):
        ssm.put("/a", str(version))
    history = call(gateway, "history", "us-east-1", "/a").result
    assert [one["version"] for one in history] == list(range(21, 121))
    assert [one["value"] for one in history] == [str(version) for version in range(21, 121)]


def test_what_does_not_exist_has_no_history(gateway):
    assert call(gateway, "history", "us-east-1", "/missing").result == []


def test_regions_are_kept_apart(gateway, world, ssm):
    ssm.put("/a", "here")
    world.ssm(OTHER_REGION).put("/a", "there")
    assert call(gateway, "get", OTHER_REGION, "/a").result[0]["value"] == "there"


@pytest.mark.parametrize("region", ["us-east-1.evil.example", "eu_west_1", "", "-west-1", "eu-west-1/", "EU-WEST-1"])
def test_what_is_no_region_is_never_contacted(gateway, world, region):
    outcome = call(gateway, "get", region, "/a")
    assert (outcome.code, outcome.error) == (CONFIG, f"'{region}' is not a region")
    assert world.calls == []


@pytest.mark.parametrize("value", ["two\nlines", "tab\t\"quoted\" \\ back", "ümlaut €", " ", "\x7f"])
def test_values_come_back_as_they_were_put(gateway, value):
    assert call(gateway, "put", "us-east-1", "/a", value, "--", "get", "us-east-1", "/a").results[1][0]["value"] == value


def test_a_page_carries_the_token_of_the_next(gateway, ssm):
    for i in range(11):
        ssm.put(f"/cygnet/lab/sites/0/s{i:02}", "v")
    first = call(gateway, "page", "us-east-1", "/cygnet/lab").result
    assert len(first["parameters"]) == 10
    second = call(gateway, "page", "us-east-1", "/cygnet/lab", first["token"]).result
    assert names(second["parameters"]) == ["/cygnet/lab/sites/0/s10"]
    assert second["token"] is None


def test_a_listing_is_recursive(gateway, ssm, world):
    ssm.put("/cygnet/lab/sites/0/a", "v")
    ssm.put("/cygnet/lab/epoch", "v")
    ssm.put("/cygnet/other/epoch", "v")
    assert names(call(gateway, "list", "us-east-1", "/cygnet/lab").result) == ["/cygnet/lab/epoch", "/cygnet/lab/sites/0/a"]


def test_a_listing_of_shards_is_complete_and_in_order(gateway, ssm, world):
    world.faults.limits(False)
    everything = [f"{shard}/s{i:02}" for shard in shards() for i in range(23)]
    for name in everything:
        ssm.put(name, name)
    assert names(call(gateway, "list", "us-east-1", *shards()).result) == everything


def test_empty_pages_end_no_listing(gateway, ssm, world):
    for i in range(25):
        ssm.put(f"/cygnet/lab/sites/0/s{i:02}", "v")
    world.faults.empty_pages()
    assert len(call(gateway, "list", "us-east-1", "/cygnet/lab/sites/0").result) == 25
    assert len(world.calls) == 6


def test_shards_are_listed_side_by_side_and_at_most_eight(gateway, world):
    world.faults.limits(False)
    delay = 2 if EMULATED else 0.5
    world.faults.delay("ssm", "*", delay)
    start = world.clock()
    assert call(gateway, "list", "us-east-1", *shards()).result == []
    assert 2 * delay <= world.clock() - start < 5 * delay


def test_one_shard_that_fails_fails_the_listing(gateway, ssm, world):
    for shard in shards():
        ssm.put(shard + "/a", "v")
    world.faults.fail("ssm", "GetParametersByPath", "InvalidKeyId", message="no luck")
    outcome = call(gateway, "list", "us-east-1", *shards())
    assert (outcome.code, outcome.results) == (STEP, [])
    assert "InvalidKeyId: no luck" in outcome.error


def test_replies_may_be_chunked(gateway, ssm, world):
    world.faults.chunked()
    for i in range(10):
        ssm.put(f"/a/s{i}", "x" * 4096)
    assert [len(one["value"]) for one in call(gateway, "list", "us-east-1", "/a").result] == [4096] * 10
    assert call(gateway, "interface", "us-east-1", gateway.instance.interface.id).result["check"] is True


def test_an_interface_that_does_not_exist(gateway):
    outcome = call(gateway, "interface", "us-east-1", "eni-0123456789abcdef0")
    assert outcome.code == MISSING
    assert "ec2:DescribeNetworkInterfaces on 'eni-0123456789abcdef0' in 'us-east-1': " \
           "InvalidNetworkInterfaceID.NotFound: " in outcome.error


@pytest.mark.parametrize("interface", ["eni-0&Attribute=description", "eni 0+ü~*", "eni-0=%41"])
def test_what_is_sent_to_ec2_is_encoded(gateway, world, interface):
    assert "InvalidNetworkInterfaceI" in call(gateway, "interface", "us-east-1", interface).error
    assert world.calls[-1].params == {"NetworkInterfaceIds": [interface]}


def test_keys_of_the_environment_go_first(gateway, world):
    keys = world.add_user("operator")
    call(gateway, "put", "us-east-1", "/a", "v", AWS_ACCESS_KEY_ID=keys.access_key, AWS_SECRET_ACCESS_KEY=keys.secret_key)
    assert world.ssm("us-east-1").get("/a").user.endswith("user/operator")
    assert world.metadata_calls == []


def test_calls_of_a_run_share_the_role_credentials(gateway, world):
    call(gateway, *"put us-east-1 /a 1 -- put us-east-1 /a 2 -- list us-east-1 /a /b /c /d".split())
    paths = [one.path for one in world.metadata_calls]
    assert paths == ["/latest/api/token", "/latest/meta-data/iam/security-credentials/",
                     "/latest/meta-data/iam/security-credentials/gateway"]


def test_the_log_has_the_calls_and_no_secret(gateway, world):
    world.faults.throttle("ssm", n=1)
    outcome = call(gateway, "put", "us-east-1", "/a", "the value")
    keys = world.keyring.of_instance(gateway.instance)
    text = "\n".join(outcome.log)
    assert len(outcome.log) == 2
    assert outcome.log[0].startswith("ssm:PutParameter '/a' in 'us-east-1': 400 ThrottlingException, ")
    assert outcome.log[1].startswith("ssm:PutParameter '/a' in 'us-east-1': 200, ")
    assert not any(secret in text for secret in (keys.access_key, keys.secret_key, keys.token, "the value"))
