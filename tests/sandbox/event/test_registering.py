"""An approval adds one person or none, whatever stops it and whoever else decides at that moment;
what people see of it is in tests/sandbox/pages/test_registering.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from sandbox.errors import NotFound
from sandbox.event.identity import Person
from sandbox.event.people import People
from sandbox.event.plan import EventTrack, PlannedEvent
from sandbox.event.registering import Institution, Registrations
from sandbox.store.partitions import Partitions
from sandbox.store.runs import RunStore
from tests.conftest import TickingClock

PLAN = PlannedEvent(
    "rehearsal",
    {"en": "A rehearsal"},
    zone="UTC",
    first=date(2026, 7, 27),
    last=date(2026, 7, 30),
    languages=("en",),
    tracks=(EventTrack("1", {"en": "Track 1"}),),
    tests=(),
)
ASKED = Institution("Instituto de Salud", "AR", "Rosa Pérez", tracks=("1",))
INES = Person("Inés", "facilitator")
MOMENT = 1_785_000_000_000


class Interrupted(Exception):
    """The process ends here."""


class Meanwhile(People):
    """People beside whom something happens as soon as one is added."""

    happens: Callable[[], None] = staticmethod(lambda: None)

    def add(self, person: Person) -> str:
        code = super().add(person)
        self.happens()
        return code


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    partitions = Partitions(tmp_path / "event", url="")
    yield RunStore(partitions.main)
    partitions.close()


@pytest.fixture
def people(store: RunStore) -> Meanwhile:
    people = Meanwhile(store, clock=TickingClock())
    people.add(INES)
    return people


@pytest.fixture
def registrations(store: RunStore, people: Meanwhile) -> Registrations:
    return Registrations(store, people, now=lambda: MOMENT)


def names(people: People) -> list[str]:
    return [person.name for person in people.all()]


def test_an_approval_that_was_broken_off_is_gone_on_with(
    registrations: Registrations, people: Meanwhile
) -> None:
    def stop() -> None:
        raise Interrupted

    registrations.register(PLAN, ASKED)
    [waiting] = registrations.waiting(PLAN.id)
    people.happens = stop  # type: ignore[method-assign]
    with pytest.raises(Interrupted):
        registrations.approve(PLAN.id, waiting.id, ASKED, INES)
    [still_waiting] = registrations.waiting(PLAN.id)
    code = registrations.approve(PLAN.id, still_waiting.id, ASKED, INES)
    assert people.find(people.code(code).person_id).name == "Rosa Pérez"
    assert names(people) == ["Inés", "Rosa Pérez"]
    assert registrations.waiting(PLAN.id) == []


def test_of_two_who_approve_at_once_one_is_told_that_it_is_decided(
    registrations: Registrations, people: Meanwhile, store: RunStore
) -> None:
    def approved_by_another() -> None:
        Registrations(store, People(store, clock=TickingClock()), now=lambda: MOMENT).approve(
            PLAN.id, waiting.id, ASKED, Person("Mario", "facilitator")
        )

    registrations.register(PLAN, ASKED)
    [waiting] = registrations.waiting(PLAN.id)
    people.happens = approved_by_another  # type: ignore[method-assign]
    with pytest.raises(NotFound):
        registrations.approve(PLAN.id, waiting.id, ASKED, INES)
    [decided] = registrations.decided(PLAN.id)
    assert (decided.decision, decided.by) == ("approved", "Mario")
    assert names(people) == ["Inés", "Rosa Pérez"]


def test_nobody_is_let_in_who_took_it_back_at_that_moment(
    registrations: Registrations, people: Meanwhile, store: RunStore
) -> None:
    secret = registrations.register(PLAN, ASKED)
    [waiting] = registrations.waiting(PLAN.id)
    people.happens = lambda: registrations.withdraw(PLAN.id, secret)  # type: ignore[method-assign]
    with pytest.raises(NotFound):
        registrations.approve(PLAN.id, waiting.id, ASKED, INES)
    assert registrations.by_secret(PLAN.id, secret).decision == "withdrawn"
    assert names(people) == ["Inés"]
    lines = [json.loads(line.body) for line in store.events("@people") if line.kind == "removed"]
    assert [line["name"] for line in lines] == ["Rosa Pérez"]
