"""What holds at every door: names, origins, proxies, and the headers of browsers."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from sandbox.web.hosts import LOOPBACK
from sandbox.web.origins import is_safe
from tests.builders import a_patient
from tests.conftest import a_sandbox
from tests.sandbox.api.test_gate import an_event

EVIL = "rebind.evil.example"
PERSON = {"name": "Eva", "role": "facilitator"}
FOREIGN = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
# each changes or signs; a page sends the like without asking first (Fetch, simple requests)
ACTS = [
    ("/fhir/Binary", b"stored"),
    ("/fhir", b'{"resourceType":"Bundle","type":"batch"}'),
    ("/t/chile/fhir/Binary", b"stored"),
    ("/fhir/Patient/$validate", b"{}"),
    ("/fhir/Bundle/$everything-of-ours", b"{}"),
    ("/v2/vshcIssuance", b'{"expiresOn":"","jsonContent":"{}"}'),
    ("/ddcc", b"{}"),
    ("/icvp/submitIPS", b"{}"),
    ("/mediator/fhir/Bundle", b"{}"),
    ("/inbox/none.secret/fhir/Patient", b"{}"),
    ("/api/people", b"{}"),
    ("/api/links", b"{}"),
    ("/api/validations", b"{}"),
    ("/signerCertificate", b"x"),
    ("/leave", b""),
]


@pytest.fixture
def laptop(tmp_path: Path) -> Iterator[TestClient]:
    """A sandbox as `serve` starts it on loopback."""
    with a_sandbox(tmp_path, hosts=LOOPBACK, seed="training") as client:
        client.base_url = "http://127.0.0.1:8400"  # type: ignore[assignment]  # its setter takes text
        yield client


def test_a_page_whose_name_leads_here_does_not_take_the_sandbox_over(laptop: TestClient) -> None:
    rebound = {"Host": EVIL, "Origin": f"http://{EVIL}", "Sec-Fetch-Site": "same-origin"}

    refused = laptop.post("/api/people", json=PERSON, headers=rebound)

    assert refused.status_code == 421
    assert refused.json()["key"] == "web.other_host"
    assert laptop.get("/api/people").json() == []
    assert laptop.post("/api/people", json=PERSON).status_code == 201


@pytest.mark.parametrize("place", ["/", "/health", "/fhir/Patient", "/t/chile/fhir", "/v2/x"])
def test_a_foreign_name_reads_nothing_either(laptop: TestClient, place: str) -> None:
    assert laptop.get(place, headers={"Host": f"{EVIL}:8400"}).status_code == 421


def test_the_refusal_is_a_sentence_for_whoever_asks(laptop: TestClient) -> None:
    person = laptop.get("/", headers={"Host": EVIL, "Accept": "text/html", "Accept-Language": "es"})
    assert EVIL in person.text
    assert "--allow-host" in person.text
    assert person.headers["content-type"].startswith("text/plain")
    client = laptop.get("/fhir/Patient", headers={"Host": EVIL})
    assert client.json()["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize(("place", "content"), ACTS)
def test_a_page_of_another_origin_changes_and_signs_nothing(
    laptop: TestClient, place: str, content: bytes
) -> None:
    before = laptop.get("/fhir/Binary").json()["total"]
    plain = {"Content-Type": "text/plain"}

    refused = laptop.post(place, content=content, headers={**plain, **FOREIGN})

    assert refused.status_code == 403, refused.text
    assert "another address" in refused.text
    # the same of a program is answered for what it is
    assert "another address" not in laptop.post(place, content=content, headers=plain).text
    assert laptop.get("/fhir/Binary").json()["total"] >= before


@pytest.mark.parametrize("headers", [FOREIGN, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}])
def test_nor_does_it_by_what_signs_though_it_is_read(
    laptop: TestClient, headers: dict[str, str]
) -> None:
    for place in (
        "/fhir/Patient/rosa-fuenzalida/$generate-vhl",
        "/mediator/fhir/Bundle/x/$ddcc",
        "/mediator/fhir/Bundle/x/$meow",
        "/fhir/Composition/x/$document?persist=true",
    ):
        assert laptop.get(place, headers=headers).status_code == 403
        assert laptop.get(place).status_code != 403
    assert laptop.get("/fhir/Composition/x/$document", headers=headers).status_code == 404


def test_reading_is_open_to_a_link_from_anywhere(laptop: TestClient) -> None:
    followed = {"Sec-Fetch-Site": "cross-site"}
    assert laptop.get("/", headers=followed).status_code == 200
    assert laptop.get("/fhir/Patient", headers=followed).status_code == 200


def test_an_origin_that_the_settings_name_acts(tmp_path: Path) -> None:
    named = {"Origin": "https://app.example", "Sec-Fetch-Site": "cross-site"}
    with a_sandbox(tmp_path, origins=("https://app.example",)) as client:
        assert client.post("/fhir/Patient", json=a_patient(), headers=named).status_code == 201
        assert client.post("/fhir/Patient", json=a_patient(), headers=FOREIGN).status_code == 403


def test_all_origins_act_on_data_and_none_on_the_event(tmp_path: Path) -> None:
    with a_sandbox(tmp_path, origins=("*",)) as client:
        assert client.post("/fhir/Patient", json=a_patient(), headers=FOREIGN).status_code == 201
        assert client.post("/api/people", json=PERSON, headers=FOREIGN).status_code == 403


def test_where_all_origins_act_none_acts_as_whoever_sits_at_the_browser(tmp_path: Path) -> None:
    with an_event(tmp_path, origins=("*",)) as event:
        place = "/t/chile/fhir/Patient"
        token = event.token("Chile")
        cookie = {"Cookie": f"connectathon_session={event.sessions['Ana']}"}
        typed = {"Authorization": "Basic " + b64encode(f"team:{token}".encode()).decode()}
        for borrowed in (cookie, typed):
            refused = event.client.post(place, json=a_patient(), headers=FOREIGN | borrowed)
            assert (refused.status_code, "another address" in refused.text) == (403, True)
            own = event.client.post(place, json=a_patient(), headers=borrowed)
            assert own.status_code == 201
            assert event.client.get(place, headers=FOREIGN | borrowed).status_code == 200
        # a page that was given a token brings it itself: no browser adds it for a stranger
        assert event.ask("POST", place, token, json=a_patient(), headers=FOREIGN).status_code == 201
        assert event.client.post(place, json=a_patient(), headers=FOREIGN).status_code == 401


def test_a_viewer_of_health_links_is_a_page_of_anybody(laptop: TestClient) -> None:
    asked = laptop.post("/shl/none", json={"recipient": "x"}, headers=FOREIGN)
    assert asked.status_code == 404


@pytest.mark.parametrize(
    ("proxies", "base"), [((), "http://sandbox.test/fhir"), (("*",), "https://hub.example/x/fhir")]
)
def test_links_follow_listed_proxies_alone(
    tmp_path: Path, proxies: tuple[str, ...], base: str
) -> None:
    said = {
        "X-Forwarded-Host": "hub.example",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Prefix": "/x",
    }
    with a_sandbox(tmp_path, proxies=proxies, seed="training") as client:
        bundle = client.get("/fhir/Patient?_count=1", headers=said).json()
        page = client.get("/", headers=said).text
        link = client.post("/api/links", headers=said, json={"content": a_patient()})
        trusted = client.get("/v2/trustlist/did.json", headers=said).text
    assert bundle["link"][0]["url"].startswith(base)
    assert base in page
    root = base.removesuffix("/fhir")
    assert link.json()["url"].startswith(f"{root}/shl/")
    assert ("hub.example" in trusted) == bool(proxies)


@pytest.mark.parametrize("place", ["/", "/readiness", "/ips/patient/rosa-fuenzalida", "/validate"])
def test_every_page_says_who_may_frame_it(laptop: TestClient, place: str) -> None:
    page = laptop.get(place)
    assert page.status_code == 200
    assert "frame-ancestors 'self'" in page.headers["content-security-policy"]
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["referrer-policy"] in ("same-origin", "no-referrer")
    assert page.headers["x-content-type-options"] == "nosniff"


def test_a_link_that_lets_in_is_neither_kept_nor_told(laptop: TestClient) -> None:
    enter = laptop.post("/api/people", json=PERSON).json()["enter"]
    for place in (enter, "/shl/none", "/v2/manifests/none", "/validate/kept/none"):
        reply = laptop.get(place)
        assert reply.headers["referrer-policy"] == "no-referrer", place
        assert reply.headers["cache-control"] == "no-store", place


@pytest.mark.parametrize(
    ("kind", "is_ours"), [("text/html;json", False), ("image/svg+xml", False), ("text/x-json", False),
    ("application/json", True), ("application/fhir+json", True)],
)  # fmt: skip
def test_what_a_participant_stored_acts_as_no_page(
    laptop: TestClient, kind: str, is_ours: bool
) -> None:
    place = laptop.post("/fhir/Binary", content=b"{}", headers={"Content-Type": kind})
    if is_ours:
        assert place.status_code in (201, 400)  # FHIR of its own, and not a file
        return
    stored = laptop.get(f"/fhir/Binary/{place.json()['id']}", headers={"Accept": "*/*"})
    assert stored.headers["content-type"].startswith(kind.partition(";")[0])
    assert "sandbox" in stored.headers["content-security-policy"]


def test_who_runs_it_may_say_where_to_report_a_hole(tmp_path: Path) -> None:
    """RFC 9116 2.5: Contact and Expires are a must, Expires less than a year away."""
    contact = "mailto:security@sandbox.example"
    with a_sandbox(tmp_path, security_contact=contact, base_url="https://a.example/x") as client:
        text = client.get("/.well-known/security.txt")
    assert text.headers["content-type"] == "text/plain; charset=utf-8"
    fields = dict(line.split(": ", 1) for line in text.text.splitlines())
    assert fields["Contact"] == contact
    assert fields["Expires"].startswith("2027-01-2")
    assert fields["Canonical"] == "https://a.example/x/.well-known/security.txt"


def test_else_there_is_no_such_file(laptop: TestClient) -> None:
    assert laptop.get("/.well-known/security.txt").status_code == 404


@pytest.mark.parametrize(
    ("query", "safe"),
    [
        (b"", True),
        (b"%F1%87%B8%8E=1&%FF", True),
        (b"\xff=\xfe", True),
        (b"persist=true", False),
        (b"persist", False),
        (b"%70ersist=true", False),
        (b"a=persist", True),
    ],
)
def test_whether_a_document_is_stored_is_told_of_any_query(query: bytes, safe: bool) -> None:
    scope = {"method": "GET", "path": "/fhir/Composition/x/$document", "query_string": query}
    assert is_safe(scope) is safe
