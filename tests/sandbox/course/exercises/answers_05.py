"""Answers to the exercises of lesson 05, right and wrong; codes are signed here by a key of the tests."""

from __future__ import annotations

import copy
from typing import Any

from starlette.testclient import TestClient

from sandbox.course.exercises.lesson_05 import EXERCISES as EXERCISES
from sandbox.course.exercises.lesson_05 import NUMBERS, STEPS
from sandbox.fhir.json import Json
from tests.sandbox.certificates.making import CONTENTS, signed
from tests.sandbox.ddcc.making import a_response

DOSE = {
    "lot": {"valueString": "YF-CO-2216"},
    "date": {"valueDate": "2016-06-22"},
    "dose": {"valueInteger": 1},
}
ESSENTIAL = {
    "name": "in",
    "lot": "in",
    "telephone": "out",
    "address": "out",
    "allergies": "out",
    "issuer": "in",
}
PEELED = {"tag": 18, "header": {"1": -7, "4": "b'12345678'"}}
SHOT = {
    "tg": "840539006", "vp": "1119349007", "mp": "EU/1/20/1528", "ma": "ORG-100030215", "dn": 2, "sd": 2,
    "dt": "2021-10-01", "co": "BR", "is": "Ministério da Saúde", "ci": "URN:UVCI:01:BR:1",
}  # fmt: skip
EU: Json = {
    "ver": "1.3.0", "nam": {"fn": "N", "fnt": "NOGUEIRA<DOS<SANTOS", "gn": "L", "gnt": "LUZIA"}, "dob": "1972-08-15", "v": [SHOT],
}  # fmt: skip
YELLOW: Json = {
    "n": "Yeison", "dob": "1995-01-30", "nid": "BX214477", "ndt": "PPN",
    "v": {"vp": "YellowFeverProduct1", "dt": "2016-06-22", "bo": "YF-CO-2216", "vls": "2016-07-02", "is": "MinSalud"},
}  # fmt: skip
KEYLA: Json = {
    "n": "Keyla Waleska Zelaya Bonilla", "dob": "1990-12-05",
    "v": {"vp": "YellowFeverProduct1", "dt": "2023-07-18", "bo": "YF-HN-0723", "is": "Secretaría de Salud"},
}  # fmt: skip


def dose(**changed: Any) -> Json:
    return a_response(**{**DOSE, **changed})


def eu(**shot: Any) -> Json:
    return {**EU, "v": [{**SHOT, **shot}]}


def yellow(shot: Json | None = None, **changed: Any) -> Json:
    return {**YELLOW, **changed, "v": {**YELLOW["v"], **(shot or {})}}


def keyla(shot: Json | None = None, **changed: Any) -> str:
    held = {**copy.deepcopy(KEYLA), **changed}
    held["v"] = {
        name: value for name, value in {**held["v"], **(shot or {})}.items() if value is not None
    }
    return signed(held, -6)


def plant(_: TestClient) -> None:
    """The training seed has all that is needed."""


RIGHT: list[tuple[str, Any]] = [
    ("5.1", dose()),
    ("5.2", ESSENTIAL),
    ("5.3", PEELED),
    ("5.4", NUMBERS),
    ("5.5", STEPS),
    ("5.6", EU),
    ("5.7", YELLOW),
    *((f"5.8{part}", keyla()) for part in "abcd"),
    ("5.8d", keyla({"vls": "2023-07-28"})),
]
WRONG: list[tuple[str, Any, str]] = [
    ("5.1", {"resourceType": "Questionnaire"}, "type"),
    ("5.1", dose(dose={"valueString": "1"}), "refused"),
    ("5.1", a_response(("lot",)), "refused"),
    ("5.1", dose(lot={"valueString": "PT123F"}), "lot"),
    ("5.1", dose(date={"valueDate": "2021-07-08"}), "date"),
    ("5.1", dose(dose={"valueInteger": 2}), "dose"),
    ("5.2", {**ESSENTIAL, "name": "yes"}, "word"),
    *(
        ("5.2", {**ESSENTIAL, name: "out" if right == "in" else "in"}, name)
        for name, right in ESSENTIAL.items()
    ),
    ("5.3", {"tag": 61}, "tag"),
    ("5.3", {"tag": 18, "header": {"1": -37}}, "algorithm"),
    ("5.3", {"tag": 18, "header": {"1": -7}}, "kid"),
    *(("5.4", {**NUMBERS, name: 99}, name) for name in NUMBERS),
    ("5.5", {**STEPS, "letter": "base45"}, "word"),
    ("5.5", {**STEPS, "letter": "signature"}, "letter"),
    ("5.5", {**STEPS, "lot": "trust"}, "lot"),
    ("5.5", {**STEPS, "stranger": "signature"}, "stranger"),
    ("5.5", {**STEPS, "old": "trust"}, "old"),
    ("5.6", {**EU, "nam": {**EU["nam"], "fnt": "Nogueira dos Santos"}}, "passport_name"),
    ("5.6", eu(dn=1), "series"),
    ("5.6", eu(co="BRA"), "country"),
    ("5.6", eu(dt="1/10/2021"), "schema"),
    ("5.7", yellow(ndt="NI"), "document"),
    ("5.7", yellow({"vls": "2016-06-22"}), "same_day"),
    ("5.7", yellow({"vls": "2016-07-01"}), "tenth_day"),
    ("5.7", yellow({"bo": ""}), "schema"),
    ("5.8a", 1, "no_text"),
    ("5.8a", "HC1:%%%", "unreadable"),
    ("5.8a", signed(CONTENTS["eu_dcc"], 1), "other_form"),
    ("5.8b", "HC1:%%%", "unreadable"),
    ("5.8b", keyla(n="Keyla"), "name"),
    ("5.8b", keyla(dob="1990-12-06"), "birth"),
    ("5.8b", keyla({"bo": "X"}), "dose"),
    ("5.8c", "HC1:%%%", "unreadable"),
    ("5.8c", keyla({"is": None}), "nobody"),
    ("5.8c", keyla(phone="1"), "beyond"),
    ("5.8d", "HC1:%%%", "unreadable"),
    ("5.8d", keyla({"dt": "x"}), "no_date"),
    ("5.8d", keyla({"vls": "x"}), "odd_date"),
    ("5.8d", keyla({"vls": "2023-07-20"}), "too_early"),
]
