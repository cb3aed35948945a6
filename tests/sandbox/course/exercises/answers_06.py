"""Answers to the exercises of lesson 06, right and wrong: countries made here, and broken."""

from __future__ import annotations

import hashlib
from typing import Any

from starlette.testclient import TestClient

from sandbox.course.exercises.lesson_06 import EXERCISES as EXERCISES
from sandbox.course.exercises.lesson_06 import GATEWAY, NINE, PERU, ROLES
from sandbox.course.keys import Country, key_id, new_country, puzzle, replaced
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
RIGHT: list[tuple[str, Any]] = [
    ("6.1", ROLES),
    ("6.2", kid()),
    ("6.3", NINE),
    ("6.4", replaced(BROKEN, URUGUAY, ALL)),
    ("6.5", "v2/trustlist/DCC/CHL/DSC/did.json"),
    ("6.5", "/v2/trustlist/DCC/CHL/DSC/did.json"),
    ("6.6", PERU),
    ("6.7", GATEWAY),
    *((f"6.8{part}", ours()) for part in "abcd"),
    *((f"6.8{part}", ours(key="RSA 3072", years=1)) for part in "abcd"),
]
WRONG: list[tuple[str, Any, str]] = [
    ("6.1", {**ROLES, "signer": "CA"}, "word"),
    ("6.1", {**ROLES, "certificate": "SCA"}, "certificate"),
    ("6.1", {**ROLES, "signer": "DSC"}, "signer"),
    ("6.1", {**ROLES, "upload": "TLS"}, "upload"),
    ("6.1", {**ROLES, "connection": "UP"}, "connection"),
    ("6.2", {"certificate": "x", "kid": "AA=="}, "no_certificate"),
    ("6.2", {"certificate": DSC, "kid": "%"}, "no_kid"),
    ("6.2", kid(count=6), "length"),
    ("6.2", kid("SCA/SCA.pem"), "other_certificate"),
    ("6.3", {**NINE, "lost": "lost"}, "word"),
    *(
        ("6.3", {**NINE, way: "chain" if check != "chain" else "files"}, way)
        for way, check in NINE.items()
    ),
    ("6.4", {"a": "b"}, "no_files"),
    ("6.4", {"UP/UP.pem": "x"}, "missing"),
    ("6.4", replaced(BROKEN, URUGUAY, ALL[1:]), "doubled"),
    ("6.4", replaced(BROKEN, URUGUAY, [ALL[0], ALL[2]]), "authority"),
    ("6.4", replaced(BROKEN, URUGUAY, ALL[:2]), "still"),
    ("6.5", "v2/trustlist/DCC/CHL/did.json", "shape"),
    ("6.5", "v2/trustlist/DCC/CL/DSC/did.json", "two_letters"),
    ("6.5", "v2/trustlist/DCC/CHL/SCA/did.json", "usage"),
    ("6.5", "v2/trustlist/DCC/PER/DSC/did.json", "other"),
    ("6.6", {**PERU, "listed": "yes"}, "word"),
    ("6.6", {**PERU, "listed": "trust"}, "listed"),
    ("6.6", {**PERU, "forgotten": "signature"}, "forgotten"),
    ("6.6", {**PERU, "rehearsal": "valid"}, "rehearsal"),
    ("6.6", {**PERU, "withdrawn": "validity"}, "withdrawn"),
    ("6.6", {**PERU, "over": "valid"}, "over"),
    ("6.7", {**GATEWAY, "own": "200"}, "word"),
    *(
        ("6.7", {**GATEWAY, name: "400" if right != "400" else "201"}, name)
        for name, right in GATEWAY.items()
    ),
    *((f"6.8{part}", NONE, "no_files") for part in "abcd"),
    *((f"6.8{part}", NOBODY, "no_country") for part in "abcd"),
    ("6.8a", ours("lost"), "files"),
    ("6.8a", ours("unreadable"), "pem"),
    ("6.8a", ours("doubled"), "one_certificate"),
    ("6.8b", ours("neighbour"), "country"),
    ("6.8c", ours(key="EC P-224"), "key_length"),
    ("6.8c", ours("authority"), "basic_constraints"),
    ("6.8c", ours(use="key_cert_sign"), "key_usage"),
    ("6.8d", ours(by="UP"), "chain"),
    ("6.8d", ours(years=-1), "validity"),
    ("6.8d", ours(years=5), "validity_range"),
]
