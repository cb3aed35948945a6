"""A test of a server is decided by what another client asked only where that was the same question to the letter."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.exchange import Exchange
from sandbox.testbench.distance import Captured
from sandbox.testbench.observed import is_answered_by, may_answer
from sandbox.testbench.script import FHIR_JSON, Capture, get, post

ASKED = get("DocumentReference", {"patient": "Patient/ana", "status": ["current", "superseded"]})
SEEN = Exchange(
    "GET",
    "http://sandbox.test/through/t/fhir/DocumentReference?status=superseded&status=current&patient=Patient%2Fana",
    (("accept", f"{FHIR_JSON}; q=1.0"), ("user-agent", "a client")),
    b"",
    200,
    (),
    b"{}",
)


def test_the_same_question_in_another_spelling_is_the_same() -> None:
    assert may_answer(ASKED, Captured(0, "GET", "DocumentReference"))
    assert is_answered_by(ASKED, SEEN)


@pytest.mark.parametrize(
    "other",
    [
        {"url": SEEN.url + "&_count=1"},
        {"url": SEEN.url.replace("ana", "rosa")},
        {"url": SEEN.url.replace("status=current&", "")},
        {"request_headers": (("Accept", "application/fhir+xml"),)},
        {"request_headers": ()},
        {"request_headers": (*SEEN.request_headers, ("If-None-Match", 'W/"1"'))},
        {"request_headers": (*SEEN.request_headers, ("Prefer", "handling=strict"))},
        {"request_body": b"x"},
    ],
)
def test_another_question_decides_nothing(other: dict[str, object]) -> None:
    assert not is_answered_by(ASKED, replace(SEEN, **other))  # type: ignore[arg-type]


def test_place_and_method_are_those_that_are_asked_or_waited_for() -> None:
    submission = post("", {"resourceType": "Bundle"})
    assert may_answer(submission, Captured(0, "POST", ""))
    assert not may_answer(submission, Captured(0, "POST", "Patient"))
    assert not may_answer(ASKED, Captured(0, "POST", "DocumentReference"))
    assert may_answer(Capture("GET", "Patient/.+"), Captured(0, "GET", "Patient/ana"))
    assert not may_answer(Capture("GET", "Patient/.+"), Captured(0, "GET", "Patient"))


@pytest.mark.parametrize(
    ("wanted", "is_it"),
    [
        (Capture("GET", "DocumentReference", query=("patient",)), True),
        (Capture("GET", "DocumentReference", query=("status=superseded", "patient")), True),
        (Capture("GET", "DocumentReference", query=("status=entered-in-error",)), False),
        (Capture("GET", "DocumentReference", query=("type",)), False),
        (Capture("GET", "DocumentReference", names="Binary/1"), True),
        (Capture("GET", "DocumentReference", names="Binary/12"), False),
        (Capture("GET", "DocumentReference", names="Binary"), True),
    ],
)
def test_what_is_waited_for_may_have_to_ask_and_to_name_something(
    wanted: Capture, is_it: bool
) -> None:
    answered = replace(SEEN, body=b'{"url": "http:\\/\\/a.example\\/fhir\\/Binary\\/1"}')
    assert is_answered_by(wanted, answered) is is_it
