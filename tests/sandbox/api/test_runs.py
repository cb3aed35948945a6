"""The JSON API and the pages: a run started, followed, read and reported; what is wrong is told in the asker's words."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from starlette.testclient import TestClient

from sandbox.i18n import LANGUAGES
from sandbox.testbench.tracks import TRACKS
from sandbox.validation import validate
from tests.conftest import a_sandbox

REQUEST = {"track": "mhd.recipient", "system": "sandbox", "tests": ["RCP-01", "RCP-09"]}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[TestClient]:
    """A sandbox whose background work runs."""
    with a_sandbox(tmp_path) as client:
        yield client


def started(client: TestClient, **request_body: Any) -> str:
    reply = client.post("/api/runs", json={**REQUEST, **request_body})
    assert reply.status_code == 201, reply.text
    assert reply.headers["location"] == f"/api/runs/{reply.json()['id']}"
    return str(reply.json()["id"])


def ended(client: TestClient, id: str) -> dict[str, Any]:
    """Follows the server-sent events to their end."""
    with client.stream(
        "GET", f"/api/runs/{id}/events", headers={"Accept": "text/event-stream"}
    ) as stream:
        kinds = [
            line.removeprefix("event: ")
            for line in stream.iter_lines()
            if line.startswith("event: ")
        ]
    assert (kinds[0], kinds[-1]) == ("queued", "done")
    return dict(client.get(f"/api/runs/{id}").json())


def test_a_run_is_started_followed_and_read(served: TestClient) -> None:
    run = ended(served, started(served))

    assert (run["state"], run["verdict"]) == ("done", "pass")
    assert [(one["number"], one["verdict"]) for one in run["tests"]] == [
        ("RCP-01", "pass"),
        ("RCP-09", "pass"),
    ]
    exchange = served.get(
        f"/api/runs/{run['id']}/exchanges/{run['tests'][0]['exchanges'][0]}"
    ).json()
    assert (exchange["method"], exchange["status"]) == ("POST", 200)
    log = served.get(f"/api/runs/{run['id']}/events?after=0").json()
    assert [one["number"] for one in log] == list(range(1, len(log) + 1))
    assert served.post(f"/api/runs/{run['id']}/recheck").json() == {
        "judged": 2,
        "verdict": "pass",
        "changed": [],
    }
    assert [one["id"] for one in served.get("/api/runs").json()] == [run["id"]]


def test_the_same_request_with_the_same_key_is_the_same_run(served: TestClient) -> None:
    key = {"Idempotency-Key": "a message in chat"}
    first, second = (
        served.post("/api/runs", json=REQUEST, headers=key).json()["id"] for _ in range(2)
    )
    run = ended(served, first)
    assert second == first
    assert served.post("/api/runs", json=REQUEST, headers=key).json()["state"] == "done"
    assert len(served.get(f"/api/runs/{first}").json()["tests"]) == len(run["tests"])
    assert started(served) != first  # without a key each is a run of its own
    assert (
        served.post("/api/runs", json=REQUEST, headers={"Idempotency-Key": "another"}).json()["id"]
        != first
    )

    refused = served.post(
        "/api/runs", json={"track": "fhir.basics", "system": "sandbox"}, headers=key
    )
    assert (refused.status_code, refused.json()["key"]) == (400, "testbench.key_used")
    assert "mhd.recipient" in refused.json()["text"]
    kinds = [one["kind"] for one in served.get(f"/api/runs/{first}/events").json()]
    assert (kinds.count("queued"), kinds.count("done")) == (1, 1)


def test_a_run_that_was_cut_off_goes_on_after_a_restart(tmp_path: Path) -> None:
    with a_sandbox(tmp_path, id_seed="") as client:
        id = started(client, tests=[])  # and the server stops at once
    with a_sandbox(tmp_path, id_seed="") as client:
        run = ended(client, id)
        assert (run["verdict"], len(run["tests"])) == ("pass", len(TRACKS["mhd.recipient"].tests))


def test_a_system_of_a_private_address_needs_a_grant(tmp_path: Path) -> None:
    system = {
        "name": "ministry",
        "base": "http://127.0.0.1:9/fhir",
        "team": "Team 1",
        "country": "CL",
    }
    for grants, words in (
        ((), "private address"),
        (("127.0.0.1:9",), "nobody answers at 127.0.0.1:9."),
    ):
        with a_sandbox(tmp_path / str(len(grants)), grants=grants) as client:
            assert client.post("/api/systems", json=system).status_code == 201
            assert client.get("/api/systems").json()[0]["country"] == "CL"
            run = ended(client, started(client, system="ministry", tests=["RCP-01"]))
            assert run["verdict"] == "inconclusive"
            assert words in run["tests"][0]["findings"][-1]["text"]


@pytest.mark.parametrize(
    ("path", "body", "status", "key"),
    [
        ("/api/runs", {**REQUEST, "track": "nothing"}, 404, "testbench.no_track"),
        ("/api/runs", {**REQUEST, "tests": ["RCP-99"]}, 404, "testbench.no_test"),
        ("/api/runs", {**REQUEST, "system": "nobody"}, 404, "testbench.no_system"),
        ("/api/runs", {**REQUEST, "inputs": {"colour": "blue"}}, 400, "testbench.unknown_input"),
        ("/api/runs", {**REQUEST, "tests": "RCP-01"}, 400, "testbench.bad_request"),
        ("/api/runs", {"track": "mhd.recipient"}, 400, "testbench.bad_request"),
        ("/api/runs", [], 400, "testbench.bad_request"),
        ("/api/systems", {"name": "x", "base": "file:///etc/passwd"}, 400, "testbench.bad_base"),
        ("/api/systems", {"name": "X!", "base": "http://a.test"}, 400, "testbench.bad_system_name"),
        (
            "/api/systems",
            {"name": "x", "base": "http://a.test", "secrets": {"X": "HOME"}},
            400,
            "testbench.bad_secret",
        ),
        ("/api/systems", {"name": "x"}, 400, "testbench.bad_request"),
    ],
)
def test_a_wrong_request_is_told_and_nothing_is_begun(
    served: TestClient, path: str, body: Any, status: int, key: str
) -> None:
    reply = served.post(path, json=body, headers={"Accept-Language": "es"})

    assert (reply.status_code, reply.json()["key"]) == (status, key)
    assert reply.json()["fix"]
    assert served.get("/api/runs").json() == []
    assert served.get("/api/systems").json() == []


def test_what_is_not_declared_as_json_is_refused(served: TestClient) -> None:
    """A page of another origin can send text/plain unasked."""
    assert served.post("/api/runs", content=b'{"track": "mhd.recipient"}').status_code == 415


def test_too_large_is_413_and_not_a_wrong_request(served: TestClient) -> None:
    reply = served.post(
        "/api/runs", content=b" " * 1_100_000, headers={"Content-Type": "application/json"}
    )
    assert (reply.status_code, reply.json()["key"]) == (413, "server.too_large")


@pytest.mark.parametrize(
    "path", ["nothing", "nothing/events", "nothing/exchanges/0", "nothing/report/junit"]
)
def test_a_run_that_is_not_there_is_404(served: TestClient, path: str) -> None:
    reply = served.get(f"/api/runs/{path}")
    assert (reply.status_code, reply.json()["key"]) == (404, "testbench.no_run")
    assert served.get(f"/runs/{path.partition('/')[0]}").status_code == 404


def test_a_run_is_cancelled(served: TestClient) -> None:
    id = started(served, tests=[])
    assert served.post(f"/api/runs/{id}/cancel").json()["state"] in ("cancelled", "done")


def test_reports_are_the_same_bytes_each_time_and_right(tmp_path: Path) -> None:
    with a_sandbox(
        tmp_path, twin="accepts_anything"
    ) as served:  # the bundled system is reached past the twin
        id = started(served)
        ended(served, id)
        for name in ("junit", "testreport", "curl", "http", "evidence"):
            one, other = (served.get(f"/api/runs/{id}/report/{name}").content for _ in range(2))
            assert one == other
        suite = ElementTree.fromstring(served.get(f"/api/runs/{id}/report/junit").content)
        assert (suite.get("tests"), suite.get("failures"), len(suite)) == ("2", "0", 2)
        report = served.get(f"/api/runs/{id}/report/testreport").json()
        assert [one.key for one in validate(report) if one.severity == "error"] == []
        assert (report["result"], report["score"]) == ("pass", 100.0)
        assert served.get(f"/api/runs/{id}/report/gif").status_code == 404


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_show_a_run_and_both_sides_of_an_exchange(
    served: TestClient, language: str
) -> None:
    assert "connectathon run" not in served.get(f"/runs?lang={language}").text
    id = started(served)
    ended(served, id)

    assert id in served.get(f"/runs?lang={language}").text
    page = served.get(f"/runs/{id}?lang={language}").text
    assert "RCP-09" in page
    assert "http-equiv" not in page  # a run that is done is not looked at again
    page = served.get(f"/runs/{id}/0?lang={language}").text
    assert "transaction-response" in page
    assert "curl -sS -i --globoff -X POST" in page
    assert served.get(f"/runs/{id}/99").status_code == 404


def test_what_a_system_answers_is_shown_and_not_executed(served: TestClient) -> None:
    id = started(served, tests=["RCP-01"])
    ended(served, id)
    page = served.get(f"/runs/{id}/0")
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_tracks_are_listed_in_the_language_asked_for(served: TestClient) -> None:
    tracks = served.get("/api/tracks", headers={"Accept-Language": "pt-BR"}).json()
    (recipient,) = [one for one in tracks if one["id"] == "mhd.recipient"]
    assert recipient["tests"][0]["title"] == "Recebe um envio correto em JSON"


def test_following_a_run_ends_soon_after_the_run(served: TestClient) -> None:
    id = started(served)
    begun = time.monotonic()
    ended(served, id)
    assert time.monotonic() - begun < 20


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_matrix_is_a_page_json_and_csv(served: TestClient, language: str) -> None:
    assert served.get("/api/matrix").json() == []
    id = started(served)
    ended(served, id)

    (row,) = served.get("/api/matrix").json()
    assert (row["system"], row["track"], row["run"], row["passed"]) == (
        "sandbox",
        "mhd.recipient",
        id,
        2,
    )
    assert f"runs/{id}" in served.get(f"/matrix?lang={language}").text
    assert id in served.get("/api/matrix.csv").text
