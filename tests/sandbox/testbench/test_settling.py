"""Before a test fails, its searches are asked again, and its writes never."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from sandbox.exchange import Exchange
from sandbox.findings import Finding, Severity
from sandbox.limits import SETTLE_TESTS, SETTLE_TIMES
from sandbox.testbench.engine import judge_again, play
from sandbox.testbench.reading import resources_of
from sandbox.testbench.script import Asked, Given, Request, Result, Script, Test, get, post
from sandbox.testbench.settling import Waiting, is_read

PATIENT = {"resourceType": "Patient"}


def created_and_found(given: Given) -> Script:
    yield post("Patient", PATIENT)
    answer = yield get("Patient", {"identifier": given["run"]})
    if not resources_of(answer, "Patient"):
        yield Finding("testbench.told", "error", "testbench.told")


TEST = Test("some.track.test", "X-01", "clause", created_and_found)
GIVEN = {"run": "a-run"}


class LateServer:
    """Finds what was written after a number of searches; knows how often it was written."""

    def __init__(self, *, after: int, headers: Sequence[tuple[str, str]] = ()) -> None:
        self.asked: list[str] = []
        self._after = after
        self._headers = tuple(headers)

    async def __call__(self, asked: Asked) -> Exchange:
        assert isinstance(asked, Request)
        self.asked.append(asked.method)
        entries = [{"resource": PATIENT}] if self.asked.count("GET") > self._after else []
        found = {"resourceType": "Bundle", "type": "searchset", "entry": entries}
        is_search = asked.method == "GET"
        body = json.dumps(found).encode() if is_search else b""
        status = 200 if is_search else 201
        url = f"http://system.test/fhir/{asked.url}"
        return Exchange(asked.method, url, (), asked.body, status, self._headers, body)


class Slept:
    """A sleep that only counts."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


def played(server: LateServer, patience: Waiting | None) -> Result:
    return asyncio.run(play(TEST, GIVEN, server, patience=patience))


def keys(result: Result) -> list[str]:
    return [finding.key.removeprefix("testbench.") for finding in result.findings]


def test_what_is_found_a_little_later_passes_and_says_so() -> None:
    server = LateServer(after=1)
    slept = Slept()
    result = played(server, Waiting(sleep=slept))

    assert (result.verdict, keys(result)) == ("pass", ["asked_again"])
    assert server.asked == ["POST", "GET", "GET"]
    assert slept.seconds == [1]


def test_what_is_never_found_fails_after_the_waits() -> None:
    server = LateServer(after=99)
    slept = Slept()
    result = played(server, Waiting(sleep=slept))

    assert (result.verdict, keys(result)) == ("fail", ["told", "asked_again"])
    assert result.findings[-1].params == {"seconds": sum(slept.seconds)}
    assert server.asked == ["POST", *["GET"] * (1 + SETTLE_TIMES)]
    assert slept.seconds == [1, 2]


def test_what_a_script_has_cleaned_up_is_not_looked_for_again() -> None:
    """A search that finds too much would find that right once all is deleted."""

    def found_too_much(given: Given) -> Script:
        yield post("Patient", PATIENT)
        answer = yield get("Patient", {"identifier": "nobody"})
        if resources_of(answer, "Patient"):
            yield Finding("testbench.told", "error", "testbench.told")
        yield Request("DELETE", "Patient/1")

    class Forgetful(LateServer):
        async def __call__(self, asked: Asked) -> Exchange:
            if "DELETE" in self.asked:
                self._after = 99
            return await super().__call__(asked)

    server = Forgetful(after=0)
    slept = Slept()
    test = Test("some.track.test", "X-01", "clause", found_too_much)
    result = asyncio.run(play(test, GIVEN, server, patience=Waiting(sleep=slept)))
    assert (result.verdict, keys(result)) == ("fail", ["told"])
    assert server.asked == ["POST", "GET", "DELETE"]
    assert slept.seconds == []


def test_what_was_deleted_may_be_found_a_little_longer() -> None:
    """As what was written may be found a little later: an index is built in the background."""

    def deleted_and_gone(given: Given) -> Script:
        yield post("Patient", PATIENT)
        yield Request("DELETE", "Patient/1")
        answer = yield get("Patient", {"identifier": given["run"]})
        if resources_of(answer, "Patient"):
            yield Finding("testbench.told", "error", "testbench.told")

    class Lagging(LateServer):
        async def __call__(self, asked: Asked) -> Exchange:
            if "GET" in self.asked:
                self._after = 99
            return await super().__call__(asked)

    server = Lagging(after=0)
    test = Test("some.track.test", "X-01", "clause", deleted_and_gone)
    result = asyncio.run(play(test, GIVEN, server, patience=Waiting(sleep=Slept())))
    assert (result.verdict, keys(result)) == ("pass", ["asked_again"])
    assert server.asked == ["POST", "DELETE", "GET", "GET"]


def test_a_system_that_finds_nothing_is_not_waited_for_in_every_test() -> None:
    slept = Slept()
    patience = Waiting(sleep=slept)
    for _ in range(SETTLE_TESTS + 2):
        played(LateServer(after=99), patience)

    assert len(slept.seconds) == SETTLE_TESTS * SETTLE_TIMES


@pytest.mark.parametrize("after", [0, 1, 99])
def test_stored_evidence_gives_the_same_result(after: int) -> None:
    result = played(LateServer(after=after), Waiting(sleep=Slept()))

    assert asyncio.run(judge_again(TEST, GIVEN, result.exchanges)) == result


