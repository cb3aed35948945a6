"""What was found about documents, written for people and for tools: text, JSON, OperationOutcome,
JUnit, SARIF, CSV.

Pure: documents with their findings in, text out.  Each format is a function in a file of its own
and a line below; the file is imported when its format is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pkgutil import resolve_name

from sandbox.reports.documents import AskedReport, Group, Judged, Level, is_at_least, same_sentences


class Format(StrEnum):
    """How findings are written; `html` is a page, which the room of pages makes."""

    text = "text"
    json = "json"
    outcome = "outcome"
    html = "html"
    junit = "junit"
    sarif = "sarif"
    csv = "csv"


# No `html`: pages are a room above this one, so the command line calls them itself.
WRITERS = {
    Format.text: "sandbox.reports.plain:as_text",
    Format.json: "sandbox.reports.records:as_json",
    Format.outcome: "sandbox.reports.records:as_outcomes",
    Format.junit: "sandbox.reports.junit:as_junit",
    Format.sarif: "sandbox.reports.sarif:as_sarif",
    Format.csv: "sandbox.reports.records:as_csv",
}


def write_report(documents: Sequence[Judged], asked: AskedReport, *, format: Format) -> str:
    """Returns the findings about documents in one of the text formats.

    Raises:
        KeyError: The format is `html`, which is a page.
    """
    text: str = resolve_name(WRITERS[format])(documents, asked)
    return text


__all__ = [
    "WRITERS",
    "AskedReport",
    "Format",
    "Group",
    "Judged",
    "Level",
    "is_at_least",
    "same_sentences",
    "write_report",
]
