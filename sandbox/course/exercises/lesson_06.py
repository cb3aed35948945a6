"""Lesson 06, keys and trust: a country's four keys, the gateway's checks, the list, and what other
countries say.
"""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime
from typing import Any

from sandbox.course.exercise import Evidence, ExerciseSet, wrong
from sandbox.course.exercises.reading import as_object, at, wrong_prediction
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


@EXERCISES.exercise("6.1", clause=GOVERNANCE)
def four_keys(answer: Any, evidence: Evidence) -> Finding | None:
    """Which of the four keys does what."""
    return wrong_prediction(answer, ROLES, tuple(ROLES.values()))


@EXERCISES.exercise("6.2", points=2, clause="HCERT 1.1.1 3.3.2")
def key_named(answer: Any, evidence: Evidence) -> Finding | None:
    """The key id of the signer: eight bytes of SHA-256 over its certificate."""
    given = as_object(answer)
    expected = _kid(given.get("certificate"))
    if expected is None:
        return wrong(
            "no_certificate",
            where="certificate",
            expected="PEM",
            found=str(given.get("certificate"))[:40],
        )
    kid = given.get("kid")
    try:
        key_id = base64.b64decode(kid, validate=True) if isinstance(kid, str) else b""
    except (binascii.Error, ValueError):
        key_id = b""
    if not key_id:
        return wrong("no_kid", where="kid", expected="Base64", found=kid)
    # such as all 32 bytes of the hash
    if len(key_id) != len(expected):
        return wrong("length", where="kid", expected=len(expected), found=len(key_id))
    return None if key_id == expected else wrong("other_certificate", where="kid", found=kid)


@EXERCISES.exercise("6.3", points=3, clause=GOVERNANCE)
def nine_ways(answer: Any, evidence: Evidence) -> Finding | None:
    """Which check finds each of nine faults."""
    return wrong_prediction(answer, NINE, tuple(NINE.values()))


@EXERCISES.exercise("6.4", points=2, clause=GOVERNANCE)
def mended_folder(answer: Any, evidence: Evidence) -> Finding | None:
    """A folder with three faults, mended: the gateway finds nothing any more."""
    files = as_object(answer)
    if not any(place in files for place in PLACES):
        return wrong(
            "no_files", expected=", ".join(PLACES), found=", ".join(map(str, files)) or "–"
        )
    missing = [place for place in PLACES if not isinstance(files.get(place), str)]
    if missing:
        return wrong("missing", expected=missing[0], found=", ".join(map(str, files)))
    for name, finding in _checked(files, MENDED):
        key = (
            "doubled"
            if name == "one_certificate"
            else "authority"
            if name == "basic_constraints"
            else "still"
        )
        return wrong(key, where=finding.where, expected=name, found=finding.found)
    return None


@EXERCISES.exercise("6.5", clause=LIST)
def path_of_keys(answer: Any, evidence: Evidence) -> Finding | None:
    """The path of one country's signers of documents in one domain."""
    path = answer.lstrip("/") if isinstance(answer, str) else ""
    if path == PATH:
        return None
    words = path.split("/")
    if len(words) != len(PATH.split("/")) or not path.endswith("/did.json"):
        return wrong("shape", expected="v2/trustlist/…/…/…/did.json", found=path or str(answer))
    # paths have three letters, certificates two
    if words[3] == "CL":
        return wrong("two_letters", where="PARTICIPANT", found=words[3])
    if words[4] != "DSC":
        return wrong("usage", where="USAGE", found=words[4])
    return wrong("other", expected="DCC, CHL", found=path)


@EXERCISES.exercise(
    "6.6", points=2, clause="HCERT 1.1.1 4; GDHCN certificate governance (shell model)"
)
def across_the_border(answer: Any, evidence: Evidence) -> Finding | None:
    """What another country says to five certificates."""
    return wrong_prediction(answer, PERU, ("valid", "trust", "signature", "validity"))


@EXERCISES.exercise("6.7", points=2, clause="DCC Gateway 1.10.0")
def uploads(answer: Any, evidence: Evidence) -> Finding | None:
    """What the gateway answers to six uploads."""
    return wrong_prediction(answer, GATEWAY, ("201", "400", "403", "409", "no connection"))


@EXERCISES.exercise("6.8a", clause=GOVERNANCE, hidden_part_of="6.8")
def open_files(answer: Any, evidence: Evidence) -> Finding | None:
    """All files are there, each with one certificate that can be read."""
    return _part(answer, "files")


@EXERCISES.exercise("6.8b", clause=GOVERNANCE, hidden_part_of="6.8")
def open_country(answer: Any, evidence: Evidence) -> Finding | None:
    """All are of the country that hands them in."""
    return _part(answer, "country")


@EXERCISES.exercise("6.8c", clause=GOVERNANCE, hidden_part_of="6.8")
def open_keys(answer: Any, evidence: Evidence) -> Finding | None:
    """Keys that are long enough, each for its use."""
    return _part(answer, "keys")


@EXERCISES.exercise("6.8d", clause=GOVERNANCE, hidden_part_of="6.8")
def open_time(answer: Any, evidence: Evidence) -> Finding | None:
    """Signed by the authority, in force, and for no longer than a signer may be."""
    return _part(answer, "time")


def _part(answer: Any, part: str) -> Finding | None:
    files = as_object(at(answer, "files"))
    country = at(answer, "country")
    if not files or not all(isinstance(file, str) for file in files.values()):
        return wrong("no_files", where="files", expected=", ".join(PLACES), found="–")
    if not isinstance(country, str) or len(country) != 2 or "DSC/DSC.pem" not in files:
        return wrong(
            "no_country", where="country", expected="CL, PE … + DSC/DSC.pem", found=country
        )
    # a validity too long is a warning to the gateway, and a part of this task
    for name, finding in _checked(files, country, with_warnings=True):
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


def _kid(pem: Any) -> bytes | None:
    from cryptography import x509

    from sandbox.certificates.keys import kid_of

    try:
        return (
            kid_of(x509.load_pem_x509_certificate(pem.encode())) if isinstance(pem, str) else None
        )
    except ValueError:
        return None
