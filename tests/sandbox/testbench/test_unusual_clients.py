"""Clients that are right in an unusual way pass at the inbox, and clients that are wrong as real ones are do not; decided by the texts before any was played."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from starlette.testclient import TestClient

from sandbox.definitions.xml_writing import write_xml
from sandbox.testbench.submissions import a_submission
from sandbox.validation import knowledge_at_hand
from tests.conftest import a_sandbox
from tests.sandbox.testbench.playing import GIVEN

JSON, XML = "application/fhir+json", "application/fhir+xml"
LUZIA = "Patient/luzia-nogueira"
OF_LISTS = f"patient={LUZIA}&code=submissionset&status=current"
OF_DOCUMENTS = f"patient={LUZIA}&status=current"
NUMBER = f"identifier={quote('urn:oid:2.16.76|99902431585', safe='')}"
SUBMISSION = a_submission({**GIVEN, "run": "unusual"}, "client")
Call = tuple[str, str, dict[str, str], bytes]


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with a_sandbox(tmp_path_factory.mktemp("clients"), seed="training") as client:
        yield client


def got(place: str, accept: str = JSON) -> Call:
    return "GET", place, {"accept": accept}, b""


def sent(place: str, body: bytes, kind: str) -> Call:
    return "POST", place, {"accept": JSON, "content-type": kind}, body


def told_by(client: TestClient, track: str, *calls: Call, **inputs: str) -> dict[str, str]:
    """Lets a client ask at the inbox of a run, and returns the tests that failed or warned."""
    body = {"track": track, "system": "sandbox", "inputs": inputs}
    run: Any = client.post("/api/runs", json=body).json()
    for method, place, headers, content in calls:
        url = f"{run['inbox']}/{place}"
        reply: httpx.Response = client.request(method, url, headers=headers, content=content)
        assert reply.status_code < 500
    tests = client.get(f"/api/runs/{run['id']}").json()["tests"]
    return {
        test["number"]: test["verdict"] for test in tests if test["verdict"] in ("fail", "warn")
    }


def a_match(*, as_xml: bool, **patient: Any) -> bytes:
    resource = {"resourceType": "Patient", **patient}
    asked = {
        "resourceType": "Parameters",
        "parameter": [{"name": "resource", "resource": resource}],
    }
    return write_xml(asked, knowledge_at_hand().types) if as_xml else json.dumps(asked).encode()


@pytest.mark.parametrize(
    ("accept", "format"),
    [
        # RFC 9110 8.3.1, 12.5.1: in any case, with weights
        ("Application/FHIR+JSON", ""),
        ("application/fhir+json;q=0.9, */*;q=0.1", ""),
        # a plus means itself in a query (RFC 3986 3.4), and a space in a form alone
        ("*/*", "application/fhir+json"),
        ("*/*", quote("application/fhir+json; fhirVersion=4.0", safe="")),
    ],
)
def test_a_consumer_says_its_format_in_whichever_way(
    sandbox: TestClient, accept: str, format: str
) -> None:
    more = f"&_format={format}" if format else ""
    calls = (got(f"DocumentReference?{OF_DOCUMENTS}{more}", accept),)
    assert told_by(sandbox, "mhd.consumer", *calls) == {}


@pytest.mark.parametrize(
    ("place", "accept", "failed"),
    [
        (f"DocumentReference?{OF_DOCUMENTS}", "application/fhir+json;q=0, */*", "CON-03"),
        (f"List?{OF_LISTS.replace('submissionset', 'document')}", JSON, "CON-01"),
        (f"List?{OF_LISTS.replace('current', 'active')}", JSON, "CON-01"),
        (f"DocumentReference?{OF_DOCUMENTS.replace('current', 'final')}", JSON, "CON-02"),
    ],
)
def test_a_consumer_that_asks_for_what_nothing_has_fails(
    sandbox: TestClient, place: str, accept: str, failed: str
) -> None:
    assert told_by(sandbox, "mhd.consumer", got(place, accept)) == {failed: "fail"}


@pytest.mark.parametrize(
    "more", ["", ",superseded"], ids=["one status", "two with a comma between them"]
)
def test_a_consumer_may_ask_for_several_codes_and_name_the_system(
    sandbox: TestClient, more: str
) -> None:
    code = quote("https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes|submissionset", safe="")
    lists = got(f"List?patient={LUZIA}&status=current&code={code}")
    documents = got(f"DocumentReference?{OF_DOCUMENTS}{more}")
    assert told_by(sandbox, "mhd.consumer", lists, documents) == {}


@pytest.mark.parametrize(
    "calls",
    [
        pytest.param((got(f"Patient?{NUMBER}", XML), got(LUZIA, XML)), id="reads XML"),
        pytest.param(
            (got(f"Patient?{NUMBER}"), got(LUZIA), got("Patient?family=Bustos")),
            id="looks for the next one behind the read",
        ),
        pytest.param(
            (got(f"Patient?{NUMBER}"), got("Patient?family=Bustos"), got(LUZIA)),
            id="reads somebody of an earlier search",
        ),
    ],
)
def test_who_reads_whom_a_search_gave_passes(sandbox: TestClient, calls: tuple[Call, ...]) -> None:
    assert told_by(sandbox, "pdqm.consumer", *calls) == {}


def test_who_reads_somebody_whom_no_search_gave_fails(sandbox: TestClient) -> None:
    calls = (got(f"Patient?{NUMBER}"), got("Patient/martin-bustos"), got(f"Patient?{NUMBER}"))
    assert told_by(sandbox, "pdqm.consumer", *calls) == {"PDC-05": "fail"}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (a_match(as_xml=True, name=[{"family": "Nogueira"}]), XML),
        (a_match(as_xml=False, telecom=[{"system": "phone", "value": "555"}]), JSON),
    ],
)
def test_a_match_may_be_xml_and_may_know_a_telephone_alone(
    sandbox: TestClient, body: bytes, kind: str
) -> None:
    calls = (got(f"Patient?{NUMBER}"), sent("Patient/$match", body, kind))
    assert told_by(sandbox, "pdqm.consumer", *calls, match="yes") == {}


@pytest.mark.parametrize(
    ("kind", "is_xml", "failed"),
    [
        ("Application/FHIR+JSON; Charset=UTF-8", False, {}),
        ("application/FHIR+xml", True, {}),
        # what a Recipient is told is not what comes
        (JSON, True, {"SRC-01": "fail"}),
        (XML, False, {"SRC-01": "fail"}),
    ],
)
def test_a_submission_is_what_its_type_says_in_whichever_case(
    sandbox: TestClient, kind: str, is_xml: bool, failed: dict[str, str]
) -> None:
    types = knowledge_at_hand().types
    body = write_xml(SUBMISSION, types) if is_xml else json.dumps(SUBMISSION).encode()
    told = told_by(sandbox, "mhd.source", sent("", body, kind))
    assert {
        number: verdict for number, verdict in told.items() if re.match("SRC-01", number)
    } == failed
