"""What the tests of rekeying ask of a mesh, and what they show of it."""

import contextlib
import json
import re
import socket
import struct

from checks import eventually, said
from lab import parallel

STATE = "/var/lib/cygnet/state.json"
PRIVATE_FOLDERS = ("/etc/swanctl/private", "/etc/ipsec.d/private")
PUBLIC_FOLDERS = ("/etc/swanctl/pubkey", "/etc/ipsec.d/certs")
PING_INTERVAL = 0.01
SHORT = 16      # characters of a key's id in the name of a file


# --- how far a rotation is

def rotation(site):
    """What the gateway remembers of a rotation of its own; {}: none is going on."""
    return json.loads(site.gateway.read(STATE)).get("rotation", {})


def phase(site):
    return rotation(site).get("phase", "none")


def offers(mesh, site):
    """The ids in the site's record, {"active": …, "next": …}."""
    return {key["state"]: key["id"] for key in mesh.record(site)["keys"]}


def files(site, folders, pattern):
    return sorted(file for folder in folders if site.gateway.path(folder).exists()
                  for file in site.gateway.path(folder).glob(pattern))


def private_keys(site):
    """The short ids of the keys on its disk."""
    return [file.stem.removeprefix("cygnet-") for file in files(site, PRIVATE_FOLDERS, "cygnet-*.key")]


def public_keys(gateway_of, site):
    """The short ids of the keys that one site has of another, or of itself."""
    found = files(gateway_of, PUBLIC_FOLDERS, f"cygnet-{site.name}-*.pub")
    return [file.stem.removeprefix(f"cygnet-{site.name}-") for file in found]


def has_one_key(mesh, site):
    """Whether the site's rotations are over, and nobody has any other key of it than the one in its record."""
    active = offers(mesh, site)
    short = [active["active"][:SHORT]]
    return (phase(site) == "none" and list(active) == ["active"] and private_keys(site) == short
            and all(public_keys(each, site) == short for each in mesh.sites))


def traces(gateway, text):
    """The files of the gateway that have a text in their name or in them."""
    folders = ["/etc/swanctl", "/etc/ipsec.d", "/etc/ipsec.conf", "/etc/ipsec.secrets", "/var/lib/cygnet",
               "/run/cygnet"]
    named = gateway.run(["find", *folders, "-name", f"*{text}*"]).stdout
    return named.split() + gateway.run(["grep", "-rl", text, *folders]).stdout.split()


# --- moving on

def sync(*sites):
    """One sync at each of them, at the same time."""
    return parallel(lambda site: site.gateway.cygnet("sync"), sites)


def settle(mesh, seconds=90):
    """Lets all sync until every site has one key and all tunnels are up."""
    def settled():
        sync(*mesh.sites)
        return all(has_one_key(mesh, site) for site in mesh.sites) and mesh.has_all_tunnels()
    eventually(settled, seconds)


@contextlib.contextmanager
def without(mesh, what, site):
    """The site's gateway is without "api" or "ike" within the block."""
    address = site.gateway.address
    mesh.fabric.withhold(what, address)
    try:
        yield
    finally:
        mesh.fabric.give_back(what, address)


# --- what is lost meanwhile

class Watch:
    """Pings from every host to every other while a `with` block runs."""

    def __init__(self, mesh):
        self._mesh = mesh
        self._pingers = []
        self.streams = {}   # when it is over: {(name, name): Outcome}

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            for site in self._mesh.sites:
                others = [other.host.address for one, other in self._mesh.directions() if one is site]
                self._pingers.append(stack.enter_context(site.host.keep_pinging(*others, interval=PING_INTERVAL)))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, kind, *exception):
        with self._stack:
            if kind is None:
                self._collect()

    def _collect(self):
        names = {site.host.address: site.name for site in self._mesh.sites}
        seen = parallel(lambda pinger: pinger.stop(), self._pingers)
        self.streams = {(site.name, names[address]): outcome for site, outcomes in zip(self._mesh.sites, seen)
                        for address, outcome in outcomes.items()}

    def of(self, *sites):
        """The streams that one of the sites is an end of, and those that none is an end of."""
        names = {site.name for site in sites}
        return ({ends: outcome for ends, outcome in self.streams.items() if names & set(ends)},
                {ends: outcome for ends, outcome in self.streams.items() if not names & set(ends)})


