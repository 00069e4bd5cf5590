"""IAM: policies of roles and users, and what they allow. Who has no policy here may do everything."""

import json
import re

_STATEMENT = {"Sid", "Effect", "Action", "Resource", "Condition"}
_KEY_SHAPE = re.compile(r"[a-z0-9]+:[A-Za-z0-9]+(/.+)?")


class Policy:
    """An identity-based policy. used has the actions that it has allowed, denied the (action,
    resource) it has not, unused the (action, resources, conditions) that it grants and nobody has
    needed yet.
    """

    def __init__(self, document):
        self.document = json.loads(document) if isinstance(document, str) else document
        if set(self.document) != {"Version", "Statement"} or self.document["Version"] != "2012-10-17":
            raise ValueError("a policy has a Version, 2012-10-17, and Statements")
        self._statements = [_Statement(one) for one in self.document["Statement"]]
        self.used = set()
        self.denied = []
        self._needed = set()

    @property
    def unused(self):
        return [(action, statement.resources, statement.conditions)
                for statement in self._statements if statement.effect == "Allow"
                for action in statement.actions if (statement, action) not in self._needed]

    def allows(self, action, needs):
        """Whether the action is allowed on each of its (ARN, {key: value}); a denial on one is one of all."""
        needed = set()
        for resource, keys in needs:
            concerned = self._concerning(action, resource, keys)
            if not _allow(concerned):
                self.denied.append((action, resource))
                return False
            needed |= concerned
        self.used.add(action)
        self._needed |= needed
        return True


    def grants(self, action, resource):
        """Whether it would allow an action that is not called: it is neither used nor denied."""
        return _allow(self._concerning(action, resource, {}))

    def _concerning(self, action, resource, keys):
        return {(statement, pattern) for statement in self._statements
                for pattern in statement.concerning(action, resource, keys)}


def _allow(concerned):
    return {statement.effect for statement, _ in concerned} == {"Allow"}


class _Statement:
    def __init__(self, document):
        if not set(document) <= _STATEMENT or not {"Effect", "Action", "Resource"} <= set(document):
            raise ValueError(f"a statement with {sorted(document)}")
        if document["Effect"] not in ("Allow", "Deny"):
            raise ValueError(f"the effect {document['Effect']}")
        self.effect = document["Effect"]
        self.actions = _listed(document["Action"])
        self.resources = _listed(document["Resource"])
        self.conditions = [(operator, key, _listed(values)) for operator, pairs in document.get("Condition", {}).items()
                           for key, values in pairs.items()]
        for resource in self.resources:
            if resource != "*" and not re.fullmatch(r"arn:[a-z-]+:[a-z0-9]+:[a-z0-9*-]*:(\d{12}|\*)?:.+", resource):
                raise ValueError(f"the resource {resource}")
        for operator, key, _ in self.conditions:
            if operator not in _OPERATORS or not _KEY_SHAPE.fullmatch(key):
                raise ValueError(f"the condition {operator} of {key}")

    def concerning(self, action, resource, keys):
        """Those of its actions that speak of this one on this resource."""
        if not (any(_arn_matches(pattern, resource) for pattern in self.resources)
                and all(key in keys and any(_OPERATORS[operator](value, keys[key]) for value in values)
                        for operator, key, values in self.conditions)):
            return []
        return [pattern for pattern in self.actions if _matches(pattern.lower(), action.lower())]


def _listed(value):
    values = value if isinstance(value, list) else [value]
    if not values or not all(isinstance(one, str) for one in values):
        raise ValueError(f"{value} is neither a string nor a list of some")
    return values


def _matches(pattern, text):
    """IAM's wildcards: * is anything, ? one character."""
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), text, re.DOTALL) is not None


def _arn_matches(pattern, arn):
    """A wildcard reaches over no colon before the resource's own part."""
    if pattern == "*":
        return True
    parts, others = pattern.split(":", 5), arn.split(":", 5)
    return len(parts) == len(others) and all(map(_matches, parts, others))


_OPERATORS = {"StringEquals": str.__eq__, "ArnLike": _arn_matches}
