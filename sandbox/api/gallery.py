"""The gallery over the API: samples that teams share with the event, judged as they come, listed by
page, fetched as they are.
"""

from __future__ import annotations

from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from typing_extensions import TypedDict

from sandbox.api.asking import (
    answer,
    answering,
    number_of,
    person_of,
    run_service_of,
    writer_of,
)
from sandbox.api.links import trust_of
from sandbox.api.listing import PAGED, USUAL, told
from sandbox.api.sampling import Ground, Judged, judge_sample
from sandbox.clock import fhir_instant
from sandbox.errors import BadRequest, NotFinished
from sandbox.event.events import Events
from sandbox.event.gallery import KINDS, OUTCOMES, Content, Gallery, Sample, Shared, Wanted
from sandbox.event.identity import Person
from sandbox.event.rights import allow
from sandbox.fhir.dates import moment_of
from sandbox.limits import SAMPLE_BYTES
from sandbox.reports.records import finding_record
from sandbox.store.paging import Page
from sandbox.threads import run_in_threadpool
from sandbox.web.requests import address_of, body_of, language_of
from sandbox.workers import JUDGING, Pool

LISTED = ("event", "kind", "team", "country", "verdict", *PAGED)


class SampleView(TypedDict):
    """A sample as lists tell it; `gone` is when it was taken out, empty for one that is there."""

    id: str
    event: str
    at: str
    kind: str
    title: str
    team: str
    country: str
    verdict: str
    gone: str


class JudgedSampleView(SampleView):
    """A sample with what was found about it when it came; nothing of one that was taken out."""

    findings: list[dict[str, object]]


async def samples(request: Request) -> Response:
    """GET /api/samples: those of an event, the newest first, by page; narrowed by kind, team,
    country and verdict.
    """
    allow(await person_of(request), "see_results")
    page = await samples_of(request)
    headers = told(request, page.total, page.cursor)
    return answer([_view(sample) for sample in page.rows], headers=headers)


async def share(request: Request) -> Response:
    """POST /api/samples?title=: shares the document, certificate, link or credential in the body,
    or the picture of a code.
    """
    person = await writer_of(request)
    content = await body_of(request, limit=SAMPLE_BYTES, refusal="gallery.too_large")
    sample = await shared(request, request.query_params.get("title", ""), content, person)
    return answer(_view(sample), 201, {"Location": f"/api/samples/{sample.id}"})


async def look(request: Request) -> Response:
    """GET /api/samples/{sample}: a sample with what was found about it."""
    sample = await sample_of(request)
    findings = [] if sample.gone else (await content_of(request, sample)).findings
    records = [finding_record(finding, language_of(request)) for finding in findings]
    return answer({**_view(sample), "findings": records})


async def content(request: Request) -> Response:
    """GET /api/samples/{sample}/content: what was shared, to be saved and never shown."""
    sample = await sample_of(request)
    text = (await content_of(request, sample)).text
    ending = {b"{": "json", b"<": "xml"}.get(text.lstrip()[:1], "txt")
    headers = {
        # what a stranger sent is never taken for a page of ours
        "Content-Disposition": f'attachment; filename="{sample.id}.{ending}"',
        "X-Content-Type-Options": "nosniff",
    }
    return Response(text, headers=headers, media_type="application/octet-stream")


async def take_out(request: Request) -> Response:
    """POST /api/samples/{sample}/take-out: deletes what one's own team shared."""
    person = await writer_of(request)
    id = request.path_params["sample"]
    await run_in_threadpool(gallery_of(request).take_out, id, person)
    return answer(_view(await run_in_threadpool(gallery_of(request).find, id)))


def gallery_routes() -> list[Route]:
    """Returns the routes."""
    return [
        Route("/api/samples", answering(samples)),
        Route("/api/samples", answering(share), methods=["POST"]),
        Route("/api/samples/{sample}", answering(look)),
        Route("/api/samples/{sample}/content", answering(content)),
        Route("/api/samples/{sample}/take-out", answering(take_out), methods=["POST"]),
    ]


def gallery_of(request: Request) -> Gallery:
    """Returns the gallery that the application holds."""
    return run_service_of(request).gallery


async def sample_of(request: Request) -> Sample:
    """Returns the sample of the address, also one that was taken out; raises NotFound,
    Forbidden.
    """
    allow(await person_of(request), "see_results")
    return await run_in_threadpool(gallery_of(request).find, request.path_params["sample"])


async def content_of(request: Request, sample: Sample) -> Content:
    """Returns what was shared; raises Gone."""
    return await run_in_threadpool(gallery_of(request).read, sample)


async def samples_of(request: Request) -> Page[Sample]:
    """Returns the page of samples that a request asks for; without an event those of the one that
    runs.

    Raises:
        BadRequest: A word is none of those that there are.
    """
    query = request.query_params
    for name, known in (("kind", KINDS), ("verdict", OUTCOMES)):
        if query.get(name, "") not in ("", *known):
            raise BadRequest("testbench.bad_request", where=name, name=query[name])
    wanted = Wanted(
        query.get("event") or current_of(request),
        query.get("kind", ""),
        query.get("team", ""),
        query.get("country", "").strip().upper(),
        query.get("verdict", ""),
    )
    limit = number_of(query.get("limit") or str(USUAL))
    cursor = query.get("cursor", "")
    read = partial(gallery_of(request).page, wanted, limit=limit, cursor=cursor)
    return await run_in_threadpool(read)


def current_of(request: Request) -> str:
    """Returns the id of the event that runs now; empty for none."""
    events: Events = request.app.state.events
    return events.current


def ground_of(request: Request) -> Ground:
    """Returns by what certificates and credentials are judged here."""
    data = request.app.state.settings.data
    return Ground(trust_of(request).folder, data, address_of(request))


async def shared(request: Request, title: str, content: bytes, person: Person) -> Sample:
    """Judges what somebody shares in a worker, and keeps it with what was found.

    Raises:
        BadRequest: There is nothing in it, or it has no title.
        TooLarge: It is too large, or one too many.
        Forbidden: The person takes no part.
    """
    workers: Pool = request.app.state.workers
    try:
        judged = await workers.later(JUDGING, judge_sample, content, ground_of(request))
    except NotFinished as error:
        judged = Judged("document", content, (error.as_finding(),), "inconclusive")
    sample = Shared(title, judged.kind, judged.content, judged.findings, judged.verdict)
    keep = partial(gallery_of(request).share, sample, current_of(request), person)
    return await run_in_threadpool(keep)


def _view(sample: Sample) -> SampleView:
    return SampleView(
        id=sample.id,
        event=sample.event,
        at=fhir_instant(moment_of(sample.at)),
        kind=sample.kind,
        title=sample.title,
        team=sample.team,
        country=sample.country,
        verdict=sample.verdict,
        gone=fhir_instant(moment_of(sample.gone)) if sample.gone else "",
    )
