"""What a proxy in front says of a request is believed of the proxies that the settings list; of
anybody else it is taken away before a door reads it.  Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from starlette.types import Scope

from sandbox.web.hosts import is_host, is_within

PREFIX = re.compile(r"(/[A-Za-z0-9._~%@:+-]+)*/?")
# what the first proxy wrote stands first, and is what the client sees
CHECKS: dict[bytes, Callable[[str], object]] = {
    b"x-forwarded-for": bool,
    b"x-forwarded-host": is_host,
    b"x-forwarded-proto": lambda text: text in ("http", "https"),
    b"x-forwarded-prefix": PREFIX.fullmatch,
    b"x-forwarded-context": PREFIX.fullmatch,
}
SAID = b"x-forwarded-"


def believed(scope: Scope, proxies: Collection[str]) -> Scope:
    """Returns a request without what only a listed proxy may say of it, or what cannot be so; its
    client is whoever asked the first of the listed proxies.
    """
    if not any(name.startswith(SAID) for name, _ in scope["headers"]):
        return scope
    client = scope.get("client") or ("", 0)
    is_listed = is_within(client[0], proxies)
    headers = [
        (name, value)
        for name, value in scope["headers"]
        if not name.startswith(SAID) or (is_listed and _can_be(name, value))
    ]
    if is_listed:
        client = (_asker(headers, client[0], proxies), client[1])
    return {**scope, "headers": headers, "client": client}


def _can_be(name: bytes, value: bytes) -> bool:
    check = CHECKS.get(name)
    return check is not None and bool(check(value.decode("latin-1").split(",")[0].strip()))


def _asker(headers: list[tuple[bytes, bytes]], peer: str, proxies: Collection[str]) -> str:
    """Returns the address nearest to us that is no listed proxy: what stands left of it, whoever
    asked may have written.
    """
    chain = [
        address.strip()
        for name, value in headers
        if name == b"x-forwarded-for"
        for address in value.decode("latin-1").split(",")
    ]
    for address in reversed(chain):
        if not is_within(address, proxies):
            return address
    return chain[0] if chain else peer
