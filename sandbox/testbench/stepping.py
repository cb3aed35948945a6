"""A script taken a step further: from one answer to what it asks next, here or in a worker.

A worker keeps the scripts that it has begun.  One that it does not have, since another worker began
it or this one was replaced, is played anew over the exchanges so far, which it asks in the same
order: scripts are pure.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Protocol
from uuid import uuid4

from sandbox.exchange import Exchange
from sandbox.findings import Finding
from sandbox.limits import JUDGING_CPU_SECONDS, JUDGING_SECONDS
from sandbox.testbench.script import Asked, Given, Produced, Script, Test, Track
from sandbox.workers import Budget, Pool

log = logging.getLogger("sandbox.testbench")

PATIENT = Budget(JUDGING_CPU_SECONDS, JUDGING_SECONDS, is_patient=True)
MOST_KEPT = 32  # scripts that wait for an answer


@dataclass(frozen=True, slots=True)
class Step:
    """What a script told until it asked (`asked`), came to its end, or broke."""

    findings: tuple[Finding, ...]
    asked: Asked | None = None
    produced: Produced = field(default_factory=dict)
    is_broken: bool = False


class Steps(Protocol):
    """Takes one script through its steps."""

    async def __call__(self, test: Test, given: Given, exchanges: Sequence[Exchange]) -> Step:
        """Returns the step behind the last of the exchanges so far."""


def advance(id: str, script: Script, answer: Exchange | None) -> Step:
    """Takes the script of a test from an answer, None at its beginning, to its next question or
    end.
    """
    findings: list[Finding] = []
    try:
        while True:
            yielded = script.send(answer)  # type: ignore[arg-type]  # a generator starts with None
            answer = None
            if not isinstance(yielded, Finding):
                return Step(tuple(findings), asked=yielded)
            findings.append(yielded)
    except StopIteration as end:
        return Step(tuple(findings), produced=end.value or {})
    except Exception:
        log.exception("script failed", extra={"test": id})
        return Step(tuple(findings), is_broken=True)


class Here:
    """Steps of a script in this process."""

    def __init__(self) -> None:
        self._script: Script | None = None

    async def __call__(self, test: Test, given: Given, exchanges: Sequence[Exchange]) -> Step:
        """Returns the step behind the last exchange."""
        if self._script is None or not exchanges:
            self._script = test.begin(given)
        return advance(test.id, self._script, exchanges[-1] if exchanges else None)


class InWorkers:
    """Steps of a script in workers; `is_blocking` waits for them in the thread of the caller."""

    def __init__(self, workers: Pool, *, is_blocking: bool = False) -> None:
        self._workers = workers
        self._is_blocking = is_blocking
        self._key = uuid4().hex

    async def __call__(self, test: Test, given: Given, exchanges: Sequence[Exchange]) -> Step:
        """Returns the step behind the last exchange; raises NotFinished."""
        from sandbox.testbench.tracks import home_of  # its tracks are made of what uses this module

        if exchanges:
            step = await self._done(go_on, self._key, test.id, len(exchanges), exchanges[-1])
            if step is not None:
                return step
        whose = (home_of(test), test.id)
        begun = await self._done(begin, self._key, whose, dict(given), tuple(exchanges))
        assert begun is not None  # noqa: S101  # only going on can fail to find its script
        return begun

    async def _done(self, job: object, *arguments: object) -> Step | None:
        if self._is_blocking:
            return self._workers.run(PATIENT, job, *arguments)  # type: ignore[arg-type]
        return await self._workers.later(PATIENT, job, *arguments)  # type: ignore[arg-type]


def load_scripts() -> None:
    """Reads what judges and all scripts, so that no first run of a worker waits for it."""
    from sandbox.validation import validate

    validate({"resourceType": "Basic"})
    import_module("sandbox.testbench.tracks")


_scripts: dict[str, tuple[int, Script]] = {}


def begin(key: str, whose: tuple[str, str], given: Given, exchanges: Sequence[Exchange]) -> Step:
    """Begins a script, and takes it behind the exchanges so far; the job of a worker.

    Args:
        key: By what the script is found again, while this worker lives.
        whose: The module that declares the test, and the id of the test.
        given: What the test takes.
        exchanges: What was asked and answered so far.
    """
    home, id = whose
    script = _test_of(home, id).begin(given)
    step = advance(id, script, None)
    for exchange in exchanges:
        step = advance(id, script, exchange)
    return _kept(key, len(exchanges), script, step)


def go_on(key: str, id: str, number: int, exchange: Exchange) -> Step | None:
    """Takes a script behind its next exchange; None where this worker does not have it."""
    asked, script = _scripts.pop(key, (0, None))
    if script is None or asked != number - 1:
        return None
    return _kept(key, number, script, advance(id, script, exchange))


def _kept(key: str, number: int, script: Script, step: Step) -> Step:
    if step.asked is not None:
        while len(_scripts) >= MOST_KEPT:
            _scripts.pop(next(iter(_scripts)))
        _scripts[key] = number, script
    return step


def _test_of(home: str, id: str) -> Test:
    tracks = [each for each in vars(import_module(home)).values() if isinstance(each, Track)]
    return next(test for track in tracks for test in track.tests if test.id == id)
