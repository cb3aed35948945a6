"""By which names this server is called.  Pure.

A page of a stranger can let its own name lead to this machine (DNS rebinding); a browser then takes
the two for one site, and the name in Host alone tells them apart.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection
from functools import lru_cache

LOOPBACK = ("localhost", "127.0.0.0/8", "[::1]")
ANY = "*"
# RFC 3986 3.2.2 without userinfo: a name, an IPv4 address or one of IPv6 in brackets, and a port
HOST = re.compile(r"(?P<name>[A-Za-z0-9_-][A-Za-z0-9._-]{0,252}|\[[0-9A-Fa-f:.]+\])(:\d{0,5})?")


@lru_cache(maxsize=200)
def is_host(text: str) -> bool:
    """Tells whether a text can be a Host (RFC 9110 7.2), and nothing more than that."""
    return HOST.fullmatch(text) is not None


@lru_cache(maxsize=200)
def answers_to(host: str, names: Collection[str]) -> bool:
    """Tells whether a server of these names answers to a Host, whatever its port.

    Args:
        host: The value of the header.
        names: Names, addresses or networks such as `127.0.0.0/8`; none of them, or `*`: any.
    """
    parts = HOST.fullmatch(host)
    if parts is None:
        return False
    if not names or ANY in names:
        return True
    name = parts["name"].rstrip(".").lower()
    address = _address(name)
    return any(
        name == own.lower() or (address is not None and address in _network(own)) for own in names
    )


def is_within(address: str, networks: Collection[str]) -> bool:
    """Tells whether an address stands in one of the networks; `*` is all."""
    parsed = _address(address)
    return ANY in networks or (
        parsed is not None and any(parsed in _network(network) for network in networks)
    )


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return None


@lru_cache(maxsize=200)
def _network(text: str) -> Collection[object]:
    """Returns the addresses that a setting names; of a name, none."""
    try:
        return ipaddress.ip_network(text.strip("[]"), strict=False)  # type: ignore[return-value]
    except ValueError:
        return ()
