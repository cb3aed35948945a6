"""Sharing by link: manifest, passcode, expiry, one-time addresses, taking back; over the API and over the event's service."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from sandbox.certificates import base45
from sandbox.certificates.hcert import read
from sandbox.certificates.links import opened, read_link
from sandbox.certificates.qr import texts_in
from sandbox.certificates.receiving import Answer, Received, receive
from sandbox.certificates.verifying import verify
from sandbox.clock import fhir_instant
from sandbox.trust.folder import TrustFolder
from tests.conftest import TickingClock, a_sandbox

DOCUMENT: dict[str, Any] = {"resourceType": "Bundle", "type": "document", "entry": []}
# what is particular to PostgreSQL is held in tests/sandbox/store every day
ON_POSTGRES = [pytest.mark.needs("postgres"), pytest.mark.daily("postgres", share=0.25)]
STORES = ["sqlite", pytest.param("postgres", marks=ON_POSTGRES)]
START = TickingClock().now
SOON = START + timedelta(hours=1)


@pytest.fixture(params=STORES)
def sandbox(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TestClient]:
    url = str(request.getfixturevalue("postgres_database")) if request.param == "postgres" else ""
    with a_sandbox(tmp_path, country="CL", database_url=url) as client:
        yield client


def shared(client: TestClient, **wish: Any) -> dict[str, Any]:
    reply = client.post("/api/links", json={"content": DOCUMENT, **wish})
    assert reply.status_code == 201, reply.text
    return dict(reply.json())


def received(client: TestClient, link: str, passcode: str = "") -> Received:
    def fetch(method: str, address: str, body: dict[str, Any] | None) -> Answer:
        reply = client.request(method, address.removeprefix("http://sandbox.test"), json=body)
        return Answer(reply.status_code, reply.headers.get("content-type", ""), reply.content)

    return receive(link, fetch, recipient="Clínica Sur", passcode=passcode, at=START)


def reasons(found: Received) -> list[str]:
    return [one.id.partition(".")[2] for one in found.findings if one.severity == "error"]


def manifest(client: TestClient, url: str, **body: Any) -> Any:
    return client.post(
        url.removeprefix("http://sandbox.test"), json={"recipient": "Clínica Sur", **body}
    )


def test_a_document_is_shared_with_a_passcode_and_received(sandbox: TestClient) -> None:
    made = shared(
        sandbox, passcode="4711", label="Resumen", expires=fhir_instant(START + timedelta(days=1))
    )
    found = received(sandbox, made["link"], "4711")
    assert (reasons(found), [json.loads(one.content) for one in found.files]) == ([], [DOCUMENT])
    assert found.link is not None
    assert (found.link.flag, found.link.label, found.files[0].is_sealed) == ("P", "Resumen", True)


def test_the_server_keeps_nothing_that_it_could_read(sandbox: TestClient, tmp_path: Path) -> None:
    made = shared(
        sandbox, content={**DOCUMENT, "identifier": {"value": "CANARY-77"}}, passcode="4711"
    )
    held = b"".join(
        file.read_bytes() for file in (tmp_path / "sandbox").rglob("*") if file.is_file()
    )
    key = read_link(made["link"], at=START)[1]
    assert key is not None
    assert b"CANARY-77" not in held
    assert b"4711" not in held.replace(made["id"].encode(), b"")


def test_a_wrong_passcode_costs_an_attempt_and_the_last_one_kills_the_link(
    sandbox: TestClient,
) -> None:
    made = shared(sandbox, passcode="4711")
    left = [
        manifest(sandbox, made["url"], passcode="0000").json().get("remainingAttempts")
        for _ in range(11)
    ]
    assert left == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, None]
    assert manifest(sandbox, made["url"], passcode="4711").status_code == 404


def test_right_passcodes_cost_nothing(sandbox: TestClient) -> None:
    made = shared(sandbox, passcode="4711")
    assert {manifest(sandbox, made["url"], passcode="4711").status_code for _ in range(12)} == {200}
    assert manifest(sandbox, made["url"], passcode="").json()["remainingAttempts"] == 9


def test_guesses_at_the_same_time_are_counted_one_by_one(sandbox: TestClient) -> None:
    made = shared(sandbox, passcode="4711")
    with ThreadPoolExecutor(8) as pool:
        statuses = list(
            pool.map(
                lambda n: manifest(sandbox, made["url"], passcode=str(n)).status_code, range(24)
            )
        )
    assert (statuses.count(401), statuses.count(404)) == (10, 14)


def test_an_address_of_a_file_serves_once(sandbox: TestClient) -> None:
    made = shared(sandbox)
    (one,) = manifest(sandbox, made["url"]).json()["files"]
    place = one["location"].removeprefix("http://sandbox.test")
    replies = [sandbox.get(place) for _ in range(2)]
    assert [reply.status_code for reply in replies] == [200, 404]
    assert replies[0].headers["content-type"] == "application/jose"


def test_small_files_are_embedded_where_that_is_wished(sandbox: TestClient) -> None:
    made = shared(sandbox)
    (one,) = manifest(sandbox, made["url"], embeddedLengthMax=10_000).json()["files"]
    assert one["embedded"].count(".") == 4
    (other,) = manifest(sandbox, made["url"], embeddedLengthMax=10).json()["files"]
    assert "embedded" not in other


def test_who_asks_must_say_so(sandbox: TestClient) -> None:
    made = shared(sandbox)
    assert manifest(sandbox, made["url"], recipient=" ").status_code == 400
    direct = shared(sandbox, direct=True)
    assert sandbox.get(direct["url"].removeprefix("http://sandbox.test")).status_code == 400


def test_a_direct_link_is_one_file_without_a_manifest(sandbox: TestClient) -> None:
    made = shared(sandbox, direct=True)
    found = received(sandbox, made["link"])
    assert (made["flag"], reasons(found), len(found.files)) == ("U", [], 1)
    assert manifest(sandbox, made["url"]).status_code == 404
    assert (
        shared(sandbox, direct=True, passcode="1")["flag"] == "P"
    )  # a passcode needs the manifest


def test_a_link_that_is_over_is_gone(sandbox: TestClient) -> None:
    made = shared(sandbox, expires=fhir_instant(START + timedelta(seconds=4)))
    statuses = [manifest(sandbox, made["url"]).status_code for _ in range(4)]
    assert (statuses[0], statuses[-1]) == (200, 404)
    assert (
        sandbox.post("/api/links", json={"content": DOCUMENT, "expires": "2020-01-01"}).status_code
        == 400
    )


def test_only_the_secret_takes_a_link_back(sandbox: TestClient) -> None:
    made = shared(sandbox)
    (one,) = manifest(sandbox, made["url"]).json()["files"]
    withdraw = f"/api/links/{made['id']}/withdraw"
    assert sandbox.post(withdraw, json={"secret": made["id"]}).status_code == 404
    assert sandbox.post(withdraw, json={"secret": made["secret"]}).json() == {"id": made["id"]}
    assert manifest(sandbox, made["url"]).status_code == 404
    assert sandbox.get(one["location"].removeprefix("http://sandbox.test")).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"content": ""},
        {"files": [{}]},
        {"content": DOCUMENT, "expires": "soon"},
        {"files": [1]},
    ],
)
def test_what_cannot_be_shared_is_refused(sandbox: TestClient, body: dict[str, Any]) -> None:
    reply = sandbox.post("/api/links", json=body)
    assert (reply.status_code, bool(reply.json()["fix"])) == (400, True)


def test_viewers_of_any_origin_may_ask(sandbox: TestClient) -> None:
    made = shared(sandbox, passcode="1")
    reply = sandbox.post(
        made["url"].removeprefix("http://sandbox.test"),
        json={"recipient": "x"},
        headers={"Origin": "https://v.example"},
    )
    assert (reply.status_code, reply.headers["access-control-allow-origin"]) == (401, "*")


def issued(client: TestClient, **more: Any) -> str:
    wish = {
        "expiresOn": fhir_instant(START + timedelta(days=1)),
        "jsonContent": json.dumps(DOCUMENT),
        **more,
    }
    reply = client.post("/v2/vshcIssuance", json=wish)
    assert reply.status_code == 200, reply.text
    return reply.text


def test_the_events_service_issues_a_signed_code_with_a_link(
    sandbox: TestClient, tmp_path: Path
) -> None:
    text = issued(sandbox, passCode="1234")
    found = verify(text, TrustFolder(tmp_path / "sandbox" / "trust").trust(), at=SOON)
    assert (found.form, found.verdict) == ("vhl_list", "valid")
    got = received(sandbox, found.content["value"][0]["u"], "1234")
    assert [json.loads(one.content) for one in got.files] == [DOCUMENT]
    assert [one.id for one in got.findings] == ["links.not_sealed"]
    assert reasons(received(sandbox, found.content["value"][0]["u"], "4321")) == [
        "passcode_refused"
    ]


def test_without_a_passcode_the_link_leads_to_the_document(
    sandbox: TestClient, tmp_path: Path
) -> None:
    found = verify(issued(sandbox), TrustFolder(tmp_path / "sandbox" / "trust").trust(), at=SOON)
    link = read_link(found.content["value"][0]["u"], at=START)[1]
    assert link is not None
    assert (link.flag, "/v2/ips-json/" in link.url) == ("U", True)
    assert sandbox.get(link.url.removeprefix("http://sandbox.test")).json() == DOCUMENT


def test_the_nine_steps_of_validation(sandbox: TestClient) -> None:
    told = sandbox.post(
        "/v2/vshcValidation", json={"qrCodeContent": issued(sandbox, passCode="1")}
    ).json()
    assert [one["status"] for one in told["validationStatus"].values()] == ["SUCCESS"] * 9
    assert (told["shLinkContent"]["flag"], told["shLinkContent"]["exp"] % 1000) == ("P", 0)


def test_the_first_step_that_fails_says_why_and_the_others_are_skipped(sandbox: TestClient) -> None:
    told = sandbox.post(
        "/v2/vshcValidation", json={"qrCodeContent": "HC1:" + base45.encode(b"hello")}
    ).json()["validationStatus"]
    assert (told["1"]["status"], told["2"]["status"], told["9"]["status"]) == (
        "SUCCESS",
        "FAILED",
        "SKIPPED",
    )
    told = sandbox.post("/v2/vshcValidation", json={"qrCodeContent": "HC1:ü"}).json()[
        "validationStatus"
    ]
    assert (told["1"]["status"], told["1"]["code"], told["2"]["status"]) == (
        "FAILED",
        "NOT_BASE45",
        "SKIPPED",
    )


@pytest.mark.parametrize(
    "body", [{"jsonContent": "{"}, {}, {"jsonContent": "{}", "expiresOn": "later"}, []]
)
def test_what_cannot_be_issued_is_refused(sandbox: TestClient, body: Any) -> None:
    assert sandbox.post("/v2/vshcIssuance", json=body).status_code == 400


def vhl(client: TestClient, query: str = "", place: str = "Patient/rosa-fuenzalida") -> str:
    reply = client.get(f"/fhir/{place}/$generate-vhl?passcode=4711&label=IPS{query}")
    assert reply.status_code == 200, reply.text
    (binary,) = [one["resource"] for one in reply.json()["parameter"] if one["name"] == "qrcode"]
    return texts_in(base64.b64decode(binary["data"]))[0]


@pytest.fixture
def trained(tmp_path: Path) -> Iterator[TestClient]:
    with a_sandbox(tmp_path, country="CL", seed="training") as client:
        yield client


def test_a_verifiable_health_link_of_a_patient_by_ihe(trained: TestClient, tmp_path: Path) -> None:
    found = verify(vhl(trained), TrustFolder(tmp_path / "sandbox" / "trust").trust(), at=SOON)
    assert (found.form, found.verdict) == ("vhl", "valid")
    text = found.content["value"]
    link = read_link(text, at=SOON)[1]
    assert link is not None
    assert text.startswith("vhlink:/")
    assert (link.flag, "/fhir/List/_search?_id=" in link.url) == ("P", True)
    place = link.url.removeprefix("http://sandbox.test")
    right = trained.post(
        place, data={"recipient": "Clínica Sur", "passcode": "4711", "_include": "List:item"}
    )
    folder, reference = (one["resource"] for one in right.json()["entry"])
    assert (folder["resourceType"], folder["code"]["coding"][0]["code"]) == ("List", "folder")
    address = reference["content"][0]["attachment"]["url"].removeprefix("http://sandbox.test")
    content, kind = opened(trained.get(address).text, link.key)
    assert (json.loads(content)["type"], kind) == ("document", "application/fhir+json")
    wrong = trained.post(place, data={"recipient": "Clínica Sur", "passcode": "1"})
    assert (wrong.status_code, wrong.json()["resourceType"]) == (401, "OperationOutcome")
    assert trained.post(place, data={"recipient": " "}).status_code == 400


def test_a_patient_is_found_by_identifier_and_an_end_is_kept(trained: TestClient) -> None:
    ends = int(SOON.timestamp()) + 3600
    text = vhl(trained, f"&sourceIdentifier=urn:oid:2.16.152|48215377-1&exp={ends}", "Patient")
    link = read_link(read(text).content["value"], at=SOON)[1]
    assert link is not None
    assert link.expires == ends
    assert "patient.identifier=urn" in link.url
    nobody = trained.get("/fhir/Patient/$generate-vhl?sourceIdentifier=urn:x|1")
    assert nobody.status_code == 404
    assert trained.get("/fhir/Patient/rosa-fuenzalida/$generate-vhl?format=vc").status_code == 501
    assert trained.get("/fhir/Patient/rosa-fuenzalida/$generate-vhl?exp=soon").status_code == 400


def test_lists_are_searched_as_ever(trained: TestClient) -> None:
    reply = trained.post("/fhir/List/_search", data={"code": "folder"})
    assert (reply.status_code, reply.json()["type"]) == (200, "searchset")
    assert trained.post("/fhir/List/_search?_id=x", data={"recipient": "y"}).status_code == 400
