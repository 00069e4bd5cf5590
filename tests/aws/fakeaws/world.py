"""The state of the fake AWS, independent of any protocol. Tests build it and read it; handlers change it."""

import threading
import time
from collections import namedtuple
from contextlib import contextmanager

from .endpoints import partition_of
from .faults import Faults
from .keyring import Keyring
from .pages import Pages
from .parameter_store import ParameterStore
from .resources import Address, Instance, Interface, Subnet, Vpc, new_id
from .stale import FormerStates

Call = namedtuple("Call", "time region service action instance_id params status error")
Call.__doc__ = "One API request: who sent it (None: no instance), its decoded parameters, and how it was answered."

MetadataCall = namedtuple("MetadataCall", "time instance_id method path status")


class World:
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
        self.calls = []
        self.metadata_calls = []
        self.crashes = []
        self._stores = {}
        self._listeners = []
        self._pending = []
        self._depth = 0

    @contextmanager
    def transaction(self):
        """Hold the lock; deliver the changes made to the listeners once it is released."""
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
            for kind, thing in delivered:
                for listener in list(self._listeners):
                    listener(kind, thing)

    def on_change(self, callback):
        """Call callback(kind, object) after each change, before the request that made it is answered.

        Kinds: "instance" (launched or terminated), "interface" (attached), "address" (an Elastic IP
        associated or freed), "source_dest_check" (with the interface).
        """
        self._listeners.append(callback)

    def changed(self, kind, thing):
        """Note a change; to be called inside a transaction."""
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
        table = {Vpc: self.vpcs, Subnet: self.subnets, Interface: self.interfaces, Instance: self.instances,
                 Address: self.addresses}[type(thing)]
        with self.lock:
            table[thing.id] = thing
        return thing

    def add_user(self, name):
        """Long-lived keys of an operator."""
        return self.keyring.of_user(name, self.account)

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
               image="ami-0123456789abcdef0", instance_type="t3.small"):
        """A running instance. public_ip: an allocated Elastic IP is associated, any other address is assigned."""
        tags = dict(tags or {})
        if metadata_tags and any(set(key) & set("/ ") for key in tags):
            raise ValueError("a tag key with '/' or ' ' makes the launch fail while instance tags are in the metadata")
        with self.transaction():
            address = next((a for a in self._addresses_of(subnet.vpc) if a.public_ip == public_ip), None)
            if address and address.interface:
                raise ValueError(f"{public_ip} is associated with {address.interface.id}")
            instance = Instance(subnet, role, image, instance_type, self.clock(), tags, metadata_tags)
            self.attach_interface(instance, subnet, private_ip)
            self.register(instance)
            if address:
                self.associate(address, instance.interface)
            else:
                instance.interface.assigned_ip = public_ip
            self.changed("instance", instance)
            return instance

    def attach_interface(self, instance, subnet, private_ip):
        """One more network interface; the first is the primary one."""
        with self.transaction():
            if self.instance_at(subnet.vpc, private_ip):
                raise ValueError(f"{private_ip} is taken in this VPC")
            interface = Interface(subnet, private_ip, instance, len(instance.interfaces))
            instance.interfaces.append(interface)
            self.register(interface)
            self.changed("interface", interface)
            return interface

    def terminate(self, instance):
        """The instance and its interfaces go; its Elastic IP stays allocated."""
        with self.transaction():
            for interface in instance.interfaces:
                if interface.address:
                    self.disassociate(interface.address)
                del self.interfaces[interface.id]
            instance.state = "terminated"
            self.changed("instance", instance)

    def associate(self, address, interface):
        """Give an Elastic IP to an interface; what either was associated with before is let go."""
        with self.transaction():
            if address.interface:
                address.interface.address = None
            if interface.address:
                interface.address.interface = interface.address.association_id = None
                self.changed("address", interface.address)
            address.interface, address.association_id = interface, new_id("eipassoc")
            interface.address, interface.assigned_ip = address, None
            self.changed("address", address)

    def disassociate(self, address):
        """Free an Elastic IP."""
        with self.transaction():
            address.interface.address = None
            address.interface = address.association_id = None
            self.changed("address", address)

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
