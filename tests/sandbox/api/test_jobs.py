"""What waits or is at work is listed for facilitators: as JSON, as a page, at a shell, where it is cancelled too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from sandbox.cli.verbs import app
from sandbox.errors import NotFound
from sandbox.store.audit import Audit
from sandbox.store.desk import DeskStore, HandInRow
from sandbox.store.leases import Leases
from sandbox.store.notices import NoticeRow, NoticeStore, Outcome
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
    assert (first["id"], first["holder"], first["taken"]) == ("first", "web-2:17", 1)
    assert first["left"] > 500_000
    assert (second["id"], second["holder"], second["left"]) == ("second", "", 0)


def test_the_page_says_who_plays_what(others: Leases, tmp_path: Path) -> None:
    with a_sandbox(tmp_path) as client:
        assert others.take("first", seconds=600)
        page = client.get("/jobs?lang=es").text
    assert "Trabajos en marcha" in page
    assert page.index("web-2:17") < page.index("second")


def test_an_empty_page_says_so(empty: TestClient) -> None:
    assert "Nothing is queued" in empty.get("/jobs?lang=en").text


def test_a_shell_lists_them(others: Leases, tmp_path: Path) -> None:
    assert others.take("first", seconds=600)
    words = ["jobs", "--data", str(tmp_path / FOLDER), "--lang", "en"]
    first, second = CliRunner().invoke(app, words).output.splitlines()
    assert first.split()[0] == "first"
    assert first.endswith("web-2:17")
    assert second.endswith("–")
    listed = json.loads(CliRunner().invoke(app, [*words, "--json"]).output)
    assert [job["id"] for job in listed] == ["first", "second"]


def _hand_in(id: str, at: int) -> HandInRow:
    return HandInRow(id, "lesson-01", "Chile", at, "queued", {}, {})


def test_a_shell_cancels_whatever_waits(others: Leases, tmp_path: Path) -> None:
    """A run, a grading that somebody is at, and a notice."""
    run = a_run_at(tmp_path / FOLDER)
    partitions = Partitions(tmp_path / FOLDER)
    desk = DeskStore(partitions.main)
    notices = NoticeStore(partitions.main)
    desk.add(_hand_in("h1", at=1_700_000_002_000))
    taken = desk.take(now=1_700_000_003_000, seconds=600, most=3, given_up={})
    assert taken
    notices.add(NoticeRow("msg_1", "s1", 1_700_000_004_000, "run.ended", "{}"))
    (sending,) = notices.take(seconds=600, most=1)
    words = ["jobs", "--data", str(tmp_path / FOLDER), "--lang", "es"]
    lines = CliRunner().invoke(app, words).output.splitlines()
    assert [line.split()[0] for line in lines] == ["first", "second", "h1", "msg_1", run]
    assert "calificación" in lines[2]
    assert "lesson-01" in lines[2]
    for id in ("h1", "msg_1", run):
        done = CliRunner().invoke(app, [*words, "--cancel", id])
        assert (done.exit_code, done.output) == (0, f"Se canceló {id}.\n")
        again = CliRunner().invoke(app, [*words, "--cancel", id])
        assert isinstance(again.exception, NotFound)
        assert again.exception.key == "jobs.none_of_id"
    left = CliRunner().invoke(app, words).output.splitlines()
    assert [line.split()[0] for line in left] == ["first", "second"]
    # whoever was at them is not heard any more
    assert not desk.finish("h1", "graded", {}, at=1, taken=taken.taken)
    assert not notices.finish(sending, Outcome("sent", "204", 5), at=1)
    cancelled = desk.hand_in("h1")
    assert cancelled
    assert (cancelled.state, cancelled.result["key"]) == ("failed", "desk.cancelled")
    acts = {entry.act for entry in Audit(partitions.main).newest()}
    assert {"desk.cancelled", "notices.given_up", "run.cancelled"} <= acts
    partitions.close()


def a_run_at(folder: Path) -> str:
    """Starts a run that nobody plays, and returns its id."""
    with a_sandbox(folder.parent, runs=0) as client:
        system = {"name": "ours", "base": "http://203.0.113.1/fhir"}
        assert client.post("/api/systems", json=system).status_code == 201
        run = {"track": "mhd.recipient", "system": "ours"}
        return str(client.post("/api/runs", json=run).json()["id"])
