"""The report of an event is counted from its instances, and says what nobody has begun too."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime

from sandbox.event.event_report import as_csv, event_report
from sandbox.event.identity import TeamId
from sandbox.event.plan import EventTrack, PlannedEvent, PlannedTest, RoleInTest
from sandbox.event.systems import System
from sandbox.store.instances import InstanceRow, PartRow

SOURCE = RoleInTest("source", "document-source", {"en": "Source"})
RECIPIENT = RoleInTest("recipient", "document-recipient", {"en": "Recipient"})


def planned(id: str, track: str) -> PlannedTest:
    return PlannedTest(id, track, {"en": id}, {"en": id}, (SOURCE, RECIPIENT))


PLAN = PlannedEvent(
    "rehearsal",
    {"en": "A rehearsal"},
    zone="America/Panama",  # five hours behind UTC, all year
    first=date(2026, 7, 27),
    last=date(2026, 7, 30),
    languages=("en",),
    tracks=(EventTrack("1", {"en": "Track 1"}), EventTrack("2a", {"en": "Track 2a"})),
    tests=(planned("1.1", "1"), planned("1.2", "1"), planned("2.1", "2a")),
)
SYSTEMS = [
    System(name, "http://x.test", team, country, team_id=TeamId(team))
    for name, team, country in (
        ("s-cl", "Chile", "CL"),
        ("r-cl", "Chile", "CL"),
        ("r-pe", "Peru", "PE"),
        ("r-uy", "Uruguay", "UY"),
    )
]


def row(
    number: int, test: str, state: str, hour: int, *, standing: str = "accepted"
) -> InstanceRow:
    at = int(datetime(2026, 7, 27, hour, number, tzinfo=UTC).timestamp() * 1000)
    parts = (
        PartRow("source", "s-cl", "Chile", "CL", "accepted"),
        PartRow("recipient", "r-pe", "Peru", "PE", standing),
    )
    track = PLAN.test(test).track
    return InstanceRow(f"i{number}", PLAN.id, test, track, state, at, at, 0, "", 0, parts)


ROWS = [
    row(1, "1.1", "verified", 14),
    row(2, "1.1", "verified", 14),
    row(3, "1.2", "partially", 14),
    row(4, "1.2", "failed", 15),
    row(5, "2.1", "verified", 16),
    row(6, "2.1", "incomplete", 16, standing="declined"),
]


def test_every_figure_is_counted() -> None:
    report = event_report(PLAN, ROWS, SYSTEMS)
    assert (report.registered, report.active, report.systems, report.count) == (3, 2, 3, 6)
    assert report.by_state == {"verified": 3, "partially": 1, "failed": 1, "incomplete": 1}
    assert report.verified_by_track == {"1": 2, "2a": 1}
    assert report.by_test["1.2"] == {"partially": 1, "failed": 1}
    # whoever declined has no part in it
    assert report.by_country == {
        "CL": {"verified": 3, "partially": 1, "failed": 1, "incomplete": 1},
        "PE": {"verified": 3, "partially": 1, "failed": 1},
    }


def test_systems_are_those_of_the_teams_that_took_part() -> None:
    # one of Chile is in an instance, and the other is Chile's as well; Uruguay has begun nothing
    alone = [row(1, "2.1", "started", 14, standing="invited")]
    report = event_report(PLAN, alone, SYSTEMS)
    assert (report.registered, report.active, report.systems) == (3, 1, 2)
    # of a system that nobody registered any more it is known that it took part
    assert event_report(PLAN, alone, SYSTEMS[1:]).systems == 2
    assert event_report(PLAN, [], SYSTEMS).systems == 0


def test_hours_are_those_of_the_event() -> None:
    report = event_report(PLAN, ROWS, SYSTEMS)
    assert report.busiest == (
        ("2026-07-27 09:00", 3),
        ("2026-07-27 11:00", 2),
        ("2026-07-27 10:00", 1),
    )


def test_one_instance_less_lowers_the_figures_by_one() -> None:
    report = event_report(PLAN, ROWS[1:], SYSTEMS)
    assert (report.count, report.by_state["verified"]) == (5, 2)
    assert report.verified_by_track["1"] == 1


def test_what_nobody_has_begun_is_told_too() -> None:
    report = event_report(PLAN, [], SYSTEMS)
    assert (report.active, report.count) == (0, 0)
    assert report.verified_by_track == {"1": 0, "2a": 0}
    assert report.by_test == {"1.1": {}, "1.2": {}, "2.1": {}}


def test_the_list_behind_the_figures_is_harmless_csv() -> None:
    rows = list(csv.reader(io.StringIO(as_csv(ROWS, {"1.1": "=HYPERLINK(0)"}))))
    assert len(rows) == 1 + len(ROWS)
    assert rows[1][1:5] == ["1.1", "'=HYPERLINK(0)", "1", "verified"]
    assert rows[-1][6] == "s-cl"
