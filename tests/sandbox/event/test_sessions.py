"""A session is over when nobody uses it, when its days are over, when it is ended or its person removed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from sandbox.errors import NotFound
from sandbox.event.identity import Person
from sandbox.event.people import People
from sandbox.limits import SEEN_MINUTES, SESSION_DAYS, SESSION_IDLE_HOURS
from sandbox.store.partitions import Partitions
from sandbox.store.runs import RunStore
from tests.conftest import TickingClock


@pytest.fixture
def clock() -> TickingClock:
    return TickingClock()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    partitions = Partitions(tmp_path / "people", url="")
    yield RunStore(partitions.main)
    partitions.close()


@pytest.fixture
def people(store: RunStore, clock: TickingClock) -> People:
    return People(store, clock=clock)


@pytest.fixture
def session(people: People) -> str:
    return people.enter(people.add(Person("Inés", "facilitator")), browser="Firefox")


def seen_lines(store: RunStore) -> int:
    return sum(event.kind == "seen" for event in store.events("@people"))


def test_a_session_that_nobody_uses_is_over(
    people: People, session: str, clock: TickingClock
) -> None:
    clock.now += timedelta(hours=SESSION_IDLE_HOURS - 1)
    assert people.who(session)
    clock.now += timedelta(hours=SESSION_IDLE_HOURS - 1)
    assert people.who(session)  # that one look has counted
    clock.now += timedelta(hours=SESSION_IDLE_HOURS + 1)
    assert people.who(session) is None
    assert people.sessions.of(people.all()[0]) == []


def test_one_that_is_used_each_day_is_over_after_its_days(
    people: People, session: str, clock: TickingClock
) -> None:
    for _ in range(SESSION_DAYS - 1):
        clock.now += timedelta(days=1)
        assert people.who(session)
    clock.now += timedelta(days=1)
    assert people.who(session) is None


def test_use_is_written_down_to_the_hour(
    people: People, session: str, store: RunStore, clock: TickingClock
) -> None:
    for _ in range(100):
        assert people.who(session)
    assert seen_lines(store) == 0
    clock.now += timedelta(minutes=SEEN_MINUTES)
    for _ in range(100):
        assert people.who(session)
    assert seen_lines(store) == 1


def test_ones_own_are_listed_and_ended_and_nobody_elses(people: People, session: str) -> None:
    inés = people.all()[0]
    eva = people.enter(people.add(Person("Eva", "monitor")), browser="Safari")
    second = people.enter(people.link("Inés"))

    assert [one.browser for one in people.sessions.of(inés)] == ["", "Firefox"]
    assert people.sessions.id_of(second) == people.sessions.of(inés)[0].id
    with pytest.raises(NotFound):
        people.sessions.end(people.sessions.id_of(eva), inés)
    people.sessions.end(people.sessions.id_of(session), inés)

    assert people.who(session) is None
    assert people.who(second) == inés
    assert people.who(eva)


def test_a_session_of_an_older_log_is_not_over_for_want_of_use(
    store: RunStore, clock: TickingClock
) -> None:
    people = People(store, clock=clock)
    people.add(Person("Inés", "facilitator"))
    secret = people.enter(people.link("Inés"))
    line = json.loads(store.events("@people")[-1].body)
    old = {name: line[name] for name in ("name", "session", "until")} | {"code": ""}
    store.append("@people", [("entered", 0, json.dumps(old))])

    later = People(store, clock=clock)
    clock.now += timedelta(hours=SESSION_IDLE_HOURS + 1)

    assert later.who(secret)
    assert [one.seen > 0 for one in later.sessions.of(later.all()[0])] == [True]


def test_a_session_lasts_up_to_its_last_moment(store: RunStore) -> None:
    moments = [TickingClock().now]
    people = People(store, clock=lambda: moments[-1])
    secret = people.enter(people.add(Person("Inés", "facilitator")))
    end = moments[0] + timedelta(days=SESSION_DAYS)

    while moments[-1] < end:  # not used for as long as it may be, each time
        moments.append(min(moments[-1] + timedelta(hours=SESSION_IDLE_HOURS), end))
        assert people.who(secret)
    moments.append(end + timedelta(milliseconds=1))
    assert people.who(secret) is None


def test_a_session_is_over_a_moment_after_nobody_has_used_it_for_too_long(store: RunStore) -> None:
    moments = [TickingClock().now]
    people = People(store, clock=lambda: moments[-1])
    secret = people.enter(people.add(Person("Inés", "facilitator")))

    moments.append(moments[0] + timedelta(minutes=SEEN_MINUTES))
    assert people.who(secret)
    assert seen_lines(store) == 0  # so soon it is not written down
    idle = timedelta(hours=SESSION_IDLE_HOURS)
    moments.append(moments[0] + idle + timedelta(milliseconds=1))
    assert people.who(secret) is None
