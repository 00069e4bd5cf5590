"""The wire: HTTP/1.1 as real clients and broken ones send it, TLS by name, listeners in network namespaces."""

import socket
import ssl
import subprocess
import sys
from contextlib import suppress

import netns
import pytest

from fakeaws import World
from fakeaws.netns import listening_socket
from fakeaws.services import SERVICES
from signed import connect, exchange, ssm_draft

HOST = "ssm.us-east-1.amazonaws.com"


@pytest.fixture
def keys(world):
    return world.add_user("operator")


@pytest.fixture
def dial(server):
    """dial(name): a TLS connection asking for this host name."""
    connections = []

    def make(name=HOST):
        connections.append(connect(server.api, server.ca_file, name))
        return connections[-1]
    yield make
    for connection in connections:
        connection.close()


def signed(world, keys, host=HOST):
    return ssm_draft(host, "GetParameters", Names=["/a"]).sign(keys, world.clock())


def test_a_connection_carries_many_requests(world, keys, dial):
    connection = dial()
    for _ in range(3):
        response, body = exchange(connection, signed(world, keys).bytes())
        assert response.status == 200, body
    assert len(world.calls) == 3


def test_a_chunked_request_is_read(world, keys, dial):
    draft = signed(world, keys)
    head, body = draft.bytes().split(b"\r\n\r\n", 1)
    head = head.replace(b"Content-Length: %d" % len(body), b"Transfer-Encoding: chunked")
    chunks = b"".join(b"%x;x=y\r\n%s\r\n" % (len(body[n:n + 5]), body[n:n + 5]) for n in range(0, len(body), 5))
    connection = dial()
    response, reply = exchange(connection, head + b"\r\n\r\n" + chunks + b"0\r\nTrailer: t\r\n\r\n")
    assert response.status == 200, reply
    assert exchange(connection, signed(world, keys).bytes())[0].status == 200


def test_a_client_that_waits_for_continue(world, keys, dial):
    draft = signed(world, keys)
    draft.headers["Expect"] = "100-continue"
    response, _ = exchange(dial(), draft.bytes())
    assert response.status == 200


def test_the_connection_closes_when_asked(world, keys, dial):
    draft = signed(world, keys)
    draft.headers["Connection"] = "close"
    connection = dial()
    response, _ = exchange(connection, draft.bytes())
    assert response.headers["Connection"] == "close"
    assert connection.recv(1) == b""


GARBAGE = {
    "no request": b"\x16\x03\x01 nonsense\r\n\r\n",
    "no path": b"GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n",
    "old version": b"GET / HTTP/0.9\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n",
    "bare newline": b"GET / HTTP/1.1\nHost: x\n\n",
    "no header": b"GET / HTTP/1.1\r\nHost: x\r\nnonsense\r\n\r\n",
    "folded header": b"GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n",
    "not ascii": b"GET / HTTP/1.1\r\nHost: \xff\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na",
    "bad length": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "length and chunks": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
    "bad chunk": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "long chunk": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
}


@pytest.mark.parametrize("raw", GARBAGE.values(), ids=GARBAGE)
def test_garbage_is_answered_400(dial, raw):
    response, _ = exchange(dial(), raw)
    assert (response.status, response.headers["Connection"]) == (400, "close")


