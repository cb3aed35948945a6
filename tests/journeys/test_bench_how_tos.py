"""The pages about testing one's Document Source and about reading a failure are right: their commands are typed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.journeys.test_event import served
from tests.journeys.test_event_in_an_afternoon import HOW_TO, blocks, typed

pytestmark = [
    pytest.mark.daily("journeys", share=0.25, each="module"),
    pytest.mark.slow,
    pytest.mark.skipif(
        not (shutil.which("curl") and shutil.which("openssl")),
        reason="the pages ask with curl, and count with openssl",
    ),
]


def test_the_commands_of_the_page_for_sources_find_its_mistake_and_pass_once_it_is_mended(
    tmp_path: Path,
) -> None:
    with served(tmp_path / "data") as server:
        said = typed(tmp_path, "\n".join(blocks("test-my-document-source.md")), SERVER=server)
    wrong, right = said.split("\n200\n")
    assert "\n400\n" in wrong
    assert "SRC-12 The hash is of the bytes, not of its hexadecimal text: fail" in wrong
    assert "waiting, pass 17, warning 0, fail 1, skipped 10" in wrong
    assert "waiting, pass 19, warning 0, fail 0, skipped 9" in right
    assert "SRC-12" in (tmp_path / "my-source.html").read_text(encoding="utf-8")


def test_the_commands_of_the_page_about_failures_show_the_one_that_it_explains(
    tmp_path: Path,
) -> None:
    with served(tmp_path / "wrong", "--twin", "summarizes_another_birth") as server:
        said = typed(tmp_path, "\n".join(blocks("read-a-failure.md")), SERVER=server)
    assert (
        "IPS-09 Its summary has her identifier, name, sex and birth date as written: fail" in said
    )
    page = (HOW_TO / "read-a-failure.md").read_text(encoding="utf-8")
    shown = page.partition("```\nIPS-09")[2].partition("```")[0]
    assert f"IPS-09{shown}" in said  # what the page takes apart is what is printed
    assert (tmp_path / "run.html").is_file()
    assert "IPS-09" in said.partition("pass 0")[0]
