"""The program's reading of instance metadata: version 2 alone, patient with a hiccup, plain about the rest."""

import pytest

from aws_client import AGAIN, CONFIG, MISSING, Conversation, call

MAC = "imds meta-data/mac".split()


def asked(world):
    return [(one.method, one.status) for one in world.metadata_calls]


def test_the_token_is_made_once(gateway, world):
    outcome = call(gateway, *"imds meta-data/mac -- imds meta-data/instance-id -- imds meta-data/services/domain".split())
    assert outcome.results == [gateway.instance.interface.mac, gateway.instance.id, "amazonaws.com"]
    assert asked(world) == [("PUT", 200), ("GET", 200), ("GET", 200), ("GET", 200)]


def test_text_of_several_lines(gateway):
    assert call(gateway, "imds", "dynamic/instance-identity/document").result.startswith("{\n")


def test_a_token_that_is_refused_is_made_anew(gateway, world):
    world.faults.fail("imds", "GET", None, status=401)
    assert call(gateway, *MAC).result == gateway.instance.interface.mac
    assert asked(world) == [("PUT", 200), ("GET", 401), ("PUT", 200), ("GET", 200)]


def test_a_token_that_expired_is_made_anew(gateway, world, clock):
    talk = Conversation(gateway, *"imds meta-data/mac -- wait -- imds meta-data/mac".split())
    talk.result()
    clock.advance(21601)
    talk.proceed()
    assert talk.end().result == gateway.instance.interface.mac
    assert asked(world) == [("PUT", 200), ("GET", 200), ("GET", 401), ("PUT", 200), ("GET", 200)]


def test_a_service_that_refuses_every_token(gateway, world):
    world.faults.fail("imds", "GET", None, n=9, status=401)
    assert call(gateway, *MAC).code == AGAIN
    assert asked(world) == [("PUT", 200), ("GET", 401)] * 2


def test_what_is_not_there(gateway):
    outcome = call(gateway, "imds", "meta-data/tags/instance/cygnet:none")
    assert (outcome.code, outcome.error) == (MISSING, "instance metadata has no 'meta-data/tags/instance/cygnet:none'")


def test_tag_keys_with_any_character_that_aws_allows(gateway):
    gateway.instance.tags["a+b-c=d.e,f_g:h@i"] = "found"
    assert call(gateway, "imds", "meta-data/tags/instance/a+b-c=d.e,f_g:h@i").result == "found"


@pytest.mark.parametrize("path", ["meta-data/../user-data", "meta-data/mac?x", "meta-data/m%61c", "meta data", "", "a\r\nb"])
def test_what_is_no_path_is_not_asked_for(gateway, world, path):
    assert call(gateway, "imds", path).code == CONFIG
    assert world.metadata_calls == []


def test_switched_off(gateway, world):
    gateway.instance.metadata_enabled = False
    outcome = call(gateway, *MAC)
    assert (outcome.code, asked(world)) == (CONFIG, [("PUT", 403)])
    assert "HttpEndpoint" in outcome.remedy


def test_switched_off_meanwhile(gateway, world):
    world.faults.fail("imds", "GET", None, status=403)
    assert call(gateway, *MAC).code == CONFIG


def test_disabled_by_the_environment(gateway, world):
    outcome = call(gateway, *MAC, AWS_EC2_METADATA_DISABLED="true")
    assert (outcome.code, world.metadata_calls) == (CONFIG, [])
    assert outcome.error.startswith("AWS_EC2_METADATA_DISABLED ")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_hiccup_is_survived(gateway, world, status):
    world.faults.fail("imds", "PUT", None, n=2, status=status)
    world.faults.fail("imds", "GET", None, n=1, status=status)
    assert call(gateway, *MAC).result == gateway.instance.interface.mac


def test_a_slow_answer_is_asked_for_again(gateway, world):
    world.faults.delay("imds", "GET", 1.5, n=1)
    assert call(gateway, *MAC).result == gateway.instance.interface.mac
    assert asked(world).count(("GET", 200)) >= 1


def test_patience_ends_whatever_is_wrong(gateway, world):
    world.faults.fail("imds", "PUT", None, n=99, status=503)
    start = world.clock()
    nobody = Conversation(gateway, *MAC, AWS_EC2_METADATA_SERVICE_ENDPOINT="http://127.0.0.1:1")
    troubled = Conversation(gateway, *MAC).end()
    assert 7 < world.clock() - start < 11
    nobody = nobody.end()
    assert (troubled.code, nobody.code) == (AGAIN, AGAIN)
    assert troubled.error.endswith(" is out of reach: status 503")
    assert nobody.error.startswith("the metadata service at 'http://127.0.0.1:1' is out of reach: failed to connect")
    assert "EC2 instance" in nobody.remedy


def test_more_than_the_caller_wants(gateway):
    assert call(gateway, "imds", "meta-data/mac", 17).result == gateway.instance.interface.mac
    outcome = call(gateway, "imds", "meta-data/mac", 16)
    assert (outcome.code, outcome.error) == \
        (CONFIG, "instance metadata 'meta-data/mac': the reply is larger than 16 bytes")


def test_proxies_are_not_for_metadata(gateway):
    nobody = "http://127.0.0.1:1"
    assert call(gateway, *MAC, http_proxy=nobody, all_proxy=nobody).result == gateway.instance.interface.mac


def test_https_is_refused(gateway):
    outcome = call(gateway, *MAC, AWS_EC2_METADATA_SERVICE_ENDPOINT="https://127.0.0.1:1")
    assert outcome.code == CONFIG
    assert outcome.error.startswith("AWS_EC2_METADATA_SERVICE_ENDPOINT: ")
