"""The rules of a plan: each slip alone is refused for its own reason, and the plan without it is not."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from sandbox.event.event_file import shipped_event
from sandbox.event.plan import AgendaItem, Link, PlannedEvent, PlannedTest
from sandbox.event.plan_rules import faults_of
from sandbox.i18n import LANGUAGES, say

Change = Callable[[PlannedEvent], PlannedEvent]
TITLE = {"en": "a", "es": "b", "pt": "c"}
WAITS = {"en": "Not yet.", "es": "Todavía no.", "pt": "Ainda não."}


def in_test(id: str, **changes: Any) -> Change:
    """Returns what changes one planned test."""

    def change(event: PlannedEvent) -> PlannedEvent:
        return with_test(event, replace(event.test(id), **changes))

    return change


def in_role(id: str, name: str, **changes: Any) -> Change:
    """Returns what changes one role of a planned test."""

    def change(event: PlannedEvent) -> PlannedEvent:
        test = event.test(id)
        roles = tuple(
            replace(role, **changes) if role.name == name else role for role in test.roles
        )
        return with_test(event, replace(test, roles=roles))

    return change


def with_test(event: PlannedEvent, changed: PlannedTest) -> PlannedEvent:
    tests = tuple(changed if test.id == changed.id else test for test in event.tests)
    return replace(event, tests=tests)


def of_event(**changes: Any) -> Change:
    """Returns what changes the event itself."""
    return lambda event: replace(event, **changes)


def moment(start: datetime, minutes: int = 30, track: str = "") -> Change:
    return of_event(agenda=(AgendaItem(start, minutes, TITLE, track),))


SLIPS: list[tuple[str, str, Change]] = [
    ("plan.bad_id", "id", of_event(id="Ärger 1")),
    ("plan.last_before_first", "last", of_event(last=date(2023, 11, 11), agenda=())),
    ("plan.no_year", "first", of_event(first=date(1, 1, 1), last=date(1, 1, 2), agenda=())),
    ("plan.too_large", "last", of_event(last=date(2023, 12, 12))),
    ("plan.too_large", "agenda[1].minutes", moment(datetime.fromisoformat("2023-11-12T09:00"), 1441)),
    ("plan.no_zone", "zone", of_event(zone="America/Macondo")),
    ("plan.no_zone", "zone", of_event(zone="../etc/passwd")),
    ("plan.no_zone", "zone", of_event(zone="")),
    ("plan.unknown", "preset", of_event(preset="lacpass-1999")),
    ("plan.unknown", "rulesets", of_event(rulesets=("1999",))),
    ("plan.too_small", "retention_days", of_event(retention_days=0)),
    ("plan.no_address", "links", of_event(links=(Link("racsel.org", "page", TITLE),))),
    ("plan.zone_in_agenda", "agenda[1].start", moment(datetime(2023, 11, 12, 9, tzinfo=UTC))),
    ("plan.outside", "agenda[1].start", moment(datetime.fromisoformat("2023-11-15T09:00"))),
    ("plan.too_small", "agenda[1].minutes", moment(datetime.fromisoformat("2023-11-12T09:00"), 0)),
    ("plan.unknown", "agenda[1].track", moment(datetime.fromisoformat("2023-11-12T09:00"), track="9")),
    ("plan.unknown", "tests[1.8].track", in_test("1.8", track="9")),
    ("plan.no_roles", "tests[1.10].roles", in_test("1.10", roles=(), meetings=1)),
    ("plan.too_small", "tests[1.8].meetings", in_test("1.8", meetings=0)),
    ("plan.meets_nobody", "tests[1.2].meetings", in_test("1.2", meetings=2)),
    ("plan.no_checklist", "tests[1.10].checklist", in_test("1.10", checklist=())),
    ("plan.no_checklist", "tests[1.2].checklist", in_test("1.2", checklist=())),
    ("plan.no_bench", "tests[1.10].proof", in_test("1.10", proof="both")),
    ("plan.no_bench", "tests[1.1].proof", in_role("1.1", "repository", bench=())),
    ("plan.language_missing", "tests[1.2].title", in_test("1.2", title={"en": "a", "es": "b"})),
    ("plan.language_missing", "tests[1.2].summary", in_test("1.2", summary=TITLE | {"pt": " "})),
    ("plan.unknown", "tests[1.2].title", in_test("1.2", title=TITLE | {"fr": "d"})),
    ("plan.unknown", "tests[1.10].roles[consumer].actor", in_role("1.10", "consumer", actor="x")),
    ("plan.unknown", "tests[1.2].roles[creator].bench", in_role("1.2", "creator", bench=("ips.x",))),
    (
        "plan.other_actor",
        "tests[1.2].roles[creator].bench",
        in_role("1.2", "creator", bench=("mhd.recipient",)),
    ),
    (
        "plan.unknown",
        "tests[1.8].roles[source].inputs.recipient",
        in_role("1.8", "source", inputs={"recipient": "nobody"}),
    ),
    (
        "plan.unknown",
        "tests[1.8].roles[source].inputs.recipient",
        in_role("1.8", "source", inputs={"recipient": "source"}),
    ),
    (
        "plan.unknown",
        "tests[1.8].roles[source].inputs",
        in_role("1.8", "source", inputs={"colour": "recipient"}),
    ),
]  # fmt: skip


def test_the_plan_itself_is_right() -> None:
    assert faults_of(shipped_event("lacpass-2023")) == []


@pytest.mark.parametrize(("key", "where", "change"), SLIPS)
def test_a_slip_is_refused_for_its_own_reason(key: str, where: str, change: Change) -> None:
    faults = faults_of(change(shipped_event("lacpass-2023")))
    assert {(fault.key, fault.where) for fault in faults} == {(key, where)}
    for language in LANGUAGES:
        assert where in say(f"{key}.text", language, **faults[0].params) or "." not in where
        assert say(f"{key}.fix", language, **faults[0].params)


def test_two_tests_of_one_number_are_refused() -> None:
    event = shipped_event("lacpass-2023")
    faults = faults_of(replace(event, tests=(*event.tests, event.test("1.2"))))
    assert [(fault.key, fault.where, fault.params["name"]) for fault in faults] == [
        ("plan.twice", "tests", "1.2")
    ]


def test_a_test_that_waits_may_name_an_actor_that_the_bench_is_yet_to_learn() -> None:
    event = in_role("1.10", "consumer", actor="telehealth-requester")(shipped_event("lacpass-2023"))
    assert [fault.key for fault in faults_of(event)] == ["plan.unknown"]
    assert faults_of(in_test("1.10", waits=WAITS)(event)) == []
