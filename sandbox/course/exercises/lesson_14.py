"""Workshop 14: a team's own issuer and verifier of certificates, and its own health links.

What the learner's functions return is judged, however they made it.
"""

from __future__ import annotations

import json
import time
import zlib
from typing import TYPE_CHECKING, Any

from sandbox.course.comparing import as_json, read_any_base64, wrong
from sandbox.course.exercise import Asked, Evidence, ExerciseSet
from sandbox.course.exercises.reading import as_object, at, by_name, wrong_prediction
from sandbox.findings import Finding

if TYPE_CHECKING:  # what reads certificates is imported where it is needed: it takes its time
    from sandbox.certificates.cose import Sign1

EXERCISES = ExerciseSet("lesson_14")
PREFIX = "HC1:"
SHLINK = "shlink:/"
MOST_BYTES = 100_000
SIGNATURE_BYTES = 64
SIGN1 = 18
ES256 = -7
HEALTH = -260
FAR = 10_000_000_000  # seconds: more are milliseconds
SHORTEST_NAME = 22  # letters of base64url: 128 bits
VERDICTS = {
    "good": "valid",
    "changed": "forged",
    "stranger": "unknown",
    "old": "expired",
    "taken_back": "revoked",
    "noise": "unreadable",
    "old_forged": "forged",
}
WORDS = ("valid", "unreadable", "unknown", "forged", "expired", "revoked")
HEALTH_WORDS = ("fiebre", "febre", "fever", "covid", "diabet", "asma", "vih", "hiv", "alerg")


@EXERCISES.exercise(
    "14.1",
    points=3,
    clause="HCERT 1.1.1 3; RFC 9052 4.4; RFC 8392 3",
    asked=Asked(by_name("text", "key")),
)
def issued(answer: Any, evidence: Evidence) -> Finding | None:
    """The text of a certificate, which is signed by the key beside it."""
    from sandbox.certificates.cose import NotCose, read_cbor, read_sign1

    text = str(answer["text"])
    if not text.startswith(PREFIX):
        return _of_text("no_prefix", text)
    packed = _from_base45(text.removeprefix(PREFIX))
    if packed is None:
        return _of_text("no_base45", text)
    content = _inflated(packed)
    if content is None:
        return _of_text("not_zlib", packed[:4].hex())
    try:
        signed = read_sign1(content)
        claims, _ = read_cbor(signed.payload)
    except NotCose:
        return _of_text("no_cose", content[:4].hex())
    # a bare list is read by many; verifiers by others ask for the tag (RFC 9052 2)
    if SIGN1 not in signed.tags:
        return _of_text("no_cose", content[:4].hex())
    if signed.header.get(1) != ES256:
        return _of_text("no_alg", str(dict(signed.header)))
    if not isinstance(signed.header.get(4), bytes):
        return _of_text("no_kid", str(dict(signed.header)))
    return _wrong_claims(as_object(claims)) or _wrong_signature(signed, str(answer["key"]))


def _of_text(name: str, found: Any) -> Finding:
    return wrong(name, where="text", expected=f"{PREFIX}…", found=as_json(found))


def _from_base45(text: str) -> bytes | None:
    from sandbox.certificates.base45 import NotBase45, decode

    try:
        return decode(text)
    except NotBase45:
        return None


def _inflated(content: bytes) -> bytes | None:
    try:
        return zlib.decompressobj().decompress(content, MOST_BYTES)
    except zlib.error:
        return None


def _wrong_claims(claims: dict[Any, Any]) -> Finding | None:
    issuer = claims.get(1)
    if not isinstance(issuer, str) or len(issuer) != 2:
        return _of_text("no_issuer", issuer)
    name = _wrong_end(claims.get(4))
    if name:
        return _of_text(name, claims.get(4))
    health = claims.get(HEALTH)
    has_health = isinstance(health, dict) and isinstance(health.get(1), dict)
    return None if has_health else _of_text("no_health", list(map(str, claims)))


def _wrong_end(end: Any) -> str:
    if not isinstance(end, (int, float)) or isinstance(end, bool):
        return "no_end"
    if end > FAR:
        return "milliseconds"
    return "ended" if end <= time.time() else ""


def _wrong_signature(signed: Sign1, key: str) -> Finding | None:
    from cryptography.hazmat.primitives.asymmetric import ec

    from sandbox.certificates.cose import is_signed_by

    if len(signed.signature) != SIGNATURE_BYTES:
        return _of_text("der", f"{len(signed.signature)} bytes")
    try:
        point = bytes.fromhex(key)
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:
        return _of_text("not_signed", key)
    return None if is_signed_by(signed, public) else _of_text("not_signed", key)


@EXERCISES.exercise(
    "14.2",
    points=3,
    clause="HCERT 1.1.1 4; Decision (EU) 2022/483",
    asked=Asked(by_name(*VERDICTS)),
)
def verified(answer: Any, evidence: Evidence) -> Finding | None:
    """What a verifier says of seven texts."""
    if {str(answer[name]).lower() for name in VERDICTS} == {"valid"}:
        return wrong("all_valid", expected=" | ".join(WORDS), found="valid")
    return wrong_prediction(answer, VERDICTS, WORDS)


@EXERCISES.exercise(
    "14.3",
    points=3,
    clause="SMART Health Links 1; RFC 7516",
    asked=Asked(by_name("link", "file", "name")),
)
def shared(answer: Any, evidence: Evidence) -> Finding | None:
    """A link, and the file that its key opens."""
    text = str(answer["link"])

    def fault(name: str, found: Any) -> Finding:
        return wrong(name, where="link", expected=f"{SHLINK}…", found=as_json(found))

    if not text.startswith(SHLINK):
        return fault("no_prefix", text)
    content = read_any_base64(text.removeprefix(SHLINK))
    try:
        parts = as_object(json.loads(content or b""))
    except ValueError:
        return fault("not_base64url", text)
    name = _wrong_part(parts)
    if name:
        return fault(name, parts)
    key = read_any_base64(parts["key"])
    return _wrong_file(answer["file"], key or b"")


def _wrong_part(parts: dict[str, Any]) -> str:
    """Returns the name of what is wrong with the parts of a link; an empty text for nothing."""
    url = parts.get("url")
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        return "no_url"
    if len(url.rpartition("/")[2]) < SHORTEST_NAME:
        return "short_address"
    if not parts.get("key"):
        return "no_key"
    if len(read_any_base64(parts["key"]) or b"") != 32:
        return "key_length"
    label = str(parts.get("label", "")).lower()
    is_telling = any(word in label for word in HEALTH_WORDS)
    return _wrong_end(parts.get("exp")) or ("label_health" if is_telling else "")


def _wrong_file(file: Any, key: bytes) -> Finding | None:
    from sandbox.certificates.links import NotOpened, opened

    def fault(name: str) -> Finding:
        return wrong(name, where="file", expected="JWE", found=as_json(file))

    if not isinstance(file, str) or file.lstrip().startswith("{"):
        return fault("open_file")
    if file.count(".") != 4:
        return fault("not_sealed")
    try:
        content, _ = opened(file, key)
    except NotOpened:
        return fault("other_key")
    try:
        resource = json.loads(content)
    except ValueError:
        resource = None
    return None if at(resource, "resourceType") else fault("no_health_data")
