"""Lesson 11, from certificate to wallet, the holder's side: a proof of a key, what is shown, who
refuses it again, and what is taken back.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sandbox.course.comparing import as_json, wrong
from sandbox.course.exercise import Asked, Evidence
from sandbox.course.exercises.lesson_11 import EXERCISES
from sandbox.course.exercises.reading import by_name, wrong_prediction
from sandbox.course.slips import artefact_of, shape_of, slip_of
from sandbox.findings import Finding

if TYPE_CHECKING:  # what verifies is imported where it is needed: it takes a tenth of a second
    from sandbox.credentials.jose import Jws
    from sandbox.credentials.sdjwt.presenting import SdJwt

BROKEN = {"first": "aud", "second": "typ", "third": "nonce"}
# by the reason for which our issuer refuses a proof
REFUSED = {
    "proof_no_jwt": "no_jwt",
    "proof_typ": "proof_typ",
    "proof_signature": "not_signed",
    "proof_aud": "proof_aud",
    "proof_iat": "proof_iat",
    "proof_iss": "proof_iss",
    "proof_nonce": "no_nonce",
    "proof_key": "proof_key",
}
NEEDED = {"name", "vaccine", "product", "date"}
WITHIN = {"product", "date"}
WHY = {
    "first": "accepted",
    "again": "spent",
    "tomorrow": "nonce",
    "elsewhere": "aud",
    "less": "sd_hash",
    "stranger": "signature",
}
PLACE = 4711
LIST_BYTES = 16_384
MOST_BYTES = 1_000_000
MILLISECONDS = 100_000_000_000  # a moment in seconds that is larger is one in milliseconds


def _texts(*names: str) -> Any:
    """Returns a reader of values by name, of which those named are texts."""

    def read(answer: Any) -> Any:
        value = by_name(*names, *(BROKEN if "proof" in names else ()))(answer)
        if isinstance(value, Finding):
            return value
        for name in names:
            if not isinstance(value[name], str):
                slip = artefact_of(value[name]) or slip_of(value[name], "") or "shape"
                shapes = {"given": shape_of(value[name]), "wanted": "text"}
                return wrong(slip, where=name, found=as_json(value[name]), **shapes)
        return value

    return read


@EXERCISES.exercise(
    "11.5",
    points=3,
    clause="OpenID4VCI 1.0 F.1",
    asked=Asked(read=_texts("proof", "issuer", "nonce")),
)
def proof_of_key(answer: Any, evidence: Evidence) -> Finding | None:
    """The proof of a key for an issuer, and what is wrong with three broken ones."""
    from sandbox.credentials.vci.proofs import read_proof
    from sandbox.credentials.vci.refusals import OAuthRefusal

    odd = _odd_proof(answer["proof"], answer["issuer"])
    if odd:
        return odd
    try:
        # judged for the moment that it names: a notebook is graded later than it was written
        at = datetime.fromtimestamp(_issued(answer["proof"]), UTC)
        proof = read_proof(answer["proof"], issuer=answer["issuer"], at=at)
    except OAuthRefusal as refusal:
        names = {name: refusal.params.get(name, "") for name in ("expected", "found")}
        return wrong(REFUSED[refusal.reason], where="proof", **names)
    if proof.nonce != answer["nonce"]:
        return wrong("other_nonce", where="nonce", expected=answer["nonce"], found=proof.nonce)
    return wrong_prediction(answer, BROKEN, ("aud", "nonce", "typ"))


def _odd_proof(text: str, issuer: str) -> Finding | None:
    """Says what is wrong with a proof in a way of learners, rather than of wallets."""
    from sandbox.credentials.jose import read_jws

    try:
        jws = read_jws(text)
    except ValueError:
        return wrong("no_jwt", where="proof", expected="eyJ….….…", found=text)
    jwk = jws.header.get("jwk")
    if isinstance(jwk, dict) and "d" in jwk:
        return wrong("private_key", where="jwk.d", expected="crv, kty, x, y", found=", ".join(jwk))
    given = jws.payload.get("aud")
    if isinstance(given, str) and given != issuer and given.startswith(issuer):
        return wrong("an_endpoint", where="aud", expected=issuer, found=given)
    issued = jws.payload.get("iat")
    if isinstance(issued, (int, float)) and issued > MILLISECONDS:
        return wrong("milliseconds", where="iat", expected="int(time.time())", found=issued)
    if isinstance(issued, str):
        return wrong("iat_text", where="iat", expected="int(time.time())", found=issued)
    return None


def _issued(text: str) -> float:
    from sandbox.credentials.jose import read_jws

    issued = read_jws(text).payload.get("iat")
    if isinstance(issued, bool) or not isinstance(issued, (int, float)):
        return 0
    return issued if 0 < issued < MILLISECONDS else 0


@EXERCISES.exercise(
    "11.6",
    points=3,
    clause="RFC 9901 4.3; OpenID4VP 1.0 6.4",
    asked=Asked(read=_texts("presentation", "client_id", "nonce")),
)
def only_what_is_asked(answer: Any, evidence: Evidence) -> Finding | None:
    """Shows the claims that were asked for and no other, bound to one verifier and request."""
    from sandbox.credentials.jose import read_jws
    from sandbox.credentials.sdjwt.disclosures import BadDisclosure
    from sandbox.credentials.sdjwt.presenting import read_sdjwt

    text = answer["presentation"]

    def fault(name: str, **params: object) -> Finding:
        return wrong(name, where="presentation", expected="…~…~eyJ…", found=text, **params)

    if "~" not in text:
        return fault("no_tilde")
    if "~~" in text:
        return fault("two_tildes")
    try:
        shown = read_sdjwt(text)
    except BadDisclosure:
        return fault("binding_as_disclosure" if text.endswith("~") else "no_disclosure")
    except ValueError:
        return fault("no_first_part")
    selected = _selection(shown)
    if selected:
        return selected
    if not shown.key_binding:
        return fault("no_binding")
    try:
        binding = read_jws(shown.key_binding)
    except ValueError:
        return fault("no_binding_jwt")
    return _bound(shown, binding, answer)


def _selection(shown: SdJwt) -> Finding | None:
    """Says which claim leaves though nobody asked, or is lacking."""
    from sandbox.credentials.sdjwt.disclosures import BadDisclosure

    names = [str(each.name) for each in shown.disclosures]

    def fault(name: str, **params: object) -> Finding:
        expected = ", ".join(sorted(NEEDED))
        return wrong(name, where="~", expected=expected, found=", ".join(names), **params)

    if "birthdate" in names:
        return fault("birthdate")
    more = next((name for name in names if name not in NEEDED), "")
    if more:
        return fault("too_much", claim=more)
    if len(set(names)) != len(names):
        return fault("shown_twice")
    if "vaccine" not in names and set(names) & WITHIN:
        return fault("no_outer")
    missing = next((name for name in sorted(NEEDED) if name not in names), "")
    if missing:
        return fault("too_little", claim=missing)
    try:
        shown.opened()
    except BadDisclosure:
        return fault("foreign")
    return None


def _bound(shown: SdJwt, binding: Jws, answer: Mapping[str, Any]) -> Finding | None:
    """Says what is wrong with the holder's signature."""
    from sandbox.credentials.jose import is_signed_by
    from sandbox.credentials.keys import from_jwk
    from sandbox.credentials.sdjwt.disclosures import digest_of

    right = digest_of(shown.bound)
    said = binding.payload
    if binding.header.get("typ") != "kb+jwt":
        found = as_json(binding.header.get("typ"))
        return wrong("binding_typ", where="typ", expected="kb+jwt", found=found)
    issued = said.get("iat")
    if not isinstance(issued, int) or not 0 < issued < MILLISECONDS:
        return wrong("proof_iat", where="iat", expected="int(time.time())", found=as_json(issued))
    prefix, _, bare = answer["client_id"].partition(":")
    name = "no_prefix" if prefix and said.get("aud") == bare else "other_aud"
    for claim, key in (("aud", "client_id"), ("nonce", "nonce")):
        if said.get(claim) != answer[key]:
            slip = name if claim == "aud" else "other_nonce"
            found = as_json(said.get(claim))
            return wrong(slip, where=claim, expected=answer[key], found=found)
    if said.get("sd_hash") != right:
        slip = _slip_of_hash(str(said.get("sd_hash", "")), shown.bound)
        return wrong(slip, where="sd_hash", expected=right, found=as_json(said.get("sd_hash")))
    try:
        key_of_holder = from_jwk(shown.jws.payload["cnf"]["jwk"])
    except (ValueError, KeyError, TypeError):
        return wrong("no_cnf", where="cnf", expected="jwk", found=", ".join(shown.jws.payload))
    if not is_signed_by(binding, key_of_holder):
        return wrong("other_key", where="cnf", expected="cnf.jwk", found="–")
    return None


