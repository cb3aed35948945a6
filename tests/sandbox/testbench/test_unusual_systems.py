"""Systems that are right in an unusual way pass, and systems that are wrong as real ones are do not; decided by the texts before any was played.

Each is the sandbox with one habit.  None is among the twins.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from starlette.testclient import TestClient

from sandbox.testbench.engine import play
from sandbox.testbench.script import Result
from sandbox.testbench.sending import Sender
from sandbox.testbench.tracks import TRACKS
from tests.conftest import a_sandbox
from tests.sandbox.testbench.playing import GIVEN

JSON = "application/fhir+json"
BASE = "http://sandbox.test/fhir"
OUTCOME = {
    "resourceType": "OperationOutcome",
    "issue": [{"severity": "warning", "code": "informational", "details": {"text": "slow today"}}],
}


class Answer:
    """An answer as a habit changes it; `kept` is what the system remembers."""

    def __init__(self, request: httpx.Request, reply: httpx.Response, body: bytes) -> None:
        self.request = request
        self.status = reply.status_code
        self.headers = {
            name.lower(): value
            for name, value in reply.headers.items()
            if name.lower() not in ("content-length", "content-encoding")
        }
        self.body = body
        self.kept: dict[str, Any] = {}

    @property
    def json(self) -> Any:
        return json.loads(self.body) if "json" in self.headers.get("content-type", "") else None

    @property
    def is_searchset(self) -> bool:
        return bool(self.body) and (self.json or {}).get("type") == "searchset"

    def say(self, value: Any, status: int = 0) -> None:
        self.body = json.dumps(value, ensure_ascii=False).encode()
        self.status = status or self.status


Habit = Callable[[Answer], None]


class System(httpx.AsyncBaseTransport):
    """The sandbox with a habit."""

    def __init__(self, client: TestClient, habit: Habit) -> None:
        app: Any = client.app
        self._inner = httpx.ASGITransport(app)
        self._habit = habit
        self._kept: dict[str, Any] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        reply = await self._inner.handle_async_request(request)
        answer = Answer(request, reply, await reply.aread())
        answer.kept = self._kept
        self._habit(answer)
        stream = httpx.ByteStream(answer.body)
        return httpx.Response(answer.status, headers=answer.headers, stream=stream, request=request)


def writes_types_in_capitals(answer: Answer) -> None:
    kind = answer.headers.get("content-type", "").partition(";")[0]
    if "fhir" in kind:
        answer.headers["content-type"] = f'{kind.title()}; Charset="UTF-8"'


def answers_in_plain_json(answer: Answer) -> None:
    kind = answer.headers.get("content-type", "")
    answer.headers["content-type"] = kind.replace(JSON, "application/json")


def remarks_first(answer: Answer) -> None:
    bundle = answer.json
    if answer.is_searchset:
        remark = {"resource": OUTCOME, "search": {"mode": "outcome"}}
        answer.say({**bundle, "entry": [remark, *bundle.get("entry", ())]})


def gives_one_a_page(answer: Answer) -> None:
    """Pages of one, as HAPI addresses them."""
    asked = dict(parse_qsl(answer.request.url.query.decode()))
    number = asked.get("_getpages", str(len(answer.kept)))
    if "_getpages" not in asked:
        if not answer.is_searchset or "_count" in asked:
            return
        answer.kept[number] = answer.json
    bundle = answer.kept[number]
    offset = int(asked.get("_offset", "0"))
    links = bundle["link"]
    # behind the last of them stands the server's own next page, where there is one
    if offset + 1 < len(bundle.get("entry", ())):
        links = [link for link in links if link["relation"] != "next"]
        following = f"{BASE}?_getpages={number}&_offset={offset + 1}"
        links.append({"relation": "next", "url": following})
    answer.headers["content-type"] = JSON
    entries = bundle.get("entry", [])[offset : offset + 1]
    answer.say({**bundle, "link": links, "entry": entries}, 200)


def includes_more(answer: Answer) -> None:
    bundle = answer.json
    if answer.is_searchset:
        organization = {"resourceType": "Organization", "id": "o", "name": "Hospital"}
        more = {"fullUrl": f"{BASE}/Organization/o", "resource": organization}
        more["search"] = {"mode": "include"}
        answer.say({**bundle, "entry": [*bundle.get("entry", ()), more]})


def is_client_too(answer: Answer) -> None:
    said = answer.json
    if answer.request.url.path.endswith("/metadata") and said:
        answer.say({**said, "rest": [{"mode": "client"}, *said["rest"]]})


def tells_an_outcome_of_what_it_made(answer: Answer) -> None:
    if answer.request.method == "POST" and answer.status == 201:
        answer.say({**OUTCOME, "id": "all-ok"})


def repeats_forever(answer: Answer) -> None:
    bundle = answer.json
    if answer.is_searchset and bundle.get("entry"):
        links = [link for link in bundle["link"] if link["relation"] != "next"]
        again = {"relation": "next", "url": str(answer.request.url)}
        answer.say({**bundle, "link": [*links, again]})


def counts_seven_more(answer: Answer) -> None:
    bundle = answer.json
    if answer.is_searchset:
        answer.say({**bundle, "total": bundle.get("total", 0) + 7})


def forgets_what_was_asked(answer: Answer) -> None:
    bundle = answer.json
    if answer.is_searchset:
        answer.say({**bundle, "link": []})


def gives_its_inner_address(answer: Answer) -> None:
    inner = "http://10.0.0.12:8080"
    if "location" in answer.headers:
        answer.headers["location"] = answer.headers["location"].replace(
            "http://sandbox.test", inner
        )
    if answer.is_searchset:
        entries = answer.json.get("entry", [])
        for entry in entries:
            entry["fullUrl"] = entry["fullUrl"].replace("http://sandbox.test", inner)
        answer.say({**answer.json, "entry": entries})


def writes_empty_arrays(answer: Answer) -> None:
    for resource in resources(answer.json):
        if resource["resourceType"] in ("Patient", "DocumentReference", "List"):
            resource["note" if resource["resourceType"] == "List" else "contained"] = []
            if answer.json and answer.request.method == "GET":
                answer.say(replaced(answer.json, resource))


def resources(document: Any) -> Iterator[dict[str, Any]]:
    if isinstance(document, dict) and "resourceType" in document:
        yield document
        for entry in document.get("entry", ()):
            yield from resources(entry.get("resource"))


def replaced(document: Any, resource: dict[str, Any]) -> Any:
    """Returns a document with a resource in place of the one with its id."""
    if document.get("id") == resource.get("id"):
        return resource
    entries = [
        {**entry, "resource": resource}
        if entry.get("resource", {}).get("id") == resource["id"]
        else entry
        for entry in document.get("entry", [])
    ]
    return {**document, "entry": entries}


def misreads_letters(answer: Answer) -> None:
    if JSON in answer.headers.get("content-type", ""):
        answer.body = answer.body.decode().encode().decode("latin-1").encode()


def begins_with_a_mark(answer: Answer) -> None:
    if JSON in answer.headers.get("content-type", ""):
        answer.body = "\ufeff".encode() + answer.body


def speaks_r5(answer: Answer) -> None:
    if answer.request.url.path.endswith("/metadata") and answer.json:
        answer.say({**answer.json, "fhirVersion": "5.0.0"})


def says_200_of_what_it_made(answer: Answer) -> None:
    if answer.json and answer.json.get("type") == "transaction-response":
        entries = answer.json["entry"]
        for entry in entries:
            entry["response"]["status"] = "200 OK"
        answer.say({**answer.json, "entry": entries})


def finds_without_numbers(answer: Answer) -> None:
    bundle = answer.json
    if answer.is_searchset:
        for entry in bundle.get("entry", ()):
            entry["resource"].pop("identifier", None)
        answer.say(bundle)


def wraps_what_it_gives(answer: Answer) -> None:
    """Gives documents as Binary, as its rules have it for FHIR types (binary.html#rest)."""
    import base64

    if answer.json and answer.json.get("type") == "document" and answer.request.method == "GET":
        data = base64.b64encode(answer.body).decode()
        answer.say({"resourceType": "Binary", "contentType": JSON, "data": data})


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with a_sandbox(tmp_path_factory.mktemp("unusual"), seed="training", country="CL") as client:
        yield client


def stays_as_it_is(answer: Answer) -> None:
    """The sandbox itself."""


def told_by(
    client: TestClient, habit: Habit, *numbers: str, run: str = ""
) -> dict[str, tuple[str, set[str]]]:
    """Plays some tests of a track, each with what it needs of those before, and returns verdicts and what was told."""

    async def play_them() -> list[Result]:
        name = run or f"{habit.__name__}-{numbers[0].lower()}".replace("_", "-")
        given = {**GIVEN, "run": name[:40], "match": "yes"}
        results = []
        async with Sender(BASE, transport=System(client, habit)) as send:
            for number in numbers:
                test = next(
                    test
                    for track in TRACKS.values()
                    for test in track.tests
                    if test.number == number
                )
                results.append(await play(test, given, send))
                given = {**given, **results[-1].produced}
        return results

    return {
        result.test.number: (
            result.verdict,
            {finding.key for finding in result.findings if finding.severity != "information"},
        )
        for result in asyncio.run(play_them())
    }


@pytest.mark.parametrize(
    ("habit", "numbers"),
    [
        # RFC 9110 8.3.1: a media type is read in any case
        (writes_types_in_capitals, ("BAS-04",)),
        (writes_types_in_capitals, ("RSP-00", "RSP-05", "RSP-19")),
        (writes_types_in_capitals, ("PDQ-00", "PDQ-04")),
        (writes_types_in_capitals, ("SVC-00", "SVC-03")),
        # search.html#mode: what is said beside the results, and what is included, is no match
        (remarks_first, ("RSP-00", "RSP-01")),
        (remarks_first, ("PDQ-00", "PDQ-08")),
        (remarks_first, ("DDR-01", "DDR-04", "DDR-05")),
        (includes_more, ("RSP-00", "RSP-01")),
        # http.html#paging: how many results a page holds is the server's affair
        (gives_one_a_page, ("RSP-00", "RSP-01", "RSP-04", "RSP-10", "RSP-18", "RSP-19")),
        (gives_one_a_page, ("SMP-00", "SMP-01", "SMP-04")),
        (gives_one_a_page, ("PDQ-00", "PDQ-02", "PDQ-05", "PDQ-06")),
        (gives_one_a_page, ("DDX-01", "DDX-02", "DDX-03")),
        # CapabilityStatement.rest 0..*: a server may be a client too, and say so first
        (is_client_too, ("RSP-23",)),
        (is_client_too, ("PDQ-01",)),
        (is_client_too, ("SVC-01",)),
        # http.html#ops: the answer to a create may be an OperationOutcome, with an id of its own
        (tells_an_outcome_of_what_it_made, ("DDR-01", "DDR-02", "DDR-03")),
        # binary.html#rest; MHD issue 233
        (wraps_what_it_gives, ("GEN-01", "GEN-04")),
    ],
)
def test_a_system_that_is_right_in_an_unusual_way_passes(
    sandbox: TestClient, habit: Habit, numbers: tuple[str, ...]
) -> None:
    assert told_by(sandbox, habit, *numbers) == {number: ("pass", set()) for number in numbers}


@pytest.mark.parametrize(
    ("habit", "numbers", "verdict", "key"),
    [
        (answers_in_plain_json, ("BAS-04",), "warn", "basics.other_format"),
        (begins_with_a_mark, ("BAS-04",), "warn", "basics.byte_order_mark"),
        (gives_its_inner_address, ("BAS-02",), "warn", "basics.other_host"),
        (gives_its_inner_address, ("BAS-03",), "warn", "basics.other_host"),
        (misreads_letters, ("BAS-02",), "fail", "basics.not_as_sent"),
        (writes_empty_arrays, ("BAS-02",), "fail", "validation.empty_array"),
        (writes_empty_arrays, ("PDQ-00", "PDQ-04"), "fail", "validation.empty_array"),
        (writes_empty_arrays, ("RSP-00", "RSP-01"), "fail", "validation.empty_array"),
        (counts_seven_more, ("BAS-03",), "fail", "basics.other_total"),
        (forgets_what_was_asked, ("BAS-03",), "warn", "basics.no_self"),
        (repeats_forever, ("RSP-00", "RSP-01"), "fail", "responder.other_total"),
        (speaks_r5, ("RSP-23",), "fail", "responder.no_capabilities"),
        (speaks_r5, ("PDQ-01",), "fail", "supplier.no_capabilities"),
        (says_200_of_what_it_made, ("RCP-03",), "fail", "recipient.entry_status"),
        (finds_without_numbers, ("PDQ-00", "PDQ-04"), "fail", "testbench.differs"),
    ],
)
def test_a_system_that_is_wrong_as_real_ones_are_does_not(
    sandbox: TestClient, habit: Habit, numbers: tuple[str, ...], verdict: str, key: str
) -> None:
    told = told_by(sandbox, habit, *numbers)[numbers[-1]]
    assert told[0] == verdict
    assert key in told[1]


def test_a_registry_is_found_right_however_often_it_was_tried(sandbox: TestClient) -> None:
    # the person of the tests is the same in each run, and a page holds twenty
    for number in range(21):
        more = ("DDX-02", "DDX-03") if number == 20 else ()
        told = told_by(sandbox, stays_as_it_is, "DDX-01", *more, run=f"often-{number}")
    assert told["DDX-03"] == ("pass", set())


def test_who_hands_back_another_document_than_was_registered_fails(sandbox: TestClient) -> None:
    def another_lot(answer: Answer) -> None:
        if answer.request.method == "GET":
            answer.body = answer.body.replace(b"ENSAYO-1", b"ENSAYO-2")

    told = told_by(sandbox, another_lot, "DDX-01", "DDX-02", "DDX-04")
    assert told["DDX-04"] == ("fail", {"testbench.differs"})
