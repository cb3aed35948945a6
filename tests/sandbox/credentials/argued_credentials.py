"""Credentials, lists and DIDs with what their clauses make of them, decided before they were tried.

`good` is valid, perhaps with a warning; any other word is the step that fails.
"""

from __future__ import annotations

import base64
import gzip
import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from sandbox.credentials.jose import write_jws
from sandbox.credentials.keys import to_jwk, to_multikey
from sandbox.credentials.proofs.contexts import V1, V2
from sandbox.credentials.report import Known, Report
from sandbox.credentials.sdjwt.disclosures import digest_of, write_disclosure
from sandbox.credentials.status.bits import Bits, empty, write_bitstring, write_token_list
from sandbox.credentials.texts import to_base58, to_base64url, write_compact
from tests.sandbox.credentials.making import (
    ASKED,
    AT,
    CLAIMS,
    CREDENTIAL,
    HOLDER,
    IETF_LIST,
    ISSUER,
    KNOWN,
    PLACE,
    STRANGER,
    TERMS,
    changed,
    did_of,
    ietf_list,
    judged,
    method_of,
    signed,
    w3c_list,
    with_documents,
)

Json = dict[str, Any]
Rows = dict[str, tuple[Callable[[], Any], str]]
BARE: Json = {name: CLAIMS[name] for name in ("iss", "iat", "exp", "vct", "cnf")}
NOW = int(AT.timestamp())


def plain(payload: Json, *disclosures: str, **header: Any) -> str:
    """An SD-JWT as it is written by hand."""
    jws = write_jws(
        changed({"typ": "dc+sd-jwt", "kid": method_of(ISSUER), **header}), payload, ISSUER
    )
    return "~".join([jws, *disclosures, ""])


def hidden(name: str | None, value: Any, salt: str = "a-salt-of-chance") -> str:
    return write_disclosure(salt, name, value)


def raw(text: str) -> str:
    """A disclosure whose JSON stands as it is given."""
    return to_base64url(text.encode())


NAME, CITY, KIN = hidden("name", "Rosa"), hidden("city", "Lima"), hidden(None, "PE")
INNER = hidden("place", {"country": "PE", "_sd": [digest_of(CITY)]})
SPACED, ESCAPED = raw('[ "s" , "name" , "Rosa" ]'), raw('["s","name","Jos\\u00e9"]')


def with_digests(
    *disclosures: str, more: tuple[str, ...] = (), shown: bool = True, **claims: Any
) -> str:
    digests = [*map(digest_of, disclosures), *more]
    return plain({**BARE, **claims, "_sd": digests}, *(disclosures if shown else ()))


def by_512() -> str:
    return plain({**BARE, "_sd": [digest_of(NAME, "sha-512")], "_sd_alg": "sha-512"}, NAME)


def list_element(element: Any, *shown: str) -> str:
    return plain({**BARE, "nationality": ["CL", element]}, *shown)


