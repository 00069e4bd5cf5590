"""The rules of security groups, always in the form that EC2 gives them, and what EC2 refuses."""

import re
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network

from .errors import ApiError
from .ids import new_id

PROTOCOLS = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "all": "-1"}
PORTED = ("tcp", "udp")
TYPED = ("icmp", "icmpv6")
DESCRIPTION = r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{0,255}"


def _invalid(message):
    return ApiError("InvalidParameterValue", message)


def canonical(cidr, network=IPv4Network):
    """The range as EC2 writes it, without the bits of a host."""
    try:
        if "/" not in cidr:
            raise ValueError("no prefix length")
        return str(network(cidr, strict=False))
    except ValueError:
        raise _invalid(f"CIDR block {cidr} is malformed") from None


@dataclass(eq=False)
class Rule:
    """One rule, of one peer: cidr (IPv4), cidr6, group (an id) or prefix_list (an id).

    Ports are from_port to to_port, of ICMP the type and the code; -1: all.
    """

    protocol: str
    from_port: int = None
    to_port: int = None
    cidr: str = None
    cidr6: str = None
    group: str = None
    prefix_list: str = None
    description: str = None
    egress: bool = False
    tags: dict = field(default_factory=dict)
    id: str = field(default_factory=lambda: new_id("sgr"))

    def __post_init__(self):
        if sum(peer is not None for peer in (self.cidr, self.cidr6, self.group, self.prefix_list)) != 1:
            raise TypeError("a rule has exactly one peer")
        self.protocol = _protocol(self.protocol)
        self.from_port, self.to_port = _ports(self.protocol, self.from_port, self.to_port)
        if self.cidr is not None:
            self.cidr = canonical(self.cidr)
        if self.cidr6 is not None:
            self.cidr6 = canonical(self.cidr6, IPv6Network)
        if not re.fullmatch(DESCRIPTION, self.description or ""):
            raise _invalid("Invalid rule description. Valid descriptions are strings less than 256 characters from the "
                           "following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*")

    @property
    def peer(self):
        return self.cidr or self.cidr6 or self.group or self.prefix_list

    @property
    def key(self):
        """What makes it the same rule as another one of its group; the description does not."""
        return self.egress, self.protocol, self.from_port, self.to_port, self.peer

    @property
    def families(self):
        """The quotas it counts against."""
        if self.cidr:
            return {"IPv4"}
        return {"IPv6"} if self.cidr6 else {"IPv4", "IPv6"}

    def __str__(self):
        protocol = "ALL" if self.protocol == "-1" else self.protocol.upper()
        ports = "" if self.protocol == "-1" else f"from port: {self.from_port}, to port: {self.to_port}, "
        return f"peer: {self.peer}, {protocol}, {ports}ALLOW"


def _protocol(protocol):
    name = PROTOCOLS.get(protocol.lower(), protocol.lower())
    if name in (*PORTED, *TYPED, "-1") or name.isdigit() and int(name) <= 255:
        return name
    raise _invalid(f"Invalid value '{protocol}' for IP protocol. Unknown protocol.")


def _ports(protocol, first, last):
    if protocol not in PORTED + TYPED:
        return -1, -1
    if protocol in TYPED:
        if first is None or last is None or not -1 <= first <= 255 or not -1 <= last <= 255:
            raise _invalid(f"Invalid value for ICMP type and code: {first}, {last}")
        if first == -1 and last != -1:
            raise _invalid("ICMP code must be -1 (all) where the type is")
        return first, last
    if first is None or last is None:
        raise _invalid("Invalid value for portRange. Must specify both from and to ports with TCP/UDP.")
    if not 0 <= first <= last <= 65535:
        raise _invalid(f"Invalid value '{first}-{last}' for portRange.")
    return first, last
