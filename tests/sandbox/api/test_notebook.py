"""A failed step as a notebook: it runs, shows the exchange, and judges it again to the same verdict."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import httpx
import nbformat
import pytest
from markdown_it import MarkdownIt
from nbclient import NotebookClient
from starlette.testclient import TestClient

from sandbox.api.notebook import notebook_of
from sandbox.course import evidence
from sandbox.course.connection import start_server
from sandbox.errors import BadRequest, NotFound
from sandbox.event.outcomes import Outcome
from sandbox.event.run import Run
from sandbox.findings import Finding
from sandbox.testbench.tracks import TRACKS, choose

REQUEST = {"track": "mhd.recipient", "system": "twin", "tests": ["RCP-01", "RCP-09"]}


def a_finished_run(url: str, twin: str) -> str:
    """Runs two tests against a twin on a server, and returns the run."""
    with httpx.Client(base_url=url, trust_env=False, timeout=60) as client:
        assert (
            client.post("/api/systems", json={"name": "twin", "base": f"{twin}/fhir"}).status_code
            == 201
        )
        id = str(client.post("/api/runs", json=REQUEST).json()["id"])
        client.get(f"/api/runs/{id}/events", headers={"Accept": "text/event-stream"})
    return id


@pytest.mark.daily("long", share=0.25)
def test_the_notebook_of_a_failed_test_runs_and_says_the_same(tmp_path: Path) -> None:
    twin = start_server(
        {"CONNECTATHON_DATA": str(tmp_path / "twin"), "CONNECTATHON_TWIN": "accepts_anything"}
    )
    port = twin.connection.url.rpartition(":")[2]
    grants = {
        "CONNECTATHON_DATA": str(tmp_path / "main"),
        "CONNECTATHON_GRANTS": f"127.0.0.1:{port}",
    }
    server = start_server(grants)
    try:
        id = a_finished_run(server.connection.url, twin.connection.url)
        place = f"{server.connection.url}/api/runs/{id}/notebook/RCP-09?lang=pt"
        book = nbformat.reads(httpx.get(place, trust_env=False).text, as_version=4)
        nbformat.validate(book)
        NotebookClient(book, timeout=120, kernel_name="python3").execute()
        shown = json.dumps([cell.get("outputs", []) for cell in book.cells], ensure_ascii=False)
        assert "RCP-09 · Recusa um envio sem SubmissionSet: falhou" in shown
        assert "transaction-response" in shown
        kept = evidence(f"{server.connection.url}/api/runs/{id}/report/evidence", lang="en")
        assert kept.judge("RCP-01").kind == "passed"
        with pytest.raises(NotFound):
            kept.judge("RCP-99")
        with pytest.raises(NotFound):
            kept.exchange(99)
    finally:
        server.stop()
        twin.stop()


def test_what_is_no_evidence_is_told(tmp_path: Path) -> None:
    file = tmp_path / "run.zip"
    file.write_bytes(b"PK no zip")
    for source in (str(file), str(tmp_path / "nothing"), "http://127.0.0.1:9/evidence"):
        with pytest.raises(BadRequest):
            evidence(source, lang="es")


def test_a_test_that_is_not_in_the_track_has_no_notebook(empty: TestClient) -> None:
    assert empty.get("/api/runs/nothing/notebook/RCP-09").status_code == 404


HOSTILE = (
    'x");__import__("os").system("id")#\n\n<img src=x onerror=alert(1)> ![a](http://t.example)'
    " [b](javascript:c) `d` $\\href{e}{f}$ | <script>\U0001f600"
)


@pytest.fixture
def hostile() -> dict[str, str]:
    """The cells of a test whose run holds what a system, a header and a finding may say at worst."""
    track = TRACKS["mhd.recipient"]
    (test,) = choose(track.id, ["RCP-01"])
    finding = Finding(
        "x", "error", "testbench.unreachable", {"reason": HOSTILE}, where=f"Patient.{HOSTILE}"
    )
    outcome = Outcome(test.id, "fail", (finding,), (1,))
    run = Run("r1", track, HOSTILE, HOSTILE, 0, "done", "server", (test,), {test.id: outcome})
    book = nbformat.reads(
        notebook_of(run, test, root=f"http://{HOSTILE}", language="en").decode(), as_version=4
    )
    nbformat.validate(book)
    return {cell.id: cell.source for cell in book.cells}


def test_an_address_of_a_header_is_a_literal_in_code(hostile: dict[str, str]) -> None:
    """`X-Forwarded-Host: x");__import__(…)` was a call in the first cell."""
    _, assigned, shown = ast.parse(hostile["open"]).body
    assert isinstance(assigned, ast.Assign)
    call = assigned.value
    assert isinstance(call, ast.Call)
    assert ast.literal_eval(call.args[0]) == f"http://{HOSTILE}/api/runs/r1/report/evidence"
    assert [node.id for node in ast.walk(call) if isinstance(node, ast.Name)] == ["evidence"]
    assert ast.unparse(shown) == "run"


def test_what_was_sent_is_text_in_prose(hostile: dict[str, str]) -> None:
    """As a renderer of Markdown by others reads it, with HTML allowed as JupyterLab has it."""
    shown = MarkdownIt("commonmark", {"html": True}).render(hostile["title"])
    tags = set(re.findall(r"<\s*([a-z0-9]+)", shown))
    assert tags <= {"h1", "p", "ul", "li", "code"}
    assert "onerror" in shown
    assert "$" not in re.sub(r"\\\$", "", re.sub(r"`[^`]*`", "", hostile["title"]))
