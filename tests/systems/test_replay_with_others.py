"""A replay in which one team plays with a server that no one here wrote: it is judged as all are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.course.connection import start_server
from sandbox.replay import play, shipped_script
from sandbox.replay.playing import Outcome
from tests.conftest import SYSTEMS

pytestmark = [
    pytest.mark.daily("systems", share=0.25, each="module"),
    pytest.mark.slow,
    pytest.mark.needs("hapi-jpa"),
]
FEW = {"teams": "aefh", "tests": ["1.1", "1.5", "1.6", "1.8", "1.9", "1.10"]}
SCRIPT = replace(shipped_script("lacpass-2023"), few=FEW).small()


def played(folder: Path, installed: Path | None) -> Outcome:
    server = start_server({"CONNECTATHON_DATA": str(folder)})
    try:
        return play(SCRIPT, server.connection.url, tell=lambda *_: None, installed=installed)
    finally:
        server.stop()


def test_hapi_takes_the_place_of_a_twin_and_fails_by_what_it_does(tmp_path: Path) -> None:
    theirs = played(tmp_path / "theirs", SYSTEMS)
    ours = played(tmp_path / "ours", None)
    assert (theirs.skipped, ours.skipped) == ({}, {"f": "not_named"})
    by_test = theirs.report["by_test"]
    # it stores what lacks a SubmissionSet, as argued in hapi-jpa/expected.toml; all that it meets passes
    assert by_test["1.5"] == {"verified": 3, "incomplete": 1}
    assert by_test["1.1"] == {"verified": 4}
    assert by_test["1.6"] == {"verified": 3, "incomplete": 1}
    assert by_test["1.8"] == {"verified": 12}
    assert by_test["1.9"] == {"verified": 8}
    assert by_test["1.10"] == {"verified": 12}
    # the twin was made to be what such a server is
    assert by_test == ours.report["by_test"]
