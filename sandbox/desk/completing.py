"""Who has completed a course, and the certificate that says so, as PDF.  Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sandbox.desk.assignments import FULL, Assignment
from sandbox.desk.gradebook import Entry, total_of
from sandbox.errors import NotFound
from sandbox.i18n import Language, say
from sandbox.reports.sheets import Sheets


@dataclass(frozen=True, slots=True)
class Completion:
    """A team that has passed each assignment which counts.

    Attributes:
        team: Its name.
        percents: What it reached in each assignment, by lesson.
        total: The whole by weight, in percent.
    """

    team: str
    percents: Mapping[str, float]
    total: float


def completions(
    book: Mapping[str, Mapping[str, Entry]], assignments: Mapping[str, Assignment]
) -> list[Completion]:
    """Returns the teams that have passed each assignment with a weight; none where none has one.

    Args:
        book: What each team has, by team and assignment.
        assignments: By id.
    """
    counting = [assignment for assignment in assignments.values() if assignment.weight]
    if not counting:
        return []
    return [
        Completion(
            team,
            {entry.assignment.lesson: _percent(entry) for entry in entries.values()},
            total_of(entries, assignments),
        )
        for team, entries in book.items()
        if all(_is_passed(entries.get(assignment.id)) for assignment in counting)
    ]


def completed(
    book: Mapping[str, Mapping[str, Entry]], assignments: Mapping[str, Assignment], team: str = ""
) -> list[Completion]:
    """Returns those who get a certificate: of one team, or of all for an empty name.

    Args:
        book: What each team has, as far as who asks may see it.
        assignments: By id.
        team: Its name.

    Raises:
        NotFound: The team, or every team, has something left to pass.
    """
    passed = [row for row in completions(book, assignments) if team in ("", row.team)]
    if not passed:
        raise NotFound("desk.nobody_completed", where="team")
    return passed


def completion_pdf(
    teams: Sequence[Completion], titles: Mapping[str, str], language: Language, *, at: datetime
) -> bytes:
    """Returns a certificate of completion for each team, a sheet each.

    Args:
        teams: Those that have completed the course.
        titles: Of the lessons, by their names.
        language: In which language.
        at: The day that it bears.
    """
    title = say("desk.certificate.course", language)
    sheets = Sheets(title, language, made_at=at, is_wide=True)
    for team in teams:
        sheets.page()
        sheets.centred(say("desk.certificate.title", language), size=26, style="B", gap=8)
        sheets.centred(team.team, size=22)
        sheets.centred(say("desk.certificate.has_completed", language), size=13)
        sheets.centred(title, size=17, style="B", gap=6)
        for line in _lessons(team, titles, language):
            sheets.centred(line, size=9, gap=0)
        total = say("desk.certificate.total", language, percent=f"{team.total:g}")
        sheets.centred(total, size=12, style="B", gap=8)
        sheets.centred("_" * 36, size=10, gap=1)
        day = at.date().isoformat()
        sheets.centred(say("desk.certificate.signed", language, day=day), size=10, gap=4)
        sheets.centred(say("desk.certificate.no_proof", language), size=8, gap=0)
    return sheets.content()


def _lessons(team: Completion, titles: Mapping[str, str], language: Language) -> Iterator[str]:
    """Yields lines of two lessons each, so that a whole course stands on one sheet."""
    parts = [
        say("desk.certificate.lesson", language, lesson=titles.get(name, name), percent=f"{part:g}")
        for name, part in sorted(team.percents.items())
    ]
    for start in range(0, len(parts), 2):
        yield " · ".join(parts[start : start + 2])


def _is_passed(entry: Entry | None) -> bool:
    return entry is not None and _percent(entry) >= entry.assignment.pass_percent


def _percent(entry: Entry) -> float:
    return round(FULL * entry.score / entry.most, 1) if entry.most else 0
