"""What a monitor says of a run: asked for, claimed, decided.  The human layer beside state and
verdict.

Its words are Gazelle's: to be verified, verified, partially verified, failed, incomplete.  Every
act is a line in the log of the run; a review is what they come to.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

from sandbox.errors import BadRequest, Forbidden, NotFound, PreconditionFailed
from sandbox.event.failed_checks import failed_checks
from sandbox.event.identity import NO_ONE, NOBODY, Author, Person, PersonId
from sandbox.event.in_words import failed_in_words
from sandbox.store.runs import Event

if TYPE_CHECKING:  # which holds its review
    from sandbox.event.run import Run

Standing = Literal["none", "to_verify", "verified", "partially", "failed", "incomplete"]
Decision = Literal["verified", "partially", "failed", "incomplete"]
DECISIONS: tuple[Decision, ...] = get_args(Decision)
ACTS = ("ask", "claim", "release", "decide")
KINDS = frozenset({"asked", "claimed", "released", "decided"})
LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Review:
    """Where a run stands with the monitors; `monitor` has claimed it, or decided, and `comment` is
    what they said.
    """

    standing: Standing = "none"
    note: str = ""
    """What the team wrote when it asked."""
    monitor: str = ""
    comment: str = ""
    at: int = 0
    monitor_id: PersonId = NO_ONE

    def is_claimed_by(self, person: Person) -> bool:
        """Tells whether it is this person who has claimed the run."""
        # until it is decided or asked for again, `at` is the moment of the claim
        return person.is_author(Author(self.monitor_id, self.monitor, self.at))


UNREVIEWED = Review()


def review_of(events: Iterable[Event]) -> Review:
    """Returns the review that the log of a run tells."""
    review = UNREVIEWED
    for event in events:
        if event.kind not in KINDS:
            continue
        body = json.loads(event.body)
        if event.kind == "asked":
            review = Review("to_verify", note=body["note"], at=event.at)
        elif event.kind == "claimed":
            id = PersonId(body.get("by_id", NO_ONE))
            review = replace(review, monitor=body["by"], monitor_id=id, at=event.at)
        elif event.kind == "released":
            review = replace(review, monitor="", monitor_id=NO_ONE, at=event.at)
        else:
            review = replace(
                review, standing=body["decision"], comment=body["comment"], at=event.at
            )
    return review


def act_of(
    act: str,
    person: Person,
    run: Run,
    *,
    words: str = "",
    decision: str = "",
    instance: str = "",
) -> Sequence[tuple[str, dict[str, Any]]]:
    """Returns the lines that an act adds to the log of a run that is done; raises for one that
    cannot be now, such as asking about a run of a test instance, which is decided there.
    """
    review = run.review
    if act not in ACTS:
        raise NotFound("people.no_act", where=act, found=act, known=", ".join(ACTS))
    text = words.strip()
    who = {"by": person.name or NOBODY, "by_id": person.id}
    if len(text) > LONGEST:
        raise BadRequest("people.too_long", where="comment", most=LONGEST)
    if act == "ask":
        _check_askable(run, instance)
        return [("asked", {**who, "note": text})]
    if review.standing != "to_verify":
        raise PreconditionFailed(
            "people.not_to_verify", where="review", monitor=review.monitor or NOBODY
        )
    if act == "claim":
        if review.monitor and not review.is_claimed_by(person):
            raise PreconditionFailed("people.claimed_by", where="review", monitor=review.monitor)
        return [("claimed", who)]
    # a monitor who has gone home would keep the run for ever
    if not review.is_claimed_by(person) and not (act == "release" and person.role == "facilitator"):
        raise Forbidden("people.claim_first", where="review", monitor=review.monitor or NOBODY)
    if act == "release":
        return [("released", who)]
    _check_decision(run, decision, text)
    return [("decided", {**who, "decision": decision, "comment": text})]


def _check_askable(run: Run, instance: str) -> None:
    """Raises PreconditionFailed where a monitor was asked about a run, or is about its instance."""
    if instance:
        raise PreconditionFailed("people.of_instance", where=instance, instance=instance)
    if run.review.standing == "to_verify":
        raise PreconditionFailed("people.asked_already", where="review")


def _check_decision(run: Run, decision: str, text: str) -> None:
    """Raises BadRequest for a decision that is none or lacks its reason, PreconditionFailed where
    the bench has found a failure in what would be verified.
    """
    if decision not in DECISIONS:
        raise BadRequest(
            "people.bad_decision", where="decision", found=decision, known=", ".join(DECISIONS)
        )
    if decision == "verified":
        _check_none_failed(run)
    elif not text:  # a team that did not pass must learn why
        raise BadRequest("people.needs_comment", where="comment")


def _check_none_failed(run: Run) -> None:
    """Raises PreconditionFailed where the bench has found a failure, naming the failed tests."""
    verdicts = {id: outcome.verdict for id, outcome in run.outcomes.items()}
    failed = failed_checks(run, verdicts)
    if failed:
        raise PreconditionFailed("people.run_failed", where="bench", **failed_in_words(failed))
