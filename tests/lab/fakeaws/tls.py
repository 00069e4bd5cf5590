"""A certificate authority of the fake's own, and server certificates made when a name is first asked for."""

import ssl
import subprocess
import threading
from ipaddress import ip_address
from pathlib import Path

CONFIG = "[req]\ndistinguished_name = name\n[name]\n"


class Authority:
    """Keeps its files below a directory, and uses those it finds there; ca_file is what clients have to trust."""

    def __init__(self, directory):
        self._directory = Path(directory)
        self._directory.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._contexts = {}
        self.ca_file = str(self._directory / "ca.pem")
        (self._directory / "req.cnf").write_text(CONFIG)
        self._request("ca", "fake AWS authority", ["basicConstraints=critical,CA:TRUE",
                                                   "keyUsage=critical,keyCertSign,cRLSign",
                                                   "subjectKeyIdentifier=hash"])

    def context(self, name):
        """The TLS context of a server of this host name or address."""
        with self._lock:
            if name not in self._contexts:
                self._contexts[name] = self._new_context(name)
            return self._contexts[name]

    def _new_context(self, name):
        certificate, key = self._request(name.replace(":", "_"), name, [
            "basicConstraints=critical,CA:FALSE", "keyUsage=critical,digitalSignature", "extendedKeyUsage=serverAuth",
            f"subjectAltName={_alternative_name(name)}", "authorityKeyIdentifier=keyid"],
            ["-CA", self.ca_file, "-CAkey", str(self._directory / "ca.key")])
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        context.load_cert_chain(certificate, key)
        return context

    def _request(self, stem, subject, extensions, issuer=()):
        certificate, key = (str(self._directory / f"{stem}.{suffix}") for suffix in ("pem", "key"))
        if Path(certificate).exists():
            return certificate, key
        command = ["openssl", "req", "-x509", "-config", str(self._directory / "req.cnf"), "-newkey", "ec",
                   "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", "3650", "-subj", f"/O={subject}",
                   "-keyout", key, "-out", certificate, *issuer]
        for extension in extensions:
            command += ["-addext", extension]
        subprocess.run(command, check=True, capture_output=True)
        return certificate, key


def _alternative_name(name):
    try:
        return f"IP:{ip_address(name)}"
    except ValueError:
        return f"DNS:{name}"
