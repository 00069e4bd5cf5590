"""The instance metadata service, version 2 only. Who asks is told by the source address within the VPC."""

import json
import re
import secrets
import time
from dataclasses import dataclass
from http.client import responses
from urllib.parse import unquote

from .endpoints import partition_of
from .http1 import Reply
from .world import MetadataCall

TTL_MAX = 21600
VERSIONS = ("2009-04-04", "2016-09-02", "2018-09-24", "2021-03-23", "latest")     # cloud-init's; told no differences
PAGE = """<?xml version="1.0" encoding="iso-8859-1"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"
\t"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en" lang="en">
 <head>
  <title>{status} - {title}</title>
 </head>
 <body>
  <h1>{status} - {title}</h1>
 </body>
</html>
"""


@dataclass(frozen=True)
class _Token:
    instance: object
    ttl: int
    expires: float


class Imds:
    """Answers for the instances of a VPC, or for one pinned instance."""

    def __init__(self, world, vpc=None, instance=None):
        self._world = world
        self._vpc = vpc
        self._pinned = instance
        self._tokens = {}

    def __call__(self, request):
        """The Reply to a Request, or None: no instance has this address, nobody would answer."""
        world = self._world
        instance = self._pinned or world.instance_at(self._vpc, request.peer)
        if instance is None or instance.state != "running":
            return None
        delay = world.faults.take("delay", "imds", request.method)
        if delay:
            time.sleep(delay.value)
        with world.lock:
            reply = self._reply(instance, request)
            world.log_metadata(MetadataCall(world.clock(), instance.id, request.method, request.target, reply.status))
        reply.headers.update({"Server": "EC2ws"})
        reply.closes = True
        return reply

    def _reply(self, instance, request):
        failure = self._world.faults.take("fail", "imds", request.method)
        if failure:
            return _page(failure.value[2])
        if not instance.metadata_enabled:
            return _page(403)
        if request.method == "PUT":
            return self._new_token(instance, request)
        if request.method != "GET":
            return _page(405)
        token = self._tokens.get(request.header("x-aws-ec2-metadata-token"))
        now = self._world.clock()
        if token is None or token.instance is not instance or now >= token.expires:
            return _page(401)
        text = look_up(self._world, instance, request.target)
        if text is None:
            return _page(404)
        left = {"X-Aws-Ec2-Metadata-Token-Ttl-Seconds": str(int(token.expires - now))}
        return Reply(200, {"Content-Type": "text/plain", **left}, text.encode())

    def _new_token(self, instance, request):
        if request.all("x-forwarded-for"):
            return _page(403)
        if request.target != "/latest/api/token":
            return _page(405)
        ttl = request.header("x-aws-ec2-metadata-token-ttl-seconds") or ""
        if not re.fullmatch(r"\d{1,5}", ttl) or not 1 <= int(ttl) <= TTL_MAX:
            return _page(400)
        text = secrets.token_urlsafe(40) + "=="
        self._tokens[text] = _Token(instance, int(ttl), self._world.clock() + int(ttl))
        return Reply(200, {"Content-Type": "text/plain", "X-Aws-Ec2-Metadata-Token-Ttl-Seconds": ttl}, text.encode())


def look_up(world, instance, target):
    """The text at a path, the listing of a directory (with or without its last slash), or None."""
    path = unquote(target.partition("?")[0])
    version, _, path = path.removeprefix("/").partition("/")
    if version not in VERSIONS:
        return None
    leaves = metadata(world, instance)
    if path in leaves:
        text = leaves[path]
        return text() if callable(text) else text
    below = path.rstrip("/") + "/" if path else ""
    rests = [leaf[len(below):] for leaf in leaves if leaf.startswith(below)]
    entries = {rest.partition("/")[0] + ("/" if "/" in rest else "") for rest in rests}
    return "\n".join(sorted(entries)) or None