SDJWTS: Rows = {
    "decoys alone (RFC 9901 4.2.5)": (lambda: with_digests(more=(digest_of("nobody"),)), "good"),
    "no disclosures at all (RFC 9901 4)": (lambda: plain(BARE), "good"),
    "a disclosure that is not shown (RFC 9901 7.1)": (lambda: with_digests(NAME, shown=False), "good"),
    "blanks in a disclosure (RFC 9901 4.2.1)": (lambda: with_digests(SPACED), "good"),
    "a letter escaped in a disclosure (RFC 9901 4.2.1)": (lambda: with_digests(ESCAPED), "good"),
    "digests of SHA-512 (RFC 9901 4.1.1)": (by_512, "good"),
    "a digest that nobody knows how to make (RFC 9901 7.1)": (lambda: plain({**BARE, "_sd_alg": "md5", "_sd": []}), "disclosures"),
    "sha-256 where sha-512 is said (RFC 9901 7.1)": (
        lambda: plain({**BARE, "_sd": [digest_of(NAME)], "_sd_alg": "sha-512"}, NAME), "disclosures"),
    "one within another, both shown (RFC 9901 4.2.6)": (lambda: plain({**BARE, "_sd": [digest_of(INNER)]}, INNER, CITY), "good"),
    "one within another, the outer alone (RFC 9901 4.2.6)": (lambda: plain({**BARE, "_sd": [digest_of(INNER)]}, INNER), "good"),
    "one within another, the inner alone (RFC 9901 7.1)": (lambda: plain({**BARE, "_sd": [digest_of(INNER)]}, CITY), "disclosures"),
    "an element of a list (RFC 9901 4.2.4.2)": (lambda: list_element({"...": digest_of(KIN)}, KIN), "good"),
    "an element of a list that is held back (RFC 9901 7.1)": (lambda: list_element({"...": digest_of(KIN)}), "good"),
    "a decoy in a list (RFC 9901 4.2.5)": (lambda: list_element({"...": digest_of("nobody")}), "good"),
    "an element with a name (RFC 9901 7.1)": (lambda: list_element({"...": digest_of(NAME)}, NAME), "disclosures"),
    "a member without a name (RFC 9901 7.1)": (lambda: with_digests(KIN), "disclosures"),
    "a digest of a list beside another member (RFC 9901 4.2.4.2)": (lambda: list_element({"...": digest_of(KIN), "x": 1}, KIN), "disclosures"),
    "a digest twice (RFC 9901 7.1)": (lambda: with_digests(NAME, more=(digest_of(NAME),)), "disclosures"),
    "a digest at two places (RFC 9901 7.1)": (lambda: with_digests(NAME, x={"_sd": [digest_of(NAME)]}), "disclosures"),
    "digests that are no list (RFC 9901 4.2.4.1)": (lambda: plain({**BARE, "_sd": digest_of(NAME)}, NAME), "disclosures"),
    "a digest that is a number (RFC 9901 4.2.4.1)": (lambda: plain({**BARE, "_sd": [7]}), "disclosures"),
    "a name that stands already (RFC 9901 7.1)": (lambda: with_digests(NAME, name="Ana"), "disclosures"),
    "the name _sd (RFC 9901 7.1)": (lambda: with_digests(hidden("_sd", [])), "disclosures"),
    "four parts (RFC 9901 4.2.1)": (lambda: with_digests(raw('["s","name","Rosa",1]')), "disclosures"),
    "a salt that is no text (RFC 9901 4.2.1)": (lambda: with_digests(raw('[1,"name","Rosa"]')), "disclosures"),
    "padding (RFC 9901 4.2.1)": (lambda: with_digests(base64.urlsafe_b64encode(b'["s","names","x"]').decode()), "disclosures"),
    "a disclosure twice (RFC 9901 7.1)": (lambda: plain({**BARE, "_sd": [digest_of(NAME)]}, NAME, NAME), "disclosures"),
    "one of nobody (RFC 9901 7.1)": (lambda: plain({**BARE, "_sd": [digest_of(NAME)]}, CITY), "disclosures"),
    "an empty one between two tildes (RFC 9901 4)": (lambda: plain(BARE, ""), "disclosures"),
    "iat that is held back, which may be (SD-JWT VC 2.2.2.2)": (
        lambda: plain({**changed(BARE, iat=None), "_sd": [digest_of(hidden("iat", NOW - 9))]}, hidden("iat", NOW - 9)), "good"),
    "sub that is held back, which may be (SD-JWT VC 2.2.2.2)": (lambda: with_digests(hidden("sub", "urn:x")), "good"),
    "nbf that is held back (SD-JWT VC 2.2.2.2)": (lambda: with_digests(hidden("nbf", NOW - 9)), "disclosures"),
    "status that is held back (SD-JWT VC 2.2.2.2)": (lambda: with_digests(hidden("status", {})), "disclosures"),
    "no type (SD-JWT VC 2.2.2.1)": (lambda: plain(changed(BARE, vct=None)), "schema"),
    "a type that is a list (SD-JWT VC 2.2.2.1)": (lambda: plain({**BARE, "vct": ["a"]}), "schema"),
    "no typ (SD-JWT VC 2.2.1)": (lambda: plain(BARE, typ=None), "form"),
    "typ of another JWT (SD-JWT VC 2.2.1)": (lambda: plain(BARE, typ="JWT"), "form"),
    "over, within a minute (RFC 7519 4.1.4)": (lambda: plain({**BARE, "exp": NOW - 30}), "good"),
    "over, a minute ago to the second (RFC 7519 4.1.4: on or after)": (lambda: plain({**BARE, "exp": NOW - 60}), "validity"),
    "over, beyond a minute (RFC 7519 4.1.4)": (lambda: plain({**BARE, "exp": NOW - 61}), "validity"),
    "a time as text (RFC 7519 2)": (lambda: plain({**BARE, "exp": str(NOW + 99)}), "validity"),
    "a time with a fraction (RFC 7519 2)": (lambda: plain({**BARE, "exp": NOW + 99.5}), "good"),
    "what nobody knows in its header (RFC 7515 4.1.11)": (lambda: plain(BARE, crit=["x"], x=1), "form"),
    "what nobody knows beside (RFC 7515 4)": (lambda: plain(BARE, x=1), "good"),
}  # fmt: skip


