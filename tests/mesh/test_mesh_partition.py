"""A gateway in another partition of AWS, where the endpoints have other names."""

from checks import said

CHINA = (("cn-north-1", "172.16.0.0/16"),)

# How EC2 answers what is only tried, and Systems Manager who asks for the history of nothing.
EXPECTED = {"DryRunOperation", "ParameterNotFound"}


def test_the_endpoints_of_china_are_called_by_their_names(fresh):
    mesh = fresh(CHINA, tags={"cygnet:mesh": "lab", "cygnet:registry": "cn-northwest-1"})
    done = mesh.sites[0].gateway.bootstrap()
    assert done.returncode == 0, said(done)
    asked = {(call.region, call.service) for call in mesh.world.calls}
    assert asked == {("cn-north-1", "ec2"), ("cn-northwest-1", "ssm")}
    assert {call.status for call in mesh.world.calls if call.error not in EXPECTED} == {200}
