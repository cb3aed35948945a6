"""Peers: what a Source sends to the inbox reaches the Recipient, what a Consumer asks comes from there, each is judged."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from sandbox.app import create_app
from sandbox.cli.serve import open_listener
from sandbox.i18n import load_room
from sandbox.settings import Settings
from sandbox.testbench.submissions import a_comprehensive_submission, changed, patient_token
from tests.conftest import a_sandbox
from tests.ready import a_prepared

GIVEN = {"run": "peers", "now": "2026-07-27T09:00:00.000Z"}
SUBMISSION = a_comprehensive_submission(GIVEN, "peers")
FHIR = {"Content-Type": "application/fhir+json", "Accept": "application/fhir+json"}


@contextmanager
def a_recipient(folder: Path, twin: str = "") -> Iterator[str]:
    """The FHIR base of another sandbox, on a socket of its own."""
    app = create_app(a_prepared(Settings(folder / "recipient", seed="training", twin=twin)))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
    with open_listener(0) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/fhir"
        finally:
            server.should_exit = True
            thread.join()


def exchanged(
    folder: Path, base: str, submission: Any = None, *, searches: bool = True, fetches: str = ""
) -> Any:
    """Plays source and consumer through the inbox of a run, and returns the run."""
    with a_sandbox(folder, grants=("127.0.0.1",)) as client:
        for name, address in (("clinic", "http://127.0.0.1:9/fhir"), ("archive", base)):
            system = {"name": name, "base": address, "team": name, "actors": ["document-recipient"]}
            client.post("/api/systems", json=system)
        request = {
            "track": "mhd.peers",
            "system": "clinic",
            "inputs": {"recipient": "archive", "consumer": "clinic"},
        }
        run = client.post("/api/runs", json=request).json()
        inbox = run["inbox"]
        body = submission or SUBMISSION
        client.post(inbox, content=json.dumps(body), headers=FHIR)
        if searches:
            query = {"patient.identifier": patient_token(GIVEN), "status": "current"}
            found = client.get(f"{inbox}/DocumentReference", params=query, headers=FHIR)
            entries = found.json().get("entry", []) if found.status_code == 200 else []
            for one in entries:
                url = fetches or one["resource"]["content"][0]["attachment"]["url"]
                assert fetches or url.startswith(
                    f"http://sandbox.test{inbox}/"
                )  # the way leads here again
                kind = one["resource"]["content"][0]["attachment"]["contentType"]
                client.get(url.replace("{inbox}", inbox), headers={"Accept": kind})
        return client.get(f"/api/runs/{run['id']}").json()


def verdicts(run: Any) -> dict[str, str]:
    return {one["number"]: one["verdict"] for one in run["tests"]}


def told(run: Any) -> set[str]:
    return {finding["key"] for one in run["tests"] for finding in one["findings"]}


def test_three_right_systems_pass(tmp_path: Path) -> None:
    with a_recipient(tmp_path) as base:
        run = exchanged(tmp_path, base)
    assert verdicts(run) == dict.fromkeys(
        ("PEER-01", "PEER-02", "PEER-03", "PEER-04", "PEER-05"), "pass"
    )


@pytest.mark.parametrize(
    ("twin", "numbers"),
    [
        ("refuses_all_submissions", {"PEER-02", "PEER-03"}),
        ("forgets_location", {"PEER-02"}),
        ("changes_documents", {"PEER-05"}),
        ("loses_documents", {"PEER-05"}),
        ("finds_nothing", {"PEER-03"}),
        ("retypes_documents", {"PEER-04"}),
    ],
)
def test_a_broken_recipient_fails_its_own_tests(
    tmp_path: Path, twin: str, numbers: set[str]
) -> None:
    with a_recipient(tmp_path, twin) as base:
        found = verdicts(exchanged(tmp_path, base))
    assert {number for number, verdict in found.items() if verdict == "fail"} == numbers


def test_a_source_that_sends_a_wrong_submission_is_told(tmp_path: Path) -> None:
    with a_recipient(tmp_path) as base:
        wrong = changed(SUBMISSION, "entry.1.resource.content.0.attachment.contentType")
        assert verdicts(exchanged(tmp_path, base, wrong))["PEER-01"] == "fail"


def test_a_consumer_that_fetches_something_else_is_told(tmp_path: Path) -> None:
    with a_recipient(tmp_path) as base:
        found = verdicts(exchanged(tmp_path, base, fetches="{inbox}/ValueSet"))
    assert found["PEER-05"] == "fail"


def test_a_recipient_that_cannot_be_reached_is_inconclusive(tmp_path: Path) -> None:
    run = exchanged(tmp_path, "http://127.0.0.1:9/fhir", searches=False)
    assert verdicts(run)["PEER-02"] == "inconclusive"
    assert "testbench.unreachable" in told(run)


def test_a_recipient_that_nobody_allowed_is_not_called(tmp_path: Path) -> None:
    with a_sandbox(tmp_path) as client, a_recipient(tmp_path) as base:
        client.post("/api/systems", json={"name": "archive", "base": base})
        request = {"track": "mhd.peers", "system": "sandbox", "inputs": {"recipient": "archive"}}
        inbox = client.post("/api/runs", json=request).json()["inbox"]
        reply = client.post(inbox, content=json.dumps(SUBMISSION), headers=FHIR)
        assert reply.status_code == 502
        assert "private address" in reply.json()["issue"][0]["details"]["text"]


def test_what_is_sent_goes_nowhere_but_below_the_base_of_the_recipient(tmp_path: Path) -> None:
    with (
        a_sandbox(tmp_path, grants=("127.0.0.1",)) as client,
        a_recipient(tmp_path) as base,
        a_recipient(tmp_path / "other") as other,
    ):
        client.post("/api/systems", json={"name": "archive", "base": base})
        request = {"track": "mhd.peers", "system": "sandbox", "inputs": {"recipient": "archive"}}
        inbox = client.post("/api/runs", json=request).json()["inbox"]
        assert client.get(f"{inbox}/metadata").status_code == 200
        for place in (
            f"{other}/metadata",
            f"/{other}/metadata",
            "%2e%2e/health",
            "x/%2e%2e/%2e%2e/health",
        ):
            reply = client.get(f"{inbox}/{place}")
            assert reply.status_code >= 400, place
            assert "CapabilityStatement" not in reply.text
            assert '"seed"' not in reply.text  # what /health says


def test_a_recipient_who_is_not_registered_is_told(tmp_path: Path) -> None:
    with a_sandbox(tmp_path) as client:
        request = {"track": "mhd.peers", "system": "sandbox", "inputs": {"recipient": "nobody"}}
        reply = client.post("/api/runs", json=request)
        assert (reply.status_code, reply.json()["key"]) == (404, "testbench.no_system")


def test_the_page_of_results_shows_who_has_exchanged_with_whom(tmp_path: Path) -> None:
    with a_recipient(tmp_path) as base:
        for _ in range(2):
            exchanged(tmp_path, base)
    with a_sandbox(tmp_path) as client:
        text = client.get("/matrix?lang=es").text
    assert "quién intercambió datos con quién" in text
    assert "→ archive" in text
    assert '<span class="mark v-pass"' in text.partition("→ archive")[2]  # the meeting before


def test_every_sentence_is_told_of_some_exchange(tmp_path: Path) -> None:
    found: set[str] = set()
    for number, twin in enumerate(
        ("refuses_all_submissions", "changes_documents", "loses_documents", "retypes_documents")
    ):
        with a_recipient(tmp_path / str(number), twin) as base:
            found |= told(exchanged(tmp_path / str(number), base))
    with a_recipient(tmp_path / "nothing") as base:
        found |= told(
            exchanged(
                tmp_path / "nothing", base, {"resourceType": "Bundle", "entry": []}, searches=False
            )
        )
    sentences = {
        f"peers.{name[:-5]}" for name in load_room("en", "peers") if name.endswith(".text")
    }
    assert sentences <= found
