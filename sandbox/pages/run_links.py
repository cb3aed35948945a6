"""The links that an inbox offers, each with its QR code and PIN, for whoever opens them in the
wallet that is tested.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.api.asking import person_of, run_of
from sandbox.api.offering import offered
from sandbox.errors import NotFound
from sandbox.event.run import Run
from sandbox.pages.working import shown_run, working_page
from sandbox.threads import run_in_threadpool
from sandbox.web.requests import address_of


async def links(request: Request) -> Response:
    """GET /runs/{run}/links: while the run waits; reading them is no request to its inbox."""
    run = await run_of(request)
    person = await person_of(request)
    view = shown_run(run, person, request)
    if not view["inbox"] or run.state != "waiting" or not offers_links(run):
        raise NotFound("pages.no_links", where="run", run=run.id)
    base = f"{address_of(request)}{view['inbox']}"
    rows = await run_in_threadpool(_rows, request, run, base)
    return await working_page(request, "run_links.html", me=person, run=view, rows=rows)


def offers_links(run: Run) -> bool:
    """Tells whether the inbox of a run offers links with their pictures.

    Args:
        run: Of any track; most offer none.
    """
    return any(offer.has_place("qr/1.svg") for offer in run.track.offers)


def _rows(request: Request, run: Run, base: str) -> list[dict[str, Any]]:
    """Returns the links in the order in which they are to be opened."""
    from sandbox.certificates.qr import svg_of

    rows = []
    for offer in run.track.offers:
        reply = (
            offered(request, run, b"", place=offer.example, base=base) if offer.example else None
        )
        content = json.loads(reply.body) if reply is not None and reply.status == 200 else {}
        rows += [{**row, "qr": svg_of(row["link"], level="L")} for row in _links_in(content)]
    return rows


def _links_in(content: Any) -> Iterator[dict[str, Any]]:
    if isinstance(content, dict) and "link" in content:
        yield content
    elif isinstance(content, dict | list):
        for part in content.values() if isinstance(content, dict) else content:
            yield from _links_in(part)
