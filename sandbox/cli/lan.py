"""Serving the network of a room: at the address by which a phone reaches this computer, over TLS,
since a browser gives its camera to no other page.
"""

from __future__ import annotations

import os
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path

ANYWHERE = "0.0.0.0"  # noqa: S104  (the point of it: whoever is in the room)
# a documentation address (RFC 5737): nothing is sent, it only chooses the way out
OUTSIDE = ("192.0.2.1", 9)
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that a person mistakes for another
TOKEN_LETTERS = 10


@dataclass(frozen=True, slots=True)
class Lan:
    """How the room reaches this computer: address, token, and the certificate with its key."""

    address: str
    token: str
    certificate: Path
    key: Path


def own_address() -> str:
    """Returns the address of this computer in its network; loopback where it is in none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
        try:
            way.connect(OUTSIDE)
        except OSError:
            return "127.0.0.1"
        return str(way.getsockname()[0])


def lan_at(host: str, port: int, data: Path) -> Lan:
    """Returns how the room reaches a port here, with a token for it and a certificate that is kept.

    Args:
        host: The address of this computer in its network.
        port: Where this computer listens.
        data: The data folder; a certificate for this very address is kept below it.
    """
    from sandbox.clock import utc_now
    from sandbox.trust.gateway import anchor_of
    from sandbox.trust.pki import new_host

    place = data / "trust" / "lan" / host
    # kept from one start to the next: a phone that was told to trust it need not be told again
    anchor_of(place, lambda: new_host([host, "localhost", "127.0.0.1"], at=utc_now()))
    token = os.environ.get("CONNECTATHON_TOKEN") or "".join(
        secrets.choice(LETTERS) for _ in range(TOKEN_LETTERS)
    )
    address = f"https://{host}:{port}"
    return Lan(address, token, place / "certificate.pem", place / "key.pem")
