"""Host names, against the endpoint rule sets that botocore carries."""

import botocore.session
import pytest
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import EndpointProviderError

from aws_client import CONFIG, NO_OWN_ENDPOINTS, call

REGIONS = [("us-east-1", "amazonaws.com"), ("ap-southeast-4", "amazonaws.com"), ("cn-north-1", "amazonaws.com.cn"),
           ("us-gov-west-1", "amazonaws.com"), ("us-iso-east-1", "c2s.ic.gov")]


def of_botocore(service, region, fips, dualstack):
    """The URL, or None where there is no such endpoint."""
    loader = botocore.session.get_session().get_component("data_loader")
    provider = EndpointProvider(loader.load_service_model(service, "endpoint-rule-set-1"), loader.load_data("partitions"))
    try:
        return provider.resolve_endpoint(Region=region, UseFIPS=fips, UseDualStack=dualstack).url + "/"
    except EndpointProviderError:
        return None


@pytest.mark.parametrize("dualstack", [False, True])
@pytest.mark.parametrize("fips", [False, True])
@pytest.mark.parametrize("region, domain", REGIONS)
@pytest.mark.parametrize("service", ["ssm", "ec2", "autoscaling", "sts"])
def test_every_kind_of_endpoint_as_botocore_has_it(gateway, service, region, domain, fips, dualstack):
    switches = {"AWS_USE_FIPS_ENDPOINT": str(fips).lower(), "AWS_USE_DUALSTACK_ENDPOINT": str(dualstack).lower()}
    outcome = call(gateway, "endpoint", service, region, domain, **switches, **NO_OWN_ENDPOINTS)
    expected = of_botocore(service, region, fips, dualstack)
    if expected is None:
        assert outcome.code == CONFIG
    else:
        assert outcome.result == expected


def test_the_service_s_own_endpoint_goes_before_the_general_one(gateway):
    env = {"AWS_ENDPOINT_URL_SSM": "https://own.example:8443/x", "AWS_ENDPOINT_URL": "http://general.example/",
           "AWS_ENDPOINT_URL_EC2": ""}
    outcome = call(gateway, *"endpoint ssm us-east-1 amazonaws.com -- endpoint ec2 us-east-1 amazonaws.com".split(), **env)
    assert outcome.results == ["https://own.example:8443/x/", "http://general.example/"]


@pytest.mark.parametrize("switch", ["AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"])
def test_an_endpoint_and_a_kind_of_endpoint_contradict(gateway, switch):
    outcome = call(gateway, *"endpoint ssm us-east-1 amazonaws.com".split(), **{switch: "true"})
    assert outcome.code == CONFIG
    assert switch in outcome.remedy


def test_the_domain_of_every_partition_that_botocore_knows(gateway):
    partitions = botocore.session.get_session().get_component("data_loader").load_data("partitions")["partitions"]
    for partition in partitions:
        regions = [region for region in partition["regions"] if not region.endswith("-global")]
        outcome = call(gateway, *" -- ".join(f"domain {region}" for region in regions).split())
        assert set(outcome.results) == {partition["outputs"]["dnsSuffix"]}, partition["id"]


@pytest.mark.parametrize("domain", ["", "amazonaws", "amazonaws.com/", "amazonaws.com.", ".com", "a b.com", "AMAZONAWS.com",
                                    "x" * 64 + ".com", "evil.example#.amazonaws.com"])
def test_what_is_no_domain(gateway, domain):
    assert call(gateway, "endpoint", "sts", "us-east-1", domain, **NO_OWN_ENDPOINTS).code == CONFIG
