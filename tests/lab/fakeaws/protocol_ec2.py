"""The EC2 query protocol: where it differs from the query protocol of the other services."""

import xml.etree.ElementTree as ElementTree

from botocore.serialize import EC2Serializer

from .errors import ApiError
from .models import check_reply
from .protocol_query import QueryProtocol, document, encode_members, grouped

HEADERS = {"Content-Type": "text/xml;charset=UTF-8"}


class Ec2Protocol(QueryProtocol):
    """Lists have no level of their own in forms, replies no wrapper, errors their own format."""

    auth_errors = {
        "missing": ("MissingAuthenticationToken", 403, "Request is missing Authentication Token"),
        "incomplete": ("IncompleteSignature", 400, None),
        "unknown_key": ("AuthFailure", 401, "AWS was not able to validate the provided access credentials"),
        "expired_token": ("RequestExpired", 400, "Request has expired."),
        "mismatch": ("SignatureDoesNotMatch", 403, None),
        "skew": ("RequestExpired", 400, "Request has expired."),
    }
    throttled = ApiError("RequestLimitExceeded", "Request limit exceeded.", 503)
    serializer = EC2Serializer()

    def encode(self, action, reply, request_id):
        """Headers and body of a reply. Actions without an output shape answer <return>true</return>."""
        root = ElementTree.Element(f"{action}Response", xmlns=self.model.metadata["xmlNamespace"] + "/")
        ElementTree.SubElement(root, "requestId").text = request_id
        shape = self.model.operation_model(action).output_shape
        if shape is None:
            ElementTree.SubElement(root, "return").text = "true"
        else:
            encode_members(root, shape, reply)
        body = document(root)
        check_reply("ec2", shape, HEADERS, body, reply)
        return dict(HEADERS), body

    def encode_error(self, error, request_id):
        """Headers and body of an error, in EC2's own format."""
        root = ElementTree.Element("Response")
        node = ElementTree.SubElement(ElementTree.SubElement(root, "Errors"), "Error")
        ElementTree.SubElement(node, "Code").text = error.code
        ElementTree.SubElement(node, "Message").text = error.message or ""
        ElementTree.SubElement(root, "RequestID").text = request_id
        return dict(HEADERS), document(root)

    def unknown_action(self, request):
        return ApiError("InvalidAction", f"The action {self.action_of(request)} is not valid for this web service.")

    def denied(self, context, service):
        return ApiError("UnauthorizedOperation", "You are not authorized to perform this operation. "
                        f"User: {context.caller.arn} is not authorized to perform: {service}:{context.action}", 403)

    def refuse(self, broken):
        """Raise what a request gets that breaks rules of the model: the first one counts."""
        first = broken[0]
        if first.kind == "missing":
            raise ApiError("MissingParameter", f"The request must contain the parameter {first.path}")
        raise ApiError("InvalidParameterValue",
                       f"Value ({first.value}) for parameter {first.path} is invalid. {first.rule}")

    def elements(self, shape, entries, path):
        """The form entries of each element of a list, by its number."""
        return grouped(entries)
