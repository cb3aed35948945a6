"""Lists are got by address, did:web or environment, followed to those they name, and kept for an hour."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sandbox.cli.verbs import app
from sandbox.errors import BadRequest
from sandbox.testbench.fetching import got
from sandbox.testbench.guard import Guard, GuardedTransport
from sandbox.trust.documents import read_list
from sandbox.trust.fetching import Fetcher, address_of, environments
from sandbox.trust.folder import TrustFolder
from tests.sandbox.certificates.making import NOW
from tests.sandbox.trust.test_entries import a_list


def fetcher(pages: dict[str, Any], folder: Path, at: datetime) -> tuple[Fetcher, list[str]]:
    asked: list[str] = []

    def get(address: str) -> bytes:
        asked.append(address)
        if address not in pages:
            raise OSError("HTTP 404")
        return json.dumps(pages[address]).encode()

    return Fetcher(get, folder, at=at), asked


@pytest.mark.parametrize(
    ("what", "address"),
    [
        ("uat", environments()["UAT"]),
        ("https://a.example/did.json", "https://a.example/did.json"),
        ("did:web:a.example%3A8443:v2:trustlist#k", "https://a.example:8443/v2/trustlist/did.json"),
        ("did:web:a.example", "https://a.example/.well-known/did.json"),
        ("list.json", ""),
    ],
)
def test_what_is_meant_becomes_an_address(what: str, address: str) -> None:
    assert address_of(what) == address


def test_a_list_of_lists_is_followed_to_its_keys(tmp_path: Path) -> None:
    pages = {
        "https://a.example/ref/did.json": {"id": "did:web:a.example:ref", "verificationMethod": ["did:web:a.example:cl", "did:key:x"]},
        "https://a.example/cl/did.json": {"verificationMethod": ["did:web:a.example:ref", "did:web:a.example:keys"]},
        "https://a.example/keys/did.json": a_list(),
    }  # fmt: skip
    fetch, asked = fetcher(pages, tmp_path, NOW)
    judged = read_list(fetch.list_at("https://a.example/ref/did.json"), at=NOW)
    assert (len(judged.keys), len(asked)) == (1, 3)  # the first is kept by then


def test_what_came_is_kept_for_an_hour(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    place = "https://a.example/did.json"
    for at, is_fresh, count in (
        (now, False, 1), (now, False, 0), (now, True, 1), (now + timedelta(hours=2), False, 1),
    ):  # fmt: skip
        fetch, asked = fetcher({place: a_list()}, tmp_path, at)
        fetch.list_at(place, is_fresh=is_fresh)
        assert len(asked) == count


def test_what_does_not_come_is_told(tmp_path: Path) -> None:
    fetch, _ = fetcher({}, tmp_path, NOW)
    with pytest.raises(BadRequest) as told:
        fetch.list_at("PROD")
    assert (told.value.key, told.value.params["found"]) == ("trust.not_fetched", "HTTP 404")


@pytest.fixture
def server() -> Iterator[str]:
    """A server that publishes a list on loopback."""

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/did.json" else 404)
            self.end_headers()
            self.wfile.write(json.dumps(a_list()).encode())

        def log_message(self, *_: Any) -> None:
            pass

    listening = HTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{listening.server_port}"
    listening.shutdown()
    listening.server_close()


def test_the_guard_lets_a_page_reach_no_private_address(server: str) -> None:
    allowing = partial(GuardedTransport, Guard(allows_private=True))
    assert b"verificationMethod" in got(f"{server}/did.json", allowing)
    for address, way in ((f"{server}/no", allowing), (server, partial(GuardedTransport, Guard()))):
        with pytest.raises(OSError, match=r".+"):
            got(address, way)


def test_a_list_is_checked_and_believed_by_its_address(server: str, tmp_path: Path) -> None:
    when = ["--at", f"{NOW:%Y-%m-%dT%H:%M:%S}", "--data", str(tmp_path), "--lang", "es"]
    told = CliRunner().invoke(app, ["trust", "check", f"{server}/did.json", *when])
    assert (told.exit_code, "1 DSC" in told.output) == (0, True)
    kept = CliRunner().invoke(
        app, ["trust", "believe", f"{server}/did.json", "--name", "uat", *when]
    )
    assert (kept.exit_code, "uat.json" in kept.output) == (0, True)
    assert list(TrustFolder(tmp_path / "trust").others(at=NOW)) == ["uat"]
    (tmp_path / "empty.json").write_text('{"verificationMethod": []}', encoding="utf-8")
    none = CliRunner().invoke(app, ["trust", "believe", str(tmp_path / "empty.json"), *when])
    assert isinstance(none.exception, BadRequest)
