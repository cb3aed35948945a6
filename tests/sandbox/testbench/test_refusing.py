"""A refusal counts for the fault alone: the same without it is taken, and no other reason is named."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from sandbox.exchange import Exchange
from sandbox.findings import Finding
from sandbox.testbench.engine import play
from sandbox.testbench.refusing import issues_of, only_fault, other_reason
from sandbox.testbench.script import Asked, Given, Request, Script, Test, post
from sandbox.testbench.speaking import CONTROL
from tests.conftest import CASES

WRONG = post("", {"resourceType": "Bundle", "id": "wrong"})
RIGHT = post("", {"resourceType": "Bundle", "id": "right"})


def an_answer(status: int, body: Any = None) -> Exchange:
    content = json.dumps(body).encode() if body is not None else b""
    return Exchange("POST", "http://system.test/fhir", (), b"", status, (), content)


def an_outcome(
    code: str = "processing", *, severity: str = "error", text: str = "", detail: str = ""
) -> dict[str, Any]:
    issue: dict[str, Any] = {"severity": severity, "code": code}
    if text:
        issue["diagnostics"] = text
    if detail:
        issue["details"] = {"coding": [{"code": detail}]}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def a_response(*outcomes: dict[str, Any]) -> dict[str, Any]:
    entries = [{"response": {"status": "201", "outcome": outcome}} for outcome in outcomes]
    return {"resourceType": "Bundle", "type": "transaction-response", "entry": entries}


def told(wrong: Exchange, right: Exchange, *names: str, after: str = "") -> tuple[str, list[str]]:
    """Plays a refusal against a system with one answer to each, and returns verdict and keys."""

    def script(given: Given) -> Script:
        answer = yield WRONG
        yield from only_fault(answer, RIGHT, names=names, after=after)

    async def send(asked: Asked) -> Exchange:
        assert isinstance(asked, Request)
        if asked == CONTROL:  # it is a FHIR server
            return an_answer(200, {"resourceType": "CapabilityStatement"})
        return right if asked.body == RIGHT.body else wrong

    result = asyncio.run(play(Test("some.track.test", "X-01", "clause", script), {}, send))
    return result.verdict, [finding.key.removeprefix("testbench.") for finding in result.findings]


def test_a_refusal_of_the_wrong_one_alone_is_proof() -> None:
    assert told(an_answer(400, an_outcome()), an_answer(200)) == ("pass", [])


def test_whoever_refuses_the_right_one_as_well_has_not_seen_the_fault() -> None:
    refusal = an_answer(400, an_outcome())

    assert told(refusal, refusal) == ("fail", ["right_refused"])
    assert told(refusal, refusal, after="X-00") == ("skip", ["depends"])


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (401, an_outcome("login")),
        (403, None),
        (415, an_outcome()),
        (400, an_outcome("duplicate")),
        (400, an_outcome("security")),
        (422, an_outcome(detail="XDSPatientIdDoesNotMatch")),
        (422, an_outcome(text="XDSRegistryBusy: try later")),
        (400, an_outcome(text="HAPI-1094: Resource Patient/somebody not found, specified in path")),
    ],
)
def test_another_reason_than_the_fault_is_told(status: int, outcome: Any) -> None:
    assert told(an_answer(status, outcome), an_answer(200)) == ("warn", ["other_reason"])


@pytest.mark.parametrize(
    ("outcome", "names"),
    [
        (an_outcome("required", text="Element not found: masterIdentifier"), ()),
        (an_outcome("invalid", detail="XDSRegistryMetadataError"), ()),
        (an_outcome("not-found"), ("not-found",)),
        (an_outcome(detail="XDSMissingDocument"), ("XDSMissingDocument",)),
        (an_outcome(text="urn:uuid:0-0 not found"), ("not-found",)),
    ],
)
def test_the_fault_itself_is_no_other_reason(outcome: Any, names: tuple[str, ...]) -> None:
    assert other_reason(an_answer(400, outcome), names=names) == ""


def test_a_busy_system_is_not_judged() -> None:
    assert told(an_answer(429), an_answer(200)) == ("inconclusive", ["busy"])


def test_what_is_taken_without_a_word_is_left_to_whoever_asked() -> None:
    assert told(an_answer(200, a_response()), an_answer(400)) == ("pass", [])


def test_a_warning_counts_where_the_right_one_gets_none() -> None:
    warned = an_answer(200, a_response(an_outcome(severity="warning", text="hash of 12 differs")))
    informed = an_answer(200, a_response(an_outcome(severity="information")))
    again = an_answer(200, a_response(an_outcome(severity="warning", text="hash of 13 differs")))

    assert told(warned, informed) == ("pass", [])
    assert told(warned, again) == ("warn", ["warns_of_all"])


@pytest.mark.needs("cases")
def test_information_in_a_response_warns_of_nothing() -> None:
    body = (CASES / "bench" / "hapi-informational-outcome.json").read_bytes()

    assert issues_of(an_answer(200, json.loads(body))) == []


def test_findings_say_what_the_answer_named() -> None:
    answers = iter([an_answer(200)])
    script = only_fault(an_answer(400, an_outcome(detail="XDSUnknownPatientId")), RIGHT)
    finding = next(script)
    assert isinstance(finding, Finding)
    assert finding.found == "XDSUnknownPatientId"
    assert next(script) == RIGHT
    with pytest.raises(StopIteration):
        script.send(next(answers))