@pytest.mark.parametrize(
    "other", [{"url": "http://system.test/fhir/Patient?name=a"}, {"method": "POST"}]
)
def test_stored_evidence_of_something_else_is_no_second_look(other: dict[str, str]) -> None:
    """As where a script has asked more than it does now."""
    result = played(LateServer(after=99), None)
    stored = [*result.exchanges, replace(result.exchanges[-1], **other)]  # type: ignore[arg-type]

    assert asyncio.run(judge_again(TEST, GIVEN, stored)) == result


@pytest.mark.parametrize(
    ("header", "told"),
    [
        (("X-Cache", "HIT from proxy"), True),
        (("Age", "12"), True),
        (("Cache-Status", "edge; hit"), True),
        (("Age", "0"), False),
        (("X-Cache", "MISS"), False),
    ],
)
def test_a_failure_says_which_answers_came_from_a_cache(
    header: tuple[str, str], told: bool
) -> None:
    result = played(LateServer(after=99, headers=[header]), None)

    assert ("from_cache" in keys(result)) is told


def test_a_pass_says_nothing_of_caches() -> None:
    assert keys(played(LateServer(after=0, headers=[("Age", "12")]), None)) == []


def test_reads_may_be_sent_again_and_writes_not() -> None:
    assert is_read(get("Patient"))
    assert is_read(Request("POST", "Patient/_search"))
    assert not is_read(post("Patient", PATIENT))
    assert not is_read(Request("DELETE", "Patient/1"))


def test_what_was_looked_for_before_a_write_is_not_looked_for_behind_it() -> None:
    """A refusal is followed by the same without its fault, which is then there to be found."""

    def refused_and_taken(given: Given) -> Script:
        yield post("Patient", {"gender": "wrong"})
        stored = yield get("Patient", {"identifier": given["run"]})
        if resources_of(stored, "Patient"):
            yield Finding("testbench.told", "error", "testbench.told")
        yield post("Patient", PATIENT)
        answer = yield get("Patient", {"name": given["run"]})
        if not resources_of(answer, "Patient"):
            yield Finding("testbench.told", "warning", "testbench.told")

    server = LateServer(after=2)
    test = Test("some.track.test", "X-01", "clause", refused_and_taken)
    result = asyncio.run(play(test, GIVEN, server, patience=Waiting(sleep=Slept())))
    assert result.verdict == "pass"
    assert server.asked == ["POST", "GET", "POST", "GET", "GET"]


def searching(given: Given) -> Script:
    answer = yield get("Patient", {"identifier": given["run"]})
    if not resources_of(answer, "Patient"):
        yield Finding("testbench.told", "error", "testbench.told")


def test_a_search_behind_no_write_is_asked_again_too() -> None:
    """What it looks for was written before: by an earlier test, or by another system."""
    server = LateServer(after=1)
    test = Test("some.track.test", "X-01", "clause", searching)
    result = asyncio.run(play(test, GIVEN, server, patience=Waiting(sleep=Slept())))
    assert (result.verdict, server.asked) == ("pass", ["GET", "GET"])
    assert asyncio.run(judge_again(test, GIVEN, result.exchanges)) == result


def test_without_patience_nothing_is_asked_again() -> None:
    server = LateServer(after=1)
    result = played(server, None)
    assert (result.verdict, keys(result), server.asked) == ("fail", ["told"], ["POST", "GET"])


@pytest.mark.parametrize("told_of", ["error", "warning", "information"])
def test_only_what_failed_or_was_warned_of_may_settle(told_of: Severity) -> None:
    def always_tells(given: Given) -> Script:
        yield get("Patient", {"identifier": given["run"]})
        yield Finding("testbench.told", told_of, "testbench.told")

    server = LateServer(after=0)
    test = Test("some.track.test", "X-01", "clause", always_tells)
    asyncio.run(play(test, GIVEN, server, patience=Waiting(sleep=Slept())))
    assert len(server.asked) == (1 if told_of == "information" else 1 + SETTLE_TIMES)


def test_what_is_written_twice_alike_is_written_twice_and_not_again() -> None:
    def twice(given: Given) -> Script:
        first = yield post("Patient", PATIENT)
        second = yield post("Patient", PATIENT)
        if first.body == second.body:
            yield Finding("testbench.told", "error", "testbench.told")
        yield from searching(given)

    class Numbering(LateServer):
        async def __call__(self, asked: Asked) -> Exchange:
            answer = await super().__call__(asked)
            written = str(self.asked.count("POST")).encode()
            return answer if answer.method == "GET" else replace(answer, body=written)

    server = Numbering(after=1)
    test = Test("some.track.test", "X-01", "clause", twice)
    result = asyncio.run(play(test, GIVEN, server, patience=Waiting(sleep=Slept())))
    assert (result.verdict, keys(result)) == ("pass", ["asked_again"])
    assert server.asked == ["POST", "POST", "GET", "GET"]


def test_what_is_written_otherwise_the_next_time_is_written() -> None:
    """The answer to another request is none to this one, as where a script has asked the clock."""
    numbers = iter(range(9))

    def another_each_time(given: Given) -> Script:
        yield post("Patient", {**PATIENT, "birthDate": str(1990 + next(numbers))})
        yield from searching(given)

    server = LateServer(after=1)
    test = Test("some.track.test", "X-01", "clause", another_each_time)
    result = asyncio.run(play(test, GIVEN, server, patience=Waiting(sleep=Slept())))
    assert (result.verdict, server.asked) == ("pass", ["POST", "GET", "POST", "GET"])
