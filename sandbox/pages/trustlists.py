"""A trust list for whoever looks: pasted, or got from its address, with what of it is not to be
believed.

It is judged by a worker and kept nowhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import person_of, run_service_of
from sandbox.api.links import trust_of
from sandbox.errors import BadRequest
from sandbox.event.people import Person
from sandbox.event.rights import Whose, allow
from sandbox.findings import Finding
from sandbox.i18n import Language
from sandbox.limits import TRUST_LIST_BYTES
from sandbox.pages.home import page_language
from sandbox.pages.working import form_of, working_page
from sandbox.pages.working import shown as page
from sandbox.sentences import page_fix_of, text_of
from sandbox.threads import run_in_threadpool
from sandbox.workers import DECODING, Pool

RANKS = ("error", "fatal", "warning", "information")
MOST_PLACES = 12


async def look(request: Request) -> Response:
    """GET /trust/list: where a list is pasted or an address given."""
    return await _page(request, text="", place="", view=None)


async def judge(request: Request) -> Response:
    """POST /trust/list: the list with its findings, those of one kind together."""
    me = await person_of(request)
    form = await form_of(request, most=TRUST_LIST_BYTES)
    text = form.get("text", "").strip()
    place = form.get("place", "").strip()
    folder = trust_of(request).folder
    if not text and not place:
        raise BadRequest("trust.nothing_given", where="text")
    content: Any = text if text else await _got(request, me, place)
    workers: Pool = request.app.state.workers
    view = await workers.later(DECODING, _judged, content, folder, page_language(request))
    return await _page(request, text=text, place=place, view=view)


def trust_list_pages() -> list[Route]:
    """Returns the routes."""
    return [
        Route("/trust/list", page(look)),
        Route("/trust/list", page(judge), methods=["POST"]),
    ]


async def _page(request: Request, **values: Any) -> Response:
    from sandbox.trust.fetching import environments

    return await working_page(request, "trustlist.html", networks=environments(), **values)


async def _got(request: Request, me: Person, place: str) -> Any:
    """Returns the list at an address or of an environment, through the guard.

    Raises:
        BadRequest: It is no address, or nothing came.
        Forbidden: Who looks may have nothing sent.
    """
    from sandbox.testbench.fetching import got
    from sandbox.trust.fetching import Fetcher, address_of

    # other servers are asked in the operator's name, as by a run
    allow(me, "start", Whose(me.team_id))
    if not address_of(place):
        raise BadRequest("trust.no_address", where="place", found=place[:80])
    service = run_service_of(request)
    folder = trust_of(request).folder / "fetched"
    fetcher = Fetcher(
        lambda url: got(url, lambda: service.ways.guarded(me.team_id)), folder, at=datetime.now(UTC)
    )
    return await run_in_threadpool(fetcher.list_at, place)


def _judged(content: Any, folder: Path, language: Language) -> dict[str, Any]:
    """Judges a list, pasted as text or got as a value, and makes what is shown of it; the job of a
    worker.
    """
    from sandbox.errors import SandboxError
    from sandbox.fhir.json import parse_json
    from sandbox.trust.documents import read_list
    from sandbox.trust.folder import TrustFolder

    # a JWS is no JSON, and begins with its header in base64url
    if isinstance(content, str) and not content.startswith("ey"):
        try:
            content = parse_json(content.encode())
        except SandboxError as error:
            return {"rows": [_row([error.as_finding()], language)], "entries": [], "believed": 0}
    judged = read_list(content, anchors=TrustFolder(folder).anchors())
    kinds: dict[str, list[Finding]] = {}
    for finding in sorted(judged.findings, key=lambda finding: RANKS.index(finding.severity)):
        kinds.setdefault(f"{finding.severity} {finding.key}", []).append(finding)
    believed = {key.kid for key in judged.keys}
    return {
        "rows": [_row(findings, language) for findings in kinds.values()],
        "entries": [
            {
                "participant": entry.participant,
                "usage": entry.kind or entry.usage,
                "domain": entry.domain,
                "kid": entry.kid.hex(),
                "until": entry.chain[0].not_valid_after_utc if entry.chain else None,
                "is_believed": entry.kid in believed and entry.kind == "DSC",
            }
            for entry in judged.entries
        ],
        "believed": len(judged.keys),
    }


def _row(findings: Sequence[Finding], language: Language) -> dict[str, Any]:
    """Returns the findings of one kind as the page shows them: the first in words, the places of
    all.
    """
    first = findings[0]
    places = [finding.where for finding in findings[1 : MOST_PLACES + 1] if finding.where]
    return {
        "severity": first.severity,
        "text": text_of(first, language),
        "fix": page_fix_of(first, language),
        "clause": first.clause,
        "more": len(findings) - 1,
        "places": places,
    }
