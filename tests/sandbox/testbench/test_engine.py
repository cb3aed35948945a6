"""The engine: what a script is worth, and that the same evidence gives the same findings."""

from __future__ import annotations

import asyncio
from typing import get_args

import pytest

from sandbox.exchange import Exchange
from sandbox.findings import Finding, Severity
from sandbox.testbench.engine import judge_again, judge_at_once, play
from sandbox.testbench.script import ROLL_UP, Given, Request, Script, Test, Verdict, get, roll_up


def told(severity: Severity) -> Finding:
    return Finding("testbench.told", severity, "testbench.told")


def a_test(*said: Request | Finding, breaks: bool = False, needs: tuple[str, ...] = ()) -> Test:
    def script(given: Given) -> Script:
        for one in said:  # noqa: UP028  a tuple cannot be sent the answer
            yield one
        if breaks:
            raise KeyError("a slip of ours")

    return Test("some.track.test", "X-01", "clause", script, needs=needs)


def an_exchange(url: str = "http://system.test/fhir/metadata", **changes: str) -> Exchange:
    return Exchange("GET", url, (), b"", 0 if changes else 200, (), b"{}", **changes)  # type: ignore[arg-type]


async def answers(request: Request) -> Exchange:
    return an_exchange(f"http://system.test/fhir/{request.url}")


async def is_silent(request: Request) -> Exchange:
    return an_exchange(failure="ConnectTimeout")


@pytest.mark.parametrize(
    ("test", "verdict"),
    [
        (a_test(get("metadata")), "pass"),
        (a_test(told("information")), "pass"),
        (a_test(told("warning"), told("information")), "warn"),
        (a_test(told("warning"), told("error")), "fail"),
        (a_test(breaks=True), "error"),
        (a_test(told("error"), breaks=True), "fail"),
        (a_test(told("warning"), breaks=True), "error"),
        (a_test(needs=("patient",)), "skip"),
    ],
)
def test_a_script_is_worth_its_findings(test: Test, verdict: Verdict) -> None:
    assert asyncio.run(play(test, {}, answers)).verdict == verdict


def test_a_network_fault_is_inconclusive_and_ends_the_script() -> None:
    result = asyncio.run(play(a_test(get("metadata"), told("error")), {}, is_silent))

    assert (result.verdict, len(result.exchanges)) == ("inconclusive", 1)


def test_what_was_found_before_a_network_fault_stays_found() -> None:
    assert (
        asyncio.run(play(a_test(told("error"), get("metadata")), {}, is_silent)).verdict == "fail"
    )


def test_stored_evidence_gives_the_same_result_without_asking() -> None:
    test = a_test(get("metadata"), told("warning"))
    played = asyncio.run(play(test, {}, answers))

    assert asyncio.run(judge_again(test, {}, played.exchanges)) == played
    assert judge_at_once(test, {}, played.exchanges) == played


@pytest.mark.parametrize("now", [a_test(get("metadata"), get("Patient")), a_test(get("Patient"))])
def test_evidence_that_does_not_reach_is_inconclusive(now: Test) -> None:
    stored = asyncio.run(play(a_test(get("metadata")), {}, answers)).exchanges

    assert asyncio.run(judge_again(now, {}, stored)).verdict == "inconclusive"


def test_a_whole_has_the_gravest_verdict_of_its_parts() -> None:
    assert set(ROLL_UP) == set(get_args(Verdict))
    assert roll_up(["pass", "skip"]) == "pass"
    assert roll_up(["pass", "inconclusive", "fail"]) == "fail"
    assert roll_up([]) == "skip"
