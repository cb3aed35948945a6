"""Events at a shell: loaded, shown, written, made anew, and one of them runs now."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from sandbox.cli.verbs import app
from sandbox.course.connection import RunningServer, start_server
from sandbox.errors import InvalidEvent, NotFound
from sandbox.event.event_file import read_event, shipped_event, shipped_events

pytestmark = pytest.mark.daily("starting", share=1 / 3)


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CONNECTATHON_DATA", str(tmp_path / "data"))
    return tmp_path


def said(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["event", *words])
    assert result.exit_code == code, result.output
    return result.output


def test_an_event_is_loaded_shown_and_written(data: Path) -> None:
    assert "lacpass-2026 is loaded: 24 planned tests." in said("load", "lacpass-2026")
    assert "nothing to change" in said("load", "lacpass-2026")
    shown = said("show", "lacpass-2026", "--lang", "es")
    assert "Conectatón LACPASS 2026" in shown
    assert "1.1.10" in shown
    text = said("export", "lacpass-2026")
    assert read_event(text) == shipped_event("lacpass-2026")
    file = data / "written.toml"
    assert str(file) in said("export", "lacpass-2026", "--out", str(file))
    assert file.read_text(encoding="utf-8") == text
    table = json.loads(said("show", "lacpass-2026", "--json"))
    assert table["zone"] == "America/Panama"


def test_loading_again_shows_what_would_change_and_changes_with_yes(data: Path) -> None:
    said("load", "lacpass-2023")
    file = data / "event.toml"
    text = shipped_events()["lacpass-2023"].read_text(encoding="utf-8")
    file.write_text(text.replace("last = 2023-11-14", "last = 2023-11-15"), encoding="utf-8")
    shown = said("load", str(file), code=4)
    assert "last  2023-11-14 → 2023-11-15" in shown
    assert "2023-11-14" in said("show", "lacpass-2023")
    assert "is loaded" in said("load", str(file), "--yes")
    assert "2023-11-15" in said("show", "lacpass-2023")


def test_all_that_is_wrong_with_a_file_is_told(data: Path) -> None:
    file = data / "event.toml"
    text = shipped_events()["lacpass-2023"].read_text(encoding="utf-8")
    wrong = text.replace('zone = "America/Sao_Paulo"', 'zone = "America/Macondo"')
    file.write_text(wrong.replace("ips.content", "ips.contents"), encoding="utf-8")
    result = CliRunner().invoke(app, ["event", "load", str(file)])
    assert isinstance(result.exception, InvalidEvent)
    assert "America/Macondo" in result.output
    assert "tests[1.2].roles[creator].bench" in result.output
    assert "lacpass-2023" in said("list")


def test_the_next_event_is_made_and_runs(data: Path) -> None:
    made = ("new", "lacpass-2027", "--from", "lacpass-2026", "--first", "2027-08-02", "--days", "4")
    assert "lacpass-2027 is loaded" in said(*made)
    assert "lacpass-2027 is the event that runs now." in said("now", "lacpass-2027")
    (row, *_) = json.loads(said("list", "--json"))
    assert row == {
        "id": "lacpass-2027",
        "title": "LACPASS Connectathon 2027",
        "first": "2027-08-02",
        "last": "2027-08-05",
        "is_loaded": True,
        "is_current": True,
    }
    # without an id it is the one that runs
    assert "LACPASS Connectathon 2027" in said("show")
    assert "runs now" in said("list")


def test_what_is_needed_is_asked_for() -> None:
    for action in ("load", "new", "now"):
        said(action, code=2)
    said("new", "lacpass-2027", code=2)
    result = CliRunner().invoke(app, ["event", "show", "nothing"])
    assert isinstance(result.exception, NotFound)


@pytest.fixture
def floor(data: Path) -> Iterator[tuple[RunningServer, str, str]]:
    """A server at an event with people, an instance of Chile's, and a token of its team."""
    folder = str(data / "event")
    run = CliRunner()
    for words in (
        ("people", "add", "Inés", "--role", "facilitator"),
        ("people", "add", "Ana", "--team", "Chile"),
        ("systems", "add", "node", "http://127.0.0.1:9/fhir", "--team", "Chile", "--actor",
         "document-recipient"),
    ):  # fmt: skip
        assert run.invoke(app, [*words, "--data", folder]).exit_code == 0
    made = run.invoke(app, ["tokens", "add", "Chile", "--name", "build", "--data", folder])
    code = run.invoke(app, ["people", "link", "Ana", "--data", folder]).output.split()[-1]
    server = start_server({"CONNECTATHON_DATA": folder, "CONNECTATHON_SEED": "none"})
    with httpx.Client(base_url=server.connection.url) as asked:
        entered = asked.post("/api/enter", json={"code": code.rpartition("/")[2]}).json()
        body = {"event": "lacpass-2023", "test": "1.1", "system": "node"}
        headers = {"X-Connectathon-Session": entered["session"]}
        begun = asked.post("/api/instances", json=body, headers=headers).json()
    yield server, begun["id"], made.output.split()[-1]
    server.stop()


def test_a_run_of_this_machine_is_handed_in_by_a_team_s_token(
    floor: tuple[RunningServer, str, str], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, instance, token = floor
    url = server.connection.url
    home = ("--data", str(data / "home"))
    ran = CliRunner().invoke(app, ["run", "fhir.basics", "--system", "sandbox", *home])
    id = ran.output.rstrip().rpartition("\n")[2].split()[0]
    evidence = str(data / "run.zip")
    exported = ["export", id, "--as", "evidence", "--to", evidence, *home]
    assert CliRunner().invoke(app, exported).exit_code == 0
    at = ("--instance", instance, "--server", url)
    assert "→" in said("submit", evidence, *at, code=1)  # nobody says who asks
    monkeypatch.setenv("TEAM_TOKEN", token)
    with_token = (*at, "--token-env", "TEAM_TOKEN")
    assert "judged again here: pass" in said("submit", evidence, *with_token)
    nowhere = said("submit", evidence, *with_token[2:], "--instance", "none", code=1)
    assert "no test instance" in nowhere
    said("submit", evidence, "--server", url, code=2)
    said("submit", str(data / "none.zip"), *with_token, code=2)


def test_overruled_verdicts_are_fetched_by_a_facilitator(
    floor: tuple[RunningServer, str, str], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, _, token = floor
    at = ("--out", str(data / "cases.zip"), "--server", server.connection.url)
    monkeypatch.setenv("TOKEN", token)
    said("overruled", "lacpass-2023", *at, "--token-env", "TOKEN", code=1)  # a team's
    folder = str(data / "event")
    linked = (
        CliRunner().invoke(app, ["people", "link", "Inés", "--data", folder]).output.split()[-1]
    )
    code = {"code": linked.rpartition("/")[2]}
    entered = httpx.post(f"{server.connection.url}/api/enter", json=code).json()
    monkeypatch.setenv("TOKEN", entered["session"])
    assert "cases.zip" in said("overruled", "lacpass-2023", *at, "--token-env", "TOKEN")
    with zipfile.ZipFile(data / "cases.zip") as archive:
        assert json.loads(archive.read("cases.json")) == []
    said("overruled", "lacpass-2023", "--server", server.connection.url, code=2)
