"""Runs that wait or are played are listed for facilitators: as JSON, as a page, at a shell."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from sandbox.cli.verbs import app
from sandbox.store.leases import Leases
from sandbox.store.partitions import Partitions
from sandbox.store.runs import RunStore
from tests.conftest import a_sandbox
from tests.sandbox.api.test_gate import an_event
from tests.sandbox.store.test_run_rows import Rows, add

FOLDER = "sandbox"
"""That of a server's data, below what a test calls its folder."""


@pytest.fixture
def others(tmp_path: Path) -> Iterator[Leases]:
    """The leases of another process on the same data, where a run waits behind one of its system."""
    partitions = Partitions(tmp_path / FOLDER)
    rows = Rows(partitions.main, RunStore(partitions.main))
    # of a track that a server does not know, so that it leaves them alone
    add(rows, "first", at=1_700_000_000_000, system="ministry", team="Chile")
    add(rows, "second", at=1_700_000_001_000, system="ministry", team="Chile")
    yield Leases(partitions.main, keeper="server", holder="web-2:17", tracks=("t",))
    partitions.close()


def test_they_are_listed_by_the_api_for_facilitators_alone(others: Leases, tmp_path: Path) -> None:
    with an_event(tmp_path) as event:
        assert others.take("first", seconds=600)
        first, second = event.ask("GET", "/api/jobs", event.sessions["Inés"]).json()
        assert event.ask("GET", "/api/jobs", event.sessions["Ana"]).status_code == 403
        assert event.ask("GET", "/api/jobs").status_code == 401
    assert (first["run"], first["holder"], first["taken"]) == ("first", "web-2:17", 1)
    assert first["left"] > 500_000
    assert (second["run"], second["holder"], second["left"]) == ("second", "", 0)


def test_the_page_says_who_plays_what(others: Leases, tmp_path: Path) -> None:
    with a_sandbox(tmp_path) as client:
        assert others.take("first", seconds=600)
        page = client.get("/jobs?lang=es").text
    assert "Corridas en marcha" in page
    assert page.index("web-2:17") < page.index("second")


def test_an_empty_page_says_so(empty: TestClient) -> None:
    assert "No runs are queued" in empty.get("/jobs?lang=en").text


def test_a_shell_lists_them(others: Leases, tmp_path: Path) -> None:
    assert others.take("first", seconds=600)
    words = ["jobs", "--data", str(tmp_path / FOLDER), "--lang", "en"]
    first, second = CliRunner().invoke(app, words).output.splitlines()
    assert first.split()[0] == "first"
    assert first.endswith("web-2:17")
    assert second.endswith("–")
    listed = json.loads(CliRunner().invoke(app, [*words, "--json"]).output)
    assert [job["run"] for job in listed] == ["first", "second"]