def bound(key: Any = HOLDER, header: Json | None = None, text: str = "", **changes: Any) -> str:
    """What is shown, with the holder's signature as it is changed."""
    shown = text or with_digests(NAME)
    payload = {
        "iat": NOW, "aud": ASKED.audience, "nonce": ASKED.nonce, "sd_hash": digest_of(shown), **changes,
    }  # fmt: skip
    return shown + write_jws({"typ": "kb+jwt", **(header or {})}, changed(payload), key)


def hashed_by(algorithm: str) -> str:
    text = by_512()
    return bound(text=text, sd_hash=digest_of(text, algorithm))


def taken_out() -> str:
    text = bound()
    return text.replace(f"{NAME}~", "")


HOLDERS: Rows = {
    "as it should be (RFC 9901 7.3)": (bound, "good"),
    "members that nobody knows (RFC 9901 4.3)": (lambda: bound(more="x"), "good"),
    "the hash of the digests' algorithm (RFC 9901 4.3.1)": (lambda: hashed_by("sha-512"), "good"),
    "a hash of another algorithm (RFC 9901 4.3.1)": (lambda: hashed_by("sha-256"), "holder"),
    "no signature (RFC 9901 7.3)": (lambda: with_digests(NAME), "holder"),
    "a disclosure less than was signed (RFC 9901 7.3)": (taken_out, "holder"),
    "typ of another JWT (RFC 9901 4.3)": (lambda: bound(header={"typ": "JWT"}), "holder"),
    # argued as the same by RFC 7515 4.1.9 at first; RFC 9901 names the one text that it must be
    "typ in capitals (RFC 9901 4.3)": (lambda: bound(header={"typ": "KB+JWT"}), "holder"),
    "no typ (RFC 9901 4.3)": (lambda: bound(header={"typ": ""}), "holder"),
    "audience as a list (RFC 9901 4.3: a string)": (lambda: bound(aud=[ASKED.audience]), "holder"),
    "no audience (RFC 9901 4.3)": (lambda: bound(aud=None), "holder"),
    "no nonce (RFC 9901 4.3)": (lambda: bound(nonce=None), "holder"),
    "no time (RFC 9901 4.3)": (lambda: bound(iat=None), "holder"),
    "of tomorrow (RFC 9901 7.3)": (lambda: bound(iat=NOW + 3600), "holder"),
    "of yesterday (RFC 9901 7.3)": (lambda: bound(iat=NOW - 86_400), "holder"),
    "over by its own word (RFC 7519 4.1.4)": (lambda: bound(exp=NOW - 120), "holder"),
    "not yet by its own word (RFC 7519 4.1.5)": (lambda: bound(nbf=NOW + 120), "holder"),
    "signed by the issuer (RFC 9901 7.3)": (lambda: bound(ISSUER), "holder"),
    "signed by nobody (RFC 9901 7.3)": (lambda: bound(header={"alg": "none"}), "holder"),
    "for a holder of whom the id alone is told (RFC 7800 3.4)": (
        lambda: bound(text=plain({**BARE, "cnf": {"kid": "1"}})), "holder"),
}  # fmt: skip


