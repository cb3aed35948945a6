"""Secrets registered everywhere, and a system that echoes all it is sent: none of them is in what
is stored, shown, handed out or logged.
"""

from __future__ import annotations

import base64
import html
import io
import json
import logging
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from sandbox.cli.verbs import app
from sandbox.redact import RedactingFormatter
from tests.conftest import a_sandbox

# each a word of its own, so that the place of a leak says which it was
OF_SYSTEM = 'CANARY-of/"system"+1'
OF_EVENT = "CANARY-of-event-22"
OF_CLIENT = "CANARY-of-client-333"
PASSCODE = "CANARY-passcode-4444"
IN_QUERY = "CANARY-in-query-5555"
PLACES = ("", "/runs", "/matrix", "/report", "/team", "/api/runs", "/api/systems", "/api/matrix")
FHIR = {"Content-Type": "application/fhir+json"}


class Echo(BaseHTTPRequestHandler):
    """Answers with what it was sent, in the forms in which systems and their errors say it."""

    sent: list[dict[str, str]]

    def answer(self) -> None:
        content = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
        self.sent.append(dict(self.headers))
        credential = self.headers.get("Authorization", "")
        said = f"{credential} {content} {html.escape(credential)} {quote(credential, safe='')}"
        echo = {
            "resourceType": "CapabilityStatement",
            "description": said,
            "url": f"http://ana:{OF_SYSTEM}@a.example/?access_token={credential}",
            "extension": [
                {"valueBase64Binary": base64.b64encode(f"{'x' * n}{said}".encode()).decode()}
                for n in range(3)
            ],
        }
        body = json.dumps(echo).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/fhir+json")
        self.send_header("X-Debug", quote(credential))
        self.send_header("Location", f"{self.path}?access_token={quote(credential)}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815  # the names are the library's

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def an_echo() -> Iterator[tuple[str, list[dict[str, str]]]]:
    sent: list[dict[str, str]] = []
    server = HTTPServer(("127.0.0.1", 0), type("EchoOfTest", (Echo,), {"sent": sent}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/fhir", sent
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What `serve` would write of all that is logged."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(RedactingFormatter())
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)


def registered(folder: Path, name: str, base: str, *more: str) -> None:
    words = ["systems", "add", name, base, "--data", str(folder / "sandbox"), *more]
    added = CliRunner().invoke(app, words)
    assert added.exit_code == 0, added.output


def played(client: TestClient, track: str, system: str, **inputs: str) -> Any:
    asked = {"track": track, "system": system, "inputs": inputs}
    run = client.post("/api/runs", json=asked)
    assert run.status_code == 201, run.text
    stream = {"Accept": "text/event-stream"}
    if not run.json()["inbox"]:
        client.get(f"/api/runs/{run.json()['id']}/events", headers=stream)
    return run.json()


def shown(client: TestClient, run: str) -> Iterator[tuple[str, str]]:
    """Yields all that is handed out of a run, by its place."""
    base = f"/api/runs/{run}"
    reports = ("junit", "testreport", "evidence")
    count = len(client.get(f"{base}/events").json())
    places = [*PLACES, base, f"{base}/events", f"/runs/{run}", f"/runs/{run}/report.html"]
    places += [f"{base}/report/{name}" for name in reports]
    places += [f"{base}/exchanges/{number}" for number in range(count)]
    places += [f"/runs/{run}/{number}" for number in range(count)]
    for place in places:
        reply = client.get(place)
        if place.endswith("evidence"):
            archive = zipfile.ZipFile(io.BytesIO(reply.content))
            for name in archive.namelist():
                yield f"{place}#{name}", archive.read(name).decode("utf-8", "replace")
        yield place, reply.text


def leaks(text: str) -> list[str]:
    """Returns what of a canary stands in a text, also within base64."""
    decoded = [
        base64.b64decode(word + "=" * (-len(word) % 4)).decode("utf-8", "replace")
        for word in set(text.replace("\\", " ").replace('"', " ").split())
        if len(word) > 20 and word.isascii() and word.replace("+", "").replace("/", "").isalnum()
        and len(word) % 4 != 1
    ]  # fmt: skip
    return [part[:120] for part in [text, *decoded] if "CANARY" in part]


def test_no_secret_is_stored_shown_handed_out_or_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    monkeypatch.setenv("CONNECTATHON_SECRET_ECHO", f"Bearer {OF_SYSTEM}")
    monkeypatch.setenv("CONNECTATHON_TOKEN", OF_EVENT)
    with an_echo() as (base, sent):
        registered(tmp_path, "clinic", "http://127.0.0.1:9/fhir", "--actor", "document-source")
        registered(tmp_path, "echo", base, "--secret", "Authorization=CONNECTATHON_SECRET_ECHO",
                   "--actor", "document-recipient", "--input", f"passcode={PASSCODE}")  # fmt: skip
        granted = {"grants": ("127.0.0.1",), "token": OF_EVENT}
        with a_sandbox(tmp_path, **granted) as client:
            client.headers["Authorization"] = f"Bearer {OF_EVENT}"
            runs = [played(client, track, "echo") for track in ("fhir.basics", "vhl.issuer")]
            assert any(OF_SYSTEM in one.get("Authorization", "") for one in sent)
            sent.clear()
            runs.append(played(client, "mhd.peers", "clinic", recipient="echo", consumer="clinic"))
            inbox = runs[-1]["inbox"]
            body = json.dumps({"resourceType": "Bundle", "passcode": PASSCODE})
            client.post(inbox, content=body, headers=FHIR)
            # as a client would that has a token of its own; the event's stands in the other header
            bearer = {"X-Api-Key": OF_CLIENT, "Cookie": f"s={OF_CLIENT}", **FHIR}
            client.get(f"{inbox}/Patient?access_token={IN_QUERY}&x={OF_CLIENT}", headers=bearer)
            assert len(sent) == 2
            assert not [one for one in sent if "Authorization" in one or "Cookie" in one]
            handed = dict(pair for run in runs for pair in shown(client, run["id"]))
    assert {place: found for place, text in handed.items() if (found := leaks(text))} == {}
    assert leaks(log.getvalue()) == []
    stored = {
        file.name: file.read_bytes() for file in (tmp_path / "sandbox").rglob("*") if file.is_file()
    }
    kept = {name for name, content in stored.items() if b"CANARY" in content}
    # the input of a run is kept to go on with it after a stop, and shown nowhere
    for content in stored.values():
        rest = content.replace(PASSCODE.encode(), b"")
        assert b"CANARY" not in rest
    assert {name.partition("-")[0] for name in kept} == {"sandbox.db"}, kept


@pytest.mark.parametrize("at", ["base", "bases"])
def test_an_address_with_a_password_is_refused_at_the_door(tmp_path: Path, at: str) -> None:
    address = f"http://ana:{OF_SYSTEM}@a.example/fhir"
    system: dict[str, Any] = {"name": "x", "base": "http://a.example"}
    system[at] = address if at == "base" else {"document-recipient": address}
    with a_sandbox(tmp_path) as client:
        refused = client.post("/api/systems", json=system)
        assert refused.status_code == 400
        assert refused.json()["key"] == "testbench.userinfo"
        assert leaks(refused.text) == []
        form = {"name": "x", "base": address}
        page = client.post("/team/systems", data=form)
        assert page.status_code == 400
        assert leaks(page.text) == []


@pytest.mark.parametrize(
    "words",
    [
        ("run", "fhir.basics", "--system", "http://ana:CANARY@127.0.0.1:9"),
        ("run", "vhl.issuer", "--input", "trustlist=http://ana:CANARY@a.example"),
        ("systems", "add", "x", "http://ana:CANARY@a.example"),
        (
            "systems",
            "add",
            "x",
            "http://a.example",
            "--at",
            "document-recipient=http://a:CANARY@b.c",
        ),
        ("readiness", "http://ana:CANARY@127.0.0.1:9"),
        ("serve", "--port", "0", "--base-url", "http://ana:CANARY@a.example"),
        ("serve", "--port", "0", "--member", "CL=http://ana:CANARY@a.example"),
    ],
)
def test_and_by_the_command_line(words: tuple[str, ...]) -> None:
    refused = CliRunner().invoke(app, words)
    assert refused.exit_code != 0
    assert "CANARY" not in refused.output
    said = getattr(refused.exception, "key", "") or refused.output
    assert "userinfo" in said or "user or a password" in said
