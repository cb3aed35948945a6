"""Says in words why TLS came to nothing: which authority is not known, which names a certificate
has, what the other side thought of ours.  Looks a second time at the certificates, and sends
nothing.
"""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpcore
import httpx

from sandbox.errors import SandboxError
from sandbox.web.egress import Egress, Tunnels

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

LOOK_SECONDS = 5.0
LONGEST_NAME = 200
# X509_V_ERR_* of OpenSSL
TOO_EARLY = 9
EXPIRED = 10
NO_ISSUER = (2, 18, 19, 20, 21)
OTHER_NAME = (62, 64)
# Alerts of RFC 8446 6.2 about the certificate of a client, as OpenSSL calls them.
UNSAID = "HANDSHAKE_FAILURE"  # what a server of TLS 1.2 says of a missing one, and of much else
ALERTS = (
    "CERTIFICATE_REQUIRED",
    "UNKNOWN_CA",
    "BAD_CERTIFICATE",
    "CERTIFICATE_UNKNOWN",
    "CERTIFICATE_EXPIRED",
    "CERTIFICATE_REVOKED",
    "UNSUPPORTED_CERTIFICATE",
    "DECRYPT_ERROR",
    "ACCESS_DENIED",
    UNSAID,
)
BROKEN_OFF = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)
HANG_UP_SECONDS = 1.0
NOT_CONNECTED = (
    OSError,
    TimeoutError,
    httpcore.NetworkError,
    httpcore.TimeoutException,
    httpcore.ProxyError,
)


class Untrusted(SandboxError):
    """TLS came to nothing: one of the two sides does not take the other's certificate."""

    status = 502
    issue = "security"


