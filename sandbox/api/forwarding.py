"""Between peers: what a client sends to the inbox of a run goes on to the system that the run names
as its recipient.

Addresses of the recipient become addresses of the inbox in what says where things are, so that a
Consumer that follows them comes this way again; a document itself passes as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote

import httpx

from sandbox.errors import BadRequest
from sandbox.event.systems import System
from sandbox.exchange import Exchange
from sandbox.fhir.json import write_json
from sandbox.fhir.outcome import operation_outcome
from sandbox.findings import Finding
from sandbox.i18n import Language
from sandbox.testbench.script import FHIR_JSON, Request
from sandbox.testbench.sending import Sender

# Of the client's headers those that FHIR gives a meaning; the rest, and above all what lets it in
# here, is between it and this sandbox.
CARRIED = frozenset(
    {
        "accept",
        "content-type",
        "if-match",
        "if-none-exist",
        "if-none-match",
        "prefer",
    }
)
# Not its length and encoding: the body may have become another on the way.
KEPT = frozenset(
    {"content-type", "etag", "last-modified", "location", "content-location", "www-authenticate"}
)
# Where addresses are what is asked for; elsewhere a changed byte would spoil a hash (ITI-68).
SAYS_WHERE = re.compile(r"(|metadata|(List|DocumentReference|Patient)(/.*)?)")


async def forward(
    asked: Request,
    recipient: System,
    *,
    inbox: str,
    transport: httpx.AsyncBaseTransport,
    language: Language,
    credentials: Mapping[str, str] | None = None,
) -> Exchange:
    """Sends a request to a recipient's base and returns what came back, as if from `inbox`, the
    base of the run's.

    `asked.url` is the place below the base, with its query.  Secrets of the recipient are not sent:
    who asks has to have their own, which are `credentials`; no redirect leads them elsewhere.
    Where no answer came, the exchange has the failure, and 502 with an OperationOutcome to pass on.
    Raises BadRequest for a place that leads out of the base.
    """
    base = recipient.base.rstrip("/")
    headers = {name: value for name, value in asked.headers.items() if name.lower() in CARRIED}
    body = moved(asked.body, inbox, base)
    place = asked.url.partition("?")[0].strip("/")
    # the server of the recipient would take `..` away and answer from above its base
    if ".." in place.split("/"):
        raise BadRequest("testbench.odd_place", where=place, place=place)
    # always below the base: a place such as http://… must not become an address of its own
    asked_of = moved(asked.url.encode(), inbox, base).decode()
    url = f"{base}/{asked_of.lstrip('/')}" if place else base + asked_of
    sender = Sender(base, transport=transport, secrets=credentials, language=language)
    async with sender as send:
        came = await send(Request(asked.method, url, headers, body))
    if came.failure:
        return _unreachable(came, language)
    kept = tuple(
        (name, value.replace(base, inbox)) for name, value in came.headers if name.lower() in KEPT
    )
    content = moved(came.body, base, inbox) if SAYS_WHERE.fullmatch(place) else came.body
    return replace(came, headers=kept, body=content)


def moved(text: bytes, old: str, new: str) -> bytes:
    """Returns a text in which addresses below one base are addresses below another.

    Args:
        text: A body, or the place and query of a request.
        old: The base that stands in it: as it is, in a query, or in JSON with escaped slashes.
        new: The base that is to stand there, written the same way.
    """
    for write in (str, _in_query, _in_small_query, _in_json):
        text = text.replace(write(old).encode(), write(new).encode())
    return text


def _in_query(address: str) -> str:
    return quote(address, safe="")


def _in_small_query(address: str) -> str:
    # RFC 3986 2.1: the digits of an encoded sign may be small
    return re.sub("%[0-9A-F]{2}", lambda sign: sign[0].lower(), quote(address, safe=""))


def _in_json(address: str) -> str:
    return address.replace("/", "\\/")


def _unreachable(came: Exchange, language: Language) -> Exchange:
    """Returns what the client is told where the recipient gave no answer."""
    key = "testbench.unreachable"
    finding = Finding(key, "error", key, {"reason": came.failure})
    outcome = write_json(operation_outcome([finding], language))
    # RFC 9110 15.6.3: to the client this sandbox is a gateway
    return replace(came, status=502, headers=(("content-type", FHIR_JSON),), body=outcome)
