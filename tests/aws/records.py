"""Records as gateways publish them. Their keys are numbers of the right size that nobody can factor: good enough to be
parsed, and made at once."""

import base64
import hashlib
import json
import random

BITS = 3072
RSA = bytes.fromhex("06092a864886f70d0101010500")  # rsaEncryption, and NULL for its parameters


def name(site, mesh="lab", prefix="cygnet"):
    """The parameter that a site's record is kept in."""
    return f"/{prefix}/{mesh}/sites/{hashlib.sha256(site.encode()).hexdigest()[0]}/{site}"


def record(site, number, /, **members):
    """The record of a site as a dict; number, unlike any other's, tells its address, subnet and key."""
    der = spki(number)
    return {
        "schema": 1, "generation": 1, "site": site, "left": False, "region": "eu-west-1", "account": "111122223333",
        "vpc": f"vpc-{number:017x}", "zone": "eu-west-1a", "instance": f"i-{number:017x}",
        "address": f"198.51.{100 + number // 250}.{number % 250 + 1}",
        "probe": f"10.{number // 256}.{number % 256}.10", "subnets": [f"10.{number // 256}.{number % 256}.0/24"],
        "keys": [{"id": hashlib.sha256(der).hexdigest(), "state": "active", "spki": base64.b64encode(der).decode()}],
        "revoked": [], **members,
    }


def text(site, number, /, **members):
    """The record of a site as it stands in its parameter."""
    return json.dumps(record(site, number, **members), separators=(",", ":"))


def spki(number):
    """The DER of a public key (RFC 5280, SubjectPublicKeyInfo; RFC 8017, RSAPublicKey)."""
    modulus = random.Random(number).getrandbits(BITS) | 1 << (BITS - 1) | 1
    key = _der(0x30, _integer(modulus) + _integer(65537))
    return _der(0x30, _der(0x30, RSA) + _der(0x03, b"\0" + key))


def _integer(value):
    return _der(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _der(tag, content):
    size = len(content)
    length = bytes([size]) if size < 128 else bytes([0x80 + (size.bit_length() + 7) // 8]) + size.to_bytes(
        (size.bit_length() + 7) // 8, "big")
    return bytes([tag]) + length + content