@pytest.mark.parametrize("raw, status", [
    (b"POST / HTTP/1.1\r\nHost: x\r\n\r\n", 411),
    (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\n\r\n", 413),
    (b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\n", 431),
    (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 101, 431),
])
def test_what_is_too_large_is_refused(dial, raw, status):
    assert exchange(dial(), raw)[0].status == status


def test_a_body_cut_short_is_answered_400(server, gateway):
    with connect(server.listen_imds("127.0.0.1", instance=gateway.instance)) as connection:
        connection.sendall(b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100).startswith(b"HTTP/1.1 400 ")


def test_plain_http_on_the_tls_port_hurts_nobody(server, world, keys, dial):
    with connect(server.api) as connection, suppress(ConnectionResetError):
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert not connection.recv(100).startswith(b"HTTP")
    assert exchange(dial(), signed(world, keys).bytes())[0].status == 200


@pytest.mark.parametrize("name", [
    "ssm.us-east-1.amazonaws.com", "ec2.eu-west-1.amazonaws.com", "ssm.us-east-1.api.aws",
    "ssm-fips.us-gov-west-1.amazonaws.com", "ssm.cn-north-1.amazonaws.com.cn", "ec2.eusc-de-east-1.amazonaws.eu",
    "ssm.us-iso-east-1.c2s.ic.gov", "localhost", "127.0.0.1"])
def test_a_name_of_aws_gets_its_certificate(dial, name):
    assert dial(name).version() in ("TLSv1.2", "TLSv1.3")


@pytest.mark.parametrize("name", ["example.com", "ssm.us-east-1.example.com", "ssm.us-east-1.amazonaws.com.cn",
                                  "ssm.middle-earth-1.amazonaws.com", "s4.us-east-1.amazonaws.com", "amazonaws.com"])
def test_another_name_gets_none(dial, name):
    with pytest.raises(ssl.SSLError, match="UNRECOGNIZED_NAME"):
        dial(name)


def test_a_client_without_the_authority_refuses(server):
    with pytest.raises(ssl.SSLCertVerificationError):
        with socket.create_connection((server.api.address, server.api.port)) as connection:
            ssl.create_default_context().wrap_socket(connection, server_hostname=HOST)


def test_the_certificates_are_well_formed(server, dial, tls_dir):
    dial()
    verify = ["openssl", "verify", "-x509_strict", "-CAfile", server.ca_file, str(tls_dir / f"{HOST}.pem")]
    assert subprocess.run(verify, capture_output=True, text=True).stdout.endswith(": OK\n")


def test_the_host_has_to_be_the_name_that_tls_asked_for(world, keys, dial):
    response, _ = exchange(dial(), signed(world, keys, "ec2.us-east-1.amazonaws.com").bytes())
    assert response.status == 421


def test_a_closed_server_lets_go(server, dial):
    connection = dial()
    server.close()
    assert connection.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((server.api.address, server.api.port))


@pytest.fixture
def namespace(scratch):
    """A network namespace with the addresses of an instance and of its metadata service."""
    with netns.temporary("metadata") as name:
        netns.ip(name, "address add 169.254.169.254/32 dev lo", "address add 172.16.1.10/32 dev lo")
        yield name


ASK_FOR_A_TOKEN = """
import http.client
connection = http.client.HTTPConnection("169.254.169.254", source_address=("172.16.1.10", 0))
connection.request("PUT", "/latest/api/token", headers={"X-aws-ec2-metadata-token-ttl-seconds": "60"})
print(connection.getresponse().status)
"""


def test_a_listener_inside_a_namespace(world, server, gateway, namespace):
    server.listen_imds("169.254.169.254", 80, vpc=world.vpc, netns=namespace)
    assert netns.run([sys.executable, "-c", ASK_FOR_A_TOKEN], netns=namespace) == "200\n"
    assert world.metadata_calls[-1].instance_id == gateway.instance.id
    with pytest.raises(OSError):
        listening_socket("169.254.169.254", 80)


def test_a_namespace_that_does_not_exist():
    with pytest.raises(FileNotFoundError):
        listening_socket("127.0.0.1", 0, "no-such-namespace")


def test_a_handler_that_breaks_is_told(world, server, keys, dial):
    world.faults.take = None
    assert exchange(dial(), signed(world, keys).bytes())[0].status == 500
    assert "TypeError" in world.crashes.pop()


@pytest.mark.parametrize("reply", [
    {"Parameters": [{"Version": "one"}]},
    {"Parameters": [{"Colour": "red"}]},
    {"Parametres": []},
])
def test_a_reply_that_is_none_of_the_model_is_not_sent(world, keys, dial, monkeypatch, reply):
    monkeypatch.setitem(SERVICES["ssm"].actions, "GetParameters", lambda context: reply)
    assert exchange(dial(), signed(world, keys).bytes())[0].status == 500
    assert "AssertionError" in world.crashes.pop()


def test_a_listener_of_changes_that_breaks_is_told_to_whoever_changed():
    world = World()
    world.on_change(lambda kind, thing: 1 / 0)
    vpc = world.add_vpc("us-east-1", ["10.0.0.0/16"])
    with pytest.raises(ZeroDivisionError):
        world.launch(world.add_subnet(vpc, "us-east-1a", "10.0.0.0/24"), "10.0.0.4")