def linked(document: Json = CREDENTIAL, **changes: Any) -> Json:
    return signed("ecdsa-jcs-2019", document=changed(document, **changes))


def first(**changes: Any) -> Json:
    """A credential of version 1.1."""
    right = {
        **changed(CREDENTIAL, validFrom=None, validUntil=None, credentialStatus=None),
        "@context": [V1, TERMS],
        "issuanceDate": "2026-01-01T00:00:00Z",
    }
    return linked({**right, **changes})


RELATED = {
    "id": "https://example.org/a",
    "digestSRI": "sha256-" + base64.b64encode(bytes(32)).decode(),
}
DOCUMENTS: Rows = {
    "a type that is a text (VCDM 2.0 4.5)": (lambda: linked(type="VerifiableCredential"), "good"),
    "no type of its kind (VCDM 2.0 4.5)": (lambda: linked(type=["Vaccinated"]), "schema"),
    "contexts in the other order (VCDM 2.0 4.3)": (lambda: linked(**{"@context": [TERMS, V2]}), "schema"),
    "no subject (VCDM 2.0 4.8)": (lambda: linked(credentialSubject=None), "schema"),
    "an empty list of subjects (VCDM 2.0 4.8)": (lambda: linked(credentialSubject=[]), "schema"),
    "a subject of whom nothing is said (VCDM 2.0 4.8)": (lambda: linked(credentialSubject={}), "schema"),
    "two subjects (VCDM 2.0 4.8)": (lambda: linked(credentialSubject=[{"dose": "1"}, {"dose": "2"}]), "good"),
    "an issuer with a name in two languages (VCDM 2.0 4.7, 11.1)": (
        lambda: linked(issuer={"id": did_of(ISSUER), "name": [{"@value": "Salud", "@language": "es"}, {"@value": "Health", "@language": "en"}]}), "good"),
    "an issuer that is no address (VCDM 2.0 4.7)": (lambda: linked(issuer="the ministry"), "schema"),
    "a name without its value (VCDM 2.0 11.1)": (lambda: linked(name={"@language": "es"}), "schema"),
    "a name that is a number (VCDM 2.0 4.6)": (lambda: linked(name=7), "schema"),
    "an id that is null (VCDM 2.0 4.4)": (lambda: linked({**CREDENTIAL, "id": None} | {"id": ["urn:x", "urn:y"]}), "schema"),
    "from later than until (VCDM 2.0 4.9)": (lambda: linked(validFrom="2026-02-01T00:00:00Z", validUntil="2026-01-31T00:00:00Z"), "schema"),
    "from equal to until (VCDM 2.0 4.9)": (
        lambda: linked(validFrom="2026-11-29T12:00:00Z", validUntil="2026-11-29T12:00:00Z"), "good"),
    "until this moment, and the minute that is forgiven (VCDM 2.0 4.9: the latest point in time)": (
        lambda: linked(validUntil="2026-11-29T11:59:00Z"), "good"),
    "until a second before that (VCDM 2.0 4.9)": (lambda: linked(validUntil="2026-11-29T11:58:59Z"), "validity"),
    "no zone (VCDM 2.0 4.9, dateTimeStamp)": (lambda: linked(validFrom="2026-01-01T00:00:00"), "schema"),
    "a day alone (VCDM 2.0 4.9)": (lambda: linked(validFrom="2026-01-01"), "schema"),
    "a day that is none (XSD 3.3.7)": (lambda: linked(validFrom="2026-02-30T00:00:00Z"), "schema"),
    "a small z (XSD 3.3.7.2)": (lambda: linked(validFrom="2026-01-01T00:00:00z"), "schema"),
    "a second too many (XSD 3.3.7)": (lambda: linked(validFrom="2026-06-30T23:59:60Z"), "schema"),
    "midnight as 24 (XSD 3.3.7.2)": (lambda: linked(validFrom="2025-12-31T24:00:00Z"), "good"),
    "nine digits of a second (XSD 3.3.7.2)": (lambda: linked(validFrom="2026-01-01T00:00:00.123456789Z"), "good"),
    "another zone (XSD 3.3.7.2)": (lambda: linked(validFrom="2026-01-01T00:00:00-03:00"), "good"),
    "a zone that is none (XSD 3.3.7.2)": (lambda: linked(validFrom="2026-01-01T00:00:00+15:00"), "schema"),
    "a schema without a type (VCDM 2.0 4.11)": (lambda: linked(credentialSchema={"id": "https://example.org/s"}), "schema"),
    "a status without a type (VCDM 2.0 4.10)": (lambda: linked(credentialStatus={"id": "urn:x"}), "schema"),
    "terms without a type (VCDM 2.0 5.5)": (lambda: linked(termsOfUse={"id": "urn:x"}), "schema"),
    "evidence without a type (VCDM 2.0 5.6)": (lambda: linked(evidence=[{"id": "urn:x"}]), "schema"),
    "a service without a type (VCDM 2.0 5.4)": (lambda: linked(refreshService={"url": "https://x"}), "schema"),
    "a related resource (VCDM 2.0 5.3)": (lambda: linked(relatedResource=[RELATED]), "good"),
    "a related resource without its hash (VCDM 2.0 5.3)": (lambda: linked(relatedResource=[{"id": "https://example.org/a"}]), "schema"),
    "a related resource twice (VCDM 2.0 5.3)": (lambda: linked(relatedResource=[RELATED, RELATED]), "schema"),
    "as 1.1 has it (VCDM 1.1 4)": (first, "good"),
    "1.1 without its date (VCDM 1.1 4.6)": (lambda: first(issuanceDate=None), "schema"),
    "1.1 with the day alone (VCDM 1.1 4.6)": (lambda: first(issuanceDate="2026-01-01"), "schema"),
    "1.1 in another zone (VCDM 1.1 4.6)": (lambda: first(issuanceDate="2026-01-01T00:00:00+02:00"), "good"),
    "1.1 that is over (VCDM 1.1 4.6)": (lambda: first(expirationDate="2026-06-01T00:00:00Z"), "validity"),
    "1.1 of tomorrow (VCDM 1.1 4.6)": (lambda: first(issuanceDate="2027-06-01T00:00:00Z"), "validity"),
}  # fmt: skip


