"""EC2: the actions on Elastic IPs."""

from .ec2_calls import addresses, described_page, instances, interfaces, only_interface, remember
from .ec2_describe import ADDRESS, INSTANCE, INTERFACE, find
from .errors import ApiError


def describe_addresses(context):
    known, params = addresses(context), context.params
    ids = params.get("AllocationIds", []) + [_by_ip(known, each).id for each in params.get("PublicIps", [])]
    page, _ = described_page(context, known, ADDRESS, ids)
    return {"Addresses": page}


def associate_address(context):
    """An address moves by itself, and pushes another one out, unless AllowReassociation is false."""
    params = context.params
    address, interface = _address(context), _target(context)
    if params.get("PrivateIpAddress", interface.private_ip) != interface.private_ip:
        raise ApiError("InvalidParameterValue", f"the fake gives {interface.id} no further private address")
    if address.interface is not interface:
        if not params.get("AllowReassociation", True):
            _refuse_reassociation(address, interface)
        touched = [address, interface, interface.instance]
        if interface.address:
            touched.append(interface.address)
        if address.interface:
            touched += [address.interface, address.interface.instance]
        remember(context, *touched)
        context.world.associate(address, interface)
    return {"AssociationId": address.association_id}


def disassociate_address(context):
    address = _associated(context)
    remember(context, address, address.interface, address.interface.instance)
    context.world.disassociate(address)


ACTIONS = {
    "DescribeAddresses": describe_addresses,
    "AssociateAddress": associate_address,
    "DisassociateAddress": disassociate_address,
}


def _by_ip(known, public_ip):
    for address in known.values():
        if address.public_ip == public_ip:
            return address
    raise ApiError("InvalidAddress.NotFound", f"Address '{public_ip}' not found.")


def _address(context):
    """The Elastic IP that is named one way or the other."""
    params, known = context.params, addresses(context)
    if ("AllocationId" in params) == ("PublicIp" in params):
        raise ApiError("InvalidParameterCombination" if "PublicIp" in params else "MissingParameter",
                       "Either public IP or allocation id must be specified")
    if "PublicIp" in params:
        return _by_ip(known, params["PublicIp"])
    return find(known, ADDRESS, params["AllocationId"])


def _target(context):
    """The network interface that is named, or an instance's only one."""
    params = context.params
    if ("InstanceId" in params) == ("NetworkInterfaceId" in params):
        raise ApiError("InvalidParameterCombination" if "InstanceId" in params else "MissingParameter",
                       "Either instance ID or network interface id must be specified")
    if "NetworkInterfaceId" in params:
        return find(interfaces(context), INTERFACE, params["NetworkInterfaceId"])
    return only_interface(find(instances(context), INSTANCE, params["InstanceId"]))


def _refuse_reassociation(address, interface):
    if address.interface:
        raise ApiError("Resource.AlreadyAssociated",
                       f"resource {address.id} is already associated with associate-id {address.association_id}")
    if interface.address:
        raise ApiError("Resource.AlreadyAssociated", f"resource {interface.id} and {interface.private_ip} is already "
                       f"associated with public address {interface.address.public_ip}")


def _associated(context):
    params, known = context.params, addresses(context)
    if ("AssociationId" in params) == ("PublicIp" in params):
        raise ApiError("InvalidParameterCombination" if "PublicIp" in params else "MissingParameter",
                       "Either public IP or association id must be specified")
    if "PublicIp" in params:
        address = _by_ip(known, params["PublicIp"])
        if address.interface:
            return address
        raise ApiError("InvalidAssociationID.NotFound", f"The address '{address.public_ip}' is not associated")
    for address in known.values():
        if address.association_id == params["AssociationId"]:
            return address
    raise ApiError("InvalidAssociationID.NotFound", f"The association ID '{params['AssociationId']}' does not exist")
