"""Events that are kept: loading shows what would change, and what is being played stays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from sandbox.errors import BadRequest, Conflict, InvalidEvent, NotFound, PreconditionFailed
from sandbox.event.event_file import shipped_event, write_event
from sandbox.event.events import Change, Events, next_event, used_in
from sandbox.event.plan import PlannedEvent
from sandbox.store.audit import Audit
from sandbox.store.database import Database
from sandbox.store.instances import InstanceStore
from sandbox.store.partitions import Partitions
from sandbox.store.planned_events import PlannedEventStore
from sandbox.store.runs import RunStore
from tests.conftest import TickingClock

PLAN = shipped_event("lacpass-2023")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    partitions = Partitions(tmp_path)
    yield partitions.main
    partitions.close()


def events_in(database: Database, *, used: tuple[str, ...] = ()) -> Events:
    """The events of a database, of which these tests are being played."""
    return Events(
        PlannedEventStore(database), is_used=lambda _, test: test in used, clock=TickingClock()
    )


def without(event: PlannedEvent, id: str) -> PlannedEvent:
    return replace(event, tests=tuple(test for test in event.tests if test.id != id))


def test_what_was_loaded_is_found_and_loading_it_again_changes_nothing(database: Database) -> None:
    events = events_in(database)
    assert events.load(PLAN) == [Change("added", "lacpass-2023")]
    assert events.find("lacpass-2023") == PLAN
    assert events.propose(PLAN) == (PLAN, [])
    assert events.load(PLAN) == []
    assert [entry.act for entry in Audit(database).newest()] == ["event.loaded"]


def test_a_proposal_tells_what_would_change_and_changes_nothing(database: Database) -> None:
    events = events_in(database)
    events.load(PLAN)
    longer = replace(without(PLAN, "1.3"), last=date(2023, 11, 15))
    _, changes = events.propose(longer)
    assert Change("changed", "last", "2023-11-14", "2023-11-15") in changes
    assert Change("removed", "tests[1.3].id", "1.3") in changes
    assert not [
        one for one in changes if "[1.3]" not in one.place and one.place not in ("last", "tests")
    ]
    assert events.find("lacpass-2023") == PLAN
    assert events.load(longer) == changes
    assert events.find("lacpass-2023") == longer


def test_a_test_that_is_being_played_is_never_dropped(database: Database) -> None:
    events = events_in(database, used=("2b.1",))
    events.load(PLAN)
    of_2b = [test.id for test in PLAN.tests if test.track == "2b"]
    smaller = PLAN
    for id in of_2b:
        smaller = without(smaller, id)
    smaller = replace(
        smaller,
        tracks=tuple(track for track in PLAN.tracks if track.id != "2b"),
        agenda=tuple(item for item in PLAN.agenda if item.track != "2b"),
    )
    changes = events.load(smaller)
    assert Change("kept", "tests[2b.1]") in changes
    after = events.find("lacpass-2023")
    assert [test.id for test in after.tests if test.track == "2b"] == ["2b.1"]
    assert after.test("2b.1") == PLAN.test("2b.1")
    assert after.track("2b") == PLAN.track("2b")
    assert [change.kind for change in events.load(smaller)] == ["kept"]


def test_a_role_that_is_being_played_stays(database: Database) -> None:
    events = events_in(database, used=("1.9",))
    events.load(PLAN)
    played = PLAN.test("1.9")
    renamed = replace(played.roles[2], name="reader")
    roles = (replace(played.roles[0], inputs={"recipient": "recipient", "consumer": "reader"}),)
    other = replace(played, roles=(*roles, played.roles[1], renamed))
    changed = replace(PLAN, tests=tuple(other if test.id == "1.9" else test for test in PLAN.tests))
    with pytest.raises(Conflict) as error:
        events.load(changed)
    assert error.value.where == "tests[1.9].roles[consumer]"
    assert events.find("lacpass-2023") == PLAN
    # the same change is fine where nobody plays it
    assert events_in(database).load(changed)


def test_what_must_stay_has_to_fit_the_rest(database: Database) -> None:
    events = events_in(database, used=("1.2",))
    events.load(PLAN)
    english = {"en": "only"}
    track = replace(PLAN.tracks[0], title=english, guidance={}, use_cases=())
    test = replace(PLAN.test("1.1"), title=english, summary=english)
    roles = tuple(replace(role, title=english) for role in test.roles)
    in_english = replace(
        PLAN,
        languages=("en",),
        title=english,
        place={},
        registration_rules={},
        tracks=(track,),
        tests=(replace(test, roles=roles),),
        agenda=(),
        links=(),
    )
    with pytest.raises(InvalidEvent):
        events.load(in_english)
    assert events_in(database).load(in_english)


def test_who_read_an_older_state_changes_nothing(database: Database) -> None:
    events = events_in(database)
    store = PlannedEventStore(database)
    events.load(PLAN)

    def meanwhile(event: str, test: str) -> bool:
        store.write(event, write_event(without(PLAN, "1.1")), at=1, before=write_event(PLAN))
        return False

    slower = Events(store, is_used=meanwhile, clock=TickingClock())
    with pytest.raises(PreconditionFailed):
        slower.load(without(PLAN, "1.2"))
    assert events.find("lacpass-2023") == without(PLAN, "1.1")


def test_one_event_runs_now(database: Database) -> None:
    events = events_in(database)
    with pytest.raises(NotFound):
        events.find("")
    events.load(PLAN)
    events.load(shipped_event("lacpass-2026"))
    assert events.current == ""
    events.mark("lacpass-2023")
    events.mark("lacpass-2026")
    assert events.current == "lacpass-2026"
    assert events.find("").id == "lacpass-2026"
    # changing it leaves it the one that runs
    events.load(replace(shipped_event("lacpass-2026"), retention_days=9))
    assert events.current == "lacpass-2026"
    listed = [(row.event.id, row.is_loaded, row.is_current) for row in events.listed()]
    assert listed == [
        ("ap-ips", False, False),
        ("lacpass-2026", True, True),
        ("lacpass-2023", True, False),
    ]
    with pytest.raises(NotFound) as error:
        events.mark("ap-ips")
    assert error.value.params["known"] == "lacpass-2023, lacpass-2026"


def test_instances_tell_which_tests_are_played(database: Database) -> None:
    is_used = used_in(InstanceStore(database, RunStore(database)))
    assert not is_used("lacpass-2023", "1.2")
    with database.writing() as connection:
        connection.execute(
            "INSERT INTO instance (id, event, test, track, state, at, changed, waiting, monitor,"
            " contested) VALUES ('a', 'lacpass-2023', '1.2', '1', 'started', 1, 1, 0, '', 0)"
        )
    assert is_used("lacpass-2023", "1.2")
    assert not is_used("lacpass-2023", "1.1")
    assert not is_used("lacpass-2026", "1.2")


def test_the_next_event_is_the_last_one_on_other_days() -> None:
    before = shipped_event("lacpass-2026")
    after = next_event(before, "lacpass-2027", first=date(2027, 8, 2), days=2)
    assert (after.first, after.last) == (date(2027, 8, 2), date(2027, 8, 3))
    assert after.title["es"] == "Conectatón LACPASS 2027"
    assert after.agenda[0].start == datetime.fromisoformat("2027-08-02T09:00")
    assert {item.start.date().day for item in after.agenda} == {2, 3}
    assert after.registration_until == date(2027, 7, 16)
    assert after.tests == before.tests


def test_an_event_of_no_day_or_without_id_is_refused() -> None:
    for days in (0, 31):
        with pytest.raises(BadRequest):
            next_event(PLAN, "lacpass-2027", first=date(2027, 8, 2), days=days)
    with pytest.raises(BadRequest):
        next_event(PLAN, "lacpass-2027", first=date(1, 1, 1), days=2)
    with pytest.raises(InvalidEvent):
        next_event(PLAN, "LACPASS 2027", first=date(2027, 8, 2), days=2)


def test_what_comes_with_the_project_is_found_before_it_is_loaded(database: Database) -> None:
    events = events_in(database, used=("1.2",))
    assert events.find("lacpass-2023") == PLAN
    # and instances that began by it are safe when a file takes its place
    changes = events.load(without(PLAN, "1.2"))
    assert changes == [Change("added", "lacpass-2023"), Change("kept", "tests[1.2]")]
    assert events.find("lacpass-2023").test("1.2") == PLAN.test("1.2")
    with pytest.raises(NotFound) as error:
        events.find("lacpass-1999")
    assert "ap-ips" in str(error.value.params["known"])
