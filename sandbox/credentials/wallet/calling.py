"""What a wallet asks of issuers and verifiers, and what comes back.  Knows no network: who sends is
given, so that page, notebook and command line each go through their own guard.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from sandbox.credentials.texts import Json, read_object, write_compact
from sandbox.errors import BadRequest

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Call:
    """A request to an absolute address."""

    method: str
    address: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    body: bytes

    @property
    def json(self) -> Json:
        """Returns the object that came; an empty one where none came."""
        try:
            return read_object(self.body)
        except ValueError:
            return {}


Send = Callable[[Call], Reply]
"""Sends; raises OSError where nothing came."""


def sent(send: Send, call: Call) -> Reply:
    """Returns what a call comes to.

    Raises:
        BadRequest: Nothing came, or the address is none.
    """
    if not call.address.startswith(("https://", "http://")):
        raise BadRequest("wallet.bad_address", where="address", found=call.address[:120])
    try:
        return send(call)
    except OSError as error:
        shown = {"address": call.address[:200], "reason": str(error)[:200]}
        raise BadRequest("wallet.no_reply", where="address", **shown) from None


def got(send: Send, address: str) -> Json:
    """Returns the object at an address; raises BadRequest."""
    reply = sent(send, Call("GET", address, {"Accept": "application/json"}))
    if reply.status != 200 or not reply.json:
        raise unexpected(address, reply)
    return reply.json


def form_call(address: str, fields: Mapping[str, str]) -> Call:
    """Returns a call that posts a form."""
    headers = {"Content-Type": FORM, "Accept": "application/json"}
    return Call("POST", address, headers, urlencode(fields).encode())


def json_call(address: str, content: Any, token: str) -> Call:
    """Returns a call that posts JSON with an access token.

    Args:
        address: Where.
        content: The object.
        token: For `Authorization: Bearer` (RFC 6750 2.1).
    """
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    return Call("POST", address, headers, write_compact(content))


def unexpected(address: str, reply: Reply) -> BadRequest:
    """Returns the refusal of an answer that is none, with the code that the other side gave.

    Args:
        address: Who answered.
        reply: What came.
    """
    code = str(reply.json.get("error", "–"))[:60]
    shown = {"address": address[:200], "status": str(reply.status), "found": code}
    return BadRequest("wallet.refused_there", where="address", **shown)
