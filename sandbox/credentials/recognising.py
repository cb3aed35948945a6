"""Says what a text is that somebody holds: a credential, a presentation, the offer of one, or a
request for one; and of the last two what they offer or ask for.

Nothing is fetched: a link that only names an address is told with that address.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NoReturn
from urllib.parse import parse_qs, urlsplit

from sandbox.credentials.report import Known
from sandbox.credentials.texts import as_list, read_object
from sandbox.credentials.verifying import is_credential
from sandbox.credentials.wallet.calling import Call
from sandbox.credentials.wallet.offers import read_offer
from sandbox.credentials.wallet.requests import read_request
from sandbox.errors import BadRequest
from sandbox.limits import CREDENTIAL_CHARACTERS

Kind = Literal["credential", "presentation", "offer", "request"]
OFFERS = ("openid-credential-offer", "haip-vci")
REQUESTS = ("openid4vp", "haip-vp")
SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):/", re.IGNORECASE)
COMPACT = re.compile(r"eyJ[\w-]+\.[\w-]*\.[\w-]*(?:~\S*)?\Z", re.ASCII)
KINDS: Mapping[str, Kind] = {
    "VerifiablePresentation": "presentation",
    "VerifiableCredential": "credential",
}
MOST_SHOWN = 200  # characters of each fact: who makes a link writes what they like


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that a link says of itself: `name` is the last part of a key."""

    name: Literal["issuer", "configurations", "pin", "address", "verifier", "claims", "answer_at"]
    value: str


@dataclass(frozen=True, slots=True)
class Linked:
    """What a link offers or asks for; `fault` is why it cannot be read as one."""

    kind: Kind
    facts: tuple[Fact, ...]
    fault: BadRequest | None = None


class _NotAsked(Exception):
    """What would have to be fetched."""


def kind_of_text(text: str) -> Kind | None:
    """Returns what a text is by its looks; None for what is none of these, such as FHIR.

    Args:
        text: Of any length; only its form is looked at, and whether it holds is judged elsewhere.
    """
    plain = text.strip()
    if len(plain) > CREDENTIAL_CHARACTERS:
        return None
    if plain.startswith("{"):
        return _kind_of_json(plain)
    link = _kind_of_link(plain)
    if link:
        return link
    if not COMPACT.match(plain) or not is_credential(plain):
        return None
    is_bound = "~" in plain and not plain.endswith("~")
    return "presentation" if is_bound else "credential"


def read_link(text: str, *, at: datetime) -> Linked:
    """Returns what a link offers or asks for.

    Args:
        text: One that `kind_of_text` calls an offer or a request.
        at: Now.

    Returns:
        What it says of itself; a fault where no wallet could open it.
    """
    plain = text.strip()
    if _kind_of_link(plain) == "offer":
        return _offer(plain)
    return _request(plain, at)


def _kind_of_json(text: str) -> Kind | None:
    """Returns what an object is by its type; FHIR may hold a credential, and stays FHIR."""
    if not any(name in text for name in KINDS):
        return None
    try:
        document = read_object(text)
    except ValueError:
        return None
    types = [] if "resourceType" in document else as_list(document.get("type"))
    return next((kind for name, kind in KINDS.items() if name in types), None)


def _kind_of_link(text: str) -> Kind | None:
    match = SCHEME.match(text)
    scheme = match[1].lower() if match else ""
    if scheme in OFFERS:
        return "offer"
    if scheme in REQUESTS:
        return "request"
    # some issuers and verifiers hand out links of the web, for a wallet that has a page
    if scheme not in ("https", "http") or " " in text:
        return None
    names = set(_query(text))
    if names & {"credential_offer", "credential_offer_uri"}:
        return "offer"
    return "request" if {"client_id"} < names and names & {"request_uri", "dcql_query"} else None


def _query(text: str) -> dict[str, list[str]]:
    try:
        return parse_qs(urlsplit(text).query)
    except ValueError:
        return {}


def _offer(text: str) -> Linked:
    try:
        offer = read_offer(text, _nobody)
    except _NotAsked:
        address = _query(text)["credential_offer_uri"][0]
        return Linked("offer", (_fact("address", address),))
    except BadRequest as fault:
        return Linked("offer", (), fault)
    facts = [
        _fact("issuer", offer.issuer),
        _fact("configurations", ", ".join(offer.configurations)),
    ]
    facts.append(_fact("pin", "no" if offer.pin is None else "yes"))
    return Linked("offer", tuple(facts))


def _request(text: str, at: datetime) -> Linked:
    query = _query(text)
    who = _fact("verifier", query.get("client_id", ["–"])[0])
    # whether a signed one holds takes the document of its signer, which nobody has asked for
    if "request" in query:
        return Linked("request", (who,))
    try:
        asking = read_request(text, Known(), _nobody, at=at)
    except _NotAsked:
        return Linked("request", (who, _fact("address", query.get("request_uri", ["–"])[0])))
    except BadRequest as fault:
        return Linked("request", (who,), fault)
    claims = ", ".join(_claims(asking.query))
    return Linked("request", (who, _fact("claims", claims), _fact("answer_at", asking.address)))


def _claims(query: dict[str, Any]) -> list[str]:
    """Returns what is asked for (OpenID4VP 1.0 6.3).

    Args:
        query: One that `check_query` let pass.

    Returns:
        The places of claims, with `*` for every element; of a credential without any, its id.
    """
    names: list[str] = []
    for item in query["credentials"]:
        paths = [claim["path"] for claim in item.get("claims", [])]
        names += [".".join("*" if step is None else str(step) for step in path) for path in paths]
        names += [] if paths else [str(item["id"])]
    return names


def _fact(name: Any, value: str) -> Fact:
    return Fact(name, value[:MOST_SHOWN])


def _nobody(_: Call) -> NoReturn:
    """Sends nothing: what a link names is asked for only when its holder says so."""
    raise _NotAsked
