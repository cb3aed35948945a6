"""What a learner's record says of each exercise: the attempts in order, hints and solutions that
were looked at.  Pure; the record is foreign data.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.course.blank import has_blank

SHOWN = 120  # characters of an earlier attempt


@dataclass(frozen=True, slots=True)
class Attempts:
    """What was answered and looked at, by exercise.

    Attributes:
        answers: The attempts in order; a blank is none.
        hints: How many hints were opened.
        solutions: The exercises whose solution was opened.
    """

    answers: Mapping[str, tuple[Any, ...]]
    hints: Mapping[str, int]
    solutions: frozenset[str]

    def last(self, exercise: str) -> Any:
        """Returns the attempt that counts, or None where there is none."""
        return self.answers.get(exercise, (None,))[-1]

    def earlier(self, exercise: str) -> list[str]:
        """Returns the attempts before the one that counts, as short JSON."""
        return [_short(answer) for answer in self.answers.get(exercise, ())[:-1]]


def read_attempts(events: Sequence[Mapping[str, Any]]) -> Attempts:
    """Reads the events of a record, in order."""
    answers: dict[str, tuple[Any, ...]] = {}
    for event in events:
        answer = event.get("answer")
        if event["event"] in ("check", "submit") and answer is not None and not has_blank(answer):
            answers[event["exercise"]] = (*answers.get(event["exercise"], ()), answer)
    return Attempts(
        answers,
        Counter(event["exercise"] for event in events if event["event"] == "hint"),
        frozenset(event["exercise"] for event in events if event["event"] == "solution"),
    )


def _short(answer: Any) -> str:
    text = json.dumps(answer, ensure_ascii=False)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
