"""Whether a server is ready, and its figures, read by the parser of Prometheus' own client."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from sandbox import __version__
from sandbox.app import create_app
from sandbox.errors import StoreUnavailable
from sandbox.operations.routes import door_beside
from sandbox.operations.traffic import Watched
from sandbox.settings import Settings
from sandbox.store.sqlite import SqliteEngine
from tests.conftest import a_sandbox
from tests.sandbox.api.test_gate import an_event


def figures(client: TestClient, **headers: str) -> dict[tuple[str, ...], float]:
    """Returns the figures by name and labels."""
    reply = client.get("/metrics", headers=headers)
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(reply.text)
        for sample in family.samples
    }


def test_it_is_ready_once_it_answers(trained: TestClient) -> None:
    reply = trained.get("/ready")
    assert (reply.status_code, reply.json()) == (200, {"database": "ok", "server": "ok"})
    assert reply.headers["cache-control"] == "no-store"


def test_it_is_not_while_it_stops(tmp_path: Path) -> None:
    app = create_app(Settings(tmp_path, seed="none"), is_stopping=lambda: True)
    with TestClient(app) as client:
        reply = client.get("/ready")
        assert (reply.status_code, reply.json()["server"]) == (503, "stopping")
        assert client.get("/health").status_code == 200


def test_it_is_not_while_the_database_does_not_answer(
    trained: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def take(*_: object, **__: object) -> None:
        raise StoreUnavailable("store.unavailable")

    monkeypatch.setattr(SqliteEngine, "take", take)
    reply = trained.get("/ready")
    assert (reply.status_code, reply.json()["database"]) == (503, "store.unavailable")


def test_a_watcher_without_the_token_is_answered(tmp_path: Path) -> None:
    with a_sandbox(tmp_path, token="a-long-token-of-the-event") as client:
        assert client.get("/ready").status_code == 200
        assert client.get("/metrics").status_code == 401


def test_figures_count_what_was_asked_and_what_is_there(trained: TestClient) -> None:
    trained.get("/fhir/Patient/none")
    trained.get("/fhir/Patient/none")
    run = {"track": "mhd.source", "system": "sandbox"}
    assert trained.post("/api/runs", json=run).status_code == 201
    read = figures(trained)
    assert read["connectathon_requests_total", "GET", "/fhir", "404"] == 2
    assert read["connectathon_request_seconds_count", "/fhir"] == 2
    assert read["connectathon_request_seconds_bucket", "+Inf", "/fhir"] == 2
    assert read["connectathon_runs", "waiting"] == 1
    for kind in ("run", "grading", "notice"):
        assert read["connectathon_jobs_waiting", kind] == 0
        assert read["connectathon_job_waits_seconds", kind] == 0
    assert read["connectathon_jobs", "run", "queued"] == 0
    assert read["connectathon_jobs", "run", "running"] == 0
    assert read["connectathon_runs_playing",] == read["connectathon_lease_refusals_total",] == 0
    assert read["connectathon_runs_at_most",] > 0
    assert read["connectathon_streams_open",] == 0
    assert read["connectathon_data_bytes",] > 4096
    assert read["connectathon_data_free_bytes",] > 0
    assert read["process_resident_memory_bytes",] > 1e6


def test_figures_are_for_facilitators_once_people_are_known(tmp_path: Path) -> None:
    with an_event(tmp_path) as event:
        lead = event.sessions["Inés"]
        assert figures(event.client, Authorization=f"Bearer {lead}")
        assert event.ask("GET", "/metrics", event.sessions["Ana"]).status_code == 403
        assert event.client.get("/metrics").status_code == 401
        event.client.cookies.clear()
        assert event.client.get("/ready").status_code == 200


def test_the_door_beside_tells_figures_and_nothing_else_to_this_machine(tmp_path: Path) -> None:
    with an_event(tmp_path) as event:
        app = event.client.app
        assert isinstance(app, Watched)
        door = TestClient(door_beside(app.state), base_url="http://127.0.0.1:8411")
        # those who watch a machine are nobody whom the event knows
        assert figures(door)["connectathon_runs_at_most",] > 0
        assert door.get("/ready").json() == {"database": "ok", "server": "ok"}
        assert door.get("/health").json() == {"version": __version__}
        assert door.get("/api/runs").status_code == door.get("/fhir/metadata").status_code == 404
        assert door.post("/metrics").status_code == 405
        assert door.get("/metrics", headers={"Host": "evil.example"}).status_code == 400


def test_figures_say_so_where_the_database_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = create_app(Settings(tmp_path, seed="none"))
    with TestClient(app):
        door = TestClient(door_beside(app.state), base_url="http://127.0.0.1:8411")

        def take(*_: object, **__: object) -> None:
            raise StoreUnavailable("store.unavailable", reason="a test")

        monkeypatch.setattr(SqliteEngine, "take", take)
        assert door.get("/metrics").status_code == door.get("/ready").status_code == 503
        assert door.get("/health").status_code == 200
