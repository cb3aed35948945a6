"""Plans of events as the API and the pages tell them: in one language, with moments in full."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from sandbox.api.plan_shapes import (
    AgendaView,
    EventTrackView,
    PlannedTestView,
    PlanRowView,
    PlanView,
    RoleView,
    ToDoView,
)
from sandbox.event.events import Listed
from sandbox.event.plan import (
    AgendaItem,
    EventTrack,
    PlannedEvent,
    PlannedTest,
    RoleInTest,
    words_in,
)
from sandbox.i18n import Language


def row_of(listed: Listed, language: Language) -> PlanRowView:
    """Returns an event as lists tell it."""
    event = listed.event
    return {
        "id": event.id,
        "title": words_in(event.title, language),
        "place": words_in(event.place, language),
        "zone": event.zone,
        "first": event.first.isoformat(),
        "last": event.last.isoformat(),
        "is_loaded": listed.is_loaded,
        "is_current": listed.is_current,
    }


def plan_view(listed: Listed, language: Language) -> PlanView:
    """Returns an event with all that is planned."""
    event = listed.event
    until = event.registration_until
    return {
        **row_of(listed, language),
        "languages": list(event.languages),
        "preset": event.preset,
        "rulesets": list(event.rulesets),
        "registration": event.registration,
        "registration_until": until.isoformat() if until else "",
        "registration_rules": words_in(event.registration_rules, language),
        "retention_days": event.retention_days,
        "tracks": [_track(track, language) for track in event.tracks],
        "tests": [test_view(test, language) for test in event.tests],
        "agenda": [_item(item, event, language) for item in event.agenda],
        "links": [
            {"url": link.url, "kind": link.kind, "title": words_in(link.title, language)}
            for link in event.links
        ],
        "is_late": event.is_late,
    }


def test_view(test: PlannedTest, language: Language) -> PlannedTestView:
    """Returns a planned test with its sentences in a language."""
    return {
        "id": test.id,
        "track": test.track,
        "title": words_in(test.title, language),
        "summary": words_in(test.summary, language),
        "is_required": test.is_required,
        "proof": test.proof,
        "meetings": test.meetings,
        "partners": test.partners,
        "roles": [_role(role, language) for role in test.roles],
        "checklist": [words_in(point, language) for point in test.checklist],
        "evidence": [
            {
                "name": piece.name,
                "title": words_in(piece.title, language),
                "is_required": piece.is_required,
            }
            for piece in test.evidence
        ],
        "waits": words_in(test.waits, language),
    }


def to_do_view(event: PlannedEvent, actors: tuple[str, ...], language: Language) -> list[ToDoView]:
    """Returns what a system has to do that takes part as these actors, in the order of the plan."""
    return [
        {
            "role": role.name,
            "role_title": words_in(role.title, language),
            "test": test_view(test, language),
        }
        for test, role in event.to_do(actors)
    ]


def _track(track: EventTrack, language: Language) -> EventTrackView:
    return {
        "id": track.id,
        "title": words_in(track.title, language),
        "guidance": words_in(track.guidance, language),
        "use_cases": [words_in(words, language) for words in track.use_cases],
    }


def _role(role: RoleInTest, language: Language) -> RoleView:
    return {
        "name": role.name,
        "actor": role.actor,
        "title": words_in(role.title, language),
        "options": list(role.options),
        "bench": list(role.bench),
        "inputs": dict(role.inputs),
    }


def _item(item: AgendaItem, event: PlannedEvent, language: Language) -> AgendaView:
    zone = ZoneInfo(event.zone)
    start = item.start.replace(tzinfo=zone)
    # by the clock on the wall: where the clocks change at night, a night is an hour longer
    end = (item.start + timedelta(minutes=item.minutes)).replace(tzinfo=zone)
    return {
        "start": start.isoformat(timespec="minutes"),
        "end": end.isoformat(timespec="minutes"),
        "title": words_in(item.title, language),
        "track": item.track,
    }
