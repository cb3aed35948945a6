"""Routes about what an event came to: its report, the results of each system and whom it met, what
was found most often, certificates of participation, snapshots by day, and the list behind every
figure.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import cast

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import answer, answering, person_of, run_service_of
from sandbox.api.instances import instances_of
from sandbox.api.result_shapes import FindingsView, FrequentView, PracticeView
from sandbox.api.shapes import FindingView
from sandbox.api.views import finding_view
from sandbox.errors import NotFound
from sandbox.event.event_findings import Found, Practice, seen_in
from sandbox.event.event_report import as_csv
from sandbox.event.event_sheets import certificates_pdf, participations, report_pdf
from sandbox.event.event_state import EventState
from sandbox.event.identity import Person
from sandbox.event.plan import words_in
from sandbox.event.rights import allow
from sandbox.event.snapshots import Snapshot, Snapshots
from sandbox.i18n import Language, as_language
from sandbox.threads import run_in_threadpool
from sandbox.web.requests import language_of

PDF = "application/pdf"
TOLD = 50  # findings, of each kind


async def report(request: Request) -> Response:
    """GET /api/plans/{plan}/report: teams, and instances by state, track, test and country."""
    allow(await person_of(request), "see_results")
    current = await run_in_threadpool(current_state, request, request.path_params["plan"])
    return answer(current.report)


async def results(request: Request) -> Response:
    """GET /api/plans/{plan}/results: what each system has achieved as each actor, by track."""
    allow(await person_of(request), "see_results")
    current = await run_in_threadpool(current_state, request, request.path_params["plan"])
    return answer(current.achieved.results)


async def matrix(request: Request) -> Response:
    """GET /api/plans/{plan}/matrix: systems × planned tests, with whom each met."""
    allow(await person_of(request), "see_results")
    current = await run_in_threadpool(current_state, request, request.path_params["plan"])
    return answer(current.achieved.cells)


async def findings(request: Request) -> Response:
    """GET /api/plans/{plan}/findings: what was found most often, and the clauses that many systems
    do not follow, each with an example; systems are named to those who may see their runs.
    """
    person = await person_of(request)
    allow(person, "see_results")
    work = partial(state_for, request, request.path_params["plan"], person)
    current = await run_in_threadpool(work)
    return answer(_findings_view(current.found, language_of(request)))


async def table(request: Request) -> Response:
    """GET /api/plans/{plan}/instances.csv: every instance, a line each."""
    allow(await person_of(request), "see_results")
    current = await run_in_threadpool(current_state, request, request.path_params["plan"])
    text = csv_of(current, language_of(request))
    return Response(text, media_type="text/csv; charset=utf-8")


async def report_file(request: Request) -> Response:
    """GET /api/plans/{plan}/report.pdf: the report with its charts, in the language of `?lang=` or
    of the asker.
    """
    person = await person_of(request)
    allow(person, "see_results")
    work = partial(_report_pdf, request, request.path_params["plan"], _language(request), person)
    return _file(await run_in_threadpool(work), f"{request.path_params['plan']}-report.pdf")


async def certificates(request: Request) -> Response:
    """GET /api/plans/{plan}/certificates.pdf: certificates of participation, of all teams that took
    part or of `?team=`.
    """
    allow(await person_of(request), "see_results")
    id, team = request.path_params["plan"], request.query_params.get("team", "")
    work = partial(_certificates_pdf, request, id, _language(request), team=team)
    return _file(await run_in_threadpool(work), f"{id}-certificates.pdf")


async def snapshots(request: Request) -> Response:
    """GET /api/plans/{plan}/snapshots: how the event stood at the end of each day; POST keeps how
    it stands now.
    """
    person = await person_of(request)
    kept: Snapshots = request.app.state.snapshots
    id = request.path_params["plan"]
    if request.method == "POST":
        taken: Snapshot = await run_in_threadpool(kept.take, id, person)
        return answer(taken, 201)
    allow(person, "see_results")
    plan = await run_in_threadpool(instances_of(request).plans.find, id)
    return answer(await run_in_threadpool(kept.all, plan.id))


def current_state(request: Request, plan: str) -> EventState:
    """Returns how an event stands now.

    Args:
        request: Of the application that keeps the event.
        plan: The id of the event.

    Raises:
        NotFound: There is no such event.
    """
    kept: Snapshots = request.app.state.snapshots
    return kept.states.read(plan)


def state_for(request: Request, plan: str, person: Person) -> EventState:
    """Returns how an event stands, without naming whose run showed a finding to those who may not
    see that run; raises NotFound.
    """
    current = current_state(request, plan)
    runs = run_service_of(request).runs.list.seen_by(person)
    return current if runs is None else replace(current, found=seen_in(current.found, runs))


def csv_of(current: EventState, language: Language) -> str:
    """Returns the instances of an event as CSV.

    Args:
        current: The event.
        language: In which its planned tests are named.
    """
    titles = {test.id: words_in(test.title, language) for test in current.plan.tests}
    return as_csv(current.rows, titles)


def _report_pdf(request: Request, plan: str, language: Language, person: Person) -> bytes:
    return report_pdf(state_for(request, plan, person), language)


def _certificates_pdf(request: Request, plan: str, language: Language, *, team: str) -> bytes:
    """Raises NotFound for a team that took part in nothing."""
    current = current_state(request, plan)
    teams = participations(current)
    chosen = [one for one in teams if team in ("", one.team)]
    if not chosen:
        known = ", ".join(one.team for one in teams) or "–"
        raise NotFound("event_report.no_team", where="team", team=team[:60] or "–", known=known)
    return certificates_pdf(current, chosen, language)


def _findings_view(found: Found, language: Language) -> FindingsView:
    frequent: list[FrequentView] = [
        {
            "runs": row.runs,
            "systems": list(row.systems),
            "others": row.others,
            "test": row.test,
            "run": row.run,
            "example": _example_view(row, language),
        }
        for row in found.frequent[:TOLD]
    ]
    practice: list[PracticeView] = [
        {
            "clause": row.clause,
            "systems": list(row.systems),
            "others": row.others,
            "test": row.test,
            "run": row.run,
            "example": _example_view(row, language),
        }
        for row in found.practice[:TOLD]
    ]
    return {"frequent": frequent, "practice": practice}


def _example_view(row: Practice, language: Language) -> FindingView:
    """Returns the example of a row; without what a system sent for whoever may not see its run."""
    view = finding_view(row.example, language)
    if row.is_shown:
        return view
    hidden = {"where": "", "expected": "", "found": ""}
    public = {"text": view["public_text"], "fix": view["public_fix"]}
    return cast("FindingView", {**view, **hidden, **public})


def _language(request: Request) -> Language:
    asked = request.query_params.get("lang")
    # a page links here, and a link carries no header
    return as_language(asked) if asked else language_of(request)


def _file(content: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, headers=headers, media_type=PDF)


def result_routes() -> list[Route]:
    """Returns the routes; the application's state must hold `instances`, `snapshots` and
    `run_service`.
    """
    return [
        Route("/api/plans/{plan}/report", answering(report)),
        Route("/api/plans/{plan}/report.pdf", answering(report_file)),
        Route("/api/plans/{plan}/certificates.pdf", answering(certificates)),
        Route("/api/plans/{plan}/results", answering(results)),
        Route("/api/plans/{plan}/findings", answering(findings)),
        Route("/api/plans/{plan}/snapshots", answering(snapshots), methods=["GET", "POST"]),
        Route("/api/plans/{plan}/matrix", answering(matrix)),
        Route("/api/plans/{plan}/instances.csv", answering(table)),
    ]
