"""A team starts its share of runs; another team, and whoever rehearses alone, notices nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from sandbox.web.rates import Rate
from tests.conftest import a_sandbox


@pytest.fixture(autouse=True)
def _a_small_share(monkeypatch: pytest.MonkeyPatch) -> None:
    rate = Rate("runs", 2, 600, "testbench.too_many_runs")
    monkeypatch.setattr("sandbox.event.run_service.STARTS", rate)


def entered(client: TestClient, name: str, role: str, team: str, by: str = "") -> str:
    person = {"name": name, "role": role, "team": team}
    place = client.post("/api/people", json=person, headers=bearer(by)).json()["enter"]
    code = place.rpartition("/")[2]
    return str(client.post("/api/enter", json={"code": code}).json()["session"])


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"} if secret else {}


def started(client: TestClient, secret: str = "", place: str = "/api/runs") -> Any:
    asked = {"track": "mhd.source", "system": "sandbox"}
    if place == "/api/runs":
        return client.post(place, json=asked, headers=bearer(secret))
    return client.post(place, data=asked, headers=bearer(secret), follow_redirects=False)


def test_a_team_waits_that_starts_more_than_its_share(tmp_path: Path) -> None:
    with a_sandbox(tmp_path) as client:
        first = entered(client, "Inés", "facilitator", "")
        ana, pia = (
            entered(client, name, "participant", team, first)
            for name, team in (("Ana", "Chile"), ("Pia", "Perú"))
        )
        assert [started(client, ana).status_code for _ in range(3)] == [201, 201, 429]
        refused = started(client, ana)
        assert refused.json()["key"] == "testbench.too_many_runs"
        assert 0 < int(refused.headers["retry-after"]) <= 600
        page = started(client, ana, "/team/runs")
        assert (page.status_code, "retry-after" in page.headers) == (429, True)
        assert started(client, pia).status_code == 201
        assert [started(client, first).status_code for _ in range(4)] == [201] * 4


def test_whoever_rehearses_alone_has_no_share(tmp_path: Path) -> None:
    with a_sandbox(tmp_path) as client:
        assert [started(client).status_code for _ in range(5)] == [201] * 5
