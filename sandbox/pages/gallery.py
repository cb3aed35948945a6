"""The gallery for people: what teams share with the event, one sample with what it says and what
was found, the form to share, and the way from a sample to a run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sandbox.api.asking import person_of, run_service_of
from sandbox.api.gallery import (
    content_of,
    gallery_of,
    ground_of,
    sample_of,
    samples_of,
    shared,
)
from sandbox.api.listing import next_of
from sandbox.api.sampling import BLANKS, Ground, credential_report
from sandbox.errors import BadRequest, Gone, NotFinished, SandboxError, TooLarge
from sandbox.event.gallery import KINDS, MARK, OUTCOMES, Kind, Sample
from sandbox.event.identity import Person
from sandbox.event.rights import allow, may
from sandbox.event.systems import HERE, all_systems
from sandbox.fhir.json import member, parse_json
from sandbox.findings import Finding
from sandbox.i18n import Language, say
from sandbox.limits import MEGABYTE, SAMPLE_BYTES
from sandbox.pages.certificates import judged_text, step_view
from sandbox.pages.home import page_language
from sandbox.pages.inputs import FIELD
from sandbox.pages.judgement import judged_document
from sandbox.pages.working import go_to, root_of, shown, upload_of, working_page
from sandbox.sentences import page_fix_of, text_of
from sandbox.testbench.tracks import TRACKS, declared_inputs, inputs_of
from sandbox.threads import run_in_threadpool
from sandbox.web.requests import address_of
from sandbox.workers import JUDGING, Pool

INPUTS: dict[Kind, tuple[str, ...]] = {
    "document": ("document",),
    "certificate": ("certificate",),
    "link": ("certificate",),
    "credential": (),
}
"""Which inputs of tests take a sample of a kind."""
NOTHING: dict[str, Any] = {
    "judged": None,
    "document": None,
    "found": [],
    "verdict": "",
    "steps": [],
    "words": None,
}
"""What a page shows of what a sample says, before anything of it is known."""


async def look(request: Request) -> Response:
    """GET /gallery: the samples of the event, and the form to share one."""
    person = await person_of(request)
    allow(person, "see_results")
    page = await samples_of(request)
    names = ("kind", "country", "verdict")
    asked = {name: request.query_params.get(name, "") for name in names}
    return await working_page(
        request,
        "gallery.html",
        me=person,
        rows=[_row(sample) for sample in page.rows],
        total=page.total,
        older=next_of(request, page.cursor),
        asked=asked,
        is_narrowed=any(asked.values()),
        kinds=KINDS,
        outcomes=OUTCOMES,
    )


async def share(request: Request) -> Response:
    """POST /gallery: judges and keeps what a form holds, a file before what was pasted."""
    form = await upload_of(request, most=SAMPLE_BYTES)
    person = await person_of(request)
    file = form.files.get("file")
    pasted = form.fields.get("text", "").encode("utf-8", "replace")
    content = file.content if file and file.content else pasted
    if len(content) > SAMPLE_BYTES:
        raise TooLarge("gallery.too_large", where="file", limit=SAMPLE_BYTES // MEGABYTE)
    sample = await shared(request, form.fields.get("title", ""), content, person)
    return go_to(request, f"gallery/{sample.id}")


async def show(request: Request) -> Response:
    """GET /gallery/{sample}: what it says, what was found about it, and what can be done with
    it.
    """
    person = await person_of(request)
    sample = await sample_of(request)
    try:
        content = await content_of(request, sample)
    except Gone:
        gone = await working_page(request, "sample_gone.html", me=person, sample=_row(sample))
        gone.status_code = Gone.status
        return gone
    view = await _view_of(request, sample, content.text, content.findings)
    return await working_page(
        request,
        "sample.html",
        me=person,
        sample=_row(sample),
        view=view,
        findings=_said(content.findings, page_language(request)),
        text=content.text.decode("utf-8", "replace"),
        place=f"{address_of(request)}/gallery/{sample.id}",
        name=f"{MARK}{sample.id}",
        systems=await run_in_threadpool(_systems, request, person),
        uses=uses_of(sample.kind, page_language(request)),
        may_take_out=may(person, "take_part", sample.whose),
    )


async def take(request: Request) -> Response:
    """GET /gallery/{sample}/take: the form of a run, with the sample in its place."""
    sample = await sample_of(request)
    query = request.query_params
    track, _, name = query.get("use", "").partition(" ")
    if (track, name) not in [use[:2] for use in uses_of(sample.kind, "en")]:
        raise BadRequest("testbench.bad_request", where="use", name=query.get("use", ""))
    fields = {
        "lang": page_language(request),
        "system": query.get("system", HERE),
        "track": track,
        f"{FIELD}{name}": f"{MARK}{sample.id}",
    }
    return RedirectResponse(f"{root_of(request)}team/start?{urlencode(fields)}", 303)


async def take_out(request: Request) -> Response:
    """POST /gallery/{sample}/take-out: deletes what one's own team shared."""
    person = await person_of(request)
    id = request.path_params["sample"]
    await run_in_threadpool(gallery_of(request).take_out, id, person)
    return go_to(request, f"gallery/{id}")


