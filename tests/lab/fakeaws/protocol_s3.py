"""S3's protocol: paths for names, bodies as they are, errors in XML. A bucket is part of the host name or the path."""

import xml.etree.ElementTree as ElementTree
from urllib.parse import unquote

from .endpoints import endpoint_of
from .errors import ApiError
from .protocol_query import document

XML = {"Content-Type": "application/xml"}


class S3Protocol:
    auth_errors = {
        "missing": ("AccessDenied", 403, "Access Denied"),
        "incomplete": ("AuthorizationHeaderMalformed", 400, None),
        "unknown_key": ("InvalidAccessKeyId", 403, "The AWS Access Key Id you provided does not exist in our records."),
        "expired_token": ("ExpiredToken", 400, "The provided token has expired."),
        "mismatch": ("SignatureDoesNotMatch", 403, None),
        "skew": ("RequestTimeTooSkewed", 403, None),
    }
    throttled = ApiError("SlowDown", "Please reduce your request rate.", 503)

    def takes(self, request):
        """Whether the request is one that the protocol has at all."""
        return "?" not in request.target

    def action_of(self, request):
        return "GetObject" if request.method == "GET" else None

    def decode(self, request, action):
        """Bucket and Key; S3 insists on the header that says what the body's hash is."""
        if not request.all("x-amz-content-sha256"):
            raise ApiError("InvalidRequest", "Missing required header for this request: x-amz-content-sha256")
        host = request.header("host").rpartition(":")[0] or request.header("host")
        path = unquote(request.target).removeprefix("/")
        bucket = getattr(endpoint_of(host, {"s3"}), "bucket", None)
        if bucket is None:
            bucket, _, path = path.partition("/")
        if not bucket or not path:
            raise ApiError("NotImplemented", "this fake has objects only", 501)
        return {"Bucket": bucket, "Key": path}

    def encode(self, action, reply, request_id):
        headers = {"Content-Type": "binary/octet-stream", "ETag": reply["ETag"], "Last-Modified": reply["LastModified"]}
        return headers, reply["Body"]

    def encode_error(self, error, request_id):
        root = ElementTree.Element("Error")
        ElementTree.SubElement(root, "Code").text = error.code
        ElementTree.SubElement(root, "Message").text = error.message or ""
        ElementTree.SubElement(root, "RequestId").text = request_id
        return dict(XML), document(root)

    def unknown_action(self, request):
        return ApiError("MethodNotAllowed", "The specified method is not allowed against this resource.", 405)

    def denied(self, context, service):
        return ApiError("AccessDenied", "Access Denied", 403)
