"""Replies that no AWS sends: too large, cut off, nonsense; and proxies on the way."""

import json
import socket
import threading

import pytest

from aws_client import AGAIN, CONFIG, NO_OWN_ENDPOINTS, STEP, call

MIB = 1024 * 1024
GET = "get us-east-1 /a".split()


class Peer:
    """Accepts connections, keeps the head of each request, and answers what it was told; one reply a connection."""

    def __init__(self, *replies):
        self.heads = []
        self._replies = list(replies)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = "http://127.0.0.1:%d" % self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self):
        self._socket.close()

    def _serve(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                self._answer(connection)

    def _answer(self, connection):
        head, body = b"", b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(65536)
        head, _, body = head.partition(b"\r\n\r\n")
        self.heads.append(head.decode())
        length = next((int(line[15:]) for line in self.heads[-1].split("\r\n") if line.startswith("Content-Length:")), 0)
        while len(body) < length:
            body += connection.recv(65536)
        try:
            connection.sendall(self._replies.pop(0) if len(self._replies) > 1 else self._replies[0])
        except OSError:
            pass


def reply(body, status="200 OK", length=None, **headers):
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def parameters(*values):
    return json.dumps({"Parameters": [{"Name": "/a", "Value": value, "Version": 1} for value in values]}).encode()


def get(gateway, *replies, step=GET, **env):
    """The outcome of one call that is answered so."""
    peer = Peer(*replies)
    outcome = call(gateway, *step, AWS_ENDPOINT_URL=peer.url, AWS_MAX_ATTEMPTS="2", **NO_OWN_ENDPOINTS, **env)
    peer.close()
    return outcome, peer


def test_a_reply_that_is_too_large(gateway):
    outcome, peer = get(gateway, reply(b" " * (4 * MIB) + parameters("v")))
    assert (outcome.code, len(peer.heads)) == (CONFIG, 1)
    assert outcome.error == "ssm:GetParameters on '/a' in 'us-east-1': the reply is larger than 4194304 bytes"


def test_an_endless_chunked_reply(gateway):
    chunk = b"%x\r\n" % MIB + b" " * MIB + b"\r\n"
    outcome, _ = get(gateway, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk * 5)
    assert outcome.code == CONFIG


def test_an_error_that_is_too_large(gateway):
    outcome, _ = get(gateway, reply(b" " * (4 * MIB + 1), status="500 Oops"))
    assert outcome.code == CONFIG


def test_a_reply_that_is_cut_off_is_asked_for_again(gateway):
    outcome, peer = get(gateway, reply(parameters("v"), length=1000), reply(parameters("v")))
    assert outcome.result[0]["value"] == "v"
    assert len(peer.heads) == 2


@pytest.mark.parametrize("raw", [b"", b"\x00\xff" * 9, b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"])
def test_what_is_no_reply(gateway, raw):
    outcome, peer = get(gateway, raw)
    assert (outcome.code, len(peer.heads)) == (AGAIN, 2)


@pytest.mark.parametrize("body", [
    b"", b"<html>", b"[]", b"{", b'{"Parameters": []} x', b'{"Parameters": [], "Parameters": []}', b"\xff\xfe",
    b'{"Parameters": ' + b"[" * 100000 + b"]" * 100000 + b"}"])
def test_a_body_that_is_no_json_object(gateway, body):
    outcome, _ = get(gateway, reply(body))
    assert outcome.code == AGAIN
    assert outcome.error == "ssm:GetParameters on '/a' in 'us-east-1': the reply is not a JSON object"


@pytest.mark.parametrize("body, rule", [
    (b'{"Parameters": {}}', "'Parameters' is not an array"),
    (parameters(*["v"] * 11), "'Parameters' has more than 10 elements"),
    (b'{"Parameters": [7]}', "'Name' is missing"),
    (b'{"Parameters": [{"Name": "/a", "Value": "v", "Version": 0}]}', "'Version' is outside 1..9223372036854775807"),
    (b'{"Parameters": [{"Name": "/a", "Value": "v", "Version": 1.5}]}', "'Version' is not an integer"),
    (b'{"Parameters": [{"Name": "/a", "Value": null, "Version": 1}]}', "'Value' is not a string")])
def test_fields_that_are_not_as_they_should_be(gateway, body, rule):
    outcome, _ = get(gateway, reply(body))
    assert outcome.code == CONFIG
    assert outcome.error.endswith(rule)


def test_odd_values_do_not_spoil_their_page(gateway):
    outcome, _ = get(gateway, reply(parameters("a\0b", "x" * 9000, "line\nline", "good")))
    assert [one["value"] for one in outcome.result] == ["a", "x" * 8192, "line\nline", "good"]


def test_a_listing_that_never_ends(gateway):
    body = b'{"Parameters": [], "NextToken": "again"}'
    peer = Server(reply(body))
    outcome = call(gateway, "list", "us-east-1", "/a", AWS_ENDPOINT_URL_SSM=peer.url)
    peer.close()
    assert outcome.code == CONFIG
    assert "4000 pages below '/a'" in outcome.error


def test_connections_are_kept_until_they_are_told_to_go(gateway):
    peer = Server(reply(parameters("v")))
    steps = "get us-east-1 /a -- get us-east-1 /a -- reconnect -- get us-east-1 /a -- get us-east-1 /a"
    outcome = call(gateway, *steps.split(), AWS_ENDPOINT_URL_SSM=peer.url)
    peer.close()
    assert outcome.code == 0
    assert peer.connections == 2


class Server(Peer):
    """Keeps its connections open, and counts them."""

    connections = 0

    def _answer(self, connection):
        self.connections += 1
        stream = connection.makefile("rwb")
        while (length := self._length_of_head(stream)) is not None:
            stream.read(length)
            stream.write(self._replies[0])
            stream.flush()

    def _length_of_head(self, stream):
        length = None
        while (line := stream.readline()).strip():
            if line.startswith(b"Content-Length:"):
                length = int(line[15:])
        return length


@pytest.mark.parametrize("body", [
    b"", b"{}", b"<a", b"<a><b></a>", b"<a>&x;</a>", b"<a/><b/>", b"<a>" * 40 + b"</a>" * 40,
    b"<!DOCTYPE a [<!ENTITY x 'y'>]><a><sourceDestCheck><value>true</value></sourceDestCheck></a>",
    b"<a>" + b"<b/>" * 100001 + b"</a>"])
def test_a_body_that_is_no_xml_of_ec2(gateway, body):
    outcome, _ = get(gateway, reply(body), step=["interface", "us-east-1", "eni-0"])
    assert outcome.code == CONFIG
    assert outcome.error.startswith("ec2:DescribeNetworkInterfaces on 'eni-0' in 'us-east-1': not valid XML at line 1")


@pytest.mark.parametrize("step", ["interface us-east-1 eni-0", "check us-east-1 eni-0 off", "group us-east-1 i-0",
                                  "subnets us-east-1 vpc-0", "tables us-east-1 vpc-0", "groups us-east-1 vpc-0 lab"])
def test_a_page_of_something_between_is_no_reply_without_items(gateway, step):
    outcome, _ = get(gateway, reply(b"<html><body>Log in first</body></html>"), step=step.split())
    assert (outcome.code, outcome.results) == (CONFIG, [])
    assert "the reply is not '" in outcome.error


def test_an_error_page_of_something_between(gateway):
    outcome, peer = get(gateway, reply(b"<html><body>Bad\x1b[31m gateway</body></html>", status="502 Bad Gateway"))
    assert (outcome.code, len(peer.heads)) == (AGAIN, 2)
    assert outcome.error == "ssm:GetParameters on '/a' in 'us-east-1': 2 attempts: status 502"


def test_an_error_with_control_characters(gateway):
    body = json.dumps({"__type": "com.amazonaws.ssm#Odd\x1b[2J", "message": "a\nerror: \x1b[31mforged"}).encode()
    outcome, _ = get(gateway, reply(body, status="400 Bad Request"))
    assert outcome.code == STEP
    assert outcome.error.endswith("in 'us-east-1': Odd?[2J: a?error: ?[31mforged")


def test_a_redirect_is_not_followed(gateway):
    elsewhere = Peer(reply(parameters("stolen")))
    outcome, _ = get(gateway, reply(b"", status="307 Temporary Redirect", Location=elsewhere.url + "/"))
    assert outcome.code == STEP
    assert outcome.error.endswith("status 307")
    assert elsewhere.heads == []


def test_aws_is_called_through_the_proxy_of_the_environment(gateway):
    proxy = Peer(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
    outcome = call(gateway, *GET, https_proxy=proxy.url, AWS_ENDPOINT_URL_SSM="https://ssm.us-east-1.amazonaws.invalid",
                   AWS_MAX_ATTEMPTS="1")
    proxy.close()
    assert outcome.code == AGAIN
    assert proxy.heads[0].startswith("CONNECT ssm.us-east-1.amazonaws.invalid:443 ")
    assert "uthorization" not in proxy.heads[0]


def test_no_proxy_is_honoured(gateway):
    proxy = Peer(reply(b""))
    assert call(gateway, *GET, https_proxy=proxy.url, no_proxy="127.0.0.1").result == []
    assert proxy.heads == []
