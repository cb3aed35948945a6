"""One search over what somebody may see: tests, systems, teams, findings, samples, patients,
lessons, profiles of guides, help and pages, and what has the id that was typed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sandbox.api.asking import run_service_of
from sandbox.api.gallery import gallery_of
from sandbox.api.instances import instances_of
from sandbox.api.plans import events_of
from sandbox.api.results import current_state
from sandbox.course.overview import all_lessons, prose_of
from sandbox.errors import SandboxError
from sandbox.event.event_state import EventState
from sandbox.event.gallery import Wanted
from sandbox.event.identity import Person
from sandbox.event.plan import words_in
from sandbox.event.rights import allow, may
from sandbox.i18n import Language, say
from sandbox.limits import LIST_PAGE
from sandbox.pages.clauses import profile_path
from sandbox.pages.guides import profile_title
from sandbox.pages.home import WORKING, page_language, render, track_name
from sandbox.pages.how_tos import how_tos
from sandbox.pages.matching import LONGEST, Entry, Group, best_of
from sandbox.pages.navigation import RESULTS, places_for
from sandbox.pages.patients import patients_like
from sandbox.pages.profile_tables import guides
from sandbox.pages.working import shown, whoever
from sandbox.sentences import public_fix_of, public_text_of
from sandbox.testbench.tracks import TRACKS
from sandbox.threads import run_in_threadpool

SHOWN = 6
"""Of each kind; more of them are told by their number."""


@dataclass(frozen=True, slots=True)
class Seeker:
    """Who looks for what, in which language, through which request; None for somebody who is not
    known.
    """

    person: Person | None
    query: str
    language: Language
    request: Request


async def search(request: Request) -> Response:
    """GET /search?q=: what fits, by kind, the kind that fits best first."""
    person = await whoever(request)
    query = " ".join(request.query_params.get("q", "").split())[:LONGEST]
    language = page_language(request)
    seeker = Seeker(person, query, language, request)
    groups = await run_in_threadpool(found_by, seeker) if query else []
    page = await run_in_threadpool(
        lambda: render(
            "search.html",
            language,
            me=person,
            root="",
            query=query,
            groups=groups,
            count=sum(group.count for group in groups),
        )
    )
    return HTMLResponse(page, headers={**WORKING, "Cache-Control": "no-store"})


def search_pages() -> list[Route]:
    """Returns the route."""
    return [Route("/search", shown(search))]


def found_by(seeker: Seeker) -> list[Group]:
    """Returns what fits of all kinds that somebody may see, the kind with the best fit first."""
    groups = [
        best_of(kind, entries, seeker.query, most=SHOWN) for kind, entries in _everything(seeker)
    ]
    # the sort is stable: of kinds that fit alike the order in which they are named stays
    return sorted((group for group in groups if group.count), key=lambda group: group.rank)


def _everything(seeker: Seeker) -> Iterator[tuple[str, Iterator[Entry]]]:
    """Yields the entries of each kind, as far as somebody's rights go."""
    person = seeker.person
    if person is not None:
        yield "exact", _with_that_id(seeker, person)
        if may(person, "see_results"):
            yield "check", _bench_tests(seeker.language)
            if events_of(seeker.request).current:
                current = current_state(seeker.request, "")
                yield "test", _planned_tests(current, seeker.language)
                yield "system", _systems(current, person)
                yield "team", _teams(seeker, current)
                yield "finding", _findings(current, seeker.language)
            yield "sample", _samples(seeker)
        if may(person, "read_shared"):
            yield "patient", patients_like(seeker.request, seeker.query, most=SHOWN)
    yield "lesson", _lessons(seeker.language)
    yield "how_to", _how_tos(seeker.language)
    yield "profile", _profiles(seeker.language)
    yield "page", _pages(seeker)


