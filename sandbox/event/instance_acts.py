"""What an act by a word alone adds to the log of a test instance.  Pure.

Each gives the kind of the line and its body; the state to which it leads stands in MOVES, unless
the body says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from sandbox.errors import Forbidden, NotFound, PreconditionFailed
from sandbox.event.bench_proof import PASSED, BenchResult
from sandbox.event.failed_checks import OpenCheck
from sandbox.event.identity import Person
from sandbox.event.in_words import (
    failed_in_words,
    inputs_in_words,
    left_in_words,
    roles_in_words,
    tracks_in_words,
)
from sandbox.event.instance import UNDER_WAY, Instance, check_claim, check_decision, check_words
from sandbox.event.plan import PlannedTest
from sandbox.event.rights import Whose, may

COMMENT = "people.needs_comment"
"""Asks a monitor what a team shall do."""

Line = tuple[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Words:
    """What comes with an act: a text, and what only some acts ask for."""

    text: str = ""
    role: str = ""
    decision: str = ""
    ticked: tuple[int, ...] = ()
    """Places in the checklist, from 0, that the monitor has looked at."""


@dataclass(frozen=True, slots=True)
class Case:
    """What an act is about: the instance, its planned test, and what the bench says of it."""

    instance: Instance
    planned: PlannedTest
    bench: Callable[[], Sequence[BenchResult]]


Act = Callable[[Case, Person, Words], Line]
Failures = Callable[[BenchResult], Sequence[OpenCheck]]
FAILED: Failures = attrgetter("failed")
FAILING: Failures = attrgetter("failing")


def _plain(kind: str) -> Act:
    """Returns an act that says no more than its word, with a text where there is one."""

    def line(_: Case, __: Person, words: Words) -> Line:
        text = check_words(words.text, where="words")
        return kind, {"words": text} if text else {}

    return line


def _say(_: Case, __: Person, words: Words) -> Line:
    return "said", {
        "words": check_words(words.text, where="words", needed="instances.nothing_said")
    }


def _answer(kind: str) -> Act:
    """Returns what an invited team answers; it must be that of the role."""

    def line(case: Case, person: Person, words: Words) -> Line:
        part = case.instance.parts.get(words.role)
        if part is None or part.standing != "invited":
            title = roles_in_words(case.planned, [words.role])
            raise NotFound("instances.not_invited", where="role", role=title)
        if not may(person, "take_part", Whose(part.team_id)):
            raise Forbidden("people.other_team", where=part.team, role=person.role)
        return kind, {"role": words.role}

    return line


def _submit(case: Case, _: Person, words: Words) -> Line:
    _check_complete(case)
    body: dict[str, Any] = {"words": check_words(words.text, where="words")}
    if case.planned.proof != "monitor":
        results = case.bench()
        _check_none_failed(case.planned, results, "instances.failing_so_far", by=FAILING)
        _check_judged(case.planned, results)
        _check_none_failed(case.planned, results, "instances.not_passed")
        is_proven = all(result.is_passed and not result.is_for_people for result in results)
        if case.planned.proof == "automatic" and is_proven:
            body["state"] = "verified"
    return "submitted", body


def _contest(case: Case, _: Person, words: Words) -> Line:
    # before there is a decision it is the bench's verdict that a team thinks wrong
    if case.instance.state in UNDER_WAY:
        _check_complete(case)
        if not any(result.failed for result in case.bench()):
            raise PreconditionFailed("instances.nothing_failed", where=case.instance.id)
    reason = check_words(words.text, where="words", needed="instances.contest_needs_reason")
    return "contested", {"words": reason}


def _claim(case: Case, person: Person, _: Words) -> Line:
    check_claim(case.instance, person, may_be_free=True)
    return "claimed", {}


def _release(case: Case, person: Person, _: Words) -> Line:
    # a monitor who has gone home would keep it for ever
    if person.role != "facilitator":
        check_claim(case.instance, person)
    return "released", {}


def _return(case: Case, person: Person, words: Words) -> Line:
    check_claim(case.instance, person)
    return "returned", {"words": check_words(words.text, where="words", needed=COMMENT)}


def _decide(case: Case, person: Person, words: Words) -> Line:
    check_claim(case.instance, person)
    decision = check_decision(case.instance, case.planned, words.decision, words.ticked)
    if decision != "failed" and case.planned.proof != "monitor":
        results = case.bench()
        _check_none_failed(case.planned, results, "instances.bench_failed")
        if decision == "verified":
            _check_judged(case.planned, results)
            _check_passed(case.planned, results)
    # a team that did not pass must learn why
    needed = COMMENT if decision != "verified" else ""
    text = check_words(words.text, where="words", needed=needed)
    return "decided", {"state": decision, "words": text, "ticked": sorted(set(words.ticked))}


LINES: Mapping[str, Act] = {
    "accept": _answer("accepted"),
    "decline": _answer("declined"),
    "say": _say,
    "pause": _plain("paused"),
    "resume": _plain("resumed"),
    "abort": _plain("aborted"),
    "submit": _submit,
    "contest": _contest,
    "hurry": _plain("hurried"),
    "claim": _claim,
    "release": _release,
    "return": _return,
    "decide": _decide,
}


def _check_complete(case: Case) -> None:
    """Raises PreconditionFailed where a role has no system yet."""
    lacking = list(case.instance.open_roles(case.planned))
    if lacking:
        roles = roles_in_words(case.planned, lacking)
        raise PreconditionFailed("instances.roles_open", where="roles", roles=roles)


def _check_judged(planned: PlannedTest, results: Sequence[BenchResult]) -> None:
    """Raises PreconditionFailed where the bench has not judged what the plan asks of it: before it
    has, there is nothing to verify, for a monitor either.
    """
    open_results = [result for result in results if not result.is_judged]
    if not open_results:
        return
    # it is not the team that has something to do where only the check is another
    if all(result.beside in PASSED for result in open_results):
        what = tracks_in_words(planned, open_results)
        raise PreconditionFailed("instances.by_changed_check", where="bench", what=what)
    not_run = [result for result in open_results if result.verdict is None]
    if not_run:
        what = tracks_in_words(planned, not_run)
        raise PreconditionFailed("instances.not_run", where="bench", what=what)
    if any(left.why == "lacking" for result in open_results for left in result.left_out):
        raise PreconditionFailed(
            "instances.not_judged",
            where="bench",
            what=left_in_words(open_results, "lacking"),
            inputs=inputs_in_words(open_results),
        )
    if any(left.why == "waited" for result in open_results for left in result.left_out):
        what = left_in_words(open_results, "waited")
        raise PreconditionFailed("instances.waited", where="bench", what=what)
    what = left_in_words(open_results, "absent")
    raise PreconditionFailed("instances.not_shown", where="bench", what=what)


def _check_none_failed(
    planned: PlannedTest, results: Sequence[BenchResult], key: str, *, by: Failures = FAILED
) -> None:
    """Raises PreconditionFailed where the bench has found a failure that no monitor has set aside;
    it names the failed checks first.

    Args:
        planned: The test.
        results: What the bench says.
        key: Of the refusal.
        by: Gives the failures of a result: of the run that counts, or of one that is still open.
    """
    failed = [result for result in results if by(result)]
    if failed:
        named = failed_in_words([check for result in failed for check in by(result)])
        what = tracks_in_words(planned, failed)
        raise PreconditionFailed(key, where="bench", what=what, **named)


def _check_passed(planned: PlannedTest, results: Sequence[BenchResult]) -> None:
    """Raises PreconditionFailed where the bench leaves a verdict to whoever looks at it."""
    left = [result for result in results if not result.is_passed]
    if left:
        what = tracks_in_words(planned, left)
        raise PreconditionFailed("instances.not_looked_at", where="bench", what=what)
