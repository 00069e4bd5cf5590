"""A gateway set up by hand as the article says, on a machine that cygnet never sees.

Its ipsec.conf is the article's: one `conn %default`, one conn for each peer, raw RSA keys in ipsec.d. Only its proposals
are split where they mixed AEAD and classic ciphers, which every strongSwan since 5.5.1 refuses, and end in '!'.
"""

import json
import textwrap

_DEFAULTS = """
    config setup
        # strictcrlpolicy=yes
        # uniqueids = no

    conn %default
        fragmentation=force
        dpdaction=restart
        ike=aes192gcm16-aes128gcm16-prfsha256-ecp256-ecp521,aes192-sha256-ecp256-ecp521,aes192-sha256-modp3072!
        esp=aes192gcm16-aes128gcm16-ecp256,aes192-sha256-ecp256,aes192-sha256-modp3072!
        keyingtries=%forever
        keyexchange=ikev2
        authby=rsasig
        forceencaps=yes
        leftid={address}
        leftrsasigkey={name}.pub
        leftsubnet={subnet}

    # Add connections here.
    """

_CONN = """
    conn {name}
        right={address}
        rightsubnet={subnet}
        rightrsasigkey={name}.pub
        auto=start
    """

_SYSCTL = {"net.ipv4.ip_forward": 1, "net.ipv4.conf.all.send_redirects": 0, "net.ipv4.conf.default.send_redirects": 0,
           "net.ipv4.conf.all.accept_redirects": 0, "net.ipv4.conf.all.rp_filter": 1}


class Handmade:
    """The site's gateway as its operator keeps it. `name` is what the peers' files call it."""

    def __init__(self, mesh, site, name):
        self.name = name
        self._mesh = mesh
        self._site = site
        self._gateway = site.gateway
        mesh.world.set_source_dest_check(self._gateway.instance.interface, False)
        self._gateway.wait_booted()
        self._gateway.check(["sysctl", "-q", "-w", *(f"{key}={value}" for key, value in _SYSCTL.items())])
        self._gateway.check(["systemctl", "disable", "--now", "strongswan.service"])
        self._make_key()
        self._restart()     # to answer, if only with a refusal, whoever comes before it knows of a peer

    def _make_key(self):
        private = f"/etc/ipsec.d/private/{self.name}.key"
        self._gateway.check(["openssl", "genrsa", "-out", private, "4096"])
        self._gateway.check(["chmod", "og-r", private])
        self._gateway.check(["openssl", "rsa", "-in", private, "-pubout", "-out", f"/etc/ipsec.d/certs/{self.name}.pub"])
        self._gateway.write("/etc/ipsec.secrets", f"{self._gateway.address} : RSA {self.name}.key\n", 0o600)

    def static_peer(self):
        """The file that makes it a peer of cygnet's gateways."""
        return json.dumps({"site": self.name, "address": self._gateway.address, "subnets": [self._site.range],
                           "keys": [self._gateway.read(f"/etc/ipsec.d/certs/{self.name}.pub")]}, indent=2)

    def start(self, peers):
        """Writes ipsec.conf with a conn for each of the peers, {site: its public key}, and starts strongSwan; the VPC's
        route table leads to the gateway."""
        own = _DEFAULTS.format(address=self._gateway.address, name=self.name, subnet=self._site.range)
        conns = [_CONN.format(name=site.name, address=site.gateway.address, subnet=site.range) for site in peers]
        for site, key in peers.items():
            self._mesh.route_by_hand(self._site, site)
            self._gateway.write(f"/etc/ipsec.d/certs/{site.name}.pub", key)
        self._gateway.write("/etc/ipsec.conf", "\n".join(map(textwrap.dedent, [own, *conns])))
        self._restart()

    def _restart(self):
        self._gateway.check(["systemctl", "restart", "strongswan-starter.service"])
