"""Access keys: a user's long-lived ones, the rotating ones of each instance's role, those of roles that are assumed."""

import base64
import secrets

from .endpoints import partition_of
from .resources import Keys

LIFETIME = 6 * 3600
RENEW_BEFORE = 900


def _access_key(prefix):
    return prefix + base64.b32encode(secrets.token_bytes(10)).decode()


def _secret(size):
    return base64.b64encode(secrets.token_bytes(size)).decode()


class Keyring:
    """All keys that were ever handed out, so that an outdated one is told from an unknown one."""

    def __init__(self, world):
        self._world = world
        self._issued = {}
        self._current = {}

    def find(self, access_key):
        """The Keys of this access key id, or None."""
        return self._issued.get(access_key)

    def of_user(self, name, account):
        """New long-lived keys of an IAM user."""
        return self._keep(Keys(_access_key("AKIA"), _secret(30), account, f"arn:aws:iam::{account}:user/{name}"))

    def of_instance(self, instance):
        """The keys that IMDS hands out now; renewed shortly before they expire."""
        keys = self._current.get(instance.id)
        if keys is None or self._world.clock() > keys.expiration - RENEW_BEFORE:
            keys = self.rotate(instance)
        return keys

    def rotate(self, instance):
        """Make IMDS hand out new keys; the former ones stay valid until they expire."""
        now = self._world.clock()
        partition = partition_of(instance.vpc.region).name
        account = instance.vpc.account
        arn = f"arn:{partition}:sts::{account}:assumed-role/{instance.role}/{instance.id}"
        keys = Keys(_access_key("ASIA"), _secret(30), account, arn, token=_secret(300), issued=now,
                    expiration=now + LIFETIME, instance_id=instance.id)
        self._current[instance.id] = keys
        return self._keep(keys)

    def of_role(self, role, session, duration, caller):
        """Keys of a role that somebody assumed; instance_id stays the one of who asked."""
        now = self._world.clock()
        arn = role.arn.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/") + f"/{session}"
        return self._keep(Keys(_access_key("ASIA"), _secret(30), role.account, arn, token=_secret(300), issued=now,
                               expiration=now + duration, instance_id=caller.instance_id))

    def _keep(self, keys):
        self._issued[keys.access_key] = keys
        return keys
