"""The readiness of the terminology servers of the region: this server, its teams' spaces and the
members elsewhere.

Only what the operator has named is asked: a page that called any address would be a way into the
operator's network.
"""

from __future__ import annotations

import httpx
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from sandbox.api.asking import person_of
from sandbox.event.rights import Whose, allow
from sandbox.i18n import Language, say
from sandbox.pages.home import WORKING, page_language, render
from sandbox.pages.working import shown
from sandbox.sentences import page_fix_of, text_of
from sandbox.server.http import FhirEndpoint
from sandbox.server.partitions import Tenants
from sandbox.settings import Member, Settings
from sandbox.testbench.engine import play_track
from sandbox.testbench.script import Result
from sandbox.testbench.sending import Sender
from sandbox.testbench.tracks.terminology_readiness import TRACK
from sandbox.threads import run_in_threadpool
from sandbox.web.egress import authorities, way_out
from sandbox.web.requests import address_of

HERE = Member("–", "/fhir")


def readiness_routes(tenants: Tenants, settings: Settings) -> list[Route]:
    """Returns the routes of the list of nodes and of the check of one of them."""
    here = httpx.ASGITransport(FhirEndpoint(tenants, settings, PlainTextResponse("", 404)))
    nodes = {"here": HERE} | {member.country.lower(): member for member in settings.members}

    async def choose(request: Request) -> Response:
        rows = [
            {"name": name, "country": member.country, "address": member.address}
            for name, member in nodes.items()
        ]
        return HTMLResponse(
            render("readiness.html", page_language(request), nodes=rows, node=None, root=""),
            headers=WORKING,
        )

    async def check(request: Request) -> Response:
        person = await person_of(request)
        # it asks other servers in the operator's name, as a run does
        allow(person, "start", Whose(person.team_id))
        language = page_language(request)
        node = nodes.get(request.path_params["node"])
        if node is None:
            return PlainTextResponse(say("pages.readiness.no_node", language), 404)
        is_here = node.address.startswith("/")
        root = address_of(request)
        base = f"{root}{node.address}" if is_here else node.address
        # without the guard: the addresses are the operator's own, who may have named a private one
        transport: httpx.AsyncBaseTransport = here
        if not is_here:
            proxy = await run_in_threadpool(way_out, base)
            transport = httpx.AsyncHTTPTransport(trust_env=False, proxy=proxy, verify=authorities())
        async with Sender(
            base, transport=transport, language=language, seconds=settings.member_seconds
        ) as send:
            results = await play_track(TRACK, {}, send)
        rows = [_row(result, language) for result in results]
        page = render("readiness.html", language, nodes=[], node=base, results=rows, root="../")
        return HTMLResponse(page, headers=WORKING)

    return [Route("/readiness", shown(choose)), Route("/readiness/{node}", shown(check))]


def _row(result: Result, language: Language) -> dict[str, object]:
    """Returns a result as the page shows it: what is wrong first, what is well folded away."""
    notes = [
        {
            "rank": finding.severity,
            "where": finding.where,
            "text": text_of(finding, language),
            "fix": page_fix_of(finding, language),
        }
        for finding in result.findings
    ]
    # why it ended is told as information, which would else be folded away
    has_ended = result.verdict in ("inconclusive", "error")
    troubles = [
        note for note in notes if note["rank"] != "information" or (has_ended and note is notes[-1])
    ]
    return {
        "number": result.test.number,
        "title": say(TRACK.title_of(result.test), language),
        "verdict": result.verdict,
        "troubles": troubles,
        "well": [note for note in notes if note not in troubles],
    }
