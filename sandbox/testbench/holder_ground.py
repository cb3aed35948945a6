"""The ground on which verifiers are tried: a holder whose credential fits whatever is asked for,
and each way in which what is shown can be wrong.

All keys follow from the run, save that of the issuer, in whom a verifier must believe: it is given,
or that of the bench, which is for tests alone since anybody can read it here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from sandbox.credentials.jose import write_jws
from sandbox.credentials.keys import CURVES, PrivateKey, to_jwk, to_multikey
from sandbox.credentials.sdjwt.disclosures import digest_of
from sandbox.credentials.sdjwt.issuing import ALWAYS_SHOWN, issue
from sandbox.credentials.sdjwt.presenting import KB_TYP
from sandbox.credentials.texts import Json, from_base64url, to_base64url
from sandbox.credentials.wallet.requests import Asking
from sandbox.redact import REDACTED

FORMAT = "dc+sd-jwt"
ORDER = int("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16)  # of P-256
FARTHEST_PLACE = 50  # in a list of which a query asks for a place
DAY = timedelta(days=1)
LONG = timedelta(days=30)
YEAR = timedelta(days=365)
# What a claim says that no query asks to be something.
SAID: Mapping[str, Any] = {
    "birthdate": "1984-02-29", "birth_date": "1984-02-29", "date": "2026-01-02", "sex": "female",
    "nationality": "CL", "given_name": "Clara", "family_name": "Ensayo", "name": "Clara Ensayo",
}  # fmt: skip
OTHERWISE = "Ensayo"
STRANGE_TYPE = "urn:example:asked-by-nobody"


class NoIssuer(ValueError):
    """What was given as issuer is no private key as JWK."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs credentials: the key, how a header names it, and who it says to be."""

    key: PrivateKey
    header: Json
    name: str


@dataclass(frozen=True, slots=True)
class Twist:
    """What is wrong in a presentation; without any it is right.

    `moment` is how far the holder's signature is from now; the texts stand in place of what the
    request says.
    """

    has_other_issuer: bool = False
    has_broken_issuer: bool = False
    has_other_holder: bool = False
    has_other_hash: bool = False
    has_no_holder: bool = False
    is_revoked: bool = False
    audience: str = ""
    nonce: str = ""
    moment: timedelta = timedelta()
    type: str = ""
    value: str = ""


RIGHT = Twist()


@dataclass(frozen=True, slots=True)
class Holder:
    """A holder in one run: the key, the issuer, the status of the credential, and now."""

    key: PrivateKey
    stranger: PrivateKey
    issuer: Signer
    at: datetime
    status: tuple[str, int, int] | None = None
    """Address of a list, the place of what is good and of what was revoked in it."""

    def answer(self, asking: Asking, twist: Twist = RIGHT) -> Json:
        """Returns the `vp_token` for a request: a presentation for each query that is required.

        Args:
            asking: Who asks, with which nonce.
            twist: What is to be wrong in it.
        """
        return {item["id"]: [self.shown(asking, item, twist)] for item in required(asking.query)}

    def shown(self, asking: Asking, item: Json, twist: Twist = RIGHT) -> str:
        """Returns the presentation for one query, wrong as the twist says.

        Args:
            asking: Who asks, with which nonce.
            item: Of its query; its format is `dc+sd-jwt`.
            twist: What is to be wrong in it.
        """
        text = self._credential(item, twist)
        if twist.has_no_holder:
            return text
        payload = {
            "iat": int((self.at + twist.moment).timestamp()),
            "aud": twist.audience or asking.client_id,
            "nonce": twist.nonce or str(asking.fields["nonce"]),
            "sd_hash": digest_of(text.rstrip("~") if twist.has_other_hash else text, "sha-256"),
        }
        key = self.stranger if twist.has_other_holder else self.key
        return text + write_jws({"typ": KB_TYP}, payload, key)

    def _credential(self, item: Json, twist: Twist) -> str:
        signer = _named(self.stranger) if twist.has_other_issuer else self.issuer
        said = claims_for(item, twist.value)
        claims: Json = {
            **said,
            **({"iss": signer.name} if signer.name else {}),
            "iat": int((self.at - DAY).timestamp()),
            "exp": int((self.at + LONG).timestamp()),
            "vct": twist.type or item["meta"]["vct_values"][0],
            "cnf": {"jwk": to_jwk(self.key.public_key())},
        }
        if self.status is not None:
            address, good, revoked = self.status
            place = revoked if twist.is_revoked else good
            claims["status"] = {"status_list": {"uri": address, "idx": place}}
        salts = (f"{item['id']}-salt-{number:016}" for number in count())
        text = issue(
            claims,
            [[name] for name in said],
            signer.key,
            signer.header,
            salt=lambda: to_base64url(next(salts).encode()),
        )
        return changed_letter(text) if twist.has_broken_issuer else text


