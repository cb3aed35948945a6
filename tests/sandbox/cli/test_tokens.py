"""Tokens are made, listed and revoked at a shell, and Lab makes one for its notebooks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sandbox.cli.lab import _team_token
from sandbox.cli.verbs import app
from sandbox.clock import utc_now
from sandbox.event.people import People, Person
from sandbox.event.tokens import Tokens
from sandbox.store.partitions import Partitions
from sandbox.store.runs import RunStore


@pytest.fixture
def tokens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tokens]:
    """Those of an event whose data folder the environment names."""
    monkeypatch.setenv("CONNECTATHON_DATA", str(tmp_path))
    partitions = Partitions(tmp_path)
    store = RunStore(partitions.main)
    people = People(store, clock=utc_now)
    people.add(Person("Inés", "facilitator"))
    people.add(Person("Ana", "participant", "Chile"))
    yield Tokens(store, people, clock=utc_now)
    partitions.close()


def said(*words: str, code: int = 0) -> list[str]:
    result = CliRunner().invoke(app, ["tokens", *words])
    assert result.exit_code == code, result.output
    return result.output.splitlines()


def test_a_token_is_added_listed_and_revoked(tokens: Tokens) -> None:
    secret = said("add", "Chile", "--name", "hospital", "--scope", "read")[-1]
    bearer = tokens.read(secret)
    assert bearer is not None
    assert (bearer.person.team, bearer.scope) == ("Chile", "read")
    (line,) = said("list")
    assert "hospital" in line
    assert secret not in line
    said("revoke", line.split()[0])
    assert tokens.read(secret) is None
    assert said("list", "Chile") == []


def test_a_space_is_given(tokens: Tokens) -> None:
    assert tokens.owner("norte") == ""
    said("give", "Chile", code=2)
    said("give", "Chile", "--space", "norte")
    assert tokens.owner("norte") == "Chile"


def test_a_word_is_asked_for_where_it_is_needed(tokens: Tokens) -> None:
    for action in ("add", "revoke"):
        said(action, code=2)


def test_lab_makes_a_token_for_the_team_of_its_notebooks(
    tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CONNECTATHON_TEAM", raising=False)
    assert _team_token() == {}
    monkeypatch.setenv("CONNECTATHON_TEAM", "Perú")
    assert _team_token() == {}
    monkeypatch.setenv("CONNECTATHON_TEAM", "Chile")
    (secret,) = _team_token().values()
    bearer = tokens.read(secret)
    assert bearer is not None
    assert bearer.scope == "write"
    monkeypatch.setenv("CONNECTATHON_TEAM_TOKEN", secret)
    assert _team_token() == {}
