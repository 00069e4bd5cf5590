"""Elastic IPs that are associated and freed, as boto3 sees them and as the metadata shows them."""

import pytest
from botocore.exceptions import ClientError

from fakeaws.imds import look_up


@pytest.fixture
def ec2(client):
    return client("ec2")


@pytest.fixture
def fresh(world):
    """An instance with an address that was assigned at its launch."""
    return world.launch(world.subnet, "172.16.1.20", "198.51.100.7").interface


@pytest.fixture
def associate(ec2, world, fresh):
    """Associate the world's Elastic IP with the fresh instance."""
    def call(**params):
        return ec2.associate_address(AllocationId=world.address.id, NetworkInterfaceId=fresh.id,
                                     **params)["AssociationId"]
    return call


def refusal(call, **params):
    """(code, message) of the error that a call gets."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def told_public_ip(world, interface):
    path = f"/latest/meta-data/network/interfaces/macs/{interface.mac}/public-ipv4s"
    whole = look_up(world, interface.instance, path)
    assert whole == look_up(world, interface.instance, "/latest/meta-data/public-ipv4")
    return whole


def test_an_elastic_ip_moves_by_itself(world, gateway, fresh, associate):
    former = world.address.association_id
    assert associate() == world.address.association_id != former
    assert (fresh.public_ip, gateway.instance.interface.public_ip) == ("203.0.113.10", None)


def test_it_stays_when_it_may_not_move(world, gateway, fresh, associate):
    former = world.address.association_id
    assert refusal(associate, AllowReassociation=False) == (
        "Resource.AlreadyAssociated",
        f"resource {world.address.id} is already associated with associate-id {former}")
    assert (fresh.public_ip, gateway.instance.interface.public_ip) == ("198.51.100.7", "203.0.113.10")
    associate(AllowReassociation=True)
    assert fresh.public_ip == "203.0.113.10"


def test_associating_it_again_changes_nothing(world, associate):
    first = associate()
    told = []
    world.on_change(lambda kind, thing: told.append(kind))
    assert associate(AllowReassociation=False) == associate(AllowReassociation=True) == associate() == first
    assert told == []


def test_a_free_one_is_taken_without_reassociation(world, ec2, fresh, associate):
    world.disassociate(world.address)
    associate(AllowReassociation=False)
    assert fresh.address is world.address


def test_an_interface_keeps_its_elastic_ip_when_it_may_not_change(world, ec2, gateway):
    other = world.allocate_address("us-east-1", "203.0.113.11")
    params = {"AllocationId": other.id, "NetworkInterfaceId": gateway.instance.interface.id}
    assert refusal(ec2.associate_address, **params, AllowReassociation=False) == (
        "Resource.AlreadyAssociated", f"resource {gateway.instance.interface.id} and 172.16.1.10 is already "
        "associated with public address 203.0.113.10")
    ec2.associate_address(**params)
    assert (other.interface, world.address.interface) == (gateway.instance.interface, None)


def test_an_elastic_ip_is_given_back(world, ec2, gateway):
    association = world.address.association_id
    ec2.disassociate_address(AssociationId=association)
    assert (world.address.interface, gateway.instance.interface.public_ip) == (None, None)
    assert refusal(ec2.disassociate_address, AssociationId=association) == (
        "InvalidAssociationID.NotFound", f"The association ID '{association}' does not exist")


def test_addresses_and_instances_may_be_named_otherwise(world, ec2, fresh):
    ec2.associate_address(PublicIp="203.0.113.10", InstanceId=fresh.instance.id)
    assert fresh.address is world.address
    ec2.disassociate_address(PublicIp="203.0.113.10")
    assert world.address.interface is None
    assert refusal(ec2.disassociate_address, PublicIp="203.0.113.10")[0] == "InvalidAssociationID.NotFound"


@pytest.mark.parametrize("params, code", [
    ({"AllocationId": "eipalloc-01234567", "NetworkInterfaceId": "{fresh}"}, "InvalidAllocationID.NotFound"),
    ({"AllocationId": "{address}", "NetworkInterfaceId": "eni-01234567"}, "InvalidNetworkInterfaceID.NotFound"),
    ({"AllocationId": "{address}", "InstanceId": "i-01234567"}, "InvalidInstanceID.NotFound"),
    ({"AllocationId": "{address}", "InstanceId": "{instance}"}, "InvalidInstanceID"),
    ({"AllocationId": "{address}"}, "MissingParameter"),
    ({"NetworkInterfaceId": "{fresh}"}, "MissingParameter"),
    ({"AllocationId": "{address}", "PublicIp": "203.0.113.10", "NetworkInterfaceId": "{fresh}"},
     "InvalidParameterCombination"),
    ({"AllocationId": "{address}", "PrivateIpAddress": "172.16.1.99", "NetworkInterfaceId": "{fresh}"},
     "InvalidParameterValue"),
    ({"PublicIp": "203.0.113.99", "NetworkInterfaceId": "{fresh}"}, "InvalidAddress.NotFound"),
])
def test_associations_that_are_refused(world, ec2, gateway, fresh, params, code):
    world.attach_interface(fresh.instance, world.subnet, "172.16.1.21")
    params = {name: value.format(address=world.address.id, fresh=fresh.id, instance=fresh.instance.id)
              for name, value in params.items()}
    assert refusal(ec2.associate_address, **params)[0] == code
    assert world.address.interface is gateway.instance.interface


def test_a_dry_run_moves_nothing(world, ec2, gateway, associate):
    assert refusal(associate, DryRun=True)[0] == "DryRunOperation"
    assert refusal(ec2.disassociate_address, AssociationId=world.address.association_id,
                   DryRun=True)[0] == "DryRunOperation"
    assert world.address.interface is gateway.instance.interface


def test_stale_reads_show_the_former_holder(world, ec2, gateway, associate):
    def holder():
        return ec2.describe_addresses()["Addresses"][0]["InstanceId"]

    world.faults.stale_reads(1)
    associate()
    assert holder() == gateway.instance.id
    assert holder() != gateway.instance.id


def test_the_metadata_shows_an_address_some_time_after_it_moved(world, clock, gateway, fresh, associate):
    assert told_public_ip(world, fresh) == "198.51.100.7"
    world.faults.metadata_lag(5)
    associate()
    clock.advance(4)
    assert told_public_ip(world, fresh) == "198.51.100.7"
    assert told_public_ip(world, gateway.instance.interface) == "203.0.113.10"
    clock.advance(1)
    assert told_public_ip(world, fresh) == "203.0.113.10"
    assert told_public_ip(world, gateway.instance.interface) is None


def test_the_metadata_skips_an_address_that_was_never_told(world, clock, fresh, associate):
    other = world.allocate_address("us-east-1", "203.0.113.11")
    world.faults.metadata_lag(5)
    associate()
    clock.advance(3)
    world.associate(other, fresh)
    clock.advance(3)
    assert told_public_ip(world, fresh) == "198.51.100.7"
    clock.advance(2)
    assert told_public_ip(world, fresh) == "203.0.113.11"
