"""Twenty fields of what others send, and how each is changed in one place by chance, seeded."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

from sandbox.credentials.jose import read_jws, write_jws
from sandbox.credentials.keys import to_jwk
from sandbox.credentials.report import Asked
from sandbox.credentials.sdjwt.presenting import present
from sandbox.credentials.vci.metadata import GRANT
from sandbox.credentials.vci.proofs import TYP as PROOF_TYP
from sandbox.credentials.vci.proofs import read_proof
from sandbox.credentials.vci.refusals import OAuthRefusal
from sandbox.credentials.vp.verifier import AUDIENCE
from sandbox.credentials.vp.verifier import TYP as REQUEST_TYP
from sandbox.credentials.wallet.calling import Call, Reply
from sandbox.credentials.wallet.forms import presented
from sandbox.credentials.wallet.offers import read_offer
from sandbox.credentials.wallet.requests import read_request
from sandbox.errors import BadRequest
from tests.sandbox.credentials.making import (
    ASKED,
    AT,
    HOLDER,
    ISSUER,
    KNOWN,
    OLD_CREDENTIAL,
    did_of,
    ietf_list,
    judged,
    jwt,
    method_of,
    sdjwt,
    signed,
    w3c_list,
    with_documents,
)

LETTERS = 'ABCabcxyz019-_.~"{}:, %&='
WORD: dict[str, Any] = {"audience": ASKED.audience, "nonce": ASKED.nonce, "at": AT}
ISSUED_AT = "https://issuer.example/vci"
NONCE = "n-of-the-issuer-0123"
Accepted = Callable[[str], Any]
"""Returns what an accepted text says; None for one that is refused."""
Span = Callable[[str], tuple[int, int]]


def spoiled(text: str, span: tuple[int, int], chance: random.Random) -> str:
    place = chance.randrange(*span)
    kind = chance.randrange(3)
    letter = chance.choice(LETTERS)
    if kind == 0:
        return text[:place] + text[place + 1 :]
    if kind == 1:
        return text[:place] + letter + text[place:]
    return text[:place] + letter + text[place + 1 :]


def meaning(text: str) -> Any:
    """What a text says, without how it is written: blanks in JSON say nothing."""
    if text.startswith("{"):
        return json.loads(text)
    return [read_jws(part).payload if part.count(".") == 2 else part for part in text.split("~")]


def shown(asked: Asked | None = None) -> Accepted:
    def accepted(text: str) -> Any:
        is_good = judged(text, asked=asked).verdict in ("valid", "deviates")
        return meaning(text.strip()) if is_good else None

    return accepted


def listed(name: str, credential: Any) -> Accepted:
    def accepted(text: str) -> Any:
        report = judged(credential, with_documents(**{name: text}))
        return meaning(text.strip()) if report.verdict in ("valid", "deviates") else None

    return accepted


def nothing(call: Call) -> Reply:
    raise OSError(call.address)


def offered(text: str) -> Any:
    """An offer is signed by nobody: whatever is read of it, nothing breaks."""
    with suppress(BadRequest):
        read_offer(f"openid-credential-offer://?{text}", nothing)
    return "read or refused"


def proven(text: str) -> Any:
    try:
        proof = read_proof(text, issuer=ISSUED_AT, at=AT)
    except OAuthRefusal:
        return None
    return meaning(text) if proof.nonce == NONCE else None


def requested(text: str) -> Any:
    name = f"decentralized_identifier:{did_of(ISSUER)}"
    link = f"openid4vp://?{urlencode({'client_id': name, 'request': text})}"
    try:
        return read_request(link, KNOWN, nothing, at=AT).fields
    except BadRequest:
        return None


def whole(text: str) -> tuple[int, int]:
    return 0, len(text)


def part(number: int, of: str = ".") -> Span:
    """Returns where a part of a JWS stands, or of the last one where `of` is `~.`."""

    def span(text: str) -> tuple[int, int]:
        base = text.rfind("~") + 1 if of == "~." else 0
        end = len(text) if of == "~." or "~" not in text else text.index("~")
        pieces = text[base:end].split(".")
        start = base + sum(len(piece) + 1 for piece in pieces[:number])
        return start, start + len(pieces[number])

    return span


def disclosures(text: str) -> tuple[int, int]:
    return text.index("~"), text.rindex("~")


def before_proof(text: str) -> tuple[int, int]:
    return 0, text.rindex('"proof"')


def from_proof(text: str) -> tuple[int, int]:
    return text.rindex('"proof"'), len(text)


@dataclass(frozen=True)
class Field:
    text: str
    span: Span
    accepted: Accepted


ASKING = SimpleNamespace(client_id=ASKED.audience, fields={"nonce": ASKED.nonce})
SDJWT = present(sdjwt(), [["name"], ["vaccine"]], HOLDER, **WORD)
LINKED = json.dumps(signed())
JCS = json.dumps(signed("ecdsa-jcs-2019"))
OLD = jwt(
    {"iss": did_of(ISSUER), "sub": did_of(HOLDER), "nbf": 1767225600, "vc": OLD_CREDENTIAL},
    typ="JWT",
)
OLD_CLAIMS = {"credentialSubject": {"id": did_of(HOLDER)}}
LINKED_SHOWN = json.dumps(presented(LINKED, OLD_CLAIMS, HOLDER, ASKING, at=AT))
OLD_SHOWN = presented(OLD, OLD_CLAIMS, HOLDER, ASKING, at=AT)
PROOF = write_jws(
    {"typ": PROOF_TYP, "jwk": to_jwk(HOLDER.public_key())},
    {"aud": ISSUED_AT, "iat": int(AT.timestamp()), "nonce": NONCE},
    HOLDER,
)
REQUEST = write_jws(
    {"typ": REQUEST_TYP, "kid": method_of(ISSUER)},
    {
        "client_id": f"decentralized_identifier:{did_of(ISSUER)}",
        "aud": AUDIENCE,
        "response_type": "vp_token",
        "response_mode": "direct_post",
        "response_uri": "https://verifier.example/r",
        "nonce": ASKED.nonce,
        "dcql_query": {
            "credentials": [
                {"id": "a", "format": "dc+sd-jwt", "meta": {"vct_values": ["urn:test:card"]}}
            ]
        },
    },
    ISSUER,
)
CODE = {"pre-authorized_code": "a-code", "tx_code": {"length": 6, "input_mode": "numeric"}}
OFFER = {
    "credential_issuer": ISSUED_AT,
    "credential_configuration_ids": ["card"],
    "grants": {GRANT: CODE},
}
FIELDS: dict[str, Field] = {
    "SD-JWT, header of the issuer": Field(SDJWT, part(0), shown(ASKED)),
    "SD-JWT, claims of the issuer": Field(SDJWT, part(1), shown(ASKED)),
    "SD-JWT, signature of the issuer": Field(SDJWT, part(2), shown(ASKED)),
    "SD-JWT, disclosures": Field(SDJWT, disclosures, shown(ASKED)),
    "SD-JWT, header of the holder": Field(SDJWT, part(0, "~."), shown(ASKED)),
    "SD-JWT, claims of the holder": Field(SDJWT, part(1, "~."), shown(ASKED)),
    "SD-JWT, signature of the holder": Field(SDJWT, part(2, "~."), shown(ASKED)),
    "vc+jwt, claims": Field(jwt(), part(1), shown()),
    "vc+jwt, signature": Field(jwt(), part(2), shown()),
    "jwt_vc_json, whole": Field(OLD, whole, shown()),
    "JCS, document": Field(JCS, before_proof, shown()),
    "JCS, proof": Field(JCS, from_proof, shown()),
    "RDFC, document": Field(LINKED, before_proof, shown()),
    "RDFC, proof": Field(LINKED, from_proof, shown()),
    "presentation with a proof": Field(LINKED_SHOWN, whole, shown(ASKED)),
    "presentation in a JWT": Field(OLD_SHOWN, whole, shown(ASKED)),
    "list of tokens": Field(ietf_list(), whole, listed("ietf", sdjwt())),
    "list of bits": Field(json.dumps(w3c_list()), whole, listed("w3c", signed())),
    "proof of a key": Field(PROOF, whole, proven),
    "signed request": Field(REQUEST, whole, requested),
    "offer": Field(urlencode({"credential_offer": json.dumps(OFFER)}), whole, offered),
}


def tried(name: str, count: int, seed: object = 25) -> int:
    """Changes a field as often as is said, and returns how many changes are accepted since they say the same.

    Args:
        name: Of `FIELDS`.
        count: How many changes.
        seed: Of chance, with the name.

    Raises:
        AssertionError: One is accepted that says another thing; it names it.
    """
    field = FIELDS[name]
    right = field.accepted(field.text)
    assert right is not None
    chance = random.Random(f"{name} {seed}")
    equal = 0
    for _ in range(count):
        changed = spoiled(field.text, field.span(field.text), chance)
        said = field.accepted(changed)
        assert said in (None, right), f"{name}: {changed}"
        equal += said is not None
    return equal
