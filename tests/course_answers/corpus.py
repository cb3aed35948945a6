"""Reads the corpus and has it judged.

A row is the key of the sentence that an answer must get (`ok` for a right one) and what a learner
types, as Python.  `made` was written from what is known to go wrong at events; `seen` is what
people were seen to type; `asked` was typed by somebody else than who wrote the checks, after what
people ask in public.  The names that an answer uses are those of the lesson's desk: what the
learner has at hand there, and what participants left on the server.
"""

from __future__ import annotations

import base64
import copy
import gzip
import hashlib
import json
import unicodedata
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from fhir.resources.R4B.allergyintolerance import AllergyIntolerance
from fhir.resources.R4B.coding import Coding
from fhir.resources.R4B.condition import Condition
from fhir.resources.R4B.patient import Patient
from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse
from starlette.testclient import TestClient

from sandbox.course.blank import has_blank
from sandbox.course.client import Client
from sandbox.course.exercise import Result, judge_answer
from sandbox.course.exercises import LESSONS, exercises_of
from sandbox.course.record import as_artifact
from tests.builders import a_client, post, put
from tests.conftest import a_sandbox

HERE = Path(__file__).parent
SETS = ("made", "seen", "asked")
RIGHT = "ok"
# sentences that say that an answer is not the right one, and not what is wrong with it
GENERIC = {"differs", "other", "hash", "size", "value", "code", "shape"}
AT_HAND: dict[str, Any] = {
    "AllergyIntolerance": AllergyIntolerance,
    "Coding": Coding,
    "Condition": Condition,
    "Patient": Patient,
    "QuestionnaireResponse": QuestionnaireResponse,
    "UTC": UTC,
    "base64": base64,
    "date": date,
    "datetime": datetime,
    "gzip": gzip,
    "hashlib": hashlib,
    "json": json,
    "nfd": lambda text: unicodedata.normalize("NFD", text),
    "timedelta": timedelta,
    "timezone": timezone,
    "zlib": zlib,
}


@dataclass(frozen=True, slots=True)
class Row:
    """One answer of the corpus.

    Attributes:
        set: One of SETS.
        lesson: Such as `01_fhir`.
        exercise: Such as `1.1`.
        key: Of the sentence that it must get, or RIGHT.
        typed: What the learner types, as a Python expression.
        line: Where it stands in its file, from 1.
    """

    set: str
    lesson: str
    exercise: str
    key: str
    typed: str
    line: int

    def __str__(self) -> str:
        return f"{self.set}/{self.lesson}.txt:{self.line} [{self.exercise}] {self.typed}"


def but(answer: Any, *changes: Any) -> Any:
    """Returns a copy with other values at paths such as `name.0.family`: path, value, path, …"""
    changed = copy.deepcopy(answer)
    for path, value in zip(changes[::2], changes[1::2], strict=True):
        *steps, last = _steps(path)
        place = changed
        for step in steps:
            place = place[step]
        place[last] = value
    return changed


def sans(answer: Any, path: str) -> Any:
    """Returns a copy without what stands at a path, or under a name."""
    changed = copy.deepcopy(answer)
    *steps, last = _steps(path) if path not in answer else [path]
    place = changed
    for step in steps:
        place = place[step]
    del place[last]
    return changed


def _steps(path: str) -> list[str | int]:
    return [int(step) if step.isdigit() else step for step in path.split(".")]


@cache
def rows_of(set: str) -> tuple[Row, ...]:
    """Returns the rows of a set in the order of the lessons."""
    return tuple(row for lesson in LESSONS for row in _read(set, lesson))


def _read(set: str, lesson: str) -> Iterator[Row]:
    exercise = ""
    file = HERE / set / f"{lesson}.txt"
    # nobody was seen in a lesson that is newer than the others
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("["):
            exercise = line.strip("[] ")
        elif line and not line.startswith("#"):
            key, typed = line.split(maxsplit=1)
            yield Row(set, lesson, exercise, key, typed, number)


@dataclass
class Desk:
    """What a learner of one lesson has at hand, against a sandbox of its own."""

    lesson: str
    sandbox: TestClient
    client: Client = field(init=False)
    names: dict[str, Any] = field(init=False)
    _count: int = 0

    def __post_init__(self) -> None:
        table = import_module(f"tests.sandbox.course.exercises.answers_{self.lesson[:2]}")
        table.plant(self.sandbox)
        self.client = a_client(self.sandbox)
        ours = {
            "but": but,
            "sans": sans,
            "get": self.client.get,
            "stored": self.stored,
            "updated": self.updated,
            "stored_document": self.stored_document,
            "post_transaction": lambda bundle: post(self.sandbox, "", bundle).json(),
        }
        self.names = {**AT_HAND, **vars(table), **ours}

    def stored(self, resource: dict[str, Any]) -> str:
        """Puts a resource on the server as it is, and returns its reference."""
        self._count += 1
        place = f"{resource['resourceType']}/typed-{self._count}"
        return self._put(place, resource)

    def updated(self, first: dict[str, Any], second: dict[str, Any]) -> str:
        """Puts two versions of a resource on the server, and returns its reference."""
        return self._put(self.stored(first), second)

    def stored_document(self, id: str, **changes: Any) -> str:
        """Puts a DocumentReference about Rosa on the server, with other elements than usual."""
        published = self.names["published"]
        document, patient = self.names["DOCUMENT"], self.names["CHILE"]
        for resource in published(id, document, patient, **changes):
            self._put(f"{resource['resourceType']}/{id}", resource)
        return f"DocumentReference/{id}"

    def judged(self, row: Row) -> Result:
        """Judges an answer as `L.check` does."""
        answer = eval(row.typed, dict(self.names))
        artifact = answer if has_blank(answer) else as_artifact(answer)
        exercise = exercises_of(row.lesson).exercises[row.exercise]
        return judge_answer(exercise, artifact, self.client.fetch)

    def _put(self, place: str, resource: dict[str, Any]) -> str:
        content = {**resource, "id": place.partition("/")[2]}
        reply = put(self.sandbox, f"/{place}", content)
        assert reply.status_code in (200, 201), reply.text
        return place


@dataclass
class Desks:
    """The desks of all lessons, each opened when its first answer is judged."""

    folder: Path
    opened: ExitStack
    desks: dict[str, Desk] = field(default_factory=dict)

    def judged(self, row: Row) -> Result:
        """Judges an answer at the desk of its lesson and set."""
        # a desk for each set: what one stores does not count among the documents of the other
        name = f"{row.set}-{row.lesson}"
        if name not in self.desks:
            sandbox = self.opened.enter_context(a_sandbox(self.folder / name, seed="training"))
            self.desks[name] = Desk(row.lesson, sandbox)
        return self.desks[name].judged(row)


def said(result: Result) -> str:
    """Returns the key of what an answer was told, or RIGHT."""
    if result.outcome == "passed":
        return RIGHT
    return result.finding.key if result.finding else result.outcome
