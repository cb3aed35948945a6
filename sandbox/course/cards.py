"""Cards: what a check, a hint or the progress says, as text and as the same HTML.  Word, symbol,
then colour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from sandbox.course.exercise import Result
from sandbox.findings import Finding
from sandbox.i18n import Language, has_message, say
from sandbox.sentences import fix_of, text_of

# a sign beside the colour, for those who do not see it (WCAG 1.4.1)
SYMBOLS = {"passed": "✓", "failed": "✗", "not_attempted": "○", "error": "!", "received": "→"}
COLOURS = {
    "passed": "#15803d",
    "failed": "#b91c1c",
    "not_attempted": "#6b7280",
    "error": "#b45309",
    "received": "#0369a1",
}
Row = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Card:
    """A message with a verdict in front.

    Attributes:
        kind: The verdict, one of SYMBOLS.
        language: Of all that it says.
        heading: The one sentence that is read first.
        rows: Labels and values, both already in the learner's language.
        folded: A label, and a text to unfold that few will read; not part of the plain text.
    """

    kind: str
    language: Language
    heading: str
    rows: Sequence[Row] = ()
    folded: Row | None = None

    def __repr__(self) -> str:
        return "\n".join(
            [
                f"{SYMBOLS[self.kind]} {self.heading}",
                *(f"  {label}: {value}" if label else f"  {value}" for label, value in self.rows),
            ]
        )

    def _repr_html_(self) -> str:
        rows = "".join(_html_row(label, value) for label, value in self.rows)
        edge = f"border-left:.4em solid {COLOURS[self.kind]}"
        box = f"{edge};padding:.4em .9em;margin:.4em 0;max-width:60em"
        heading = f"{SYMBOLS[self.kind]} {escape(self.heading)}"
        return (
            f'<section role="status" lang="{self.language}" style="{box}">'
            f'<p style="margin:0 0 .2em"><strong>{heading}</strong></p>'
            + (f'<table style="margin:0">{rows}</table>' if rows else "")
            + (_html_folded(*self.folded) if self.folded else "")
            + "</section>"
        )


def _html_folded(label: str, text: str) -> str:
    return f"<details><summary>{escape(label)}</summary><pre>{escape(text)}</pre></details>"


def _html_row(label: str, value: str) -> str:
    # an identifier of a key is one word, longer than the card is wide
    style = "text-align:left;white-space:pre-wrap;overflow-wrap:anywhere"
    cell = f'style="{style}">{escape(value)}</td></tr>'
    if not label:
        return f'<tr><td colspan="2" {cell}'
    head = 'style="text-align:left;vertical-align:top;white-space:nowrap"'
    return f'<tr><th scope="row" {head}>{escape(label)}</th><td {cell}'


def check_card(result: Result, language: Language) -> Card:
    """Returns the card of a check: verdict, what was expected, what was found and where, the
    clause, the next step.
    """
    exercise = result.exercise
    finding = result.finding

    def word(key: str, **params: object) -> str:
        return say(f"course.{key}", language, **params)

    title = say(f"{exercise.room}.{exercise.name}.title", language)
    rows: list[Row] = []
    if result.outcome == "passed":
        rows.append((word("label.why"), say(f"{exercise.room}.{exercise.name}.passed", language)))
    elif result.outcome == "not_attempted":
        rows.append((word("label.next"), word("fill_blank")))
    elif finding:
        rows += _reason_rows(result, finding, language)
    if result.outcome != "not_attempted":
        own = finding.clause if finding else ""
        rows.append((word("label.clause"), own or exercise.clause))
    if result.outcome == "failed" and finding:
        fix = [fix_of(finding, language)] if is_of_judge(finding) else []
        hint = word("try_hint", id=exercise.answer_of)
        rows.append((word("label.next"), "\n".join([*fix, hint])))
    heading = f"{word('outcome.' + result.outcome)} · {exercise.id} {title}"
    return Card(result.outcome, language, heading, rows)


def _reason_rows(result: Result, finding: Finding, language: Language) -> list[Row]:
    """Returns why an answer is not right, and both values with their types."""

    def label(name: str) -> str:
        return say(f"course.label.{name}", language)

    reason = finding_text(result, language)
    if result.more:
        reason += "\n" + say("course.more_errors", language, count=result.more)
    rows: list[Row] = [(label("reason"), reason)]
    # the judge's own sentences say what they expect
    if finding.expected and not is_of_judge(finding):
        rows.append((label("expected"), finding.expected + _kind(finding, "wanted", language)))
    if finding.found:
        where = f"  ({finding.where})" if finding.where else ""
        rows.append((label("found"), finding.found + _kind(finding, "given", language) + where))
    elif finding.where:
        rows.append((label("where"), finding.where))
    return rows


def _kind(finding: Finding, side: str, language: Language) -> str:
    """Returns the type of a value behind it, where it is known."""
    kind = finding.params.get(side)
    return f", {say(f'answers.kind.{kind}', language)}" if kind else ""


def is_of_judge(finding: Finding) -> bool:
    """Tells whether a finding is the judge's own: its key names its catalogue."""
    return "." in finding.key and not finding.key.startswith(("course.", "grade."))


def finding_text(result: Result, language: Language) -> str:
    """Returns the sentence of a finding: the one of its exercise, else the one that all exercises
    share, else that of the judge or of our own fault.
    """
    finding = result.finding
    exercise = result.exercise
    if finding is None:
        return ""
    kinds = {
        side: say(f"answers.kind.{finding.params[side]}", language)
        for side in ("given", "wanted")
        if finding.params.get(side)
    }
    params = {"given": "…", "wanted": "…", **finding.params, **kinds}
    for key in (f"{exercise.room}.{exercise.name}.{finding.key}", f"answers.{finding.key}"):
        if has_message(key):
            return say(key, language, **params)
    return text_of(finding, language)


def progress_card(results: Sequence[Result], language: Language) -> Card:
    """Returns one row for each visible exercise and the points so far."""
    visible = [result for result in results if not result.exercise.hidden]
    earned = sum(result.points for result in visible)
    possible = sum(result.exercise.points for result in visible)
    rows = [
        (
            f"{SYMBOLS[result.outcome]} {result.exercise.id}",
            f"{say(f'{result.exercise.room}.{result.exercise.name}.title', language)}"
            f" – {say(f'course.outcome.{result.outcome}', language)}",
        )
        for result in visible
    ]
    kind = "passed" if earned == possible else "not_attempted"
    return Card(
        kind, language, say("course.progress", language, earned=earned, possible=possible), rows
    )
