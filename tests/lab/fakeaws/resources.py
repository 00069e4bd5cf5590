"""What exists in a world: VPCs, subnets, route tables, security groups, interfaces, instances, Elastic IPs, keys."""

import uuid
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network

from .endpoints import partition_of
from .ids import new_id
from .rules import Rule


@dataclass(eq=False)
class Vpc:
    """A VPC, with the main route table and the default security group that each has from its beginning."""

    region: str
    cidrs: list
    account: str
    tags: dict = field(default_factory=dict)
    id: str = field(default_factory=lambda: new_id("vpc"))

    def __post_init__(self):
        self.main_table = RouteTable(self)
        self.default_group = SecurityGroup(self, "default", "default VPC security group")
        self.default_group.rules.append(Rule("-1", group=self.default_group.id))


@dataclass(eq=False)
class Subnet:
    vpc: Vpc
    zone: str
    cidr: str
    tags: dict = field(default_factory=dict)
    table: object = None            # the route table it is associated with; None: the VPC's main one serves it
    association_id: str = None      # of that association
    id: str = field(default_factory=lambda: new_id("subnet"))

    def __post_init__(self):
        if not any(ip_network(self.cidr).subnet_of(ip_network(cidr)) for cidr in self.vpc.cidrs):
            raise ValueError(f"subnet {self.cidr} is outside its VPC's ranges {self.vpc.cidrs}")
        if self.zone[:-1] != self.vpc.region:
            raise ValueError(f"zone {self.zone} is not in region {self.vpc.region}")


@dataclass(eq=False)
class Route:
    """What a range leads to: target is an id or "local"; interface is the network interface of that id, or None."""

    destination: str
    target: str
    interface: object = None
    origin: str = "CreateRoute"
    gone: bool = False              # whether a target that is no interface is there no more

    @property
    def state(self):
        return "blackhole" if self.gone or self.interface and not self.interface.exists else "active"


@dataclass(eq=False)
class RouteTable:
    """routes and propagated map each destination to its Route; of two to the same one the first counts."""

    vpc: Vpc
    tags: dict = field(default_factory=dict)
    id: str = field(default_factory=lambda: new_id("rtb"))
    main_association_id: str = field(default_factory=lambda: new_id("rtbassoc"))

    def __post_init__(self):
        self.routes = {cidr: Route(cidr, "local", origin="CreateRouteTable") for cidr in self.vpc.cidrs}
        self.propagated = {}

    @property
    def is_main(self):
        return self.vpc.main_table is self

    @property
    def effective(self):
        """{destination: Route}; the longest prefix wins."""
        return {**self.propagated, **self.routes}


@dataclass(eq=False)
class SecurityGroup:
    """rules has those of both directions."""

    vpc: Vpc
    name: str
    description: str = "made by a test"
    tags: dict = field(default_factory=dict)
    rules: list = field(default_factory=lambda: [Rule("-1", cidr="0.0.0.0/0", egress=True)])
    id: str = field(default_factory=lambda: new_id("sg"))

    @property
    def ingress(self):
        return [rule for rule in self.rules if not rule.egress]

    @property
    def egress(self):
        return [rule for rule in self.rules if rule.egress]


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
    groups: list = None             # its SecurityGroups; None given: the VPC's default one
    former_ip: str = None           # the public address before the last change
    moved: float = 0                # when that change was
    id: str = field(default_factory=lambda: new_id("eni"))
    attachment_id: str = field(default_factory=lambda: new_id("eni-attach"))
    mac: str = field(default_factory=lambda: "02:" + ":".join(f"{byte:02x}" for byte in uuid.uuid4().bytes[:5]))

    def __post_init__(self):
        if ip_address(self.private_ip) not in ip_network(self.subnet.cidr):
            raise ValueError(f"{self.private_ip} is outside subnet {self.subnet.cidr}")
        if self.groups is None:
            self.groups = [self.vpc.default_group]

    @property
    def vpc(self):
        return self.subnet.vpc

    @property
    def exists(self):
        return self.instance.state != "terminated"

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
    user_data: str = None       # as it was before base64
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
    def principal(self):
        """The ARN of its role."""
        return f"arn:{partition_of(self.vpc.region).name}:iam::{self.vpc.account}:role/{self.role}"

    @property
    def interface(self):
        """The primary network interface."""
        return self.interfaces[0]


@dataclass(eq=False)
class Bucket:
    """A bucket of S3; objects has the bytes by key."""

    region: str
    made: float
    objects: dict = field(default_factory=dict)


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

    @property
    def principal(self):
        """The ARN of the user, or of the role that a session is of."""
        if ":assumed-role/" not in self.arn:
            return self.arn
        return self.arn.rpartition("/")[0].replace(":sts:", ":iam:").replace(":assumed-role/", ":role/")


@dataclass(eq=False)
class Role:
    """An IAM role. trusts: accounts (twelve digits, or …:root) and roles or users (ARNs) that may assume it."""

    name: str
    account: str
    trusts: list
    partition: str = "aws"
    max_session: int = 3600
    unique_id: str = field(default_factory=lambda: "AROA" + uuid.uuid4().hex[:17].upper())

    @property
    def arn(self):
        return f"arn:{self.partition}:iam::{self.account}:role/{self.name}"

    def admits(self, keys):
        """Whether its trust policy names who has these Keys, or their account."""
        return any(trusted in (keys.account, f"arn:{self.partition}:iam::{keys.account}:root", keys.principal)
                   for trusted in self.trusts)
