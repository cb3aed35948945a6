"""What a learner of lesson 11 has at hand: keys, proofs and presentations are made here by hand, as
the lesson does.
"""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from functools import cache
from hashlib import sha256
from typing import Any

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jwt
from joserfc.jwk import ECKey
from starlette.testclient import TestClient

from sandbox.course.exercises.lesson_11 import CLAIMS as CLAIMS
from sandbox.course.exercises.lesson_11 import FOUND_AT as FOUND_AT
from sandbox.course.exercises.lesson_11 import KEYS as KEYS
from sandbox.course.exercises.lesson_11 import NAMED as NAMED
from sandbox.course.exercises.lesson_11_wallet import BROKEN as BROKEN
from sandbox.course.exercises.lesson_11_wallet import WHY as WHY
from sandbox.credentials.sdjwt.issuing import issue
from sandbox.credentials.texts import to_base58

Json = dict[str, Any]
ISSUER = "http://127.0.0.1:8400/vci/CL"
CLIENT = "redirect_uri:http://127.0.0.1:8400/vp/responses/x"
NOW = 1_795_988_221
DDCC: Json = {
    "name": CLAIMS["name"],
    "birthDate": CLAIMS["birthdate"],
    "vaccination": {"brand": CLAIMS["vaccine"]["product"], "date": "2016-06-22"},
    "certificate": {"issuer": "Ministerio de Salud"},
}
MINE = ECKey.generate_key("P-256")
OTHER = ECKey.generate_key("P-256")
DID = "did:jwk:" + base64.urlsafe_b64encode(rfc8785.dumps(MINE.as_dict(private=False))).decode()
DOCUMENT: Json = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "type": ["VerifiableCredential"],
    "issuer": DID.rstrip("="),
    "validFrom": "2026-11-01T00:00:00Z",
    "credentialSubject": {"lot": "YF-CO-2216"},
}
OPTIONS: Json = {
    "type": "DataIntegrityProof",
    "cryptosuite": "ecdsa-jcs-2019",
    "created": "2026-11-01T00:00:00Z",
    "verificationMethod": DID.rstrip("=") + "#0",
    "proofPurpose": "assertionMethod",
    "@context": DOCUMENT["@context"],
}


def base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def hash_of(value: Any) -> bytes:
    return sha256(rfc8785.dumps(value)).digest()


def der(content: bytes) -> bytes:
    made: bytes = MINE.private_key.sign(content, ECDSA(SHA256()))  # type: ignore[union-attr]
    return made


def raw(content: bytes) -> bytes:
    r, s = decode_dss_signature(der(content))
    return r.to_bytes(32) + s.to_bytes(32)


TWO = hash_of(OPTIONS) + hash_of(DOCUMENT)
BARE = {name: part for name, part in OPTIONS.items() if name != "@context"}


def signed(content: bytes = TWO, *, letter: str = "z", **changed: Any) -> Json:
    """Returns the document with a proof whose value signs a content."""
    value = letter + to_base58(raw(content))
    proof = {**OPTIONS, "proofValue": value, **changed}
    return {**DOCUMENT, "proof": {name: part for name, part in proof.items() if part is not None}}


def four(credential: Any, **changed: Any) -> Json:
    """Returns an answer to 11.4."""
    return {"credential": credential, **FOUND_AT, **changed}


def proof(header: Json | None = None, key: ECKey = MINE, **claims: Any) -> str:
    """Returns the proof of a key, changed in its header and claims; None takes a claim out."""
    head = {"typ": "openid4vci-proof+jwt", "jwk": MINE.as_dict(private=False), **(header or {})}
    said = {"aud": ISSUER, "iat": NOW, "nonce": "n-1", **claims}
    kept = {name: part for name, part in said.items() if part is not None}
    head = {name: part for name, part in head.items() if part is not None}
    return jwt.encode({"alg": "ES256", **head}, kept, key)


def five(text: Any = None, **changed: Any) -> Json:
    """Returns an answer to 11.5."""
    right = {"proof": text or proof(), "issuer": ISSUER, "nonce": "n-1", **BROKEN}
    return {**right, **changed}


@cache
def credential() -> str:
    """Returns Yeison's credential, bound to the learner's key."""
    from cryptography.hazmat.primitives.asymmetric import ec

    claims = {**CLAIMS, "cnf": {"jwk": MINE.as_dict(private=False)}}
    inner = [("vaccine", name) for name in CLAIMS["vaccine"]]
    paths = [("name",), ("birthdate",), ("vaccine",), *inner]
    return issue(claims, paths, ec.generate_private_key(ec.SECP256R1()), {"x5c": []})


def name_of(disclosure: str) -> str:
    return str(json.loads(base64.urlsafe_b64decode(disclosure + "=="))[1])


def parts(*names: str) -> list[str]:
    """Returns the disclosures of some claims."""
    disclosures = credential().rstrip("~").split("~")[1:]
    return [each for each in disclosures if name_of(each) in names]


ASKED = ("name", "vaccine", "product", "date")
HEAD = credential().partition("~")[0]


def text_of(*names: str) -> str:
    """Returns what is shown, without the holder's signature."""
    return "~".join([HEAD, *parts(*(names or ASKED)), ""])


def digest(text: str) -> bytes:
    return sha256(text.encode()).digest()


def bound(text: str = "", *, typ: str = "kb+jwt", key: ECKey = MINE, **claims: Any) -> str:
    """Returns a presentation, changed in the claims of its key binding."""
    shown = text or text_of()
    right = {"iat": NOW, "aud": CLIENT, "nonce": "n-2", "sd_hash": base64url(digest(shown))}
    kept = {name: part for name, part in {**right, **claims}.items() if part is not None}
    return shown + jwt.encode({"alg": "ES256", "typ": typ}, kept, key)


def six(presentation: Any = None) -> Json:
    """Returns an answer to 11.6."""
    shown = bound() if presentation is None else presentation
    return {"presentation": shown, "client_id": CLIENT, "nonce": "n-2"}


def bits(*places: int, size: int = 16384, order: str = "most") -> bytes:
    """Returns a list in which places are set, as W3C counts or as IETF does."""
    content = bytearray(size)
    for place in places:
        content[place // 8] |= (0x80 >> place % 8) if order == "most" else (1 << place % 8)
    return bytes(content)


def eight(
    w3c: bytes | None = None, ietf: bytes | None = None, *, u: str = "u", v: str = ""
) -> Json:
    """Returns an answer to 11.8; each list packed as its kind asks."""
    most = bits(4711) if w3c is None else w3c
    least = bits(4711, order="least") if ietf is None else ietf
    packed = u + base64url(gzip.compress(most, mtime=0))
    return {"w3c": packed, "ietf": v + base64url(zlib.compress(least))}


def plant(_: TestClient) -> None:
    """Nothing is needed of the server: what it answered stands in the answers."""