def _with_that_id(seeker: Seeker, person: Person) -> Iterator[Entry]:
    """Yields the run and the test instance whose id was typed, where the person may see them."""
    id = seeker.query
    if not id.isalnum() or not id.isascii():
        return
    # who may not see it is not told that it is there
    with suppress(SandboxError):
        run = run_service_of(seeker.request).runs.read(id)
        allow(person, "see_run", run.whose)
        yield Entry(
            f"{track_name(run.track.id, seeker.language)} · {run.system}", f"runs/{run.id}", id
        )
    with suppress(SandboxError):
        instance = instances_of(seeker.request).seen_by(id, person)
        yield Entry(instance.test, f"instances/{instance.id}", id)


def _bench_tests(language: Language) -> Iterator[Entry]:
    for track in TRACKS.values():
        name = say(f"{track.room}.name", language)
        place = f"team/start?system=sandbox&track={track.id}"
        for test in track.tests:
            title = say(track.title_of(test), language)
            yield Entry(title, place, test.number, name, f"{test.id} {test.clause}")


def _planned_tests(current: EventState, language: Language) -> Iterator[Entry]:
    for test in current.plan.tests:
        bench = " ".join(name for role in test.roles for name in role.bench)
        yield Entry(
            words_in(test.title, language),
            f"event/{current.plan.id}#test-{test.id}",
            test.id,
            more=f"{words_in(test.summary, language)} {bench}",
        )


def _systems(current: EventState, person: Person) -> Iterator[Entry]:
    for system in current.systems:
        is_own = may(person, "register", system.whose)
        of_all = f"instances?event={current.plan.id}&system={system.name}"
        path = f"team/systems/{system.name}" if is_own else of_all
        words = " ".join(system.actors)
        yield Entry(system.name, path, system.name, f"{system.team} {system.country}", words)


def _teams(seeker: Seeker, current: EventState) -> Iterator[Entry]:
    """Yields the teams that have people or systems, each with the map of what is left to it."""
    systems: dict[str, list[str]] = {}
    for system in current.systems:
        systems.setdefault(system.team, []).append(system.name)
    names = {team.name for team in run_service_of(seeker.request).people.teams()}
    for name in sorted(filter(None, names | set(systems))):
        yield Entry(name, f"event/{current.plan.id}/map", note=", ".join(systems.get(name, ())))


def _findings(current: EventState, language: Language) -> Iterator[Entry]:
    place = f"event/{current.plan.id}/results#findings"
    for row in current.found.frequent:
        # the report is for everybody, and what a system sent is not
        more = f"{row.key} {public_fix_of(row.example, language)}"
        yield Entry(public_text_of(row.example, language), place, note=row.clause, more=more)


def _samples(seeker: Seeker) -> Iterator[Entry]:
    wanted = Wanted(events_of(seeker.request).current)
    for sample in gallery_of(seeker.request).page(wanted, limit=LIST_PAGE).rows:
        kind = say(f"gallery.kinds.{sample.kind}", seeker.language)
        yield Entry(sample.title, f"gallery/{sample.id}", sample.id, f"{kind} {sample.team}")


def _lessons(language: Language) -> Iterator[Entry]:
    for lesson in all_lessons(language):
        lines = "\n".join(prose_of(lesson).values()).splitlines()
        headings = " ".join(line for line in lines if line.startswith("#"))
        yield Entry(lesson.title, f"lessons/{lesson.number}", lesson.number, more=headings)


def _how_tos(language: Language) -> Iterator[Entry]:
    for how_to in how_tos(language).values():
        yield Entry(how_to.title, f"help/{how_to.name}", more=how_to.text)


def _profiles(language: Language) -> Iterator[Entry]:
    for guide, keys in guides().items():
        for key in keys:
            title = profile_title(key[0], language)
            yield Entry(title, profile_path(key), note=f"{key[0]} · {guide.name} {key[1]}")


def _pages(seeker: Seeker) -> Iterator[Entry]:
    for places in places_for(seeker.person, RESULTS.get()()).values():
        for place in places:
            key = f"floor.about.{place.name}"
            about = say(key, seeker.language)
            yield Entry(say(f"floor.nav.{place.name}", seeker.language), place.path, note=about)
