"""Auto Scaling: what an instance, or who acts for it, asks and tells."""

from .errors import ApiError
from .pages import page_of

PAGE = 50
RESULTS = ("CONTINUE", "ABANDON")
HEALTH = {"Healthy": True, "Unhealthy": False}


def admit(context):
    """Whoever is allowed may; there are no dry runs."""


def describe_auto_scaling_instances(context):
    """Ids that are no members are left out."""
    params = context.params
    ids = params.get("InstanceIds")
    shown = [_described(member) for key, member in sorted(_members(context).items()) if not ids or key in ids]
    if params.get("MaxRecords", PAGE) > PAGE:
        raise _invalid(f"The number of records must be at most {PAGE}")
    page, more = page_of(context, shown, (tuple(ids or ()),), params.get("MaxRecords", PAGE))
    if page is None:
        raise ApiError("InvalidNextToken", "The NextToken value is not valid.")
    return {"AutoScalingInstances": page, **more}


def complete_lifecycle_action(context):
    result = context.params["LifecycleActionResult"]
    if result not in RESULTS:
        raise _invalid(f"Unsupported lifecycle action result {result}: it has to be one of {', '.join(RESULTS)}")
    context.world.complete(*_active(context), result)
    return {}


def record_lifecycle_action_heartbeat(context):
    _, action = _active(context)
    action.beat()
    return {}


def set_instance_health(context):
    """Within the grace period of its group nothing is set, unless the caller says that this does not matter."""
    params = context.params
    member = _members(context).get(params["InstanceId"])
    if member is None:
        raise _invalid(f"Instance Id not found - No managed instance found for instance ID: {params['InstanceId']}")
    if params["HealthStatus"] not in HEALTH:
        raise _invalid(f"Invalid instance health status: {params['HealthStatus']}")
    graced = context.world.clock() < member.joined + member.group.grace
    if not (graced and params.get("ShouldRespectGracePeriod", True)):
        context.world.set_health(member, HEALTH[params["HealthStatus"]])


ACTIONS = {
    "DescribeAutoScalingInstances": describe_auto_scaling_instances,
    "CompleteLifecycleAction": complete_lifecycle_action,
    "RecordLifecycleActionHeartbeat": record_lifecycle_action_heartbeat,
    "SetInstanceHealth": set_instance_health,
}


def _invalid(message):
    return ApiError("ValidationError", message)


def _groups(context):
    return {name: group for (account, region, name), group in context.world.scaling_groups.items()
            if (account, region) == (context.account, context.region)}


def _members(context):
    """The members whose instances are there, by the instance's id."""
    return {key: member for group in _groups(context).values() for key, member in group.members.items()
            if member.instance.state != "terminated"}


def _active(context):
    """The member and its active lifecycle action that a request names, by the instance or by the action's token."""
    params = context.params
    group = _groups(context).get(params["AutoScalingGroupName"])
    if group is None:
        raise _invalid(f"AutoScalingGroup name not found - no such group: {params['AutoScalingGroupName']}")
    if "InstanceId" not in params and "LifecycleActionToken" not in params:
        raise _invalid("Either the instance ID or the lifecycle action token is required")
    for member in group.members.values():
        action = member.action(params["LifecycleHookName"])
        if action and member.instance.state != "terminated" and _named(member, action, params):
            return member, action
    if "LifecycleActionToken" in params:
        raise _invalid(f"No active Lifecycle Action found with token {params['LifecycleActionToken']}")
    raise _invalid(f"No active Lifecycle Action found with instance ID {params['InstanceId']}")


def _named(member, action, params):
    return (params.get("InstanceId", member.instance.id) == member.instance.id
            and params.get("LifecycleActionToken", action.token) == action.token)


def _described(member):
    return {
        "InstanceId": member.instance.id,
        "InstanceType": member.instance.instance_type,
        "AutoScalingGroupName": member.group.name,
        "AvailabilityZone": member.instance.subnet.zone,
        "LifecycleState": member.state,
        "HealthStatus": "HEALTHY" if member.healthy else "UNHEALTHY",
        "ProtectedFromScaleIn": False,
    }
