"""A form that nobody has touched changes nothing, and each field changes its own place."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from sandbox.errors import InvalidEvent, NotFound
from sandbox.event.event_file import shipped_event, shipped_events
from sandbox.event.plan import PlannedEvent, PlannedTest
from sandbox.event.plan_editing import checklist_text, edited_event, edited_test
from sandbox.event.plan_rules import faults_of

EVENT = shipped_event("lacpass-2026")
TEST = next(test for test in EVENT.tests if test.checklist and test.evidence)


def form_of_event(event: PlannedEvent) -> dict[str, str]:
    """The fields of the form as a browser sends them untouched."""
    form = {f"title.{language}": text for language, text in event.title.items()}
    form["registration_until"] = str(event.registration_until or "")
    if event.is_late:
        form["is_late"] = "yes"
    for number, item in enumerate(event.agenda):
        place = f"agenda.{number}"
        form |= {f"{place}.title.{language}": text for language, text in item.title.items()}
        form[f"{place}.start"] = item.start.isoformat(timespec="minutes")
        form |= {f"{place}.minutes": str(item.minutes), f"{place}.track": item.track}
    return form


def form_of_test(event: PlannedEvent, test: PlannedTest) -> dict[str, str]:
    form = {f"title.{language}": text for language, text in test.title.items()}
    form |= {f"summary.{language}": text for language, text in test.summary.items()}
    form |= {
        f"checklist.{language}": checklist_text(test, language).replace("\n", "\r\n")
        for language in event.languages
    }
    form["meetings"] = str(test.meetings)
    form["evidence"] = " ".join(piece.name for piece in test.evidence if piece.is_required)
    return form | ({"is_required": "yes"} if test.is_required else {})


@pytest.mark.parametrize("id", sorted(shipped_events()))
def test_untouched_forms_change_nothing(id: str) -> None:
    event = shipped_event(id)
    assert edited_event(event, form_of_event(event)) == event
    for test in event.tests:
        assert edited_test(event, test.id, form_of_test(event, test)) == event


def test_what_concerns_the_whole_event_is_changed() -> None:
    form = form_of_event(EVENT) | {
        "title.es": "Otro título",
        "registration_until": "2026-07-01",
        "is_late": "yes",
        "agenda.99.start": f"{EVENT.last}T16:30",
        "agenda.99.minutes": "30",
        "agenda.99.track": "",
        **{f"agenda.99.title.{language}": "Cierre" for language in EVENT.languages},
    }
    for language in EVENT.languages:
        del form[f"agenda.0.title.{language}"]
    event = edited_event(EVENT, form)
    assert event.title["es"] == "Otro título"
    assert event.title["en"] == EVENT.title["en"]
    assert (event.registration_until, event.is_late) == (date(2026, 7, 1), True)
    assert EVENT.agenda[0] not in event.agenda
    added = [item for item in event.agenda if item.title.get("es") == "Cierre"]
    assert [(item.start.hour, item.minutes) for item in added] == [(16, 30)]
    assert list(event.agenda) == sorted(event.agenda, key=lambda item: item.start)
    assert faults_of(event) == []


def test_a_planned_test_is_changed_and_no_other() -> None:
    form = form_of_test(EVENT, TEST) | {"meetings": "2", "evidence": "", "is_required": ""}
    for language in EVENT.languages:
        form[f"checklist.{language}"] = f"one ({language})\r\n\r\ntwo ({language})\r\n"
    event = edited_test(EVENT, TEST.id, form)
    test = event.test(TEST.id)
    assert (test.meetings, test.is_required) == (2, False)
    assert [point["es"] for point in test.checklist] == ["one (es)", "two (es)"]
    assert not any(piece.is_required for piece in test.evidence)
    assert [one for one in event.tests if one.id != TEST.id] == [
        one for one in EVENT.tests if one.id != TEST.id
    ]


def test_a_point_that_a_language_lacks_is_told_by_the_rules() -> None:
    form = form_of_test(EVENT, TEST)
    form["checklist.pt"] = ""
    faults = faults_of(edited_test(EVENT, TEST.id, form))
    assert {fault.key for fault in faults} == {"plan.language_missing"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("registration_until", "soon"),
        ("agenda.0.start", "9 o'clock"),
        ("agenda.0.minutes", "-1"),
        ("agenda.0.minutes", "१"),
    ],
)
def test_what_is_no_day_hour_or_number_is_refused_with_its_place(name: str, value: str) -> None:
    with pytest.raises(InvalidEvent) as raised:
        edited_event(EVENT, form_of_event(EVENT) | {name: value})
    assert raised.value.as_findings()[1].where == name


def test_of_a_test_that_is_not_there_nothing_is_changed() -> None:
    with pytest.raises(NotFound):
        edited_test(EVENT, "9.9.9", {})


def test_the_hours_of_the_shipped_agendas_fit_the_field_of_a_browser() -> None:
    moments: list[Any] = [item.start for item in EVENT.agenda]
    assert moments
    assert all(moment == moment.replace(second=0, microsecond=0) for moment in moments)
    assert datetime.fromisoformat(moments[0].isoformat(timespec="minutes")) == moments[0]
