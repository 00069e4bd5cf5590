"""HTTP/1.1 on a socket's stream, strict about what it reads: anything ambiguous is refused."""

import re
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from http.client import responses

LINE_MAX = 16 * 1024
HEADERS_MAX = 100
BODY_MAX = 1024 * 1024
PIECE = 32


class BadRequest(Exception):
    """What was received is not a request; status says what to answer before closing."""

    def __init__(self, status, reason):
        super().__init__(f"{status}: {reason}")
        self.status = status


@dataclass(frozen=True)
class Request:
    method: str
    target: str
    version: str
    headers: tuple
    body: bytes
    peer: str
    server_name: str = None

    def all(self, name):
        """The values of every header of this (lower-case) name, in order."""
        return [value for key, value in self.headers if key.lower() == name]

    def header(self, name):
        """The only value of this header; None when it is absent or given more than once."""
        values = self.all(name)
        return values[0] if len(values) == 1 else None

    @property
    def keeps_alive(self):
        return self.version == "1.1" and (self.header("connection") or "").lower() != "close"


@dataclass
class Reply:
    status: int
    headers: dict = field(default_factory=dict)
    body: bytes = b""
    chunked: bool = False
    closes: bool = False
    caller: str = None      # id of the instance it goes to, where that is known; not sent


def read_request(stream, peer, server_name=None):
    """The next Request of a connection, or None at its end. Raises BadRequest."""
    line = _read_line(stream, first=True)
    if line is None:
        return None
    match = re.fullmatch(r"([A-Z]+) (/\S*) HTTP/1\.([01])", line)
    if not match:
        raise BadRequest(400, "not a request line")
    request = Request(match[1], match[2], "1." + match[3], _read_headers(stream), b"", peer, server_name)
    if len(request.all("host")) != 1 and request.version == "1.1":
        raise BadRequest(400, "not exactly one Host header")
    if (request.header("expect") or "").lower() == "100-continue":
        stream.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        stream.flush()
    return replace(request, body=_read_body(stream, request))


def write_reply(stream, reply, now):
    """Send a Reply, with a Date, whole or in small chunks."""
    headers = {"Date": formatdate(now, usegmt=True), **reply.headers}
    if reply.closes:
        headers["Connection"] = "close"
    if reply.chunked:
        headers["Transfer-Encoding"] = "chunked"
    else:
        headers["Content-Length"] = str(len(reply.body))
    head = f"HTTP/1.1 {reply.status} {responses.get(reply.status, '')}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n"
    stream.write(head.encode("ascii"))
    if not reply.chunked:
        stream.write(reply.body)
    else:
        for start in range(0, len(reply.body), PIECE):
            piece = reply.body[start:start + PIECE]
            stream.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            stream.flush()
        stream.write(b"0\r\n\r\n")
    stream.flush()


def _read_line(stream, first=False):
    raw = stream.readline(LINE_MAX)
    if not raw and first:
        return None
    if not raw.endswith(b"\r\n"):
        raise BadRequest(431 if len(raw) == LINE_MAX else 400, "a line without an end")
    try:
        return raw[:-2].decode("ascii")
    except UnicodeDecodeError:
        raise BadRequest(400, "a line that is not ASCII") from None


def _read_headers(stream):
    headers = []
    while line := _read_line(stream):
        match = re.fullmatch(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*", line)
        if not match:
            raise BadRequest(400, "not a header")
        headers.append((match[1], match[2]))
        if len(headers) > HEADERS_MAX:
            raise BadRequest(431, "too many headers")
    return tuple(headers)


def _read_body(stream, request):
    lengths, encodings = request.all("content-length"), request.all("transfer-encoding")
    if encodings:
        if lengths or [value.lower() for value in encodings] != ["chunked"]:
            raise BadRequest(400, "the length of the body is ambiguous")
        return _read_chunks(stream)
    if not lengths:
        if request.method == "POST":
            raise BadRequest(411, "no length")
        return b""
    if len(lengths) > 1 or not re.fullmatch(r"\d{1,10}", lengths[0]):
        raise BadRequest(400, "bad Content-Length")
    return _read_exactly(stream, int(lengths[0]))


def _read_chunks(stream):
    body = b""
    while True:
        line = _read_line(stream)
        match = re.fullmatch(r"([0-9a-fA-F]{1,8})(;.*)?", line)
        if not match:
            raise BadRequest(400, "bad chunk size")
        size = int(match[1], 16)
        if size == 0:
            break
        if len(body) + size > BODY_MAX:
            raise BadRequest(413, "body too large")
        body += _read_exactly(stream, size)
        if _read_line(stream) != "":
            raise BadRequest(400, "a chunk longer than its size")
    _read_headers(stream)
    return body


def _read_exactly(stream, size):
    if size > BODY_MAX:
        raise BadRequest(413, "body too large")
    body = stream.read(size)
    if len(body) != size:
        raise BadRequest(400, "the body ends early")
    return body
