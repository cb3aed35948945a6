"""Lesson 06, keys and trust: a country's four keys, the gateway's checks, the list, and what other
countries say.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

from sandbox.course.comparing import as_json, read_any_base64, slip_of_bytes, wrong
from sandbox.course.exercise import Asked, Evidence, ExerciseSet
from sandbox.course.exercises.reading import (
    as_object,
    at,
    by_name,
    not_a_request,
    unpacked,
    wrong_prediction,
)
from sandbox.course.slips import slip_of
from sandbox.findings import Finding

EXERCISES = ExerciseSet("lesson_06")
ROLES = {"certificate": "DSC", "signer": "SCA", "upload": "UP", "connection": "TLS"}
NINE = {
    "lost": "files",
    "unreadable": "pem",
    "doubled": "one_certificate",
    "neighbour": "country",
    "authority": "basic_constraints",
    "purpose": "key_usage",
    "short": "key_length",
    "stranger": "chain",
    "old": "validity",
}
PERU = {
    "listed": "valid",
    "forged": "signature",
    "forgotten": "trust",
    "rehearsal": "trust",
    "withdrawn": "trust",
    "over": "validity",
}
GATEWAY = {
    "own": "201",
    "again": "409",
    "neighbour": "403",
    "wrong_key": "403",
    "self_made": "400",
    "nobody": "no connection",
}
KID_LENGTH = 8  # bytes
BYTES_OF_EIGHT_LETTERS = 6  # eight letters of base64, taken for eight bytes
OTHER_HASHES = ("sha1", "md5", "sha512")
PATH = "v2/trustlist/DCC/CHL/DSC/did.json"
# the country of the folder with three faults in the lesson
MENDED = "UY"
PLACES = ("SCA/SCA.pem", "UP/UP.pem", "TLS/TLS.pem", "TLS/CA.pem", "DSC/DSC.pem")
GOVERNANCE = "GDHCN certificate governance"
LIST = "GDHCN trust list v2"
PARTS = {  # of the open task: which of the gateway's checks each is about
    "files": ("files", "names", "pem", "one_certificate"),
    "country": ("country", "subject"),
    "keys": (
        "curve",
        "key_length",
        "signature_algorithm",
        "basic_constraints",
        "key_usage",
        "extended_key_usage",
    ),
    "time": ("chain", "validity", "validity_range"),
}


@EXERCISES.exercise("6.1", clause=GOVERNANCE, asked=Asked(read=by_name(*ROLES)))
def four_keys(answer: Any, evidence: Evidence) -> Finding | None:
    """Which of the four keys does what."""
    older = next((name for name in ROLES if str(answer[name]).upper() == "CSCA"), "")
    if older:
        return wrong("csca", where=older, expected="SCA", found=answer[older])
    return wrong_prediction(answer, ROLES, tuple(ROLES.values()))


@EXERCISES.exercise(
    "6.2",
    points=2,
    clause="HCERT 1.1.1 3.3.2",
    asked=Asked(read=by_name("certificate", "kid")),
)
def key_named(answer: Any, evidence: Evidence) -> Finding | None:
    """The key id of the signer: eight bytes of SHA-256 over its certificate."""
    der = _der(answer["certificate"])
    if der is None:
        found = as_json(answer["certificate"])
        return wrong("no_certificate", where="certificate", expected="PEM", found=found)
    expected = hashlib.sha256(der).digest()[:KID_LENGTH]
    kid = answer["kid"]
    slip = slip_of_bytes(kid, expected) if isinstance(kid, str) else slip_of(kid, "")
    if isinstance(kid, str) and len(kid) >= KID_LENGTH:
        letters = kid.lower().replace(":", "")
        slip = "hexadecimal" if hashlib.sha256(der).hexdigest().startswith(letters) else slip
    # base64url, or without padding: the same eight bytes
    if slip and slip not in ("base64url", "no_padding"):
        return wrong(slip, where="kid", expected="Base64", found=as_json(kid))
    key_id = read_any_base64(kid)
    if not key_id:
        return wrong("no_kid", where="kid", expected="Base64", found=as_json(kid))
    if key_id == expected:
        return None
    name = _slip_of_kid(key_id, der, answer["certificate"])
    return wrong(name, where="kid", expected=f"{KID_LENGTH}", found=f"{kid} ({len(key_id)})")


def _slip_of_kid(kid: bytes, der: bytes, pem: str) -> str:
    """Returns how a key id was computed instead."""
    digest = hashlib.sha256(der).digest()
    if kid == digest:
        return "full_hash"
    if kid == digest[-KID_LENGTH:]:
        return "last_bytes"
    if len(kid) < KID_LENGTH and digest.startswith(kid):
        return "first_letters" if len(kid) == BYTES_OF_EIGHT_LETTERS else "length"
    if len(kid) != KID_LENGTH:
        return "length"
    if kid in (hashlib.sha256(text.encode()).digest()[:KID_LENGTH] for text in (pem, pem.strip())):
        return "of_pem"
    if any(kid == hashlib.new(name, der).digest()[:KID_LENGTH] for name in OTHER_HASHES):
        return "other_hash"
    return "other_file"


def _faults_found(answer: Any) -> Any:
    """Reads what checks have found of each folder; an empty text says that all is right."""
    read = by_name(*NINE)(answer)
    if isinstance(read, Finding) and at(unpacked(answer), read.where) == "":
        return wrong("undetected", where=read.where, expected="files …", missing=read.where)
    return read


@EXERCISES.exercise("6.3", points=3, clause=GOVERNANCE, asked=Asked(read=_faults_found))
def nine_ways(answer: Any, evidence: Evidence) -> Finding | None:
    """The check that finds each of nine faults."""
    from sandbox.trust.onboarding import CHECKS

    return wrong_prediction(answer, NINE, CHECKS)


@EXERCISES.exercise("6.4", points=2, clause=GOVERNANCE, asked=Asked(read=unpacked))
def mended_folder(answer: Any, evidence: Evidence) -> Finding | None:
    """A folder with three faults, mended: the gateway finds nothing any more."""
    files = as_object(answer)
    found = ", ".join(map(str, files)) or as_json(answer)
    if not any(place in files for place in PLACES):
        return wrong("no_files", expected=", ".join(PLACES), found=found)
    missing = [place for place in PLACES if not isinstance(files.get(place), str)]
    if missing:
        return wrong("missing", expected=missing[0], found=found)
    faults = _checked(files, MENDED)
    # every file of another country: its own folder would be in order
    if len([name for name, _ in faults if name == "country"]) > 1:
        return wrong("other_country", expected=MENDED, found=faults[0][1].found)
    for name, finding in faults:
        key = {"one_certificate": "doubled", "basic_constraints": "authority"}.get(name, "still")
        return wrong(key, where=finding.where, expected=name, found=finding.found)
    return None


def _a_path(answer: Any) -> Any:
    """Reads a path of the trust list, also as a whole address."""
    fault = not_a_request(answer, "v2/trustlist/…")
    return fault or str(answer).partition("://")[2].partition("/")[2] or str(answer).lstrip("/")


@EXERCISES.exercise("6.5", clause=LIST, asked=Asked(read=_a_path))
def path_of_keys(answer: Any, evidence: Evidence) -> Finding | None:
    """The path of one country's signers of documents in one domain."""
    if answer == PATH:
        return None
    words = answer.split("/")
    right = PATH.split("/")
    if answer.lower() == PATH.lower():
        return wrong("case", expected="DCC, CHL", found=answer)
    if len(words) != len(right) or words[:2] != right[:2] or words[-1] != right[-1]:
        return wrong("shape_of_path", expected="v2/trustlist/…/…/…/did.json", found=answer)
    domain, country, usage = words[2:5]
    if sorted(words) == sorted(right):
        return wrong("order", expected="DOMAIN/PARTICIPANT/USAGE", found=answer)
    if "-" in (domain, country, usage):
        return wrong("anything", found=answer)
    if domain != "DCC":
        return wrong("domain", where="DOMAIN", expected="DCC", found=domain)
    if country != "CHL":
        name = "two_letters" if country == "CL" else "other_country"
        name = "country_name" if len(country) > 3 else name
        return wrong(name, where="PARTICIPANT", expected="ISO 3166-1 alpha-3", found=country)
    return wrong("csca" if usage == "CSCA" else "usage", where="USAGE", found=usage)


