"""A Document Consumer and a Document Responder meet through a recording proxy: what is found and fetched is judged for both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.api.forwarding import moved
from sandbox.app import create_app
from sandbox.course.client import Client
from sandbox.course.document_consumer import DocumentConsumer, newest
from sandbox.settings import Settings
from sandbox.testbench.submissions import patient_token
from sandbox.testbench.tracks.mhd_responder_checks import PUBLISHED, described
from sandbox.twins import TWINS, BrokenTwin
from tests.conftest import a_sandbox
from tests.ready import a_prepared
from tests.sandbox.api.test_peers import FHIR, GIVEN
from tests.sandbox.event.closed_systems import serving
from tests.sandbox.testbench.client_twins import CONSUMERS, BrokenClient, Change

PLAN = "lacpass-2023"
NUMBERS = count()
PATIENT = patient_token(GIVEN)
FORM = {"Content-Type": "application/x-www-form-urlencoded", **{"Accept": FHIR["Accept"]}}
NARROWED = {
    "RSP-11b": {"type": "http://loinc.org|11488-4"},
    "RSP-11d": {"facility": "http://snomed.info/sct|22232009"},
    "RSP-12": {"creation": "ge2026-02-01"},
    "RSP-13": {"period": "ge2026-01-15"},
    "RSP-15a": {"author.family": "boldo"},
}
JUDGED = {
    *NARROWED, "RSP-01", "RSP-02", "RSP-04", "RSP-05", "RSP-10", "RSP-18", "RSP-19", "RSP-23",
}  # fmt: skip


@dataclass
class Meeting:
    """An instance of the bench, and the address between its consumer and its responder."""

    client: TestClient
    id: str
    address: str

    def verdicts(self, track: str) -> dict[str, str]:
        shown = self.client.get(f"/api/instances/{self.id}").json()["throughs"][-1]
        run = next(row["run"] for row in shown["runs"] if row["track"] == track)
        tests = self.client.get(f"/api/runs/{run}").json()["tests"]
        return {test["number"]: test["verdict"] for test in tests if test["verdict"]}

    def wrong(self, track: str) -> set[str]:
        return {
            number
            for number, verdict in self.verdicts(track).items()
            if verdict not in ("pass", "skip")
        }


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with a_sandbox(tmp_path_factory.mktemp("bench"), grants=("127.0.0.1",)) as client:
        yield client


class Archive:
    """A server with two documents that differ in all their metadata, right or as a twin."""

    def __init__(self, folder: Path) -> None:
        self._right = create_app(a_prepared(Settings(folder, seed="training", graders=0)))
        self._app: ASGIApp = self._right
        self.base = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app if scope["type"] == "http" else self._right
        await app(scope, receive, send)

    def fill(self) -> None:
        for word, metadata in PUBLISHED.items():
            sent = described(GIVEN, word, metadata)
            httpx.post(self.base, json=sent, headers=FHIR, trust_env=False).raise_for_status()

    @contextmanager
    def as_twin(self, name: str) -> Iterator[None]:
        self._app = BrokenTwin(self._right, TWINS[name])
        yield
        self._app = self._right


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    archive = Archive(tmp_path_factory.mktemp("archive"))
    with serving(archive) as address:
        archive.base = f"{address}/fhir"
        archive.fill()
        yield archive


def met(bench: TestClient, archive: Archive) -> Meeting:
    """Opens a recording proxy before the responder."""
    number = next(NUMBERS)
    for alias, address, country, actor in (
        (f"viewer-{number}", "http://127.0.0.1:9/fhir", "CL", "document-consumer"),
        (f"archive-{number}", archive.base, "PE", "document-responder"),
    ):
        system = {"name": alias, "base": address, "team": f"Team {country}", "actors": [actor]}
        assert bench.post("/api/systems", json=system).status_code == 201
    begin = {
        "event": PLAN, "test": "1.10", "system": f"viewer-{number}", "partner": f"archive-{number}",
    }  # fmt: skip
    id = bench.post("/api/instances", json=begin).json()["id"]
    roles = {"asking": "consumer", "answering": "responder"}
    opened = bench.post(f"/api/instances/{id}/through", json=roles)
    assert opened.status_code == 201, opened.text
    return Meeting(bench, id, opened.json()["throughs"][-1]["address"])


def consulted(
    meeting: Meeting, change: Change = CONSUMERS["right"], *, narrowed: Sequence[str] = ()
) -> Any:
    """Lets a Consumer ask, find and fetch; returns what it fetched."""
    through = BrokenClient(meeting.client, change)
    client = Client(f"http://sandbox.test{meeting.address}", language="en", transport=through)
    consumer = DocumentConsumer(client)
    client.get("metadata")
    asked = {"patient.identifier": PATIENT, "status": "current"}
    client.get("List", **asked, code="submissionset")
    for number in narrowed:
        consumer.find(PATIENT, **NARROWED[number])
    body = "&".join(f"{name}={quote(value, safe='')}" for name, value in asked.items())
    address = f"{meeting.address}/DocumentReference/_search"
    meeting.client.post(address, content=body, headers=FORM)
    fetched = consumer.retrieve(newest(consumer.find(PATIENT)))
    consumer.find(PATIENT, status="superseded")
    return fetched


def test_what_is_found_and_fetched_is_judged_for_both(bench: TestClient, archive: Archive) -> None:
    meeting = met(bench, archive)
    fetched = consulted(meeting, narrowed=list(NARROWED))
    assert fetched.status == 200
    of_consumer = meeting.verdicts("mhd.consumer")
    assert {f"CON-0{number}": of_consumer[f"CON-0{number}"] for number in range(1, 6)} == {
        f"CON-0{number}": "pass" for number in range(1, 6)
    }
    of_responder = meeting.verdicts("mhd.responder")
    assert {number for number, verdict in of_responder.items() if verdict == "pass"} == JUDGED
    # nobody has asked for these, or nothing was found that could be told of
    assert {number: of_responder.get(number, "") for number in ("RSP-00", "RSP-06", "RSP-16")} == {
        "RSP-00": "", "RSP-06": "", "RSP-16": "skip",
    }  # fmt: skip
    page = bench.get(f"/instances/{meeting.id}").text
    assert "Document Responder" in page
    assert "Document Consumer" in page


@pytest.mark.parametrize(
    ("twin", "numbers"),
    [
        ("deaf_to_status", {"RSP-16"}),
        ("deaf_to_authors", {"RSP-15a"}),
        ("deaf_to_creation", {"RSP-12"}),
        ("counts_one_too_many", {"RSP-01", "RSP-10"}),
        ("gives_relative_addresses", {"RSP-18"}),
        ("changes_documents", {"RSP-19"}),
        ("says_octet_stream", {"RSP-19"}),
        ("knows_no_post_search", {"RSP-04"}),
        ("hides_capabilities", {"RSP-23"}),
    ],
)
def test_a_broken_responder_fails_for_its_own_reason(
    bench: TestClient, archive: Archive, twin: str, numbers: set[str]
) -> None:
    meeting = met(bench, archive)
    with archive.as_twin(twin):
        consulted(meeting, narrowed=sorted(numbers & set(NARROWED)))
    assert meeting.wrong("mhd.responder") == numbers


@pytest.mark.parametrize(
    ("twin", "numbers"),
    [
        ("asks_for_any_format", {"CON-03"}),
        ("asks_for_everybody", {"CON-02"}),
        ("asks_for_every_list", {"CON-01"}),
        ("asks_for_every_status", {"CON-02"}),
        ("fetches_on_a_condition", {"CON-05"}),
        ("makes_up_addresses", {"CON-05"}),
        ("states_the_system", {"CON-02"}),
    ],
)
def test_a_broken_consumer_fails_for_its_own_reason(
    bench: TestClient, archive: Archive, twin: str, numbers: set[str]
) -> None:
    meeting = met(bench, archive)
    consulted(meeting, CONSUMERS[twin])
    assert meeting.wrong("mhd.consumer") == numbers
    assert meeting.wrong("mhd.responder") == set()


def test_a_responder_that_finds_nothing_has_shown_nothing(
    bench: TestClient, archive: Archive
) -> None:
    meeting = met(bench, archive)
    with archive.as_twin("finds_nothing"):
        asked = {"patient.identifier": PATIENT, "status": "current"}
        bench.get(f"{meeting.address}/DocumentReference", params=asked, headers=FHIR)
    verdicts = meeting.verdicts("mhd.responder")
    assert verdicts["RSP-10"] == "skip"
    assert not {"RSP-18", "RSP-19"} & set(verdicts)


def test_xml_and_a_patient_by_address_are_judged_the_same(
    bench: TestClient, archive: Archive
) -> None:
    meeting = met(bench, archive)
    xml = {"Accept": "application/fhir+xml"}
    family = {"family": "Ensayo", "identifier": PATIENT}
    patients = bench.get(f"{meeting.address}/Patient", params=family, headers=FHIR).json()
    patient = patients["entry"][0]["fullUrl"]
    assert patient.startswith(f"http://sandbox.test{meeting.address}/")
    asked = {"patient": patient, "status": "current"}
    found = bench.get(f"{meeting.address}/DocumentReference", params=asked, headers=xml)
    assert found.text.count("<DocumentReference") == len(PUBLISHED)
    verdicts = meeting.verdicts("mhd.responder")
    numbers = ("RSP-05", "RSP-10", "RSP-18")
    assert {number: verdicts[number] for number in numbers} == dict.fromkeys(numbers, "pass")


def test_an_address_is_moved_however_it_is_written() -> None:
    old, new = "http://a.example/fhir", "http://b.example/t/fhir"
    for written in (str, lambda text: quote(text, safe=""), lambda text: text.replace("/", "\\/")):
        assert moved(f"x={written(old)}".encode(), old, new) == f"x={written(new)}".encode()
    assert moved(b"http%3a%2f%2fa.example%2ffhir", old, new) == b"http%3a%2f%2fb.example%2ft%2ffhir"
