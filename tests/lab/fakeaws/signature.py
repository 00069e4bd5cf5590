"""Signature Version 4: every request is signed again by botocore and has to come out the same."""

import calendar
import hashlib
import hmac
import re
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest, HTTPHeaders

from .endpoints import partition_of

CLOCK_SKEW = 5 * 60
STAMP = "%Y%m%dT%H%M%SZ"
MISMATCH = ("The request signature we calculated does not match the signature you provided. Check your AWS Secret "
            "Access Key and signing method. Consult the service documentation for details.")
AUTHORIZATION = r"AWS4-HMAC-SHA256 +Credential=([^, ]+) *, *SignedHeaders=([^, ]+) *, *Signature=([0-9a-f]{64})"


class AuthError(Exception):
    """A request that is not authentic. kind: missing, incomplete, unknown_key, expired_token, mismatch or skew."""

    def __init__(self, kind, message=None):
        super().__init__(kind, message)
        self.kind = kind
        self.message = message


@dataclass(frozen=True)
class Authorization:
    """The Authorization header, taken apart."""

    access_key: str
    date: str
    region: str
    service: str
    signed: tuple
    signature: str


def parse(request):
    """The request's Authorization; AuthError when it is missing or malformed."""
    if not request.all("authorization"):
        raise AuthError("missing")
    match = re.fullmatch(AUTHORIZATION, request.header("authorization") or "")
    scope = match and match[1].split("/")
    if not match or len(scope) != 5 or scope[4] != "aws4_request":
        raise AuthError("incomplete", "Authorization header requires existence of 'Credential', 'SignedHeaders' and "
                        "'Signature' parameters, and a credential of the form key/date/region/service/aws4_request.")
    signed = tuple(match[2].split(";"))
    if list(signed) != sorted(set(match[2].lower().split(";"))):
        raise AuthError("incomplete", "'SignedHeaders' has to be lower case, sorted and without repetition.")
    return Authorization(*scope[:4], signed, match[3])


def verify(request, endpoint, keyring, now):
    """The Keys a request was signed with; AuthError when it is not authentic at this endpoint and time."""
    authorization = parse(request)
    stamp = _checked_stamp(request)
    _check_signed_headers(request, authorization)
    keys = _known_keys(request, authorization, keyring, now)
    _check_scope(authorization, endpoint, stamp)
    _check_clock(stamp, now)
    if not hmac.compare_digest(_signature_again(request, authorization, keys, stamp), authorization.signature):
        raise AuthError("mismatch", MISMATCH)
    digests = request.all("x-amz-content-sha256")
    allowed = [hashlib.sha256(request.body).hexdigest()] + ["UNSIGNED-PAYLOAD"] * (authorization.service == "s3")
    if any(digest not in allowed for digest in digests):
        raise AuthError("mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.")
    return keys


def _checked_stamp(request):
    stamp = request.header("x-amz-date") or ""
    if not re.fullmatch(r"\d{8}T\d{6}Z", stamp):
        raise AuthError("incomplete", "Authorization header requires one 'X-Amz-Date' header in basic format.")
    try:
        time.strptime(stamp, STAMP)
    except ValueError:
        raise AuthError("incomplete", f"Date must be in ISO-8601 'basic format'. Got '{stamp}'.") from None
    return stamp


def _check_signed_headers(request, authorization):
    present = [name.lower() for name, _ in request.headers]
    for name in sorted({"host"}.union(name for name in present if name.startswith("x-amz-"))):
        if name not in authorization.signed:
            raise AuthError("mismatch", f"'{name}' must be a 'SignedHeader' in the AWS Authorization.")
    for name in authorization.signed:
        if name not in present:
            raise AuthError("mismatch", MISMATCH)


def _known_keys(request, authorization, keyring, now):
    keys = keyring.find(authorization.access_key)
    if keys is None or keys.token != request.header("x-amz-security-token"):
        raise AuthError("unknown_key")
    if keys.expiration is not None and now >= keys.expiration:
        raise AuthError("expired_token")
    return keys


def _check_scope(authorization, endpoint, stamp):
    if authorization.region != endpoint.region or not is_region(authorization.region):
        raise AuthError("mismatch", f"Credential should be scoped to a valid region, not '{authorization.region}'. ")
    if authorization.service != endpoint.service:
        raise AuthError("mismatch", f"Credential should be scoped to correct service: '{endpoint.service}'. ")
    if authorization.date != stamp[:8]:
        raise AuthError("mismatch", "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date "
                        f"from HTTP: '{authorization.date}' != '{stamp[:8]}', from '{stamp}'.")


def _check_clock(stamp, now):
    signed_at = calendar.timegm(time.strptime(stamp, STAMP))
    at = time.strftime(STAMP, time.gmtime(now))
    if signed_at < now - CLOCK_SKEW:
        bound = time.strftime(STAMP, time.gmtime(now - CLOCK_SKEW))
        raise AuthError("skew", f"Signature expired: {stamp} is now earlier than {bound} ({at} - 5 min.)")
    if signed_at > now + CLOCK_SKEW:
        bound = time.strftime(STAMP, time.gmtime(now + CLOCK_SKEW))
        raise AuthError("skew", f"Signature not yet current: {stamp} is still later than {bound} ({at} + 5 min.)")


def is_region(name):
    """Whether this is a region's name."""
    try:
        return partition_of(name) is not None
    except ValueError:
        return False


class _AsGiven:
    """Makes a signer of botocore's sign exactly the headers that it is given."""

    def headers_to_sign(self, request):
        headers = HTTPHeaders()
        for name, value in request.headers.items():
            headers[name.lower()] = value
        return headers


class _Signer(_AsGiven, SigV4Auth):
    pass


class _S3Signer(_AsGiven, S3SigV4Auth):
    pass


def _signature_again(request, authorization, keys, stamp):
    headers = HTTPHeaders()
    for name, value in request.headers:
        if name.lower() in authorization.signed:
            headers[name] = value
    url = f"https://{request.header('host')}{request.target}"
    again = AWSRequest(request.method, url, headers, request.body)
    again.context["timestamp"] = stamp
    kind = _S3Signer if authorization.service == "s3" else _Signer
    signer = kind(keys, authorization.service, authorization.region)
    assert urlsplit(url).geturl() == url, "the target survives botocore's parsing"
    return signer.signature(signer.string_to_sign(again, signer.canonical_request(again)), again)
