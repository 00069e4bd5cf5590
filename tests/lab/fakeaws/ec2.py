"""EC2: its actions on a world's instances and interfaces, and the table of all its actions."""

from . import ec2_addresses, ec2_groups, ec2_routes
from .ec2_calls import described_page, instances, interfaces, only_interface, remember
from .ec2_describe import INSTANCE, INTERFACE, attachment, described, find
from .errors import ApiError


def modify_network_interface_attribute(context):
    interface = find(interfaces(context), INTERFACE, context.params["NetworkInterfaceId"])
    _set_source_dest_check(context, interface, {"NetworkInterfaceId"})


def modify_instance_attribute(context):
    instance = find(instances(context), INSTANCE, context.params["InstanceId"])
    _set_source_dest_check(context, only_interface(instance), {"InstanceId"})


def describe_network_interface_attribute(context):
    interface = find(interfaces(context), INTERFACE, context.params["NetworkInterfaceId"])
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
    page, more = described_page(context, interfaces(context), INTERFACE, ids)
    return {"NetworkInterfaces": page, **more}


def describe_instances(context):
    page, more = described_page(context, instances(context), INSTANCE, context.params.get("InstanceIds"))
    known = context.world.instances
    return {"Reservations": [{"ReservationId": known[one["InstanceId"]].reservation_id, "OwnerId": context.account,
                              "Groups": [], "Instances": [one]} for one in page], **more}


ACTIONS = {
    "ModifyNetworkInterfaceAttribute": modify_network_interface_attribute,
    "ModifyInstanceAttribute": modify_instance_attribute,
    "DescribeNetworkInterfaceAttribute": describe_network_interface_attribute,
    "DescribeNetworkInterfaces": describe_network_interfaces,
    "DescribeInstances": describe_instances,
    **ec2_addresses.ACTIONS,
    **ec2_routes.ACTIONS,
    **ec2_groups.ACTIONS,
}


def _set_source_dest_check(context, interface, subject):
    attributes = set(context.params) - subject - {"DryRun"}
    if len(attributes) != 1:
        raise ApiError("InvalidParameterCombination",
                       "Fields for multiple attribute types specified." if attributes else "No attributes specified.")
    if attributes != {"SourceDestCheck"} or "Value" not in context.params["SourceDestCheck"]:
        raise ApiError("UnsupportedOperation", f"this fake does not model setting {attributes.pop()}")
    remember(context, interface)
    context.world.set_source_dest_check(interface, context.params["SourceDestCheck"]["Value"])
