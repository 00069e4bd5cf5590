"""EC2: its actions on a world's instances, interfaces and addresses."""

from .ec2_describe import ADDRESS, INSTANCE, INTERFACE, attachment, described, description, find, paged, selected
from .errors import ApiError


def admit(context):
    """Answer a dry run; whether the caller may was decided before."""
    if context.params.get("DryRun"):
        raise ApiError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412)


def modify_network_interface_attribute(context):
    interface = find(_interfaces(context), INTERFACE, context.params["NetworkInterfaceId"])
    _set_source_dest_check(context, interface, {"NetworkInterfaceId"})


def modify_instance_attribute(context):
    instance = find(_instances(context), INSTANCE, context.params["InstanceId"])
    if len(instance.interfaces) > 1:
        raise ApiError("InvalidInstanceID", f"There are multiple interfaces attached to instance '{instance.id}'. "
                       "Please specify an interface ID for the operation instead.")
    _set_source_dest_check(context, instance.interface, {"InstanceId"})


def describe_network_interface_attribute(context):
    interface = find(_interfaces(context), INTERFACE, context.params["NetworkInterfaceId"])
    one = described(context.world, interface)
    attributes = {
        "description": {"Description": {"Value": one["Description"]}},
        "groupSet": {"Groups": one["Groups"]},
        "sourceDestCheck": {"SourceDestCheck": {"Value": one["SourceDestCheck"]}},
        "attachment": {"Attachment": attachment(interface)},
    }
    if "Attribute" not in context.params:
        raise ApiError("InvalidParameterCombination", "No attributes specified.")
    return {"NetworkInterfaceId": interface.id, **attributes[context.params["Attribute"]]}


def describe_network_interfaces(context):
    ids = context.params.get("NetworkInterfaceIds")
    page, more = _described_page(context, _interfaces(context), INTERFACE, ids)
    return {"NetworkInterfaces": page, **more}


def describe_instances(context):
    page, more = _described_page(context, _instances(context), INSTANCE, context.params.get("InstanceIds"))
    instances = context.world.instances
    return {"Reservations": [{"ReservationId": instances[one["InstanceId"]].reservation_id, "OwnerId": context.account,
                              "Groups": [], "Instances": [one]} for one in page], **more}


def describe_addresses(context):
    addresses, params = _addresses(context), context.params
    known = {address.public_ip: address.id for address in addresses.values()}
    for public_ip in params.get("PublicIps", []):
        if public_ip not in known:
            raise ApiError("InvalidAddress.NotFound", f"Address '{public_ip}' not found.")
    ids = params.get("AllocationIds", []) + [known[public_ip] for public_ip in params.get("PublicIps", [])]
    page, _ = _described_page(context, addresses, ADDRESS, ids)
    return {"Addresses": page}


ACTIONS = {
    "ModifyNetworkInterfaceAttribute": modify_network_interface_attribute,
    "ModifyInstanceAttribute": modify_instance_attribute,
    "DescribeNetworkInterfaceAttribute": describe_network_interface_attribute,
    "DescribeNetworkInterfaces": describe_network_interfaces,
    "DescribeInstances": describe_instances,
    "DescribeAddresses": describe_addresses,
}


def _set_source_dest_check(context, interface, subject):
    attributes = set(context.params) - subject - {"DryRun"}
    if len(attributes) != 1:
        raise ApiError("InvalidParameterCombination",
                       "Fields for multiple attribute types specified." if attributes else "No attributes specified.")
    if attributes != {"SourceDestCheck"} or "Value" not in context.params["SourceDestCheck"]:
        raise ApiError("UnsupportedOperation", f"this fake does not model setting {attributes.pop()}")
    _remember(context, interface)
    context.world.set_source_dest_check(interface, context.params["SourceDestCheck"]["Value"])


def _remember(context, *resources):
    """Let coming reads still show these resources as they are before a change, where the switch says so."""
    world = context.world
    for resource in resources:
        if world.faults.stale_count:
            world.former.keep(resource.id, description(world, resource), world.faults.stale_count)


def _described_page(context, resources, kind, ids):
    wanted = [find(resources, kind, each) for each in ids] if ids else resources.values()
    shown = [described(context.world, resource) for resource in sorted(wanted, key=lambda resource: resource.id)]
    return paged(context, selected(shown, kind, context.params.get("Filters", [])), ids)


def _interfaces(context):
    return {interface.id: interface for interface in context.world.interfaces.values() if _owns(context, interface.vpc)}


def _instances(context):
    return {instance.id: instance for instance in context.world.instances.values() if _owns(context, instance.vpc)}


def _addresses(context):
    return {address.id: address for address in context.world.addresses.values() if _owns(context, address)}


def _owns(context, thing):
    return (thing.region, thing.account) == (context.region, context.account)
