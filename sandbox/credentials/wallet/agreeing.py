"""Receives what is offered to a holder who agrees on the issuer's page: an authorization request
with PKCE, pushed where that is spoken, and the code that the browser brings back (OpenID4VCI 1.0 5,
RFC 7636, RFC 9126, RFC 9207).
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from sandbox.credentials.keys import PrivateKey
from sandbox.credentials.texts import Json, as_list, sha256_text, write_compact
from sandbox.credentials.vci.authorizing import AUTHORIZATION, METHOD
from sandbox.credentials.vci.details import NAME, TYPE
from sandbox.credentials.wallet.calling import Send, form_call, sent, unexpected
from sandbox.credentials.wallet.offers import Offer, issuer_of, server_of, wanted_of
from sandbox.credentials.wallet.receiving import Desk, Judge, Received
from sandbox.credentials.wallet.waiting import Waiting
from sandbox.errors import BadRequest

FLOW = "OpenID4VCI 1.0 5"
RETURN = "RFC 9207 2.4"


@dataclass(frozen=True, slots=True)
class Agreeing:
    """A request whose holder is on the issuer's page: where the page is, and what it takes to go on
    with the code that comes back.
    """

    link: str
    offer: Offer
    server: str
    token_endpoint: str
    client: str
    redirect: str
    verifier: str
    state: str
    names_server: bool
    """Whether the server has promised to say who it is beside its code."""

    def as_json(self) -> Json:
        """Returns it as it is put away."""
        return asdict(self)


def agreeing_of(kept: Json) -> Agreeing:
    """Returns a request as it was put away."""
    offer = kept["offer"]
    configurations = tuple(offer["configurations"])
    return Agreeing(**{**kept, "offer": Offer(**{**offer, "configurations": configurations})})


def begin(offer: Offer, *, client: str, redirect: str, state: str, send: Send) -> Agreeing:
    """Returns on which page the holder of an offer agrees.

    Args:
        offer: As it was read.
        client: By what name this wallet asks.
        redirect: Where the issuer's page sends the browser.
        state: A word of chance, by which the answer is known.
        send: Sends.

    Raises:
        BadRequest: The issuer does not speak this, or refuses.
    """
    metadata = issuer_of(offer, send)
    name, server = server_of(offer, metadata, send)
    page = str(server.get("authorization_endpoint", ""))
    if not page.startswith(("https://", "http://")):
        raise BadRequest("wallet.no_page", where="authorization_endpoint", clause=f"{FLOW}.1")
    verifier = secrets.token_urlsafe(32)
    fields = {
        "response_type": "code",
        "client_id": client,
        "redirect_uri": redirect,
        "state": state,
        "code_challenge": sha256_text(verifier),
        "code_challenge_method": METHOD,
        **({"issuer_state": offer.state} if offer.state else {}),
        **_asked(offer, metadata, server),
    }
    return Agreeing(
        _with_query(page, _named(fields, server, send)),
        offer,
        name,
        str(server.get("token_endpoint", "")),
        client,
        redirect,
        verifier,
        state,
        server.get("authorization_response_iss_parameter_supported") is True,
    )


def finish(
    agreeing: Agreeing,
    answer: str,
    key: PrivateKey,
    *,
    send: Send,
    judge: Judge,
    at: datetime,
) -> tuple[list[Received], list[Waiting]]:
    """Returns the credentials that a holder has agreed to, and those that are not ready.

    Args:
        agreeing: The request.
        answer: The address to which the browser was sent back, or its query.
        key: The holder's, made for this offer.
        send: Sends.
        judge: Verifies what came.
        at: Now.

    Raises:
        BadRequest: The answer is another request's or another server's, its holder has not agreed,
            the code is not taken, or what came is not to be kept.
    """
    code = _code_in(agreeing, answer)
    fields = {
        "grant_type": AUTHORIZATION,
        "code": code,
        "redirect_uri": agreeing.redirect,
        "client_id": agreeing.client,
        "code_verifier": agreeing.verifier,
    }
    reply = sent(send, form_call(agreeing.token_endpoint, fields))
    if reply.status != 200 or not isinstance(reply.json.get("access_token"), str):
        raise unexpected(agreeing.token_endpoint, reply)
    metadata = issuer_of(agreeing.offer, send)
    return Desk(agreeing.offer, metadata, reply.json, key, send, judge, at).collect()


def _with_query(page: str, fields: Mapping[str, str]) -> str:
    return f"{page}{'&' if urlsplit(page).query else '?'}{urlencode(fields)}"


def _asked(offer: Offer, metadata: Json, server: Json) -> dict[str, str]:
    """Returns the parameters that say what is wanted: details where the server reads them, else the
    scopes of the configurations (OpenID4VCI 1.0 5.1.1, 5.1.2).
    """
    wanted = wanted_of(offer, metadata)
    scopes = [described.get("scope") for _, described in wanted]
    # a server that knows several issuers must be told of which one it is asked
    has_servers = "authorization_servers" in metadata
    reads_details = TYPE in as_list(server.get("authorization_details_types_supported"))
    if not reads_details and all(isinstance(scope, str) and scope for scope in scopes):
        named = {"scope": " ".join(dict.fromkeys(map(str, scopes)))}
        return {**named, **({"resource": offer.issuer} if has_servers else {})}
    where = {"locations": [offer.issuer]} if has_servers else {}
    details = [{"type": TYPE, "credential_configuration_id": id, **where} for id, _ in wanted]
    return {NAME: write_compact(details).decode()}


def _named(fields: Mapping[str, str], server: Json, send: Send) -> Mapping[str, str]:
    """Returns what the browser carries: the request, or its name where it can be pushed."""
    if "pushed_authorization_request_endpoint" not in server:
        return fields
    place = _pushed(str(server["pushed_authorization_request_endpoint"]), fields, send)
    return {"client_id": fields["client_id"], "request_uri": place}


def _pushed(address: str, fields: Mapping[str, str], send: Send) -> str:
    reply = sent(send, form_call(address, fields))
    place = reply.json.get("request_uri")
    # 201 by the standard, 200 by some (RFC 9126 2.2)
    if reply.status not in (200, 201) or not isinstance(place, str) or not place:
        raise unexpected(address, reply)
    return place


def _code_in(agreeing: Agreeing, answer: str) -> str:
    """Returns the code of an answer that is this request's; raises BadRequest."""
    query = parse_qs(answer.partition("?")[2] or answer, keep_blank_values=True)
    said: dict[str, Any] = {name: values[0] for name, values in query.items()}
    is_plain = all(len(values) == 1 for values in query.values())
    if not is_plain or not hmac.compare_digest(
        said.get("state", "").encode(), agreeing.state.encode()
    ):
        raise BadRequest("wallet.other_answer", where="state", clause="RFC 6749 10.12")
    # whose code it is decides to whom it is given, so that no other server gets it
    if said.get("iss", "" if agreeing.names_server else agreeing.server) != agreeing.server:
        shown = {"found": str(said.get("iss", "–"))[:120], "expected": agreeing.server[:120]}
        raise BadRequest("wallet.other_issuer", where="iss", clause=RETURN, **shown)
    if "error" in said:
        found = str(said["error"])[:60]
        raise BadRequest("wallet.not_agreed", where="error", clause="RFC 6749 4.1.2.1", found=found)
    if not said.get("code"):
        raise BadRequest("wallet.other_answer", where="code", clause="RFC 6749 4.1.2")
    return str(said["code"])
