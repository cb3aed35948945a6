"""What a learner of lesson 08 has at hand: what the solved functions of the workshop give."""

from __future__ import annotations

import base64
import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from sandbox.course.exercises.lesson_08 import DATES as DATES
from sandbox.course.national_record import MARIA, RAMON, write_records
from sandbox.fhir.json import Json
from tests.sandbox.course.workshop import functions


@cache
def _records() -> Path:
    return write_records(Path(tempfile.mkdtemp(prefix="connectathon-records-")))


SOLVED = functions(_records(), solved=True)
CSV = SOLVED.rows_of_csv(_records(), MARIA)
SQLITE = SOLVED.rows_of_sqlite(_records(), MARIA)
HL7 = SOLVED.rows_of_hl7(_records(), MARIA)
RAMONS = SOLVED.rows_of_csv(_records(), RAMON)


def as_json(resource: Any) -> Json:
    return dict(json.loads(resource.model_dump_json(exclude_none=True)))


PATIENT = as_json(SOLVED.patient_of(CSV[0]))
MADE = {
    "allergy": as_json(SOLVED.allergy_of(CSV[0], "Patient/1")),
    "problem": as_json(SOLVED.problem_of(CSV[1], "Patient/1")),
    "medication": as_json(SOLVED.medication_of(CSV[2], "Patient/1")),
    "none": as_json(SOLVED.allergy_of(RAMONS[0], "Patient/2")),
}
MARIAS = SOLVED.document_of(CSV)
DOCUMENTS = {"maria": MARIAS, "ramon": SOLVED.document_of(RAMONS)}
SUBMISSION = SOLVED.submission_of(MARIAS)
BINARY = SUBMISSION["entry"][2]["resource"]
REFERENCE = SUBMISSION["entry"][1]["resource"]
SEEN = SOLVED.view(MARIAS)
BYTES = base64.b64decode(BINARY["data"])


def plant(_: TestClient) -> None:
    """Nothing is needed of the server: the functions are judged by what they return."""
