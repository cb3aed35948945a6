"""Lesson 11, from certificate to wallet, the issuer's side: a DID, its keys, claims, a proof on
JSON.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.course.comparing import as_json, compare, wrong
from sandbox.course.exercise import Asked, Evidence, ExerciseSet
from sandbox.course.exercises.reading import as_object, at, by_name, wrong_prediction
from sandbox.course.slips import shape_of, slip_of, whole_of
from sandbox.fhir.json import Json
from sandbox.findings import Finding

EXERCISES = ExerciseSet("lesson_11")
CONTROLLER = "0x1332084e8fb2171df272e95b6c868a09e7082552"
NAMED = {
    "registry": "0x43de0954a2c83a415d82b9f31705b969b5856003",
    "chain": 648540,
    "wrong": "peru",
}
DIDS = ("chile", "peru", "panama")
KEYS = {"march": ["k1", "k2"], "september": ["k1", "k4"]}
# why a key that is named counts not on that day
NOT_ON = {
    "march": {"k3": "stolen", "k4": "too_early"},
    "september": {"k2": "too_late", "k3": "stolen"},
}
CLAIMS: Json = {
    "vct": "urn:connectathon:vaccination:1",
    "name": "Yeison Andrés Palacios Mosquera",
    "birthdate": "1995-01-30",
    "vaccine": {
        "product": "YellowFeverProductd2c75a15",
        "date": "2016-06-22",
        "lot": "YF-CO-2216",
        "issuer": "Ministerio de Salud",
    },
}
TEMPLATE = {"Ana Ejemplo", "1990-01-01", "EXAMPLE", "2020-01-01", "LOT-1", "ACME"}
# names that the source uses, or FHIR, and not the kind of credential
OTHER_NAMES = {
    "birthDate": "birthdate",
    "dob": "birthdate",
    "vaccination": "vaccine",
    "brand": "product",
    "batch": "lot",
    "lotNumber": "lot",
}
FOUND_AT = {"changed": "signature", "without_z": "signature", "unknown": "trust"}
SUITE = "ecdsa-jcs-2019"
SIGNATURE_BYTES = 64


@EXERCISES.exercise("11.1", clause="LACChain identity, DidSpecs", asked=Asked(read=by_name(*NAMED)))
def bytes_of_did(answer: Any, evidence: Evidence) -> Finding | None:
    """Registry and chain of a did:lac1, and which of three has a wrong checksum."""
    return _registry(answer["registry"]) or _chain(answer["chain"]) or _checksum(answer["wrong"])


def _registry(given: Any) -> Finding | None:
    right = str(NAMED["registry"])
    text = str(given).lower()

    def fault(name: str) -> Finding:
        return wrong(name, where="registry", expected="0x + 40", found=as_json(given))

    if isinstance(given, str) and text == right:
        return None
    if text == CONTROLLER or text == CONTROLLER[2:]:
        return fault("controller")
    if text == right[2:]:
        return fault("no_0x")
    digits = text.removeprefix("0x")
    is_hexadecimal = bool(digits) and set(digits) <= set("0123456789abcdef")
    if isinstance(given, str) and is_hexadecimal and len(digits) != 40:
        return fault("other_size")
    if is_hexadecimal:
        return fault("shifted")
    return compare("other_registry", given, right, where="registry")


def _chain(given: Any) -> Finding | None:
    right = 648540
    body = right.to_bytes(3)
    others = {
        int.from_bytes(body, "little"): "little_endian",
        int.from_bytes(body[:2]): "shifted_chain",
        int.from_bytes(body[1:]): "shifted_chain",
    }
    digits = str(given).lower().removeprefix("0x").lstrip("0")
    if isinstance(given, str) and digits == body.hex().lstrip("0"):
        return wrong("chain_hex", where="chain", expected=right, found=given)
    if isinstance(given, int) and given in others:
        return wrong(others[given], where="chain", expected=body.hex(), found=given)
    if isinstance(given, int) and given >> 32 == right:
        return wrong("with_checksum", where="chain", expected="3 bytes", found=given)
    return compare("other_chain", given, right, where="chain")


def _checksum(given: Any) -> Finding | None:
    if isinstance(given, str) and given.startswith("did:"):
        return wrong("whole_did", where="wrong", expected=" | ".join(DIDS), found=given)
    if isinstance(given, list) and len(given) > 1:
        return wrong("all_wrong", where="wrong", expected="keccak", found=as_json(given))
    return wrong_prediction({"wrong": given}, {"wrong": "peru"}, DIDS)


@EXERCISES.exercise(
    "11.2", points=2, clause="LACChain identity; DID 1.0 7.1", asked=Asked(read=by_name(*KEYS))
)
def keys_of_a_day(answer: Any, evidence: Evidence) -> Finding | None:
    """The keys whose signatures count if they were made on a day."""
    faults = (_keys(day, answer[day]) for day in KEYS)
    if answer["march"] == KEYS["september"] and answer["september"] == KEYS["march"]:
        return wrong("swapped", where="march, september", first="march", second="september")
    return next(filter(None, faults), None)


def _keys(day: str, given: Any) -> Finding | None:
    def fault(name: str, **params: object) -> Finding:
        return wrong(name, where=day, expected="[k…]", found=as_json(given), **params)

    if isinstance(given, str):
        return fault("one_for_list")
    if not isinstance(given, list):
        return fault("counted" if isinstance(given, int) else "no_list")
    if any(isinstance(key, dict) for key in given):
        return fault("whole_events")
    odd = next((key for key in given if key in NOT_ON[day]), "")
    if odd:
        return fault(NOT_ON[day][odd], named=odd)
    if len(set(map(str, given))) != len(given):
        return fault("twice")
    missing = next((key for key in KEYS[day] if key not in given), "")
    if missing:
        return fault("missing_key", named=missing)
    return None if sorted(map(str, given)) == KEYS[day] else fault("no_key")


@EXERCISES.exercise(
    "11.3", points=2, clause="SD-JWT VC 2.2.2; WHO DDCC:VS core data set", asked=Asked(by_name())
)
def claims_of_certificate(answer: Any, evidence: Evidence) -> Finding | None:
    """The claims of a credential: all that is needed, from the certificate, and nothing else."""
    if "vaccination" in answer and "certificate" in answer:
        return wrong("the_source", expected="vct, name, …", found="ddcc")
    if answer.get("vct") != CLAIMS["vct"]:
        name = "other_vct" if answer.get("vct") else "no_vct"
        return wrong(name, where="vct", expected=CLAIMS["vct"], found=as_json(answer.get("vct")))
    leaked = next((path for path, leaf in _leaves(answer) if leaf in TEMPLATE), "")
    if leaked:
        return wrong(
            "leaked", where=leaked, member=leaked, found=as_json(at(answer, *leaked.split(".")))
        )
    vaccine = answer.get("vaccine")
    if vaccine is not None and not isinstance(vaccine, dict):
        return wrong("no_vaccine", where="vaccine", expected="{…}", found=as_json(vaccine))
    return _members(answer, CLAIMS, "") or _members(
        as_object(vaccine), CLAIMS["vaccine"], "vaccine."
    )


def _members(given: Json, right: Json, outer: str) -> Finding | None:
    """Says which member of the claims is too many, missing or another."""
    for name in given:
        if name in right:
            continue
        where = f"{outer}{name}"
        if name in OTHER_NAMES and OTHER_NAMES[name] in right:
            names = {"member": name, "right": OTHER_NAMES[name]}
            return wrong("other_name", where=where, expected=OTHER_NAMES[name], found=name, **names)
        if not outer and name in CLAIMS["vaccine"]:
            return wrong("flat", where=where, expected=f"vaccine.{name}", member=name)
        return wrong("not_needed", where=where, expected=", ".join(right), member=name)
    for name, value in right.items():
        where = f"{outer}{name}"
        if given.get(name) in (None, "", {}):
            return wrong("missing_name", where=where, expected=", ".join(right), missing=where)
        if isinstance(value, dict):
            continue
        if where == "vaccine.product" and given[name] == "1D47":
            return wrong("disease", where=where, expected=value, found=given[name])
        if where == "vaccine.issuer" and str(given[name]).startswith("URN:HCID"):
            return wrong("number_for_issuer", where=where, expected=value, found=given[name])
        fault = compare("other_value", given[name], value, where=where)
        if fault:
            return fault
    return None


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if not isinstance(value, dict):
        if isinstance(value, str):
            yield path, value
        return
    for name, child in value.items():
        yield from _leaves(child, f"{path}.{name}".strip("."))


def _a_signed(answer: Any) -> Any:
    """Reads a credential with its proof, and three predictions."""
    read = by_name("credential", *FOUND_AT)(answer)
    if isinstance(read, Finding):
        return read
    credential = read["credential"]
    if isinstance(credential, str) and credential.lstrip().startswith("{"):
        return wrong("as_text", where="credential", expected="{…}", found=credential)
    if not isinstance(credential, dict):
        name = slip_of(credential, {}) or "shape"
        shapes = {"given": shape_of(credential), "wanted": "object"}
        found = as_json(credential)
        return wrong(whole_of(credential) or name, where="credential", found=found, **shapes)
    return read


@EXERCISES.exercise(
    "11.4", points=3, clause="W3C VC-DI-ECDSA 3.3; VC Data Integrity 4.2", asked=Asked(_a_signed)
)
def signed_by_hand(answer: Any, evidence: Evidence) -> Finding | None:
    """A Data Integrity proof with JCS, and where three faults of it are found out."""
    credential = answer["credential"]
    return (
        _wrong_options(credential)
        or _wrong_value(credential)
        or wrong_prediction(answer, FOUND_AT, ("form", "signature", "trust"))
    )


def _wrong_options(credential: Json) -> Finding | None:
    """Says what is wrong with a proof before its value is looked at."""
    proof = credential.get("proof")
    if not isinstance(proof, dict):
        name = "proof_no_object" if proof else "no_proof"
        name = "proof_outside" if "proofValue" in credential else name
        return wrong(name, where="proof", expected="{…}", found=as_json(proof))
    if not str(credential.get("issuer", "")).startswith("did:jwk:"):
        found = as_json(credential.get("issuer"))
        return wrong("other_issuer", where="issuer", expected="did:jwk:…", found=found)
    rights: Mapping[str, Any] = {
        "type": "DataIntegrityProof",
        "cryptosuite": SUITE,
        "proofPurpose": "assertionMethod",
        "verificationMethod": f"{credential['issuer']}#0",
    }
    for name, right in rights.items():
        if proof.get(name) != right:
            found = as_json(proof.get(name))
            where = f"proof.{name}"
            return wrong("other_option", where=where, expected=right, found=found, member=where)
    if "proofValue" not in proof:
        return wrong("no_value", where="proof", expected="proofValue", found=", ".join(proof))
    return None


def _wrong_value(credential: Json) -> Finding | None:
    """Says what is wrong with the value: how it is written, else what was signed instead."""
    from sandbox.credentials.did.resolving import resolve
    from sandbox.credentials.issuers import key_in
    from sandbox.credentials.keys import is_signed
    from sandbox.credentials.texts import from_base58

    value = credential["proof"]["proofValue"]

    def fault(name: str) -> Finding:
        return wrong(name, where="proof.proofValue", expected="z…", found=as_json(value))

    resolved = resolve(credential["issuer"], {}).document
    if resolved is None:
        return wrong("other_issuer", where="issuer", found=credential["issuer"])
    if not isinstance(value, str):
        return fault("value_no_text")
    if not value.startswith("z"):
        return fault("no_z" if value[:1] != "u" else "base64url_value")
    try:
        content = from_base58(value[1:])
    except ValueError:
        return fault("no_base58")
    if len(content) != SIGNATURE_BYTES:
        return fault("der" if content[:1] == b"\x30" else "size_of_signature")
    key = key_in(resolved["verificationMethod"][0])
    signed = next((n for n, each in _signable(credential) if is_signed(key, each, content)), "")
    return None if signed == "right" else fault(signed or "other_bytes")


def _signable(credential: Json) -> Iterator[tuple[str, bytes]]:
    """Yields what may have been signed, with its name: first the right bytes, then each known
    mistake.

    Args:
        credential: With a proof that has its options.
    """
    document = {name: part for name, part in credential.items() if name != "proof"}
    options = {n: part for n, part in credential["proof"].items() if n != "proofValue"}
    bare = {name: part for name, part in options.items() if name != "@context"}
    two = _hash(options), _hash(document)
    # the proof must carry the contexts that were hashed with it (VC-DI-ECDSA 3.3.1)
    if options.get("@context") == document.get("@context"):
        yield "right", two[0] + two[1]
    yield "no_context", _hash(bare) + two[1]
    yield "context_not_kept", _hash({**bare, "@context": document.get("@context")}) + two[1]
    yield "turned_round", two[1] + two[0]
    yield "document_alone", two[1]
    yield "options_alone", two[0]
    yield "hashed_together", hashlib.sha256(two[0] + two[1]).digest()
    yield "hex_text", (two[0] + two[1]).hex().encode()
    for separators in ((", ", ": "), (",", ":")):
        parts = (_plain(options, separators), _plain(document, separators))
        yield "no_jcs", parts[0] + parts[1]


def _hash(value: Any) -> bytes:
    from sandbox.credentials.proofs.canonical import jcs

    return hashlib.sha256(jcs(value)).digest()


def _plain(value: Any, separators: tuple[str, str]) -> bytes:
    return hashlib.sha256(json.dumps(value, separators=separators).encode()).digest()
