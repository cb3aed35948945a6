"""The DDCC tracks pass over the sandbox, and each way to break it fails the tests that it belongs to, and no other."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from sandbox.certificates.qr import png_of
from sandbox.testbench.engine import play_track
from sandbox.testbench.sending import Sender
from sandbox.testbench.tracks import TRACKS
from tests.conftest import a_sandbox
from tests.sandbox.certificates.making import CONTENTS, signed
from tests.sandbox.ddcc.making import a_response
from tests.sandbox.testbench.playing import GIVEN, verdicts

LIST = "http://sandbox.test/v2/trustlist/did.json"
Change = Callable[[httpx.Request, int, Any], tuple[int, Any]]


class Changing(httpx.AsyncBaseTransport):
    """The sandbox, whose answers are changed on their way."""

    def __init__(self, app: Any, change: Change) -> None:
        self._inner, self._change = httpx.ASGITransport(app), change

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Lets the sandbox answer and changes what it says."""
        answer = await self._inner.handle_async_request(request)
        body = await answer.aread()
        try:
            held = json.loads(body)
        except ValueError:
            held = None
        status, changed = self._change(request, answer.status_code, held)
        content = json.dumps(changed).encode() if changed is not None else body
        headers = {
            name: value for name, value in answer.headers.items() if name != "content-length"
        }
        return httpx.Response(
            status, headers=headers, stream=httpx.ByteStream(content), request=request
        )


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[TestClient]:
    with a_sandbox(tmp_path, country="CL") as client:
        client.post(
            "/ddcc/QuestionnaireResponse/$generateHealthCertificate", json=a_response()
        )  # makes its keys
        yield client


def played(
    track: str, client: TestClient, change: Change | None = None, **given: str
) -> dict[str, list[str]]:
    app: Any = client.app
    transport = Changing(app, change or (lambda _, status, body: (status, body)))

    async def play() -> Any:
        async with Sender("http://sandbox.test/fhir", transport=transport) as send:
            return await play_track(
                TRACKS[track], {**GIVEN, "trustlist": LIST, "ips": "yes", **given}, send
            )

    return verdicts(asyncio.run(play()))


@pytest.mark.parametrize("edition", ["", "earlier"])
@pytest.mark.parametrize("track", ["ddcc.generation", "ddcc.repository", "ddcc.registry"])
def test_the_sandbox_passes(sandbox: TestClient, track: str, edition: str) -> None:
    assert played(track, sandbox, edition=edition) == {}


def in_text(old: str, new: str) -> Change:
    """Returns a change of every document that comes back."""

    def change(_: httpx.Request, status: int, body: Any) -> tuple[int, Any]:
        is_document = isinstance(body, dict) and body.get("type") in ("document", "batch-response")
        return status, json.loads(
            json.dumps(body, ensure_ascii=False).replace(old, new)
        ) if is_document else body

    return change


def in_document(change: Callable[[dict[str, Any]], None]) -> Change:
    def changed(_: httpx.Request, status: int, body: Any) -> tuple[int, Any]:
        if isinstance(body, dict) and body.get("type") == "document":
            change(body)
        return status, body

    return changed


def without(type: str) -> Change:
    def drop(document: dict[str, Any]) -> None:
        document["entry"] = [
            one for one in document["entry"] if one["resource"]["resourceType"] != type
        ]

    return in_document(drop)


def accepts_all(request: httpx.Request, status: int, body: Any) -> tuple[int, Any]:
    return (201 if request.method == "POST" and status >= 400 else status), body


def says_no_reason(_: httpx.Request, status: int, body: Any) -> tuple[int, Any]:
    return status, {"error": "no"} if status >= 400 else body


def always_422(_: httpx.Request, status: int, body: Any) -> tuple[int, Any]:
    return (422 if status >= 400 else status), body


def with_template(document: dict[str, Any]) -> None:
    """What the event's mediator does with what is missing."""
    for entry in document["entry"]:
        one = entry["resource"]
        if one["resourceType"] == "Patient" and "birthDate" not in one:
            one["birthDate"] = "1986-09-19"
        if one["resourceType"] == "Immunization" and "expirationDate" not in one:
            one["expirationDate"] = "2022-01-01"


