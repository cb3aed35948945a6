"""Reads the requests of a verifier under test as the bench's wallet would, within a script: what
must be got is asked for, what is wrong becomes a finding.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from sandbox.credentials.did.resolving import address_of
from sandbox.credentials.report import Known
from sandbox.credentials.texts import Json, from_base64url, read_object, write_compact
from sandbox.credentials.vp.verifier import SCHEME
from sandbox.credentials.wallet.calling import FORM, Call, Reply
from sandbox.credentials.wallet.requests import SIGNED, Asking, read_request
from sandbox.errors import BadRequest
from sandbox.exchange import Exchange
from sandbox.findings import Finding
from sandbox.testbench.script import Given, Request

INPUT = "vp_requests"
JWT = "application/oauth-authz-req+jwt"
# Names of verifiers that the standard has and the bench cannot check (OpenID4VP 1.0 5.9.3).
UNREAD = ("x509_san_dns", "openid_federation", "verifier_attestation")
Reading = Generator[Request | Finding, Exchange, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the input: the link of a request, and where its verdict can be read."""

    link: str
    verdict_at: str


@dataclass(frozen=True, slots=True)
class Read:
    """A request as it was read: `fault` says why it cannot be answered, `is_signed` whether it came
    as a signed object.
    """

    line: Line
    asking: Asking | None
    fault: BadRequest | None
    is_signed: bool


def line_of(given: Given, number: int) -> Line | None:
    """Returns a line of the input.

    Args:
        given: What the test takes.
        number: Of the line, counted from 1; lines without a word count as none.

    Returns: None where there are not so many.
    """
    lines = [line.split() for line in given.get(INPUT, "").splitlines() if line.strip()]
    if number > len(lines):
        return None
    link, *rest = lines[number - 1]
    return Line(link, rest[0] if rest else "")


def lacking(number: int) -> Finding:
    """Returns what a script tells that needs a request that nobody has answered yet."""
    return missing(f"{INPUT} ({number})")


def missing(name: str) -> Finding:
    """Returns what a script tells that lacks an input; the test counts as skipped."""
    key = "testbench.missing_input"
    return Finding(key, "information", key, {"name": name})


def unspoken(name: str) -> Finding:
    """Returns what a script tells of what the bench cannot do; the test counts as skipped.

    Args:
        name: Of what it is, as the standard has it.
    """
    key = "testbench.not_spoken"
    return Finding(key, "information", key, {"name": name[:80]})


def read(given: Given, line: Line) -> Reading:
    """Asks for what stands behind a link.

    Args:
        given: With `run` and `now`.
        line: With the link.

    Returns: A Read; None where the bench cannot read it, which it tells.
    """
    fields = {name: values[0] for name, values in parse_qs(urlsplit(line.link).query).items()}
    prefix, colon, rest = fields.get("client_id", "").partition(":")
    if prefix in UNREAD or not colon:
        yield unspoken(f"client_id {prefix}:" if colon else "client_id")
        return None
    link = line.link
    nonce = ""
    text = fields.get("request", "")
    if "request_uri" in fields:
        if fields.get("request_uri_method") == "post":
            nonce = hashlib.sha256(f"nonce {given['run']}".encode()).hexdigest()[:32]
        answer = yield _call(fields["request_uri"], nonce)
        if answer.status != 200:
            found = str(answer.status)
            nothing = BadRequest("wallet.not_signed", where="request_uri", found=found)
            return Read(line, None, nothing, is_signed=True)
        text = answer.body.decode("ascii", "replace").strip()
    if text:
        link = _by_value(prefix, fields["client_id"], text)
    documents = yield from _documents(prefix, rest)
    at = datetime.fromisoformat(given["now"])
    asked = _read_at_hand(link, Known(documents), at, nonce)
    is_signed = prefix in SIGNED
    if not isinstance(asked, BadRequest):
        return Read(line, asked, None, is_signed)
    if asked.key == "wallet.unknown_transaction":  # which a verifier may well ask for
        yield unspoken("transaction_data")
        return None
    return Read(line, None, asked, is_signed)


def _read_at_hand(link: str, known: Known, at: datetime, nonce: str) -> Asking | BadRequest:
    """Returns the request of a link that needs nothing fetched, or why it cannot be answered."""
    try:
        asking = read_request(link, known, _nothing, at=at)
    except BadRequest as error:
        return error
    if nonce and asking.fields.get("wallet_nonce") != nonce:
        return BadRequest("wallet.other_wallet_nonce", where="wallet_nonce")
    return asking


def _call(address: str, nonce: str) -> Request:
    if not nonce:
        return Request("GET", address, {"Accept": JWT})
    headers = {"Accept": JWT, "Content-Type": FORM}
    return Request("POST", address, headers, urlencode({"wallet_nonce": nonce}).encode())


def _by_value(prefix: str, client_id: str, text: str) -> str:
    """Returns the link of a request that was got; one that nobody has signed as its parameters (RFC
    9101 2.1, `none`).
    """
    if prefix not in SIGNED:
        try:
            head, body, _ = text.split(".")
            if read_object(from_base64url(head)).get("alg") == "none":
                return SCHEME + urlencode(_plain(read_object(from_base64url(body))))
        except ValueError:
            pass  # what it is instead is told by whoever reads the link
    return SCHEME + urlencode({"client_id": client_id, "request": text})


def _plain(fields: Json) -> dict[str, str]:
    return {
        name: value if isinstance(value, str) else write_compact(value).decode()
        for name, value in fields.items()
    }


def _documents(prefix: str, rest: str) -> Reading:
    """Asks for the document of a verifier that is a did:web; all others have their keys in them."""
    documents: Mapping[str, Any] = {}
    if prefix == "decentralized_identifier" and rest.startswith("did:web:"):
        try:
            place = address_of(rest)
        except ValueError:
            return documents
        answer = yield Request("GET", place, {"Accept": "application/json"})
        documents = {place: answer.json}
    return documents


def _nothing(call: Call) -> Reply:
    """Sends nothing: what a request needs is at hand before it is read."""
    raise OSError(call.address)
