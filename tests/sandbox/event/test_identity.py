"""People and teams are who they are by id: a name that comes back is somebody else, and older logs still mean the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.errors import BadRequest
from sandbox.event.identity import Author, Person, PersonId, named_team
from sandbox.event.people import People
from sandbox.event.rights import Whose, may
from sandbox.event.run import Run, read_run
from sandbox.event.systems import System, find_system, register
from sandbox.store.partitions import Partitions
from sandbox.store.runs import Event, RunStore
from tests.conftest import TickingClock

CHILE = named_team("Chile")
DAY = 24 * 3600 * 1000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    partitions = Partitions(tmp_path / "people", url="")
    yield RunStore(partitions.main)
    partitions.close()


@pytest.fixture
def clock() -> TickingClock:
    return TickingClock()


def an_event(store: RunStore, clock: TickingClock) -> People:
    people = People(store, clock=clock)
    people.add(Person("Inés", "facilitator"))
    return people


def asked_by(people: People, code: str, **fields: str) -> Person:
    """Returns who came in by a code."""
    person = people.who(people.enter(code, **fields))
    assert person is not None
    return person


def test_an_ana_who_comes_later_is_not_the_ana_who_was(
    store: RunStore, clock: TickingClock
) -> None:
    people = an_event(store, clock)
    ana = asked_by(people, people.add(Person("Ana", "participant", "Chile")))
    hers = Whose(ana.team_id, Author(ana.id, ana.name, ana.since))
    people.remove("Ana")

    later = asked_by(people, people.add(Person("Ana", "participant", "Perú")))

    assert may(ana, "see_run", hers)
    assert later.id != ana.id
    assert not may(later, "see_run", hers)
    colleague = asked_by(people, people.add(Person("Eva", "participant", "Chile")))
    assert may(colleague, "see_run", hers)


def test_a_newcomer_founds_no_team_that_is_there(store: RunStore, clock: TickingClock) -> None:
    register(System("hospital", "http://a.test", "Panamá"), store)  # nobody has joined it yet
    people = an_event(store, clock)
    people.add(Person("Ana", "participant", "Chile"))
    code = people.invite("")

    for name in ("Chile", " Chile ", "Panamá"):
        with pytest.raises(BadRequest) as error:
            people.enter(code, name="Eva", team=name)
        assert error.value.key == "people.team_taken"
    assert [person.name for person in people.all()] == ["Inés", "Ana"]
    eva = asked_by(people, code, name="Eva", team="Nova")
    colleague = asked_by(people, people.add(Person("Olga", "participant", "Nova")))
    assert colleague.team_id == eva.team_id != named_team("Nova")


OLD_LOG = [  # as it was written before there were ids
    ("person", {"name": "Inés", "role": "facilitator", "team": "", "country": ""}),
    ("person", {"name": "Ana", "role": "participant", "team": "Chile", "country": "CL"}),
    ("entered", {"name": "Ana", "session": "first", "until": 9 * 10**12, "code": ""}),
    ("removed", {"name": "Ana"}),
    ("person", {"name": "Ana", "role": "monitor", "team": "", "country": ""}),
    ("code", {"person": "Ana", "team": "", "country": "", "until": 9 * 10**12, "hash": "b"}),
    ("code", {"person": "", "team": "Chile", "country": "", "until": 9 * 10**12, "hash": "c"}),
]  # fmt: skip


@pytest.fixture
def old(store: RunStore, clock: TickingClock) -> People:
    lines = [(kind, number * DAY, json.dumps(body)) for number, (kind, body) in enumerate(OLD_LOG)]
    store.append("@people", lines)
    return People(store, clock=clock)


def test_an_older_log_has_the_same_ids_in_each_process(
    old: People, store: RunStore, clock: TickingClock
) -> None:
    again = People(store, clock=clock)

    assert [person.name for person in old.all()] == ["Ana", "Inés"]
    assert old.all() == again.all()
    assert all(person.id for person in old.all())
    joined = asked_by(old, old.add(Person("Eva", "participant", "Chile")))
    assert joined.team_id == CHILE
    assert old.team("Chile").id == CHILE


def an_old_run(*, by: str, day: int, others: tuple[str, ...] = ()) -> Run:
    """Returns a run as it was kept before there were ids."""
    body = {
        "track": "mhd.source", "system": "hospital", "base": "http://a.test", "keeper": "server",
        "tests": [], "given": {}, "inbox": "", "team": "Chile", "country": "CL", "by": by,
        "others": others,
    }  # fmt: skip
    return read_run([Event("r", 0, "queued", day * DAY, json.dumps(body))])


def test_an_older_run_stays_with_its_team_and_with_who_began_it(old: People) -> None:
    monitor = old.all()[0]
    eva = asked_by(old, old.add(Person("Eva", "participant", "Chile")))
    pia = asked_by(old, old.add(Person("Pia", "participant", "Perú")))
    before = an_old_run(by="Ana", day=2)  # by the first Ana
    behind = an_old_run(by="Ana", day=5)

    assert may(eva, "see_run", before.whose)
    assert not may(pia, "see_run", before.whose)
    assert may(pia, "see_run", an_old_run(by="Ana", day=2, others=("Perú",)).whose)
    assert not monitor.is_author(before.author)
    assert monitor.is_author(behind.author)
    assert may(monitor, "verify", before.whose)
    assert not may(monitor, "verify", behind.whose)


def test_an_older_system_stays_with_its_team(old: People, store: RunStore) -> None:
    body = {"name": "hospital", "base": "http://a.test", "team": "Chile", "country": "CL"}
    store.put_system("hospital", json.dumps(body))
    eva = asked_by(old, old.add(Person("Eva", "participant", "Chile")))

    assert may(eva, "start", find_system("hospital", store).whose)


def test_a_name_in_an_older_record_means_the_team_that_was_there_then(
    store: RunStore, clock: TickingClock
) -> None:
    people = an_event(store, clock)
    nova = asked_by(people, people.invite(""), name="Eva", team="Nova")

    assert people.team_meant("Nova", at=nova.since + 1) == nova.team_id
    assert people.team_meant("Nova", at=nova.since - 1) == named_team("Nova") != nova.team_id


def test_who_is_meant_by_id_is_not_meant_by_name() -> None:
    ana = Person("Ana", "monitor", id=PersonId("a"), since=5)

    assert ana.is_author(Author(PersonId("a"), "Anita", 9))
    assert not ana.is_author(Author(PersonId("b"), "Ana", 9))
    assert not ana.is_author(Author())
