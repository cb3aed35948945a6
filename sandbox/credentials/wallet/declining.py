"""Tells a verifier that nothing will be shown, and why (OpenID4VP 1.0 8.2, 8.5)."""

from __future__ import annotations

from contextlib import suppress

from sandbox.credentials.texts import Json
from sandbox.credentials.wallet.calling import Send, form_call, sent
from sandbox.errors import BadRequest

DENIED = "access_denied"
"""The error for what its holder does not want to show (RFC 6749 4.1.2.1)."""


def decline(fields: Json, error: str, send: Send) -> None:
    """Posts an error to where the answer would have gone, and nothing of the holder.

    Args:
        fields: Of the request, as far as it could be read.
        error: The code; nothing is sent without one.
        send: Sends; that nobody hears it changes nothing for the holder.
    """
    address, state = fields.get("response_uri"), fields.get("state")
    if not error or not isinstance(address, str):
        return
    word = {"state": state} if isinstance(state, str) else {}
    with suppress(BadRequest):
        sent(send, form_call(address, {"error": error, **word}))
