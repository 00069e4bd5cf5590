"""The part of a world that scales: Auto Scaling groups, their launch hooks, and what became of each instance."""

import uuid
from dataclasses import dataclass, field

from .endpoints import partition_of

GLOBAL_TIMEOUT = 48 * 3600
GROUP_TAG = "aws:autoscaling:groupName"


@dataclass(frozen=True)
class Hook:
    """A lifecycle hook for launches; default is what a timeout (in seconds) counts as."""

    name: str
    timeout: int = 3600
    default: str = "ABANDON"


@dataclass(eq=False)
class LifecycleAction:
    """What an instance waits for because of a hook. given: the result that was told, None: none was."""

    hook: Hook
    clock: object
    started: float
    given: str = None
    heartbeats: int = 0
    token: str = field(default_factory=lambda: str(uuid.uuid4()))

    def __post_init__(self):
        self.expires = self.started + self.hook.timeout

    @property
    def timed_out(self):
        return self.given is None and self.clock() >= self.expires

    @property
    def result(self):
        """CONTINUE, ABANDON, or None while it is active."""
        return self.hook.default if self.timed_out else self.given

    def beat(self):
        """Wait for a whole timeout again, but not for ever."""
        self.heartbeats += 1
        latest = self.started + min(GLOBAL_TIMEOUT, 100 * self.hook.timeout)
        self.expires = min(self.clock() + self.hook.timeout, latest)


@dataclass(eq=False)
class Member:
    """An instance of a group; actions has one LifecycleAction for each hook once it waits."""

    group: object
    instance: object
    joined: float
    begun: bool = False
    healthy: bool = True
    actions: list = field(default_factory=list)

    @property
    def state(self):
        """The lifecycle state, as DescribeAutoScalingInstances has it."""
        if not self.begun:
            return "Pending"
        results = [action.result for action in self.actions]
        if "ABANDON" in results:
            return "Terminating"
        return "Pending:Wait" if None in results else "InService"

    @property
    def target_state(self):
        """The state it is on its way to, or in, as the metadata has it."""
        return "Terminated" if self.state == "Terminating" else "InService"

    def action(self, hook_name):
        """Its active LifecycleAction of this hook, or None."""
        for action in self.actions:
            if action.hook.name == hook_name and action.result is None:
                return action
        return None


@dataclass(eq=False)
class ScalingGroup:
    """members maps instance ids to Members, also of instances that were terminated since."""

    region: str
    account: str
    name: str
    hooks: list
    grace: int
    members: dict = field(default_factory=dict)


class Scaling:
    """Mixed into World. A result or a health that is told is told on as "lifecycle", with the Member.

    Nothing happens by itself: who is abandoned or unhealthy runs on until terminate(), and nobody is launched instead.
    """

    def add_scaling_group(self, region, name, hooks=(), grace=0, account=None):
        """An Auto Scaling group with these Hooks; grace: seconds in which health that respects it is not told."""
        partition_of(region)
        group = ScalingGroup(region, account or self.account, name, list(hooks), grace)
        with self.lock:
            key = (group.account, region, name)
            if key in self.scaling_groups:
                raise ValueError(f"there is a group {name} already")
            self.scaling_groups[key] = group
        return group

    def join(self, group, instance, waits=True):
        """Make an instance a Member, which waits for the group's hooks; waits=False: only once begin() is called."""
        vpc = instance.vpc
        if (vpc.region, vpc.account) != (group.region, group.account) or self.member_of(instance):
            raise ValueError(f"{instance.id} cannot join {group.name}")
        with self.transaction():
            member = group.members[instance.id] = Member(group, instance, self.clock())
            instance.tags[GROUP_TAG] = group.name
            if waits:
                self.begin(member)
            return member

    def begin(self, member):
        """Pending becomes Pending:Wait; where the group has no hooks, InService."""
        with self.transaction():
            member.begun = True
            member.actions = [LifecycleAction(hook, self.clock, self.clock()) for hook in member.group.hooks]
            self.changed("lifecycle", member)

    def member_of(self, instance):
        """The Member that an instance is, or None."""
        with self.lock:
            for group in self.scaling_groups.values():
                if instance.id in group.members:
                    return group.members[instance.id]
        return None

    def complete(self, member, action, result):
        """End a LifecycleAction with CONTINUE or ABANDON."""
        with self.transaction():
            action.given = result
            self.changed("lifecycle", member)

    def set_health(self, member, healthy):
        with self.transaction():
            member.healthy = healthy
            self.changed("lifecycle", member)