def lost(streams):
    """What the one that lost most has lost."""
    return max(outcome.lost for outcome in streams.values())


def told(streams, what):
    """A line for each stream."""
    return [f"  {what:<8} {' → '.join(ends):<24} {outcome}" for ends, outcome in streams.items()]


def compare(watch, site, tell):
    """Tells what was lost; no ping to or from the site may have lost more than one more than those
    between others."""
    rotated, control = watch.of(site)
    tell(*told(rotated, "rotated"), *told(control, "control"))
    assert lost(rotated) <= lost(control) + 1


def rekey(site, *words, code=0, timeout=180):
    done = site.gateway.cygnet("rekey", *words, timeout=timeout)
    assert done.returncode == code, f"exit {done.returncode}: {said(done)}"
    return done


# --- proofs

def loaded_private_keys(gateway):
    """The fingerprints of those that charon has, whether vici or stroke has told it of them."""
    with socket.socket(socket.AF_UNIX) as vici:
        vici.connect(str(gateway.path("/run/charon.vici")))
        vici.sendall(struct.pack(">IBB", 10, 0, 8) + b"get-keys")
        size, = struct.unpack(">I", vici.recv(4, socket.MSG_WAITALL))
        found = re.findall(r"[0-9a-f]{40}", vici.recv(size, socket.MSG_WAITALL).decode("latin-1"))
    listed = gateway.run(["ipsec", "listpubkeys"]).stdout
    return found + re.findall(r"has private key\n +keyid: +(\S+)", listed)


def sa_between(site, peer):
    """The IKE_SA of the two as the first of them has it; None: there is not exactly one with its child installed."""
    found = [sa for sa in site.gateway.tunnels() if sa.get("remote-id") == peer.gateway.address]
    if len(found) != 1 or found[0]["state"] != "ESTABLISHED":
        return None
    return found[0] if [child["state"] for child in found[0]["child-sas"]] == ["INSTALLED"] else None


def only_sa(site, peer):
    """As `sa_between`, once there is one: an SA that goes stays beside its successor for a moment."""
    found = []
    eventually(lambda: found.append(sa_between(site, peer)) or found[-1], 60)
    return found[-1]


def make_anew(site, peer):
    """Ends the tunnel of the two and waits for another one, for which each has proven its key to the other."""
    before = only_sa(site, peer)
    site.gateway.check(["swanctl", "--terminate", "--ike-id", before["uniqueid"], "--force"])

    def is_back():
        sync(site, peer)
        return sa_between(site, peer) and sa_between(peer, site)
    eventually(is_back, 60)
    return before, sa_between(site, peer)


def assert_refused(site, peer, key):
    """Whoever has this private key, at the site's own address, gets no IKE_SA with the peer."""
    gateway = site.gateway
    conf = gateway.read(f"/etc/swanctl/conf.d/cygnet-{peer.name}.conf").replace(f"cygnet-{peer.name} {{", "stolen {")
    own = re.compile(f'"cygnet-{site.name}-[0-9a-f]+.pub"')
    texts = {"/etc/swanctl/private/stolen.key": key, "/etc/swanctl/conf.d/stolen.conf": own.sub('"stolen.pub"', conf)}
    for path, text in texts.items():
        gateway.write(path, text, 0o600)
    gateway.check(["openssl", "rsa", "-in", "/etc/swanctl/private/stolen.key", "-pubout",
                   "-out", "/etc/swanctl/pubkey/stolen.pub"])
    gateway.check(["swanctl", "--load-all"])
    done = gateway.run(["swanctl", "--initiate", "--child", "stolen", "--timeout", "20"])
    gateway.check(["rm", "/etc/swanctl/pubkey/stolen.pub", *texts])
    gateway.check(["swanctl", "--load-all"])
    assert done.returncode != 0 and "AUTHENTICATION_FAILED" in said(done), said(done)
