"""A desk with hand-ins that somebody graded: what a notebook leaves is laid out, so that no kernel is needed."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sandbox.course.building import notebook_text
from sandbox.course.grading.grade import ABOUT, EXECUTED, TEAM_INSIDE
from sandbox.course.record import Record
from sandbox.desk.desk import KEPT, Desk, HandIn, Sender
from sandbox.event.identity import named_team
from sandbox.event.people import ANYONE
from sandbox.ids import sequence_of_ids
from sandbox.store.desk import DeskStore
from sandbox.store.partitions import Partitions

LESSON = "00_welcome"
START = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)


def a_desk(partitions: Partitions, folder: Path, clock: Clock) -> Desk:
    return Desk(DeskStore(partitions.main), folder, clock=clock, new_id=sequence_of_ids("desk"))


def a_notebook(language: Any = "es", *, solutions: bool = True) -> bytes:
    return notebook_text(LESSON, language, solutions=solutions).encode()


def handed_in(desk: Desk, team: str = "Chile", *, name: str = f"{LESSON}.ipynb") -> HandIn:
    sender = Sender(team, named_team(team), ANYONE, "page")
    return desk.hand_in(a_notebook(), name, sender)


def leave(folder: Path, hand_in: HandIn, **answers: Any) -> None:
    """Lays out what a notebook leaves that answered so; `ex_0_1` is exercise 0.1."""
    kept = folder / hand_in.id / KEPT
    kept.mkdir(parents=True)
    record = Record(kept, team=TEAM_INSIDE, lesson=LESSON)
    for name, answer in answers.items():
        record.add(name.removeprefix("ex_").replace("_", "."), "check", START, answer=answer)
    (kept / EXECUTED).write_text('{"cells": []}')
    (kept / ABOUT).write_text(json.dumps({"run": "completed", "isolation": "bubblewrap"}))
