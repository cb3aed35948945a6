"""What grading costs, and the pages of the desk: forty hand-ins of a lesson, and forty teams with twelve lessons.

`python -m tests.bench.desk`; `--teams 8` grades fewer.  What others do on the machine counts in seconds, not in
seconds of the processor, which are told beside them.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from sandbox.clock import utc_now
from sandbox.course.building import notebook_text
from sandbox.course.exercises import LESSONS, exercises_of
from sandbox.course.grading.grade import ABOUT, EXECUTED
from sandbox.course.grading.isolation import best_isolation
from sandbox.desk.assignments import Assignment
from sandbox.desk.desk import KEPT, Desk, Sender
from sandbox.event.identity import named_team
from sandbox.event.people import ANYONE
from sandbox.ids import random_id
from sandbox.store.desk import DeskStore, HandInRow
from sandbox.store.partitions import Partitions
from tests.bench.events import ASKED, p95
from tests.conftest import a_sandbox
from tests.sandbox.api.test_gate import entered

TEAMS = 40
ASSIGNMENTS = 12
LESSON = "01_fhir"
BEGUN = 1_785_000_000_000


def figures(teams: int = TEAMS) -> Iterator[tuple[str, str, str]]:
    """Yields name, figure and what it is held against."""
    yield from graded(teams)
    yield from pages()


def main() -> None:
    """Prints one line a figure."""
    words = argparse.ArgumentParser()
    words.add_argument("--teams", type=int, default=TEAMS, help="how many hand in")
    words.add_argument("--pages", action="store_true", help="only the pages")
    asked = words.parse_args()
    for name, figure, held in pages() if asked.pages else figures(asked.teams):
        print(f"{name:<72} {figure:>16}   {held}", flush=True)


def graded(teams: int) -> Iterator[tuple[str, str, str]]:
    """Grades a lesson's solutions of many teams, with one worker for a fifth and two for all."""
    seconds: dict[int, float] = {}
    for workers, count in ((1, max(teams // 5, 1)), (2, teams)):
        with tempfile.TemporaryDirectory() as folder:
            desk = handed_in(Path(folder), count)
            before = _processor()
            begun = time.perf_counter()
            slowest = _grade(desk, workers)
            taken = time.perf_counter() - begun
        spent = _processor() - before
        seconds[workers] = taken / count
        name = f"{count} hand-ins of {LESSON}, {workers} worker(s)"
        yield name, f"{taken:.0f} s", "forty in at most 240 s on two cores" if workers == 2 else ""
        yield f"{name}: of the processor for each", f"{spent / count:.1f} s", ""
        yield f"{name}: the slowest", f"{slowest:.1f} s", "at most 25 s"
    yield "twice the workers", f"{seconds[1] / seconds[2]:.2f} × as fast", "up to 2, by idle cores"


def handed_in(folder: Path, teams: int) -> Desk:
    """Returns a desk with the solution of a lesson by each of some teams."""
    partitions = Partitions(folder / "sandbox")
    desk = Desk(DeskStore(partitions.main), folder / "desk", clock=utc_now, new_id=random_id)
    content = notebook_text(LESSON, "es", solutions=True).encode()
    for number in range(teams):
        team = f"Team {number:02}"
        desk.hand_in(content, f"{LESSON}.ipynb", Sender(team, named_team(team), ANYONE, "api"))
    return desk


def pages() -> Iterator[tuple[str, str, str]]:
    """Asks for the desk's pages over many graded hand-ins."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        written(folder / "sandbox")
        with a_sandbox(folder, id_seed="") as client:
            person = _somebody(client)
            for who, session in person.items():
                client.headers["Authorization"] = f"Bearer {session}"
                for place in _places(client):
                    # a file of fourteen sheets is no page
                    held = "" if place.endswith(".pdf") else "under 250 ms"
                    before = _processor()
                    milliseconds = p95(client, place)
                    # it asks once before it counts
                    spent = (_processor() - before) * 1000 / (ASKED + 1)
                    figure = f"{milliseconds:.0f} ms ({spent:.0f})"
                    yield f"p95 of {place}, {who} (of the processor)", figure, held


def written(folder: Path) -> None:
    """Lays out what a course leaves: the results of forty teams in twelve assignments, without executing any."""
    partitions = Partitions(folder)
    store = DeskStore(partitions.main)
    lessons = [*LESSONS, LESSON]
    for number, lesson in enumerate(lessons[:ASSIGNMENTS]):
        id = lesson if number < len(LESSONS) else f"{lesson}-again"
        store.assign(id, asdict(Assignment(id, lesson, data="bench")))
        store.release(id, is_released=True, at=BEGUN)
        for team in range(TEAMS):
            row = _hand_in(folder, id, lesson, team)
            store.add(row)
            store.finish(row.id, row.state, row.result, at=BEGUN)
    partitions.close()


def _hand_in(folder: Path, assignment: str, lesson: str, team: int) -> HandInRow:
    id = random_id()
    place = folder / "desk" / id
    (place / KEPT).mkdir(parents=True)
    (place / f"{lesson}.ipynb").write_text(notebook_text(lesson, "es", solutions=True))
    (place / KEPT / EXECUTED).write_text('{"cells": []}')
    (place / KEPT / ABOUT).write_text(json.dumps({"run": "completed", "isolation": "bubblewrap"}))
    name = f"Team {team:02}"
    by = {"id": "", "name": "–", "at": BEGUN}
    body = {"team_id": named_team(name), "by": by, "door": "api", "name": f"{lesson}.ipynb"}
    rows = [_result(exercise, team) for exercise in exercises_of(lesson).exercises.values()]
    result = {
        "lesson": lesson, "language": "es", "sha256": "", "run": "completed", "isolation": "bubblewrap",
        "data": "bench", "score": sum(row["points"] for row in rows),
        "max_score": sum(row["max_points"] for row in rows), "exercises": rows,
    }  # fmt: skip
    return HandInRow(
        id, assignment, name, BEGUN + team, "graded", {**body, "lesson": lesson}, result
    )


def _result(exercise: Any, team: int) -> dict[str, Any]:
    # every third team has passed all
    is_passed = team % 3 == 1 or (len(exercise.id) + team * exercise.points) % 4 > 0
    finding = {
        "id": "other", "severity": "error", "key": "course.check_failed", "params": {"reason": "bench"},
        "where": "Patient.name", "expected": '"Ayala"', "found": f'"slip {team % 7}"',
    }  # fmt: skip
    return {
        "id": exercise.id,
        "outcome": "passed" if is_passed else "failed",
        "points": exercise.points if is_passed else 0,
        "max_points": exercise.points,
        "more": 0,
        "finding": None if is_passed else finding,
    }


def _somebody(client: TestClient) -> dict[str, str]:
    first = entered(client, "Inés", "facilitator", "", by="")
    return {
        "facilitator": first,
        "participant": entered(client, "Ana", "participant", "Team 07", by=first),
    }


def _places(client: TestClient) -> list[str]:
    own = client.get("/api/gradings").json()[0]["id"]
    return [
        "/desk", f"/desk/{LESSON}", f"/desk/hand-ins/{own}", f"/desk/hand-ins/{own}/notebook",
        "/desk/gradebook.csv", "/desk/certificates.pdf", "/api/gradings", "/api/gradebook.csv",
    ]  # fmt: skip


def _grade(desk: Desk, workers: int) -> float:
    """Returns how many seconds the slowest grading took; each earns all points."""
    level = best_isolation()
    begun = {"": time.perf_counter()}
    taken: list[float] = []

    def done(hand_in: Any) -> None:
        assert hand_in.result["score"] == hand_in.result["max_score"], hand_in
        taken.append(time.perf_counter())

    desk.grade_waiting(level, workers=workers, tell=done)
    moments = [begun[""], *sorted(taken)]
    # with several at a time, one took as long as what ended since as many before it
    return max(
        moments[place] - moments[max(place - workers, 0)] for place in range(1, len(moments))
    )


def _processor() -> float:
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


if __name__ == "__main__":
    main()
