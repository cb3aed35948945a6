"""A program works on a team's own space by a token from the environment, which no evidence holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sandbox.cli.verbs import app
from sandbox.course.connection import start_server

pytestmark = pytest.mark.daily("starting", share=1 / 3)

NAME = "SOME_TEAM_S_TOKEN"


@dataclass(frozen=True)
class Owned:
    """A real server at an event with people, and a token of the team that owns its space."""

    url: str
    token: str


def typed(*words: str, exits: int | None = 0) -> str:
    done = CliRunner().invoke(app, list(words))
    assert exits is None or done.exit_code == exits, (done.output, done.exception)
    return done.output


@pytest.fixture(scope="module")
def owned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Owned]:
    data = str(tmp_path_factory.mktemp("event"))
    typed("tenants", "add", "chile", "--data", data)
    typed("people", "add", "Inés", "--role", "facilitator", "--data", data)
    typed("people", "add", "Ana", "--team", "Chile", "--data", data)
    typed("tokens", "give", "Chile", "--space", "chile", "--data", data)
    token = typed("tokens", "add", "Chile", "--name", "hospital", "--data", data).split()[-1]
    server = start_server({"CONNECTATHON_DATA": data, "CONNECTATHON_SEED": "none"})
    yield Owned(server.connection.url, token)
    server.stop()


def test_a_run_writes_to_an_owned_space_by_the_token_and_keeps_it_nowhere(
    owned: Owned, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = ("--data", str(tmp_path / "data"), "--lang", "en")
    run = ("run", "mhd.recipient", "--test", "RCP-01", "--system", f"{owned.url}/t/chile/fhir")
    assert "401" in typed(*run, *data, exits=1)
    monkeypatch.setenv(NAME, owned.token)
    said = typed(*run, *data, "--token-env", NAME)
    id = said.rstrip().rpartition("\n")[2].split()[0]
    typed("export", id, "--to", str(tmp_path / "run.xml"), "--data", str(tmp_path / "data"))
    kept = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert id.encode() in kept
    assert owned.token.encode() not in kept


def test_a_document_is_shared_by_the_token(
    owned: Owned, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "document.json"
    file.write_text('{"resourceType": "Bundle", "type": "document"}', encoding="utf-8")
    share = ("link", "share", str(file), "--server", owned.url)
    assert "→" in typed(*share, exits=1)
    monkeypatch.setenv(NAME, owned.token)
    assert re.search(r"shlink:/", typed(*share, "--token-env", NAME))


def test_the_readiness_of_an_owned_space_is_asked_by_the_token(
    owned: Owned, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = ("readiness", f"{owned.url}/t/chile/fhir", "--lang", "en")
    without = typed(*ask, exits=None)
    monkeypatch.setenv(NAME, owned.token)
    assert "401" in without
    assert "401" not in typed(*ask, "--token-env", NAME, exits=None)


@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_variable_without_a_token_is_a_wrong_use(
    value: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if value is not None:
        monkeypatch.setenv(NAME, value)
    said = typed("run", "mhd.recipient", "--token-env", NAME, exits=2)
    assert NAME in said
