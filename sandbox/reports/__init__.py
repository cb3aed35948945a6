"""What was found about documents, written for people and for tools: text, JSON, OperationOutcome, JUnit, SARIF, CSV.

Pure: documents with their findings in, text out.  Each format is a function in a file of its own and a line below.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum

from sandbox.reports.documents import AskedReport, Group, Judged, Level, is_at_least, same_sentences
from sandbox.reports.junit import as_junit
from sandbox.reports.plain import as_text
from sandbox.reports.records import as_csv, as_json, as_outcomes, finding_record
from sandbox.reports.sarif import as_sarif


class Format(StrEnum):
    """How findings are written; `html` is a page, which the room of pages makes."""

    text = "text"
    json = "json"
    outcome = "outcome"
    html = "html"
    junit = "junit"
    sarif = "sarif"
    csv = "csv"


WRITERS: dict[Format, Callable[[Sequence[Judged], AskedReport], str]] = {
    Format.text: as_text,
    Format.json: as_json,
    Format.outcome: as_outcomes,
    Format.junit: as_junit,
    Format.sarif: as_sarif,
    Format.csv: as_csv,
}

__all__ = [
    "WRITERS", "AskedReport", "Format", "Group", "Judged", "Level", "finding_record", "is_at_least", "same_sentences",
]  # fmt: skip
