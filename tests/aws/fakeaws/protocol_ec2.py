"""The EC2 query protocol: forms in, XML out, through the official model both ways."""

import base64
import xml.etree.ElementTree as ElementTree
from urllib.parse import parse_qsl

from botocore.serialize import EC2Serializer

from .errors import ApiError
from .models import check_reply, service_model, violations

CONTENT_TYPE = "application/x-www-form-urlencoded"
HEADERS = {"Content-Type": "text/xml;charset=UTF-8"}
BOOLEANS = {"true": True, "false": False}
CONVERTERS = {"boolean": BOOLEANS.__getitem__, "integer": int, "long": int, "float": float, "double": float,
              "blob": base64.b64decode}


class Ec2Protocol:
    """Decodes requests to what a boto3 caller would have passed, encodes replies and errors."""

    auth_errors = {
        "missing": ("MissingAuthenticationToken", 403, "Request is missing Authentication Token"),
        "incomplete": ("IncompleteSignature", 400, None),
        "unknown_key": ("AuthFailure", 401, "AWS was not able to validate the provided access credentials"),
        "expired_token": ("RequestExpired", 400, "Request has expired."),
        "mismatch": ("SignatureDoesNotMatch", 403, None),
        "skew": ("RequestExpired", 400, "Request has expired."),
    }
    throttled = ApiError("RequestLimitExceeded", "Request limit exceeded.", 503)

    def __init__(self, service):
        self._model = service_model(service)
        self._serializer = EC2Serializer()

    def action_of(self, request):
        """The action asked for, or None."""
        return dict(parse_qsl(request.body.decode(errors="replace"))).get("Action")

    def decode(self, request, action):
        """The parameters of the request; serialized again by botocore they must give the form as it was received."""
        if (request.header("content-type") or "").partition(";")[0] != CONTENT_TYPE:
            raise ApiError("InvalidRequest", f"the content type has to be {CONTENT_TYPE}")
        form = _form(request.body)
        model = self._model.operation_model(action)
        if form.pop("Version", None) != self._model.api_version:
            raise ApiError("NoSuchVersion", f"The version has to be {self._model.api_version}")
        del form["Action"]
        params = self._decode(model.input_shape, {tuple(key.split(".")): text for key, text in form.items()}, "")
        self._check(params, model)
        again = self._serializer.serialize_to_request(params, model)["body"]
        again = {key: str(value) for key, value in again.items() if key not in ("Action", "Version")}
        if again != form:
            raise ApiError("InvalidRequest", f"botocore sends {again} for what was received as {form}")
        return params

    def encode(self, action, reply, request_id):
        """Headers and body of a reply. Actions without an output shape answer <return>true</return>."""
        root = ElementTree.Element(f"{action}Response", xmlns=self._model.metadata["xmlNamespace"] + "/")
        ElementTree.SubElement(root, "requestId").text = request_id
        shape = self._model.operation_model(action).output_shape
        if shape is None:
            ElementTree.SubElement(root, "return").text = "true"
        else:
            _encode_members(root, shape, reply)
        body = _document(root)
        check_reply("ec2", shape, HEADERS, body, reply)
        return dict(HEADERS), body

    def encode_error(self, error, request_id):
        """Headers and body of an error, in EC2's own format."""
        root = ElementTree.Element("Response")
        node = ElementTree.SubElement(ElementTree.SubElement(root, "Errors"), "Error")
        ElementTree.SubElement(node, "Code").text = error.code
        ElementTree.SubElement(node, "Message").text = error.message or ""
        ElementTree.SubElement(root, "RequestID").text = request_id
        return dict(HEADERS), _document(root)

    def unknown_action(self, request):
        return ApiError("InvalidAction", f"The action {self.action_of(request)} is not valid for this web service.")

    def denied(self, context, service):
        return ApiError("UnauthorizedOperation", "You are not authorized to perform this operation. "
                        f"User: {context.caller.arn} is not authorized to perform: {service}:{context.action}", 403)

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
        members = {self._serializer._get_serialized_name(member, name): (name, member)
                   for name, member in shape.members.items()}
        value = {}
        for part, below in _grouped(entries).items():
            here = f"{path}.{part}" if path else part
            if part not in members:
                raise ApiError("UnknownParameter", f"The parameter {here} is not recognized")
            name, member = members[part]
            value[name] = self._decode(member, below, here)
        return value

    def _decode_list(self, shape, entries, path):
        groups = _grouped(entries)
        numbers = [str(index + 1) for index in range(len(groups))]
        if set(groups) != set(numbers):
            raise ApiError("InvalidParameterValue", f"The list {path} is not numbered from 1 without a gap")
        return [self._decode(shape.member, groups[number], f"{path}.{number}") for number in numbers]

    def _check(self, params, model):
        for violation in violations(params, model.input_shape):
            if violation.kind == "missing":
                raise ApiError("MissingParameter", f"The request must contain the parameter {violation.path}")
            raise ApiError("InvalidParameterValue",
                           f"Value ({violation.value}) for parameter {violation.path} is invalid. {violation.rule}")


def _form(body):
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict")
    except ValueError:
        raise ApiError("MalformedQueryString", "The query string contains a syntax error.") from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise ApiError("InvalidRequest", "a parameter is given twice")
    return form


def _grouped(entries):
    groups = {}
    for parts, text in entries.items():
        groups.setdefault(parts[0] if parts else "", {})[parts[1:]] = text
    return groups


def _encode_members(node, shape, value):
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
        _encode_members(node, shape, value)
    elif shape.type_name == "list":
        for element in value:
            _encode(node, shape.member.serialization.get("name", "member"), shape.member, element)
    elif shape.type_name == "boolean":
        node.text = "true" if value else "false"
    elif shape.type_name == "timestamp":
        node.text = value.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    else:
        node.text = str(value)


def _document(root):
    return ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True)
