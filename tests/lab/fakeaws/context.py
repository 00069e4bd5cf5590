"""What an action knows of the call it answers."""

from dataclasses import dataclass

from .endpoints import partition_of
from .resources import Keys


@dataclass(frozen=True)
class Context:
    world: object
    region: str
    caller: Keys
    action: str
    params: dict

    @property
    def account(self):
        return self.caller.account

    @property
    def partition(self):
        return partition_of(self.region).name
