"""The report of an event, and certificates of participation, as PDF in a language.  Pure.

All numbers come from what pages and API tell; a certificate says only what its report says too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sandbox.calendars import moment_in, zone_in
from sandbox.event.event_charts import charts_of, states_in, tables_of
from sandbox.event.event_findings import Practice
from sandbox.event.event_report import EventReport, Row
from sandbox.event.event_state import EventState
from sandbox.event.instance import STATES
from sandbox.event.plan import PlannedEvent, words_in
from sandbox.event.results import RoleResult
from sandbox.event.systems import System, actor_title
from sandbox.i18n import Language, say
from sandbox.reports.sheets import Sheets
from sandbox.sentences import public_text_of

TOLD = 20  # of the most frequent findings


@dataclass(frozen=True, slots=True)
class Participation:
    """What a team has taken part in: its systems, and the instances with them by state."""

    team: str
    country: str
    systems: tuple[str, ...]
    actors: tuple[str, ...]
    by_state: Row
    partners: int
    """How many other teams it has met."""


def participations(current: EventState) -> list[Participation]:
    """Returns the teams that took part in some instance, by name."""
    systems_of: dict[str, list[System]] = {}
    for system in current.systems:
        systems_of.setdefault(system.team_id or system.team, []).append(system)
    actors: dict[str, list[str]] = {}
    for result in current.achieved.results:
        if result.result not in ("absent", "no_partner"):
            actors.setdefault(result.system, []).append(result.actor)
    counts: dict[str, Counter[str]] = {}
    met: dict[str, set[str]] = {}
    for row in current.rows:
        teams = {part.team for part in row.parts if part.standing == "accepted"}
        for team in teams & systems_of.keys():
            counts.setdefault(team, Counter())[row.state] += 1
            met.setdefault(team, set()).update(teams - {team})
    found = [
        Participation(
            team=own[0].team,
            country=next((system.country for system in own if system.country), ""),
            systems=tuple(system.name for system in own),
            actors=tuple(
                dict.fromkeys(actor for system in own for actor in actors.get(system.name, ()))
            ),
            by_state={state: counts[team][state] for state in STATES if counts[team][state]},
            partners=len(met[team]),
        )
        for team, own in systems_of.items()
        if team in counts
    ]
    return sorted(found, key=lambda participation: participation.team)


def report_pdf(current: EventState, language: Language) -> bytes:
    """Returns the report of an event as PDF.

    Args:
        current: The event.
        language: In which language.
    """
    plan = current.plan
    title = words_in(plan.title, language)
    sheets = Sheets(title, language, made_at=current.at)
    sheets.page()
    sheets.heading(say("event_report.title", language), size=20)
    sheets.paragraph(title, size=13)
    sheets.paragraph(_where(plan, language), is_quiet=True)
    if plan.is_simulation:
        sheets.paragraph(say("event_report.simulation", language))
    rules = words_in(plan.registration_rules, language)
    if rules:
        sheets.paragraph(rules, size=9, is_quiet=True)
    moment = moment_in(language, current.at.astimezone(ZoneInfo(plan.zone)))
    zone = zone_in(language, plan.zone)
    sheets.paragraph(say("event_report.as_of", language, moment=moment, zone=zone), size=9)
    report = current.report
    sheets.paragraph(
        say(
            "instances.results.took_part",
            language,
            active=report.active,
            registered=report.registered,
            systems=report.systems,
        )
    )
    sheets.paragraph(say("instances.page.found", language, count=report.count))
    _states(sheets, report, language)
    _tables(sheets, current, language)
    _hours(sheets, current, language)
    _findings(sheets, current, language)
    _practice(sheets, current, language)
    _results(sheets, current, language)
    return sheets.content()


def certificates_pdf(
    current: EventState, teams: Sequence[Participation], language: Language
) -> bytes:
    """Returns a certificate of participation for each team, a sheet each.

    Args:
        current: The event.
        teams: Those that took part.
        language: In which language.
    """
    plan = current.plan
    title = words_in(plan.title, language)
    sheets = Sheets(title, language, made_at=current.at, is_wide=True)
    day = current.at.astimezone(ZoneInfo(plan.zone)).date().isoformat()
    for team in teams:
        sheets.page()
        sheets.centred("", size=12, gap=8)
        sheets.centred(say("event_report.certificate", language), size=26, style="B", gap=10)
        sheets.centred(f"{team.team} ({team.country})" if team.country else team.team, size=22)
        sheets.centred(say("event_report.has_taken_part", language), size=13)
        sheets.centred(title, size=17, style="B", gap=2)
        sheets.centred(_where(plan, language), size=11, gap=8)
        counted = ", ".join(
            f"{name}: {team.by_state[state]}"
            for state, name in _names(team.by_state, language).items()
        )
        sheets.centred(say("event_report.instances", language, counted=counted), size=11, gap=2)
        sheets.centred(say("event_report.partners", language, count=team.partners), size=11, gap=2)
        words = ", ".join(actor_title(actor, language) for actor in team.actors)
        if words:
            sheets.centred(say("event_report.actors", language, actors=words), size=10, gap=2)
        sheets.centred(", ".join(team.systems), size=10, gap=10)
        sheets.centred("_" * 36, size=10, gap=1)
        sheets.centred(say("event_report.signed", language, day=day), size=10, gap=6)
        sheets.centred(say("event_report.no_proof", language), size=8, gap=1)
        if plan.is_simulation:
            sheets.centred(say("event_report.simulation", language), size=8, gap=0)
    return sheets.content()


def _where(plan: PlannedEvent, language: Language) -> str:
    place = words_in(plan.place, language)
    return f"{plan.first} – {plan.last}" + (f" · {place}" if place else "")


def _names(row: Row, language: Language) -> dict[str, str]:
    return {state: say(f"instances.state.{state}", language) for state in row}


def _states(sheets: Sheets, report: EventReport, language: Language) -> None:
    names = states_in(report, language)
    rows = [(name, str(report.by_state[state])) for state, name in names.items()]
    sheets.table(
        (say("event_report.state", language), say("event_report.instances_head", language)),
        rows,
        widths=(6, 1),
    )


def _tables(sheets: Sheets, current: EventState, language: Language) -> None:
    names = states_in(current.report, language)
    charts = charts_of(current.plan, current.report, language)
    for kind, rows in tables_of(current.plan, current.report, language).items():
        if not rows:
            continue
        sheets.heading(say(f"event_report.by.{kind}", language), chart=charts[kind])
        sheets.table(
            ("", *names.values()),
            [
                (label, *(str(row.get(state, "–")) for state in names))
                for label, row in rows.items()
            ],
            widths=(4, *(1 for _ in names)),
        )
        if kind == "country":
            sheets.paragraph(say("instances.results.countries", language), size=9, is_quiet=True)


def _hours(sheets: Sheets, current: EventState, language: Language) -> None:
    if current.report.busiest:
        zone = zone_in(language, current.plan.zone)
        sheets.heading(say("instances.results.busiest", language, zone=zone))
        for hour, count in current.report.busiest:
            sheets.paragraph(f"{moment_in(language, datetime.fromisoformat(hour))}: {count}")


def _findings(sheets: Sheets, current: EventState, language: Language) -> None:
    if not current.found.frequent:
        return
    sheets.heading(say("event_report.findings", language))
    sheets.paragraph(say("event_report.findings_note", language), size=9, is_quiet=True)
    rows = [
        (
            f"{public_text_of(row.example, language)} ({row.clause})",
            row.example.found if row.is_shown else "–",
            str(row.runs),
            str(len(row.systems) + row.others),
        )
        for row in current.found.frequent[:TOLD]
    ]
    heads = ("finding", "example", "runs", "systems")
    head = [say(f"event_report.head.{name}", language) for name in heads]
    sheets.table(head, rows, widths=(6, 3, 1, 1))


def named(row: Practice, language: Language) -> str:
    """Returns the systems of a row that a reader may know, and how many others there are."""
    others = [say("event_report.others", language, count=row.others)] if row.others else []
    return ", ".join([*row.systems, *others])


def _practice(sheets: Sheets, current: EventState, language: Language) -> None:
    if not current.found.practice:
        return
    sheets.heading(say("event_report.practice", language))
    sheets.paragraph(say("event_report.practice_note", language), size=9, is_quiet=True)
    rows = [
        (row.clause, public_text_of(row.example, language), named(row, language))
        for row in current.found.practice[:TOLD]
    ]
    heads = ("clause", "example", "which")
    head = [say(f"event_report.head.{name}", language) for name in heads]
    sheets.table(head, rows, widths=(3, 5, 3))


def _results(sheets: Sheets, current: EventState, language: Language) -> None:
    if not current.achieved.results:
        return
    sheets.heading(say("instances.results.achieved", language))
    heads = ("system", "track", "actor", "result", "tests")
    head = [say(f"event_report.head.{name}", language) for name in heads]
    rows = [
        (
            f"{row.system} ({row.country})" if row.country else row.system,
            row.track,
            actor_title(row.actor, language),
            say(f"instances.result.{row.result}", language),
            _tests(row, language),
        )
        for row in current.achieved.results
    ]
    sheets.table(head, rows, widths=(4, 2, 5, 3, 2))


def _tests(row: RoleResult, language: Language) -> str:
    counted = f"{row.verified} / {row.required}"
    older = say("instances.results.older", language, count=row.older)
    return f"{counted} ({older})" if row.older else counted
