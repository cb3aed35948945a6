"""The engine: plays a script, sends what it asks, keeps what came, and says what it is worth.

A network fault ends a script as inconclusive, a fault of the script as error; neither looks like a
failure of the system (docs/design.md 3, decision 6).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from sandbox.exchange import Exchange
from sandbox.findings import Finding
from sandbox.testbench.script import (
    Asked,
    Given,
    Produced,
    Request,
    Result,
    Test,
    Track,
    Verdict,
    depends_on,
)

log = logging.getLogger("sandbox.testbench")

Send = Callable[[Asked], Awaitable[Exchange]]
ENDINGS: dict[str, Verdict] = {
    "testbench.missing_input": "skip",
    "testbench.depends": "skip",
    "testbench.nothing_there": "skip",
    "testbench.unreachable": "inconclusive",
    "testbench.asks_anew": "inconclusive",
    "testbench.not_yet": "inconclusive",
    "testbench.our_fault": "error",
}
WORTH: dict[str, Verdict] = {
    "fatal": "fail",
    "error": "fail",
    "warning": "warn",
    "information": "pass",
}
# a script that asks without end would keep the system's other runs waiting for ever
MOST_EXCHANGES = 2000


class NotYet(Exception):
    """The system has not sent what a script waits for."""


class NothingStored(Exception):
    """A script asks for more than the stored evidence holds."""


async def play(test: Test, given: Given, send: Send) -> Result:
    """Plays a test to its end and returns what came of it."""
    hindrance = _hindrance(test, given)
    if hindrance:
        return Result(test, "skip", (hindrance,), ())
    findings: list[Finding] = []
    exchanges: list[Exchange] = []
    script = test.script(given)
    answer: Exchange | None = None
    produced: Produced = {}
    try:
        while True:
            yielded = script.send(answer)  # type: ignore[arg-type]  # a generator starts with None
            answer = None
            if isinstance(yielded, Finding):
                findings.append(yielded)
                continue
            if len(exchanges) == MOST_EXCHANGES:
                raise RuntimeError(f"{test.id} asks without end")
            answer = await send(yielded)
            exchanges.append(answer)
            if answer.failure:
                findings.append(
                    _ending("testbench.unreachable", where=answer.url, reason=answer.failure)
                )
                break
    except StopIteration as end:
        produced = end.value or {}
    except NotYet:
        findings.append(_ending("testbench.not_yet"))
    except NothingStored:
        findings.append(_ending("testbench.asks_anew"))
    # whatever an odd answer breaks in a script is our fault, and must not look like the system's
    except Exception:
        log.exception("script failed", extra={"test": test.id})
        findings.append(_ending("testbench.our_fault", test=test.id))
    script.close()
    return Result(test, _verdict(findings), tuple(findings), tuple(exchanges), produced)


def _hindrance(test: Test, given: Given) -> Finding | None:
    """Returns why a test cannot begin: an input that is missing, or an earlier test that gave
    nothing.
    """
    lacking = [name for name in test.needs if not given.get(name)]
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


def play_at_once(test: Test, given: Given, send: Send) -> Result:
    """Does what `play` does without an event loop, for a `send` that never waits."""
    # what came to an inbox is judged in a worker thread, which has no loop of its own
    return _at_once(play(test, given, send))


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


async def judge_again(test: Test, given: Given, stored: Sequence[Exchange]) -> Result:
    """Plays a test over stored exchanges: nothing is sent, and the same evidence gives the same
    findings.
    """
    left = iter(stored)

    async def from_store(asked: Asked) -> Exchange:
        kept = next(left, None)
        if kept is None or not re.fullmatch(asked.method, kept.method):
            raise NothingStored
        # by its end alone: the base stands before it, and may have moved since
        if isinstance(asked, Request) and not kept.url.endswith(asked.url):
            raise NothingStored
        return kept

    return await play(test, given, from_store)


def _verdict(findings: list[Finding]) -> Verdict:
    """An error found before the end stays a failure: what broke afterwards does not excuse it."""
    verdicts = [ENDINGS.get(finding.key) or WORTH[finding.severity] for finding in findings]
    order: tuple[Verdict, ...] = ("fail", "error", "inconclusive", "skip", "warn")
    return next((one for one in order if one in verdicts), "pass")


def _ending(key: str, *, where: str = "", **params: object) -> Finding:
    return Finding(key, "information", key, params, issue="transient", where=where)
