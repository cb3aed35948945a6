"""What a team comes to do, in the words of the event's plan: the roles that its systems may take,
by the plan's tracks, and the bench's tracks with those of the team's systems first.

Without an event all stands in one list.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sandbox.event.plan import PlannedEvent, bench_tests, words_in
from sandbox.event.systems import System, actor_title
from sandbox.i18n import Language, say
from sandbox.testbench.script import Track
from sandbox.testbench.tracks import TRACKS, actors


@dataclass(frozen=True, slots=True)
class Purpose:
    """What one comes to do: a track of the plan, or "" where no event says; and the actors of
    systems that do it, with what people call them; `track` is its id in the plan.
    """

    title: str
    actors: dict[str, str]
    track: str = ""


def purposes(plan: PlannedEvent | None, language: Language) -> list[Purpose]:
    """Returns what systems do at an event, in the order of its plan, and last what they do not.

    Args:
        plan: Of the event that runs, if one does.
        language: Of the words.
    """
    if plan is None:
        return [Purpose("", _named(actors(), language))]
    rows = [
        Purpose(words_in(track.title, language), _roles(plan, track.id, language), track.id)
        for track in plan.tracks
    ]
    planned = {actor for row in rows for actor in row.actors}
    others = _named([actor for actor in actors() if actor not in planned], language)
    rows.append(Purpose(say("pages.team.elsewhere", language), others))
    return [row for row in rows if row.actors]


def _roles(plan: PlannedEvent, track: str, language: Language) -> dict[str, str]:
    """Returns the actors of a track of the plan with what they are called there first."""
    titles: dict[str, str] = {}
    for test in plan.tests:
        for role in test.roles if test.track == track else ():
            titles.setdefault(role.actor, words_in(role.title, language))
    often = Counter(titles.values())
    # two roles of a plan may be called alike
    return {
        actor: title if often[title] == 1 else f"{title} · {actor_title(actor, language)}"
        for actor, title in titles.items()
    }


def _named(ids: Iterable[str], language: Language) -> dict[str, str]:
    return {actor: actor_title(actor, language) for actor in ids}


def role_titles(plan: PlannedEvent | None, language: Language) -> dict[str, str]:
    """Returns what people call each actor at an event: as its plan says, where it says the same in
    all of its tracks.
    """
    titles: dict[str, set[str]] = {}
    for purpose in purposes(plan, language):
        for actor, title in purpose.actors.items():
            titles.setdefault(actor, set()).add(title)
    return {
        actor: said.pop() if len(said) == 1 else actor_title(actor, language)
        for actor, said in titles.items()
    }


def roles_by_track(plan: PlannedEvent, language: Language) -> dict[str, dict[str, str]]:
    """Returns what people call the actors of each track of a plan."""
    return {track.id: _roles(plan, track.id, language) for track in plan.tracks}


def bench_tracks(
    plan: PlannedEvent | None, systems: Sequence[System], language: Language
) -> list[tuple[str, list[Track]]]:
    """Returns the bench's tracks in groups with their titles, each once.

    Args:
        plan: Of the event that runs, if one does.
        systems: Those of the team.
        language: Of the titles.
    """
    groups = {
        "own_tracks": [track for system in systems for track in system.tracks],
        "planned_tracks": list(_planned(plan)) if plan else [],
        "other_tracks": list(TRACKS),
    }
    seen: set[str] = set()
    listed = []
    for name, ids in groups.items():
        chosen = [TRACKS[id] for id in dict.fromkeys(ids) if id not in seen]
        seen.update(ids)
        if chosen:
            listed.append((say(f"pages.team.{name}", language), chosen))
    return listed


def _planned(plan: PlannedEvent) -> Iterator[str]:
    for test in plan.tests:
        for role in test.roles:
            yield from (track for track, _ in bench_tests(role))
