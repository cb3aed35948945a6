"""The event's regional node: searches the nodes of several countries, each within its own time
limit.

Unlike the original it says of every node whether it answered, failed or was too slow: an
OperationOutcome stands among the entries (FHIR R4 search.html#outcome), so that nobody takes a
silent country for one without documents.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.errors import SandboxError
from sandbox.fhir.json import Json, as_list, member, parse_json, write_json
from sandbox.fhir.outcome import operation_outcome
from sandbox.findings import Finding, Severity
from sandbox.i18n import Language
from sandbox.lacpass.answering import answering
from sandbox.limits import MEGABYTE, NODE_BYTES, NODE_PAGES
from sandbox.sentences import text_of
from sandbox.server.call import Call
from sandbox.server.interactions.search import search
from sandbox.server.partitions import Tenants
from sandbox.settings import Member, Settings
from sandbox.threads import run_in_threadpool
from sandbox.web.codings import Decoder, Oversized
from sandbox.web.egress import authorities, way_out
from sandbox.web.replies import FHIR_JSON, fhir_response
from sandbox.web.requests import address_of, language_of

MOST_SECONDS = 60  # of silence; what a node may take as a whole is the operator's to say
ACCEPT = {"Accept": FHIR_JSON}
CLAUSE = "ITI TF-2 3.67; FHIR R4 search.html#outcome"
SEVERITY: dict[str, Severity] = {
    "answered": "information",
    "cut": "warning",
    "failed": "error",
    "timed_out": "error",
}
ISSUES = {
    "answered": "informational",
    "cut": "incomplete",
    "failed": "transient",
    "timed_out": "timeout",
}


@dataclass(frozen=True, slots=True)
class Question:
    """What every node is asked: a search on a type; `root` is the address of this server."""

    type: str
    query: tuple[tuple[str, str], ...]
    root: str
    language: Language


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of asking one node.

    Attributes:
        member: The node.
        outcome: answered, cut (there are more pages than are read), failed or timed_out.
        seconds: How long it took.
        entries: The matches, of all its pages.
        total: How many there are; None where nobody knows.
        reason: Why it failed.
    """

    member: Member
    outcome: str
    seconds: float
    entries: tuple[Json, ...] = ()
    total: int | None = None
    reason: str = ""


def regional_routes(tenants: Tenants, settings: Settings) -> list[Route]:
    """Returns the routes of the regional node over the members that the settings name."""

    async def trusted_parties(request: Request) -> Response:
        root = address_of(request)
        return JSONResponse([_party(node, root) for node in settings.members])

    async def fan_out(request: Request) -> Response:
        language = language_of(request)
        type = request.url.path.rpartition("/")[2]
        root = address_of(request)
        query = tuple(request.query_params.multi_items())
        question = Question(type, query, root, language)
        asked = [
            _ask(node, question, tenants, limit=settings.member_seconds)
            for node in settings.members
        ]
        answers = await asyncio.gather(*asked)
        bundle = merged(
            answers, url=f"{root}/regional/fhir/{type}?{request.url.query}", language=language
        )
        return fhir_response(_with_faults(bundle, type, settings))

    return [
        Route("/regional/trusted-parties", trusted_parties),
        Route("/regional/fhir/DocumentReference", answering(fan_out)),
        Route("/regional/fhir/List", answering(fan_out)),
    ]


def merged(answers: list[Answer], *, url: str, language: Language) -> Json:
    """Returns one searchset of all answers; behind the matches stands one outcome with an issue for
    each node.

    Args:
        answers: In the order of the members.
        url: The search as it was asked, for the link `self`.
        language: Of the outcome.
    """
    findings = [_told(answer) for answer in answers]
    outcome = (
        [{"resource": operation_outcome(findings, language), "search": {"mode": "outcome"}}]
        if findings
        else []
    )
    totals = [answer.total for answer in answers if answer.total is not None]
    # of all matches, or absent (FHIR R4 Bundle.total): nobody knows what a silent node has
    counted = {"total": sum(totals)} if len(totals) == len(answers) else {}
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        **counted,
        "link": [{"relation": "self", "url": url}],
        "entry": [*(entry for answer in answers for entry in answer.entries), *outcome],
    }


def _told(answer: Answer) -> Finding:
    key = f"lacpass.node_{answer.outcome}"
    words = {
        "country": answer.member.country,
        "count": len(answer.entries),
        "seconds": f"{answer.seconds:.1f}",
        "reason": answer.reason,
    }
    severity = SEVERITY[answer.outcome]
    where = answer.member.address
    return Finding(
        key, severity, key, words, where=where, clause=CLAUSE, issue=ISSUES[answer.outcome]
    )


