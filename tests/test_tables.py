"""A table of what takes too long for the suite is fresh until one of its sources changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.tables import TABLES, Table


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Table:
    monkeypatch.setattr("tests.tables.PROJECT", tmp_path)
    (tmp_path / "judge.py").write_text('"""Judges."""\nRIGHT = True  # always\n', encoding="utf-8")
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "first.json").write_text("{}", encoding="utf-8")
    (tmp_path / "cases" / "README.md").write_text("Words.", encoding="utf-8")
    return Table(tmp_path / "RESULTS.md", "nothing", ("judge.py", "cases/**/*"))


def test_a_table_is_fresh_until_a_source_changes(table: Table) -> None:
    table.write("A table", "| a | b |")
    text = table.file.read_text(encoding="utf-8")
    assert text.startswith("# A table\n\nWritten by `make nothing` on ")
    assert table.is_fresh(text)
    assert not replace(table, sources=table.sources[1:]).is_fresh(text)
    assert not table.is_fresh("# A table\n")
    (table.file.parent / "cases" / "first.json").write_text("[]", encoding="utf-8")
    assert not table.is_fresh(text)


def test_words_are_no_source(table: Table) -> None:
    before = table.hash_of_sources()
    source = table.file.parent / "judge.py"
    source.write_text('"""Judges anew."""\n\nRIGHT = True  # so far\n', encoding="utf-8")
    (table.file.parent / "cases" / "README.md").write_text("Other words.", encoding="utf-8")
    assert table.hash_of_sources() == before
    source.write_text("RIGHT = '# True'\n", encoding="utf-8")
    assert table.hash_of_sources() != before


def test_a_file_that_is_excepted_is_no_source(table: Table) -> None:
    without = replace(table, but=("cases/first.json",))
    assert [file.name for file in without.files()] == ["judge.py"]


@pytest.mark.parametrize("committed", TABLES, ids=lambda table: table.target)
def test_each_pattern_names_a_source(committed: Table) -> None:
    nothing = [
        pattern
        for pattern in committed.sources
        if not list(replace(committed, sources=(pattern,)).files())
    ]
    assert nothing == []
