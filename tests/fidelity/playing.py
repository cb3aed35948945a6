"""Plays tracks against a right server once, and then over the same answers with one thing altered at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sandbox.exchange import Exchange
from sandbox.testbench.engine import Send, play
from sandbox.testbench.script import Asked, Request, Result, Test
from sandbox.testbench.tracks import TRACKS
from sandbox.twins.altering import Fault
from tests.fidelity.alterations import altered_answer, faults_in, may_hold

SEEN = ("fail", "warn")
GRAVE = ("error", "warning", "fatal")
Key = tuple[str, str, bytes]
Choose = Callable[[list[Fault]], list[Fault]]


@dataclass(frozen=True, slots=True)
class Played:
    """A test with what it was given, what came of it, and what it asked with the answers."""

    test: Test
    given: Mapping[str, str]
    right: Result
    answers: list[tuple[Key, Exchange]]

    def holds(self, fault: Fault) -> bool:
        """Tells whether any of its answers would be another with a fault."""
        return any(
            altered_answer(answer, fault) != answer
            for _, answer in self.answers
            if may_hold(answer, fault)
        )

    def sees(self, result: Result) -> bool:
        """Tells whether a play over altered answers says something grave that the right one did
        not.
        """
        return result.verdict in SEEN and not told(result) <= told(self.right)


class Replaying:
    """Answers from what was recorded, altered; what was not asked before is asked now."""

    def __init__(self, played: Played, fault: Fault, send: Send) -> None:
        self._send = send
        self._fault = fault
        self._known: dict[Key, list[Exchange]] = defaultdict(list)
        for key, answer in reversed(played.answers):
            self._known[key].append(answer)

    async def __call__(self, asked: Asked) -> Exchange:
        assert isinstance(asked, Request)
        answers = self._known[key_of(asked)]
        answer = answers.pop() if answers else await self._send(asked)
        return altered_answer(answer, self._fault)


def told(result: Result) -> set[tuple[str, str, str, str]]:
    """Returns what a result says that is grave."""
    return {
        (finding.key, finding.where, finding.expected, finding.found)
        for finding in result.findings
        if finding.severity in GRAVE
    }


def key_of(asked: Request) -> Key:
    """Returns by what a request is known again."""
    return asked.method, asked.url, asked.body


async def recorded(track: str, given: Mapping[str, str], send: Send) -> list[Played]:
    """Plays a track as it is."""
    plays = []
    for test in TRACKS[track].tests:
        answers: list[tuple[Key, Exchange]] = []

        async def recording(asked: Asked, kept: list[tuple[Key, Exchange]] = answers) -> Exchange:
            assert isinstance(asked, Request)
            answer = await send(asked)
            kept.append((key_of(asked), answer))
            return answer

        result = await play(test, given, recording)
        plays.append(Played(test, given, result, answers))
        given = {**given, **result.produced}
    return plays


async def seen_of(plays: list[Played], send: Send, choose: Choose) -> dict[Fault, str]:
    """Returns the number of a test that sees each fault, empty for none.

    Args:
        plays: Of one track, as `recorded` has them.
        send: Asks what was not asked before.
        choose: Which faults are tried of those that fit.
    """
    answers = (answer for played in plays for _, answer in played.answers)
    # what compares element by element comes last in a track, and sees most
    order = plays[::-1]
    seen = {}
    for fault in choose(faults_in(answers)):
        holding = [played for played in order if played.holds(fault)]
        # a header that never came is not altered
        if not holding:
            continue
        seen[fault] = ""
        for played in holding:
            result = await play(played.test, played.given, Replaying(played, fault, send))
            if played.sees(result):
                seen[fault] = played.test.number
                # whoever saw this one likely sees the next one of the same type
                order.remove(played)
                order.insert(0, played)
                break
    return seen