def by_tokens(text: str | None = None, place: Any = PLACE, **changes: Any) -> tuple[str, Known]:
    """A credential with a status list of IETF."""
    status = {"status_list": {"idx": place, "uri": IETF_LIST}}
    known = with_documents(ietf=text if text is not None else ietf_list(**changes))
    return plain({**BARE, "status": status}), known


def disbelieved(made: tuple[Any, Known]) -> tuple[Any, Known]:
    """The same before somebody who believes another issuer alone."""
    credential, known = made
    return credential, replace(known, issuers={did_of(STRANGER): "Peru"})


def tokens(size: int, value: int) -> Bits:
    bits = empty("least", size=size)
    bits[PLACE] = value
    return bits


def packed(text: str, **more: Any) -> Json:
    return {"status_list": {"bits": 1, "lst": text, **more}}


ZLIB = write_token_list(empty("least"))
INFLATER = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
RAW = to_base64url(INFLATER.compress(bytes(16_384)) + INFLATER.flush())
TOKEN_LISTS: Rows = {
    "nothing set (Token Status List 7.1)": (lambda: by_tokens(), "good"),
    "set (Token Status List 7.1)": (lambda: by_tokens(bits=tokens(1, 1)), "status"),
    "two bits, suspended (Token Status List 7.1)": (lambda: by_tokens(bits=tokens(2, 2)), "status"),
    "four bits, the application's own (Token Status List 7.1)": (lambda: by_tokens(bits=tokens(4, 12)), "good"),
    "the neighbour set (Token Status List 4.1)": (lambda: by_tokens(bits=tokens(1, 1), place=PLACE + 1), "good"),
    "a place beyond its end (Token Status List 8.3)": (lambda: by_tokens(place=10**7), "status"),
    "a place below zero (Token Status List 6.2)": (lambda: by_tokens(place=-1), "status"),
    "a place as text (Token Status List 6.2)": (lambda: by_tokens(place="5"), "status"),
    "three bits (Token Status List 4.2)": (lambda: by_tokens(status_list={"bits": 3, "lst": ZLIB}), "status"),
    "bits as text (Token Status List 4.2)": (lambda: by_tokens(status_list={"bits": "1", "lst": ZLIB}), "status"),
    "no zlib around it (Token Status List 4.1)": (lambda: by_tokens(**packed(RAW)), "status"),
    "padding (Token Status List 4.2)": (lambda: by_tokens(**packed(ZLIB + "=")), "status"),
    "another subject (Token Status List 8.3)": (lambda: by_tokens(sub="https://example.org/1"), "status"),
    "no subject (Token Status List 5.1)": (lambda: by_tokens(text=ietf_list(sub=None)), "status"),
    "no time (Token Status List 5.1: iat is required)": (lambda: by_tokens(text=without_iat()), "status"),
    "over (Token Status List 8.3)": (lambda: by_tokens(exp=NOW - 3600), "status"),
    "by somebody else (Token Status List 8.3)": (lambda: by_tokens(text=ietf_list(key=STRANGER)), "status"),
    # whoever keeps it nevertheless is to know what the list says
    "by whom nobody believes, of whom the credential is too (8.3)": (lambda: disbelieved(by_tokens()), "trust"),
    "set by whom nobody believes, of whom the credential is too (8.3)": (lambda: disbelieved(by_tokens(bits=tokens(1, 1))), "status"),
    "no JWT (Token Status List 8.3)": (lambda: by_tokens(text="{}"), "status"),
}  # fmt: skip


