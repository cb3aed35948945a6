"""What a learner of workshop 14 has at hand: what their functions return, right and wrong in one way."""

from __future__ import annotations

import base64
import gzip
import json
import secrets
import time
import zlib
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwe
from joserfc.jwk import OctKey
from starlette.testclient import TestClient

from sandbox.certificates.base45 import encode
from sandbox.course.exercises.lesson_14 import VERDICTS as VERDICTS

KEY = ec.derive_private_key(20261130, ec.SECP256R1())
PUBLIC = KEY.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint).hex()
HEADER = {1: -7, 4: b"12345678"}
SHOT = {"tg": "840539006", "ci": "URN:UVCI:01:BR:LN2021#1"}
DOCUMENT = {"resourceType": "Bundle", "type": "document", "entry": []}
SECRET = bytes(range(32))


RIGHT: dict[str, Any] = {
    "header": HEADER, "country": "BR", "minutes": 1_440, "end": 0, "place": -260, "inner": 1, "tag": 18,
    "context": "Signature1", "packed": True, "gzipped": False, "bare": False, "der": False,
    "payload_alone": False,
}  # fmt: skip


def issued(**changes: Any) -> str:
    """Returns the text of a certificate, right but for what is changed of RIGHT."""
    way = {**RIGHT, **changes}
    now = int(time.time())
    shots = {"v": [SHOT]}
    ends = now + 60 * way["minutes"] if way["end"] == 0 else way["end"]
    health = {way["inner"]: shots} if way["inner"] else shots
    claims = {1: way["country"], 6: now, 4: ends, way["place"]: health}
    content = cbor2.dumps({name: value for name, value in claims.items() if value is not None})
    protected = cbor2.dumps(way["header"])
    whole = cbor2.dumps([way["context"], protected, b"", content])
    signature = KEY.sign(content if way["payload_alone"] else whole, ec.ECDSA(SHA256()))
    if not way["der"]:
        r, s = decode_dss_signature(signature)
        signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    parts = [protected, {}, content, signature]
    signed = cbor2.dumps(cbor2.CBORTag(way["tag"], parts) if way["tag"] else parts)
    body = content if way["bare"] else signed
    if way["packed"]:
        body = gzip.compress(body) if way["gzipped"] else zlib.compress(body)
    return "HC1:" + encode(body)


ISSUED: dict[str, Any] = {"text": issued(), "key": PUBLIC}


def base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def linked(**changes: Any) -> str:
    """Returns a link with other members; None takes one away."""
    parts = {
        "url": f"http://127.0.0.1:1/manifest/{'n' * 43}",
        "key": base64url(SECRET),
        "exp": int(time.time()) + 86_400,
        "v": 1,
        **changes,
    }
    kept = {name: value for name, value in parts.items() if value is not None}
    return "shlink:/" + base64url(json.dumps(kept).encode())


def sealed_text(text: str, key: bytes = SECRET) -> str:
    header = {"alg": "dir", "enc": "A256GCM", "cty": "application/fhir+json"}
    return jwe.encrypt_compact(header, text, OctKey.import_key(key))


def sealed_otherwise() -> str:
    return sealed_text(json.dumps(DOCUMENT), secrets.token_bytes(32))


SHARED: dict[str, Any] = {
    "link": linked(),
    "file": sealed_text(json.dumps(DOCUMENT)),
    "name": "n" * 43,
}


def plant(_: TestClient) -> None:
    """Nothing is needed of the server: what a team's functions return stands in the answers."""
