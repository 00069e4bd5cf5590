"""The query protocol: forms in, XML out, through the official model both ways."""

import base64
import xml.etree.ElementTree as ElementTree
from urllib.parse import parse_qsl

from botocore.serialize import QuerySerializer

from .errors import ApiError
from .models import check_reply, report, service_model, violations

CONTENT_TYPE = "application/x-www-form-urlencoded"
HEADERS = {"Content-Type": "text/xml"}
BOOLEANS = {"true": True, "false": False}
CONVERTERS = {"boolean": BOOLEANS.__getitem__, "integer": int, "long": int, "float": float, "double": float,
              "blob": base64.b64decode}


class QueryProtocol:
    """Decodes requests to what a boto3 caller would have passed, encodes replies and errors."""

    auth_errors = {
        "missing": ("MissingAuthenticationToken", 403, "Request is missing Authentication Token"),
        "incomplete": ("IncompleteSignature", 400, None),
        "unknown_key": ("InvalidClientTokenId", 403, "The security token included in the request is invalid."),
        "expired_token": ("ExpiredToken", 403, "The security token included in the request is expired"),
        "mismatch": ("SignatureDoesNotMatch", 403, None),
        "skew": ("SignatureDoesNotMatch", 403, None),
    }
    throttled = ApiError("Throttling", "Rate exceeded")
    serializer = QuerySerializer()

    def __init__(self, service):
        self.model = service_model(service)

    def takes(self, request):
        """Whether the request is one that the protocol has at all."""
        return (request.method, request.target) == ("POST", "/")

    def action_of(self, request):
        """The action asked for, or None."""
        return dict(parse_qsl(request.body.decode(errors="replace"))).get("Action")

    def decode(self, request, action):
        """The parameters of the request; serialized again by botocore they must give the form as it was received."""
        if (request.header("content-type") or "").partition(";")[0] != CONTENT_TYPE:
            raise ApiError("InvalidRequest", f"the content type has to be {CONTENT_TYPE}")
        form = _form(request.body)
        model = self.model.operation_model(action)
        if form.pop("Version", None) != self.model.api_version:
            raise ApiError("NoSuchVersion", f"The version has to be {self.model.api_version}")
        del form["Action"]
        params = self._decode(model.input_shape, {tuple(key.split(".")): text for key, text in form.items()}, "")
        broken = list(violations(params, model.input_shape))
        if broken:
            self.refuse(broken)
        again = self.serializer.serialize_to_request(params, model)["body"]
        again = {key: str(value) for key, value in again.items() if key not in ("Action", "Version")}
        if again != form:
            raise ApiError("InvalidRequest", f"botocore sends {again} for what was received as {form}")
        return params

    def encode(self, action, reply, request_id):
        """Headers and body of a reply."""
        root = ElementTree.Element(f"{action}Response", xmlns=self.model.metadata["xmlNamespace"])
        shape = self.model.operation_model(action).output_shape
        if shape is not None:
            encode_members(ElementTree.SubElement(root, shape.serialization["resultWrapper"]), shape, reply)
        ElementTree.SubElement(ElementTree.SubElement(root, "ResponseMetadata"), "RequestId").text = request_id
        body = document(root)
        check_reply("query", shape, HEADERS, body, reply)
        return dict(HEADERS), body

    def encode_error(self, error, request_id):
        """Headers and body of an error."""
        root = ElementTree.Element("ErrorResponse", xmlns=self.model.metadata["xmlNamespace"])
        node = ElementTree.SubElement(root, "Error")
        ElementTree.SubElement(node, "Type").text = "Sender" if error.status < 500 else "Receiver"
        ElementTree.SubElement(node, "Code").text = error.code
        ElementTree.SubElement(node, "Message").text = error.message or ""
        ElementTree.SubElement(root, "RequestId").text = request_id
        return dict(HEADERS), document(root)

    def unknown_action(self, request):
        return ApiError("InvalidAction", f"Could not find operation {self.action_of(request)} for version "
                        f"{self.model.api_version}")

    def denied(self, context, service):
        return ApiError("AccessDenied", f"User: {context.caller.arn} is not authorized to perform: "
                        f"{service}:{context.action} because no identity-based policy allows the "
                        f"{service}:{context.action} action", 403)

    def refuse(self, broken):
        """Raise what a request gets that breaks rules of the model."""
        raise ApiError("ValidationError", report(broken))

    def _decode(self, shape, entries, path):
        """The value of a shape from the form entries below it, keyed by the rest of their names."""
        if shape.type_name == "structure":
            return self._decode_structure(shape, entries, path)
        if shape.type_name == "list":
            return self._decode_list(shape, entries, path)
        if set(entries) != {()}:
            raise ApiError("UnknownParameter", f"The parameter {path} is not recognized")
        try:
            return CONVERTERS.get(shape.type_name, str)(entries[()])
        except (KeyError, ValueError):
            raise ApiError("InvalidParameterValue", f"Value ({entries[()]}) for parameter {path} is invalid.") from None

    def _decode_structure(self, shape, entries, path):
        members = {self.serializer._get_serialized_name(member, name): (name, member)
                   for name, member in shape.members.items()}
        value = {}
        for part, below in grouped(entries).items():
            here = f"{path}.{part}" if path else part
            if part not in members:
                raise ApiError("UnknownParameter", f"The parameter {here} is not recognized")
            name, member = members[part]
            value[name] = self._decode(member, below, here)
        return value

    def elements(self, shape, entries, path):
        """The form entries of each element of a list, by its number."""
        if shape.serialization.get("flattened"):
            raise NotImplementedError("no action that is modelled has a flattened list")
        members = grouped(entries)
        name = shape.member.serialization.get("name", "member")
        if set(members) != {name}:
            raise ApiError("MalformedInput", f"The list {path} has other entries than {name}")
        return grouped(members[name])

    def _decode_list(self, shape, entries, path):
        if entries == {(): ""}:
            return []
        groups = self.elements(shape, entries, path)
        numbers = [str(index + 1) for index in range(len(groups))]
        if set(groups) != set(numbers):
            raise ApiError("InvalidParameterValue", f"The list {path} is not numbered from 1 without a gap")
        return [self._decode(shape.member, groups[number], f"{path}.{number}") for number in numbers]


def _form(body):
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict")
    except ValueError:
        raise ApiError("MalformedQueryString", "The query string contains a syntax error.") from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise ApiError("InvalidRequest", "a parameter is given twice")
    return form


def grouped(entries):
    """Form entries by the first part of their names."""
    groups = {}
    for parts, text in entries.items():
        groups.setdefault(parts[0] if parts else "", {})[parts[1:]] = text
    return groups


def encode_members(node, shape, value):
    """Add a structure's members to its node."""
    for name, member in shape.members.items():
        if name in value:
            _encode(node, member.serialization.get("name", name), member, value[name])


def _encode(parent, tag, shape, value):
    if shape.type_name == "list" and shape.serialization.get("flattened"):
        for element in value:
            _encode(parent, tag, shape.member, element)
        return
    node = ElementTree.SubElement(parent, tag)
    if shape.type_name == "structure":
        encode_members(node, shape, value)
    elif shape.type_name == "list":
        for element in value:
            _encode(node, shape.member.serialization.get("name", "member"), shape.member, element)
    elif shape.type_name == "boolean":
        node.text = "true" if value else "false"
    elif shape.type_name == "timestamp":
        node.text = value.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    else:
        node.text = str(value)


def document(root):
    """The bytes of a whole reply."""
    return ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True)