def _slip_of_hash(given: str, bound: str) -> str:
    """Returns how the hash of a presentation was computed instead."""
    if not given:
        return "no_sd_hash"
    if given.lower() == hashlib.sha256(bound.encode()).hexdigest():
        return "hex_hash"
    plain = given.rstrip("=").translate(str.maketrans("+/", "-_"))
    hashed = {
        bound: "base64_hash",
        bound.removesuffix("~"): "without_tilde",
        bound.partition("~")[0]: "first_part_alone",
    }
    return next((name for text, name in hashed.items() if plain == _digest(text)), "other_sd_hash")


def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@EXERCISES.exercise(
    "11.7", points=2, clause="OpenID4VP 1.0 14.1, 14.2; RFC 9901 7.3", asked=Asked(by_name(*WHY))
)
def why_not_again(answer: Any, evidence: Evidence) -> Finding | None:
    """Which presentation a verifier takes, and why it refuses one that was recorded."""
    given = {as_json(answer[name]) for name in WHY}
    if given == {as_json("accepted")}:
        return wrong("all_accepted", expected=as_json(WHY), found=as_json("accepted"))
    if all(isinstance(answer[name], bool) for name in WHY):
        return wrong("no_reason", expected=as_json(WHY), found=as_json(answer["again"]))
    # one by one: of a function, two wrong verdicts are not two that were mistaken for each other
    words = tuple(WHY.values())
    faults = (wrong_prediction(answer, {name: WHY[name]}, words) for name in WHY)
    return next(filter(None, faults), None)


