"""`connectathon event replay`: what it refuses, and how it tells that the figures are others than those published."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from sandbox.cli.replaying import _print_figures, _server_at
from sandbox.cli.verbs import app
from sandbox.errors import NotFound
from sandbox.replay.playing import Outcome
from sandbox.replay.script import shipped_script

PUBLISHED = shipped_script("lacpass-2023").published


def outcome(**other: Any) -> Outcome:
    states = ("verified", "partially", "incomplete", "failed", "started")
    report = {
        "registered": 18,
        "active": 16,
        "count": 403,
        "by_state": {state: PUBLISHED[state] for state in states},
        "verified_by_track": dict(PUBLISHED["verified_by_track"]),
        **other,
    }
    return Outcome("simulation", "http://127.0.0.1:1", report, 1.0)


def test_the_published_figures_are_the_same_and_both_counts_of_who_registered_count(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert _print_figures(outcome(), PUBLISHED)
    assert _print_figures(outcome(registered=17), PUBLISHED)
    assert "18 / 17" in capsys.readouterr().out


@pytest.mark.parametrize(
    "other",
    [
        {"registered": 16},
        {"count": 402},
        {"by_state": {}},
        {"verified_by_track": {"1": 238, "2a": 74, "2b": 51}},
    ],
)
def test_another_figure_is_told_by_the_exit_code(other: dict[str, Any]) -> None:
    assert not _print_figures(outcome(**other), PUBLISHED)


def test_a_small_replay_is_held_against_nothing() -> None:
    assert _print_figures(outcome(count=30), shipped_script("lacpass-2023").small().published)


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "sandbox.db").write_text("somebody's")
    words = ["event", "replay", "lacpass-2023", "--data", str(tmp_path)]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 2
    assert (tmp_path / "sandbox.db").read_text() == "somebody's"


def test_an_event_without_a_script_and_none_at_all_are_refused(tmp_path: Path) -> None:
    assert CliRunner().invoke(app, ["event", "replay"]).exit_code == 2
    result = CliRunner().invoke(app, ["event", "replay", "ap-ips"])
    assert isinstance(result.exception, NotFound)


def test_a_server_that_is_given_is_asked_as_it_is() -> None:
    with _server_at("http://127.0.0.1:9/", None) as url:
        assert url == "http://127.0.0.1:9"


@pytest.mark.slow
def test_who_ends_it_by_a_signal_waits_for_no_instance_and_finds_nothing_left(
    tmp_path: Path,
) -> None:
    words = ["event", "replay", "lacpass-2023", "--size", "small"]
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    place = {"TMPDIR": str(scratch), "PYTHONUNBUFFERED": "1", "CONNECTATHON_LANG": "en"}
    command = [sys.executable, "-m", "sandbox.cli", *words]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, **place}
    ) as process:
        try:
            assert process.stdout
            address = re.findall(r"http://[\d.:]+\d", process.stdout.readline())[0]
            done, count = re.findall(r"\d+", process.stdout.readline())[:2]
            assert int(done) < int(count)  # it plays
            process.send_signal(signal.SIGTERM)
            said = process.communicate(timeout=120)[0]
        finally:
            process.kill()
    assert process.returncode not in (0, -signal.SIGTERM)
    assert f"{count} of {count}" not in said
    assert list(scratch.iterdir()) == []
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{address}/health", trust_env=False)