def without_iat() -> str:
    payload = {
        "iss": did_of(ISSUER), "sub": IETF_LIST, "exp": NOW + 99, "status_list": {"bits": 1, "lst": ZLIB},
    }  # fmt: skip
    return write_jws({"typ": "statuslist+jwt", "kid": method_of(ISSUER)}, payload, ISSUER)


ENTRY: Json = CREDENTIAL["credentialStatus"]


def by_bits(listed: Json | None = None, entries: Any = ENTRY) -> tuple[Json, Known]:
    """A credential with a status list of W3C."""
    return linked(credentialStatus=entries), with_documents(w3c=listed or w3c_list())


def subject(**changes: Any) -> Json:
    right = w3c_list()["credentialSubject"]
    return w3c_list(credentialSubject=changed(right, **changes))


def bits_set(value: int = 1, size: int = 1) -> Bits:
    bits = empty("most", size=size)
    bits[PLACE] = value
    return bits


def encoded(content: bytes) -> str:
    return "u" + to_base64url(content)


WHOLE = bytes(16_384)
PAUSED = {**ENTRY, "statusPurpose": "suspension"}
BIT_LISTS: Rows = {
    "nothing set (Bitstring Status List 3.2)": (by_bits, "good"),
    "set (Bitstring Status List 3.2)": (lambda: by_bits(w3c_list(bits_set())), "status"),
    "a list for another purpose (Bitstring Status List 3.2)": (lambda: by_bits(subject(statusPurpose="suspension")), "status"),
    "a list for two purposes (Bitstring Status List 2.2)": (lambda: by_bits(subject(statusPurpose=["revocation", "suspension"])), "good"),
    "two entries, one of them set (Bitstring Status List 3.2)": (
        lambda: by_bits(subject(statusPurpose=["revocation", "suspension"], encodedList=write_bitstring(bits_set())), [ENTRY, PAUSED]), "status"),
    "a short list (Bitstring Status List 6.1)": (lambda: by_bits(subject(encodedList=encoded(gzip.compress(bytes(9_000))))), "good"),
    "a place beyond its end (Bitstring Status List 3.2)": (lambda: by_bits(entries={**ENTRY, "statusListIndex": "999999999"}), "status"),
    "a place below zero (Bitstring Status List 2.1)": (lambda: by_bits(entries={**ENTRY, "statusListIndex": "-1"}), "status"),
    "no letter of multibase (Bitstring Status List 2.2)": (lambda: by_bits(subject(encodedList=to_base64url(gzip.compress(WHOLE)))), "status"),
    "zlib instead of gzip (Bitstring Status List 4.1)": (lambda: by_bits(subject(encodedList=encoded(zlib.compress(WHOLE)))), "status"),
    "bytes behind its end (RFC 1952 2.2)": (lambda: by_bits(subject(encodedList=encoded(gzip.compress(WHOLE) + b"more"))), "status"),
    "over (VCDM 2.0 4.9)": (lambda: by_bits(w3c_list(validUntil="2026-11-01T00:00:00Z")), "status"),
    "changed behind its signature (Bitstring Status List 3.2)": (lambda: by_bits({**w3c_list(), "name": "x"}), "status"),
    "by somebody else (Bitstring Status List 3.2)": (lambda: by_bits(w3c_list(key=STRANGER)), "status"),
    "by whom nobody believes, of whom the credential is too (3.2)": (lambda: disbelieved(by_bits()), "trust"),
    "set by whom nobody believes, of whom the credential is too (3.2)": (lambda: disbelieved(by_bits(w3c_list(bits_set()))), "status"),
    "of another address (Bitstring Status List 3.2)": (lambda: by_bits(w3c_list(id="https://example.org/1")), "status"),
    "a subject of another type (Bitstring Status List 2.2)": (lambda: by_bits(subject(type="Vaccination")), "status"),
    "a credential of another type (Bitstring Status List 2.2)": (lambda: by_bits(w3c_list(type=["VerifiableCredential"])), "status"),
    "messages for two bits (Bitstring Status List 2.1)": (lambda: by_bits(w3c_list(empty("most", size=2)), two_bits(4)), "good"),
    "two bits without their messages (Bitstring Status List 2.1)": (lambda: by_bits(w3c_list(empty("most", size=2)), two_bits(0)), "status"),
    "three messages for two bits (Bitstring Status List 2.1)": (lambda: by_bits(w3c_list(empty("most", size=2)), two_bits(3)), "status"),
}  # fmt: skip


