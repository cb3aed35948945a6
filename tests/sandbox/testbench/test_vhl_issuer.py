"""Health links of the sandbox pass, and each way to share them wrongly fails the tests that it belongs to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cbor2 import dumps
from starlette.testclient import TestClient

from sandbox.certificates.cose import sign1
from sandbox.certificates.hcert import as_text
from sandbox.certificates.links import Link, read_link, written
from sandbox.clock import fhir_instant
from tests.conftest import TickingClock, a_sandbox
from tests.sandbox.certificates.making import NOW as LATER
from tests.sandbox.certificates.making import chile, signed
from tests.sandbox.testbench.playing import played as outcomes
from tests.sandbox.testbench.test_ddcc_tracks import LIST, Change, played

DOCUMENT = {"resourceType": "Bundle", "type": "document", "entry": []}
START = TickingClock().now + timedelta(hours=1)
NOW, ENDS = fhir_instant(START), fhir_instant(START + timedelta(days=1))


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[TestClient]:
    with a_sandbox(tmp_path, country="CL") as client:
        yield client


def a_link(client: TestClient, **options: Any) -> str:
    made = client.post("/api/links", json={"content": DOCUMENT, "expires": ENDS, **options}).json()
    return str(made["link"])


def judged(
    client: TestClient, text: str, change: Change | None = None, **given: str
) -> dict[str, list[str]]:
    found = played("vhl.issuer", client, change, certificate=text, now=NOW, trustlist="", **given)
    bare = ["VHI-15", "VHI-02", "VHI-03", "VHI-04"]  # of a link that stands in no certificate
    skipped = [one for one in found.pop("skip", []) if one not in bare]
    return found | ({"skip": skipped} if skipped else {})


HTTP = {"VHI-05"}  # a sandbox on one machine has no TLS


def faults(found: dict[str, list[str]]) -> dict[str, set[str]]:
    left = {verdict: set(numbers) - HTTP for verdict, numbers in found.items()}
    return {verdict: numbers for verdict, numbers in left.items() if numbers}


def test_a_link_with_a_passcode_passes(sandbox: TestClient) -> None:
    assert judged(sandbox, a_link(sandbox, passcode="4711"), passcode="4711") == {
        "warn": ["VHI-05"]
    }


def test_a_link_with_a_manifest_and_a_direct_one_pass(sandbox: TestClient) -> None:
    assert judged(sandbox, a_link(sandbox)) == {"warn": ["VHI-05"], "skip": ["VHI-08"]}
    assert judged(sandbox, a_link(sandbox, direct=True)) == {
        "warn": ["VHI-05"],
        "skip": ["VHI-08", "VHI-09"],
    }


def test_the_events_service_passes_but_for_its_open_file(sandbox: TestClient) -> None:
    options = {"expiresOn": ENDS, "jsonContent": json.dumps(DOCUMENT), "passCode": "1"}
    text = sandbox.post("/v2/vshcIssuance", json=options).text
    found = played("vhl.issuer", sandbox, certificate=text, now=NOW, passcode="1", trustlist=LIST)
    assert found == {"warn": ["VHI-05", "VHI-08", "VHI-10", "VHI-11"]}


def test_a_link_that_must_be_verifiable_fails_where_it_stands_alone(sandbox: TestClient) -> None:
    given = {"now": NOW, "passcode": "1", "trustlist": LIST, "verifiable": "yes"}
    link = a_link(sandbox, passcode="1")
    found = played("vhl.issuer", sandbox, certificate=link, **given)
    assert (found["fail"], found["warn"]) == (["VHI-15"], ["VHI-05"])
    assert found["skip"] == ["VHI-02", "VHI-03", "VHI-04"]
    options = {"expiresOn": ENDS, "jsonContent": json.dumps(DOCUMENT), "passCode": "1"}
    signed_one = sandbox.post("/v2/vshcIssuance", json=options).text
    assert "fail" not in played("vhl.issuer", sandbox, certificate=signed_one, **given)


def test_what_only_a_signed_link_has_is_not_judged_behind_its_own_test(sandbox: TestClient) -> None:
    given = {"certificate": a_link(sandbox), "now": NOW, "trustlist": LIST}
    results = {result.test.number: result for result in outcomes("vhl.issuer", sandbox, **given)}
    (told,) = results["VHI-02"].findings
    assert (told.key, told.params["test"]) == ("testbench.depends", "VHI-15")
    assert [one.key for one in results["VHI-15"].findings] == ["testbench.nothing_there"]


def answered(method: str, status: int, body: Any = None, *, only: str = "") -> Change:
    """Returns a change of every answer to requests of a method, those with a text in their body alone if one is given."""

    def change(request: httpx.Request, before: int, held: Any) -> tuple[int, Any]:
        is_meant = (
            request.method == method
            and "/shl/" in str(request.url)
            and only.encode() in request.content
        )
        return (status, held if body is None else body) if is_meant else (before, held)

    return change


def opened(request: httpx.Request, status: int, body: Any) -> tuple[int, Any]:
    """A server that serves its files open."""
    return (200, DOCUMENT) if "/shl/files/" in str(request.url) else (status, body)


def other_content(request: httpx.Request, status: int, body: Any) -> tuple[int, Any]:
    return (200, {"hello": 1}) if "/shl/files/" in str(request.url) else (status, body)


def lost_files(request: httpx.Request, status: int, body: Any) -> tuple[int, Any]:
    return (404, {}) if "/shl/files/" in str(request.url) else (status, body)


def odd_types(_: httpx.Request, status: int, body: Any) -> tuple[int, Any]:
    if isinstance(body, dict) and isinstance(body.get("files"), list):
        body["files"] = [{**one, "contentType": "text/plain"} for one in body["files"]]
    return status, body


def no_places(_: httpx.Request, status: int, body: Any) -> tuple[int, Any]:
    if isinstance(body, dict) and isinstance(body.get("files"), list):
        body["files"] = [{"contentType": one["contentType"]} for one in body["files"]]
    return status, body


def silent_count(_: httpx.Request, status: int, body: Any) -> tuple[int, Any]:
    return status, {"error": "no"} if status == 401 else body


def anybody(request: httpx.Request, status: int, body: Any) -> tuple[int, Any]:
    return (200, {"files": [{}]}) if status in (400, 404) else (status, body)


WRONG: dict[str, tuple[Change, dict[str, set[str]]]] = {
    "every passcode is right": (answered("POST", 200, {"files": []}, only="nobody chose"), {"fail": {"VHI-08"}}),
    "a wrong passcode breaks it": (answered("POST", 500, {}, only="nobody chose"), {"warn": {"VHI-08"}}),
    "no attempts told": (silent_count, {"warn": {"VHI-08"}}),
    "anybody and any address": (anybody, {"warn": {"VHI-07"}, "fail": {"VHI-13"}}),
    "open files": (opened, {"warn": {"VHI-11"}}),
    "other content": (other_content, {"fail": {"VHI-11", "VHI-12"}}),
    "lost files": (lost_files, {"fail": {"VHI-11"}, "skip": {"VHI-12"}}),
    "odd types": (odd_types, {"warn": {"VHI-09"}}),
    "no places": (no_places, {"fail": {"VHI-09"}}),
    "no manifest": (answered("POST", 200, {"files": []}, only='"4711"'), 
                    {"fail": {"VHI-09"}, "skip": {"VHI-07", "VHI-08", "VHI-10", "VHI-11", "VHI-12", "VHI-13"}}),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_each_fault_of_sharing_fails_its_own_tests(sandbox: TestClient, name: str) -> None:
    change, expected = WRONG[name]
    found = faults(judged(sandbox, a_link(sandbox, passcode="4711"), change, passcode="4711"))
    if name == "no places":
        assert found.pop("skip", set()) <= {"VHI-12"}
    assert found == expected


def rewritten(text: str, **changed: Any) -> str:
    link = read_link(text, at=START)[1]
    assert link is not None
    held = {
        "url": link.url,
        "key": link.key,
        "expires": link.expires,
        "flag": link.flag,
        "label": link.label,
    }
    return written(Link(**{**held, **changed}))


def test_faults_of_the_link_itself(sandbox: TestClient) -> None:
    text = a_link(sandbox, passcode="4711")
    assert faults(judged(sandbox, rewritten(text, expires=None), passcode="4711")) == {
        "warn": {"VHI-06"}
    }
    over = rewritten(text, expires=int(START.timestamp()) - 9)
    assert faults(judged(sandbox, over, passcode="4711")) == {"fail": {"VHI-06"}}
    assert faults(judged(sandbox, rewritten(text, key=bytes(32)), passcode="4711"))["fail"] == {
        "VHI-11"
    }
    assert "VHI-05" in judged(sandbox, rewritten(text, label="x" * 99), passcode="4711")["warn"]
    assert faults(judged(sandbox, text)) == {
        "skip": {"VHI-07", "VHI-08", "VHI-09", "VHI-10", "VHI-11", "VHI-12", "VHI-13"}
    }  # no passcode was given
    assert judged(sandbox, "shlink:/e30")["fail"] == ["VHI-01"]
    assert judged(sandbox, "HC1:NOTHING")["fail"] == ["VHI-01"]


def test_viewers_that_may_not_ask_and_short_addresses_are_told(sandbox: TestClient) -> None:
    found = judged(sandbox, rewritten(a_link(sandbox), url="http://sandbox.test/shl/short"))
    assert "VHI-14" in found["warn"]
    assert found["fail"] == ["VHI-09"]


def test_faults_of_the_certificate_around_a_link(sandbox: TestClient) -> None:
    link = a_link(sandbox, expires=fhir_instant(LATER + timedelta(days=9)))
    stranger = signed([{"u": link}], 5)  # by a key that this sandbox does not list
    assert faults(
        played("vhl.issuer", sandbox, certificate=stranger, now=fhir_instant(LATER), trustlist=LIST)
    )["fail"] == {"VHI-04"}
    odd = signed([{"u": link.replace("shlink:/", "shlink:///")}], 5)
    assert (
        "VHI-01"
        in faults(played("vhl.issuer", sandbox, certificate=odd, now=NOW, trustlist=LIST))["fail"]
    )
    elsewhere = signed({"value": link}, 99)  # read all the same, and told
    assert (
        "VHI-02"
        in faults(played("vhl.issuer", sandbox, certificate=elsewhere, now=NOW, trustlist=LIST))[
            "fail"
        ]
    )
    nowhere = faults(
        played(
            "vhl.issuer",
            sandbox,
            certificate=stranger,
            now=NOW,
            trustlist=LIST.replace("did.json", "no.json"),
        )
    )
    assert ("VHI-03" in nowhere["fail"], "VHI-04" in nowhere["skip"]) == (True, True)


def test_claims_that_are_written_as_text_are_told_of_the_carrier(sandbox: TestClient) -> None:
    text = as_text(
        sign1(
            dumps({"1": "CL", "6": 1, "-260": {"5": [{"u": a_link(sandbox)}]}}),
            chile().dsc[0].key,
            kid=b"12345678",
        )
    )
    assert (
        "VHI-02" in played("vhl.issuer", sandbox, certificate=text, now=NOW, trustlist="")["warn"]
    )
