"""What a learner of lesson 05 has at hand; codes are signed here by a key of the tests."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

from starlette.testclient import TestClient

from sandbox.certificates.hcert import read
from sandbox.course.exercises.lesson_05 import NUMBERS as NUMBERS
from sandbox.course.exercises.lesson_05 import STEPS as STEPS
from sandbox.course.periods import periods
from sandbox.course.revoking import taken_back
from sandbox.fhir.json import Json
from tests.sandbox.certificates.making import CONTENTS as CONTENTS
from tests.sandbox.certificates.making import signed
from tests.sandbox.course.exercises.answers_06 import a_country
from tests.sandbox.ddcc.making import a_response


def day_of(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()


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


CHILE = a_country("CL")
CODES = periods(CHILE)
CLAIMS: Any = {name: read(text).claims for name, text in CODES.items()}
HELD = {
    "recovery": CLAIMS["recovery"].content[1]["r"][0],
    "dose": CLAIMS["dose"].content[3]["certificate"]["period"],
    "test": CLAIMS["test"].content[4]["certificate"]["period"],
}
OWN = {name: held.get("du") or held["end"] for name, held in HELD.items()}
TECHNICAL = {name: day_of(claims.expires) for name, claims in CLAIMS.items()}
ISSUED = {name: day_of(claims.issued) for name, claims in CLAIMS.items()}
ENDS = {**TECHNICAL, "recovery": OWN["recovery"], "dose": OWN["dose"]}
OVER = ["recovery", "test"]


def until(over: Any = None, **ends: Any) -> Json:
    """The answer to 5.9, with other ends or other codes that are over."""
    return {
        "codes": CODES, "ends": {**ENDS, **ends}, "over": OVER if over is None else over,
    }  # fmt: skip


GIVEN: Any = taken_back(CHILE)
TAKEN = {"A": False, "B": True, "C": True, "D": True, "E": False}


def batches(**said: Any) -> Json:
    """The answer to 5.11, with something else said of some codes."""
    return {"given": GIVEN, "revoked": {**TAKEN, **said}}


TODAY = {"plusTime": [{"var": "external.validationClock"}, 0, "day"]}
WHOLE = {">=": [{"var": "payload.v.0.dn"}, {"var": "payload.v.0.sd"}]}
DAY = datetime.now(UTC).date().isoformat() + "T12:00:00Z"


def since(days: int, dt: str = "payload.v.0.dt") -> Json:
    """The moment so many days after the dose, as CertLogic."""
    return {"plusTime": [{"var": dt}, days, "day"]}


def rule(first: int = 14, last: int = 270, **changed: Any) -> Json:
    """The answer to 5.10, with other days, another place of the date, another today or any dose."""
    now = changed.get("today", TODAY)
    begins, ends = (since(days, changed.get("dt", "payload.v.0.dt")) for days in (first, last))
    times = [{"not-before": [now, begins]}, {"not-after": [now, ends]}]
    return {"and": times if changed.get("whole") else [WHOLE, *times]}


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