def holder_of(given: Mapping[str, str]) -> Holder:
    """Returns the holder of a run.

    Args:
        given: With `run`, `now`, and the inputs `vp_issuer` and `vp_status`.

    Raises:
        NoIssuer: One of the inputs is not what it should be.
    """
    run = given["run"]
    text = given.get("vp_issuer", "")
    # evidence holds no key: what is shown is not looked at when it is judged again
    is_known = text not in ("", REDACTED)
    issuer = _given(text) if is_known else _named(derived("issuer of the bench"))
    at = datetime.fromisoformat(given["now"])
    status = _status(given.get("vp_status", ""))
    return Holder(derived(f"holder {run}"), derived(f"stranger {run}"), issuer, at, status)


def required(query: Json) -> list[Json]:
    """Returns the queries that must be answered (OpenID4VP 1.0 6.4.2)."""
    sets = query.get("credential_sets")
    if not sets:
        return list(query["credentials"])
    wanted = {id for each in sets if each.get("required", True) for id in each["options"][0]}
    return [item for item in query["credentials"] if item["id"] in wanted]


def asked_claims(item: Json) -> list[Json]:
    """Returns the claims of a query, of its first set where there are several."""
    claims: list[Json] = item.get("claims", [])
    sets = item.get("claim_sets")
    return [claim for claim in claims if claim.get("id") in sets[0]] if sets else claims


def is_too_far(item: Json) -> bool:
    """Tells whether a query asks for a place in a list that no holder's credential has.

    Args:
        item: The query of one credential.
    """
    steps = [step for claim in asked_claims(item) for step in claim["path"]]
    return any(isinstance(step, int) and step > FARTHEST_PLACE for step in steps)


def names_values(item: Json) -> bool:
    """Tells whether a query takes only some values of a claim.

    Args:
        item: The query of one credential.
    """
    return any(claim.get("values") for claim in asked_claims(item))


def claims_for(item: Json, value: str = "") -> Json:
    """Returns claims that answer a query.

    Args:
        item: The query of one credential.
        value: Stands where the query names the values that it takes; one of these, if omitted.
    """
    claims: Any = {}
    for claim in asked_claims(item):
        path = claim["path"]
        if path[0] in ALWAYS_SHOWN:
            continue
        values = claim.get("values")
        names = [step for step in path if isinstance(step, str)]
        said = SAID.get(names[-1] if names else "", OTHERWISE)
        claims = _with(claims, path, (value or values[0]) if values else said)
    return dict(claims)


def _with(content: Any, path: list[Any], value: Any) -> Any:
    """Returns content with a value at a path: a name, a place in a list, or None for any."""
    if not path:
        return content if content not in ({}, None) else value
    first, *rest = path
    if isinstance(first, str):
        members = content if isinstance(content, dict) else {}
        return {**members, first: _with(members.get(first), rest, value)}
    items = list(content) if isinstance(content, list) else []
    place = first or 0
    items += [None] * (place + 1 - len(items))
    items[place] = _with(items[place], rest, value)
    return [OTHERWISE if item is None else item for item in items]


def changed_letter(text: str) -> str:
    """Returns a credential of which one letter of the issuer's signature is another.

    Args:
        text: An SD-JWT; what is disclosed stays as it is.
    """
    signed, tilde, rest = text.partition("~")
    letter = signed[-20]
    other = "A" if letter != "A" else "B"
    return f"{signed[:-20]}{other}{signed[-19:]}{tilde}{rest}"


def _named(key: PrivateKey) -> Signer:
    did = f"did:key:{to_multikey(key.public_key())}"
    return Signer(key, {"kid": f"{did}#{did.removeprefix('did:key:')}"}, did)


def _given(text: str) -> Signer:
    """Returns the signer of a private JWK, with its certificates or by its `kid`."""
    try:
        jwk = json.loads(text)
        curve = next(curve for curve in CURVES if curve.crv == jwk["crv"] and curve.curve)
        number = int.from_bytes(from_base64url(jwk["d"]))
        key = ec.derive_private_key(number, curve.curve())  # type: ignore[misc]
    except (ValueError, LookupError, TypeError, StopIteration):
        raise NoIssuer("vp_issuer") from None
    if "x5c" in jwk:
        return Signer(key, {"x5c": jwk["x5c"]}, str(jwk.get("iss", "")))
    named = _named(key)
    kid = str(jwk.get("kid") or named.header["kid"])
    return Signer(key, {"kid": kid}, str(jwk.get("iss") or kid.partition("#")[0]))


def _status(text: str) -> tuple[str, int, int] | None:
    """Returns what `ADDRESS#GOOD,REVOKED` says; raises NoIssuer."""
    if not text:
        return None
    address, _, places = text.partition("#")
    try:
        good, revoked = (int(place) for place in places.split(","))
    except ValueError:
        raise NoIssuer("vp_status") from None
    return address, good, revoked


def derived(word: str) -> ec.EllipticCurvePrivateKey:
    """Returns a key that follows from a word.

    Args:
        word: With what nobody guesses in it, unless everybody may have the key.
    """
    digest = int.from_bytes(hashlib.sha256(word.encode()).digest())
    return ec.derive_private_key(digest % (ORDER - 1) + 1, ec.SECP256R1())
