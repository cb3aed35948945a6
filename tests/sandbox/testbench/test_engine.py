"""The engine: what a script is worth, and that the same evidence gives the same findings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any, get_args

import pytest

from sandbox.exchange import Exchange
from sandbox.findings import Finding, Severity
from sandbox.limits import TEST_EXCHANGES
from sandbox.testbench.engine import (
    NotYet,
    cut_off,
    judge_again,
    judge_at_once,
    play,
    play_at_once,
    play_track,
)
from sandbox.testbench.script import (
    OBSERVED,
    ROLL_UP,
    Asked,
    Capture,
    Given,
    Request,
    Result,
    Script,
    Test,
    Track,
    Verdict,
    get,
    post,
    roll_up,
)
from sandbox.testbench.speaking import SPOKEN


def told(severity: Severity) -> Finding:
    return Finding("testbench.told", severity, "testbench.told")


def a_test(*said: Request | Finding, breaks: bool = False, needs: tuple[str, ...] = ()) -> Test:
    def script(given: Given) -> Script:
        for one in said:  # noqa: UP028  a tuple cannot be sent the answer
            yield one
        if breaks:
            raise KeyError("a slip of ours")

    return Test("some.track.test", "X-01", "clause", script, needs=needs)


RESOURCE = b'{"resourceType": "Basic"}'


def an_exchange(url: str = "http://system.test/fhir/metadata", **changes: str) -> Exchange:
    return Exchange("GET", url, (), b"", 0 if changes else 200, (), RESOURCE, **changes)  # type: ignore[arg-type]


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


@pytest.mark.parametrize("breaks", [False, True])
def test_the_tests_of_a_track_go_on_behind_one_that_came_to_no_end(breaks: bool) -> None:
    """By a network fault, or one of the script: neither has produced anything."""
    first = a_test(get("metadata"), breaks=breaks)
    track = Track("some.track", "some", (first, a_test(told("warning"))))
    results = asyncio.run(play_track(track, {}, answers if breaks else is_silent))
    # that FHIR was spoken is the engine's own word
    assert [set(result.produced) - {SPOKEN} for result in results] == [set(), set()]
    assert [result.verdict for result in results] == ["error" if breaks else "inconclusive", "warn"]


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


def keys(result: Result) -> list[str]:
    return [finding.key.removeprefix("testbench.") for finding in result.findings]


def a_script_test(script: Callable[[Given], Script], **declared: Any) -> Test:
    return Test("some.track.test", "X-01", "clause", script, **declared)


def test_what_a_system_has_not_sent_yet_is_inconclusive() -> None:
    async def has_not_come(asked: Asked) -> Exchange:
        raise NotYet

    result = asyncio.run(play(a_test(told("information"), get("Patient")), {}, has_not_come))
    assert (result.verdict, keys(result)) == ("inconclusive", ["told", "not_yet"])


def test_a_script_that_breaks_produces_nothing_and_says_whose_fault_it_is() -> None:
    result = asyncio.run(play(a_test(get("metadata"), breaks=True), {}, answers))
    assert keys(result) == ["our_fault"]
    assert (len(result.exchanges), set(result.produced) - {SPOKEN}) == (1, set())


def test_a_script_that_asks_without_end_is_ended() -> None:
    def endless(given: Given) -> Script:
        while True:
            yield get("metadata")

    def to_the_limit(given: Given) -> Script:
        for _ in range(TEST_EXCHANGES):
            yield get("metadata")

    ended = asyncio.run(play(a_script_test(endless), {}, answers))
    assert (ended.verdict, len(ended.exchanges)) == ("error", TEST_EXCHANGES)
    assert asyncio.run(play(a_script_test(to_the_limit), {}, answers)).verdict == "pass"


def test_a_test_that_lacks_an_input_or_what_another_gives_is_skipped_and_names_it() -> None:
    def script(given: Given) -> Script:
        yield get(given["stored"])

    test = a_script_test(script, needs=("patient", "document"), after={"stored": "X-00"})
    for given, key, named in (
        ({}, "missing_input", "patient, document"),
        ({"patient": "1", "document": ""}, "missing_input", "document"),
        ({"patient": "1", "document": "2"}, "depends", "X-00"),
    ):
        result = asyncio.run(play(test, given, answers))
        assert (result.verdict, keys(result), result.exchanges) == ("skip", [key], ())
        assert named in str(result.findings[0].params)
    whole = {"patient": "1", "document": "2", "stored": "3"}
    assert asyncio.run(play(test, whole, answers)).verdict == "pass"


def test_a_test_that_looks_on_needs_nothing() -> None:
    def looks_on(given: Given) -> Script:
        yield told("warning")

    declared = a_script_test(looks_on, needs=("patient",), after={"stored": "X-00"})
    observing = a_script_test(
        looks_on, needs=("patient",), after={"stored": "X-00"}, observed=looks_on
    )
    meeting = {OBSERVED: "a-meeting"}
    assert asyncio.run(play(observing, meeting, answers)).verdict == "warn"
    assert asyncio.run(play(observing, {}, answers)).verdict == "skip"
    assert asyncio.run(play(declared, meeting, answers)).verdict == "skip"


def test_what_a_test_produces_is_given_to_those_behind_it() -> None:
    def stores(given: Given) -> Script:
        yield get("metadata")
        return {"stored": f"{given['base']}/Patient/1"}

    def reads(given: Given) -> Script:
        yield get(given["stored"])
        yield told("information" if given["base"] == "b" else "error")

    tests = (
        a_script_test(stores, needs=("base",)),
        a_script_test(reads, after={"stored": "X-01"}),
    )
    results = asyncio.run(play_track(Track("some.track", "some", tests), {"base": "b"}, answers))
    assert [result.verdict for result in results] == ["pass", "pass"]
    assert [result.produced.get("stored") for result in results] == ["b/Patient/1", None]
    assert results[1].exchanges[0].url.endswith("b/Patient/1")


def test_stored_evidence_is_that_of_the_request_wherever_the_base_has_moved() -> None:
    test = a_test(get("Patient/1"), told("warning"))
    moved = an_exchange("http://another.test/base/Patient/1")
    assert asyncio.run(judge_again(test, {}, [moved])).verdict == "warn"
    for other in (an_exchange("http://system.test/fhir/Patient/2"), replace(moved, method="POST")):
        result = asyncio.run(judge_again(test, {}, [other]))
        assert (result.verdict, keys(result)) == ("inconclusive", ["asks_anew"])


def waiting_for(capture: Capture) -> Test:
    def script(given: Given) -> Script:
        answer = yield capture
        yield told("warning" if answer.method == "PUT" else "information")

    return a_script_test(script)


def test_stored_evidence_may_be_what_came_in_place_of_what_was_awaited() -> None:
    """Nothing but its method tells which of the two came; where neither did, it is asked anew."""
    came = an_exchange("http://inbox.test/Bundle")
    update = Capture("PUT", ".*")
    either = Capture("POST", ".*", otherwise=Capture("PATCH|DELETE", ".*", otherwise=update))
    for capture, method, expected in (
        (Capture("POST", ".*"), "POST", "pass"),
        (Capture("POST|PUT", ".*"), "PUT", "warn"),
        (either, "POST", "pass"),
        (either, "DELETE", "pass"),
        (either, "PUT", "warn"),
        (either, "GET", "inconclusive"),
        (Capture("POST", ".*"), "PUT", "inconclusive"),
        (Capture("POST", ".*"), "POSTED", "inconclusive"),
    ):
        stored = [replace(came, method=method)]
        result = asyncio.run(judge_again(waiting_for(capture), {}, stored))
        assert result.verdict == expected, (capture, method)
        assert ("asks_anew" in keys(result)) is (expected == "inconclusive")


def test_without_a_loop_a_test_is_played_as_with_one_and_never_waits() -> None:
    async def waits(request: Request) -> Exchange:
        await asyncio.sleep(0)
        return an_exchange()

    test = a_test(get("metadata"), told("warning"))
    assert play_at_once(test, {}, answers) == asyncio.run(play(test, {}, answers))
    with pytest.raises(RuntimeError, match="waits"):
        play_at_once(test, {}, waits)


def test_a_test_that_stopped_the_server_too_often_is_an_error_that_counts() -> None:
    result = cut_off(a_test(), 3)
    assert (result.verdict, keys(result), result.exchanges) == ("error", ["cut_off"], ())
    assert result.findings[0].params == {"test": "some.track.test", "count": 3}


@pytest.mark.parametrize(
    ("findings", "verdict"),
    [
        # an error found before the end is not excused by what broke afterwards
        (["error", "our_fault"], "fail"),
        (["our_fault", "unreachable"], "error"),
        (["unreachable", "missing_input"], "inconclusive"),
        (["missing_input", "told_by_people"], "skip"),
        (["told_by_people", "warning"], "review"),
        (["warning", "information"], "warn"),
        (["fatal", "our_fault"], "fail"),
        ([], "pass"),
    ],
)
def test_the_gravest_finding_decides(findings: list[str], verdict: Verdict) -> None:
    def as_told(name: str) -> Finding:
        if name in get_args(Severity):
            return told(name)  # type: ignore[arg-type]
        return replace(told("information"), key=f"testbench.{name}")

    for order in (findings, findings[::-1]):
        test = a_test(*map(as_told, order))
        assert asyncio.run(play(test, {}, answers)).verdict == verdict


def test_requests_that_are_alike_have_each_its_own_answer() -> None:
    def twice(given: Given) -> Script:
        first = yield post("Patient", {"resourceType": "Patient"})
        second = yield post("Patient", {"resourceType": "Patient"})
        yield told("information" if first.url != second.url else "error")

    numbers = iter("12")

    async def counts(request: Request) -> Exchange:
        return replace(an_exchange(f"http://system.test/{next(numbers)}/Patient"), method="POST")

    result = asyncio.run(play(a_script_test(twice), {}, counts))
    assert result.verdict == "pass"
    assert asyncio.run(judge_again(a_script_test(twice), {}, result.exchanges)) == result