@EXERCISES.exercise(
    "6.6",
    points=2,
    clause="HCERT 1.1.1 4; GDHCN certificate governance (shell model)",
    asked=Asked(read=by_name(*PERU)),
)
def across_the_border(answer: Any, evidence: Evidence) -> Finding | None:
    """What another country says to six certificates."""
    return wrong_prediction(answer, PERU, ("valid", "trust", "signature", "validity"))


@EXERCISES.exercise(
    "6.7", points=2, clause="DCC Gateway 1.10.0", asked=Asked(read=by_name(*GATEWAY))
)
def uploads(answer: Any, evidence: Evidence) -> Finding | None:
    """What the gateway answers to six uploads."""
    return wrong_prediction(answer, GATEWAY, ("201", "400", "403", "409", "no connection"))


def _a_folder(answer: Any) -> Any:
    """Reads a country and its files."""
    read = by_name("country", "files")(answer)
    if isinstance(read, Finding) and read.where != "files":
        return read
    files = at(unpacked(answer), "files")
    if not isinstance(files, dict) or not all(isinstance(file, str) for file in files.values()):
        found = as_json(files)
        return wrong("no_files", where="files", expected=", ".join(PLACES), found=found)
    if not files:
        return wrong("no_files", where="files", expected=", ".join(PLACES), found="{}")
    if "DSC/DSC.pem" not in files:
        found = ", ".join(files)
        return wrong("no_signer", where="files", expected="DSC/DSC.pem", found=found)
    country = read["country"]
    if isinstance(country, str) and len(country) == 2 and country.isalpha():
        if country.isupper():
            return read
        return wrong("case", where="country", expected=country.upper(), found=as_json(country))
    is_alpha_3 = isinstance(country, str) and len(country) == 3 and country.isupper()
    name = "three_letters" if is_alpha_3 else "no_country"
    return wrong(name, where="country", expected="CL, PE …", found=as_json(country))


