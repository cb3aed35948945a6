"""What a learner of lesson 06 has at hand: countries made here, and broken."""

from __future__ import annotations

import hashlib
from ssl import PEM_cert_to_DER_cert
from typing import Any

from starlette.testclient import TestClient

from sandbox.course.exercises.lesson_06 import GATEWAY as GATEWAY
from sandbox.course.exercises.lesson_06 import NINE as NINE
from sandbox.course.exercises.lesson_06 import PERU as PERU
from sandbox.course.exercises.lesson_06 import ROLES as ROLES
from sandbox.course.keys import Country, key_id, new_country, puzzle
from sandbox.course.lists import doubtful_list
from sandbox.fhir.json import Json


def a_country(code: str) -> Country:
    made = new_country(code)
    assert isinstance(made, Country)
    return made


CHILE, URUGUAY = a_country("CL"), a_country("UY")
DSC = CHILE.files["DSC/DSC.pem"]
KID = hashlib.sha256(CHILE.der("DSC/DSC.pem")).digest()[:8]
BROKEN = puzzle(URUGUAY)
ALL = ["UP/UP.pem", "SCA/SCA.pem", "DSC/DSC.pem"]


def replaced(files: Any, country: Country, places: list[str]) -> Json:
    """Files with some of them replaced by those of a country."""
    return {**files, **{place: country.files[place] for place in places}}


LIST: Any = doubtful_list(CHILE)
WHY = {
    "A": "usage", "B": "believed", "C": "key", "D": "status", "E": "believed", "F": "kid", "G": "usage", "H": "chain",
    "I": "country",
}  # fmt: skip


def doubts(**why: Any) -> Json:
    """The answer to 6.9, with other reasons."""
    return {"list": LIST, "why": {**WHY, **why}}


NEW: Any = CHILE.signer(country="CL")


def der_of(pem: Any) -> bytes:
    return PEM_cert_to_DER_cert(pem)


NEW_DER = der_of(NEW)


def upload(content: bytes = NEW_DER, by: str = "UP", **changed: Any) -> Json:
    """The answer to 6.10, with another content or signer, or another part of the request."""
    right = {"method": "POST", "path": "/signerCertificate", "content_type": "application/cms"}
    body = CHILE.cms(content, by=by)
    return {"files": dict(CHILE.files), "upload": {**right, "body": body, **changed}}


def kid(place: str = "DSC/DSC.pem", count: int = 8) -> Json:
    return {"certificate": DSC, "kid": key_id(CHILE.der(place), count)}


def ours(way: str = "", code: str = "CL", **signer: Any) -> Json:
    """Chile's files, broken in one way or with another signer."""
    files = CHILE.broken(way) if way else dict(CHILE.files)
    assert isinstance(files, dict)
    if signer:
        made = CHILE.signer(**{"country": "CL", **signer})
        assert isinstance(made, str)
        files["DSC/DSC.pem"] = made
    return {"country": code, "files": files}


def plant(_: TestClient) -> None:
    """Nothing is needed of the server."""


NONE: Json = {"country": "CL", "files": {}}
NOBODY: Json = {"country": "Chile", "files": CHILE.files}
