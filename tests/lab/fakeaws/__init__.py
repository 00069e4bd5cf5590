"""A strict fake of the AWS that a gateway talks to: EC2, Auto Scaling, Parameter Store, STS, S3, instance metadata.

World is the state, Server lets clients talk to it:

    world = World()
    vpc = world.add_vpc("us-east-1", ["172.16.0.0/16"])
    subnet = world.add_subnet(vpc, "us-east-1a", "172.16.1.0/24")
    instance = world.launch(subnet, "172.16.1.10", "203.0.113.10", tags={"cygnet:mesh": "lab"})
    with Server(world, tls_dir) as server:
        api = server.listen_https("127.0.0.1")
        metadata = server.listen_imds("127.0.0.1", instance=instance)

What surrounds an instance is there to be looked at and changed: world.table_of(subnet).effective has the routes of a
subnet, interface.groups and group.ingress the filters (world.put_route, add_group, add_rules, join, add_role, …);
world.on_change tells what requests changed, and world.faults has what AWS does at its worse times. Who has a policy
(world.grant) may do what it allows; everybody else may do everything.

recording.launch(world, folder) launches an instance whose metadata was recorded instead.

It is strict: what AWS would refuse, or what it is not known to accept, is an error.
"""

from .errors import ApiError
from .server import Listener, Server
from .world import Call, MetadataCall, World

__all__ = ["ApiError", "Call", "Listener", "MetadataCall", "Server", "World"]
