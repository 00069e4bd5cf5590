"""The state of the fake AWS, independent of any protocol. Tests build it and read it; handlers change it."""

import threading
import time
from collections import namedtuple
from contextlib import contextmanager

from .endpoints import partition_of
from .faults import Faults
from .grouping import Grouping
from .iam import Policy
from .ids import new_id
from .keyring import Keyring
from .pages import Pages
from .parameter_store import ParameterStore
from .resources import Address, Bucket, Instance, Interface, Role, RouteTable, SecurityGroup, Subnet, Vpc
from .routing import Routing
from .scaling import Scaling
from .stale import FormerStates

Call = namedtuple("Call", "time region service action instance_id params status error caller", defaults=[None])
Call.__doc__ = """One API request: the instance that sent it (None: no instance), its decoded parameters, how it was
answered, and the ARN of who signed it (None: nobody known)."""

MetadataCall = namedtuple("MetadataCall", "time instance_id method path status")


class World(Routing, Grouping, Scaling):
    """Everything that exists, in every region. All methods may be called from any thread."""

    def __init__(self, account="111122223333", clock=time.time):
        self.account = account
        self.clock = clock
        self.lock = threading.RLock()
        self.keyring = Keyring(self)
        self.faults = Faults()
        self.pages = Pages()
        self.former = FormerStates()
        self.vpcs, self.subnets, self.interfaces, self.instances, self.addresses = {}, {}, {}, {}, {}
        self.route_tables, self.groups = {}, {}
        self.scaling_groups, self.roles, self.policies, self.buckets = {}, {}, {}, {}
        self.calls = []
        self.metadata_calls = []
        self.crashes = []
        self._stores = {}
        self._listeners = []
        self._pending = []
        self._depth = 0
        self._telling = threading.RLock()

    @contextmanager
    def transaction(self):
        """Hold the lock; deliver the changes made to the listeners once it is released.

        What is told is told to one listener at a time: the last one to look at a thing sees it as it is.
        """
        delivered = []
        try:
            with self.lock:
                self._depth += 1
                try:
                    yield
                finally:
                    self._depth -= 1
                    if self._depth == 0:
                        delivered, self._pending = self._pending, []
        finally:
            if delivered:
                self._tell(delivered)

    def _tell(self, changes):
        with self._telling:
            for kind, thing in changes:
                for listener in list(self._listeners):
                    listener(kind, thing)

    def on_change(self, callback):
        """Call callback(kind, object) after each change, before the request that made it is answered.

        Whatever one request changes is changed when the first call comes. Kinds, and the object:
        "instance" (launched or terminated), "interface" (attached, or its groups changed), "address" (an Elastic
        IP was associated or freed), "public_address" (the interface has another one, or none), "source_dest_check"
        (the interface), "route_table" (its routes, what they lead to, or the subnets it serves changed), "group"
        (its rules changed), "lifecycle" (the Member of an Auto Scaling group).
        """
        self._listeners.append(callback)

    def changed(self, kind, thing):
        """Note a change; to be called inside a transaction."""
        if (kind, thing) not in self._pending:
            self._pending.append((kind, thing))

    def mark(self):
        """A position in the call log, for calls_since."""
        return len(self.calls)

    def calls_since(self, mark):
        """The calls made after mark() returned this mark."""
        return self.calls[mark:]

    def log_call(self, call):
        with self.lock:
            self.calls.append(call)

    def log_metadata(self, call):
        with self.lock:
            self.metadata_calls.append(call)

    def ssm(self, region, account=None):
        """The Parameter Store of a region, made when first asked for."""
        partition_of(region)
        with self.lock:
            key = (account or self.account, region)
            if key not in self._stores:
                self._stores[key] = ParameterStore(self, *key)
            return self._stores[key]

    def register(self, thing):
        """Let a resource with an id of its own exist here; it is told to nobody."""
        kept = {Vpc: self.vpcs, Subnet: self.subnets, Interface: self.interfaces, Instance: self.instances,
                Address: self.addresses, RouteTable: self.route_tables, SecurityGroup: self.groups}[type(thing)]
        with self.lock:
            kept[thing.id] = thing
            if isinstance(thing, Vpc):
                self.register(thing.main_table)
                self.register(thing.default_group)
        return thing

    def add_user(self, name, account=None):
        """Long-lived keys of an operator."""
        return self.keyring.of_user(name, account or self.account)

    def add_role(self, name, trusts, account=None, partition="aws", max_session=3600):
        """A role that these accounts, roles or users may assume (see Role), to act in its account."""
        role = Role(name, account or self.account, list(trusts), partition, max_session)
        with self.lock:
            self.roles[role.arn] = role
        return role

    def grant(self, principal, document):
        """From now on who has this ARN, of a role or a user, may do what this policy allows; returns the Policy."""
        with self.lock:
            self.policies[principal] = Policy(document)
            return self.policies[principal]

    def put_object(self, region, bucket, key, data):
        """An object of S3, in a bucket that is made when it is first named."""
        with self.lock:
            made = self.buckets.setdefault(bucket, Bucket(region, self.clock()))
            if made.region != region:
                raise ValueError(f"{bucket} is in {made.region}")
            made.objects[key] = bytes(data)

    def add_vpc(self, region, cidrs, account=None, tags=None):
        partition_of(region)
        vpc = Vpc(region, list(cidrs), account or self.account, dict(tags or {}))
        return self.register(vpc)

    def add_subnet(self, vpc, zone, cidr, tags=None):
        return self.register(Subnet(vpc, zone, cidr, dict(tags or {})))

    def allocate_address(self, region, public_ip, tags=None, account=None):
        """A new Elastic IP, associated with nothing."""
        partition_of(region)
        address = Address(region, public_ip, account or self.account, dict(tags or {}))
        return self.register(address)

    def launch(self, subnet, private_ip, public_ip=None, tags=None, role="gateway", metadata_tags=True,
               image="ami-0123456789abcdef0", instance_type="t3.small", groups=None):
        """A running instance. public_ip: an allocated Elastic IP is associated, any other address is assigned.

        groups: the SecurityGroups of its interface; None: the VPC's default one.
        """
        tags = dict(tags or {})
        if metadata_tags and any(set(key) & set("/ ") for key in tags):
            raise ValueError("a tag key with '/' or ' ' makes the launch fail while instance tags are in the metadata")
        with self.transaction():
            address = next((a for a in self._addresses_of(subnet.vpc) if a.public_ip == public_ip), None)
            if address and address.interface:
                raise ValueError(f"{public_ip} is associated with {address.interface.id}")
            instance = Instance(subnet, role, image, instance_type, self.clock(), tags, metadata_tags)
            self.attach_interface(instance, subnet, private_ip, groups)
            self.register(instance)
            if address:
                self.associate(address, instance.interface)
                instance.interface.moved = 0    # its metadata knows it from the first
            else:
                instance.interface.assigned_ip = public_ip
            self.changed("instance", instance)
            return instance

    def attach_interface(self, instance, subnet, private_ip, groups=None):
        """One more network interface; the first is the primary one."""
        with self.transaction():
            if self.instance_at(subnet.vpc, private_ip):
                raise ValueError(f"{private_ip} is taken in this VPC")
            interface = Interface(subnet, private_ip, instance, len(instance.interfaces), groups=groups)
            instance.interfaces.append(interface)
            self.register(interface)
            self.changed("interface", interface)
            return interface

    def terminate(self, instance):
        """The instance and its interfaces go; its Elastic IP stays allocated, routes to it are blackholes."""
        with self.transaction():
            for interface in instance.interfaces:
                if interface.address:
                    self.disassociate(interface.address)
                del self.interfaces[interface.id]
                for table in self.tables_to(interface):
                    self.changed("route_table", table)
            instance.state = "terminated"
            self.changed("instance", instance)

    def associate(self, address, interface):
        """Give an Elastic IP to an interface; what either was associated with before is let go."""
        with self.transaction():
            if address.interface is interface:
                return
            if address.interface:
                self._release(address)
            if interface.address:
                self._release(interface.address)
            self._note_public_ip(interface)
            address.interface, address.association_id = interface, new_id("eipassoc")
            interface.address, interface.assigned_ip = address, None
            self.changed("address", address)

    def disassociate(self, address):
        """Free an Elastic IP."""
        with self.transaction():
            self._release(address)

    def _release(self, address):
        self._note_public_ip(address.interface)
        address.interface.address = None
        address.interface = address.association_id = None
        self.changed("address", address)

    def _note_public_ip(self, interface):
        """To be called before the public address changes."""
        interface.former_ip, interface.moved = self.metadata_public_ip(interface), self.clock()
        self.changed("public_address", interface)

    def metadata_public_ip(self, interface):
        """The public address that the metadata tells: for a while after a change still the former one."""
        lags = self.clock() < interface.moved + self.faults.metadata_lag_seconds
        return interface.former_ip if lags else interface.public_ip

    def set_source_dest_check(self, interface, value):
        with self.transaction():
            interface.source_dest_check = value
            self.changed("source_dest_check", interface)

    def instance_at(self, vpc, private_ip):
        """The running instance that has this address in this VPC, or None."""
        with self.lock:
            for interface in self.interfaces.values():
                if interface.vpc is vpc and interface.private_ip == private_ip:
                    return interface.instance
        return None

    def _addresses_of(self, vpc):
        return [a for a in self.addresses.values() if (a.region, a.account) == (vpc.region, vpc.account)]
