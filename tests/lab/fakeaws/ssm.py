"""Systems Manager's Parameter Store: its actions on a ParameterStore."""

from datetime import datetime, timezone

from .errors import ApiError
from .parameter_store import check_name, invalid

PUTS = ("PutParameter",)
READS = ("GetParameter", "GetParameters", "GetParametersByPath", "GetParameterHistory")
PATH_PAGE = 10
HISTORY_PAGE = 50


def admit(context):
    """Count the call against the account's rate."""
    store = _store(context)
    bucket = store.puts if context.action in PUTS else store.reads if context.action in READS else None
    if bucket and context.world.faults.limits_on and not bucket.take():
        raise ApiError("ThrottlingException", "Rate exceeded")


def put_parameter(context):
    params = context.params
    overwrite = params.get("Overwrite", False)
    if params.get("Tags") and overwrite:
        raise invalid("Invalid request: tags and overwrite can't be used together. To create a parameter with tags, "
                      "please remove overwrite flag. To update tags for an existing parameter, please use "
                      "AddTagsToResource or RemoveTagsFromResource.")
    _refuse_unmodelled(params)
    store = _store(context)
    known = store.parameters.get(params["Name"])
    kind = params.get("Type") or (known and known[-1].type)
    if not kind:
        raise invalid("A parameter type is required when you create a parameter.")
    version = store.put(params["Name"], params["Value"], overwrite, kind, context.caller.arn, params.get("Description"))
    return {"Version": version.number, "Tier": "Standard"}


def get_parameter(context):
    store, selector = _store(context), context.params["Name"]
    parameter = _parameter(store, store.get(selector))
    if ":" in selector:
        parameter["Selector"] = ":" + selector.partition(":")[2]
    return {"Parameter": parameter}


def get_parameters(context):
    store, found, missing = _store(context), {}, []
    for selector in context.params["Names"]:
        try:
            version = store.get(selector)
            found[version.name, version.number] = _parameter(store, version)
        except ApiError:
            missing.append(selector)
    return {"Parameters": [found[key] for key in sorted(found)], "InvalidParameters": missing}


def get_parameters_by_path(context):
    params, store = context.params, _store(context)
    if not params["Path"].startswith("/"):
        raise invalid("The parameter doesn't meet the parameter name requirements. The parameter name must begin with "
                      'a forward slash "/". It can\'t be prefixed with "aws" or "ssm" (case-insensitive).')
    if params.get("ParameterFilters"):
        raise ApiError("InvalidFilterKey", "this fake models no filters")
    if params["Path"] != "/":
        check_name(params["Path"].rstrip("/"))
    versions = store.below(params["Path"], params.get("Recursive", False))
    page, token = _page(context, versions, lambda version: version.name, PATH_PAGE, context.world.faults.pages_empty)
    return {"Parameters": [_parameter(store, version) for version in page], **token}


def get_parameter_history(context):
    history = _store(context).history(context.params["Name"])
    page, token = _page(context, history, lambda version: version.number, HISTORY_PAGE, False)
    return {"Parameters": [_historic(version) for version in page], **token}


def delete_parameter(context):
    _store(context).delete(context.params["Name"])
    return {}


ACTIONS = {
    "PutParameter": put_parameter,
    "GetParameter": get_parameter,
    "GetParameters": get_parameters,
    "GetParametersByPath": get_parameters_by_path,
    "GetParameterHistory": get_parameter_history,
    "DeleteParameter": delete_parameter,
}


def _store(context):
    return context.world.ssm(context.region, context.account)


def _refuse_unmodelled(params):
    if params.get("Type", "String") != "String":
        raise ApiError("UnsupportedParameterType", "this fake models parameters of type String only")
    if params.get("Tier", "Standard") != "Standard":
        raise invalid("this fake models the Standard tier only")
    for member in ("KeyId", "AllowedPattern", "Policies"):
        if member in params:
            raise invalid(f"this fake models no {member}")
    if params.get("DataType", "text") != "text":
        raise invalid("this fake models the data type text only")


def _page(context, versions, key, default_size, empty_first):
    """One page of versions in key order, and the token that goes on after its last key.

    With empty_first each page that holds something is preceded by an empty one.
    """
    params, pages = context.params, context.world.pages
    request = (context.action, context.region, params.get("Path"), params.get("Name"), params.get("Recursive", False))
    after, empty = None, empty_first
    if "NextToken" in params:
        try:
            after, empty = pages.position(request, params["NextToken"])
        except KeyError:
            raise ApiError("InvalidNextToken", "The specified token isn't valid.") from None
    rest = [version for version in versions if after is None or key(version) > after]
    if empty and rest:
        return [], {"NextToken": pages.token(request, (after, False))}
    size = params.get("MaxResults", default_size)
    page = rest[:size]
    if len(rest) <= size:
        return page, {}
    return page, {"NextToken": pages.token(request, (key(page[-1]), empty_first))}


def _time(seconds):
    return datetime.fromtimestamp(round(seconds, 3), timezone.utc)


def _parameter(store, version):
    return {"Name": version.name, "Type": version.type, "Value": version.value, "Version": version.number,
            "LastModifiedDate": _time(version.modified), "ARN": store.arn(version.name), "DataType": "text"}


def _historic(version):
    entry = {"Name": version.name, "Type": version.type, "Value": version.value, "Version": version.number,
             "LastModifiedDate": _time(version.modified), "LastModifiedUser": version.user, "Labels": [],
             "Tier": "Standard", "Policies": [], "DataType": "text"}
    if version.description:
        entry["Description"] = version.description
    return entry
