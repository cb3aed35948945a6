"""The guard on outgoing requests: judges the address that is dialled, not the name that somebody
wrote.

A name is resolved once and the request goes to that very address, so a resolver that answers
differently the second time gains nothing.  Link-local and metadata addresses are never dialled;
private ones and loopback by a grant alone.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import httpx

from sandbox.errors import SandboxError
from sandbox.testbench.chains import Peer, Terms, explained
from sandbox.web.egress import (
    KEPT_CONNECTIONS,
    Egress,
    TunnellingTransport,
    authorities,
    egress_of,
)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Kind = Literal["public", "private", "never"]
Resolve = Callable[[str, int], Awaitable[list[str]]]
Contexts = Mapping[tuple[str, int], Terms]
"""By host and port: what TLS trusts and shows there, where that is not what it is elsewhere."""

THIS_NETWORK = ipaddress.ip_network("0.0.0.0/8")  # RFC 1122: some systems take it for themselves
NAT64 = ipaddress.ip_network("64:ff9b::/96")
NAT64_LOCAL = ipaddress.ip_network("64:ff9b:1::/48")
COMPATIBLE = ipaddress.ip_network("::/96")
TRANSLATED = ipaddress.ip_network("::ffff:0:0:0/96")  # SIIT, RFC 7915
# RFC 6598; one cloud keeps its metadata at 100.100.100.200
SHARED = ipaddress.ip_network("100.64.0.0/10")
METADATA = frozenset(
    {"100.100.100.200", "192.0.0.192", "168.63.129.16", "fd00:ec2::254", "fd20:ce::254"}
)
# What listens there speaks no FHIR: shells, mail, databases, caches, container engines.
PORTS_NEVER = frozenset({
    21, 22, 23, 25, 53, 110, 111, 135, 139, 143, 389, 445, 465, 587, 636, 873, 993, 995, 1433, 1521,
    2049, 2375, 2376, 2379, 2380, 3306, 3389, 5432, 5433, 5672, 5900, 5984, 6379, 6443, 9042, 9092,
    9200, 9300, 10250, 11211, 27017,
})  # fmt: skip

READS = frozenset({"GET", "HEAD"})


class Refused(SandboxError):
    """An outgoing request that the guard does not let through."""

    status = 403
    issue = "forbidden"


class NotLetOut(SandboxError):
    """The egress proxy opened no way, or is not there."""

    status = 502
    issue = "transient"


@dataclass(frozen=True, slots=True)
class Guard:
    """What may be dialled: `grants` are hosts, as `host` or `host:port`, whose private addresses
    are allowed.

    `allows_private` is for the command line, where whoever types the address sits at the machine
    that dials it. `own_ports` are those of this sandbox on loopback.
    """

    grants: frozenset[str] = frozenset()
    allows_private: bool = False
    own_ports: frozenset[int] = frozenset()
    egress: Egress | None = None
    """The proxy by which public addresses are reached, once they are judged; private ones are
    dialled from here.
    """

    def check(self, host: str, port: int, addresses: list[str]) -> str:
        """Returns the address to dial.

        Args:
            host: As it stands in the URL, and in a grant.
            port: The one that is dialled.
            addresses: All that the host has, in the order of this machine.

        Raises:
            Refused: The port is none for HTTP, or one of the addresses is not allowed.
        """
        if port in PORTS_NEVER:
            raise Refused("testbench.port_refused", where=f"{host}:{port}", port=port)
        for text in addresses:
            kind = kind_of(text)
            is_granted = (
                self.allows_private or host in self.grants or f"{host}:{port}" in self.grants
            )
            if kind == "never" or (kind == "private" and not is_granted):
                raise Refused(f"testbench.address_{kind}", where=f"{host}:{port}", host=host)
            if kind == "private" and port in self.own_ports and _plain(text).is_loopback:
                raise Refused("testbench.own_port", where=f"{host}:{port}", port=port)
        return addresses[0]


def kind_of(text: str) -> Kind:
    """Returns what kind of address it is; one that carries another (RFC 4291, 6052, 3056, 4380) is
    judged as that.
    """
    address = _plain(text)
    if (
        str(address) in METADATA
        or address.is_link_local
        or address.is_multicast
        or address.is_unspecified
    ):
        return "never"
    if isinstance(address, ipaddress.IPv4Address) and (
        address.is_reserved or address in THIS_NETWORK
    ):
        return "never"
    if (
        address.is_loopback
        or address.is_private
        or address in SHARED
        or getattr(address, "is_site_local", False)
    ):
        return "private"
    return "public" if address.is_global and not address.is_reserved else "never"


def _plain(text: str) -> Address:
    """Returns the address that is meant in the end: without a zone, and out of the wrappers around
    IPv4.
    """
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv4Address):
        return address
    inner = address.ipv4_mapped or address.sixtofour
    if inner is None and address.teredo is not None:
        inner = address.teredo[1]
    is_wrapped = any(address in wrapper for wrapper in (NAT64, NAT64_LOCAL, COMPATIBLE, TRANSLATED))
    # ::0 and ::1 are addresses of their own, not wrapped 0.0.0.0 and 0.0.0.1 (RFC 4291 2.5.2,
    # 2.5.3)
    if inner is None and is_wrapped and int(address) > 1:
        inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return inner or address


async def resolve(host: str, port: int) -> list[str]:
    """Returns the addresses of a host in the order of this machine; raises OSError for one that has
    none.
    """
    # without a type each address would come once for each kind of socket
    rows = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(row[4][0]) for row in rows))


class GuardedTransport(httpx.AsyncBaseTransport):
    """Dials what the guard lets through, at the address that was judged; the name stays for Host
    and TLS.
    """

    def __init__(
        self, guard: Guard, *, resolve: Resolve = resolve, contexts: Contexts | None = None
    ) -> None:
        self._guard = guard
        self._resolve = resolve
        self._contexts = contexts or {}
        # by name and port: a connection is one name's, as its TLS is
        self._inner: dict[tuple[str, int, Egress | None, bool], httpx.AsyncHTTPTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Raises Refused, NotLetOut, Untrusted where TLS comes to nothing, or httpx.ConnectError
        for a host without an address.
        """
        host = request.url.host
        port = request.url.port or (443 if request.url.scheme == "https" else 80)
        if request.url.userinfo:  # a redirect, or an address that a system wrote, may have some
            raise Refused("testbench.userinfo", where=host)
        if request.url.scheme not in ("http", "https"):
            raise Refused(
                "testbench.scheme_refused", where=str(request.url), scheme=request.url.scheme
            )
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise httpx.ConnectError(str(error), request=request) from None
        # a second look-up could give another address than the one that was judged
        address = self._guard.check(host, port, addresses)
        request.url = request.url.copy_with(host=address)
        # the certificate is asked of the name: an address has none
        request.extensions = {**request.extensions, "sni_hostname": host}
        is_secure = request.url.scheme == "https"
        egress = self._guard.egress if kind_of(address) == "public" else None
        try:
            return await self._answered(request, host, port, egress)
        except httpx.ProxyError as error:
            key = "testbench.egress_refused"
            raise NotLetOut(key, where=f"{host}:{port}", host=host, reason=str(error)) from None
        except httpx.TransportError as error:
            untrusted = None
            if is_secure:
                terms = self._contexts.get((host, port))
                untrusted = await explained(error, Peer(host, address, port, egress), terms)
            if untrusted is None:
                raise
            raise untrusted from error

    async def _answered(
        self, request: httpx.Request, host: str, port: int, egress: Egress | None
    ) -> httpx.Response:
        """Sends by a connection that a server cannot have given up meanwhile.

        A server may close a kept connection while the next request is on its way, as some do after
        a body that they did not read to its end.  What reads is then asked again; what writes
        never comes by a kept one, since nobody knows whether it was carried out (RFC 9112 9.3.1).
        """
        if request.method not in READS:
            way = self._way_to(host, port, egress, keeps=False)
            return await way.handle_async_request(request)
        way = self._way_to(host, port, egress, keeps=True)
        is_new = False

        async def look(event: str, _: object) -> None:
            nonlocal is_new
            is_new = is_new or event.startswith("connection.connect_tcp")

        request.extensions = {**request.extensions, "trace": look}
        while True:  # each turn uses up a kept connection, and a new one is the last
            try:
                return await way.handle_async_request(request)
            except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
                if is_new:
                    raise

    def _way_to(
        self, host: str, port: int, egress: Egress | None, *, keeps: bool
    ) -> httpx.AsyncHTTPTransport:
        key = (host, port, egress, keeps)
        if key not in self._inner:
            terms = self._contexts.get((host, port))
            context = terms.context if terms else authorities()
            kept = KEPT_CONNECTIONS if keeps else 0
            limits = httpx.Limits(max_keepalive_connections=kept)
            # a proxy of the machine's would look the name up for itself, and dial what nobody
            # judged
            self._inner[key] = (
                TunnellingTransport(egress, context, kept=kept)
                if egress
                else httpx.AsyncHTTPTransport(verify=context, trust_env=False, limits=limits)
            )
        return self._inner[key]

    async def aclose(self) -> None:
        """Closes the connections."""
        for inner in self._inner.values():
            await inner.aclose()


def guarded_from_here(contexts: Contexts) -> GuardedTransport:
    """Returns a way for whoever sits at the machine that dials: people may test what it reaches."""
    return GuardedTransport(Guard(allows_private=True, egress=egress_of()), contexts=contexts)
