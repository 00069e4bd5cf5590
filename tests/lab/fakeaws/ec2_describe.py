"""How EC2 describes its resources, filters and pages them. Descriptions have the shapes of botocore's model."""

import re
from dataclasses import dataclass
from datetime import datetime, timezone
from fnmatch import fnmatchcase
from functools import singledispatch

from .errors import ApiError
from .pages import page_of
from .resources import Address, Instance, Interface

STATE_CODES = {"running": 16, "terminated": 48}


@dataclass(frozen=True)
class Kind:
    """A kind of resource: its ids, its errors, and its filters as paths into a description."""

    word: str
    prefix: str
    error: str
    tags: str
    filters: dict
    malformed: str = None       # the error of a malformed id, where it is not error + ".Malformed"
    absent: str = "The {word} ID '{id}' does not exist"


INTERFACE = Kind("networkInterface", "eni", "InvalidNetworkInterfaceID", "TagSet", {
    "network-interface-id": "NetworkInterfaceId",
    "vpc-id": "VpcId",
    "subnet-id": "SubnetId",
    "availability-zone": "AvailabilityZone",
    "mac-address": "MacAddress",
    "private-ip-address": "PrivateIpAddress",
    "addresses.private-ip-address": "PrivateIpAddresses.PrivateIpAddress",
    "group-id": "Groups.GroupId",
    "association.public-ip": "Association.PublicIp",
    "attachment.instance-id": "Attachment.InstanceId",
    "source-dest-check": "SourceDestCheck",
    "status": "Status",
})
INSTANCE = Kind("instance", "i", "InvalidInstanceID", "Tags", {
    "availability-zone": "Placement.AvailabilityZone",
    "instance-id": "InstanceId",
    "instance-state-name": "State.Name",
    "ip-address": "PublicIpAddress",
    "network-interface.network-interface-id": "NetworkInterfaces.NetworkInterfaceId",
    "private-ip-address": "PrivateIpAddress",
    "subnet-id": "SubnetId",
    "vpc-id": "VpcId",
})
ADDRESS = Kind("allocation", "eipalloc", "InvalidAllocationID", "Tags", {
    "allocation-id": "AllocationId",
    "association-id": "AssociationId",
    "domain": "Domain",
    "instance-id": "InstanceId",
    "network-interface-id": "NetworkInterfaceId",
    "private-ip-address": "PrivateIpAddress",
    "public-ip": "PublicIp",
})


def described(world, resource):
    """The description of a resource as a read shows it: perhaps the former one."""
    return world.former.take(resource.id) or description(resource, world)


@singledispatch
def description(resource, world):
    """The description of a resource as it is."""
    raise NotImplementedError(type(resource))


def find(resources, kind, resource_id):
    """The resource of this id; ApiError when the id is malformed or names none."""
    if not re.fullmatch(kind.prefix + "-[0-9a-f]{8,17}", resource_id):
        raise ApiError(kind.malformed or kind.error + ".Malformed", f'Invalid id: "{resource_id}"')
    if resource_id not in resources:
        raise ApiError(kind.error + ".NotFound", kind.absent.format(word=kind.word, id=resource_id))
    return resources[resource_id]


def selected(descriptions, kind, filters):
    """The descriptions that pass every filter."""
    for one in filters:
        if "Name" not in one or not one.get("Values"):
            raise ApiError("InvalidParameterValue", "The filter needs a name and values")
    return [each for each in descriptions if all(_passes(each, kind, one) for one in filters)]


def paged(context, descriptions, ids):
    """One page of the descriptions, and the reply's NextToken where there is more."""
    size = context.params.get("MaxResults")
    if size and ids:
        raise ApiError("InvalidParameterCombination", "The parameters ids and maxResults cannot be used together")
    page, more = page_of(context, descriptions, (repr(context.params.get("Filters")),), size)
    if page is None:
        raise ApiError("InvalidParameterValue", "Unable to parse pagination token")
    return page, more


def _passes(each, kind, one):
    name = one["Name"]
    tags = {tag["Key"]: tag["Value"] for tag in each[kind.tags]}
    if name.startswith("tag:"):
        values = [tags[key] for key in tags if key == name[4:]]
    elif name == "tag-key":
        values = list(tags)
    elif name in kind.filters:
        values = _values(each, kind.filters[name].split("."))
    else:
        raise ApiError("InvalidParameterValue", f"The filter '{name}' is invalid")
    return any(fnmatchcase(value, pattern.replace("[", "[[]")) for value in values for pattern in one["Values"])