def metadata(world, instance):
    """All paths below /latest/ that exist for an instance now, with their texts; tags are those of this moment."""
    leaves = _known(world, instance) if instance.recorded is None else dict(instance.recorded)
    if instance.role:
        credentials = f"meta-data/iam/security-credentials/{instance.role}"
        leaves[credentials] = lambda: _credentials(world.keyring.of_instance(instance))
    return leaves


def _known(world, instance):
    """Everything but credentials, made from the instance's state."""
    region = instance.vpc.region
    interface = instance.interface
    partition = partition_of(region)
    leaves = {
        "dynamic/instance-identity/document": _identity_document(instance),
        "meta-data/ami-id": instance.image,
        "meta-data/instance-id": instance.id,
        "meta-data/instance-type": instance.instance_type,
        "meta-data/local-ipv4": interface.private_ip,
        "meta-data/mac": interface.mac,
        "meta-data/placement/availability-zone": instance.subnet.zone,
        "meta-data/placement/region": region,
        "meta-data/security-groups": "\n".join(group.name for group in interface.groups),
        "meta-data/services/domain": partition.suffix,
        "meta-data/services/partition": partition.name,
    }
    if instance.user_data is not None:
        leaves["user-data"] = instance.user_data
    public_ip = world.metadata_public_ip(interface)
    if public_ip:
        leaves["meta-data/public-ipv4"] = public_ip
    for each in instance.interfaces:
        leaves.update(_interface_leaves(each, world.metadata_public_ip(each)))
    if instance.metadata_tags:
        leaves.update({f"meta-data/tags/instance/{key}": value for key, value in instance.tags.items()})
    member = world.member_of(instance)
    if member:
        leaves["meta-data/autoscaling/target-lifecycle-state"] = member.target_state
    return leaves


def _interface_leaves(interface, public_ip):
    below = f"meta-data/network/interfaces/macs/{interface.mac}/"
    vpc, subnet = interface.vpc, interface.subnet
    leaves = {
        "device-number": str(interface.device_index),
        "interface-id": interface.id,
        "local-ipv4s": interface.private_ip,
        "mac": interface.mac,
        "owner-id": vpc.account,
        "security-group-ids": "\n".join(group.id for group in interface.groups),
        "security-groups": "\n".join(group.name for group in interface.groups),
        "subnet-id": subnet.id,
        "subnet-ipv4-cidr-block": subnet.cidr,
        "vpc-id": vpc.id,
        "vpc-ipv4-cidr-block": vpc.cidrs[0],
        "vpc-ipv4-cidr-blocks": "\n".join(vpc.cidrs),
    }
    if public_ip:
        leaves["public-ipv4s"] = public_ip
        leaves[f"ipv4-associations/{public_ip}"] = interface.private_ip
    return {below + name: text for name, text in leaves.items()}


def _identity_document(instance):
    return json.dumps({
        "accountId": instance.vpc.account,
        "architecture": instance.architecture,
        "availabilityZone": instance.subnet.zone,
        "billingProducts": None,
        "devpayProductCodes": None,
        "marketplaceProductCodes": None,
        "imageId": instance.image,
        "instanceId": instance.id,
        "instanceType": instance.instance_type,
        "kernelId": None,
        "pendingTime": _time(instance.launched),
        "privateIp": instance.interface.private_ip,
        "ramdiskId": None,
        "region": instance.vpc.region,
        "version": "2017-09-30",
    }, indent=2)


def _credentials(keys):
    return json.dumps({
        "Code": "Success",
        "LastUpdated": _time(keys.issued),
        "Type": "AWS-HMAC",
        "AccessKeyId": keys.access_key,
        "SecretAccessKey": keys.secret_key,
        "Token": keys.token,
        "Expiration": _time(keys.expiration),
    }, indent=2)


def _time(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def _page(status):
    body = PAGE.format(status=status, title=responses.get(status, "")).encode()
    return Reply(status, {"Content-Type": "text/html"}, body)
