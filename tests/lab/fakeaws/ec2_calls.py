"""What EC2's actions share: the dry run, whose resources are whose, pages of descriptions, and stale reads."""

from .ec2_describe import described, description, find, paged, selected
from .errors import ApiError


def admit(context):
    """Answer a dry run; whether the caller may was decided before."""
    if context.params.get("DryRun"):
        raise ApiError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412)


def interfaces(context):
    """The caller's network interfaces by id; the functions below likewise."""
    return in_vpcs(context, context.world.interfaces)


def instances(context):
    return in_vpcs(context, context.world.instances)


def addresses(context):
    return {address.id: address for address in context.world.addresses.values() if _owns(context, address)}


def in_vpcs(context, resources):
    """Those of the resources that are in one of the caller's VPCs."""
    return {key: each for key, each in resources.items() if _owns(context, each.vpc)}


def only_interface(instance):
    """The network interface of an instance that is named in place of its interface."""
    if len(instance.interfaces) > 1:
        raise ApiError("InvalidInstanceID", f"There are multiple interfaces attached to instance '{instance.id}'. "
                       "Please specify an interface ID for the operation instead.")
    if instance.state != "running":
        raise ApiError("IncorrectInstanceState", f"The instance '{instance.id}' is not in the 'running' state.")
    return instance.interface


def remember(context, *resources):
    """Let coming reads still show these resources as they are before a change, where the switch says so."""
    world = context.world
    for resource in resources:
        if world.faults.stale_count:
            world.former.keep(resource.id, description(resource, world), world.faults.stale_count)


def described_page(context, resources, kind, ids):
    """One page of descriptions, of these ids or of all that pass the filters, and the token of the next one."""
    wanted = [find(resources, kind, each) for each in ids] if ids else resources.values()
    shown = [described(context.world, resource) for resource in sorted(wanted, key=lambda resource: resource.id)]
    return paged(context, selected(shown, kind, context.params.get("Filters", [])), ids)


def _owns(context, thing):
    return (thing.region, thing.account) == (context.region, context.account)
