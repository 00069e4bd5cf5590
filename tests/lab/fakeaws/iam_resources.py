"""What each call is about, as IAM sees it: ARNs and the keys of conditions, as the Service Authorization Reference
has them."""


def needs(context, service):
    """The (ARN, {key: value}) of everything that a call has to be allowed on."""
    wanted = _TABLE[f"{service}:{context.action}"](context)
    common = {"aws:RequestedRegion": context.region}
    return [(resource, {**common, **keys}) for resource, keys in wanted]


def _arn(context, service, resource):
    return f"arn:{context.partition}:{service}:{context.region}:{context.account}:{resource}"


def _anything(context):
    return [("*", {})]


def _parameters(*members):
    def wanted(context):
        for member in members:
            names = context.params[member]
            for name in names if isinstance(names, list) else [names]:
                yield _arn(context, "ssm", "parameter" + name.rstrip("/")), {}
    return wanted


def _thing(context, kind, thing, **keys):
    """A resource of EC2 that may exist no more, with its tags."""
    identifier = thing if isinstance(thing, str) else thing.id
    tags = {} if isinstance(thing, str) else thing.tags
    known = {f"ec2:{key}": value for key, value in keys.items()}
    for key, value in tags.items():
        known[f"ec2:ResourceTag/{key}"] = known[f"aws:ResourceTag/{key}"] = value
    return _arn(context, "ec2", f"{kind}/{identifier}"), known


def _vpc(context, vpc):
    return _arn(context, "ec2", f"vpc/{vpc.id}")


def _interface(context, interface):
    return _thing(context, "network-interface", interface, Vpc=_vpc(context, interface.vpc))


def _elastic(context, address):
    return _thing(context, "elastic-ip", address, PublicIpAddress=address.public_ip, AllocationId=address.id)


def _modified_interface(context):
    """With the one attribute that is set, by its name and with its value, where that is all of it."""
    identifier = context.params["NetworkInterfaceId"]
    interface = context.world.interfaces.get(identifier)
    arn, keys = _interface(context, interface) if interface else _thing(context, "network-interface", identifier)
    for name, attribute in context.params.items():
        if isinstance(attribute, dict) and set(attribute) == {"Value"}:
            value = attribute["Value"]
            keys |= {"ec2:Attribute": name,
                     f"ec2:Attribute/{name}": str(value).lower() if isinstance(value, bool) else value}
    yield arn, keys


def _associated(context):
    params, world = context.params, context.world
    address, interface = world.addresses.get(params["AllocationId"]), world.interfaces.get(params["NetworkInterfaceId"])
    yield _elastic(context, address) if address else _thing(context, "elastic-ip", params["AllocationId"])
    if interface:
        yield _interface(context, interface)
        yield _thing(context, "instance", interface.instance)
    else:
        yield _thing(context, "network-interface", params["NetworkInterfaceId"])


def _disassociated(context):
    for address in context.world.addresses.values():
        if address.association_id == context.params["AssociationId"]:
            yield _elastic(context, address)
            yield _interface(context, address.interface)
            yield _thing(context, "instance", address.interface.instance)


def _route_table(context):
    identifier = context.params["RouteTableId"]
    table = context.world.route_tables.get(identifier)
    yield _thing(context, "route-table", table, RouteTableID=table.id, Vpc=_vpc(context, table.vpc)) if table else \
        _thing(context, "route-table", identifier)


def _security_group(context):
    identifier = context.params["GroupId"]
    group = context.world.groups.get(identifier)
    yield _thing(context, "security-group", group, Vpc=_vpc(context, group.vpc)) if group else \
        _thing(context, "security-group", identifier)


def _scaling(context, name):
    return _arn(context, "autoscaling", f"autoScalingGroup:00000000-0000-0000-0000-000000000000:"
                f"autoScalingGroupName/{name}"), {}


def _named_group(context):
    yield _scaling(context, context.params["AutoScalingGroupName"])


def _group_of_instance(context):
    instance = context.world.instances.get(context.params["InstanceId"])
    member = instance and context.world.member_of(instance)
    yield _scaling(context, member.group.name if member else "nobody-knows")


def _role(context):
    yield context.params["RoleArn"], {}


def _object(context):
    yield f"arn:{context.partition}:s3:::{context.params['Bucket']}/{context.params['Key']}", {}


_TABLE = {
    "ssm:GetParameter": _parameters("Name"),
    "ssm:GetParameters": _parameters("Names"),
    "ssm:GetParametersByPath": _parameters("Path"),
    "ssm:GetParameterHistory": _parameters("Name"),
    "ssm:PutParameter": _parameters("Name"),
    "ssm:DeleteParameter": _parameters("Name"),
    "ec2:ModifyNetworkInterfaceAttribute": _modified_interface,
    "ec2:AssociateAddress": _associated,
    "ec2:DisassociateAddress": _disassociated,
    "ec2:CreateRoute": _route_table,
    "ec2:ReplaceRoute": _route_table,
    "ec2:DeleteRoute": _route_table,
    "ec2:AuthorizeSecurityGroupIngress": _security_group,
    "ec2:RevokeSecurityGroupIngress": _security_group,
    "autoscaling:DescribeAutoScalingInstances": _anything,
    "autoscaling:CompleteLifecycleAction": _named_group,
    "autoscaling:RecordLifecycleActionHeartbeat": _named_group,
    "autoscaling:SetInstanceHealth": _group_of_instance,
    "sts:AssumeRole": _role,
    "s3:GetObject": _object,
    **{f"ec2:Describe{things}": _anything for things in (
        "NetworkInterfaces", "Addresses", "Subnets", "RouteTables", "SecurityGroups", "SecurityGroupRules",
        "Instances", "Vpcs")},
}
