"""A run as one file: all that was found and all that was exchanged, to be sent and kept.  Same log,
same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.api.shapes import ExchangeView
from sandbox.api.views import exchange_view, run_view
from sandbox.event.run import Run
from sandbox.exchange import Exchange
from sandbox.i18n import Language
from sandbox.pages.exchange import unanswered
from sandbox.pages.home import FOLDER, render
from sandbox.pages.times import Times
from sandbox.sentences import page_fix_of

SHOWN_BYTES = 10_000  # of a body; the zip of all evidence has the whole


def run_report(
    run: Run, exchanges: Mapping[int, Exchange], language: Language, times: Times | None = None
) -> str:
    """Returns the page; it needs nothing beside it, runs nothing and loads nothing.

    Args:
        run: With what it found.
        exchanges: Those of its tests, by their number.
        language: Of the page.
        times: How moments are shown; in UTC, if they are omitted.
    """
    shown = {number: _cut(exchange_view(recorded)) for number, recorded in exchanges.items()}
    # inside the file, which is opened from a mail or a memory stick
    css = (FOLDER / "style.css").read_text(encoding="utf-8")
    told = times or Times()
    return render(
        "run_report.html",
        language,
        run=run_view(run, language, fix=page_fix_of),
        exchanges=shown,
        css=css,
        times=told,
        zone=told.zone,
        unanswered={number: unanswered(kept, language) for number, kept in exchanges.items()},
    )


def _cut(exchange: ExchangeView) -> ExchangeView:
    for name in ("request_body", "body"):
        text = exchange[name]
        exchange[name] = text if len(text) <= SHOWN_BYTES else f"{text[:SHOWN_BYTES]} …"
    return exchange
