"""Requests that are not authentic are refused, each in the service's own words; botocore's are accepted."""

import dataclasses
import json
import time
from email.utils import parsedate_to_datetime

import pytest
from botocore.exceptions import ClientError

from signed import connect, ec2_draft, error_code, exchange, ssm_draft

NAMED = {"ssm": "ssm.us-east-1.amazonaws.com", "ec2": "ec2.us-east-1.amazonaws.com"}
MISMATCH = {"ssm": "InvalidSignatureException", "ec2": "SignatureDoesNotMatch"}
INCOMPLETE = {"ssm": "IncompleteSignatureException", "ec2": "IncompleteSignature"}
UNKNOWN = {"ssm": "UnrecognizedClientException", "ec2": "AuthFailure"}
SKEW = {"ssm": "InvalidSignatureException", "ec2": "RequestExpired"}
EXPIRED = {"ssm": "ExpiredTokenException", "ec2": "RequestExpired"}
MISSING = {"ssm": "MissingAuthenticationTokenException", "ec2": "MissingAuthenticationToken"}


class Bench:
    """One service, the gateway's keys, and the way to send a request there."""

    def __init__(self, service, world, server, keys):
        self.service, self.world, self.server, self.keys = service, world, server, keys

    def draft(self, host=None):
        host = host or NAMED[self.service]
        if self.service == "ssm":
            return ssm_draft(host, "GetParametersByPath", Path="/cygnet")
        return ec2_draft(host, "Action=DescribeInstances&Version=2016-11-15")

    def signed(self, late=0, host=None):
        return self.draft(host).sign(self.keys, self.world.clock() + late)

    def send(self, draft, name=None):
        with connect(self.server.api, self.server.ca_file, name or NAMED[self.service]) as connection:
            return exchange(connection, draft.bytes(), draft.method)


@pytest.fixture(params=["ssm", "ec2"])
def bench(request, world, server, gateway):
    return Bench(request.param, world, server, world.keyring.of_instance(gateway.instance))


def test_an_authentic_request_is_answered(bench, gateway):
    response, body = bench.send(bench.signed())
    assert response.status == 200, body
    assert bench.world.calls[-1].instance_id == gateway.instance.id
    assert bench.world.calls[-1].error is None


@pytest.mark.parametrize("method, target", [("GET", "/"), ("POST", "/x"), ("POST", "/?a=b"), ("PUT", "/")])
def test_only_a_post_to_the_root_is_a_call(bench, method, target):
    draft = bench.draft()
    draft.method, draft.target = method, target
    response, body = bench.send(draft.sign(bench.keys, bench.world.clock()))
    assert (response.status, error_code(body)) == (404, "UnknownOperationException")


@pytest.mark.parametrize("late", [-290, 290])
def test_a_clock_within_five_minutes_is_accepted(bench, late):
    response, body = bench.send(bench.signed(late))
    assert response.status == 200, body


def change_header(name, value):
    def spoil(draft):
        draft.headers[name] = value
    return spoil


def drop_header(name):
    def spoil(draft):
        del draft.headers[name]
    return spoil


def change_body(draft):
    draft.body += b" " if draft.service == "ssm" else b"&DryRun=false"


def change_signature(draft):
    head, last = draft.headers["Authorization"][:-1], draft.headers["Authorization"][-1]
    draft.headers["Authorization"] = head + ("0" if last != "0" else "1")


def change_order(draft):
    draft.headers["Authorization"] = draft.headers["Authorization"].replace("content-type;host", "host;content-type")


def change_host(draft):
    draft.headers["Host"] += ":443"


def change_method(draft):
    draft.method = "GET"


def add_query(draft):
    draft.target = "/?a=b"


def repeat_date(draft):
    draft.headers["x-amz-date"] = draft.headers["X-Amz-Date"]


SPOILED_AFTER = {
    "body": (change_body, MISMATCH),
    "signed header": (change_header("Content-Type", "text/plain"), MISMATCH),
    "signed header gone": (drop_header("Content-Type"), MISMATCH),
    "signature": (change_signature, MISMATCH),
    "date": (change_header("X-Amz-Date", "20200101T000000Z"), MISMATCH),
    "impossible date": (change_header("X-Amz-Date", "20201301T000000Z"), INCOMPLETE),
    "date gone": (drop_header("X-Amz-Date"), INCOMPLETE),
    "date given twice": (repeat_date, INCOMPLETE),
    "host": (change_host, MISMATCH),
    "method": (change_method, MISMATCH),
    "query": (add_query, MISMATCH),
    "token": (change_header("X-Amz-Security-Token", "another"), UNKNOWN),
    "token gone": (drop_header("X-Amz-Security-Token"), MISMATCH),
    "unsigned header of AWS": (change_header("X-Amz-Extra", "1"), MISMATCH),
    "no authorization": (drop_header("Authorization"), MISSING),
    "other scheme": (change_header("Authorization", "Bearer token"), INCOMPLETE),
    "unsorted SignedHeaders": (change_order, INCOMPLETE),
}


@pytest.mark.parametrize("spoil, code", SPOILED_AFTER.values(), ids=SPOILED_AFTER)
def test_a_request_changed_after_signing_is_refused(bench, spoil, code):
    draft = bench.signed()
    spoil(draft)
    response, body = bench.send(draft)
    assert response.status in (400, 401, 403)
    assert error_code(body) == code[bench.service]
    assert bench.world.calls[-1].error == code[bench.service]


def leave_out(name):
    def spoil(draft):
        draft.leave_out = {name}
    return spoil


def scope_region(draft):
    draft.region = "us-west-2"


def scope_no_region(draft):
    draft.region = "middle-earth-1"