def two_bits(messages: int) -> Json:
    told = [{"status": hex(value), "message": str(value)} for value in range(messages)]
    return {**ENTRY, "statusSize": 2, **({"statusMessage": told} if told else {})}


K1 = ec.derive_private_key(7_200_001, ec.SECP256K1())
X25519 = "z" + to_base58(b"\xec\x01" + bytes(range(32)))
MULTIKEY = to_multikey(ISSUER.public_key())


def did_jwk(**changes: Any) -> str:
    return f"did:jwk:{to_base64url(write_compact(changed(to_jwk(ISSUER.public_key()), **changes)))}"


# what resolving says: the error, an address that is wanted, or the relations of the document that has it
ALL = "authentication assertionMethod capabilityInvocation capabilityDelegation"
DIDS: dict[str, tuple[str, str]] = {
    "a key of P-256 (did:key 3)": (f"did:key:{MULTIKEY}", ALL),
    "a key of secp256k1 (did:key 3)": (did_of(K1), ALL),
    "a key in base64url (did:key 3.1.2: base58-btc)": (f"did:key:u{MULTIKEY[1:]}", "invalidDid"),
    "a key that signs nothing (did:key 3)": (f"did:key:{X25519}", "invalidDid"),
    "a key cut short (did:key 3)": (f"did:key:{MULTIKEY[:-2]}", "invalidDid"),
    "a method in capitals (DID 1.0 3.1)": (f"did:KEY:{MULTIKEY}", "invalidDid"),
    "a JWK (did:jwk)": (did_jwk(), f"{ALL} keyAgreement"),
    "a JWK for signatures (did:jwk: use sig has no keyAgreement)": (did_jwk(use="sig"), ALL),
    "a JWK for encryption (did:jwk: use enc has keyAgreement alone)": (did_jwk(use="enc"), "keyAgreement"),
    "a JWK with its private part (did:jwk)": (did_jwk(d="AA"), "invalidDid"),
    "a JWK off its curve (RFC 7518 6.2.1)": (did_jwk(y=to_base64url(bytes(32))), "invalidDid"),
    "a JWK with padding (RFC 7515 2)": (did_jwk() + "=", "invalidDid"),
    "a JWK that is text (did:jwk)": (f"did:jwk:{to_base64url(b'key')}", "invalidDid"),
    "a host (did:web 2.5.2)": ("did:web:salud.example", "https://salud.example/.well-known/did.json"),
    "a path (did:web 2.5.2)": ("did:web:salud.example:users:rosa", "https://salud.example/users/rosa/did.json"),
    "a port (did:web 2.5.2)": ("did:web:salud.example%3A3000", "https://salud.example:3000/.well-known/did.json"),
    "a way up (RFC 3986 5.2.4)": ("did:web:salud.example:..:x", "invalidDid"),
    "a slash in the host (did:web 2.5.2)": ("did:web:salud.example%2Fx", "invalidDid"),
    "no host (did:web 2.1)": ("did:web:", "invalidDid"),
    "a method of nobody (DID Resolution 0.3 4)": ("did:example:123", "methodNotSupported"),
    "no DID (DID 1.0 3.1)": ("urn:uuid:1", "invalidDid"),
    "a DID with a fragment (DID 1.0 3.2)": (f"did:key:{MULTIKEY}#x", "invalidDid"),
    "a checksum that is wrong (did:lac1)": ("did:lac1:" + "1iT5" * 17, "invalidDid"),
}  # fmt: skip


def said_of(report: Report) -> str:
    """`good`, or the first step that fails."""
    failed = [step.name for step in report.steps if step.status == "fail"]
    if not failed and report.verdict in ("unverified", "unreadable"):
        return report.verdict
    return failed[0] if failed else "good"


def told(name: str, made: Any) -> str:
    """What verifying says of a row of a table."""
    if name in ("TOKEN_LISTS", "BIT_LISTS"):
        credential, known = made
        return said_of(judged(credential, known))
    if name == "HOLDERS":
        return said_of(judged(made, asked=ASKED))
    if name == "SDJWTS":
        return said_of(judged(made))
    return said_of(judged(made, KNOWN))


TABLES: dict[str, Rows] = {
    "SDJWTS": SDJWTS,
    "HOLDERS": HOLDERS,
    "DOCUMENTS": DOCUMENTS,
    "TOKEN_LISTS": TOKEN_LISTS,
    "BIT_LISTS": BIT_LISTS,
}
