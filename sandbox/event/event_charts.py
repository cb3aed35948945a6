"""What of an event's report is drawn: one list of charts, for the page and the PDF alike.  Pure."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.countries import name_of
from sandbox.event.event_report import EventReport, Row
from sandbox.event.instance import STATES
from sandbox.event.plan import PlannedEvent, words_in
from sandbox.i18n import Language, say
from sandbox.reports.charts import Chart, chart_of

KINDS = ("day", "track", "test", "country")
# a state has one colour in all charts, near to that of its mark on the pages (Okabe and Ito)
COLOURS: dict[str, str] = {
    "started": "#56b4e9", "paused": "#f0e442", "aborted": "#999999", "to_verify": "#0072b2",
    "critical": "#cc79a7", "verified": "#009e73", "partially": "#e69f00",
    "failed": "#d55e00", "incomplete": "#555555",
}  # fmt: skip


def tables_of(
    plan: PlannedEvent, report: EventReport, language: Language
) -> dict[str, Mapping[str, Row]]:
    """Returns the rows of each table, by what they are counted by.

    Args:
        plan: The event.
        report: What it came to.
        language: In which the rows are named.

    Returns:
        By each of KINDS, the counts by name; tests that nobody has begun are left out, and stand in
        the plan.
    """
    tracks = {
        f"{track.id} · {words_in(track.title, language)}": report.by_track[track.id]
        for track in plan.tracks
    }
    tests = {
        f"{test.id} · {words_in(test.title, language)}": report.by_test[test.id]
        for test in plan.tests
        if report.by_test[test.id]
    }
    countries = {name_of(code, language): row for code, row in report.by_country.items()}
    by = {"day": report.by_day, "track": tracks, "test": tests, "country": countries}
    return {kind: by[kind] for kind in KINDS}


def states_in(report: EventReport, language: Language) -> dict[str, str]:
    """Returns the states that some instance is in, with their names, in their order.

    Args:
        report: What an event came to.
        language: In which the states are named.
    """
    return {
        state: say(f"instances.state.{state}", language)
        for state in STATES
        if report.by_state.get(state)
    }


def charts_of(plan: PlannedEvent, report: EventReport, language: Language) -> dict[str, Chart]:
    """Returns a chart for each table, by what it is counted by.

    Args:
        plan: The event.
        report: What it came to.
        language: In which rows and states are named.
    """
    names = states_in(report, language)
    return {
        kind: chart_of(say(f"event_report.by.{kind}", language), rows, names, colours=COLOURS)
        for kind, rows in tables_of(plan, report, language).items()
    }
