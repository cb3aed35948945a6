"""Requests that are sent again: a shell sends the same bytes, and nothing foreign in them is carried out."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from sandbox.event.requests import as_curl, as_http
from sandbox.exchange import Exchange

FHIR = (("Content-Type", "application/fhir+json"),)
BODIES = [
    b'{"resourceType": "Patient"}',
    b"@/etc/hostname",
    'Flor Huamán\'s "$HOME" `id` $(id) \\'.encode(),
    b"line\n\nother\r\n",
    b"\x00\xff\xfe",
    b"",
]
Seen = list[tuple[str, str, dict[str, str], bytes]]


class _Keeps(BaseHTTPRequestHandler):
    seen: Seen

    def _keep(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.seen.append((self.command, self.path, dict(self.headers), body))
        self.send_response(204)
        self.end_headers()

    do_POST = _keep  # noqa: N815 – as the class that calls it has it

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def keeper() -> Iterator[tuple[str, Seen]]:
    seen: Seen = []
    server = HTTPServer(("127.0.0.1", 0), type("Keeps", (_Keeps,), {"seen": seen}))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", seen
    server.shutdown()
    server.server_close()


def asked(
    url: str, body: bytes = b"", headers: tuple[tuple[str, str], ...] = FHIR, method: str = "POST"
) -> Exchange:
    return Exchange(method, url, headers, body, 200, (), b"")


def in_shell(command: str, folder: Path) -> None:
    subprocess.run(["sh", "-c", command], cwd=folder, check=True, capture_output=True)


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl: apt install curl")
@pytest.mark.parametrize("body", BODIES)
def test_a_shell_sends_the_same_request(
    keeper: tuple[str, Seen], tmp_path: Path, body: bytes
) -> None:
    base, seen = keeper
    headers = (*FHIR, ("X-Odd", "'; touch gone; '"), ("Host", "elsewhere.example"))
    url = f"{base}/fhir/Patient?name=$(touch%20gone)&x=[1-3]"
    in_shell(as_curl(asked(url, body, headers)), tmp_path)
    ((method, path, sent, content),) = seen
    assert (method, content) == ("POST", body)
    assert path == "/fhir/Patient?name=$(touch%20gone)&x=[1-3]"
    assert sent["X-Odd"] == "'; touch gone; '"
    assert sent["Content-Type"] == "application/fhir+json"
    assert sent["Host"] == base.removeprefix("http://")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl: apt install curl")
def test_a_body_without_a_type_gets_none(keeper: tuple[str, Seen], tmp_path: Path) -> None:
    base, seen = keeper
    in_shell(as_curl(asked(base, b"{}", headers=())), tmp_path)
    assert "Content-Type" not in seen[0][2]


def test_a_header_that_would_name_a_file_is_left_out() -> None:
    odd = (("@/etc/hostname", "x"), ("X-Good", "a\r\nX-Bad: b"))
    command = as_curl(asked("http://a.example", headers=odd))
    assert "@/etc" not in command
    assert "\n" not in command
    assert "X-Good: a X-Bad: b" in command


def test_a_file_of_requests_has_each_with_its_headers_and_body() -> None:
    read = asked("http://a.example/fhir/Patient/1", method="GET", headers=(("Accept", "a/b"),))
    sent = asked("http://a.example/fhir", b'{"a":\n 1}')
    assert as_http([read, sent]) == (
        "### 1\nGET http://a.example/fhir/Patient/1\nAccept: a/b\n\n"
        '### 2\nPOST http://a.example/fhir\nContent-Type: application/fhir+json\n\n{"a":1}\n'
    )


@pytest.mark.parametrize(
    "body",
    [
        b"### 2\nDELETE http://a.example/fhir/Patient/1",
        b"< /etc/hostname",
        b"> {% client.log(1) %}",
        b"a={{$processEnv HOME}}",
        b"<Patient/>",
        b"x\nGET http://a.example",
        b"\xff\x00",
    ],
)
def test_what_an_editor_would_carry_out_is_no_body(body: bytes) -> None:
    text = as_http([asked("http://a.example", body, headers=())])
    assert text == (
        f"### 1\n# body: {len(body)} bytes, only in the form of curl\nPOST http://a.example\n"
    )


def test_no_variable_is_filled_in_json_or_address() -> None:
    body = b'{"a": "{{$processEnv HOME}} {% x %}"}'
    text = as_http([asked("http://a.example/?x={{$guid}}", body)])
    assert "{{" not in text
    assert "{%" not in text
    assert r"{\u007b$processEnv HOME}}" in text
