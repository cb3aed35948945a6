"""Health links of the public SMART tools: read, and their files opened with the key that stands in them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.certificates.links import opened, read_link
from sandbox.certificates.receiving import Answer, receive
from sandbox.certificates.shc_forms import is_card
from tests.conftest import VECTORS
from tests.sandbox.certificates.making import NOW

ROOT = VECTORS / "certificates" / "shc-dev-tools" / "testdata"
pytestmark = pytest.mark.needs("vectors")
FILES = sorted((ROOT / "shl-examples").glob("*.json")) if ROOT.is_dir() else []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem[:8])
def test_the_files_of_a_link_are_opened_with_its_key(file: Any) -> None:
    held = json.loads(file.read_text(encoding="utf-8"))
    found, link = read_link(held["link"], at=NOW)
    assert link is not None
    assert (link.url, link.flag, link.expires) == tuple(
        held["payload"][name] for name in ("url", "flag", "exp")
    )
    assert found.step("validity").status == "fail"  # they were over in 2024
    contents = [opened(one, link.key) for one in held["jweFiles"]]
    assert len(contents) > 0
    for content, _ in contents:
        assert all(is_card(one) for one in json.loads(content)["verifiableCredential"])


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem[:8])
def test_the_whole_link_is_received_from_a_server_that_answers_as_specified(file: Any) -> None:
    held = json.loads(file.read_text(encoding="utf-8"))
    link, asked = read_link(held["link"], at=NOW)[1], []
    assert link is not None
    locations = [f"http://localhost:8090/shl/{name}" for name in held["filePaths"]]

    def fetch(method: str, address: str, body: dict[str, Any] | None) -> Answer:
        asked.append((method, body))
        if address in locations:
            return Answer(
                200, "application/jose", held["jweFiles"][locations.index(address)].encode()
            )
        if link.is_direct:
            return Answer(200, "application/jose", held["jweFiles"][0].encode())
        files = [
            {"contentType": "application/smart-health-card", "location": one} for one in locations
        ]
        return Answer(200, "application/json", json.dumps({"files": files}).encode())

    found = receive(
        held["link"], fetch, recipient="test", passcode=held.get("passcode", ""), at=NOW
    )
    assert [one for one in found.findings if one.severity == "error"] == []
    assert len(found.files) == (1 if link.is_direct else len(locations))
    assert asked[0] == (
        ("GET", None)
        if link.is_direct
        else ("POST", {"recipient": "test", "passcode": held["passcode"]})
    )


@pytest.mark.parametrize("name", ["shlink-link-direct.txt", "shlink-link-with-viewer.txt"])
def test_links_are_read_alone_and_behind_a_viewer(name: str) -> None:
    assert read_link((ROOT / name).read_text(encoding="utf-8"), at=NOW)[1] is not None
