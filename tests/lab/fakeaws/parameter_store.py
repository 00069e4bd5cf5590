"""The Parameter Store of one account and region: names, versions, and the rules for both."""

import re
from collections import deque
from dataclasses import dataclass

from .endpoints import partition_of
from .errors import ApiError
from .limits import TokenBucket

VALUE_MAX = 4096
LEVELS_MAX = 15
PARAMETERS_MAX = 10_000
HISTORY_MAX = 100
READS_PER_SECOND = 40
PUTS_PER_SECOND = 3


@dataclass(frozen=True)
class Version:
    name: str
    number: int
    value: str
    type: str
    modified: float
    user: str
    description: str = None


def invalid(message):
    return ApiError("ValidationException", message)


def check_name(name):
    """Refuse what Parameter Store does not take as the name of a new parameter."""
    levels = name.removeprefix("/").split("/")
    for reserved in ("aws", "ssm"):
        if levels[0].lower().startswith(reserved):
            raise invalid(f'Parameter name: can\'t be prefixed with "{reserved}" (case-insensitive). If formed as a '
                          "path, it can consist of sub-paths divided by slash symbol; each sub-path can be formed as "
                          "a mix of letters, numbers and the following 3 symbols .-_")
    if not all(re.fullmatch(r"[a-zA-Z0-9_.-]+", level) for level in levels):
        raise invalid("Parameter name: can't be formed of anything but letters, numbers and the symbols .-_ "
                      "in sub-paths divided by slash symbol")
    if len(levels) > 1 and not name.startswith("/"):
        raise invalid("Parameter name must be a fully qualified name.")
    if len(levels) > LEVELS_MAX:
        raise ApiError("HierarchyLevelLimitExceededException",
                       f"A hierarchy can have a maximum of {LEVELS_MAX} levels.")


def check_value(value):
    """Refuse a value that a standard parameter cannot hold."""
    if not value:
        raise invalid("1 validation error detected: Value '' at 'value' failed to satisfy constraint: "
                      "Member must have length greater than or equal to 1.")
    if len(value) > VALUE_MAX:
        raise invalid(f"Standard tier parameters support a maximum parameter value of {VALUE_MAX} characters. To "
                      "create a larger parameter value, upgrade the parameter to use the advanced-parameter tier.")
    if "{{" in value:
        raise invalid('Parameter value can\'t nest another parameter. Do not use "{{}}" in the value.')


class ParameterStore:
    """parameters maps each name to its history: Versions, oldest first, the last hundred."""

    def __init__(self, world, account, region):
        self._world = world
        self._arn = f"arn:{partition_of(region).name}:ssm:{region}:{account}:parameter"
        self.parameters = {}
        self.reads = TokenBucket(READS_PER_SECOND, world.clock)
        self.puts = TokenBucket(PUTS_PER_SECOND, world.clock)

    def arn(self, name):
        return self._arn + ("" if name.startswith("/") else "/") + name

    def put(self, name, value, overwrite=True, kind="String", user="test", description=None):
        """Write a parameter, counted against no rate; returns its new Version."""
        check_name(name)
        check_value(value)
        with self._world.lock:
            history = self.parameters.get(name)
            if history and not overwrite:
                raise ApiError("ParameterAlreadyExists", "The parameter already exists. To overwrite this value, set "
                               "the overwrite option in the request to true.")
            if not history and len(self.parameters) >= PARAMETERS_MAX:
                raise ApiError("ParameterLimitExceeded", f"The limit of {PARAMETERS_MAX} parameters was reached.")
            history = self.parameters.setdefault(name, deque(maxlen=HISTORY_MAX))
            number = history[-1].number + 1 if history else 1
            version = Version(name, number, value, kind, self._world.clock(), user, description)
            history.append(version)
            return version

    def delete(self, name):
        """Remove a parameter and its history; a later put starts again at version 1."""
        with self._world.lock:
            self.history(name)
            del self.parameters[name]

    def history(self, name):
        """All versions kept of a parameter, oldest first."""
        with self._world.lock:
            if name not in self.parameters:
                raise ApiError("ParameterNotFound")
            return list(self.parameters[name])

    def get(self, selector):
        """The Version that "name" or "name:number" selects."""
        name, _, number = selector.partition(":")
        history = self.history(name)
        if not number:
            return history[-1]
        for version in history:
            if str(version.number) == number:
                return version
        raise ApiError("ParameterVersionNotFound",
                       f"Systems Manager could not find version {number} of {name}. Verify the version and try again.")

    def below(self, path, recursive):
        """The newest versions of the parameters below a path, by name."""
        prefix = path.rstrip("/") + "/"
        with self._world.lock:
            names = [name for name in self.parameters if name.startswith(prefix)
                     and (recursive or "/" not in name[len(prefix):])]
            return [self.parameters[name][-1] for name in sorted(names)]
