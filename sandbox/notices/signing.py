"""Signs what a webhook sends, as Standard Webhooks 1.0 has it (HMAC-SHA256, `v1`).  Pure.

Whoever receives it verifies with any library of that scheme; the project itself never does.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

PREFIX = "whsec_"
SECRET_BYTES = 32
"""Standard Webhooks, "Signature scheme": between 24 and 64 bytes."""


def new_secret() -> str:
    """Returns a secret of chance, as its owner is shown it once."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def headers_for(id: str, moment: int, body: bytes, secret: str) -> dict[str, str]:
    """Returns the three headers of a message.

    Args:
        id: Of the message, the same at each try (Standard Webhooks, "webhook-id").
        moment: Of this try, in seconds since 1970 ("webhook-timestamp").
        body: As it is sent, to the byte.
        secret: As `new_secret` has made it.

    Returns:
        Names and values, in the order of the specification.
    """
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = hmac.new(key, f"{id}.{moment}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": id,
        "webhook-timestamp": str(moment),
        "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
    }
