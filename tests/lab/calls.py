"""Who called what of the fake AWS: its log, told by the lab's names."""

_READS = ("Get", "Describe", "AssumeRole")


def is_write(call):
    """Whether it changed something, or would have, had it not failed."""
    return not call.action.startswith(_READS) and not call.params.get("DryRun")


def writes(calls, *gateways):
    """Those that changed something, of all or of these gateways."""
    wanted = {gateway.instance.id for gateway in gateways}
    return [call for call in calls if is_write(call) and (not wanted or call.instance_id in wanted)]


def subject(call):
    """What a call is about: a parameter, or the ids it names."""
    params = call.params
    names = [params.get("Name"), *params.get("Names", []), params.get("Path"), params.get("DestinationCidrBlock")]
    names += [value for key, value in params.items() if key.endswith("Id") and isinstance(value, str)]
    return " ".join(filter(None, names))


def told(calls, gateways, since):
    """A line for each call: seconds since `since` (of the world's clock), who, what, and how it failed."""
    names = {gateway.instance.id: gateway.name for gateway in gateways}
    return [f"{call.time - since:6.2f} s  {names.get(call.instance_id, call.instance_id)}  {call.service}:{call.action}"
            f" {subject(call)}" + (f"  {call.error}" if call.error else "") for call in calls]
