"""The proof that a wallet has the key to which a credential is to be bound (OpenID4VCI 1.0 8.2.1,
Appendix F.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.credentials.did.resolving import resolve
from sandbox.credentials.issuers import key_in
from sandbox.credentials.jose import Jws, is_signed_by, read_jws
from sandbox.credentials.keys import PublicKey, curve_of, from_jwk, to_jwk
from sandbox.credentials.texts import Json, to_base64url, write_compact
from sandbox.credentials.validity import LEEWAY, moment_in, outside_numbers
from sandbox.credentials.vci.metadata import PROOF_ALGORITHMS
from sandbox.credentials.vci.refusals import OAuthRefusal

TYP = "openid4vci-proof+jwt"
FRESH = timedelta(minutes=5)
NAMES = ("kid", "jwk", "x5c")


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that is right in itself: the DID of its key, and the nonce that it used."""

    holder: str
    nonce: str


def read_proof(text: object, *, issuer: str, at: datetime, client: str = "") -> Proof:
    """Returns what a proof proves; whether its nonce is one of ours is asked by whoever has them.

    Args:
        text: A JWT.
        issuer: The identifier of the issuer, which the proof must be meant for.
        at: Now.
        client: Which wallet the token was given to; empty for one that nobody knows.

    Raises:
        OAuthRefusal: It is not as the standard asks, or not signed by the key that it names.
    """
    try:
        jws = read_jws(text if isinstance(text, str) else "")
    except ValueError:
        raise OAuthRefusal("invalid_proof", "proof_no_jwt") from None
    if jws.header.get("typ") != TYP:
        found = str(jws.header.get("typ", "–"))[:40]
        raise OAuthRefusal("invalid_proof", "proof_typ", expected=TYP, found=found)
    key = _key(jws.header)
    if curve_of(key).alg not in PROOF_ALGORITHMS:
        raise OAuthRefusal("invalid_proof", "proof_alg", found=curve_of(key).alg)
    if not is_signed_by(jws, key):
        raise OAuthRefusal("invalid_proof", "proof_signature")
    _judge_claims(jws, issuer, at)
    # where the wallet is anonymous there is no client to name (OpenID4VCI 1.0 F.1)
    if jws.payload.get("iss", client) != client:
        raise OAuthRefusal("invalid_proof", "proof_iss", found=str(jws.payload["iss"])[:80])
    nonce = jws.payload.get("nonce")
    if not isinstance(nonce, str):
        raise OAuthRefusal("invalid_proof", "proof_nonce")
    kid = str(jws.header.get("kid", "")).partition("#")[0]
    # the DID that the wallet has named, else the key itself as one
    return Proof(kid or f"did:jwk:{to_base64url(write_compact(to_jwk(key)))}", nonce)


def _judge_claims(jws: Jws, issuer: str, at: datetime) -> None:
    if jws.payload.get("aud") != issuer:
        found = str(jws.payload.get("aud", "–"))[:120]
        raise OAuthRefusal("invalid_proof", "proof_aud", expected=issuer, found=found)
    issued = moment_in(jws.payload.get("iat"))
    if issued is None or not at - FRESH - LEEWAY <= issued <= at + LEEWAY:
        found = str(jws.payload.get("iat", "–"))[:40]
        raise OAuthRefusal("invalid_proof", "proof_iat", found=found)
    times: Json = {name: jws.payload[name] for name in ("nbf", "exp") if name in jws.payload}
    for finding in outside_numbers(times, at, clause="RFC 7519 4.1"):
        raise OAuthRefusal("invalid_proof", "proof_time", place=finding.where)


def _key(header: Json) -> PublicKey:
    named = [name for name in NAMES if name in header]
    if len(named) != 1 or named == ["x5c"]:
        raise OAuthRefusal("invalid_proof", "proof_key", found=", ".join(named) or "–")
    try:
        if "jwk" in header:
            return from_jwk(header["jwk"])
        document = resolve(str(header["kid"]).partition("#")[0], {}).document
        return key_in((document or {})["verificationMethod"][0])
    except (ValueError, LookupError, TypeError):
        raise OAuthRefusal("invalid_proof", "proof_key", found=named[0]) from None
