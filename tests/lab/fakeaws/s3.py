"""S3: objects of buckets, and the one action that a launching instance needs."""

from email.utils import formatdate
from hashlib import md5

from .errors import ApiError


def admit(context):
    """Whoever is allowed may; there are no dry runs."""


def get_object(context):
    params = context.params
    bucket = context.world.buckets.get(params["Bucket"])
    if bucket is None:
        raise ApiError("NoSuchBucket", "The specified bucket does not exist", 404)
    if bucket.region != context.region:
        raise ApiError("AuthorizationHeaderMalformed", f"The authorization header is malformed; the region "
                       f"'{context.region}' is wrong; expecting '{bucket.region}'")
    if params["Key"] not in bucket.objects:
        raise _missing(context)
    data = bucket.objects[params["Key"]]
    return {"Body": data, "ETag": f'"{md5(data).hexdigest()}"', "LastModified": formatdate(bucket.made, usegmt=True)}


def _missing(context):
    """Only who may list the bucket is told that a key is missing (API reference of GetObject)."""
    bucket = f"arn:{context.partition}:s3:::{context.params['Bucket']}"
    policy = context.world.policies.get(context.caller.principal)
    if policy and not policy.grants("s3:ListBucket", bucket):
        return ApiError("AccessDenied", "Access Denied", 403)
    return ApiError("NoSuchKey", "The specified key does not exist.", 404)


ACTIONS = {"GetObject": get_object}
