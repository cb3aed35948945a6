"""What waits comes to the monitor who is assigned to it, the next is taken once, and a facilitator sees who has how much."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.errors import Forbidden, InvalidEvent, NotFound, PreconditionFailed
from sandbox.event.event_file import event_of, table_of
from sandbox.event.instance_acts import Words
from sandbox.event.monitoring import Asked, alone, assigned, loads, scope_of, take_next, wanted_of
from sandbox.event.partners import Chosen
from sandbox.event.plan import Assignment, PlannedEvent
from sandbox.event.plan_rules import faults_of
from sandbox.store.instances import Scope
from tests.sandbox.event.test_instances import (
    ANA,
    CHILES_MONITOR,
    EVENT,
    INES,
    MONITOR,
    OTHER_MONITOR,
    PIA,
    Floor,
    floor,
)

__all__ = ["floor"]


def plan_with(**scope: tuple[str, ...]) -> PlannedEvent:
    return replace(EVENT, monitors=(Assignment("Mo", **scope),))


def mine(floor: Floor, plan: PlannedEvent) -> list[str]:
    wanted = wanted_of(plan, Asked(is_mine=True), MONITOR)
    return [row.id for row in floor.instances.store.waiting(wanted).rows]


@pytest.mark.parametrize(
    ("scope", "is_mine"),
    [
        ({"tracks": ("1",)}, True),
        ({"tracks": ("2",)}, False),
        ({"tests": ("1.3",)}, True),
        ({"tests": ("1.1",)}, False),
        ({"countries": ("PE",)}, True),  # a partner's country too
        ({"countries": ("BR",)}, False),
        ({"tests": ("1.1",), "countries": ("CL",)}, True),  # either is enough
        ({}, True),  # nobody has assigned: everything
    ],
)
def test_the_queue_is_narrowed_by_what_one_is_assigned_to(
    floor: Floor, scope: dict[str, tuple[str, ...]], *, is_mine: bool
) -> None:
    begun = floor.to_verify()
    assert mine(floor, plan_with(**scope)) == ([begun.id] if is_mine else [])
    # whoever does not ask for their own sees all
    everything = floor.instances.store.waiting(wanted_of(plan_with(**scope), Asked(), MONITOR))
    assert [row.id for row in everything.rows] == [begun.id]


def test_the_next_is_the_urgent_one_then_the_oldest_and_taken_once(floor: Floor) -> None:
    old, new, urgent = (floor.to_verify() for _ in range(3))
    floor.instances.act(urgent.id, "hurry", INES)
    taken = [take_next(floor.instances, EVENT, who).id for who in (MONITOR, OTHER_MONITOR, MONITOR)]
    assert taken == [urgent.id, old.id, new.id]
    with pytest.raises(NotFound, match="queue_empty"):
        take_next(floor.instances, EVENT, MONITOR)


def test_nobody_takes_what_their_own_team_is_in_and_no_participant_takes(floor: Floor) -> None:
    floor.to_verify()
    with pytest.raises(NotFound, match="queue_empty"):
        take_next(floor.instances, EVENT, CHILES_MONITOR)
    with pytest.raises(Forbidden):
        take_next(floor.instances, EVENT, ANA)


def test_a_filter_that_nothing_fits_takes_nothing(floor: Floor) -> None:
    begun = floor.to_verify()
    with pytest.raises(NotFound, match="queue_empty"):
        take_next(floor.instances, EVENT, MONITOR, Asked(country="BR"))
    assert take_next(floor.instances, EVENT, MONITOR, Asked(country="PE")).id == begun.id


def test_the_loads_say_who_has_how_much_and_what_nobody_is_assigned_to(floor: Floor) -> None:
    first, second, third = (floor.to_verify() for _ in range(3))
    floor.instances.act(first.id, "claim", MONITOR)
    floor.instances.act(second.id, "claim", MONITOR)
    floor.instances.act(second.id, "decide", MONITOR, Words("No.", decision="failed"))
    plan = replace(EVENT, monitors=(Assignment("Zoe", tests=("1.1",)),))
    told = loads(plan, floor.instances.store, [MONITOR, OTHER_MONITOR, PIA])
    assert [(load.name, load.is_known, load.in_work, load.decided) for load in told.monitors] == [
        ("Zoe", False, 0, 0),
        ("Max", True, 0, 0),
        ("Mo", True, 1, 1),
    ]
    waits = floor.instances.read(first.id).waiting_since
    assert told.monitors[2].oldest == waits
    (row,) = told.unassigned
    since = floor.instances.read(third.id).waiting_since
    assert (row.test, row.count, row.oldest) == ("1.3", 1, since)
    assert alone(plan, floor.instances.store) == {"1.3": third.id}
    covered = replace(plan, monitors=(Assignment("Zoe", countries=("PE",)),))
    told = loads(covered, floor.instances.store, [])
    assert told.unassigned == ()
    assert told.monitors[0].waiting == 1
    # of two nobody can say which is meant
    floor.to_verify()
    assert alone(plan, floor.instances.store) == {}


def test_a_decision_stays_made_when_the_team_goes_on(floor: Floor) -> None:
    begun = floor.to_verify()
    for count, act in enumerate(("resume", "contest"), 1):
        floor.instances.act(begun.id, "claim", MONITOR)
        floor.instances.act(begun.id, "decide", MONITOR, Words("No.", decision="failed"))
        floor.instances.act(begun.id, act, PIA, Words("Once more."))
        (told,) = loads(EVENT, floor.instances.store, [MONITOR]).monitors
        assert (told.in_work, told.decided) == (0, count)
        if act == "resume":
            floor.instances.act(begun.id, "submit", PIA)


def test_one_assignment_takes_the_place_of_another_and_an_empty_one_ends_it() -> None:
    plan = replace(EVENT, monitors=assigned(EVENT, Assignment("Mo", tracks=("1",))))
    plan = replace(plan, monitors=assigned(plan, Assignment("Max", countries=("CL",))))
    plan = replace(plan, monitors=assigned(plan, Assignment("Mo", tests=("1.3",))))
    assert scope_of(plan, "Mo") == Scope(tests=("1.3",))
    assert assigned(plan, Assignment("Mo")) == (Assignment("Max", countries=("CL",)),)
    assert event_of(table_of(plan)) == plan


@pytest.mark.parametrize(
    "wrong",
    [
        Assignment("Mo", tracks=("9",)),
        Assignment("Mo", tests=("9.9",)),
        Assignment("Mo", countries=("Chile",)),
    ],
)
def test_an_assignment_to_what_is_not_there_is_refused(wrong: Assignment) -> None:
    assert faults_of(plan_with(tracks=("1",), tests=("1.3",), countries=("CL",))) == []
    (fault,) = faults_of(replace(EVENT, monitors=(wrong,)))
    assert fault.where.startswith("monitors[Mo]")
    with pytest.raises(InvalidEvent):
        event_of(table_of(replace(EVENT, monitors=(wrong,))))


def test_when_it_is_late_only_a_facilitator_starts(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    under_way = floor.both_in()
    monkeypatch.setattr("tests.sandbox.event.test_instances.EVENT", replace(EVENT, is_late=True))
    with pytest.raises(PreconditionFailed, match=r"instances\.late"):
        floor.instances.start("rehearsal", "1.3", Chosen("source-cl"), ANA)
    assert floor.instances.start("rehearsal", "1.3", Chosen("source-cl"), INES).state == "started"
    # what is under way goes on
    floor.instances.attempt(under_way.id, "recipient", floor.run("recipient-pe"), PIA)
    assert floor.instances.act(under_way.id, "submit", ANA).state == "to_verify"