async def _ask(node: Member, question: Question, tenants: Tenants, *, limit: float) -> Answer:
    """Asks one node, a space of this server or a FHIR server elsewhere, for at most `limit`
    seconds.
    """
    begun = time.monotonic()
    # who named a space of this server by its whole address means it all the same, and needs no
    # token
    own = node.address.removeprefix(question.root)
    place = replace(node, address=own) if own.startswith("/") else node
    ask = _ask_here if own.startswith("/") else _ask_elsewhere
    try:
        # over all: httpx only limits the silence between two parts
        bundles = await asyncio.wait_for(_pages(place, question, partial(ask, tenants)), limit)
    except TimeoutError:
        return Answer(node, "timed_out", time.monotonic() - begun)
    except SandboxError as error:
        return Answer(
            node,
            "failed",
            time.monotonic() - begun,
            reason=text_of(error.as_finding(), question.language),
        )
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        return Answer(
            node, "failed", time.monotonic() - begun, reason=str(error) or error.__class__.__name__
        )
    base = f"{question.root}{node.address}" if node.address.startswith("/") else node.address
    entries = tuple(
        _absolute(entry, base)
        for bundle in bundles
        for entry in as_list(bundle.get("entry"))
        if _is_match(entry)
    )
    is_whole = not _next_of(bundles[-1])
    # what was read to its end is counted; of the rest the node's word is all that there is
    told = bundles[0].get("total")
    if is_whole:
        return Answer(node, "answered", time.monotonic() - begun, entries, len(entries))
    total = told if isinstance(told, int) else None
    return Answer(node, "cut", time.monotonic() - begun, entries, total)


async def _pages(
    node: Member, question: Question, ask: Callable[[Member, Question], Awaitable[Json]]
) -> list[Json]:
    """Returns the pages of a node, the first ones of many."""
    bundles = [await ask(node, question)]
    while len(bundles) < NODE_PAGES:
        following = _next_of(bundles[-1])
        if not following:
            break
        # of the address its query alone: whoever answers does not say where else is asked
        query = tuple(parse_qsl(urlsplit(following).query, keep_blank_values=True))
        bundles.append(await ask(node, replace(question, query=query)))
    return bundles


def _next_of(bundle: Json) -> str:
    """Returns where a page goes on; empty for the last one (FHIR R4 http.html#paging)."""
    links = [link for link in as_list(bundle.get("link")) if member(link, "relation") == "next"]
    return str(member(links[0], "url") or "") if links else ""


async def _ask_here(tenants: Tenants, node: Member, question: Question) -> Json:
    team = (
        node.address.removeprefix("/t/").removesuffix("/fhir")
        if node.address.startswith("/t/")
        else ""
    )

    def work() -> Json:
        call = Call(f"{question.root}{node.address}", type=question.type, query=question.query)
        body: Any = search(call, tenants.of(team)).body
        # as over the wire: what follows must not tell a space of this server from a node elsewhere
        return dict(parse_json(write_json(body)))

    return await run_in_threadpool(work)


async def _ask_elsewhere(_: Tenants, node: Member, question: Question) -> Json:
    proxy = await run_in_threadpool(way_out, node.address)
    async with (
        # no proxy but one that was named: a node is asked at the address that the operator gave
        httpx.AsyncClient(
            trust_env=False, timeout=MOST_SECONDS, proxy=proxy, verify=authorities()
        ) as client,
        # read in parts: a body too long is given up before it is here
        client.stream(
            "GET", f"{node.address}/{question.type}", params=question.query, headers=ACCEPT
        ) as response,
    ):
        decoder = Decoder(response.headers.get("content-encoding", ""), most=NODE_BYTES)
        content = bytearray()
        try:
            async for part in response.aiter_raw():
                content += decoder.feed(part)
            decoder.finish()
        except Oversized:
            raise SandboxError("lacpass.node_too_long", limit=NODE_BYTES // MEGABYTE) from None
    if response.status_code != 200:
        raise SandboxError("lacpass.node_status", status=response.status_code)
    bundle = parse_json(bytes(content))
    if member(bundle, "resourceType") != "Bundle" or member(bundle, "type") != "searchset":
        raise SandboxError("lacpass.node_no_searchset", found=member(bundle, "resourceType") or "–")
    return dict(bundle)


def _is_match(entry: Any) -> bool:
    return isinstance(member(entry, "resource"), dict) and member(
        member(entry, "search"), "mode"
    ) in (None, "match")


def _absolute(entry: Json, base: str) -> Json:
    """Returns an entry whose addresses lead to its own node, wherever it is read."""
    resource: Json = dict(entry["resource"])
    full_url = entry.get("fullUrl") or f"{base}/{resource.get('resourceType')}/{resource.get('id')}"
    contents = []
    for content in as_list(resource.get("content")):
        attachment = member(content, "attachment")
        url = member(attachment, "url")
        if isinstance(url, str) and isinstance(attachment, dict):
            content = {**content, "attachment": {**attachment, "url": urljoin(f"{base}/", url)}}
        contents.append(content)
    if contents:
        resource["content"] = contents
    return {"fullUrl": full_url, "resource": resource, "search": {"mode": "match"}}


def _party(party: Member, root: str) -> Json:
    """Returns a member in the form of the original; keys arrive with certificates, and are empty
    until then.
    """
    url = f"{root}{party.address}" if party.address.startswith("/") else party.address
    return {"url": url, "country": party.country, "publicKey": "", "kid": "", "validUntil": None}


def _with_faults(bundle: Json, type: str, settings: Settings) -> Json:
    """Makes the known faults of the original, for exercises: silent nodes, and a member that FHIR
    does not know.
    """
    if "silent_nodes" in settings.faults:
        kept = [entry for entry in bundle["entry"] if entry["search"]["mode"] == "match"]
        bundle = {**bundle, "entry": kept}
    if "search_member" in settings.faults and type == "List":
        bundle = {**bundle, "search": {"mode": "match"}}
    return bundle
