"""The desk: takes hand-ins, lets them be graded one after another, keeps what people write beside
them, and tells what a team has.

The database keeps what was decided; notebooks and what they left stand in a folder for each
hand-in.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal

from sandbox.clock import Clock
from sandbox.course.grading.grade import ABOUT, GradedNotebook, grade_notebook, judge_kept
from sandbox.course.grading.isolation import Isolation
from sandbox.course.grading.kept_results import read_results, written_results
from sandbox.course.grading.restore import UnreadableNotebook, read_submission
from sandbox.desk.assignments import Assignment, kept_assignment, written_assignment
from sandbox.desk.holding import HOLD_SECONDS, Holding
from sandbox.errors import BadRequest, Conflict, NotFound, SandboxError
from sandbox.event.identity import NOBODY, Author, Person, PersonId, TeamId
from sandbox.event.rights import Whose
from sandbox.event.turns import OURSELVES
from sandbox.fhir.dates import milliseconds_of
from sandbox.ids import id_of, random_id
from sandbox.limits import GRADING_STARTS, HAND_INS_OF_A_TEAM, MARK_CHARACTERS
from sandbox.store.desk import DeskStore, HandInRow, State
from sandbox.store.jobs import LOGGER

Door = Literal["page", "api", "command"]
FILE = "handed-in.ipynb"
KEPT = "kept"
NO_WALLS: Mapping[str, Any] = {"key": "desk.no_walls", "params": {}}
GIVEN_UP: Mapping[str, Any] = {"key": "desk.given_up", "params": {"count": GRADING_STARTS}}
CANCELLED: Mapping[str, Any] = {"key": "desk.cancelled", "params": {}}
log = logging.getLogger("sandbox.desk")
jobs_log = logging.getLogger(LOGGER)


@dataclass(frozen=True, slots=True)
class HandIn:
    """A notebook that somebody handed in.

    Attributes:
        id: Its id.
        assignment: For which.
        team: The name of whose it is.
        whose: The same for rights.
        at: When it came, in milliseconds since 1970.
        name: Of the file on the sender's machine.
        lesson: Which lesson it is.
        door: By which way it came.
        state: How far it is.
        result: What it came to, as `written_results` says, or why it was refused; empty before.
    """

    id: str
    assignment: str
    team: str
    whose: Whose
    at: int
    name: str
    lesson: str
    door: str
    state: State
    result: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Mark:
    """What a person wrote beside an exercise; without points those of the checks count."""

    points: float | None
    comment: str
    by: str


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose notebook it is, and how it came."""

    team: str
    team_id: TeamId
    person: Person
    door: Door

    def as_kept(self, at: int) -> dict[str, Any]:
        """Returns it as plain values."""
        by = Author(self.person.id, self.person.name or NOBODY, at)
        return {"team_id": self.team_id, "by": asdict(by), "door": self.door}


