"""Which sandbox the notebooks of `connectathon lab` work with: never somebody else's without a word."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.cli.lab import chosen_server
from sandbox.course.connection import Connection, probe, start_server

pytestmark = pytest.mark.daily("starting", share=1 / 3)


class Terminal(io.StringIO):
    """A terminal at which somebody types."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def running(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Connection]:
    """A sandbox that somebody else started."""
    monkeypatch.delenv("SANDBOX_URL", raising=False)
    server = start_server({"CONNECTATHON_DATA": str(tmp_path_factory.mktemp("others"))})
    yield server.connection
    server.stop()


def port_of(connection: Connection) -> int:
    return int(connection.url.rpartition(":")[2])


def test_a_sandbox_of_somebody_else_is_named_and_left_alone(
    running: Connection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("CONNECTATHON_DATA", str(tmp_path))
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    url, stop = chosen_server(port_of(running))
    assert stop is not None
    stop()
    assert url != running.url
    assert f"SANDBOX_URL={running.url}" in capsys.readouterr().err
    assert probe(running.url) == running.version


def test_whoever_sits_there_may_use_it(
    running: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal("y\n"))
    assert chosen_server(port_of(running)) == (running.url, None)


def test_one_that_is_named_is_used_without_asking(
    running: Connection, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SANDBOX_URL", running.url + "/")
    assert chosen_server(port_of(running)) == (running.url, None)
    assert capsys.readouterr().err == ""
