"""The part of a world that filters: security groups, their rules, and the groups of an interface."""

from .errors import ApiError
from .resources import SecurityGroup

RULES_PER_GROUP = 60


class Grouping:
    """Mixed into World. A change of a group's rules is told as "group", one of an interface's groups as "interface"."""

    rule_limit = RULES_PER_GROUP

    def add_group(self, vpc, name, rules=(), tags=None):
        """One more security group, with these Rules besides the one that lets everything out."""
        with self.transaction():
            group = self.register(SecurityGroup(vpc, name, tags=dict(tags or {})))
            self.add_rules(group, rules)
            return group

    def set_groups(self, interface, groups):
        """The security groups that an interface has from now on."""
        if not groups or any(group.vpc is not interface.vpc for group in groups):
            raise ValueError("an interface has one group at least, all of its VPC")
        with self.transaction():
            interface.groups = list(groups)
            self.changed("interface", interface)

    def add_rules(self, group, rules):
        """Add all of these Rules or, with an ApiError, none."""
        rules = list(rules)
        with self.transaction():
            there = {rule.key for rule in group.rules}
            for rule in rules:
                if rule.key in there:
                    raise ApiError("InvalidPermission.Duplicate", f'the specified rule "{rule}" already exists')
            if self._exceeds(group.rules + rules):
                raise ApiError("RulesPerSecurityGroupLimitExceeded",
                               "The maximum number of rules per security group has been reached.")
            group.rules += rules
            self.changed("group", group)

    def remove_rules(self, group, rules):
        """Take these Rules of the group away; ValueError when one is not there."""
        with self.transaction():
            for rule in rules:
                group.rules.remove(rule)
            self.changed("group", group)

    def _exceeds(self, rules):
        kinds = [(rule.egress, family) for rule in rules for family in rule.families]
        return any(kinds.count(kind) > self.rule_limit for kind in set(kinds))
