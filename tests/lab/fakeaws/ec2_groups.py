"""EC2: the actions on security groups and their rules."""

from dataclasses import dataclass

from .ec2_calls import described_page, in_vpcs, remember
from .ec2_describe import Kind, description, find, tag_list
from .errors import ApiError
from .resources import SecurityGroup
from .rules import Rule

GROUP = Kind("security group", "sg", "InvalidGroup", "Tags", {
    "description": "Description",
    "egress.ip-permission.cidr": "IpPermissionsEgress.IpRanges.CidrIp",
    "egress.ip-permission.protocol": "IpPermissionsEgress.IpProtocol",
    "group-id": "GroupId",
    "group-name": "GroupName",
    "ip-permission.cidr": "IpPermissions.IpRanges.CidrIp",
    "ip-permission.from-port": "IpPermissions.FromPort",
    "ip-permission.group-id": "IpPermissions.UserIdGroupPairs.GroupId",
    "ip-permission.protocol": "IpPermissions.IpProtocol",
    "ip-permission.to-port": "IpPermissions.ToPort",
    "owner-id": "OwnerId",
    "vpc-id": "VpcId",
}, malformed="InvalidGroupId.Malformed", absent="The security group '{id}' does not exist")
RULE = Kind("security group rule", "sgr", "InvalidSecurityGroupRuleId", "Tags", {
    "group-id": "GroupId",
    "security-group-rule-id": "SecurityGroupRuleId",
})
PEERS = {"IpRanges": ("cidr", "CidrIp"), "Ipv6Ranges": ("cidr6", "CidrIpv6"),
         "UserIdGroupPairs": ("group", "GroupId"), "PrefixListIds": ("prefix_list", "PrefixListId")}


def describe_security_groups(context):
    if "GroupNames" in context.params:
        raise ApiError("InvalidParameterValue", "You may not reference Amazon VPC security groups by name. "
                       "Please use the corresponding id for this operation.")
    page, more = described_page(context, _groups(context), GROUP, context.params.get("GroupIds"))
    return {"SecurityGroups": page, **more}


def describe_security_group_rules(context):
    rules = {rule.id: GroupRule(group, rule) for group in _groups(context).values() for rule in group.rules}
    page, more = described_page(context, rules, RULE, context.params.get("SecurityGroupRuleIds"))
    return {"SecurityGroupRules": page, **more}


def authorize_security_group_ingress(context):
    group = _group(context)
    rules = _asked_rules(context, _tags_given(context))
    if len({rule.key for rule in rules}) < len(rules):
        raise ApiError("InvalidParameterValue", "The same permission must not appear multiple times")
    remember(context, group)
    context.world.add_rules(group, rules)
    return {"Return": True,
            "SecurityGroupRules": [description(GroupRule(group, rule), context.world) for rule in rules]}