def _values(value, path):
    """The texts at a path of a description; a list on the way stands for each of its elements."""
    if isinstance(value, list):
        return [text for element in value for text in _values(element, path)]
    if not path:
        return [str(value).lower() if isinstance(value, bool) else str(value)]
    return _values(value[path[0]], path[1:]) if path[0] in value else []


def tag_list(tags):
    """Tags as replies have them."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def _time(seconds):
    return datetime.fromtimestamp(int(seconds), timezone.utc)


def _association(interface):
    address = interface.address
    if address:
        return {"PublicIp": address.public_ip, "IpOwnerId": address.account, "AllocationId": address.id,
                "AssociationId": address.association_id}
    return {"PublicIp": interface.assigned_ip, "IpOwnerId": "amazon"}


@description.register
def _interface(interface: Interface, world):
    private = {"PrivateIpAddress": interface.private_ip, "Primary": True}
    one = {
        "NetworkInterfaceId": interface.id,
        "SubnetId": interface.subnet.id,
        "VpcId": interface.vpc.id,
        "AvailabilityZone": interface.subnet.zone,
        "OwnerId": interface.vpc.account,
        "RequesterManaged": False,
        "Status": "in-use",
        "InterfaceType": "interface",
        "Description": interface.description,
        "MacAddress": interface.mac,
        "PrivateIpAddress": interface.private_ip,
        "PrivateIpAddresses": [private],
        "SourceDestCheck": interface.source_dest_check,
        "Groups": [{"GroupName": group.name, "GroupId": group.id} for group in interface.groups],
        "TagSet": tag_list(interface.tags),
        "Attachment": attachment(interface),
    }
    if interface.public_ip:
        one["Association"] = private["Association"] = _association(interface)
    return one


def attachment(interface):
    """How an interface is attached to its instance."""
    return {"AttachmentId": interface.attachment_id, "InstanceId": interface.instance.id,
            "InstanceOwnerId": interface.vpc.account, "DeviceIndex": interface.device_index, "Status": "attached",
            "AttachTime": _time(interface.instance.launched), "DeleteOnTermination": True}


@description.register
def _instance(instance: Instance, world):
    one = {
        "InstanceId": instance.id,
        "ImageId": instance.image,
        "InstanceType": instance.instance_type,
        "Architecture": instance.architecture,
        "LaunchTime": _time(instance.launched),
        "State": {"Code": STATE_CODES[instance.state], "Name": instance.state},
        "Placement": {"AvailabilityZone": instance.subnet.zone, "Tenancy": "default"},
        "NetworkInterfaces": [],
        "Tags": tag_list(instance.tags),
    }
    if instance.state == "running":
        one.update(_network_of(world, instance))
    return one


def _network_of(world, instance):
    interfaces = [described(world, interface) for interface in instance.interfaces]
    primary = interfaces[0]
    network = {"NetworkInterfaces": [_within_instance(each) for each in interfaces]}
    for member in ("VpcId", "SubnetId", "PrivateIpAddress", "SourceDestCheck"):
        network[member] = primary[member]
    if "Association" in primary:
        network["PublicIpAddress"] = primary["Association"]["PublicIp"]
    return network


def _within_instance(one):
    """An interface's description as an instance's description nests it."""
    kept = ("NetworkInterfaceId", "SubnetId", "VpcId", "OwnerId", "Status", "Description", "MacAddress",
            "PrivateIpAddress", "SourceDestCheck", "Groups", "InterfaceType")
    nested = {member: one[member] for member in kept}
    nested["Attachment"] = {member: one["Attachment"][member] for member in
                            ("AttachmentId", "DeviceIndex", "Status", "AttachTime", "DeleteOnTermination")}
    if "Association" in one:
        nested["Association"] = {member: one["Association"][member] for member in ("PublicIp", "IpOwnerId")}
    return nested


@description.register
def _address(address: Address, world):
    one = {"AllocationId": address.id, "PublicIp": address.public_ip, "Domain": "vpc", "PublicIpv4Pool": "amazon",
           "NetworkBorderGroup": address.region, "Tags": tag_list(address.tags)}
    interface = address.interface
    if interface:
        one.update({"AssociationId": address.association_id, "NetworkInterfaceId": interface.id,
                    "NetworkInterfaceOwnerId": interface.vpc.account, "InstanceId": interface.instance.id,
                    "PrivateIpAddress": interface.private_ip})
    return one