@dataclass(frozen=True, slots=True)
class Peer:
    """Who was dialled: the name that was meant, and the address that the guard has judged."""

    host: str
    address: str
    port: int
    egress: Egress | None = None
    """The proxy on the way to it."""

    @property
    def where(self) -> str:
        """Returns host and port."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Terms:
    """What TLS trusts at a place, and whether it shows a client certificate there."""

    context: ssl.SSLContext
    has_certificate: bool = False


async def explained(error: Exception, peer: Peer, terms: Terms | None) -> Untrusted | None:
    """Returns why TLS came to nothing; None for what has another reason.

    Args:
        error: Of the HTTP client, on a connection by TLS.
        peer: Who was dialled.
        terms: Those of the connection; None for the usual ones.
    """
    has_certificate = terms is not None and terms.has_certificate
    cause = _of_tls(error)
    if cause is None:
        # servers there are that refuse a certificate by hanging up, without the alert of RFC 8446
        is_hung_up = isinstance(error, BROKEN_OFF) and await _hangs_up(peer, terms)
        return _of_ours("", peer, has_certificate=has_certificate) if is_hung_up else None
    if isinstance(cause, ssl.SSLCertVerificationError):
        chain: list[Certificate] = []
        with suppress(*NOT_CONNECTED, ValueError):
            chain = await chain_of(peer)
        return _of_their_certificate(cause, peer, chain)
    for alert in ALERTS:
        if alert in (cause.reason or "").upper():
            return _of_ours(alert.lower(), peer, has_certificate=has_certificate)
    return None


async def chain_of(peer: Peer) -> list[Certificate]:
    """Returns the certificates that a server shows, its own first; none of them is trusted.

    Raises:
        NOT_CONNECTED: Nobody answers there, or it takes too long.
        ValueError: A certificate cannot be read.
    """
    from cryptography.x509 import load_der_x509_certificate

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # nothing is sent on this connection: it only looks at what made the first one fail
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    async with asyncio.timeout(LOOK_SECONDS):
        stream = await _connected(peer, context)
        shown = _shown(stream.get_extra_info("ssl_object"))
        await stream.aclose()
    return [load_der_x509_certificate(der) for der in shown]


async def _hangs_up(peer: Peer, terms: Terms | None) -> bool:
    """Tells whether a server ends a connection on which nobody has asked anything yet."""
    context = terms.context if terms else httpx.create_ssl_context(trust_env=False)
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            stream = await _connected(peer, context)
    except NOT_CONNECTED:
        return False
    try:
        return not await stream.read(1, HANG_UP_SECONDS)
    except httpcore.ReadTimeout:
        return False
    except httpcore.ReadError:
        return True
    finally:
        await stream.aclose()


async def _connected(peer: Peer, context: ssl.SSLContext) -> httpcore.AsyncNetworkStream:
    """Returns a connection by TLS, on the way that failed; raises NOT_CONNECTED."""
    backend = Tunnels(peer.egress) if peer.egress else httpcore.AnyIOBackend()
    stream = await backend.connect_tcp(peer.address, peer.port, LOOK_SECONDS)
    return await stream.start_tls(context, peer.host, LOOK_SECONDS)


def _of_ours(alert: str, peer: Peer, *, has_certificate: bool) -> Untrusted:
    """Returns what the other side thought of our certificate, or of there being none."""
    if alert == UNSAID.lower():
        key = "access.handshake_failed"
    elif not has_certificate:
        key = "access.certificate_wanted"
    else:
        key = "access.certificate_refused" if alert else "access.certificate_refused_unsaid"
    return Untrusted(key, where=peer.where, host=peer.host, alert=alert)


def _shown(connection: Any) -> list[bytes]:
    # Python 3.13 has it for everybody; before, the object behind has it (bpo-18233)
    if hasattr(connection, "get_unverified_chain"):
        return [bytes(der) for der in connection.get_unverified_chain()]
    inner: Any = getattr(connection, "_sslobj", None)
    if inner is not None and hasattr(inner, "get_unverified_chain"):
        return [ssl.PEM_cert_to_DER_cert(c.public_bytes()) for c in inner.get_unverified_chain()]
    return [connection.getpeercert(binary_form=True)]


def _of_tls(error: BaseException) -> ssl.SSLError | None:
    """Returns the fault of TLS below a fault of the HTTP client."""
    below: BaseException | None = error
    while below is not None:
        if isinstance(below, ssl.SSLError):
            return below
        below = below.__cause__ or below.__context__
    return None


def _of_their_certificate(
    cause: ssl.SSLCertVerificationError, peer: Peer, chain: list[Certificate]
) -> Untrusted:
    code = cause.verify_code
    told = {"host": peer.host}
    if code in NO_ISSUER and chain:
        end, is_alone = _end_of(chain)
        key = "access.self_signed" if is_alone else "access.unknown_issuer"
        return Untrusted(key, where=peer.where, issuer=end, **told)
    if code in OTHER_NAME and chain:
        names = ", ".join(_names_of(chain[0])) or "–"
        return Untrusted("access.other_name", where=peer.where, names=names, **told)
    if code == EXPIRED and chain:
        ended = min(chain, key=_end_of_time)
        subject = _name(ended.subject.rfc4514_string())
        day = f"{ended.not_valid_after_utc:%Y-%m-%d}"
        return Untrusted("access.expired", where=peer.where, subject=subject, day=day, **told)
    if code == TOO_EARLY and chain:
        begin = max(certificate.not_valid_before_utc for certificate in chain)
        return Untrusted("access.too_early", where=peer.where, day=f"{begin:%Y-%m-%d}", **told)
    words = str(cause.verify_message)
    return Untrusted("access.bad_certificate", where=peer.where, reason=words, **told)


def _end_of_time(certificate: Certificate) -> float:
    return certificate.not_valid_after_utc.timestamp()


def _end_of(chain: list[Certificate]) -> tuple[str, bool]:
    """Returns at whom a chain ends, and whether that is the server's own certificate."""
    by_subject = {certificate.subject: certificate for certificate in chain}
    last = chain[0]
    for _ in chain:
        above = by_subject.get(last.issuer)
        if above is None or above is last:
            break
        last = above
    is_alone = chain[0].issuer == chain[0].subject
    return _name(last.issuer.rfc4514_string()), is_alone


def _names_of(certificate: Certificate) -> list[str]:
    from cryptography.x509 import DNSName, IPAddress, SubjectAlternativeName
    from cryptography.x509.extensions import ExtensionNotFound

    try:
        names = certificate.extensions.get_extension_for_class(SubjectAlternativeName).value
    except ExtensionNotFound:
        return []
    dns = [_name(name) for name in names.get_values_for_type(DNSName)]
    return [*dns, *map(str, names.get_values_for_type(IPAddress))]


def _name(text: str) -> str:
    """Returns a name that others wrote, as it may stand in a sentence."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)[:LONGEST_NAME]
