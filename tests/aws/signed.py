"""Requests made and signed by hand, so that tests can spoil any part of them, and the raw sockets to send them."""

import json
import re
import socket
import ssl
import time
from dataclasses import dataclass, field
from http.client import HTTPResponse

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

STAMP = "%Y%m%dT%H%M%SZ"


@dataclass
class Draft:
    """A request that may be changed before and after it is signed."""

    service: str
    host: str
    headers: dict
    body: bytes
    method: str = "POST"
    target: str = "/"
    region: str = "us-east-1"
    leave_out: set = field(default_factory=set)

    def sign(self, keys, at, scope_date=None):
        """Sign as botocore does, at this time, all headers but those of leave_out (in lower case)."""
        self.headers["Host"] = self.host
        self.headers.setdefault("X-Amz-Date", time.strftime(STAMP, time.gmtime(at)))
        if keys.token:
            self.headers.setdefault("X-Amz-Security-Token", keys.token)
        request = AWSRequest(self.method, f"https://{self.host}{self.target}", self.headers, self.body)
        request.context["timestamp"] = scope_date or self.headers["X-Amz-Date"]
        signer = _Signer(keys, self.service, self.region)
        signer.leave_out = self.leave_out
        text = signer.string_to_sign(request, signer.canonical_request(request))
        signer._inject_signature_to_request(request, signer.signature(text, request))
        self.headers["Authorization"] = request.headers["Authorization"]
        return self

    def bytes(self):
        """The request as it goes over the wire."""
        lines = [f"{self.method} {self.target} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        lines += [f"Content-Length: {len(self.body)}", "", ""]
        return "\r\n".join(lines).encode() + self.body


class _Signer(SigV4Auth):
    def headers_to_sign(self, request):
        headers = super().headers_to_sign(request)
        for name in self.leave_out:
            del headers[name]
        return headers


def ssm_draft(host, action, **params):
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"AmazonSSM.{action}"}
    return Draft("ssm", host, headers, json.dumps(params).encode())


def ec2_draft(host, form):
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    return Draft("ec2", host, headers, form.encode())


def connect(listener, ca_file=None, name=None):
    """A connection to a listener; over TLS when a CA is given, asking for this host name."""
    connection = socket.create_connection((listener.address, listener.port), timeout=5)
    if ca_file is None:
        return connection
    context = ssl.create_default_context(cafile=ca_file)
    return context.wrap_socket(connection, server_hostname=name or listener.address)


def exchange(connection, raw, method="POST"):
    """Send bytes; the HTTPResponse, and its body read whole."""
    connection.sendall(raw)
    response = HTTPResponse(connection, method=method)
    response.begin()
    return response, response.read()


def error_code(body):
    """The error code of a reply in either protocol."""
    match = re.search(rb'<Code>(.+?)</Code>|"__type": "(.+?)"', body)
    return (match[1] or match[2]).decode() if match else None
