"""The inbox: a client sends as if to any server, and each assertion about a Document Source is judged at once."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from sandbox.cli.results import runs_at
from sandbox.definitions.xml_writing import write_xml
from sandbox.event import run_service
from sandbox.event.judging import JUDGING_THREADS
from sandbox.exchange import Exchange
from sandbox.i18n import load_room
from sandbox.testbench.engine import judge_again
from sandbox.testbench.submissions import a_comprehensive_submission
from sandbox.testbench.submissions import a_submission as ours
from sandbox.testbench.tracks import TRACKS
from sandbox.testbench.tracks.mhd_generate import a_summary
from sandbox.testbench.tracks.mhd_source_documents import IPS_FORMAT
from sandbox.validation import knowledge_at_hand
from tests.conftest import a_sandbox
from tests.sandbox.mhd.submissions import (
    OTHER,
    RFC,
    a_document_reference,
    a_submission,
    a_submission_set,
    changed,
)
from tests.sandbox.testbench.test_sample_faults import the_sample

Json = dict[str, Any]
FHIR = {"Content-Type": "application/fhir+json"}
FAILED = ("fail", "warn")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[TestClient]:
    with a_sandbox(tmp_path, seed="training") as client:
        yield client


def an_inbox(client: TestClient, **inputs: str) -> tuple[str, str]:
    """Starts a run for a client, and returns its id and the path of its inbox."""
    run = client.post(
        "/api/runs", json={"track": "mhd.source", "system": "sandbox", "inputs": inputs}
    ).json()
    assert (run["state"], run["verdict"]) == ("waiting", None)
    return run["id"], run["inbox"]


def sent(
    client: TestClient,
    body: Json | bytes,
    headers: dict[str, str] | None = None,
    *,
    to: str = "",
    **inputs: str,
) -> dict[str, str]:
    """Sends one submission to a fresh inbox, or to a place in it, and returns the verdicts by number."""
    id, inbox = an_inbox(client, **inputs)
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    client.post(inbox + to, content=content, headers=headers or FHIR)
    return {one["number"]: one["verdict"] for one in client.get(f"/api/runs/{id}").json()["tests"]}


def not_passed(verdicts: dict[str, str]) -> set[str]:
    return {number for number, verdict in verdicts.items() if verdict not in ("pass", "skip")}


def without(path: str) -> Json:
    return changed(a_submission(), path)


def with_value(path: str, value: Any) -> Json:
    return changed(a_submission(), path, value)


def comprehensive(path: str, *value: Any) -> Json:
    return dict(changed(a_comprehensive_submission(GIVEN, "inbox"), path, *value))


def a_submitted_summary() -> Json:
    """A right submission of an IPS, with metadata that say what it says."""
    document = a_summary(GIVEN, "inbox")
    composition = document["entry"][0]["resource"]
    submission = ours(
        GIVEN, "inbox", document=json.dumps(document).encode(), kind="application/fhir+json"
    )
    attachment = {
        **submission["entry"][1]["resource"]["content"][0]["attachment"], "title": composition["title"],
        "creation": composition["date"], "language": "es",
    }  # fmt: skip
    content = {"attachment": attachment, "format": {"system": RFC, "code": IPS_FORMAT}}
    reference = {
        **submission["entry"][1]["resource"], "type": composition["type"], "content": [content],
        "masterIdentifier": {"use": "usual", **document["identifier"]},
    }  # fmt: skip
    return dict(changed(submission, "entry.1.resource", reference))


def summary(path: str, *value: Any) -> Json:
    return dict(changed(a_submitted_summary(), path, *value))


GIVEN = {"run": "inbox", "now": "2026-07-27T09:00:00.000Z"}
EXTENSIONS = a_comprehensive_submission(GIVEN, "inbox")["entry"][0]["resource"]["extension"]
REPLACING = a_document_reference(
    relatesTo=[{"code": "replaces", "target": {"reference": "DocumentReference/old"}}]
)
HEX = "OTNmNTgxZmJlYmM4NDY5ZjU2ZjFkZmY1YTEyNDIzZDBhNDY5ZGVkYg=="
ATTACHMENT = "entry.1.resource.content.0.attachment"
WRONG: list[tuple[str, Json]] = [
    ("SRC-02", with_value("type", "batch")),
    ("SRC-03", without("meta")),
    ("SRC-04", a_submission(listed=a_submission_set(code={"coding": [{"code": "worklist"}]}))),
    ("SRC-05", without("entry.1")),
    ("SRC-07", with_value("entry.2.fullUrl", "urn:uuid:0a1b2c3d-0000-4000-8000-000000000001")),
    ("SRC-08", without("entry.0.resource.entry")),
    ("SRC-09", with_value(f"{ATTACHMENT}.url", OTHER)),
    ("SRC-11", with_value(f"{ATTACHMENT}.contentType", "text/plain")),
    ("SRC-13", with_value(f"{ATTACHMENT}.size", 7)),
    ("SRC-13", with_value(f"{ATTACHMENT}.hash", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=")),
    ("SRC-14", with_value("entry.2.resource", {"resourceType": "Bundle", "type": "document"})),
    ("SRC-15", without("entry.1.resource.masterIdentifier")),
    ("SRC-16", with_value("entry.1.resource.identifier", [{"use": "official", "system": RFC, "value": "x"}])),
    ("SRC-17", with_value("entry.1.resource.status", "entered-in-error")),
    ("SRC-19", with_value("entry.0.resource.subject", {"reference": "Patient/martin-bustos"})),
    ("SRC-18", without("entry.0.resource.date")),
    ("SRC-18", without("entry.0.resource.extension")),
    ("SRC-06", a_submission(None, {
        "fullUrl": "urn:uuid:0a1b2c3d-0000-4000-8000-00000000000e",
        "resource": {"resourceType": "Observation", "status": "final", "code": {"text": "more"}},
        "request": {"method": "POST", "url": "Observation"},
    })),
    ("SRC-10", with_value(f"{ATTACHMENT}.data", "aGk=")),
    ("SRC-10", with_value("entry.1.resource.content", [])),
    ("SRC-17", with_value("entry.1.resource.docStatus", "final")),
    ("SRC-20", comprehensive("entry.1.resource.type")),
    ("SRC-21", comprehensive("entry.1.resource.author", [{"reference": "Practitioner/1"}])),
    ("SRC-22", comprehensive("entry.0.resource.extension", EXTENSIONS[:1])),
    ("SRC-25", summary("entry.1.resource.content.0.format.code", "urn:ihe:pcc:ips:2020")),
    ("SRC-25", summary("entry.1.resource.content.0.format")),
    ("SRC-25", summary("entry.1.resource.type.coding.0.code", "34133-9")),
    ("SRC-25", summary(f"{ATTACHMENT}.contentType", "text/plain")),
    ("SRC-25", summary("entry.2.resource.data", "aGk=")),
    ("SRC-26", summary(f"{ATTACHMENT}.title", "Another")),
    ("SRC-26", summary(f"{ATTACHMENT}.creation", "2020-02-29")),
    ("SRC-26", summary("entry.1.resource.masterIdentifier.value", "urn:oid:2.999.404")),
    ("SRC-23", a_submission(REPLACING)),
    ("SRC-24", a_submission(None, {
        "fullUrl": "urn:uuid:0a1b2c3d-0000-4000-8000-00000000000f",
        "resource": {"resourceType": "Parameters", "parameter": []},
        "request": {"method": "PATCH", "url": "List/folder"},
    })),
]  # fmt: skip


def test_a_right_client_passes_all_and_is_answered_as_by_any_server(served: TestClient) -> None:
    id, inbox = an_inbox(served)

    reply = served.post(inbox, json=a_submission(), headers=FHIR)

    assert (reply.status_code, reply.json()["type"]) == (200, "transaction-response")
    run = served.get(f"/api/runs/{id}").json()
    verdicts = {one["number"]: one["verdict"] for one in run["tests"]}
    assert (run["verdict"], not_passed(verdicts)) == ("pass", set())
    # neither FHIR document, replacement nor folder, neither Comprehensive metadata nor an IPS, and no
    # input says that the system can do the rest
    assert {number for number, one in verdicts.items() if one == "skip"} == {
        "SRC-14", "SRC-21", "SRC-22", "SRC-23", "SRC-24", "SRC-25", "SRC-26", "SRC-27", "SRC-28",
    }  # fmt: skip
    found = served.get(f"{inbox}/DocumentReference?status=current").json()
    assert found["link"][0]["url"].startswith(f"http://sandbox.test{inbox}/DocumentReference")
    assert served.post(f"/api/runs/{id}/finish").json()["state"] == "done"
    assert served.post(inbox, json=a_submission(), headers=FHIR).status_code == 404


def test_xml_is_judged_as_well(served: TestClient) -> None:
    body = write_xml(a_submission(), knowledge_at_hand().types)
    assert not_passed(sent(served, body, {"Content-Type": "application/fhir+xml"})) == set()


@pytest.mark.daily("faults", share=0.25)
@pytest.mark.parametrize(
    ("number", "submission"), WRONG, ids=[f"{row[0]}-{index}" for index, row in enumerate(WRONG)]
)
def test_each_assertion_fails_for_the_client_that_breaks_it(
    served: TestClient, number: str, submission: Json
) -> None:
    verdicts = sent(served, submission)
    assert verdicts[number] in FAILED, verdicts


def test_a_wrong_hash_fails_that_assertion_alone(served: TestClient) -> None:
    assert not_passed(sent(served, with_value(f"{ATTACHMENT}.hash", HEX))) <= {"SRC-12", "SRC-13"}


def test_the_content_type_is_asked_for(served: TestClient) -> None:
    verdicts = sent(served, a_submission(), {"Content-Type": "application/json"})
    assert not_passed(verdicts) == {"SRC-01"}


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (b"", "server.broken_json"),
        (b"not json", "server.broken_json"),
        (b'{"resourceType":"Bundle",', "server.broken_json"),
        (b"<Bundle", "definitions.broken_xml"),
        (b"[]", "source.no_transaction"),
        (b'{"resourceType": "Patient"}', "source.no_transaction"),
        (b'{"resourceType": "Bundle", "type": "batch"}', "source.no_transaction"),
    ],
)
def test_what_is_no_submission_has_one_cause_and_the_rest_is_left_out_behind_it(
    served: TestClient, body: bytes, cause: str
) -> None:
    id, inbox = an_inbox(served)
    served.post(inbox, content=body, headers=FHIR)
    tests = {one["number"]: one for one in served.get(f"/api/runs/{id}").json()["tests"]}
    told = {number: one["verdict"] for number, one in tests.items()}

    assert {number for number, one in told.items() if one not in ("pass", "skip")} == {"SRC-02"}
    assert [one["key"] for one in tests["SRC-02"]["findings"]] == [cause]
    assert tests["SRC-02"]["exchanges"] == [0]
    # that it was posted, and in which type, is seen without its content
    assert {number for number, one in told.items() if one == "pass"} == {"SRC-01"}


def test_a_body_that_breaks_off_is_told_with_its_place(served: TestClient) -> None:
    id, inbox = an_inbox(served)
    served.post(inbox, content=b'{"resourceType":"Bundle",', headers=FHIR)
    run = served.get(f"/api/runs/{id}?lang=en").json()
    (finding,) = next(one for one in run["tests"] if one["number"] == "SRC-02")["findings"]
    assert finding["text"].startswith("The body is not JSON: line 1, column 26")


def test_a_transaction_that_is_no_submission_has_one_cause(served: TestClient) -> None:
    body = b'{"resourceType": "Bundle", "type": "transaction"}'
    told = sent(served, body)
    assert {number for number, one in told.items() if one == "fail"} == {"SRC-03"}
    assert {number for number, one in told.items() if one == "pass"} == {"SRC-01", "SRC-02"}


def test_of_one_hash_one_test_tells_what_is_wrong(served: TestClient) -> None:
    hexadecimal = sent(served, with_value(f"{ATTACHMENT}.hash", HEX))
    assert (hexadecimal["SRC-12"], hexadecimal["SRC-13"]) == ("fail", "skip")
    other = sent(served, with_value(f"{ATTACHMENT}.hash", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="))
    assert (other["SRC-12"], other["SRC-13"]) == ("skip", "fail")
    size = sent(served, with_value(f"{ATTACHMENT}.size", 7))
    assert (size["SRC-12"], size["SRC-13"]) == ("pass", "fail")


def test_the_newest_submission_counts_and_what_no_test_looked_at_is_kept(
    served: TestClient,
) -> None:
    id, inbox = an_inbox(served)
    served.get(f"{inbox}/metadata")
    served.post(inbox, json=without("meta"), headers=FHIR)
    before = served.get(f"/api/runs/{id}").json()
    served.post(inbox, json=a_submission(), headers=FHIR)
    after = served.get(f"/api/runs/{id}").json()

    assert (before["verdict"], after["verdict"]) == ("warn", "pass")
    numbers = [[one["number"] for one in run["unmatched"]] for run in (before, after)]
    assert numbers == [[0], [0, 1]]
    assert [one["key"] for one in after["unmatched"]] == [
        "testbench.stray_far",
        "testbench.stray_older",
    ]
    assert served.get(f"/api/runs/{id}/exchanges/0").json()["url"].endswith("/metadata")
    assert served.post(f"/api/runs/{id}/recheck").json()["changed"] == []
    page = served.get(f"/runs/{id}?lang=es").text
    assert f"http://sandbox.test{inbox}" in page
    assert "No corresponden a ninguna prueba: 2" in page
    assert "se juzgó un pedido más nuevo del mismo tipo" in page


def test_what_an_earlier_message_did_wrong_stays_on_record_and_does_not_count(
    served: TestClient,
) -> None:
    id, inbox = an_inbox(served)
    for kind in ("application/json", "application/json", "application/fhir+json"):
        served.post(inbox, json=a_submission(), headers={"Content-Type": kind})
    run = served.get(f"/api/runs/{id}").json()

    assert run["verdict"] == "pass"
    (earlier,) = run["earlier"]  # the same twice is told once, of the last
    assert (earlier["number"], earlier["verdict"], earlier["exchanges"]) == ("SRC-01", "fail", [1])
    assert [one["key"] for one in earlier["findings"]] == ["source.content_type"]
    page = served.get(f"/runs/{id}?lang=es").text
    assert "Encontrado en mensajes anteriores: 1" in page
    assert "application/json" in page
    assert "Content-Type: application/fhir+json" in served.get(f"/runs/{id}/1?lang=es").text


def test_what_the_newest_message_does_wrong_as_well_is_told_once(served: TestClient) -> None:
    id, inbox = an_inbox(served)
    for _ in range(2):
        served.post(inbox, json=a_submission(), headers={"Content-Type": "application/json"})
    run = served.get(f"/api/runs/{id}").json()
    assert (run["verdict"], run["earlier"]) == ("fail", [])


@pytest.mark.parametrize("base_url", ["", "https://event.example/sandbox"])
def test_what_came_through_an_inbox_outlives_it_and_a_consumer_stays_in_its_own(
    tmp_path: Path, base_url: str
) -> None:
    with a_sandbox(tmp_path, seed="training", base_url=base_url) as client:
        root = base_url or "http://sandbox.test"
        id, inbox = an_inbox(client)
        client.post(inbox, json=a_submission(), headers=FHIR)
        client.post(f"/api/runs/{id}/finish")
        other = client.post(
            "/api/runs", json={"track": "mhd.consumer", "system": "sandbox"}
        ).json()["inbox"]
        query = f"DocumentReference?{ROSA}&status=current"
        for base in ("/fhir", other):
            found = client.get(f"{base}/{query}").json()
            urls = [one["resource"]["content"][0]["attachment"]["url"] for one in found["entry"]]
            assert urls
            assert all(url.startswith(f"{root}{base}/Binary/") for url in urls)
            assert found["link"][0]["url"].startswith(f"{root}{base}/")
            assert client.get(urls[0].removeprefix(root)).status_code == 200
        patient = client.get(f"{other}/Patient?identifier={ROSA.partition('=')[2]}").json()[
            "entry"
        ][0]["fullUrl"]
        assert patient.startswith(f"{root}{other}/")
        by_reference = client.get(
            f"{other}/DocumentReference", params={"patient": patient, "status": "current"}
        ).json()
        assert by_reference["total"] == len(urls)


def test_the_page_of_an_exchange_shows_each_finding_at_its_element(served: TestClient) -> None:
    id, inbox = an_inbox(served)
    served.post(inbox, json=with_value(f"{ATTACHMENT}.size", 7), headers=FHIR)
    page = served.get(f"/runs/{id}/0?lang=es").text
    marked = re.findall(r"<mark>(.*?)</mark><span class=\"at (\w+)\"><strong>(.*?)</strong>", page)
    assert [(line.strip().replace("&#34;", '"'), kind) for line, kind, _ in marked] == [
        ('"size": 7,', "fault")
    ]
    served.post(inbox + "/Bundle", json={})
    assert (
        "llegó a otro lugar" in served.get(f"/runs/{id}/1?lang=es").text
    )  # the page of a stray says why


def test_nobody_finds_an_inbox_by_guessing(served: TestClient) -> None:
    for secret in ("x", "", "../fhir"):
        assert served.get(f"/inbox/{secret}/fhir/metadata").status_code == 404


def test_tokens_of_a_client_are_not_kept(served: TestClient) -> None:
    id, inbox = an_inbox(served)
    served.post(inbox, json=a_submission(), headers={**FHIR, "Authorization": "Bearer canary"})
    assert "canary" not in served.get(f"/api/runs/{id}/events").text


def test_every_assertion_is_broken_by_a_client_here() -> None:
    numbers = {test.number for test in TRACKS["mhd.source"].tests}
    # these have tests of their own
    assert numbers - {number for number, _ in WRONG} == {"SRC-01", "SRC-12", "SRC-27", "SRC-28"}


def test_comprehensive_metadata_and_a_summary_pass_all_that_is_about_them(
    served: TestClient,
) -> None:
    told = sent(served, a_comprehensive_submission(GIVEN, "inbox"), metadata="comprehensive")
    assert (not_passed(told), told["SRC-21"], told["SRC-22"]) == (set(), "pass", "pass")
    told = sent(served, a_submitted_summary())
    assert (not_passed(told), told["SRC-25"], told["SRC-26"]) == (set(), "pass", "pass")
    moment = summary(
        f"{ATTACHMENT}.creation", "2026-07-27T06:00:00-03:00"
    )  # the same moment, spelled otherwise
    assert sent(served, moment)["SRC-26"] == "pass"


def test_another_level_than_the_declared_one_is_told(served: TestClient) -> None:
    assert not_passed(sent(served, a_submission(), metadata="comprehensive")) == {"SRC-03"}
    assert not_passed(sent(served, a_submission(), metadata="minimal")) == set()


def test_identifiers_are_judged_by_the_version_of_mhd(served: TestClient) -> None:
    official = with_value(
        "entry.1.resource.identifier", [{"use": "official", "system": RFC, "value": OTHER}]
    )
    found = {
        version: sent(served, official, mhd=version)["SRC-16"]
        for version in ("4.2.2", "4.2.3", "ci")
    }
    assert len(set(found.values())) > 1, found


PUBLICATION = {
    "resourceType": "DocumentReference", "status": "current", "date": "2026-07-27T09:00:00Z",
    "masterIdentifier": {"use": "usual", "system": RFC, "value": "urn:oid:2.999.7"},
    "type": {"coding": [{"system": "http://loinc.org", "code": "34133-9"}]},
    "subject": {"reference": "Patient/rosa-quispe"},
    "content": [{"attachment": {"contentType": "text/plain", "data": "aGk="}}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        (PUBLICATION, "pass"),
        (changed(PUBLICATION, "content.0.attachment.data"), "fail"),
        (changed(PUBLICATION, "content.0.attachment.url", "http://a.test/x"), "fail"),
        (changed(PUBLICATION, "status", "superseded"), "fail"),
        (changed(PUBLICATION, "subject"), "fail"),
        ({"resourceType": "Binary"}, "fail"),
    ],
)
def test_simplified_publish_is_judged_where_the_source_offers_it(
    served: TestClient, body: Json, verdict: str
) -> None:
    assert sent(served, body, to="/DocumentReference", simplified="yes")["SRC-27"] == verdict


@pytest.mark.parametrize(
    ("resources", "verdict"),
    [
        (["Bundle"], "pass"), (["Binary"], "pass"), ([], "fail"), (["Bundle", "Bundle"], "fail"),
        (["DocumentReference"], "fail"),
    ],
)  # fmt: skip
def test_generate_metadata_is_judged_where_the_source_asks_for_it(
    served: TestClient, resources: list[str], verdict: str
) -> None:
    parameter = [{"name": "document", "resource": {"resourceType": one}} for one in resources]
    body = {"resourceType": "Parameters", "parameter": parameter}
    assert (
        sent(served, body, to="/DocumentReference/$generate-metadata", generate="yes")["SRC-28"]
        == verdict
    )
    wrong = {"resourceType": "Bundle"}
    assert (
        sent(served, wrong, to="/DocumentReference/$generate-metadata", generate="yes")["SRC-28"]
        == "fail"
    )


def test_every_sentence_about_a_source_is_told_of_some_client(served: TestClient) -> None:
    told: set[str] = set()
    posts = [
        *((body, "", {}) for _, body in WRONG),
        (a_submission(), "", {"metadata": "comprehensive"}),
    ]
    posts += [
        ({}, "/DocumentReference", {"simplified": "yes"}), ({"resourceType": "Patient"}, "", {}),
        ({}, "/DocumentReference/$generate-metadata", {"generate": "yes"}),
        (without("entry.2.request"), "", {}), (the_sample(), "", {"samples": "lacpass"}),
        ({"resourceType": "Bundle", "type": "transaction"}, "", {}),
    ]  # fmt: skip
    as_xml = a_submission()
    for body, place, inputs in [*posts, (as_xml, "", {})]:
        id, inbox = an_inbox(served, **inputs)
        kind = {"Content-Type": "application/json"} if body == {"resourceType": "Patient"} else FHIR
        if body is as_xml:
            kind = {"Content-Type": "application/fhir+xml"}
        served.post(inbox + place, json=body, headers=kind)
        told |= {
            one["key"]
            for test in served.get(f"/api/runs/{id}").json()["tests"]
            for one in test["findings"]
        }
    sentences = {
        f"source.{name[:-5]}" for name in load_room("en", "source") if name.endswith(".text")
    }
    assert sentences <= told


ROSA = "patient.identifier=urn:oid:2.16.152%7C48215377-1"
JSON = {"Accept": "application/fhir+json"}
SEARCHES: list[tuple[str, str, dict[str, str]]] = [
    ("CON-01", "List?code=submissionset&status=current", JSON),
    ("CON-01", f"List?{ROSA}&status=current", JSON),
    ("CON-02", f"DocumentReference?{ROSA}", JSON),
    ("CON-02", "DocumentReference?status=current", JSON),
    (
        "CON-02",
        f"DocumentReference?{ROSA}&status=http://hl7.org/fhir/document-reference-status%7Ccurrent",
        JSON,
    ),
    ("CON-03", f"DocumentReference?{ROSA}&status=current", {"Accept": "*/*"}),
]


def consuming(
    client: TestClient, *asked: tuple[str, dict[str, str]], **inputs: str
) -> dict[str, str | None]:
    """Asks an inbox as a Consumer does and returns the verdicts by number."""
    run = client.post(
        "/api/runs", json={"track": "mhd.consumer", "system": "sandbox", "inputs": inputs}
    ).json()
    for place, headers in asked:
        client.get(f"{run['inbox']}/{place}", headers=headers)
    return {
        one["number"]: one["verdict"]
        for one in client.get(f"/api/runs/{run['id']}").json()["tests"]
    }


def published(client: TestClient) -> str:
    """Publishes a document and returns where it can be fetched, below the base."""
    stored = client.post("/fhir", json=a_submission(), headers=FHIR).json()
    return str(stored["entry"][2]["response"]["location"]).partition("/_history")[0]


def test_a_right_consumer_passes_all(served: TestClient) -> None:
    place = published(served)
    verdicts = consuming(
        served, (f"List?{ROSA}&code=submissionset&status=current", JSON),
        (f"DocumentReference?{ROSA}&status=current", JSON), (place, {"Accept": "*/*"}),
    )  # fmt: skip
    assert {number for number, one in verdicts.items() if one != "pass"} == {"CON-06", "CON-07"}
    assert (verdicts["CON-06"], verdicts["CON-07"]) == (
        "skip",
        "skip",
    )  # no input says that it offers them


def test_a_consumer_that_puts_up_with_a_less_tidy_answer_passes_and_one_that_does_not_is_warned(
    served: TestClient,
) -> None:
    place = published(served)
    search = (f"DocumentReference?{ROSA}&status=current", JSON)
    assert consuming(served, search, (place, {"Accept": "*/*"}), awkward="yes")["CON-06"] == "pass"
    assert consuming(served, search, ("Binary/made-up", {}), awkward="yes")["CON-06"] == "warn"
    assert consuming(served, search, awkward="yes")["CON-06"] == "inconclusive"
    xml = (f"DocumentReference?{ROSA}&status=current", {"Accept": "application/fhir+xml"})
    assert consuming(served, xml, (place, {"Accept": "*/*"}), awkward="yes")["CON-06"] == "skip"
    run = served.post(
        "/api/runs",
        json={"track": "mhd.consumer", "system": "sandbox", "inputs": {"awkward": "yes"}},
    ).json()
    answer = served.get(f"{run['inbox']}/{search[0]}", headers=JSON).json()
    assert answer["entry"][0]["search"]["mode"] == "outcome"
    assert answer["total"] == sum(one["search"]["mode"] == "match" for one in answer["entry"])


@pytest.mark.parametrize(
    ("proof", "verdict"),
    [
        ("allergies=ALLERGIES&medications=MEDICATIONS", "pass"),
        ("allergies=7&medications=MEDICATIONS", "fail"),
        ("allergies=ALLERGIES", "fail"),
    ],
)
def test_a_consumer_proves_that_it_shows_what_it_has_fetched(
    served: TestClient, proof: str, verdict: str
) -> None:
    summary = served.get("/fhir/Patient/shanice-campbell/$summary").content
    sent = ours(GIVEN, "proof", document=summary, kind="application/fhir+json")
    stored = served.post("/fhir", json=sent, headers=FHIR).json()
    place = str(stored["entry"][2]["response"]["location"]).partition("/_history")[0]
    proof = proof.replace("ALLERGIES", "1").replace("MEDICATIONS", "2")
    asked = ((place, JSON), (f"$proof?{proof}", JSON))
    assert consuming(served, *asked, view="yes")["CON-07"] == verdict
    assert consuming(served, *asked[::-1], view="yes")["CON-07"] == verdict  # in whichever order
    assert consuming(served, asked[0], view="yes")["CON-07"] is None  # nothing was told yet
    elsewhere = ("Binary/made-up", JSON)
    assert (
        consuming(served, elsewhere, asked[1], view="yes")["CON-07"] == "skip"
    )  # what it fetched is no summary


def test_the_page_of_a_run_asks_for_the_proof(served: TestClient) -> None:
    body = {"track": "mhd.consumer", "system": "sandbox", "inputs": {"view": "sí"}}
    run = served.post("/api/runs", json=body).json()
    assert f"{run['inbox']}/$proof" in served.get(f"/runs/{run['id']}?lang=es").text
    answer = served.get(f"{run['inbox']}/$proof?allergies=0", headers={"Accept-Language": "es"})
    assert "quedó guardado" in answer.text


@pytest.mark.parametrize(("number", "place", "headers"), SEARCHES)
def test_a_wrong_search_fails_its_assertion(
    served: TestClient, number: str, place: str, headers: dict[str, str]
) -> None:
    assert consuming(served, (place, headers))[number] == "fail"


def test_a_form_is_read_as_an_address_is(served: TestClient) -> None:
    run = served.post("/api/runs", json={"track": "mhd.consumer", "system": "sandbox"}).json()
    form = {"patient.identifier": "urn:oid:2.16.152|48215377-1", "status": "current"}
    served.post(f"{run['inbox']}/DocumentReference/_search", data=form, headers=JSON)
    tests = served.get(f"/api/runs/{run['id']}").json()["tests"]
    assert {one["number"]: one["verdict"] for one in tests}["CON-02"] == "pass"


@pytest.mark.parametrize(
    ("place", "headers"),
    [("Binary/made-up", {}), ("Bundle/20-broken-summary", {}), ("", {"If-Unmodified-Since": "x"})],
)
def test_a_retrieval_from_elsewhere_or_on_a_condition_fails(
    served: TestClient, place: str, headers: dict[str, str]
) -> None:
    told = published(served)
    search = (f"DocumentReference?{ROSA}&status=current", JSON)
    assert consuming(served, search, (place or told, headers))["CON-05"] == "fail"


def test_a_bar_that_is_not_encoded_is_warned_of() -> None:
    exchange = Exchange(
        "GET",
        "http://a/inbox/x/fhir/DocumentReference?patient.identifier=a|b",
        (),
        b"",
        200,
        (),
        b"{}",
    )
    (test,) = [one for one in TRACKS["mhd.consumer"].tests if one.number == "CON-04"]
    assert asyncio.run(judge_again(test, {}, [exchange])).verdict == "warn"


def test_what_was_not_asked_has_no_verdict(served: TestClient) -> None:
    verdicts = consuming(served, (f"DocumentReference?{ROSA}&status=current", JSON))
    assert (verdicts["CON-02"], verdicts["CON-01"]) == ("pass", None)


@contextmanager
def no_judge_free(client: TestClient) -> Iterator[None]:
    """Lets nothing be judged that comes to an inbox meanwhile: every thread for it is taken."""
    app: Any = client.app
    judges = app.state.run_service.judging.threads
    taken = [object() for _ in range(JUDGING_THREADS)]

    def change(act: str) -> None:
        for one in taken:
            getattr(judges, act)(one)

    assert client.portal is not None
    client.portal.call(change, "acquire_on_behalf_of_nowait")
    try:
        yield
    finally:
        client.portal.call(change, "release_on_behalf_of")


def verdicts_of(run: Any) -> list[str]:
    return [test["verdict"] for test in run["tests"] if test["verdict"]]


def test_a_client_is_answered_before_its_large_submission_is_judged(
    served: TestClient, tmp_path: Path
) -> None:
    id, inbox = an_inbox(served)
    content = bytes(2_000_000)
    attachment = {
        "size": len(content),
        "hash": base64.b64encode(hashlib.sha1(content).digest()).decode(),
    }
    large = changed(a_submission(), "entry.2.resource.data", base64.b64encode(content).decode())
    large["entry"][1]["resource"]["content"][0]["attachment"] |= attachment

    with no_judge_free(served):
        reply = served.post(inbox, content=json.dumps(large).encode(), headers=FHIR)
        assert (reply.status_code, served.get("/health").status_code) == (200, 200)
        with runs_at(tmp_path / "sandbox") as (runs, _):
            assert runs.read(id).outcomes == {}

    assert verdicts_of(served.post(f"/api/runs/{id}/finish").json())


@pytest.mark.parametrize(
    ("door", "headers"),
    [("/api", {}), ("", {"Content-Type": "application/x-www-form-urlencoded"})],
)
def test_a_run_is_not_finished_before_what_was_answered_is_judged(
    served: TestClient, monkeypatch: pytest.MonkeyPatch, door: str, headers: dict[str, str]
) -> None:
    """However long the judging takes: a reader waits for it a while, an end all the while."""
    monkeypatch.setattr(run_service, "SETTLE_SECONDS", 0.0)
    id, inbox = an_inbox(served)
    with ThreadPoolExecutor(1) as beside:
        with no_judge_free(served):
            served.post(inbox, content=json.dumps(a_submission()).encode(), headers=FHIR)
            ended = beside.submit(served.post, f"{door}/runs/{id}/finish", headers=headers)
            with suppress(TimeoutError):
                ended.result(timeout=0.5)
            assert served.get(f"/api/runs/{id}").json()["state"] == "waiting"
        ended.result(timeout=60)
    run = served.get(f"/api/runs/{id}").json()
    assert (run["state"], run["tests"][0]["verdict"]) == ("done", "pass")


def test_what_another_process_has_answered_is_judged_before_the_end(
    served: TestClient, tmp_path: Path
) -> None:
    id, inbox = an_inbox(served)
    body = json.dumps(a_submission()).encode()
    typed = (("Content-Type", "application/fhir+json"),)
    sent = Exchange("POST", f"http://testserver{inbox}", typed, body, 200, (), b"{}")
    with runs_at(tmp_path / "sandbox") as (runs, _):
        runs.capture(id, sent)
    run = served.post(f"/api/runs/{id}/finish").json()
    assert (run["state"], run["tests"][0]["verdict"]) == ("done", "pass")


def test_what_came_while_an_older_one_was_judged_is_judged_before_the_end(
    served: TestClient, tmp_path: Path
) -> None:
    """The verdict of the older request then stands behind the newer request in the log."""
    id, inbox = an_inbox(served)
    typed = (("Content-Type", "application/fhir+json"),)
    with runs_at(tmp_path / "sandbox") as (runs, _):
        for body in ({"resourceType": "Bundle"}, a_submission()):
            content = json.dumps(body).encode()
            url = f"http://testserver{inbox}"
            runs.capture(id, Exchange("POST", url, typed, content, 200, (), b"{}"))
        runs.judge_captured(id, 0)
        assert runs.not_judged(id) == [1]
    run = served.post(f"/api/runs/{id}/finish").json()
    assert (run["state"], run["tests"][0]["verdict"]) == ("done", "pass")


def test_what_came_before_a_stop_is_judged_after_the_start(tmp_path: Path) -> None:
    with a_sandbox(tmp_path, seed="training") as client:
        id, inbox = an_inbox(client)
        request = Exchange(
            "POST",
            f"http://testserver{inbox}",
            (),
            json.dumps(a_submission()).encode(),
            200,
            (),
            b"{}",
        )
        with runs_at(tmp_path / "sandbox") as (runs, _):
            assert runs.capture(id, request) == 0
            assert runs.read(id).outcomes == {}

    with a_sandbox(tmp_path, seed="training") as client:
        assert client.get(f"/api/runs/{id}").json()["tests"][0]["verdict"] is not None


def test_a_run_is_finished_behind_what_came_to_it(served: TestClient) -> None:
    id, inbox = an_inbox(served)
    served.post(inbox, content=json.dumps(a_submission()).encode(), headers=FHIR)
    run = served.post(f"/api/runs/{id}/finish").json()
    assert (run["state"], run["tests"][0]["verdict"]) == ("done", "pass")