def revoke_security_group_ingress(context):
    """By the rules' ids, or by what they permit; all of them, or with an error none."""
    group, params = _group(context), context.params
    if "SecurityGroupRuleIds" in params and "IpPermissions" in params:
        raise ApiError("InvalidParameterCombination", "SecurityGroupRuleIds and IpPermissions cannot be used together")
    if "SecurityGroupRuleIds" in params:
        known = {rule.id: rule for rule in group.ingress}
        rules = [find(known, RULE, each) for each in dict.fromkeys(params["SecurityGroupRuleIds"])]
    else:
        known = {rule.key: rule for rule in group.ingress}
        keys = {rule.key for rule in _asked_rules(context, {})}
        if not keys <= set(known):
            raise ApiError("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
        rules = [known[key] for key in keys]
    remember(context, group)
    context.world.remove_rules(group, rules)
    return {"Return": True}


ACTIONS = {
    "DescribeSecurityGroups": describe_security_groups,
    "DescribeSecurityGroupRules": describe_security_group_rules,
    "AuthorizeSecurityGroupIngress": authorize_security_group_ingress,
    "RevokeSecurityGroupIngress": revoke_security_group_ingress,
}


@dataclass(frozen=True)
class GroupRule:
    """A rule with the group that it is of."""

    group: SecurityGroup
    rule: Rule

    @property
    def id(self):
        return self.rule.id


def _groups(context):
    return in_vpcs(context, context.world.groups)


def _group(context):
    if "GroupId" not in context.params:
        raise ApiError("MissingParameter", "The request must contain the parameter groupName or groupId")
    return find(_groups(context), GROUP, context.params["GroupId"])


def _asked_rules(context, tags):
    """The ingress rules that the permissions of a request stand for: one a peer."""
    if set(context.params) & {"CidrIp", "IpProtocol", "FromPort", "ToPort", "SourceSecurityGroupName"}:
        raise ApiError("UnsupportedOperation", "this fake models permissions in IpPermissions only")
    permissions = context.params.get("IpPermissions")
    if not permissions:
        raise ApiError("MissingParameter", "Either 'ipPermissions' or 'securityGroupRuleIds' should be provided.")
    return [rule for permission in permissions for rule in _rules_of(context, permission, tags)]


def _rules_of(context, permission, tags):
    if "IpProtocol" not in permission:
        raise ApiError("MissingParameter", "The request must contain the parameter ipProtocol")
    rules = []
    for member, (peer, name) in PEERS.items():
        for one in permission.get(member, []):
            if set(one) - {name, "Description", "UserId"} or name not in one:
                raise ApiError("UnsupportedOperation", f"this fake models {member} with {name} and Description only")
            if member == "UserIdGroupPairs":
                find(_groups(context), GROUP, one[name])
            rules.append(Rule(permission["IpProtocol"], permission.get("FromPort"), permission.get("ToPort"),
                              **{peer: one[name]}, description=one.get("Description"), tags=dict(tags)))
    if not rules:
        raise ApiError("InvalidParameterValue", "a permission has to name whom it permits")
    return rules


def _tags_given(context):
    tags = {}
    for one in context.params.get("TagSpecifications", []):
        if one.get("ResourceType") != "security-group-rule":
            raise ApiError("InvalidParameterValue",
                           f"'{one.get('ResourceType')}' is not a valid taggable resource type for this operation.")
        tags.update({tag["Key"]: tag.get("Value", "") for tag in one.get("Tags", [])})
    return tags


@description.register
def _security_group(group: SecurityGroup, world):
    return {
        "GroupId": group.id,
        "GroupName": group.name,
        "Description": group.description,
        "OwnerId": group.vpc.account,
        "VpcId": group.vpc.id,
        "IpPermissions": _permissions(group, group.ingress),
        "IpPermissionsEgress": _permissions(group, group.egress),
        "Tags": tag_list(group.tags),
    }


def _permissions(group, rules):
    """The rules, those of the same protocol and ports as one permission."""
    permissions = {}
    for rule in rules:
        one = permissions.setdefault((rule.protocol, rule.from_port, rule.to_port),
                                     {"IpProtocol": rule.protocol, **{member: [] for member in PEERS}})
        if rule.protocol != "-1":
            one.update({"FromPort": rule.from_port, "ToPort": rule.to_port})
        for member, (peer, name) in PEERS.items():
            if getattr(rule, peer):
                pair = {"UserId": group.vpc.account} if member == "UserIdGroupPairs" else {}
                one[member].append({name: rule.peer, **pair, **_described_as(rule)})
    return list(permissions.values())


@description.register
def _group_rule(pair: GroupRule, world):
    group, rule = pair.group, pair.rule
    one = {"SecurityGroupRuleId": rule.id, "GroupId": group.id, "GroupOwnerId": group.vpc.account,
           "IsEgress": rule.egress, "IpProtocol": rule.protocol, "FromPort": rule.from_port, "ToPort": rule.to_port,
           "Tags": tag_list(rule.tags), **_described_as(rule)}
    for peer, name in (("cidr", "CidrIpv4"), ("cidr6", "CidrIpv6"), ("prefix_list", "PrefixListId")):
        if getattr(rule, peer):
            one[name] = rule.peer
    if rule.group:
        one["ReferencedGroupInfo"] = {"GroupId": rule.group, "UserId": group.vpc.account}
    return one


def _described_as(rule):
    return {"Description": rule.description} if rule.description else {}