def latin_only(document: dict[str, Any]) -> None:
    for entry in document["entry"]:
        one = entry["resource"]
        if one["resourceType"] == "Patient":
            one["name"][0]["text"] = re.sub(r"[^\x00-\x7f]", "?", one["name"][0]["text"])


def all_at_once(request: httpx.Request, status: int, body: Any) -> tuple[int, Any]:
    """A batch of which one wrong entry keeps the others back."""
    is_batch = isinstance(body, dict) and body.get("type") == "batch-response"
    return (400, {"resourceType": "OperationOutcome"}) if is_batch else (status, body)


def no_picture(document: dict[str, Any]) -> None:
    for entry in document["entry"]:
        if entry["resource"]["resourceType"] == "DocumentReference":
            contents = entry["resource"]["content"]
            entry["resource"]["content"] = [
                one for one in contents if one["format"]["code"] != "image"
            ]


def not_done(document: dict[str, Any]) -> None:
    for entry in document["entry"]:
        if entry["resource"]["resourceType"] == "Immunization":
            entry["resource"]["status"] = "not-done"


def another_disease(document: dict[str, Any]) -> None:
    for entry in document["entry"]:
        for protocol in entry["resource"].get("protocolApplied", ()):
            for disease in protocol.get("targetDisease", ()):
                disease["coding"][0]["code"] = "1D47"


def other_code(document: dict[str, Any]) -> None:
    picture = base64.b64encode(png_of(signed(CONTENTS["ddcc_vs"], 3))).decode()
    for entry in document["entry"]:
        if entry["resource"]["resourceType"] == "DocumentReference":
            for one in entry["resource"]["content"]:
                if one["format"]["code"] == "image":
                    one["attachment"]["data"] = picture


GENERATION: dict[str, tuple[Change, dict[str, set[str]]]] = {
    "another lot": (in_text("ENSAYO-1", "PT123F"), {"fail": {"DDG-03", "DDG-09", *(f"DDG-{n}" for n in range(10, 15)), "DDG-19"}}),
    "a dose that was not given": (in_document(not_done), {"fail": {"DDG-03", "DDG-09", *(f"DDG-{n}" for n in range(10, 15)), "DDG-19"}}),
    "another disease": (in_document(another_disease), {"fail": {"DDG-03", "DDG-09", *(f"DDG-{n}" for n in range(10, 15)), "DDG-19"}}),
    "no organization": (without("Organization"), {"fail": {"DDG-02", "DDG-03", "DDG-09", *(f"DDG-{n}" for n in range(10, 15)), "DDG-19"}}),
    "no codes": (without("DocumentReference"), {"fail": {"DDG-05", "DDG-09"}}),
    "no picture of the code": (in_document(no_picture), {"fail": {"DDG-05", "DDG-09"}}),
    "no publication": (in_document(lambda one: one.update(link=[{"relation": "self", "url": "x"}])), {"fail": {"DDG-02", "DDG-04", "DDG-09"}}),
    "no signature": (in_document(lambda one: one.pop("signature")), {"warn": {"DDG-09"}}),
    "values of a template": (in_document(with_template), {"fail": {"DDG-15"}}),
    "Latin letters alone": (in_document(latin_only), {"fail": {"DDG-03", "DDG-09", "DDG-19", *(f"DDG-{n}" for n in range(10, 15))}}),
    "the code of another": (in_document(other_code), {"fail": {"DDG-06", "DDG-08", "DDG-09"}}),
    "takes everything": (accepts_all, {"fail": {"DDG-16", "DDG-17"}}),
    "no reasons": (says_no_reason, {"warn": {"DDG-16", "DDG-17"}}),
    "the same status for all": (always_422, {"warn": {"DDG-17"}}),
    "all or nothing": (all_at_once, {"fail": {"DDG-18"}}),
}  # fmt: skip


@pytest.mark.daily("faults", share=0.25)
@pytest.mark.parametrize("name", GENERATION)
def test_each_fault_of_generation_fails_its_own_tests(sandbox: TestClient, name: str) -> None:
    change, expected = GENERATION[name]
    found = played("ddcc.generation", sandbox, change)
    assert {
        verdict: set(numbers) for verdict, numbers in found.items() if verdict != "skip"
    } == expected


