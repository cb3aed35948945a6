"""The plan of an event as a facilitator edits it in a form: titles, registration, agenda, and of
each planned test what it says, whether it is required, how many partners, and its checklist.

Reads forms alone; what the plan must obey is said in plan_rules.py.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import zip_longest

from sandbox.errors import InvalidEvent
from sandbox.event.plan import AgendaItem, PlannedEvent, PlannedTest, Words
from sandbox.event.tables import KINDS, fault

Form = Mapping[str, str]


def edited_event(event: PlannedEvent, form: Form) -> PlannedEvent:
    """Returns an event as a form has it.

    Args:
        event: As it is kept.
        form: Fields `title.LANGUAGE`, `first` and `last` (days), `registration_until`, `is_late`,
            and of each part of the agenda `agenda.N.start`, `minutes`, `track` and
            `title.LANGUAGE`; one without any title is left out.  With the first day moves what of
            the agenda is where it was.

    Raises:
        InvalidEvent: A day, hour or number is none.
    """
    first = _day(form, "first") or event.first
    shift = first - event.first
    agenda = [_moved(item, event, shift) for item in _agenda(form, event)]
    return replace(
        event,
        title=_words(form, "title", event.languages),
        first=first,
        last=_day(form, "last") or event.last,
        registration_until=_day(form, "registration_until"),
        is_late=form.get("is_late") == "yes",
        agenda=tuple(sorted(agenda, key=lambda item: item.start)),
    )


def edited_test(event: PlannedEvent, id: str, form: Form) -> PlannedEvent:
    """Returns an event with a planned test as a form has it.

    Args:
        event: As it is kept.
        id: The number of the planned test.
        form: Fields `title.LANGUAGE`, `summary.LANGUAGE`, `is_required`, `meetings`, `evidence`
            (the names of what is required), and `checklist.LANGUAGE`, a point a line.

    Raises:
        NotFound: There is no such test.
        InvalidEvent: The number of meetings is none.
    """
    test = event.test(id)
    required = form.get("evidence", "").split()
    edited = replace(
        test,
        title=_words(form, "title", event.languages),
        summary=_words(form, "summary", event.languages),
        is_required=form.get("is_required") == "yes",
        meetings=_number(form, "meetings"),
        checklist=tuple(_checklist(form, event.languages)),
        evidence=tuple(
            replace(piece, is_required=piece.name in required) for piece in test.evidence
        ),
    )
    return replace(event, tests=tuple(edited if one.id == id else one for one in event.tests))


def checklist_text(test: PlannedTest, language: str) -> str:
    """Returns the checklist of a planned test in a language as a form has it, a point a line."""
    return "\n".join(point.get(language, "") for point in test.checklist)


def _agenda(form: Form, event: PlannedEvent) -> Iterator[AgendaItem]:
    numbers = [
        name.split(".")[1]
        for name in form
        if name.startswith("agenda.") and name.endswith(".start") and name.count(".") == 2
    ]
    for number in numbers:
        place = f"agenda.{number}"
        title = _words(form, f"{place}.title", event.languages)
        if title:
            start = _moment(form, f"{place}.start")
            minutes = _number(form, f"{place}.minutes")
            yield AgendaItem(start, minutes, title, form.get(f"{place}.track", ""))


def _moved(item: AgendaItem, event: PlannedEvent, shift: timedelta) -> AgendaItem:
    """Returns a part of the agenda with the event's days moved; one that somebody has put elsewhere
    in the same form stands where they put it.
    """
    is_where_it_was = any(item.start == before.start for before in event.agenda)
    return replace(item, start=item.start + shift) if is_where_it_was else item


def _checklist(form: Form, languages: tuple[str, ...]) -> Iterator[Words]:
    columns = [
        [line.strip() for line in form.get(f"checklist.{language}", "").splitlines()]
        for language in languages
    ]
    for row in zip_longest(*columns, fillvalue=""):
        # empty in every language it is none; where some lack it, the rules of the plan say so
        if any(row):
            yield {language: text for language, text in zip(languages, row, strict=True) if text}


def _words(form: Form, name: str, languages: tuple[str, ...]) -> dict[str, str]:
    texts = {language: form.get(f"{name}.{language}", "").strip() for language in languages}
    # browsers send the ends of lines of a text area as CR LF (HTML 4.10.21.8)
    return {language: text.replace("\r\n", "\n") for language, text in texts.items() if text}


def _number(form: Form, name: str) -> int:
    text = form.get(name, "").strip()
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise _wrong(name, text, int)
    return int(text)


def _moment(form: Form, name: str) -> datetime:
    text = form.get(name, "").strip()
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise _wrong(name, text, datetime) from None


def _day(form: Form, name: str) -> date | None:
    text = form.get(name, "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise _wrong(name, text, date) from None


def _wrong(name: str, text: str, kind: type) -> InvalidEvent:
    return InvalidEvent([fault("plan.wrong_kind", name, found=text[:60], expected=KINDS[kind])])
