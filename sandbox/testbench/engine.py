"""The engine: plays a script, sends what it asks, keeps what came, and says what it is worth.

A network fault ends a script as inconclusive, a fault of the script as error; neither looks like a
failure of the system (docs/design.md 3, decision 6).
"""

from __future__ import annotations

import logging
import re
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.errors import NotFinished
from sandbox.exchange import Exchange, as_kept
from sandbox.findings import Finding
from sandbox.limits import SETTLE_SECONDS, TEST_EXCHANGES
from sandbox.testbench.script import (
    Asked,
    Capture,
    Given,
    Produced,
    Request,
    Result,
    Test,
    Track,
    Verdict,
    depends_on,
)
from sandbox.testbench.settling import Patience, is_read, is_search, told_by_caches
from sandbox.testbench.speaking import (
    CONTROL,
    MISSED,
    SPOKEN,
    asks_for_fhir,
    is_fhir,
    stranger,
)
from sandbox.testbench.stepping import Here, Steps

log = logging.getLogger("sandbox.testbench")

Send = Callable[[Asked], Awaitable[Exchange]]
ENDINGS: dict[str, Verdict] = {
    "testbench.missing_input": "skip",
    "testbench.depends": "skip",
    "testbench.nothing_there": "skip",
    "testbench.not_observed": "skip",
    "testbench.one_more_offer": "skip",
    "testbench.one_more_offer_with_pin": "skip",
    "testbench.one_more_offer_without_pin": "skip",
    "testbench.not_spoken": "skip",
    "credentials.unknown_context": "skip",
    "testbench.unreachable": "inconclusive",
    "testbench.busy": "inconclusive",
    "testbench.closed": "inconclusive",
    "testbench.asks_anew": "inconclusive",
    "testbench.not_yet": "inconclusive",
    "testbench.not_visible": "inconclusive",
    "testbench.no_read": "inconclusive",
    "testbench.not_looked": "inconclusive",
    "testbench.no_verdict": "inconclusive",
    "testbench.told_by_people": "review",
    "testbench.our_fault": "error",
    "testbench.cut_off": "error",
    "workers.not_finished": "error",
}
# Verdicts that a look at what was written a moment ago may have brought about.
UNSETTLED = ("fail", "warn")
# Verdicts that what has answered may have brought about.
IN_QUESTION = ("pass", "warn", "fail", "inconclusive", "skip")
WORTH: dict[str, Verdict] = {
    "fatal": "fail",
    "error": "fail",
    "warning": "warn",
    "information": "pass",
}


@dataclass(slots=True)
class _Progress:
    """What came of a test so far: kept when it breaks.

    Attributes:
        findings: Of the play that is on.
        exchanges: Of all plays, as they are kept.
        asked: What this play has asked, and the answers.
        before: The same of the play before it up to its last write, as far as it was not taken
            over.
    """

    findings: list[Finding] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    asked: list[tuple[Asked, Exchange]] = field(default_factory=list)
    before: list[tuple[Asked, Exchange]] = field(default_factory=list)

    @property
    def answers(self) -> list[Exchange]:
        """The answers of this play, in order."""
        return [answer for _, answer in self.asked]

    @property
    def last_write(self) -> int:
        """How many requests there are up to the last one that may have changed something."""
        is_written = [isinstance(asked, Request) and not is_read(asked) for asked, _ in self.asked]
        return max(
            (number for number, is_one in enumerate(is_written, start=1) if is_one), default=0
        )

    def begin_again(self) -> None:
        """Begins another play of the same test."""
        self.before = self.asked[: self.last_write]
        self.asked = []
        self.findings = []

    def answer_before(self, asked: Asked) -> Exchange | None:
        """Returns the answer to the same request in the play before, up to its last write.

        Nothing is written twice; and what was looked for before a write is another question after
        it: what was refused is found once the same was sent without its fault.
        """
        for index, (written, answer) in enumerate(self.before):
            if written == asked:
                del self.before[index]
                return answer
        return None


class NotYet(Exception):
    """The system has not sent what a script waits for."""


class NothingStored(Exception):
    """A script asks for more than the stored evidence holds."""


