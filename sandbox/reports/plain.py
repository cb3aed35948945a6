"""Findings as lines for a terminal: the verdict of each document, each sentence once with its
places, and a sum.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sandbox.findings import Spot
from sandbox.i18n import say
from sandbox.reports.documents import (
    AskedReport,
    Group,
    Judged,
    Level,
    count_severities,
    same_sentences,
)
from sandbox.sentences import cited

SYMBOLS = {"fatal": "✗", "error": "✗", "warning": "!", "information": "·"}
# Further places per sentence on a terminal; the other formats list all of them.
# enough to see the pattern; the formats for programs have all
SHOWN_PLACES = 3


def as_text(documents: Sequence[Judged], asked: AskedReport) -> str:
    """Returns the lines of all documents; the sum stands behind them where there are several."""
    lines = [line for document in documents for line in _document(document, asked)]
    if len(documents) != 1 or asked.unjudged:
        lines += ["", *_sum(documents, asked)]
    return "\n".join(lines) + "\n"


def _document(document: Judged, asked: AskedReport) -> Iterator[str]:
    counts = count_severities([document])
    language = asked.language
    key = "reports.valid" if document.is_valid else "reports.invalid"
    verdict = say(key, language, errors=counts[Level.error], all=len(document.findings))
    yield f"{'✓' if document.is_valid else '✗'} {document.name}: {verdict}"
    for group in same_sentences(asked.shown(document), language):
        clause = cited(group.first, language)
        yield f"  {SYMBOLS[group.first.severity]} {_place(group.spots[0])}: {group.text}"
        yield f"      → {group.fix}" + (f" [{clause}]" if clause else "")
        if len(group.spots) > 1:
            yield f"      {_places(group, asked)}"


def _place(spot: Spot) -> str:
    return f"{spot.line}:{spot.column} {spot.where}" if spot.line else spot.where


def _places(group: Group, asked: AskedReport) -> str:
    places = ", ".join(_place(spot) for spot in group.spots[1 : 1 + SHOWN_PLACES])
    more = ", …" if len(group.spots) > 1 + SHOWN_PLACES else ""
    return say("reports.places", asked.language, count=len(group.spots) - 1, places=places + more)


def _sum(documents: Sequence[Judged], asked: AskedReport) -> Iterator[str]:
    valid = sum(document.is_valid for document in documents)
    files = {"files": len(documents), "valid": valid, "invalid": len(documents) - valid}
    yield say("reports.files", asked.language, **files)
    counts = count_severities(documents)
    yield say(
        "reports.severities",
        asked.language,
        errors=counts[Level.error],
        warnings=counts[Level.warning],
        information=counts[Level.information],
    )
    if asked.unjudged:
        yield say("reports.unjudged", asked.language, count=asked.unjudged)
