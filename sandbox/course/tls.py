"""TLS in a notebook: an authority, servers right and wrong, and handshakes in memory.

Nothing goes over the network.  The certificates are for training alone, and their names end in
`.example`, which belongs to nobody (RFC 2606 3).
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.course.blank import BLANK, Blank, has_blank

if TYPE_CHECKING:  # what makes keys is imported where it is needed: it takes a tenth of a second
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.x509 import Certificate, KeyUsage

NAME = "registry.example"
OTHER_NAME = "mail.example"
CLIENT = "hospital.example"
SERVERS = ("good", "self_signed", "stranger", "other_name", "old")
"""The servers: one that is right, and four that each have one fault."""
OK = "ok"
REFUSED = "refused"
ROUNDS = 10  # a handshake takes three; a connection that goes on longer is none
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Files:
    """A certificate and its key, as files, in the form that `load_cert_chain` takes."""

    certificate: str
    key: str


class TlsLab:
    """An event's authority, the servers that a client may meet, and a client with a certificate.

    Attributes:
        name: By which the client calls the server.
        authority: The file of the certificate that all at the event trust.
        servers: Certificate and key of each server by its name.
        client: Certificate and key of the hospital.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        event = _Issuer("Event authority")
        stranger = _Issuer("Somebody's authority")
        self.name = NAME
        self.authority = _written(folder / "authority.pem", event.pem)
        self.servers = {
            "good": event.issue(folder, "good", NAME),
            "self_signed": _Issuer(NAME).of_itself(folder, "self_signed"),
            "stranger": stranger.issue(folder, "stranger", NAME),
            "other_name": event.issue(folder, "other_name", OTHER_NAME),
            "old": event.issue(folder, "old", NAME, until=datetime.now(UTC) - DAY),
        }
        self.client = event.issue(folder, "hospital", CLIENT)
        self._strange_client = stranger.issue(folder, "intruder", CLIENT)

    def meet(self, client: Any, server: str) -> str | Blank:
        """Returns what a client says of a server: `ok`, or why it ends the handshake.

        Args:
            client: An `ssl.SSLContext`; with a blank nothing happens.
            server: One of SERVERS.

        Raises:
            KeyError: There is no such server.
        """
        if has_blank(client):
            return BLANK
        return handshake(client, _serving(self.servers[server]), NAME)

    def tried(self, server: Any, client: Any) -> dict[str, str] | Blank:
        """Returns who gets through between a team's server and its client, and who does not.

        Args:
            server: The `ssl.SSLContext` of the registry.
            client: That of the hospital.
        """
        if has_blank([server, client]):
            return BLANK
        for side, context in (("server", server), ("client", client)):
            if not isinstance(context, ssl.SSLContext):
                return {"no_context": side}
        return dict(self._outcomes(server, client))

    def _outcomes(
        self, server: ssl.SSLContext, client: ssl.SSLContext
    ) -> Iterator[tuple[str, str]]:
        anonymous = ssl.create_default_context(cafile=self.authority)
        stranger = ssl.create_default_context(cafile=self.authority)
        stranger.load_cert_chain(self._strange_client.certificate, self._strange_client.key)
        yield "together", _outcome(client, server)
        yield "anonymous", _outcome(anonymous, server)
        yield "stranger", _outcome(stranger, server)
        yield "impostor", _outcome(client, _serving(self.servers["self_signed"]))
        yield "other_name", _outcome(client, _serving(self.servers["other_name"]))
        # no library of today still speaks the old versions: what the context says is what counts
        is_old = server.minimum_version < ssl.TLSVersion.TLSv1_2
        yield "outdated", OK if is_old else REFUSED

    def __repr__(self) -> str:
        return f"{self.name}: {', '.join(self.servers)}"


def handshake(client: ssl.SSLContext, server: ssl.SSLContext, name: str) -> str:
    """Lets two sides meet in memory.

    Args:
        client: Its context.
        server: That of the other side.
        name: By which the client calls the server.

    Returns:
        `ok`, or what the side said that ended it.
    """
    to_server = ssl.MemoryBIO()
    to_client = ssl.MemoryBIO()
    try:
        sides = [
            client.wrap_bio(to_client, to_server, server_hostname=name),
            server.wrap_bio(to_server, to_client, server_side=True),
        ]
        for _ in range(ROUNDS):
            waiting = [side for side in sides if not _is_done(side)]
            if not waiting:
                return OK
    except ssl.SSLCertVerificationError as error:
        return error.verify_message
    except ssl.SSLError as error:
        return (error.reason or str(error)).replace("_", " ").lower()
    return "no end"


def _is_done(side: ssl.SSLObject) -> bool:
    try:
        side.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True


def _outcome(client: ssl.SSLContext, server: ssl.SSLContext) -> str:
    return OK if handshake(client, server, NAME) == OK else REFUSED


def _serving(files: Files) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(files.certificate, files.key)
    return context


class _Issuer:
    """An authority with its key, which is kept in memory alone."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._key = _new_key()
        self._certificate = _certificate(name, self._key, name, self._key, is_authority=True)
        self.pem = _pem_of(self._certificate)

    def issue(self, folder: Path, file: str, name: str, *, until: datetime | None = None) -> Files:
        """Returns a certificate for a name, until a moment; for a year where there is none."""
        key = _new_key()
        certificate = _certificate(name, key, self._name, self._key, until=until)
        return _pair(folder, file, certificate, key)

    def of_itself(self, folder: Path, file: str) -> Files:
        """Returns the authority's own certificate as that of a server."""
        certificate = _certificate(self._name, self._key, self._name, self._key)
        return _pair(folder, file, certificate, self._key)


def _new_key() -> EllipticCurvePrivateKey:
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.generate_private_key(ec.SECP256R1())


def _certificate(
    name: str,
    key: EllipticCurvePrivateKey,
    issuer: str,
    issuers_key: EllipticCurvePrivateKey,
    *,
    is_authority: bool = False,
    until: datetime | None = None,
) -> Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256

    end = until or datetime.now(UTC) + 365 * DAY
    builder = (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(end - 366 * DAY)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    by = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuers_key.public_key())
    builder = builder.add_extension(by, critical=False)
    if is_authority:  # Python 3.13 takes no authority that does not say what its key is for
        builder = builder.add_extension(_for_certificates(), critical=True)
    else:
        names = x509.SubjectAlternativeName([x509.DNSName(name)])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(issuers_key, SHA256())


def _for_certificates() -> KeyUsage:
    from cryptography.x509 import KeyUsage

    names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment")
    others = dict.fromkeys((*names, "key_agreement", "encipher_only", "decipher_only"), False)
    return KeyUsage(key_cert_sign=True, crl_sign=True, **others)


def _named(name: str) -> Any:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _pair(folder: Path, file: str, certificate: Certificate, key: EllipticCurvePrivateKey) -> Files:
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = folder / f"{file}.key"
    path.touch(mode=0o600)
    return Files(_written(folder / f"{file}.pem", _pem_of(certificate)), _written(path, secret))


def _pem_of(certificate: Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM)


def _written(file: Path, content: bytes) -> str:
    file.write_bytes(content)
    return str(file)


def tls_lab(folder: Path) -> TlsLab:
    """Returns an authority with its servers and a client.

    Args:
        folder: In which their files are to stand; those of an earlier time are replaced.
    """
    return TlsLab(folder / "tls")