def test_a_document_may_come_as_the_parameter_return(sandbox: TestClient) -> None:
    def wrapped(_: httpx.Request, status: int, body: Any) -> tuple[int, Any]:
        if not isinstance(body, dict) or body.get("type") != "document":
            return status, body
        parameter = [{"name": "return", "resource": body}]
        return status, {"resourceType": "Parameters", "parameter": parameter}

    assert played("ddcc.generation", sandbox, wrapped) == {}


def test_an_entry_that_is_refused_by_another_status_is_a_warning(sandbox: TestClient) -> None:
    def unprocessable(_: httpx.Request, status: int, body: Any) -> tuple[int, Any]:
        if isinstance(body, dict) and body.get("type") == "batch-response":
            body["entry"][1]["response"]["status"] = "422 Unprocessable Content"
        return status, body

    assert played("ddcc.generation", sandbox, unprocessable) == {"warn": ["DDG-18"]}


def test_an_unlisted_key_fails_the_two_tests_of_signatures(sandbox: TestClient) -> None:
    place = "http://sandbox.test/v2/trustlist/-/-/DSC/did.json"

    def emptied(request: httpx.Request, status: int, body: Any) -> tuple[int, Any]:
        return status, {**body, "verificationMethod": []} if str(request.url) == place else body

    assert played("ddcc.generation", sandbox, emptied, trustlist=place) == {
        "fail": ["DDG-08", "DDG-09"]
    }


def forgets(request: httpx.Request, status: int, body: Any) -> tuple[int, Any]:
    return (
        (404, {"resourceType": "OperationOutcome"}) if request.method == "GET" else (status, body)
    )


def tidies_up(request: httpx.Request, status: int, body: Any) -> tuple[int, Any]:
    if request.method == "GET" and isinstance(body, dict) and body.get("type") == "document":
        body["entry"][1]["resource"]["name"][0]["text"] = "CLARA INÉS ENSAYO"
    return status, body


REPOSITORY: dict[str, tuple[Change, dict[str, list[str]]]] = {
    "forgets": (forgets, {"fail": ["DDR-02", "DDR-03"]}),
    "tidies up": (tidies_up, {"fail": ["DDR-02"]}),
    "takes everything": (accepts_all, {"fail": ["DDR-04", "DDR-05", "DDR-06"]}),
    "the same status for all": (always_422, {"warn": ["DDR-04", "DDR-06"]}),
}  # fmt: skip
REGISTRY: dict[str, tuple[Change, dict[str, list[str]]]] = {
    "forgets": (forgets, {"fail": ["DDX-02", "DDX-03"], "skip": ["DDX-04"], "warn": ["DDX-05"]}),
    "another document": (
        in_document(lambda one: one.update(identifier={"value": "x"})), {"fail": ["DDX-04"]},
    ),
    "takes everything": (accepts_all, {"fail": ["DDX-06", "DDX-07"]}),
    "the same status for all": (always_422, {"warn": ["DDX-06"]}),
}  # fmt: skip


@pytest.mark.daily("faults", share=0.25)
@pytest.mark.parametrize("name", REPOSITORY)
def test_each_fault_of_a_repository_fails_its_own_tests(sandbox: TestClient, name: str) -> None:
    change, expected = REPOSITORY[name]
    assert played("ddcc.repository", sandbox, change) == expected


@pytest.mark.daily("faults", share=0.25)
@pytest.mark.parametrize("name", REGISTRY)
def test_each_fault_of_a_registry_fails_its_own_tests(sandbox: TestClient, name: str) -> None:
    change, expected = REGISTRY[name]
    assert played("ddcc.registry", sandbox, change) == expected


def test_a_system_that_knows_none_of_it_fails_once_and_skips_the_rest(sandbox: TestClient) -> None:
    def knows_nothing(_: httpx.Request, __: int, ___: Any) -> tuple[int, Any]:
        return 404, {"resourceType": "OperationOutcome"}

    assert played("ddcc.repository", sandbox, knows_nothing)["fail"] == ["DDR-01"]
    assert played("ddcc.registry", sandbox, knows_nothing)["fail"] == ["DDX-01"]
    assert played("ddcc.generation", sandbox, knows_nothing)["fail"][0] == "DDG-01"


def test_a_trust_list_that_is_not_there_fails_alone(sandbox: TestClient) -> None:
    found = played("ddcc.generation", sandbox, trustlist=LIST.replace("did.json", "no.json"))
    assert found == {"fail": ["DDG-07"], "skip": ["DDG-08", "DDG-09"]}
