"""With whom the program speaks TLS."""

import pytest

from aws_client import CONFIG, MISSING, call
from fakeaws.tls import Authority

PUT = "put us-east-1 /a v".split()


def test_another_authority_is_not_trusted(gateway, world, tmp_path):
    other = Authority(tmp_path / "other")
    outcome = call(gateway, *PUT, AWS_CA_BUNDLE=other.ca_file)
    assert outcome.code == CONFIG
    assert "certificate" in outcome.error and other.ca_file in outcome.error
    assert "AWS_CA_BUNDLE" in outcome.remedy
    assert world.calls == []


def test_a_good_certificate_of_another_name_is_not_trusted(gateway, world, server, monkeypatch):
    right = server._authority.context
    monkeypatch.setattr(server._authority, "context", lambda name: right("ssm.us-east-1.amazonaws.com"))
    outcome = call(gateway, *PUT, AWS_ENDPOINT_URL_SSM=server.listen_https("127.0.0.9").url)
    assert outcome.code == CONFIG
    assert "127.0.0.9" in outcome.error
    assert world.calls == []


def test_ssl_cert_file_serves_where_there_is_no_aws_ca_bundle(gateway, server):
    assert call(gateway, *PUT, AWS_CA_BUNDLE="", SSL_CERT_FILE=server.ca_file).result == 1


def test_aws_ca_bundle_goes_before_ssl_cert_file(gateway, tmp_path):
    assert call(gateway, *PUT, SSL_CERT_FILE=Authority(tmp_path / "other").ca_file).result == 1


@pytest.mark.parametrize("variable", ["AWS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_a_bundle_that_is_named_has_to_be_there(gateway, variable):
    outcome = call(gateway, *PUT, **{"AWS_CA_BUNDLE": "", variable: "/nowhere/ca.pem"})
    assert (outcome.code, outcome.error) == (
        MISSING, f"ssm:PutParameter on '/a' in 'us-east-1': no CA certificates at '/nowhere/ca.pem', which {variable} names")


def test_a_bundle_without_certificates(gateway, tmp_path):
    (tmp_path / "ca.pem").write_text("no certificate")
    outcome = call(gateway, *PUT, AWS_CA_BUNDLE=str(tmp_path / "ca.pem"))
    assert outcome.code == CONFIG
    assert str(tmp_path / "ca.pem") in outcome.error
