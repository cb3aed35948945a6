"""A table of what takes too long for the suite is fresh until one of its sources changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.tables import TABLES, Table


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.target)
def test_a_table_is_fresh_until_a_source_changes(table: Table, tmp_path: Path) -> None:
    written = replace(table, file=tmp_path / "RESULTS.md")
    written.write("A table", "| a | b |")
    text = written.file.read_text(encoding="utf-8")
    assert f"`make {table.target}`" in text
    assert written.is_fresh(text)
    assert not replace(written, sources=table.sources[1:]).is_fresh(text)
    assert not written.is_fresh("# A table\n")


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.target)
def test_each_pattern_names_a_source(table: Table) -> None:
    assert [
        each for each in table.sources if not list(replace(table, sources=(each,)).files())
    ] == []


def test_words_are_no_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.tables.PROJECT", tmp_path)
    table = Table(tmp_path / "RESULTS.md", "nothing", ("*.py",))
    source = tmp_path / "a.py"
    source.write_text('"""Says something."""\nA = 1  # one\n', encoding="utf-8")
    before = table.hash_of_sources()
    source.write_text('"""Says something else."""\nA = 1  # a number\n', encoding="utf-8")
    assert table.hash_of_sources() == before
    source.write_text("A = 2\n", encoding="utf-8")
    assert table.hash_of_sources() != before