@EXERCISES.exercise(
    "11.8",
    points=2,
    clause="W3C Bitstring Status List 1.0 4.2; IETF Token Status List 4.1",
    asked=Asked(by_name("w3c", "ietf")),
)
def right_bit(answer: Any, evidence: Evidence) -> Finding | None:
    """One bit in each kind of status list."""
    return _list(answer["w3c"], "w3c") or _list(answer["ietf"], "ietf")


def _list(given: Any, kind: str) -> Finding | None:
    def fault(name: str, **params: object) -> Finding:
        return wrong(name, where=kind, expected=str(PLACE), found=as_json(given), **params)

    if not isinstance(given, str):
        slip = artefact_of(given) or slip_of(given, "") or "shape"
        return wrong(slip, where=kind, found=as_json(given), given=shape_of(given), wanted="text")
    if artefact_of(given):
        return fault(artefact_of(given))
    content = _unpacked(given, kind)
    if isinstance(content, str):
        return fault(content)
    if len(content) != LIST_BYTES:
        return fault("size_of_list", count=len(content))
    bits = [8 * number + bit for number, byte in enumerate(content) if byte for bit in _bits(byte)]
    ours, others = (8 * (PLACE // 8) + PLACE % 8, 8 * (PLACE // 8) + 7 - PLACE % 8)
    right, mirrored = (ours, others) if kind == "ietf" else (others, ours)
    if not bits:
        return fault("nothing_set")
    if len(bits) > 1:
        return fault("several_set", count=len(bits))
    if bits == [right]:
        return None
    return fault("mirrored" if bits == [mirrored] else _near(bits[0], right))


def _bits(byte: int) -> list[int]:
    """Returns the bits of a byte that are set, counted from the least."""
    return [bit for bit in range(8) if byte >> bit & 1]


def _near(given: int, right: int) -> str:
    return "same_byte" if given // 8 == right // 8 else "other_byte"


def _unpacked(text: str, kind: str) -> bytes | str:
    """Returns the bytes of a list, or the name of what is wrong with how it is written."""
    from sandbox.credentials.texts import from_base64url

    if kind == "w3c" and not text.startswith("u"):
        return "no_u"
    # no stream of zlib begins so: its first byte is 0x78
    if kind == "ietf" and text.startswith("u"):
        return "u_in_front"
    try:
        packed = from_base64url(text.removeprefix("u"))
    except ValueError:
        return "not_base64url"
    form = 16 + zlib.MAX_WBITS if kind == "w3c" else zlib.MAX_WBITS
    try:
        return zlib.decompressobj(form).decompress(packed, MOST_BYTES)
    except zlib.error:
        return "other_packing"