class Desk:
    """Assignments, hand-ins, gradings and marks of one sandbox."""

    def __init__(
        self, store: DeskStore, folder: Path, *, clock: Clock, new_id: Callable[[], str]
    ) -> None:
        self._store = store
        self._folder = folder
        self._clock = clock
        self._new_id = new_id

    def assign(self, assignment: Assignment) -> None:
        """Keeps an assignment, in the place of one with its id; hand-ins are graded on the data of
        that, or else on data that nobody has seen.
        """
        before = self.assignments().get(assignment.id)
        if not assignment.data:
            assignment = replace(assignment, data=before.data if before else random_id())
        self._store.assign(assignment.id, written_assignment(assignment))

    def assignments(self) -> dict[str, Assignment]:
        """Returns all assignments by id, in order."""
        rows = self._store.assignments()
        return {row.id: kept_assignment(row.body, row.body["lesson"]) for row in rows}

    def assignment(self, id: str) -> Assignment:
        """Returns an assignment; raises NotFound."""
        known = self.assignments()
        if id not in known:
            raise NotFound(
                "desk.no_assignment", where="assignment", id=id[:60], known=", ".join(known) or "–"
            )
        return known[id]

    def released(self) -> set[str]:
        """Returns the assignments whose results the teams may see."""
        return {row.id for row in self._store.assignments() if row.released}

    def release(self, id: str, *, is_released: bool) -> None:
        """Lets the teams see what their hand-ins came to, or takes that back; raises NotFound."""
        self.assignment(id)
        self._store.release(id, is_released=is_released, at=self._now())

    def hand_in(
        self, content: bytes, name: str, sender: Sender, *, assignment: str = "", key: str = ""
    ) -> HandIn:
        """Takes a notebook and puts it into the queue.

        Args:
            content: The file.
            name: How it was called.
            sender: Whose it is.
            assignment: For which; where it is empty that of its lesson, made where none is there.
            key: Sent again with the same, it is the same hand-in (`Idempotency-Key`).

        Raises:
            UnreadableNotebook: It is no notebook of the lesson, or nothing of it is recognised.
            Conflict: It is too early, too late, or one of too many.
            NotFound: There is no such assignment.
        """
        id = id_of(sender.person.id, sender.team, key) if key else self._new_id()
        if key and (row := self._store.hand_in(id)):
            return _hand_in(row)
        folder = self._folder / id
        # with a key it may be left of a server that was killed before it kept the hand-in
        folder.mkdir(parents=True, exist_ok=bool(key))
        file = folder / FILE
        file.write_bytes(content)
        try:
            submission = read_submission(file, name=name)
            meant = self._meant(assignment, submission.lesson)
            now = self._now()
            meant.refuse_outside(now)
            self._refuse_too_many(meant.id, sender.team)
        except SandboxError:
            file.unlink()
            folder.rmdir()
            raise
        body = sender.as_kept(now) | {"name": name[:120], "lesson": submission.lesson}
        # the name tells the lesson where nothing else does
        file.rename(folder / f"{submission.lesson}.ipynb")
        self._store.add(HandInRow(id, meant.id, sender.team, now, "queued", body, {}))
        return self.read(id)

    def read(self, id: str) -> HandIn:
        """Returns a hand-in; raises NotFound."""
        row = self._store.hand_in(id)
        if row is None:
            raise NotFound("desk.no_hand_in", where="id", id=id[:60])
        return _hand_in(row)

    def hand_ins(self, assignment: str = "") -> list[HandIn]:
        """Returns the hand-ins of an assignment, of all for an empty id, the oldest first."""
        return [_hand_in(row) for row in self._store.hand_ins(assignment)]

    def today(self) -> datetime:
        """Returns the moment that a sheet made now bears."""
        return self._clock()

    def waiting(self) -> int:
        """Returns how many hand-ins wait to be graded or are being graded."""
        return sum(row.state in ("queued", "grading") for row in self._store.hand_ins())

    def grade_waiting(
        self,
        isolation: Isolation,
        *,
        workers: int = 1,
        tell: Callable[[HandIn], None] = lambda _: None,
    ) -> int:
        """Grades what waits until nothing does.

        Args:
            isolation: How notebooks are kept away from this machine; what came by page or API is
                graded behind walls alone.
            workers: How many at the same time.
            tell: Is told of each that is done.

        Returns:
            How many were graded.
        """

        holding = Holding(self._store)

        def work(_: int) -> int:
            done = 0
            while row := self._taken():
                with holding.of(row):
                    self._grade(_hand_in(row), isolation, taken=row.taken)
                tell(self.read(row.id))
                done += 1
            return done

        with holding.renewed(), ThreadPoolExecutor(workers) as pool:
            return sum(pool.map(work, range(workers)))

    def _taken(self) -> HandInRow | None:
        return self._store.take(
            now=self._now(), seconds=HOLD_SECONDS, most=GRADING_STARTS, given_up=GIVEN_UP
        )

    def turn_away(self) -> None:
        """Says of all that waits and came by page or API that it cannot be graded here; what a
        facilitator has collected waits for their word.
        """
        for hand_in in self.hand_ins():
            if hand_in.state == "queued" and hand_in.door != "command":
                self._store.finish(hand_in.id, "failed", NO_WALLS, at=self._now())

    def judge_again(self, assignment: str) -> int:
        """Judges the hand-ins of an assignment with the checks of today, executing none; returns
        how many.
        """
        again = [
            hand_in
            for hand_in in self.hand_ins(self.assignment(assignment).id)
            if (self._folder / hand_in.id / KEPT / ABOUT).exists()
        ]
        for hand_in in again:
            file = self._file(hand_in)
            self._finish(hand_in, partial(judge_kept, file, file.with_name(KEPT)))
        return len(again)

    def grade_again(self, assignment: str) -> int:
        """Puts all hand-ins of an assignment into the queue; returns how many."""
        ids = [hand_in.id for hand_in in self.hand_ins(self.assignment(assignment).id)]
        self._store.queue(ids, at=self._now())
        return len(ids)

    def graded(self, hand_in: HandIn) -> GradedNotebook:
        """Returns the grading of a hand-in with all that its pages tell; raises Conflict where it
        is not graded.
        """
        if hand_in.state != "graded":
            raise Conflict("desk.not_graded", where="state", id=hand_in.id)
        file = self._file(hand_in)
        return read_results(dict(hand_in.result), file=file, kept=file.with_name(KEPT))

    def mark(self, id: str, exercise: str, mark: Mark) -> None:
        """Keeps what a person wrote beside an exercise.

        Raises:
            NotFound: There is no such hand-in, or no such exercise in it.
            Conflict: It is not graded.
            BadRequest: The points are not between 0 and those of the exercise, or the comment is
                too long.
        """
        rows = {
            result.exercise.id: result.exercise for result in self.graded(self.read(id)).results
        }
        if exercise not in rows:
            raise NotFound("desk.no_exercise", where="exercise", id=exercise[:20])
        if mark.points is not None and not 0 <= mark.points <= rows[exercise].points:
            raise BadRequest("desk.bad_points", where="points", most=rows[exercise].points)
        if len(mark.comment) > MARK_CHARACTERS:
            raise BadRequest("desk.long_comment", where="comment", most=MARK_CHARACTERS)
        self._store.mark(id, exercise, asdict(mark))

    def marks(self) -> dict[str, dict[str, Mark]]:
        """Returns what people wrote, by hand-in and exercise."""
        return {
            id: {exercise: Mark(**body) for exercise, body in rows.items()}
            for id, rows in self._store.marks().items()
        }

    def _grade(self, hand_in: HandIn, isolation: Isolation, *, taken: int) -> None:
        about = {"job": hand_in.id, "attempt": taken, "worker": OURSELVES}
        jobs_log.info("a grading was taken", extra=about)
        # a stranger's notebook, which came without anybody looking at it
        if isolation is not Isolation.bubblewrap and hand_in.door != "command":
            self._store.finish(hand_in.id, "failed", NO_WALLS, at=self._now())
            return
        file = self._file(hand_in)
        kept = file.with_name(KEPT)
        data = self.assignment(hand_in.assignment).data
        grade = partial(grade_notebook, file, isolation=isolation, kept=kept, data=data)
        state = self._finish(hand_in, grade, taken=taken)
        jobs_log.info("a grading: %s", state, extra=about)

    def _finish(
        self, hand_in: HandIn, grade: Callable[[], GradedNotebook], *, taken: int | None = None
    ) -> State:
        """Keeps what came of a grading; returns how it stands by that."""
        state: State = "graded"
        try:
            result = written_results(grade())
        except UnreadableNotebook as error:
            state = "refused"
            result = {"key": error.key, "params": dict(error.params)}
        # a fault of ours is no zero and holds up nobody else: it is said, and can be tried again
        except Exception as error:
            key = error.key if isinstance(error, SandboxError) else "desk.fault"
            state = "failed"
            result = {"key": key, "params": {"reason": type(error).__name__}}
            log.warning("a grading failed", exc_info=True, extra={"job": hand_in.id})
        if not self._store.finish(hand_in.id, state, result, at=self._now(), taken=taken):
            log.warning("a grading came too late: it was begun anew elsewhere")
        return state

    def _file(self, hand_in: HandIn) -> Path:
        return self._folder / hand_in.id / f"{hand_in.lesson}.ipynb"

    def _meant(self, id: str, lesson: str) -> Assignment:
        if id:
            assignment = self.assignment(id)
            if assignment.lesson != lesson:
                raise Conflict(
                    "desk.other_lesson", where="assignment", lesson=lesson, asked=assignment.lesson
                )
            return assignment
        for assignment in self.assignments().values():
            if assignment.lesson == lesson:
                return assignment
        # nobody has asked for anything yet: each lesson may be handed in
        made = Assignment(lesson, lesson)
        self.assign(made)
        return made

    def _refuse_too_many(self, assignment: str, team: str) -> None:
        count = sum(row.team == team for row in self._store.hand_ins(assignment))
        if count >= HAND_INS_OF_A_TEAM:
            raise Conflict("desk.too_many", where="team", most=HAND_INS_OF_A_TEAM)

    def _now(self) -> int:
        return milliseconds_of(self._clock())


def _hand_in(row: HandInRow) -> HandIn:
    by = row.body["by"]
    author = Author(PersonId(by["id"]), by["name"], by["at"])
    return HandIn(
        row.id,
        row.assignment,
        row.team,
        Whose(TeamId(row.body["team_id"]), author),
        row.at,
        row.body["name"],
        row.body["lesson"],
        row.body["door"],
        row.state,
        row.result,
    )
