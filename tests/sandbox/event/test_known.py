"""A name that must be somebody's is found however it is written, and refused with those most like it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.errors import BadRequest, NotFound
from sandbox.event.identity import Person
from sandbox.event.known import known_team, team_names
from sandbox.event.names import near_names
from sandbox.event.people import People
from sandbox.event.systems import System, register
from sandbox.store.partitions import Partitions
from sandbox.store.runs import RunStore
from tests.conftest import TickingClock


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    partitions = Partitions(tmp_path)
    yield RunStore(partitions.main)
    partitions.close()


@pytest.fixture
def people(store: RunStore) -> People:
    people = People(store, clock=TickingClock())
    people.add(Person("Inés", "facilitator"))
    people.add(Person("Ana", "participant", "Ministerio de Salud"))
    register(System("repo-pe", "http://x.test", "Hospital del Sur", "PE"), store)
    return people


def test_teams_are_those_of_people_and_those_of_systems(people: People, store: RunStore) -> None:
    assert team_names(people, store) == ["Hospital del Sur", "Ministerio de Salud"]
    team = known_team("  ministerio DE salud ", people, store)
    assert (team.name, team.id) == ("Ministerio de Salud", people.named("Ana").team_id)
    assert known_team("Hospital del Sur", people, store).name == "Hospital del Sur"


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("Ministerio de Slaud", "Ministerio de Salud"),
        ("hospital sur", "Hospital del Sur"),
        ("Zzz", "Hospital del Sur, Ministerio de Salud"),
        ("", "Hospital del Sur, Ministerio de Salud"),
    ],
)
def test_one_that_is_none_founds_nothing(
    people: People, store: RunStore, name: str, near: str
) -> None:
    with pytest.raises(NotFound) as refused:
        known_team(name, people, store)
    assert refused.value.params["near"] == near
    assert team_names(people, store) == ["Hospital del Sur", "Ministerio de Salud"]
    with pytest.raises(BadRequest):
        known_team("x" * 61, people, store)


def test_of_many_names_a_few_are_told() -> None:
    assert near_names("q", [f"name {number}" for number in range(9)]).endswith("name 7, …")
    assert near_names("q", []) == "–"
