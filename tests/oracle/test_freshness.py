"""The committed table names the sources that it was made from."""

from pathlib import Path

import pytest

from tests.oracle import freshness


def test_a_table_is_fresh_until_a_source_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = tmp_path / "sandbox" / "validation" / "judge.py"
    judge.parent.mkdir(parents=True)
    judge.write_text("right = True\n")
    monkeypatch.setattr(freshness, "PROJECT", tmp_path)
    monkeypatch.setattr(freshness, "FOLDER", tmp_path / "cases")
    table = f"# Results\nSources: {freshness.hash_of_sources()}\n"
    assert freshness.is_fresh(table)
    judge.write_text("right = False\n")
    assert not freshness.is_fresh(table)
    judge.write_text('"""Judges."""\n\nright = True  # always\n')
    assert freshness.is_fresh(table)
    judge.write_text("right = '# True'\n")
    assert not freshness.is_fresh(table)


def test_a_table_without_hash_is_not_fresh() -> None:
    assert not freshness.is_fresh("# Results\n")
