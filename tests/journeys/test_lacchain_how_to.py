"""The page about LACChain is right: its commands are typed, and the bench passes what they have made."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.journeys.test_event import served
from tests.journeys.test_event_in_an_afternoon import blocks, typed

pytestmark = [
    pytest.mark.daily("journeys", share=0.25, each="module"),
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("curl") is None, reason="the page asks with curl"),
]


def test_the_commands_of_the_page_send_a_credential_and_take_it_back(tmp_path: Path) -> None:
    with served(tmp_path / "data") as server:
        said = typed(tmp_path, "\n".join(blocks("rehearse-lacchain.md")), SERVER=server)
    assert "Ministerio de Salud" in said
    assert "taken back" in said.partition("Kept as")[2]
    print(said[-4000:])
    assert said.count("warning 0, fail 0") == 2
