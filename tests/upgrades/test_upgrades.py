"""What earlier versions kept is read, and gone on with, by today's: runs, people, reviews, inboxes, resources."""

from __future__ import annotations

import shutil
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from sandbox.cli.verbs import app
from sandbox.store.database import MIGRATIONS
from tests.conftest import a_sandbox

pytestmark = pytest.mark.daily("upgrades", share=0.2, each="kept")

FOLDERS = sorted((Path(__file__).parent / "folders").glob("*.tar.xz"))
MOST = 1 << 20


@pytest.fixture(params=FOLDERS, ids=[file.name.partition(".")[0] for file in FOLDERS])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A data folder as a commit left it, below the folder that is given."""
    assert request.param.stat().st_size < MOST
    with tarfile.open(request.param) as archive:
        archive.extractall(tmp_path / "sandbox", filter="data")
    return tmp_path


@pytest.fixture
def upgraded(kept: Path) -> Iterator[TestClient]:
    """Today's server over it, which a facilitator of that time has entered by a new link."""
    with a_sandbox(kept) as client:
        asked = ["people", "link", "Ana Souza", "--data", str(kept / "sandbox")]
        made = CliRunner().invoke(app, asked)
        assert made.exit_code == 0, made.output
        code = made.output.strip().rpartition("/enter/")[2].split()[0]
        came = client.post("/api/enter", json={"code": code, "name": "Ana Souza"})
        assert came.status_code == 201, came.text
        client.headers["Authorization"] = f"Bearer {came.json()['session']}"
        yield client


def test_a_folder_was_left_by_what_had_all_migrations_but_the_newest(tmp_path: Path) -> None:
    numbers = sorted(int(file.name[:4]) for file in (MIGRATIONS / "sqlite").glob("*.sql"))
    left = set()
    for file in FOLDERS:
        with tarfile.open(file) as archive:
            archive.extract("sandbox.db", tmp_path, filter="data")
        with closing(sqlite3.connect(tmp_path / "sandbox.db")) as opened:
            left |= {*opened.execute("PRAGMA user_version").fetchone()}
    # the folder of the newest can only be made once that is committed
    assert max(left) in numbers[-2:]


def by_track(client: TestClient) -> dict[str, dict[str, object]]:
    return {run["track"]: run for run in client.get("/api/runs").json()}


def test_the_newest_migration_is_reached(kept: Path) -> None:
    with a_sandbox(kept):
        pass
    newest = max(int(file.name[:4]) for file in (MIGRATIONS / "sqlite").glob("*.sql"))
    with closing(sqlite3.connect(kept / "sandbox" / "sandbox.db")) as opened:
        assert opened.execute("PRAGMA user_version").fetchone() == (newest,)


def test_runs_people_and_reviews_are_as_they_were(upgraded: TestClient) -> None:
    runs = by_track(upgraded)
    assert set(runs) == {"mhd.recipient", "mhd.source"}
    played = upgraded.get(f"/api/runs/{runs['mhd.recipient']['id']}").json()
    assert (played["state"], played["review"]["standing"]) == ("done", "verified")
    assert played["review"]["monitor"] == "Inés Pérez"
    (test,) = [test for test in played["tests"] if test["verdict"]]
    exchange = upgraded.get(f"/api/runs/{played['id']}/exchanges/0")
    assert exchange.status_code == 200
    assert test["exchanges"]
    names = {(one["name"], one["role"]) for one in upgraded.get("/api/people").json()}
    assert names == {("Ana Souza", "facilitator"), ("Inés Pérez", "monitor")}
    assert "ministry" in {system["name"] for system in upgraded.get("/api/systems").json()}
    assert upgraded.get("/fhir/Patient/kept").status_code == 200


def test_pages_and_evidence_are_there(upgraded: TestClient) -> None:
    run = by_track(upgraded)["mhd.recipient"]["id"]
    for place in ("/", "/runs", "/matrix", "/report", f"/runs/{run}"):
        assert upgraded.get(place).status_code == 200, place
    assert upgraded.get(f"/api/runs/{run}/report/evidence").status_code == 200


def test_an_inbox_goes_on_where_it_was(upgraded: TestClient) -> None:
    id = by_track(upgraded)["mhd.source"]["id"]
    waits = upgraded.get(f"/api/runs/{id}").json()
    assert waits["state"] == "waiting"
    kinds = [line["kind"] for line in upgraded.get(f"/api/runs/{id}/events").json()]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": []}
    assert upgraded.post(waits["inbox"], json=bundle).status_code in (200, 400)
    now = [line["kind"] for line in upgraded.get(f"/api/runs/{id}/events").json()]
    assert now.count("captured") == kinds.count("captured") + 1
    assert upgraded.post(f"/api/runs/{id}/finish").json()["state"] == "done"


def test_a_copy_of_it_is_sound(kept: Path) -> None:
    with a_sandbox(kept):
        pass
    # the connection that closes last takes it away: none outlives its server
    assert not (kept / "sandbox" / "sandbox.db-wal").exists()
    shutil.copytree(kept / "sandbox", kept / "copy")
    done = CliRunner().invoke(app, ["data", "verify", str(kept / "copy")])
    assert done.exit_code == 0, done.output
