"""STS: temporary credentials of roles that trust who asks."""

from datetime import datetime, timezone

from .errors import ApiError

DEFAULT_DURATION = 3600
CHAINED_MAX = 3600


def admit(context):
    """Whoever is allowed may; there are no dry runs."""


def assume_role(context):
    params, caller, world = context.params, context.caller, context.world
    unmodelled = set(params) - {"RoleArn", "RoleSessionName", "DurationSeconds"}
    if unmodelled:
        raise ApiError("ValidationError", f"this fake does not model {', '.join(sorted(unmodelled))}")
    if len(params["RoleArn"].split(":")) != 6 or not params["RoleArn"].startswith("arn:"):
        raise ApiError("ValidationError", f"{params['RoleArn']} is invalid")
    role = world.roles.get(params["RoleArn"])
    if role is None or not role.admits(caller):
        raise ApiError("AccessDenied", f"User: {caller.arn} is not authorized to perform: sts:AssumeRole on resource: "
                       f"{params['RoleArn']}", 403)
    duration = params.get("DurationSeconds", DEFAULT_DURATION)
    if caller.token and duration > CHAINED_MAX:
        raise ApiError("ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles "
                       "assumed by role chaining.")
    if duration > role.max_session:
        raise ApiError("ValidationError",
                       "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
    keys = world.keyring.of_role(role, params["RoleSessionName"], duration, caller)
    return {"Credentials": {"AccessKeyId": keys.access_key, "SecretAccessKey": keys.secret_key,
                            "SessionToken": keys.token,
                            "Expiration": datetime.fromtimestamp(int(keys.expiration), timezone.utc)},
            "AssumedRoleUser": {"AssumedRoleId": f"{role.unique_id}:{params['RoleSessionName']}", "Arn": keys.arn}}


ACTIONS = {"AssumeRole": assume_role}