A_FOLDER = Asked(read=_a_folder)


@EXERCISES.exercise("6.8a", clause=GOVERNANCE, asked=A_FOLDER, hidden_part_of="6.8")
def open_files(answer: Any, evidence: Evidence) -> Finding | None:
    """All files are there, each with one certificate that can be read."""
    return _part(answer, "files")


@EXERCISES.exercise("6.8b", clause=GOVERNANCE, asked=A_FOLDER, hidden_part_of="6.8")
def open_country(answer: Any, evidence: Evidence) -> Finding | None:
    """All are of the country that hands them in."""
    return _part(answer, "country")


@EXERCISES.exercise("6.8c", clause=GOVERNANCE, asked=A_FOLDER, hidden_part_of="6.8")
def open_keys(answer: Any, evidence: Evidence) -> Finding | None:
    """Keys that are long enough, each for its use."""
    return _part(answer, "keys")


@EXERCISES.exercise("6.8d", clause=GOVERNANCE, asked=A_FOLDER, hidden_part_of="6.8")
def open_time(answer: Any, evidence: Evidence) -> Finding | None:
    """Signed by the authority, in force, and for no longer than a signer may be."""
    return _part(answer, "time")


def _part(answer: Any, part: str) -> Finding | None:
    # a validity too long is a warning to the gateway, and a part of this task
    for name, finding in _checked(answer["files"], answer["country"], with_warnings=True):
        if name in PARTS[part]:
            return wrong(name, where=finding.where, expected=finding.expected, found=finding.found)
    return None


def _checked(
    files: dict[str, Any], country: str, *, with_warnings: bool = False
) -> list[tuple[str, Finding]]:
    """Returns what the gateway's checks find, each with the name of its check."""
    from sandbox.trust.onboarding import check_files

    # whatever a learner hands in: what is no text is a file that lacks
    contents = {
        place: text.encode("utf-8", "replace")
        for place, text in files.items()
        if isinstance(text, str)
    }
    checks = check_files(contents, "DCC", country=country, at=datetime.now(UTC))
    findings = [(check.name, finding) for check in checks for finding in check.findings]
    return [
        (name, finding)
        for name, finding in findings
        if with_warnings or finding.severity == "error"
    ]


def _der(pem: Any) -> bytes | None:
    """Returns a certificate as DER, or None where the text is none."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    try:
        certificate = x509.load_pem_x509_certificate(pem.encode()) if isinstance(pem, str) else None
    except ValueError:
        return None
    return certificate.public_bytes(Encoding.DER) if certificate else None
