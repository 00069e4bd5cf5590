"""The official service models that botocore carries, and validation of what was received against them."""

import functools
import re
from dataclasses import dataclass

import botocore.session
from botocore.parsers import create_parser

TYPES = {"structure": dict, "map": dict, "list": list, "string": str, "boolean": bool, "integer": int, "long": int,
         "float": (int, float), "double": (int, float)}


@functools.lru_cache(maxsize=None)
def service_model(name):
    return botocore.session.get_session().get_service_model(name)


@dataclass(frozen=True)
class Violation:
    """One broken rule: where, which kind (type, unknown, missing, constraint), the value, the rule in words."""

    path: str
    kind: str
    value: object
    rule: str


def violations(value, shape, path=""):
    """Every rule of the model that the value breaks, in the model's order."""
    if not _is_type(value, shape):
        yield Violation(path, "type", value, f"must be a {shape.type_name}")
        return
    for rule in _broken_constraints(value, shape):
        yield Violation(path, "constraint", value, rule)
    if shape.type_name == "structure":
        yield from _structure_violations(value, shape, path)
    elif shape.type_name == "list":
        for index, element in enumerate(value, 1):
            yield from violations(element, shape.member, f"{path}.{index}.member")
    elif shape.type_name == "map":
        for key, element in value.items():
            yield from violations(element, shape.value, f"{path}.{key}.member")


def report(broken):
    """Broken rules in the words of the services that list them all."""
    head = f"{len(broken)} validation error{'s' if len(broken) > 1 else ''} detected: "
    return head + "; ".join(
        f"Value {'null' if one.value is None else repr(str(one.value))} at '{one.path}' "
        f"failed to satisfy constraint: {one.rule}" for one in broken)


def check_reply(protocol, shape, headers, body, reply):
    """Raise AssertionError unless our reply has the model's members and types, and botocore reads it as meant.

    AWS itself breaks the models' constraints in replies: empty lists where one element is the least.
    """
    broken = [one for one in violations(reply or {}, shape) if one.kind != "constraint"] if shape else []
    assert not broken, broken
    response = {"status_code": 200, "headers": headers, "body": body}
    parsed = create_parser(protocol).parse(response, shape)
    del parsed["ResponseMetadata"]
    assert parsed == (reply or {}), f"botocore reads {parsed}, meant was {reply}"


def _is_type(value, shape):
    expected = TYPES.get(shape.type_name)
    if expected is None:
        return True
    return isinstance(value, expected) and (shape.type_name == "boolean" or not isinstance(value, bool))


def _structure_violations(value, shape, path):
    for name in shape.required_members:
        if name not in value:
            yield Violation(_join(path, name), "missing", None, "Member must not be null")
    for name, element in value.items():
        if name not in shape.members:
            yield Violation(_join(path, name), "unknown", element, "is no member")
        else:
            yield from violations(element, shape.members[name], _join(path, name))


def _broken_constraints(value, shape):
    rules = shape.metadata
    measure, word = (len(value), "length") if hasattr(value, "__len__") else (value, "value")
    if "min" in rules and measure < rules["min"]:
        yield f"Member must have {word} greater than or equal to {rules['min']}"
    if "max" in rules and measure > rules["max"]:
        yield f"Member must have {word} less than or equal to {rules['max']}"
    if "pattern" in rules and not re.fullmatch(_translated(rules["pattern"]), value):
        yield f"Member must satisfy regular expression pattern: {rules['pattern']}"
    if "enum" in rules and value not in rules["enum"]:
        yield f"Member must satisfy enum value set: [{', '.join(rules['enum'])}]"


def _translated(pattern):
    """A pattern of the models, which are Java's, as Python writes it: it knows no Unicode categories or surrogates."""
    for category, same in (("L", r"\w"), ("N", r"\w"), ("Z", r"\s")):
        pattern = pattern.replace(rf"\p{{{category}}}", same)
    for beyond in (r"\uD800\uDC00-\uDBFF\uDFFF", r"\u10000-\u10FFFF"):
        pattern = pattern.replace(beyond, r"\U00010000-\U0010FFFF")
    return pattern


def _join(path, name):
    name = name[0].lower() + name[1:]
    return f"{path}.{name}" if path else name
