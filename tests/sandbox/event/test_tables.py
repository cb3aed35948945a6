"""Dataclasses as tables: writing and reading again gives the same, and each slip is told with its place."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.event.tables import Reader, as_table, write_toml


@dataclass(frozen=True, slots=True)
class Leaf:
    name: str
    count: int = 1
    words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tree:
    id: str
    day: date
    moment: datetime
    is_open: bool = False
    colour: Literal["red", "green"] = "red"
    until: date | None = None
    names: tuple[str, ...] = ()
    leaves: tuple[Leaf, ...] = ()
    sentences: tuple[Mapping[str, str], ...] = ()
    leaf: Leaf = Leaf("alone")


TEXTS = st.text(st.characters(codec="utf-8"), max_size=40)
WORDS = st.dictionaries(TEXTS, TEXTS, min_size=1, max_size=3)
LEAVES = st.builds(Leaf, TEXTS, st.integers(-(2**62), 2**62), WORDS)
TREES = st.builds(
    Tree,
    TEXTS,
    st.dates(),
    st.datetimes(),
    st.booleans(),
    st.sampled_from(["red", "green"]),
    st.none() | st.dates(),
    st.lists(TEXTS, max_size=3).map(tuple),
    st.lists(LEAVES, max_size=3).map(tuple),
    st.lists(WORDS, max_size=3).map(tuple),
    LEAVES,
)


@given(TREES)
def test_what_was_written_reads_as_the_same(tree: Tree) -> None:
    reader = Reader()
    assert reader.read(Tree, tomllib.loads(write_toml(as_table(tree)))) == tree
    assert reader.faults == []


def test_days_and_moments_may_be_texts_as_json_has_them() -> None:
    read = Reader().read(Tree, {"id": "a", "day": "2026-07-27", "moment": "2026-07-27T09:00"})
    assert read == Tree("a", date(2026, 7, 27), datetime.fromisoformat("2026-07-27T09:00"))


@pytest.mark.parametrize(
    ("change", "key", "where"),
    [
        ({"id": 1}, "plan.wrong_kind", "id"),
        ({"day": "27 July"}, "plan.wrong_kind", "day"),
        ({"day": datetime.fromisoformat("2026-07-27T00:00")}, "plan.wrong_kind", "day"),
        ({"is_open": "yes"}, "plan.wrong_kind", "is_open"),
        ({"colour": "blue"}, "plan.no_choice", "colour"),
        ({"names": "one"}, "plan.wrong_kind", "names"),
        ({"names": [1]}, "plan.wrong_kind", "names[1]"),
        ({"leaves": [{"name": "a", "count": True}]}, "plan.wrong_kind", "leaves[a].count"),
        ({"leaves": [{"count": 1}]}, "plan.missing_key", "leaves[1].name"),
        ({"leaves": [{"name": "a", "color": 1}]}, "plan.unknown_key", "leaves[a].color"),
        ({"sentences": [{"es": 1}]}, "plan.wrong_kind", "sentences[1].es"),
        ({"leaf": "alone"}, "plan.wrong_kind", "leaf"),
    ],
)
def test_a_slip_is_told_with_its_place(change: dict[str, object], key: str, where: str) -> None:
    whole = {
        "id": "a",
        "day": date(2026, 7, 27),
        "moment": datetime.fromisoformat("2026-07-27T09:00"),
    }
    reader = Reader()
    assert reader.read(Tree, whole) is not None
    assert reader.read(Tree, whole | change) is None
    assert [(fault.key, fault.where) for fault in reader.faults] == [(key, where)]
