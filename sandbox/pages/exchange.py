"""The page of an exchange: request and response side by side, and each finding at the element that
it is about.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.api.asking import run_of, run_service_of
from sandbox.api.shapes import FindingView
from sandbox.api.views import exchange_view, finding_view
from sandbox.event.requests import as_curl, as_http
from sandbox.event.run import Run
from sandbox.exchange import Exchange
from sandbox.fhir.json import member
from sandbox.fhir.positions import find_positions
from sandbox.i18n import Language, say
from sandbox.pages.coming_back import Origin, handed_on, origin_of
from sandbox.pages.home import page_language
from sandbox.pages.run_causes import grouped
from sandbox.pages.working import working_page
from sandbox.sentences import page_fix_of
from sandbox.testbench.reading import resource_in
from sandbox.threads import run_in_threadpool
from sandbox.unanswered import why_unanswered


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a body with the findings at its element."""

    text: str
    findings: tuple[FindingView, ...] = ()


async def exchange(request: Request) -> Response:
    """GET /runs/{run}/{number}: a request and its response, with what was found about them."""
    run = await run_of(request)
    language = page_language(request)
    number = request.path_params["number"]
    origin = origin_of(request)
    kept = await run_in_threadpool(run_service_of(request).runs.exchange, run.id, number)
    shown = exchange_view(kept)
    findings = _about(run, number, language)
    asked = at_their_lines(shown["request_body"], findings)
    # what is about an element of the request is not shown a second time at one of the response
    left = [
        item
        for item in findings
        if item not in [finding for line in asked for finding in line.findings]
    ]
    answered = at_their_lines(shown["body"], left)
    return await working_page(
        request,
        "exchange.html",
        run=run.id,
        number=number,
        exchange=shown,
        groups=grouped(findings),
        **_around(run, number),
        at=_test_of(run, number, origin),
        keep=handed_on(origin),
        requests=await run_in_threadpool(run_service_of(request).runs.requests, run),
        unanswered=unanswered(kept, language),
        asked=asked,
        answered=answered,
        again={"curl": as_curl(kept), ".http": as_http([kept])},
    )


def _about(run: Run, number: int, language: Language) -> list[FindingView]:
    """Returns what was found about an exchange."""
    found = [
        finding
        for outcome in (*run.outcomes.values(), *run.mended)
        if number in outcome.exchanges and outcome.verdict != "skip"
        for finding in outcome.findings
    ]
    stray = [run.unmatched[number]] if number in run.unmatched else []
    return [finding_view(finding, language, fix=page_fix_of) for finding in [*found, *stray]]


def unanswered(kept: Exchange, language: Language) -> str:
    """Returns that no answer came and why; "" where one came."""
    if not kept.failure:
        return ""
    why = why_unanswered(kept.failure, kept.url, language).rstrip(".")
    return say("pages.runs.no_answer", language, why=why)


def _around(run: Run, number: int) -> dict[str, Any]:
    """Returns the exchanges before and behind one, of those that tests were decided by."""
    numbers = {one for outcome in run.outcomes.values() for one in outcome.exchanges}
    before = [one for one in numbers if one < number]
    behind = [one for one in numbers if one > number]
    return {"before": max(before, default=None), "behind": min(behind, default=None)}


def _test_of(run: Run, number: int, origin: Origin | None) -> str:
    """Returns the anchor of the test from which somebody came to an exchange, else of the first
    that it has decided, or of what matched none; "" for neither.
    """
    if origin is not None and origin.named.startswith(f"runs/{run.id}#"):
        return f"#{origin.named.partition('#')[2]}"
    decided = [
        test.number
        for test in run.tests
        if test.id in run.outcomes and number in run.outcomes[test.id].exchanges
    ]
    if not decided and number in run.unmatched:
        decided = ["unmatched"]
    return f"#{decided[0]}" if decided else ""


def at_their_lines(body: str, findings: Sequence[FindingView]) -> list[Line]:
    """Returns the lines of a body, JSON with a property a line, each with the findings whose place
    it is.
    """
    root = str(member(resource_in(body.encode()), "resourceType") or "–")
    places = {
        finding["where"] for finding in findings if re.split(r"[.\[]", finding["where"])[0] == root
    }
    # positions need a whole reading of the body, which may be large
    positions = find_positions(body.encode(), places) if places else {}
    by_line: dict[int, list[FindingView]] = {}
    for finding in findings:
        if finding["where"] in positions:
            by_line.setdefault(positions[finding["where"]].line, []).append(finding)
    return [
        Line(text, tuple(by_line.get(number, ())))
        for number, text in enumerate(body.splitlines(), 1)
    ]
