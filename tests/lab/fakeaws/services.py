"""The table of services. One more service is a row here, a module of its actions and, where new, a protocol."""

from dataclasses import dataclass

from . import autoscaling, ec2, ec2_calls, s3, ssm, sts
from .protocol_ec2 import Ec2Protocol
from .protocol_json import JsonProtocol
from .protocol_query import QueryProtocol
from .protocol_s3 import S3Protocol


@dataclass(frozen=True)
class Service:
    """How a service speaks, what it can do, and what it asks of every call before it does it."""

    protocol: object
    actions: dict
    admit: object


SERVICES = {
    "ssm": Service(JsonProtocol("ssm"), ssm.ACTIONS, ssm.admit),
    "ec2": Service(Ec2Protocol("ec2"), ec2.ACTIONS, ec2_calls.admit),
    "autoscaling": Service(QueryProtocol("autoscaling"), autoscaling.ACTIONS, autoscaling.admit),
    "s3": Service(S3Protocol(), s3.ACTIONS, s3.admit),
    "sts": Service(QueryProtocol("sts"), sts.ACTIONS, sts.admit),
}
