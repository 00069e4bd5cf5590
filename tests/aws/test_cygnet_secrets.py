"""What build/cygnet says, however much it is asked to and whatever goes wrong, holds no secret."""

import pytest

from fakeaws.tls import Authority
from proxy import Proxy
import records

PASSWORD = "hunter2-of-the-proxy"


@pytest.fixture
def imds_tokens(monkeypatch):
    """Every session token that the metadata service has given out."""
    import fakeaws.imds
    given, make = [], fakeaws.imds.secrets.token_urlsafe
    monkeypatch.setattr(fakeaws.imds.secrets, "token_urlsafe", lambda size: given.append(make(size)) or given[-1])
    return given


def pieces(text):
    """Text in parts that are long enough to be no coincidence: a secret that is cut is one still."""
    return {text[i:i + 16] for i in range(0, max(1, len(text) - 15), 16)}


def assert_silent(done, secrets):
    said = done.stdout + done.stderr
    for secret in secrets:
        found = {piece for piece in pieces(secret) if piece in said}
        assert not found, f"{found} of a secret in:\n{said}"


def credentials(gateway, world):
    keys = world.keyring.of_instance(gateway.instance)
    return [keys.secret_key, keys.token, keys.access_key]


def private_key(root):
    """The lines of the private key that lies below the root."""
    file, = (root / "etc/swanctl/private").iterdir()
    return file.read_text().splitlines()


def expired(gateway, world):
    keys = world.keyring.of_instance(gateway.instance)
    object.__setattr__(keys, "expiration", world.clock() - 1)


def spoilt_credentials(gateway, world):
    world.keyring.of_instance(gateway.instance)
    world.keyring._issued.clear()


FAULTS = {
    "all is well": lambda gateway, world: None,
    "throttled": lambda gateway, world: world.faults.throttle("*", n=99),
    "denied": lambda gateway, world: world.faults.deny("*", "*"),
    "reset": lambda gateway, world: world.faults.outage("*", how="reset"),
    "expired": expired,
    "not accepted": spoilt_credentials,
    "metadata refuses tokens": lambda gateway, world: world.faults.fail("imds", "GET", None, n=99, status=401),
    "metadata off": lambda gateway, world: world.faults.fail("imds", "GET", None, n=99, status=403),
    "a wrong clock": lambda gateway, world: setattr(world.clock, "shift", -1200),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_whatever_goes_wrong(gateway, world, root, imds_tokens, fault):
    world.ssm("us-east-1").put(records.name("berlin"), records.text("berlin", 1))
    secrets = credentials(gateway, world)
    fault(gateway, world)
    for command in ("bootstrap", "sync", "plan"):
        done = gateway.cygnet(command, "--verbose", "--key-bits", "3072", root=root, AWS_MAX_ATTEMPTS="2")
        assert "instance metadata" in done.stderr
        assert imds_tokens
        assert_silent(done, [*secrets, *credentials(gateway, world), *imds_tokens])
        if (root / "etc/swanctl/private").exists():
            assert_silent(done, private_key(root))


def test_signatures_are_not_shown(gateway, world, root):
    done = gateway.cygnet("plan", "--verbose", root=root)
    assert "ssm:GetParameters '/cygnet/lab/epoch', '/cygnet/lab/policy' in 'us-east-1': 200" in done.stderr
    for word in ("AWS4-HMAC", "Signature=", "Authorization", "X-Amz-Security-Token", "X-aws-ec2-metadata-token"):
        assert word.lower() not in (done.stdout + done.stderr).lower()


def test_keys_of_the_environment(gateway, world, root, tmp_path):
    keys = world.add_user("operator")
    env = {"AWS_ACCESS_KEY_ID": keys.access_key, "AWS_SECRET_ACCESS_KEY": keys.secret_key}
    for more in ({}, {"AWS_SESSION_TOKEN": "t" * 64}, {"AWS_CA_BUNDLE": Authority(tmp_path / "other").ca_file},
                 {"AWS_MAX_ATTEMPTS": "x"}):
        done = gateway.cygnet("plan", "--verbose", root=root, **{**env, **more})
        assert_silent(done, [keys.secret_key, keys.access_key, "t" * 64])


@pytest.mark.parametrize("variable", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"])
def test_malformed_keys_of_the_environment(gateway, root, variable):
    secret = "a secret with blanks, and more"
    env = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "x", variable: secret}
    done = gateway.cygnet("plan", "--verbose", root=root, **env)
    assert done.returncode == 65
    assert variable in done.stderr
    assert_silent(done, [secret])


@pytest.mark.parametrize("proxy", [
    "http://user:{}@127.0.0.1:1", "http://user:{}@127.0.0.1:x", "ftp://user:{}@127.0.0.1", "http://user:a@{}@[::1",
    "user:{}@127.0.0.1:x", "http://user:{}@nowhere.invalid:3128"])
def test_the_password_of_a_proxy_that_cannot_be_used(gateway, root, proxy):
    done = gateway.cygnet("plan", "--verbose", root=root, https_proxy=proxy.format(PASSWORD), AWS_MAX_ATTEMPTS="1",
                          AWS_ENDPOINT_URL_SSM="", AWS_ENDPOINT_URL_EC2="")
    assert done.returncode == 75
    assert_silent(done, [PASSWORD])


@pytest.mark.parametrize("status", ["200 OK", "403 Forbidden", "407 Proxy Authentication Required"])
def test_the_password_of_a_proxy_that_is_used(gateway, server, root, status):
    with Proxy(server.api, status) as proxy:
        done = gateway.cygnet("plan", "--verbose", root=root, https_proxy=f"http://user:{PASSWORD}@{proxy.address}",
                              AWS_MAX_ATTEMPTS="1", AWS_ENDPOINT_URL_SSM="", AWS_ENDPOINT_URL_EC2="")
    assert len(proxy.names) == 2
    assert_silent(done, [PASSWORD])


@pytest.mark.parametrize("variable", [
    "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SSM", "AWS_EC2_METADATA_SERVICE_ENDPOINT"])
@pytest.mark.parametrize("scheme", ["https", "http", "ftp"])
def test_a_password_in_an_endpoint(gateway, root, variable, scheme):
    done = gateway.cygnet("plan", "--verbose", root=root, **{variable: f"{scheme}://user:{PASSWORD}@127.0.0.1/"})
    assert done.returncode == 65
    assert variable in done.stderr
    assert_silent(done, [PASSWORD])


def test_the_private_key_lies_in_one_file_alone(gateway, root):
    done = gateway.cygnet("bootstrap", "--verbose", "--key-bits", "3072", root=root)
    assert done.returncode == 0
    secret = private_key(root)
    file, = (root / "etc/swanctl/private").iterdir()
    assert (file.stat().st_mode & 0o7777, file.parent.stat().st_mode & 0o7777) == (0o600, 0o700)
    others = [path for path in root.rglob("*") if path.is_file() and path != file]
    assert not [path for path in others if any(line in path.read_text() for line in secret)]
