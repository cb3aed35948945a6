"""Clients that send what is empty, broken or least: which tests of an inbox pass all the same, each with the reason why it may."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from sandbox.submissions.submission import LEVELS
from sandbox.testbench.script import Capture, Track
from sandbox.testbench.tracks import TRACKS, inputs_of
from tests.conftest import a_sandbox

ROWS: list[dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("empty_handed_clients.toml").read_text(encoding="utf-8")
)["row"]
INBOXES = [track for track in TRACKS.values() if track.is_of_client]
FHIR = {"Accept": "application/fhir+json", "Content-Type": "application/fhir+json"}
# of which a right answer is no
INPUTS = ("awkward", "generate", "match", "simplified", "view")
PEERS = {"recipient": "sandbox", "consumer": "sandbox"}
Send = Callable[[str, str, bytes], Any]


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with a_sandbox(tmp_path_factory.mktemp("empty"), seed="training") as client:
        yield client


def place_of(awaited: Capture) -> str:
    """Returns where the example of what is awaited goes, without what it asks."""
    return awaited.example.partition("/")[2].partition("?")[0].replace("…", "x")


def sends_each(body: bytes) -> Callable[[Track, Send], None]:
    """Sends each request that a track waits for, with nothing asked and this body."""

    def send_all(track: Track, send: Send) -> None:
        for awaited in track.awaits:
            method = awaited.example.partition(" ")[0]
            send(method, place_of(awaited), body if method == "POST" else b"")

    return send_all


def refuses_all(track: Track, send: Send) -> None:
    """Fetches what an inbox offers, and tells of each that it was refused."""
    for offer in track.offers:
        if offer.example.startswith("$"):
            send("GET", offer.example, b"")
    told = {field.name: "refused" for proof in track.proofs for field in proof.fields}
    send("GET", "$proof?" + "&".join(f"{name}={said}" for name, said in told.items()), b"")


def least(track: Track, send: Send) -> None:
    """Sends the least that can be taken for what a track is about: an empty submission, a search with nothing but letters."""
    empty = {
        "resourceType": "Bundle",
        "type": "transaction",
        "meta": {"profile": [next(iter(LEVELS))]},
    }
    send("POST", "", json.dumps(empty).encode())
    send("GET", "List?patient=x&code=submissionset&status=current", b"")
    send("GET", "DocumentReference?patient=x&status=current", b"")
    send("GET", "Patient?family=Nobody", b"")


def shows_no_token(track: Track, send: Send) -> None:
    """Asks an issuer for a credential with a proof, and without the token that it wants before it looks at that."""
    send("POST", "i/plain/credential", json.dumps({"proofs": {"jwt": ["e30.e30.e30"]}}).encode())


SENT: dict[str, Callable[[Track, Send], None]] = {
    "empty": sends_each(b"{}"),
    "broken": sends_each(b'{"resourceType":"Bundle",'),
    "least": least,
    "refuses_all": refuses_all,
    "no_token": shows_no_token,
}


def told(sandbox: TestClient, track: Track, sent: str) -> dict[str, str]:
    """Returns the verdicts of a track by number after a client has sent something."""
    known = inputs_of(track.id)
    inputs = {name: "yes" for name in INPUTS if name in known}
    inputs |= {name: alias for name, alias in PEERS.items() if name in known}
    body = {"track": track.id, "system": "sandbox", "inputs": inputs}
    run: Any = sandbox.post("/api/runs", json=body).json()

    def send(method: str, place: str, content: bytes) -> Any:
        address = f"{run['inbox']}/{place}".rstrip("/")
        return sandbox.request(method, address, content=content, headers=FHIR)

    SENT[sent](track, send)
    tests = sandbox.get(f"/api/runs/{run['id']}").json()["tests"]
    return {test["number"]: test["verdict"] for test in tests}


@pytest.mark.parametrize("sent", SENT)
@pytest.mark.parametrize("track", INBOXES, ids=lambda track: track.id)
def test_what_saw_nothing_of_its_kind_does_not_pass(
    sandbox: TestClient, track: Track, sent: str
) -> None:
    verdicts = told(sandbox, track, sent)
    passed = {number for number, verdict in verdicts.items() if verdict in ("pass", "warn")}
    argued = {
        number
        for row in ROWS
        if row["track"] == track.id and sent in row["sent"]
        for number in row["passes"]
    }
    assert passed == argued
    assert "error" not in verdicts.values()


def test_each_reason_is_of_a_message_and_a_track_that_there_are() -> None:
    assert all(row["why"] for row in ROWS)
    assert {sent for row in ROWS for sent in row["sent"]} <= set(SENT)
    assert {row["track"] for row in ROWS} <= {track.id for track in INBOXES}
