"""The egress proxy: how this machine gets out where a network lets nobody out by themselves.

It is named by those who run the sandbox and by nothing else: the variables that other programs obey
would let whoever sets them see all that is sent.  Who dials decides the address first, and the
proxy is asked for a tunnel to that very address (CONNECT, RFC 9110 9.3.6), by TLS or not: a proxy
that read the request would look the name up for itself, and write a Host of its own (RFC 9112
3.2.2).
"""

from __future__ import annotations

import base64
import ipaddress
import os
import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import unquote, urlsplit

import httpcore
import httpx

from sandbox.errors import BadRequest
from sandbox.redact import register_secrets
from sandbox.web.addresses import refuse_userinfo

VARIABLE = "CONNECTATHON_EGRESS_PROXY"
PORTS = {"http": 80, "https": 443}
HEAD_BYTES = 16_384
LOCAL = ("localhost", "127.0.0.1", "::1")
KEPT_CONNECTIONS = 20  # idle ones, for the next request to the same host: httpx's own number


@dataclass(frozen=True, slots=True)
class Egress:
    """A proxy; `credential` is that of Proxy-Authorization, and shown nowhere."""

    scheme: str
    host: str
    port: int
    credential: str = field(default="", repr=False)

    @property
    def address(self) -> str:
        """The address, without what lets in."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    def for_client(self) -> httpx.Proxy:
        """Returns what a plain HTTP client takes, for an address that an operator has named."""
        headers = {"Proxy-Authorization": self.credential} if self.credential else None
        return httpx.Proxy(self.address, headers=headers)


def egress_of(named: str = "") -> Egress | None:
    """Returns the proxy that is named, or that of the environment, where alone a password may
    stand; None for none.

    Args:
        named: As an option says it.

    Raises:
        BadRequest: It is no address of a proxy, or a password stands in the option.
    """
    if named:
        refuse_userinfo(named, where="--egress-proxy")
    text = named or os.environ.get(VARIABLE, "").strip()
    if not text:
        return None
    try:
        parts = urlsplit(text)
        port = parts.port or PORTS[parts.scheme]
    except (ValueError, KeyError):
        raise BadRequest("web.bad_egress", where=VARIABLE) from None
    if not parts.hostname or parts.path not in ("", "/") or parts.query:
        raise BadRequest("web.bad_egress", where=VARIABLE)
    credential = ""
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        credential = f"Basic {base64.b64encode(pair.encode()).decode()}"
        register_secrets([unquote(parts.password or ""), pair, credential.partition(" ")[2]])
    return Egress(parts.scheme, parts.hostname, port, credential)


def way_out(url: str) -> httpx.Proxy | None:
    """Returns the proxy for an address that whoever sits here has named; None where there is none,
    and for what this machine reaches in its own network.
    """
    egress = egress_of()
    if egress is None:
        return None
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return None  # whoever sends will say what is wrong with it
    return None if _is_near(host) else egress.for_client()


def _is_near(host: str) -> bool:
    if host in LOCAL:
        return True
    try:
        rows = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        addresses = [ipaddress.ip_address(str(row[4][0]).partition("%")[0]) for row in rows]
    except (OSError, UnicodeError, ValueError):
        return False  # what has no address here is outside
    return all(address.is_private for address in addresses)


class Tunnels(httpcore.AsyncNetworkBackend):
    """Opens connections through a proxy: behind the tunnel they are as if dialled directly."""

    def __init__(self, egress: Egress) -> None:
        self._egress = egress
        self._dialling = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Returns the end of a tunnel.

        Raises:
            httpcore.ProxyError: The proxy is not there, or opens no way; the text says which.
        """
        egress = self._egress
        try:
            stream = await self._dialling.connect_tcp(
                egress.host, egress.port, timeout, local_address, socket_options
            )
            if egress.scheme == "https":
                context = httpx.create_ssl_context(trust_env=False)
                stream = await stream.start_tls(context, egress.host, timeout)
        except (httpcore.ConnectError, httpcore.ConnectTimeout, ssl.SSLError) as error:
            raise httpcore.ProxyError(str(error) or type(error).__name__) from None
        place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        await stream.write(_connect(place, egress.credential), timeout)
        status = _status(await _head(stream, timeout))
        if not status.startswith("2"):
            await stream.aclose()
            raise httpcore.ProxyError(status)
        return stream

    async def sleep(self, seconds: float) -> None:
        """Waits between two tries."""
        await self._dialling.sleep(seconds)


@cache
def authorities() -> ssl.SSLContext:
    """Returns whom TLS trusts, read once: it takes longer than a whole test of a run."""
    return httpx.create_ssl_context(trust_env=False)


class TunnellingTransport(httpx.AsyncHTTPTransport):
    """Sends through the tunnels of a proxy."""

    def __init__(
        self, egress: Egress, context: ssl.SSLContext, *, kept: int = KEPT_CONNECTIONS
    ) -> None:
        super().__init__(verify=context, trust_env=False)
        # httpx itself tunnels what goes by TLS alone
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context,
            network_backend=Tunnels(egress),
            max_keepalive_connections=kept,
        )


def _connect(place: str, credential: str) -> bytes:
    lines = [f"CONNECT {place} HTTP/1.1", f"Host: {place}"]
    if credential:
        lines.append(f"Proxy-Authorization: {credential}")
    return "\r\n".join([*lines, "", ""]).encode("ascii")


async def _head(stream: httpcore.AsyncNetworkStream, timeout: float | None) -> bytes:
    """Returns the head of the proxy's answer; of a tunnel nothing else comes before we speak."""
    head = b""
    while b"\r\n\r\n" not in head and len(head) < HEAD_BYTES:
        part = await stream.read(HEAD_BYTES, timeout)
        if not part:
            break
        head += part
    return head


def _status(head: bytes) -> str:
    """Returns status and words of a head, as far as they are printable."""
    line = head.partition(b"\r\n")[0].decode("latin-1")
    words = line.partition(" ")[2][:80]
    return words if line.startswith("HTTP/1.") and words.isprintable() else "?"