def gallery_pages() -> list[Route]:
    """Returns the routes."""
    return [
        Route("/gallery", shown(look)),
        Route("/gallery", shown(share, form=look), methods=["POST"]),
        Route("/gallery/{sample}", shown(show)),
        Route("/gallery/{sample}/take", shown(take)),
        Route("/gallery/{sample}/take-out", shown(take_out), methods=["POST"]),
    ]


def uses_of(kind: Kind, language: Language) -> list[tuple[str, str, str]]:
    """Returns what takes a sample of a kind: track, input and how both are called."""
    return [
        (track.id, name, f"{say(f'{track.room}.name', language)} ({track.id})")
        for name in INPUTS[kind]
        for track in TRACKS.values()
        if name in inputs_of(track.id) and declared_inputs()[name].kind == "document"
    ]


def sample_view(
    kind: Kind, content: bytes, findings: Sequence[Finding], ground: Ground, language: Language
) -> dict[str, Any]:
    """Returns what a page shows of what a sample says; the job of a worker."""
    match kind:
        case "document":
            judged = judged_document(("", content, findings), language)
            return NOTHING | {"judged": judged, "document": _read_document(content, language)}
        case "credential":
            from sandbox.credentials.words import words_of_credential

            report = credential_report(content, ground)
            steps = [step_view(step, language, room="credentials") for step in report.steps]
            words = words_of_credential(report)
            return NOTHING | {"verdict": report.verdict, "steps": steps, "words": words}
    text = content.decode("utf-8", "replace").strip(BLANKS)
    return NOTHING | {"found": judged_text(text, ground.trust, language)}


def _read_document(content: bytes, language: Language) -> Any:
    """Returns what a document says; None for a text that is no document."""
    from sandbox.definitions.xml import read_xml
    from sandbox.ips.reading import read_document
    from sandbox.validation import knowledge_at_hand

    try:
        is_xml = content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
        resource = read_xml(content, knowledge_at_hand().types) if is_xml else parse_json(content)
    except SandboxError:
        return None
    is_document = member(resource, "resourceType") == "Bundle"
    is_document = is_document and member(resource, "type") == "document"
    return read_document(resource, language) if is_document else None


async def _view_of(
    request: Request, sample: Sample, content: bytes, findings: Sequence[Finding]
) -> dict[str, Any]:
    workers: Pool = request.app.state.workers
    language = page_language(request)
    ground = ground_of(request)
    try:
        return await workers.later(
            JUDGING, sample_view, sample.kind, content, findings, ground, language
        )
    except NotFinished:  # what was found stays to be read
        return NOTHING


def _said(findings: Sequence[Finding], language: Language) -> list[dict[str, str]]:
    return [
        {
            "severity": finding.severity,
            "text": text_of(finding, language),
            "fix": page_fix_of(finding, language),
            "clause": finding.clause,
        }
        for finding in findings
    ]


def _row(sample: Sample) -> dict[str, Any]:
    return {
        "id": sample.id,
        "kind": sample.kind,
        "title": sample.title or sample.id,
        "team": sample.team,
        "country": sample.country,
        "verdict": sample.verdict,
        "when": sample.at,
        "gone": sample.gone,
    }


def _systems(request: Request, person: Person) -> list[str]:
    """Returns the systems against which a person may start a run, the bundled one last."""
    known = all_systems(run_service_of(request).store)
    return [*(system.name for system in known if may(person, "start", system.whose)), HERE]
