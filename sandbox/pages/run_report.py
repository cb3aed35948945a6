"""A run as one file: all that was found and all that was exchanged, to be sent and kept.  Same log,
same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.api.shapes import ExchangeView
from sandbox.api.views import exchange_view, run_view
from sandbox.clock import fhir_instant
from sandbox.event.run import Run
from sandbox.exchange import Exchange
from sandbox.fhir.dates import moment_of
from sandbox.i18n import Language
from sandbox.pages.home import FOLDER, render
from sandbox.sentences import page_fix_of

SHOWN_BYTES = 10_000  # of a body; the zip of all evidence has the whole


def run_report(run: Run, exchanges: Mapping[int, Exchange], language: Language) -> str:
    """Returns the page; it needs nothing beside it, runs nothing and loads nothing."""
    shown = {number: _cut(exchange_view(recorded)) for number, recorded in exchanges.items()}
    # inside the file, which is opened from a mail or a memory stick
    css = (FOLDER / "style.css").read_text(encoding="utf-8")
    when = fhir_instant(moment_of(run.at))
    return render(
        "run_report.html",
        language,
        run=run_view(run, language, fix=page_fix_of),
        exchanges=shown,
        css=css,
        when=when,
    )


def _cut(exchange: ExchangeView) -> ExchangeView:
    for name in ("request_body", "body"):
        text = exchange[name]
        exchange[name] = text if len(text) <= SHOWN_BYTES else f"{text[:SHOWN_BYTES]} …"
    return exchange
