"""`connectathon export`: a run for other tools, its requests to send again, or all of its evidence
as one zip.
"""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from sandbox.cli import LANGUAGE, tell
from sandbox.cli.options import Data, Lang
from sandbox.cli.results import runs_at
from sandbox.i18n import as_language


class Report(StrEnum):
    """What a run is written as."""

    junit = "junit"
    testreport = "testreport"
    html = "html"
    evidence = "evidence"
    curl = "curl"
    http = "http"


def export(
    run: Annotated[str, typer.Argument(help=tell("status.run"))],
    report: Annotated[Report, typer.Option("--as", help=tell("export.report"))] = Report.junit,
    file: Annotated[Path | None, typer.Option("--to", help=tell("export.file"))] = None,
    data: Data = None,
    lang: Lang = LANGUAGE,
) -> None:
    """Writes to a file, or to standard output."""
    from sandbox.event.reports import REPORTS
    from sandbox.event.requests import REQUESTS

    with runs_at(data) as (runs, _):
        stored = runs.read(run)
        if report is Report.evidence:
            content = runs.evidence(run)
        elif report is Report.html:
            from sandbox.pages.run_report import run_report

            content = run_report(stored, runs.exchanges(stored), as_language(lang)).encode()
        elif report.value in REQUESTS:
            exchanges = runs.exchanges(stored)
            numbers = sorted(exchanges)
            content = REQUESTS[report.value](exchanges[number] for number in numbers).encode()
        else:
            content = REPORTS[report.value][1](stored, as_language(lang))
    if file is None:
        # Evidence is a zip, so stdout must take bytes.
        sys.stdout.buffer.write(content)
        return
    try:
        file.write_bytes(content)
    except OSError as error:
        raise typer.BadParameter(f"{file}: {error.strerror}", param_hint="--to") from None
