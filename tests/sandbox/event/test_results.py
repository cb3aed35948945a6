"""What a system has achieved is counted from its instances, by the plan's required tests alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from sandbox.event.plan import EventTrack, PlannedEvent, PlannedTest, RoleInTest
from sandbox.event.results import Progress, RoleResult, cells, progress_of, role_results
from sandbox.event.systems import System
from sandbox.store.instances import InstanceRow, PartRow

SOURCE = RoleInTest("source", "document-source", {"en": "Source"})
RECIPIENT = RoleInTest("recipient", "document-recipient", {"en": "Recipient"})


def planned(id: str, *roles: RoleInTest, **more: object) -> PlannedTest:
    return PlannedTest(id, "1", {"en": id}, {"en": id}, roles, **more)  # type: ignore[arg-type]


PLAN = PlannedEvent(
    "rehearsal",
    {"en": "A rehearsal"},
    zone="UTC",
    first=date(2026, 7, 27),
    last=date(2026, 7, 30),
    languages=("en",),
    tracks=(EventTrack("1", {"en": "Track 1"}),),
    tests=(
        planned("1.1", RECIPIENT),
        planned("1.2", SOURCE, RECIPIENT),
        planned("1.3", RECIPIENT, is_required=False),
        planned("1.4", RECIPIENT, waits={"en": "Later."}),
    ),
)
PERU = System("r-pe", "http://x.test", "Peru", "PE", actors=("document-recipient",))
CHILE = System("s-cl", "http://x.test", "Chile", "CL", actors=("document-source",))


def row(test: str, state: str, *systems: str, standing: str = "accepted") -> InstanceRow:
    roles = {"r": "recipient", "s": "source"}
    parts = [PartRow(roles[name[0]], name, name, "", "accepted") for name in systems]
    parts[1:] = [PartRow(part.role, part.system, "", "", standing) for part in parts[1:]]
    return InstanceRow(
        f"{test}{state}{systems}", "rehearsal", test, "1", state, 1, 1, 0, "", 0, tuple(parts)
    )


def result(*rows: InstanceRow, system: System = PERU) -> RoleResult:
    (found,) = role_results(PLAN, rows, [system])
    return found


@pytest.mark.parametrize(
    ("rows", "word"),
    [
        ([], "absent"),
        ([row("1.1", "verified", "r-pe"), row("1.2", "verified", "s-cl", "r-pe")], "passed"),
        ([row("1.1", "verified", "r-pe")], "partly"),
        ([row("1.1", "partially", "r-pe")], "partly"),
        ([row("1.1", "failed", "r-pe")], "failed"),
        ([row("1.1", "failed", "r-pe"), row("1.1", "verified", "r-pe")], "partly"),
        ([row("1.1", "incomplete", "r-pe")], "incomplete"),
        ([row("1.2", "incomplete", "r-pe")], "no_partner"),
        ([row("1.2", "incomplete", "r-pe", "s-cl", standing="declined")], "no_partner"),
        ([row("1.2", "to_verify", "r-pe", "s-cl")], "incomplete"),
        ([row("1.3", "verified", "r-pe")], "absent"),  # optional: required ones decide
        ([row("1.1", "verified", "r-cl")], "absent"),  # somebody else's
    ],
)
def test_a_role_comes_to(rows: list[InstanceRow], word: str) -> None:
    assert result(*rows).result == word


def test_what_waits_and_what_is_optional_is_not_required() -> None:
    assert result().required == 2


def test_an_actor_is_told_of_its_own_tests_alone() -> None:
    both = row("1.2", "verified", "s-cl", "r-pe")
    found = result(both, system=CHILE)
    assert (found.actor, found.result, found.verified) == ("document-source", "passed", 1)


def test_a_cell_tells_whom_a_system_met_where_it_was_verified() -> None:
    rows = [
        row("1.2", "verified", "s-cl", "r-pe"),
        row("1.2", "failed", "s-uy", "r-pe"),
        row("1.2", "verified", "s-br", "r-pe"),
    ]
    cell = cells(rows)["r-pe", "1.2", "recipient"]
    assert (cell.state, cell.count, cell.verified, cell.peers) == (
        "verified",
        3,
        2,
        ("s-br", "s-cl"),
    )


def of_version(version: str, state: str = "verified") -> InstanceRow:
    """An instance of Peru's recipient as it was in a version."""
    instance = row("1.1", state, "r-pe")
    (part,) = instance.parts
    return replace(instance, id=f"{version}{state}", parts=(replace(part, version=version),))


@pytest.mark.parametrize(
    ("rows", "is_older"),
    [
        ([of_version("1.0")], True),
        ([of_version("1.1")], False),
        ([of_version("1.0"), of_version("1.1")], False),  # verified again
        ([of_version("1.0"), of_version("1.1", "failed")], True),  # the best is the old one
        ([of_version("")], True),
    ],
)
def test_what_another_version_has_reached_is_marked(
    rows: list[InstanceRow], *, is_older: bool
) -> None:
    now = replace(PERU, version="1.1")
    (cell,) = cells(rows, {"r-pe": "1.1"}).values()
    assert cell.is_older == is_older
    assert cell.state == "verified"  # and nothing is lost
    assert result(*rows, system=now).older == int(is_older)


def test_of_a_system_that_is_registered_no_more_nothing_is_older() -> None:
    (cell,) = cells([of_version("1.0")]).values()
    assert not cell.is_older


def test_progress_counts_a_test_once_when_every_role_of_the_system_is_verified() -> None:
    both = replace(PERU, actors=("document-recipient", "document-source"))

    def progress(*rows: InstanceRow, system: System = both, track: str = "") -> Progress:
        return progress_of(PLAN, system, cells(rows).values(), track=track)

    assert progress() == Progress(0, 2)  # what is optional or waits is no part of it
    as_recipient = row("1.2", "verified", "r-pe")
    as_source = replace(
        as_recipient, id="s", parts=(PartRow("source", "r-pe", "", "", "accepted"),)
    )
    assert progress(as_recipient) == Progress(0, 2)
    assert progress(as_recipient, as_source) == Progress(1, 2)
    assert progress(as_recipient, system=PERU) == Progress(1, 2)
    assert progress(row("1.1", "partially", "r-pe"), row("1.3", "verified", "r-pe")) == Progress(
        0, 2
    )
    assert progress(row("1.1", "verified", "s-cl")) == Progress(0, 2)
    assert progress(track="1") == Progress(0, 2)
    assert progress(track="9") == Progress(0, 0)
