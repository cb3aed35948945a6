"""The pages of the test bench: the newest runs, the matrix, the report, a run with its findings.

RunService and settings stand in the state of the application that the routes are mounted in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from functools import partial
from typing import get_args

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sandbox.api.asking import person_of, run_of, run_service_of
from sandbox.api.instances import instances_of
from sandbox.api.listing import FILTERS, listing_of
from sandbox.api.plans import events_of
from sandbox.api.results import current_state
from sandbox.countries import name_of
from sandbox.event.event_state import EventState
from sandbox.event.matrix import Cell, Matrix, matrix, peers, with_declared
from sandbox.event.peering import can_meet, peer_tracks
from sandbox.event.plan import words_in
from sandbox.event.rights import allow, may
from sandbox.event.run import State
from sandbox.event.run_list import REVIEWED, whose
from sandbox.event.systems import System, all_systems
from sandbox.event.totals import Totals, totals
from sandbox.i18n import Language, has_message, say
from sandbox.pages.exchange import exchange
from sandbox.pages.home import SECURITY, page_language, times_of, track_name
from sandbox.pages.map import map_of, row_html
from sandbox.pages.run_links import links, offers_links
from sandbox.pages.run_report import run_report
from sandbox.pages.working import (
    listed_runs,
    shown,
    shown_run,
    systems_known_to,
    teams_known_to,
    working_page,
)
from sandbox.reports.charts import chart_of, svg
from sandbox.testbench.script import ROLL_UP, Trend
from sandbox.testbench.tracks import TRACKS
from sandbox.threads import run_in_threadpool
from sandbox.web.requests import address_of

ReportRows = dict[str, dict[str, int]]
BenchRow = tuple[str, Sequence[str], Sequence[tuple[Cell | None, bool]]]
"""A system, its teams, and for each track what was run of it and whether it is declared."""
VERDICT_COLOURS = {
    "pass": "#009e73", "warn": "#e69f00", "fail": "#d55e00", "error": "#cc79a7",
    "inconclusive": "#999999", "skip": "#555555", "review": "#0072b2",
}  # fmt: skip
SECONDS = 2  # after which a page of a run that goes on looks again where scripts are off


async def runs(request: Request) -> Response:
    """GET /runs: the runs that one may see, the newest first, by page."""
    person = await person_of(request)
    asked = {name: request.query_params.get(name, "") for name in FILTERS}
    return await working_page(
        request,
        "runs.html",
        live="*",
        me=person,
        **await listed_runs(request, person, "see_run"),
        asked=asked,
        is_narrowed=any(asked.values()),
        choices=_choices(page_language(request)),
        team_names=await run_in_threadpool(teams_known_to, request),
        system_names=await run_in_threadpool(systems_known_to, request),
    )


def _choices(language: Language) -> list[tuple[str, str, dict[str, str]]]:
    """Returns what a list can be narrowed to: parameter, label, and the words with their text."""
    states = {word: say(f"testbench.state.{word}", language) for word in get_args(State)}
    verdicts = {word: say(f"testbench.verdict.{word}", language) for word in ROLL_UP}
    standings = {word: say(f"people.standing.{word}", language) for word in REVIEWED}
    return [
        ("track", say("pages.runs.track", language), {name: name for name in TRACKS}),
        ("state", say("pages.runs.state", language), states),
        ("verdict", say("pages.runs.verdict", language), verdicts),
        ("standing", say("pages.review.standing", language), standings),
    ]


async def results(request: Request) -> Response:
    """GET /matrix: the map of the event that runs, and systems × tracks of the bench."""
    person = await person_of(request)
    allow(person, "see_results")
    runs = run_service_of(request).runs
    wanted = listing_of(request).wanted
    newest, reviewed = await run_in_threadpool(runs.list.shown, wanted)
    among = [track for track in peer_tracks() if track.id in (wanted.tracks or TRACKS)]
    met = await run_in_threadpool(runs.list.met, [track.id for track in among], wanted)
    # the result of a cell is for everybody, the run behind it only for some
    rows = [*(found.row for found in [*newest, *met]), *reviewed]
    seen = {row.run for row in rows if may(person, "see_run", whose(row))}
    systems = await run_in_threadpool(all_systems, run_service_of(request).store)
    language = page_language(request)
    current = await run_in_threadpool(_running, request)
    part = request.query_params.get("part", "")
    measured = with_declared(matrix(newest, reviewed), systems)
    of_event = (
        await run_in_threadpool(partial(map_of, current, language, track=part)) if current else None
    )
    return await working_page(
        request,
        "matrix.html",
        event=current.plan if current else None,
        map=of_event,
        map_row=row_html,
        part=part,
        chosen=request.query_params.get("system", ""),
        words_of=partial(words_in, language=language),
        live="*",
        me=person,
        matrix=measured,
        bench=list(_bench(measured, systems)),
        pairs=[(track, peers(track, met)) for track in among],
        seen=seen,
        words=_words(language),
        may_pair=may(person, "pair_up")
        and any(can_meet(track, systems) for track in peer_tracks()),
    )


def _bench(measured: Matrix, systems: Iterable[System]) -> Iterator[BenchRow]:
    """Yields a row for each system: laid out here, since a template takes ten times as long over
    each of thousands of cells.
    """
    declared = {system.name: frozenset(system.tracks) for system in systems}
    teams = measured.teams
    for name in measured.systems:
        own = declared.get(name, frozenset())
        places = [(measured.cells.get((name, track)), track in own) for track in measured.tracks]
        yield name, teams[name], places


def _running(request: Request) -> EventState | None:
    """Returns the event that runs now, as it stands; None for none."""
    return current_state(request, "") if events_of(request).current else None


def _words(language: Language) -> dict[str, dict[str, str]]:
    """Returns what cells say, looked up once: a matrix has thousands of marks."""
    known = {"verdict": ROLL_UP, "mark": ROLL_UP, "trend": get_args(Trend)}
    return {
        kind: {name: say(f"testbench.{kind}.{name}", language) for name in names}
        for kind, names in known.items()
    }


async def report(request: Request) -> Response:
    """GET /report: how many results have which verdict, by track and country."""
    person = await person_of(request)
    language = page_language(request)
    allow(person, "see_results")
    runs = run_service_of(request).runs
    wanted = listing_of(request).wanted
    measured = totals(*await run_in_threadpool(runs.list.counted, wanted))
    apart = await run_in_threadpool(runs.list.apart, wanted)
    tables = _report_tables(measured, language)
    (title, by_track), *_ = tables
    # a column of nothing is nobody's question
    met = [word for word in ROLL_UP if any(row.get(word) for row in by_track.values())]
    named: dict[str, str] = {word: say(f"testbench.verdict.{word}", language) for word in met}
    drawn = chart_of(title, by_track, named, colours=VERDICT_COLOURS)
    return await working_page(
        request,
        "report.html",
        live="*",
        me=person,
        count=measured.count,
        tables=tables,
        verdicts=met,
        chart=svg(drawn) if drawn.rows else "",
        apart={name: count for name, count in asdict(apart).items() if count},
    )


def _report_tables(measured: Totals, language: Language) -> list[tuple[str, ReportRows]]:
    """Returns the tables of the report with their titles, each row by what people call it."""
    by = {
        "track": {track_name(id, language): id for id in measured.by_track},
        "country": {name_of(code, language): code for code in measured.by_country},
        "standing": {say(f"people.standing.{id}", language): id for id in measured.by_standing},
    }
    counted = {
        "track": measured.by_track,
        "country": measured.by_country,
        "standing": measured.by_standing,
    }
    return [
        (
            say(f"pages.report.by_{kind}", language),
            {
                name: {str(word): n for word, n in counted[kind][id].items()}
                for name, id in ids.items()
            },
        )
        for kind, ids in by.items()
    ]


async def one_run(request: Request) -> Response:
    """GET /runs/{run}: what it found; looks again while it goes on."""
    run = await run_of(request)
    person = await person_of(request)
    wait = SECONDS if run.state in ("queued", "running", "waiting") else 0
    base = address_of(request)
    view = shown_run(run, person, request)
    instance = await run_in_threadpool(instances_of(request).of_run, run, person)
    how = (
        f"{run.track.room}.how" if has_message(f"{run.track.room}.how") else "pages.runs.inbox_how"
    )
    proofs = [proof for proof in run.track.proofs if not proof.input or run.given.get(proof.input)]
    return await working_page(
        request,
        "run.html",
        live=run.id,
        me=person,
        run=view,
        requests=await run_in_threadpool(run_service_of(request).runs.requests, run),
        instance=instance,
        wait=wait,
        base=base,
        listener=run_service_of(request).agents.listener(run.system),
        how=how,
        track=run.track,
        proofs=proofs,
        has_links=offers_links(run),
    )


async def one_file(request: Request) -> Response:
    """GET /runs/{run}/report.html: the run with its exchanges as one file, to be sent and kept."""
    run = await run_of(request)
    run_service = run_service_of(request)
    exchanges = await run_in_threadpool(run_service.runs.exchanges, run)
    # saved and not shown: it holds what participants' systems have sent
    headers = {**SECURITY, "Content-Disposition": f'attachment; filename="{run.id}.html"'}
    times = await run_in_threadpool(times_of, request)
    report = run_report(run, exchanges, page_language(request), times)
    return HTMLResponse(report, headers=headers)


def run_routes() -> list[Route]:
    """Returns the routes of the pages; the application's state must hold `run_service` and
    `settings`.
    """
    return [
        Route("/runs", shown(runs)),
        Route("/matrix", shown(results)),
        Route("/report", shown(report)),
        Route("/runs/{run}", shown(one_run)),
        Route("/runs/{run}/report.html", shown(one_file)),
        Route("/runs/{run}/links", shown(links)),
        Route("/runs/{run}/{number:int}", shown(exchange)),
    ]
