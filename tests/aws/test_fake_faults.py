"""Each switch does what it says, to the calls it names, as often as it says."""

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError

from fakeaws.faults import OUTAGES
from signed import connect, exchange, ssm_draft


@pytest.fixture
def ssm(client):
    return client("ssm")


@pytest.fixture
def ec2(client):
    return client("ec2")


def code_of(call, **params):
    with pytest.raises(ClientError) as caught:
        call(**params)
    return caught.value.response["Error"]["Code"], caught.value.response["ResponseMetadata"]["HTTPStatusCode"]


def put(ssm):
    return ssm.put_parameter(Name="/a", Value="v", Type="String", Overwrite=True)


def test_throttling_hits_the_next_calls(ssm, ec2, world):
    world.faults.throttle("ssm", "PutParameter", 2)
    world.faults.throttle("ec2", n=1)
    ssm.get_parameters(Names=["/a"])
    assert [code_of(lambda: put(ssm)) for _ in range(2)] == [("ThrottlingException", 400)] * 2
    assert put(ssm)["Version"] == 1
    assert code_of(ec2.describe_instances) == ("RequestLimitExceeded", 503)
    ec2.describe_instances()


def test_a_failure_has_no_effect(ssm, world):
    world.faults.fail("ssm", "PutParameter", "TooManyUpdates")
    world.faults.fail("ssm", "*", "InternalServerError", status=500)
    assert code_of(lambda: put(ssm)) == ("TooManyUpdates", 400)
    assert code_of(lambda: put(ssm)) == ("InternalServerError", 500)
    assert put(ssm)["Version"] == 1


def test_what_iam_denies(ssm, ec2, world):
    world.faults.deny("ssm", "PutParameter")
    world.faults.deny("ec2", "Describe*")
    assert code_of(lambda: put(ssm)) == ("AccessDeniedException", 400)
    assert code_of(ec2.describe_instances) == ("UnauthorizedOperation", 403)
    world.faults.allow("ssm", "PutParameter")
    assert put(ssm)["Version"] == 1


def test_the_message_of_a_denial_names_the_action(ssm, world, gateway):
    world.faults.deny("ssm", "PutParameter")
    with pytest.raises(ClientError, match="assumed-role/gateway/i-.* is not authorized to perform: ssm:PutParameter"):
        put(ssm)


def test_a_lost_reply_has_taken_effect(ssm, world):
    world.faults.lose_reply("ssm", "PutParameter")
    with pytest.raises(ConnectionClosedError):
        put(ssm)
    assert put(ssm)["Version"] == 2


def test_a_delay_passes_before_the_action(ssm, world):
    seen = []
    world.faults.delay("ssm", "GetParameters", 0.2, n=1)
    for _ in range(2):
        start = world.clock()
        ssm.get_parameters(Names=["/a"])
        seen.append(world.clock() - start >= 0.2)
    assert seen == [True, False]


def test_an_endpoint_that_answers_503(ssm, client, world):
    world.faults.outage("ssm", "us-east-1")
    with pytest.raises(ClientError, match="503"):
        ssm.get_parameters(Names=["/a"])
    client("ssm", region="eu-west-1").get_parameters(Names=["/a"])
    client("ec2").describe_instances()
    world.faults.outage("ssm", "us-east-1", None)
    ssm.get_parameters(Names=["/a"])


def test_an_endpoint_that_resets_connections(ssm, world):
    world.faults.outage("ssm", how="reset")
    with pytest.raises(ConnectionClosedError):
        ssm.get_parameters(Names=["/a"])


def test_an_endpoint_that_stays_silent(world, server):
    world.faults.outage("*", "*", "silence")
    draft = ssm_draft("ssm.us-east-1.amazonaws.com", "GetParameters", Names=["/a"])
    draft.sign(world.add_user("operator"), world.clock())
    with connect(server.api, server.ca_file, draft.host) as connection:
        connection.settimeout(0.3)
        with pytest.raises(TimeoutError):
            exchange(connection, draft.bytes())


def test_an_outage_is_of_a_known_kind(world):
    assert "refused" not in OUTAGES
    with pytest.raises(ValueError):
        world.faults.outage("ssm", how="refused")


def test_a_listener_that_is_down_refuses_connections(ssm, server):
    ssm.get_parameters(Names=["/a"])
    server.api.down()
    with pytest.raises((EndpointConnectionError, ConnectionClosedError)):
        ssm.get_parameters(Names=["/a"])
    with pytest.raises(EndpointConnectionError):
        ssm.get_parameters(Names=["/a"])
    server.api.up()
    ssm.get_parameters(Names=["/a"])


def test_chunked_replies(ssm, ec2, world, gateway):
    world.faults.chunked()
    put(ssm)
    reply = ssm.get_parameter(Name="/a")
    assert reply["ResponseMetadata"]["HTTPHeaders"]["transfer-encoding"] == "chunked"
    assert reply["Parameter"]["Value"] == "v"
    assert ec2.describe_instances()["Reservations"][0]["Instances"][0]["InstanceId"] == gateway.instance.id


def test_stale_reads_show_the_former_state(ec2, world, gateway):
    interface = gateway.instance.interface

    def check():
        return ec2.describe_network_interface_attribute(
            NetworkInterfaceId=interface.id, Attribute="sourceDestCheck")["SourceDestCheck"]["Value"]

    world.faults.stale_reads(2)
    ec2.modify_network_interface_attribute(NetworkInterfaceId=interface.id, SourceDestCheck={"Value": False})
    assert [check(), ec2.describe_instances()["Reservations"][0]["Instances"][0]["SourceDestCheck"]] == [True, True]
    assert [check(), check()] == [False, False]


def test_clear_takes_everything_back(ssm, world):
    world.faults.throttle("*")
    world.faults.deny("*", "*")
    world.faults.outage("*")
    world.faults.clear()
    put(ssm)
