"""Eventual consistency: what a description showed before a change, for the reads that have not heard of it."""

from dataclasses import dataclass


@dataclass
class _Former:
    left: int
    description: dict


class FormerStates:
    """Former descriptions by resource id, each shown a number of times."""

    def __init__(self):
        self._former = {}

    def keep(self, resource_id, description, times):
        """Show this description the next times; an older one still shown stays what is shown."""
        shown = self.take(resource_id)
        self._former[resource_id] = _Former(times, shown or description)

    def take(self, resource_id):
        """The former description to show once more, or None."""
        former = self._former.get(resource_id)
        if former is None or former.left == 0:
            return None
        former.left -= 1
        return former.description
