"""Of a family the part of the day is played, alike in each process, and all of it where it is asked for."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable

import pytest

from tests import drawing
from tests.families import __main__ as whole
from tests.families import left_out, sample
from tests.places import PROJECT
from tests.tables import FAMILIES

SAMPLE = PROJECT / "tests" / "families" / "sample.py"
DAYS = [f"2026-12-{day:02}" for day in range(1, 32)]


@pytest.fixture
def items(request: pytest.FixtureRequest) -> list[pytest.Item]:
    """The tests of the sample, as pytest finds them."""
    assert SAMPLE.samefile(str(sample.__file__))
    module = pytest.Module.from_parent(request.node.parent.parent, path=SAMPLE)
    return list(request.session.genitems(module))


def names(ids: Iterable[str]) -> set[str]:
    return {id.rpartition("::")[2] for id in ids}


def kinds(ids: Iterable[str]) -> Counter[str]:
    return Counter(id.rpartition("::")[2].partition("[")[0] for id in ids)


def test_a_day_leaves_out_what_is_not_its_part(items: list[pytest.Item]) -> None:
    others = left_out(items, by=DAYS[0])
    assert kinds(others) == {
        "test_a_number": 5,  # seven are drawn from, and one is played every day
        "test_a_letter": 8,  # one letter with all its tests
        "test_what_only_the_whole_shows": 1,
    }
    assert len({name[-2] for name in names(others) if "letter" in name}) == 1
    assert others == left_out(items[::-1], by=DAYS[0])


def test_in_a_month_all_is_played_but_what_only_the_whole_shows(items: list[pytest.Item]) -> None:
    always_out = set.intersection(*(left_out(items, by=day) for day in DAYS))
    assert names(always_out) == {"test_what_only_the_whole_shows"}
    never_out = {item.nodeid for item in items} - set().union(
        *(left_out(items, by=day) for day in DAYS)
    )
    assert kinds(never_out) == {
        "test_a_number": 1,
        "test_a_module": 8,
        "test_what_has_no_letter": 1,
        "test_what_every_landing_needs": 1,
    }


def test_pytest_plays_the_part_of_a_family_that_it_is_told_of() -> None:
    words = ["--daily", "--family=numbers", "--collect-only", "-q", "-p", "no:randomly"]
    told = subprocess.run(
        [sys.executable, "-m", "pytest", *words, str(SAMPLE)],
        cwd=PROJECT,
        env={**os.environ, drawing.VARIABLE: DAYS[0]},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    ids = [line for line in told.splitlines() if "::" in line]
    assert kinds(ids) == {"test_a_number": 3}


@pytest.mark.parametrize("name", [table.target for table in FAMILIES])
def test_a_table_of_a_family_is_of_tests_that_are_its_sources(name: str) -> None:
    table = next(table for table in FAMILIES if table.target == name)
    sources = {str(file) for file in table.files()}
    files = whole.files_of(name)
    assert files
    assert set(files) <= sources