async def play(
    test: Test,
    given: Given,
    send: Send,
    steps: Steps | None = None,
    patience: Patience | None = None,
) -> Result:
    """Plays a test to its end and returns what came of it.

    Args:
        steps: Where its script runs; in this process, if omitted.
        patience: Decides whether its searches are asked again before it fails; never, if omitted.
    """
    hindrance = _hindrance(test, given)
    if hindrance:
        return Result(test, "skip", (hindrance,), ())
    progress = _Progress()
    times = 0
    while True:
        produced = await _played_once(test, given, send, steps or Here(), progress)
        # what came to an inbox is never asked again, and reading each answer for it takes its time
        first = _may_settle(progress) if patience else None
        if patience is None or first is None or not await patience(times, first):
            break
        times += 1
        progress.begin_again()
    if times:
        seconds = SETTLE_SECONDS * (2**times - 1)
        key = "testbench.asked_again"
        progress.findings.append(Finding(key, "information", key, {"seconds": seconds}))
    told = await _told_by_base(test, given, send, progress)
    findings = tuple(progress.findings)
    if _verdict(findings) in UNSETTLED:
        findings += tuple(told_by_caches(progress.answers))
    # what somebody else answered is nothing for the tests behind it
    produced = told if MISSED in told else {**produced, **told}
    return Result(test, _verdict(findings), findings, tuple(progress.exchanges), produced)


async def _told_by_base(test: Test, given: Given, send: Send, progress: _Progress) -> Produced:
    """Looks whether FHIR is spoken at the base that was asked for it; where it is not, that is all
    that a test has to tell, and the first of a run alone tells it.
    """
    answers = [answer for asked, answer in progress.asked if asks_for_fhir(asked)]
    if any(is_fhir(answer) for answer in answers):
        return {} if given.get(SPOKEN) else {SPOKEN: "yes"}
    is_in_question = _verdict(progress.findings) in IN_QUESTION
    if not answers or given.get(SPOKEN) or not is_in_question or answers[-1].failure:
        return {}
    missed = given.get(MISSED, test.number)
    if missed != test.number:
        progress.findings = [depends_on(missed)]
        return {MISSED: missed}
    control = next((answer for asked, answer in progress.asked if asked == CONTROL), None)
    if control is None:
        try:
            control = await send(CONTROL)
        except (NotYet, NothingStored):
            return {}  # nobody asked in a meeting that is observed, or when the evidence was made
        progress.exchanges.append(as_kept(control))
    if control.failure:
        progress.findings.append(
            _ending("testbench.unreachable", where=control.url, reason=control.failure)
        )
        return {}
    if is_fhir(control):
        return {SPOKEN: "yes"}
    progress.findings = [stranger(control)]
    return {MISSED: test.number}


async def _played_once(
    test: Test, given: Given, send: Send, steps: Steps, progress: _Progress
) -> Produced:
    """Takes a script to its end once; what breaks it becomes a finding."""
    try:
        return await _played(test, given, send, steps, progress)
    except NotFinished as error:
        progress.findings.append(error.as_finding())
    except NotYet:
        progress.findings.append(_ending("testbench.not_yet"))
    except NothingStored:
        progress.findings.append(_ending("testbench.asks_anew"))
    # whatever an odd answer breaks in a script is our fault, and must not look like the system's
    except Exception:
        log.exception("script failed", extra={"test": test.id})
        progress.findings.append(_ending("testbench.our_fault", test=test.id))
    return {}


def _may_settle(progress: _Progress) -> Exchange | None:
    """Returns the first search behind the writes of a play that did not pass: what it looked for
    may be found a little later; None where time would change nothing.
    """
    if _verdict(progress.findings) not in UNSETTLED:
        return None
    # what was looked for before it is another question: of what a script has cleaned up, nothing
    # would be found, and that right which was wrong
    behind = progress.answers[progress.last_write :]
    return next((answer for answer in behind if is_search(answer)), None)


