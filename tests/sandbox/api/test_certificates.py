"""A certificate that is sent to be judged: every step is told, and nothing that stands in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from sandbox.certificates.qr import png_of
from sandbox.i18n import say
from tests.conftest import a_sandbox
from tests.sandbox.pages.test_certificates import issued


def sent(client: TestClient, content: bytes, kind: str = "text/plain") -> Any:
    headers = {"Content-Type": kind, "Accept-Language": "es"}
    return client.post("/api/certificates", content=content, headers=headers)


def test_a_text_and_the_picture_of_its_code_are_judged_alike_and_nothing_of_them_is_repeated(
    tmp_path: Path,
) -> None:
    text = issued(tmp_path)
    with a_sandbox(tmp_path) as client:
        by_text = sent(client, text.encode())
        by_picture = sent(client, png_of(text), "image/png")
    assert by_text.json() == by_picture.json()
    (certificate,) = by_text.json()
    assert certificate["verdict"] == "valid"
    assert certificate["sentence"] == say("certificates.verdict.valid", "es")
    assert {step["status"] for step in certificate["steps"]} <= {"ok", "skipped"}
    for value in ("FUENZALIDA", "Fuenzalida", "1958", "ABC123"):
        assert value not in by_text.text


@pytest.mark.parametrize(
    ("content", "kind", "status", "key"),
    [
        (b"HC1:X", "application/pdf", 415, "certificates.bad_type"),
        (b"no picture", "image/png", 400, "certificates.no_picture"),
    ],
)
def test_what_is_no_certificate_is_refused_by_name(
    empty: TestClient, content: bytes, kind: str, status: int, key: str
) -> None:
    reply = sent(empty, content, kind)
    assert (reply.status_code, reply.json()["key"]) == (status, key)


def test_a_text_that_cannot_be_read_says_which_step_failed(empty: TestClient) -> None:
    (certificate,) = sent(empty, b"HC1:nothing").json()
    assert certificate["verdict"] == "unreadable"
    assert any(step["status"] == "fail" and step["notes"] for step in certificate["steps"])
