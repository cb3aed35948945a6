"""Reads who asks a wallet for what, and refuses whoever does not prove the name that they give
(OpenID4VP 1.0 5).
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sandbox.certificates.unpacking import from_base64
from sandbox.credentials.issuers import judge_trust, key_of_header
from sandbox.credentials.jose import is_signed_by, read_jws
from sandbox.credentials.report import Known, Report
from sandbox.credentials.texts import Json, read_object, to_base64url
from sandbox.credentials.validity import LEEWAY, moment_in
from sandbox.credentials.vp.dcql import check_query
from sandbox.credentials.vp.verifier import AUDIENCE, TYP
from sandbox.credentials.wallet.calling import Call, Send, form_call, sent, unexpected
from sandbox.credentials.wallet.declining import decline
from sandbox.errors import BadRequest

MODES = ("direct_post", "direct_post.jwt")
OBJECTS = ("dcql_query", "client_metadata")
NONCE = re.compile(r"[A-Za-z0-9._~-]+")  # as an address can hold it (OpenID4VP 1.0 5.2)
SIGNED = ("decentralized_identifier", "x509_hash")
# Who has not proved the name is told nothing, save that it is of a kind that is not known here.
ERRORS = {
    "wallet.no_request": "invalid_request",
    "wallet.unknown_prefix": "invalid_request",
    "wallet.unknown_transaction": "invalid_transaction_data",
    "credentials.bad_query": "invalid_request",
}
"""By which error a refusal is told (OpenID4VP 1.0 8.5), by its key."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A request that proved its name: the parameters, and who asks as far as this is known.

    `known_as` is empty where nobody here vouches for the verifier.
    """

    fields: Json
    known_as: str

    @property
    def client_id(self) -> str:
        """Returns the whole name of the verifier, with its prefix."""
        return str(self.fields["client_id"])

    @property
    def address(self) -> str:
        """Returns where the answer goes."""
        return str(self.fields["response_uri"])

    @property
    def query(self) -> Json:
        """Returns what is asked for, in DCQL."""
        return dict(self.fields["dcql_query"])


def read_request(
    link: str, known: Known, send: Send, *, at: datetime, sends_errors: bool = False
) -> Asking:
    """Returns what a link asks for.

    Args:
        link: With the request, or the address of a signed one.
        known: Whom this wallet believes.
        send: Sends.
        at: Now.
        sends_errors: Whether this is a wallet that answers: it tells a verifier whose request is
            wrong (8.5), and takes no nonce that it could not send back.

    Raises:
        BadRequest: It is no request, was changed, or who asks is not who they say.
    """
    query = parse_qs(urlsplit(link.strip()).query)
    given: Json = {name: values[0] for name, values in query.items()}
    client_id = str(given.get("client_id", ""))
    prefix, _, rest = client_id.partition(":")
    known_as = ""
    try:
        if prefix in SIGNED:
            text = _fetched(given, send)
            given, known_as = _opened(text, prefix, rest, known, at)
            if given.get("client_id") != client_id:
                raise _refused("other_client", given.get("client_id"), "5.10.1", expected=client_id)
        elif prefix == "redirect_uri":
            given = _by_value(given)
        else:
            raise _refused("unknown_prefix", client_id, "5.9.3")
        _check(given, prefix, rest)
        # whoever only looks at a request says of its nonce what there is to say
        if sends_errors and NONCE.fullmatch(given["nonce"]) is None:
            raise _refused("no_request", "nonce", "5.2")
    except BadRequest as refusal:
        if sends_errors and (prefix != "redirect_uri" or rest == given.get("response_uri")):
            decline(given, ERRORS.get(refusal.key, ""), send)
        raise
    return Asking(given, known_as)


def _fetched(given: Json, send: Send) -> str:
    """Returns the signed request."""
    address = str(given.get("request_uri", ""))
    way = given.get("request_uri_method", "get")
    if way not in ("get", "post"):
        raise _refused("no_request", "request_uri_method", "5.10")
    if "request" in given:
        return str(given["request"])
    accept = {"Accept": "application/oauth-authz-req+jwt"}
    call = Call("GET", address, accept)
    nonce = ""
    if way == "post":
        nonce = secrets.token_urlsafe(16)
        call = form_call(address, {"wallet_nonce": nonce})
    reply = sent(send, call)
    text = reply.body.decode("ascii", "replace").strip()
    if reply.status != 200:
        raise unexpected(address, reply)
    try:
        signed_nonce = read_jws(text).payload.get("wallet_nonce", "")
    except ValueError:
        raise _refused("not_signed", address, "5.10") from None
    if nonce and signed_nonce != nonce:
        raise _refused("other_wallet_nonce", signed_nonce, "5.10.1")
    return text


def _opened(text: str, prefix: str, rest: str, known: Known, at: datetime) -> tuple[Json, str]:
    """Returns the parameters of a signed request, and who is known to have signed."""
    try:
        jws = read_jws(text)
    except ValueError:
        raise _refused("not_signed", text[:40], "5.10") from None
    if jws.header.get("typ") != TYP:
        raise _refused("request_typ", jws.header.get("typ"), "5", expected=TYP)
    report = Report(text)
    owner = rest if prefix == "decentralized_identifier" else ""
    if (prefix == "x509_hash") != ("x5c" in jws.header):
        raise _refused("other_signer", prefix, "5.9.3")
    # each prefix names its key in one way alone
    relation = "authentication"
    key = key_of_header(report, jws.header, owner, known, relation=relation)
    failed = any(step.status == "fail" for step in report.steps)
    if prefix == "x509_hash" and _hash_of(jws.header["x5c"]) != rest:
        raise _refused("other_signer", prefix, "5.9.3")
    if key is None or failed or not is_signed_by(jws, key):
        raise _refused("bad_signature", prefix, "5.9.3")
    if jws.payload.get("aud") != AUDIENCE:
        raise _refused("other_audience", jws.payload.get("aud"), "5.8", expected=AUDIENCE)
    ends = moment_in(jws.payload.get("exp"))
    if ends is not None and ends <= at:
        raise _refused("request_over", ends.isoformat(), "5")
    begins = moment_in(jws.payload.get("nbf"))
    if begins is not None and begins > at + LEEWAY:
        raise _refused("request_early", begins.isoformat(), "5")
    judge_trust(report, key, known, at)
    trust = report.step("trust")
    return jws.payload, trust.detail if trust.status == "ok" else ""


def _hash_of(chain: Any) -> str:
    try:
        return to_base64url(hashlib.sha256(from_base64(str(chain[0]))).digest())
    except (ValueError, LookupError, TypeError):
        return ""


def _by_value(given: Json) -> Json:
    """Returns parameters as JSON; a name that is an address is never signed (5.9.3)."""
    if "request_uri" in given or "request" in given:
        raise _refused("signed_redirect", given.get("client_id"), "5.9.3")
    try:
        objects = {name: read_object(given[name]) for name in OBJECTS if name in given}
    except ValueError:
        raise _refused("no_request", "dcql_query", "5.1") from None
    return {**given, **objects}


def _check(given: Json, prefix: str, rest: str) -> None:
    """Refuses a request that no answer could be right for."""
    for name in ("nonce", "response_uri"):
        if not isinstance(given.get(name), str) or not given[name]:
            raise _refused("no_request", name, "5.2")
    if "scope" in given:
        # what a scope stands for is agreed on beforehand, and beside a query it may not stand
        raise _refused("no_request", "scope", "5.1")
    if given.get("response_type") != "vp_token" or given.get("response_mode") not in MODES:
        raise _refused("no_request", given.get("response_mode"), "8")
    if "redirect_uri" in given:
        raise _refused("no_request", "redirect_uri", "8.2")
    if "transaction_data" in given:
        raise _refused("unknown_transaction", "transaction_data", "5.1")
    if prefix == "redirect_uri" and rest != given["response_uri"]:
        raise _refused("other_client", given["response_uri"], "5.9.3", expected=rest)
    check_query(given.get("dcql_query"))


def _refused(name: str, found: Any, section: str, **shown: str) -> BadRequest:
    clause = f"OpenID4VP 1.0 {section}"
    values = {key: value[:120] for key, value in shown.items()}
    return BadRequest(
        f"wallet.{name}", where="request", clause=clause, found=str(found)[:120], **values
    )