def scope_service(draft):
    draft.service = {"ssm": "ec2", "ec2": "ssm"}[draft.service]


SPOILED_BEFORE = {
    "host not signed": (leave_out("host"), MISMATCH),
    "date not signed": (leave_out("x-amz-date"), MISMATCH),
    "token not signed": (leave_out("x-amz-security-token"), MISMATCH),
    "payload not signed": (change_header("X-Amz-Content-SHA256", "UNSIGNED-PAYLOAD"), MISMATCH),
    "token empty": (change_header("X-Amz-Security-Token", ""), UNKNOWN),
    "another region": (scope_region, MISMATCH),
    "no region": (scope_no_region, MISMATCH),
    "another service": (scope_service, MISMATCH),
}


@pytest.mark.parametrize("spoil, code", SPOILED_BEFORE.values(), ids=SPOILED_BEFORE)
def test_a_request_signed_wrongly_is_refused(bench, spoil, code):
    draft = bench.draft()
    spoil(draft)
    response, body = bench.send(draft.sign(bench.keys, bench.world.clock()))
    assert response.status in (400, 401, 403)
    assert error_code(body) == code[bench.service]


def test_the_target_of_ssm_has_to_be_signed(bench):
    draft = bench.draft()
    draft.headers["X-Amz-Target"] = "AmazonSSM.GetParametersByPath"
    draft.leave_out = {"x-amz-target"}
    _, body = bench.send(draft.sign(bench.keys, bench.world.clock()))
    assert error_code(body) == MISMATCH[bench.service]
    assert b"x-amz-target" in body


def test_the_scope_has_the_date_of_the_request(bench):
    draft = bench.draft().sign(bench.keys, bench.world.clock(), scope_date="20200101T000000Z")
    _, body = bench.send(draft)
    assert error_code(body) == MISMATCH[bench.service]
    assert b"Date in Credential scope" in body


@pytest.mark.parametrize("late, words", [(-310, "Signature expired"), (310, "Signature not yet current")])
def test_a_clock_beyond_five_minutes_is_refused(bench, late, words):
    response, body = bench.send(bench.signed(late))
    assert error_code(body) == SKEW[bench.service]
    if bench.service == "ssm":
        assert json.loads(body)["message"].startswith(words)


def test_every_reply_tells_the_time_of_the_fake(bench, clock):
    clock.advance(-86400 * 1000)
    response, _ = bench.send(bench.signed(86400))
    assert response.status == 400
    told = parsedate_to_datetime(response.headers["Date"]).timestamp()
    assert abs(told - (time.time() - 86400 * 1000)) < 5


def test_an_unknown_key_is_refused(bench):
    keys = dataclasses.replace(bench.keys, access_key="ASIA" + "X" * 16)
    _, body = bench.send(bench.draft().sign(keys, bench.world.clock()))
    assert error_code(body) == UNKNOWN[bench.service]


def test_a_wrong_secret_is_refused(bench):
    keys = dataclasses.replace(bench.keys, secret_key="no secret")
    _, body = bench.send(bench.draft().sign(keys, bench.world.clock()))
    assert error_code(body) == MISMATCH[bench.service]


def test_the_token_of_another_instance_is_refused(bench, world):
    other = world.keyring.of_instance(world.launch(world.subnet, "172.16.1.99"))
    keys = dataclasses.replace(bench.keys, token=other.token)
    _, body = bench.send(bench.draft().sign(keys, world.clock()))
    assert error_code(body) == UNKNOWN[bench.service]


def test_keys_without_their_token_are_refused(bench):
    keys = dataclasses.replace(bench.keys, token=None)
    _, body = bench.send(bench.draft().sign(keys, bench.world.clock()))
    assert error_code(body) == UNKNOWN[bench.service]


def test_expired_credentials_are_refused(bench, clock):
    clock.advance(6 * 3600 + 1)
    _, body = bench.send(bench.signed())
    assert error_code(body) == EXPIRED[bench.service]


def test_former_credentials_stay_valid_until_they_expire(bench, world, gateway):
    assert world.keyring.rotate(gateway.instance).access_key != bench.keys.access_key
    response, _ = bench.send(bench.signed())
    assert response.status == 200


def test_a_user_signs_without_a_token(bench, world):
    response, _ = bench.send(bench.draft().sign(world.add_user("operator"), world.clock()))
    assert response.status == 200
    assert world.calls[-1].instance_id is None


def test_an_overridden_endpoint_takes_service_and_region_from_the_scope(bench):
    host = f"127.0.0.1:{bench.server.api.port}"
    draft = bench.draft(host)
    draft.region = "eu-west-1"
    response, body = bench.send(draft.sign(bench.keys, bench.world.clock()), "127.0.0.1")
    assert response.status == 200, body
    assert (bench.world.calls[-1].service, bench.world.calls[-1].region) == (bench.service, "eu-west-1")


def test_an_overridden_endpoint_knows_the_names_of_regions(bench):
    draft = bench.draft(f"127.0.0.1:{bench.server.api.port}")
    draft.region = "middle-earth-1"
    _, body = bench.send(draft.sign(bench.keys, bench.world.clock()), "127.0.0.1")
    assert error_code(body) == MISMATCH[bench.service]


def test_an_unsigned_request_to_an_overridden_endpoint_is_refused(bench):
    draft = bench.draft(f"127.0.0.1:{bench.server.api.port}")
    draft.headers["Host"] = draft.host
    _, body = bench.send(draft, "127.0.0.1")
    assert error_code(body) == MISSING[bench.service]


def test_boto3_with_a_wrong_clock_is_refused(client, clock):
    clock.advance(3600)
    with pytest.raises(ClientError, match="Signature expired.* is now earlier than"):
        client("ssm").get_parameter(Name="/a")
