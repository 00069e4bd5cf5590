"""What exists in a world: VPCs, subnets, interfaces, instances, Elastic IPs, access keys."""

import uuid
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network


def new_id(prefix):
    return f"{prefix}-0{uuid.uuid4().hex[:16]}"


@dataclass(eq=False)
class Vpc:
    region: str
    cidrs: list
    account: str
    tags: dict = field(default_factory=dict)
    id: str = field(default_factory=lambda: new_id("vpc"))


@dataclass(eq=False)
class Subnet:
    vpc: Vpc
    zone: str
    cidr: str
    tags: dict = field(default_factory=dict)
    id: str = field(default_factory=lambda: new_id("subnet"))

    def __post_init__(self):
        if not any(ip_network(self.cidr).subnet_of(ip_network(cidr)) for cidr in self.vpc.cidrs):
            raise ValueError(f"subnet {self.cidr} is outside its VPC's ranges {self.vpc.cidrs}")
        if self.zone[:-1] != self.vpc.region:
            raise ValueError(f"zone {self.zone} is not in region {self.vpc.region}")


@dataclass(eq=False)
class Interface:
    """A network interface. Its public address is an Elastic IP's, else the one assigned at launch, else None."""

    subnet: Subnet
    private_ip: str
    instance: object = None
    device_index: int = 0
    assigned_ip: str = None
    address: object = None
    source_dest_check: bool = True
    description: str = ""
    tags: dict = field(default_factory=dict)
    id: str = field(default_factory=lambda: new_id("eni"))
    attachment_id: str = field(default_factory=lambda: new_id("eni-attach"))
    mac: str = field(default_factory=lambda: "02:" + ":".join(f"{byte:02x}" for byte in uuid.uuid4().bytes[:5]))

    def __post_init__(self):
        if ip_address(self.private_ip) not in ip_network(self.subnet.cidr):
            raise ValueError(f"{self.private_ip} is outside subnet {self.subnet.cidr}")

    @property
    def vpc(self):
        return self.subnet.vpc

    @property
    def public_ip(self):
        return self.address.public_ip if self.address else self.assigned_ip


@dataclass(eq=False)
class Address:
    """An Elastic IP; interface and association_id are None while it is free."""

    region: str
    public_ip: str
    account: str
    tags: dict = field(default_factory=dict)
    interface: Interface = None
    association_id: str = None
    id: str = field(default_factory=lambda: new_id("eipalloc"))


@dataclass(eq=False)
class Instance:
    subnet: Subnet
    role: str
    image: str
    instance_type: str
    launched: float
    tags: dict = field(default_factory=dict)
    metadata_tags: bool = True
    metadata_enabled: bool = True
    lifecycle_state: str = None
    architecture: str = "x86_64"
    state: str = "running"
    interfaces: list = field(default_factory=list)
    recorded: dict = None       # paths below /latest/ with their texts, to be served instead of what is known here
    id: str = field(default_factory=lambda: new_id("i"))
    reservation_id: str = field(default_factory=lambda: new_id("r"))

    @property
    def vpc(self):
        return self.subnet.vpc

    @property
    def interface(self):
        """The primary network interface."""
        return self.interfaces[0]


@dataclass(frozen=True)
class Keys:
    """An access key. Long-lived ones of a user have neither token nor expiration; secrets stay out of repr."""

    access_key: str
    secret_key: str = field(repr=False)
    account: str
    arn: str
    token: str = field(default=None, repr=False)
    issued: float = None
    expiration: float = None
    instance_id: str = None
