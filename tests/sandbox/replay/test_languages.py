"""What people of a replay are called and write is in the language that was asked for."""

from __future__ import annotations

from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from sandbox.course.connection import start_server
from sandbox.i18n import LANGUAGES, say
from sandbox.replay import monitor
from sandbox.replay.caller import Caller
from sandbox.replay.playing import FACILITATOR, _monitor, _organiser

FAILED = {"bench": [{"verdict": "fail", "run": ""}]}
INCOMPLETE = {"bench": [], "id": "1", "attachments": [], "missing_evidence": ["code"]}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_monitor_writes_in_the_language_of_the_replay(language: str) -> None:
    with closing(Caller("http://127.0.0.1:9", language=language)) as caller:
        assert monitor._decision(caller, FAILED) == (
            "failed",
            say("replay.bench_failed.text", language, what="–"),
        )
        said = say("replay.missing.text", language, names="code")
        assert monitor._decision(caller, INCOMPLETE) == ("partially", said)


def test_people_enter_under_names_of_the_language(tmp_path: Path) -> None:
    server = start_server({"CONNECTATHON_DATA": str(tmp_path / "data")})
    try:
        with ExitStack() as stack:
            organiser = _organiser(stack, server.connection.url, "pt")
            _monitor(stack, organiser, 0)
            names = [person["name"] for person in organiser.get("/api/people")]
    finally:
        server.stop()
    assert (
        names
        == [say(FACILITATOR, "pt"), "Monitor 1 (simulado)"]
        == ["Inês (simulada)", "Monitor 1 (simulado)"]
    )
