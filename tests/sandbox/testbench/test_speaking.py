"""A test counts only where FHIR came from the base, in it or before it; else what answers there is told, once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from sandbox.exchange import Exchange
from sandbox.findings import Finding
from sandbox.testbench.engine import NotYet, judge_again, play, play_track
from sandbox.testbench.script import Asked, Given, Request, Result, Script, Test, Track, get, post
from sandbox.testbench.speaking import MISSED, SPOKEN, asks_for_fhir, is_fhir

BASE = "http://system.test/fhir"
JSON = (("content-type", "application/json"),)
HTML = (("content-type", "text/html; charset=utf-8"),)
STATEMENT = b'{"resourceType": "CapabilityStatement"}'
PATIENT = b'<?xml version="1.0"?><Patient xmlns="http://hl7.org/fhir"/>'
LOGIN = b"<html><form><input name=p type='password'></form></html>"
Reply = tuple[int, tuple[tuple[str, str], ...], bytes]


def refuses_absent(given: Given) -> Script:
    """What a negative test asks: a 404 is right."""
    answer = yield get("Patient/nobody")
    if answer.status != 404:
        yield Finding("some.told", "error", "some.told")
    return {"stored": "Patient/1"}


def a_test(number: str, script: Callable[[Given], Script] = refuses_absent, **more: object) -> Test:
    return Test(f"some.track.{number}", number, "clause", script, **more)  # type: ignore[arg-type]


def says(reply: Reply, metadata: Reply | None = None) -> Callable[[Asked], object]:
    async def send(asked: Asked) -> Exchange:
        assert isinstance(asked, Request)
        status, headers, body = metadata if metadata and asked.url == "metadata" else reply
        return Exchange(asked.method, f"{BASE}/{asked.url}", (), asked.body, status, headers, body)

    return send


def played(send: Callable[[Asked], object], *tests: Test, **given: str) -> list[Result]:
    track = Track("some.track", "some", tests or (a_test("X-01"),))
    return asyncio.run(play_track(track, given, send))  # type: ignore[arg-type]


def keys(result: Result) -> list[str]:
    return [finding.key.removeprefix("testbench.") for finding in result.findings]


@pytest.mark.parametrize(
    ("reply", "verdict", "key"),
    [
        ((404, (), b""), "fail", "no_fhir"),
        ((404, JSON, b'{"error": "not_found"}'), "fail", "no_fhir"),
        ((404, HTML, b"<html>Not Found</html>"), "fail", "web_page"),
        ((404, HTML, LOGIN), "fail", "login_page"),
        ((200, HTML, b"<html><a href='http://hl7.org/fhir'>FHIR</a></html>"), "fail", "web_page"),
        ((401, JSON, b"{}"), "inconclusive", "closed"),
        ((403, HTML, LOGIN), "inconclusive", "closed"),
        ((503, HTML, b"<html>away</html>"), "inconclusive", "busy"),
    ],
)
def test_what_answers_in_place_of_fhir_is_told_and_nothing_else(
    reply: Reply, verdict: str, key: str
) -> None:
    (result,) = played(says(reply))

    assert (result.verdict, keys(result)) == (verdict, [key])
    assert result.findings[0].where == f"{BASE}/metadata"
    assert result.findings[0].params["base"] == BASE
    assert result.findings[0].found.startswith(str(reply[0]))
    assert [exchange.url.rpartition("/")[2] for exchange in result.exchanges] == [
        "nobody",
        "metadata",
    ]
    assert result.produced == {MISSED: "X-01"}


def test_a_fhir_server_that_says_404_without_a_word_is_judged_by_its_404() -> None:
    (result,) = played(says((404, (), b""), (200, JSON, STATEMENT)))
    assert (result.verdict, keys(result), result.produced[SPOKEN]) == ("pass", [], "yes")
    assert result.produced["stored"] == "Patient/1"


def test_fhir_in_an_answer_needs_no_further_question() -> None:
    for body in (b'{"resourceType": "OperationOutcome"}', b"\xef\xbb\xbf" + STATEMENT, PATIENT):
        (result,) = played(says((404, (), body)))
        assert (result.verdict, len(result.exchanges)) == ("pass", 1)
    assert len(played(says((404, (), b"")), **{SPOKEN: "yes"})[0].exchanges) == 1


def test_the_first_test_alone_tells_it_and_those_behind_wait_for_it() -> None:
    first, second, third = played(says((404, (), b"")), *(a_test(f"X-0{n}") for n in (1, 2, 3)))

    assert (first.verdict, second.verdict, third.verdict) == ("fail", "skip", "skip")
    assert [result.findings[0].params for result in (second, third)] == [{"test": "X-01"}] * 2
    assert (len(second.exchanges), len(third.exchanges)) == (1, 1)  # each asked for itself


def test_a_test_behind_it_at_which_fhir_comes_is_judged() -> None:
    def stores(given: Given) -> Script:
        yield post("Patient", {"resourceType": "Patient"})

    async def only_writes(asked: Asked) -> Exchange:
        assert isinstance(asked, Request)
        body = b'{"resourceType": "Patient", "id": "1"}' if asked.method == "POST" else b""
        return Exchange(asked.method, asked.url, (), asked.body, 201 if body else 404, (), body)

    results = played(only_writes, a_test("X-01"), a_test("X-02", stores), a_test("X-03"))
    assert [result.verdict for result in results] == ["fail", "pass", "pass"]


def test_what_comes_back_as_it_was_sent_is_an_echo() -> None:
    sent = b'{"resourceType": "Patient"}'
    echo = Exchange("POST", BASE, (), sent, 200, (), sent)
    assert not is_fhir(echo)
    assert is_fhir(Exchange("GET", BASE, (), b"", 200, (), sent))


def test_only_what_is_asked_of_the_base_as_fhir_is_in_question() -> None:
    assert asks_for_fhir(get("ValueSet/$expand", {"url": "http://a.test/vs"}))
    assert asks_for_fhir(get("Patient/1", accept="application/fhir+xml"))
    assert not asks_for_fhir(get("https://elsewhere.test/did.json"))
    assert not asks_for_fhir(get("token", accept="application/json"))

    def elsewhere(given: Given) -> Script:
        yield get("https://elsewhere.test/list")

    assert played(says((404, (), b"")), a_test("X-01", elsewhere))[0].verdict == "pass"


def test_a_base_that_falls_silent_is_inconclusive() -> None:
    async def send(asked: Asked) -> Exchange:
        assert isinstance(asked, Request)
        is_control = asked.url == "metadata"
        failure = "ReadTimeout" if is_control else ""
        return Exchange(
            "GET", f"{BASE}/{asked.url}", (), b"", 0 if is_control else 404, (), b"", 0.0, failure
        )

    (result,) = played(send)
    assert (result.verdict, keys(result)) == ("inconclusive", ["unreachable"])


def test_evidence_that_was_made_before_is_judged_as_it_is() -> None:
    test = a_test("X-01")
    stored = Exchange("GET", f"{BASE}/Patient/nobody", (), b"", 404, (), b"")
    assert asyncio.run(judge_again(test, {}, [stored])).verdict == "pass"
    (told,) = played(says((404, (), b"")))
    assert asyncio.run(judge_again(test, told.produced, told.exchanges)) == told


def test_nobody_is_asked_in_a_meeting_that_is_only_observed() -> None:
    async def observed(asked: Asked) -> Exchange:
        assert isinstance(asked, Request)
        if asked.url == "metadata":
            raise NotYet
        return Exchange("GET", f"{BASE}/{asked.url}", (), b"", 404, (), b"")

    assert asyncio.run(play(a_test("X-01"), {}, observed)).verdict == "pass"


def test_a_slip_of_ours_stays_one_whatever_answered() -> None:
    def breaks(given: Given) -> Script:
        yield get("Patient/nobody")
        raise KeyError("a slip of ours")

    (result,) = played(says((404, HTML, b"<html></html>")), a_test("X-01", breaks))
    assert (result.verdict, len(result.exchanges)) == ("error", 1)
    assert keys(result) == ["our_fault"]


def test_where_no_answer_came_nobody_is_asked_again() -> None:
    async def is_silent(asked: Asked) -> Exchange:
        assert isinstance(asked, Request)
        url = f"{BASE}/{asked.url}"
        return Exchange(asked.method, url, (), b"", 0, (), b"", failure="ConnectTimeout")

    (result,) = played(is_silent)
    assert (result.verdict, len(result.exchanges), len(result.findings)) == ("inconclusive", 1, 1)


def test_who_was_asked_for_its_statement_already_is_not_asked_twice() -> None:
    def reads(given: Given) -> Script:
        yield get("metadata")

    (result,) = played(says((404, HTML, b"<html></html>")), a_test("X-01", reads))
    assert (keys(result), len(result.exchanges)) == (["web_page"], 1)
