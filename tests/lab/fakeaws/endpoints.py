"""Partitions, regions, and the names that AWS gives its endpoints."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Partition:
    name: str
    region_pattern: str
    suffix: str
    dual_stack_suffix: str = None


PARTITIONS = (
    Partition("aws-cn", r"cn-\w+-\d", "amazonaws.com.cn", "api.amazonwebservices.com.cn"),
    Partition("aws-us-gov", r"us-gov-\w+-\d", "amazonaws.com", "api.aws"),
    Partition("aws-eusc", r"eusc-\w+-\w+-\d", "amazonaws.eu", "api.amazonwebservices.eu"),
    Partition("aws-iso", r"us-iso-\w+-\d", "c2s.ic.gov"),
    Partition("aws-iso-b", r"us-isob-\w+-\d", "sc2s.sgov.gov"),
    Partition("aws", r"(us|eu|ap|sa|ca|me|af|il|mx)-\w+-\d", "amazonaws.com", "api.aws"),
)


@dataclass(frozen=True)
class Endpoint:
    """What a host name says: which service of which region is spoken to, and which bucket of S3."""

    service: str
    region: str
    bucket: str = None


def partition_of(region):
    """The partition a region belongs to; ValueError for what is no region."""
    for partition in PARTITIONS:
        if re.fullmatch(partition.region_pattern, region):
            return partition
    raise ValueError(f"'{region}' is not a region")


def endpoint_of(host, services):
    """The endpoint that AWS would answer for under this host name, or None."""
    match = re.fullmatch(r"((?P<bucket>[a-z0-9-]+)\.(?=s3\.))?(?P<service>[a-z0-9]+)(-fips)?\.(?P<region>[a-z0-9-]+)\."
                         r"(?P<suffix>.+)", host.lower())
    if not match or match["service"] not in services:
        return None
    try:
        partition = partition_of(match["region"])
    except ValueError:
        return None
    if match["suffix"] not in (partition.suffix, partition.dual_stack_suffix):
        return None
    return Endpoint(match["service"], match["region"], match["bucket"])
