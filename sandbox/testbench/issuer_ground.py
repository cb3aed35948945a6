"""The wallet that the bench is to an issuer of credentials: reads offers, asks for tokens and
credentials, proves its keys (OpenID4VCI 1.0).

Its keys follow from the run: a script that is played again asks the same.  They guard nothing: what
is bound to them is made for a test.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sandbox.credentials.issuers import well_known
from sandbox.credentials.jose import write_jws
from sandbox.credentials.keys import (
    ED25519,
    P256,
    P384,
    PrivateKey,
    to_jwk,
    to_multikey,
)
from sandbox.credentials.texts import (
    Json,
    as_list,
    read_json,
    read_object,
    to_base64url,
    write_compact,
)
from sandbox.credentials.vci.metadata import GRANT
from sandbox.credentials.vci.proofs import TYP
from sandbox.exchange import Exchange
from sandbox.fhir.json import member, write_json
from sandbox.testbench.script import Given, Request

ACCEPT = {"Accept": "application/json"}
FORM = {**ACCEPT, "Content-Type": "application/x-www-form-urlencoded"}
JSON_TYPE = {**ACCEPT, "Content-Type": "application/json"}
FORMATS = ("dc+sd-jwt", "ldp_vc", "jwt_vc_json", "vc+sd-jwt")
"""Those that the bench reads, the one that it asks for first in front."""
ALGORITHMS = (P256, P384, ED25519)
Asking = Generator[Request, Exchange, Exchange | None]


@dataclass(frozen=True, slots=True)
class Ticket:
    """An offer as it can be redeemed once: code, and whether and which PIN goes with it."""

    issuer: str
    configurations: tuple[str, ...]
    code: str
    wants_pin: bool
    pin: str


@dataclass(frozen=True, slots=True)
class Desk:
    """An issuer as its metadata describe it, and the token that one offer has brought."""

    issuer: str
    metadata: Json
    server: Json
    tickets: tuple[Ticket, ...]
    token: str = ""
    identifiers: Mapping[str, str] = field(default_factory=dict)
    nonce: str = ""
    """A nonce that came with the token, as drafts had it."""

    @property
    def configuration(self) -> str:
        """Returns the id of the offered configuration that the bench asks for; empty for none."""
        offered = self.tickets[0].configurations if self.tickets else ()
        fitting = [id for id in offered if self.described(id).get("format") in FORMATS]
        fitting = [id for id in fitting if algorithm_of(self.described(id)) is not None]
        return min(fitting, key=lambda id: FORMATS.index(self.described(id)["format"]), default="")

    def described(self, id: str) -> Json:
        """Returns what the metadata say of a configuration; an empty object where nothing."""
        listed = self.metadata.get("credential_configurations_supported")
        described = listed.get(id) if isinstance(listed, dict) else None
        return described if isinstance(described, dict) else {}

    def endpoint(self, name: str) -> str:
        """Returns an address of the metadata; empty for none."""
        value = self.metadata.get(name)
        return value if isinstance(value, str) else ""


@dataclass(frozen=True, slots=True)
class Proving:
    """A proof of a key, each part as it is right unless a test says otherwise."""

    nonce: str
    aud: str
    at: datetime
    typ: str = TYP
    word: str = "holder"
    signs: str = ""
    """Whose key signs in truth, where it is not that of `word`."""
    names_twice: bool = False
    """Whether the header names the key as JWK and as DID, of which it may have one."""
    more: Mapping[str, Any] = field(default_factory=dict)


def ticket_of(offer: Json, pin: str) -> Ticket | None:
    """Returns what an offer can be redeemed for.

    Args:
        offer: The object, as others wrote it.
        pin: That came with it; left out where none is asked for.

    Returns:
        The ticket; None without a pre-authorised code.
    """
    grant = member(member(offer, "grants"), GRANT)
    code, issuer = member(grant, "pre-authorized_code"), member(offer, "credential_issuer")
    ids = as_list(member(offer, "credential_configuration_ids"))
    if not isinstance(code, str) or not isinstance(issuer, str):
        return None
    wants_pin = isinstance(member(grant, "tx_code"), dict)
    return Ticket(issuer, tuple(map(str, ids)), code, wants_pin, pin if wants_pin else "")


def written_tickets(tickets: Sequence[Ticket]) -> str:
    """Returns tickets as a text, for the tests behind."""
    return write_compact([asdict(ticket) for ticket in tickets]).decode()


def desk_of(given: Given) -> Desk:
    """Returns the issuer as the tests before have found it.

    Args:
        given: With the tickets at least.
    """
    rows = read_json(given["tickets"]) if given.get("tickets") else []
    tickets = tuple(
        Ticket(**{**row, "configurations": tuple(row["configurations"])}) for row in rows
    )
    session = read_object(given["session"]) if given.get("session") else {}
    desk = Desk(
        tickets[0].issuer,
        read_object(given.get("metadata") or "{}"),
        read_object(given.get("server") or "{}"),
        tickets,
    )
    return replace(
        desk,
        token=session.get("token", ""),
        identifiers=session.get("ids", {}),
        nonce=session.get("nonce", ""),
    )


def metadata_request(address: str, name: str) -> Request:
    """Returns a request for what an issuer or server says of itself, at the inserted path.

    Args:
        address: Its identifier.
        name: Of the document, such as `openid-credential-issuer` (RFC 8615).
    """
    return Request("GET", well_known(address, name), ACCEPT)


def appended_request(address: str, name: str) -> Request:
    """Returns a request for the same at the path where it does not belong.

    Args:
        address: The identifier.
        name: Of the document.
    """
    return Request("GET", f"{address.rstrip('/')}/.well-known/{name}", ACCEPT)


def token_request(
    desk: Desk, ticket: Ticket, *, client: str = "", **changes: str | None
) -> Request:
    """Returns a request for a token.

    Args:
        desk: Has the endpoint.
        ticket: What is redeemed.
        client: The id of the client; empty to ask without.
        changes: Other fields of the form; None leaves one out.
    """
    fields: dict[str, str | None] = {
        "grant_type": GRANT,
        "pre-authorized_code": ticket.code,
        "tx_code": ticket.pin if ticket.wants_pin else None,
        "client_id": client or None,
        **changes,
    }
    body = urlencode({name: value for name, value in fields.items() if value is not None})
    return Request("POST", str(desk.server.get("token_endpoint", "")), FORM, body.encode())


def nonce_request(desk: Desk) -> Request:
    """Returns a request for a nonce; it takes no token (OpenID4VCI 1.0 7.1)."""
    return Request("POST", desk.endpoint("nonce_endpoint"), ACCEPT)


def body_for(
    desk: Desk, proofs: Sequence[str] | None, changes: Mapping[str, Any] | None = None
) -> Json:
    """Returns the object that asks for a credential.

    Args:
        desk: Says which.
        proofs: Of the keys; none for a request without.
        changes: Other members; None leaves one out.
    """
    id = desk.configuration
    by_id = {"credential_configuration_id": id}
    # an identifier that was given out with the token must be used (8.2)
    named = {"credential_identifier": desk.identifiers[id]} if id in desk.identifiers else by_id
    body = {**named, "proofs": {"jwt": list(proofs)} if proofs else None, **(changes or {})}
    return {name: value for name, value in body.items() if value is not None}


def credential_request(desk: Desk, body: Json, *, token: str | None = None) -> Request:
    """Returns a request for a credential.

    Args:
        desk: Has endpoint and token.
        body: What is asked for.
        token: Another one; an empty one sends none.
    """
    word = desk.token if token is None else token
    headers = {**JSON_TYPE, **({"Authorization": f"Bearer {word}"} if word else {})}
    return Request("POST", desk.endpoint("credential_endpoint"), headers, write_compact(body))


def proof_for(desk: Desk, given: Given, proving: Proving) -> str:
    """Returns the proof of a key (OpenID4VCI 1.0 F.1).

    Args:
        desk: Whose issuer it is for.
        given: From which the keys follow.
        proving: What it says.
    """
    key = key_for(desk, given, proving.word)
    signer = key_for(desk, given, proving.signs) if proving.signs else key
    payload: Json = {"aud": proving.aud, "iat": int(proving.at.timestamp())}
    if proving.nonce:
        payload["nonce"] = proving.nonce
    both = {"jwk": to_jwk(key.public_key()), "kid": _did_of(key)}
    header = {"typ": proving.typ, **(both if proving.names_twice else _named(desk, key))}
    return write_jws(header, {**payload, **dict(proving.more)}, signer)


def proving(desk: Desk, given: Given, nonce: str, **changes: Any) -> Proving:
    """Returns what a proof says that is right but for what a test changes in it.

    Args:
        desk: Whose issuer it is for.
        given: Has the moment.
        nonce: Of the issuer; empty for none.
        changes: Members of `Proving`.
    """
    right = Proving(nonce, desk.issuer, datetime.fromisoformat(given["now"]))
    return replace(right, **changes)


def key_for(desk: Desk, given: Given, word: str) -> PrivateKey:
    """Returns a key of the wallet.

    Args:
        desk: Says which algorithms the issuer takes.
        given: From which the key follows.
        word: Tells one key from another.
    """
    seed = hashlib.sha512(f"{given['run']}/{word}".encode()).digest()
    curve = algorithm_of(desk.described(desk.configuration)) or P256
    if curve is ED25519:
        return Ed25519PrivateKey.from_private_bytes(seed[:32])
    kind = ec.SECP384R1() if curve is P384 else ec.SECP256R1()
    # below the order of either curve, and never nothing
    return ec.derive_private_key(int.from_bytes(seed[:31]) + 1, kind)


def algorithm_of(described: Json) -> Any:
    """Returns the curve by which the bench proves its key to a configuration.

    Args:
        described: The configuration, as the metadata have it.

    Returns:
        The first curve that the issuer takes; None where it takes none that is known here.
    """
    if "proof_types_supported" not in described:
        return P256
    listed = member(
        member(described["proof_types_supported"], "jwt"), "proof_signing_alg_values_supported"
    )
    names = as_list(listed)
    return next((curve for curve in ALGORITHMS if curve.alg in names), None)


def text_of(credential: Any) -> str:
    """Returns a credential as text, whether it came as text or as JSON."""
    # to the digit as it came: numbers are signed as they are written
    return credential if isinstance(credential, str) else write_json(credential).decode()


def issued_in(answer: Exchange) -> list[str]:
    """Returns the credentials of an answer, as texts (OpenID4VCI 1.0 8.3).

    Args:
        answer: Of the credential endpoint; what has another form holds none.
    """
    listed = member(answer.json, "credentials")
    rows = listed if isinstance(listed, list) else []
    return [
        text_of(row["credential"]) for row in rows if isinstance(row, dict) and "credential" in row
    ]


def error_of(answer: Exchange) -> str:
    """Returns the code of a refusal; empty for none (RFC 6749 5.2, OpenID4VCI 1.0 8.3.1)."""
    code = member(answer.json, "error")
    return code if isinstance(code, str) else ""


def _named(desk: Desk, key: PrivateKey) -> Json:
    """Returns how a proof names its key: as the issuer can bind it."""
    listed = as_list(
        desk.described(desk.configuration).get("cryptographic_binding_methods_supported")
    )
    jwk = to_jwk(key.public_key())
    if "jwk" in listed or not {"did:key", "did:jwk"} & set(map(str, listed)):
        return {"jwk": jwk}
    if "did:key" in listed:
        name = to_multikey(key.public_key())
        return {"kid": f"did:key:{name}#{name}"}
    return {"kid": _did_of(key)}


def _did_of(key: PrivateKey) -> str:
    return f"did:jwk:{to_base64url(write_compact(to_jwk(key.public_key())))}#0"