async def _played(
    test: Test,
    given: Given,
    send: Send,
    steps: Steps,
    progress: _Progress,
) -> Produced:
    """Takes a script to its end, and keeps what comes of it as it comes."""
    while True:
        step = await steps(test, given, progress.answers)
        progress.findings += step.findings
        if step.is_broken:
            progress.findings.append(_ending("testbench.our_fault", test=test.id))
        if step.asked is None:
            return step.produced
        if len(progress.exchanges) == TEST_EXCHANGES:
            raise RuntimeError(f"{test.id} asks without end")
        answer = progress.answer_before(step.asked)
        if answer is None:
            answer = await send(step.asked)
            progress.exchanges.append(as_kept(answer))
        progress.asked.append((step.asked, answer))
        if answer.failure:
            progress.findings.append(
                _ending("testbench.unreachable", where=answer.url, reason=answer.failure)
            )
            return {}


def _hindrance(test: Test, given: Given) -> Finding | None:
    """Returns why a test cannot begin: an input that is missing, or an earlier test that gave
    nothing.
    """
    if test.is_observing(given):
        return None
    lacking = test.lacking(given)
    if lacking:
        return _ending("testbench.missing_input", name=", ".join(lacking))
    missed = next((number for name, number in test.after.items() if not given.get(name)), "")
    return depends_on(missed) if missed else None


async def play_track(track: Track, given: Given, send: Send) -> list[Result]:
    """Plays the tests of a track one after the other; what one produces is given to those behind
    it.
    """
    results = []
    for test in track.tests:
        results.append(await play(test, given, send))
        given = {**given, **results[-1].produced}
    return results


def play_at_once(test: Test, given: Given, send: Send, steps: Steps | None = None) -> Result:
    """Does what `play` does without an event loop, for a `send` and `steps` that never wait."""
    # what came to an inbox is judged in a worker thread, which has no loop of its own
    return _at_once(play(test, given, send, steps))


def judge_at_once(test: Test, given: Given, stored: Sequence[Exchange]) -> Result:
    """Does what `judge_again` does without an event loop: nothing in it ever waits."""
    return _at_once(judge_again(test, given, stored))


def _at_once(playing: Coroutine[Any, Any, Result]) -> Result:
    """Runs a coroutine to its end in one step; raises RuntimeError for one that waits."""
    try:
        playing.send(None)
    except StopIteration as end:
        result: Result = end.value
        return result
    playing.close()
    raise RuntimeError("waits for something")


async def judge_again(
    test: Test, given: Given, stored: Sequence[Exchange], steps: Steps | None = None
) -> Result:
    """Plays a test over stored exchanges: nothing is sent, and the same evidence gives the same
    findings.
    """
    left = deque(stored)

    async def from_store(asked: Asked) -> Exchange:
        if not left:
            raise NothingStored
        if not re.fullmatch(asked.method, left[0].method):
            # what came in place of another cannot have its method
            if isinstance(asked, Capture) and asked.otherwise is not None:
                return await from_store(asked.otherwise)
            raise NothingStored
        # by its end alone: the base stands before it, and may have moved since
        if isinstance(asked, Request) and not left[0].url.endswith(asked.url):
            raise NothingStored
        return left.popleft()

    async def was_patient(times: int, first: Exchange) -> bool:
        return bool(left) and (left[0].method, left[0].url) == (first.method, first.url)

    return await play(test, given, from_store, steps, was_patient)


def cut_off(test: Test, count: int) -> Result:
    """Returns the result of a test during which the server stopped so often that it is not begun
    again.
    """
    ending = _ending("testbench.cut_off", test=test.id, count=count)
    return Result(test, _verdict([ending]), (ending,), ())


def _verdict(findings: Sequence[Finding]) -> Verdict:
    """An error found before the end stays a failure: what broke afterwards does not excuse it."""
    verdicts = [ENDINGS.get(finding.key) or WORTH[finding.severity] for finding in findings]
    order: tuple[Verdict, ...] = ("fail", "error", "inconclusive", "skip", "review", "warn")
    return next((verdict for verdict in order if verdict in verdicts), "pass")


def _ending(key: str, *, where: str = "", **params: object) -> Finding:
    return Finding(key, "information", key, params, issue="transient", where=where)
