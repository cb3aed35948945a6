"""The page where a document is judged: pasted or dropped, read with its findings beside its lines,
and forgotten.  What is a credential, an offer or a request is said, and never kept.

Only who presses *keep* leaves something behind: a redacted copy under an unguessable link, for some
days.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.api.asking import person_of
from sandbox.api.kept import KeptJudgements
from sandbox.api.recognised import ground_of, is_recognised, recognise
from sandbox.api.validations import (
    ValidationRequest,
    judge_document,
    proposed_profile,
    request_of,
)
from sandbox.definitions.rulesets import profile_names, years
from sandbox.errors import NotFinished, SandboxError, TooLarge
from sandbox.event.people import ANYONE
from sandbox.fhir.json import parse_json
from sandbox.findings import Finding
from sandbox.i18n import Language
from sandbox.limits import JUDGED_BYTES, MEGABYTE
from sandbox.pages.certificates import step_view
from sandbox.pages.home import FOLDER, page_language
from sandbox.pages.judgement import judged_document
from sandbox.pages.working import form_of, root_of, shown, working_page
from sandbox.sentences import page_fix_of, text_of
from sandbox.threads import run_in_threadpool
from sandbox.workers import JUDGING, Pool

AUTOMATIC = "automatic"
MOST_FORM = 3 * JUDGED_BYTES  # a form writes a byte as three at worst
# The link is the only key: a link out of the page would tell it to others, a search engine to all.
SECRET = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


@dataclass(frozen=True, slots=True)
class Judgement:
    """A document that was judged, by what, and as the page shows it."""

    document: bytes
    asked: ValidationRequest
    findings: list[Finding]
    view: dict[str, object]


async def ask(request: Request) -> Response:
    """GET /validate: where a document is pasted, chosen or dropped."""
    return await _page(request, asked=ValidationRequest(), chosen=AUTOMATIC)


async def judge(request: Request) -> Response:
    """POST /validate: the document with its findings beside its lines; nothing is stored."""
    me = await person_of(request)
    form = await form_of(request, most=MOST_FORM)
    typed = form.get("document", "")
    if is_recognised(typed):
        view = await _recognised(request, typed)
        return await _page(
            request, me=me, recognised=view, text=typed, asked=ValidationRequest(), chosen=AUTOMATIC
        )
    judged = await _judged(request, form)
    chosen = form.get("profile", AUTOMATIC)
    text = judged.document.decode()
    return await _page(
        request, me=me, document=judged.view, text=text, asked=judged.asked, chosen=chosen
    )


async def keep(request: Request) -> Response:
    """POST /validate/keep: judges once more, keeps the judgement, and goes to its link."""
    await person_of(request)
    # judged again and not taken from the form: a kept judgement is this server's word
    judged = await _judged(request, await form_of(request, most=MOST_FORM))
    id = await run_in_threadpool(
        _kept(request).keep, judged.document, judged.findings, judged.asked
    )
    place = f"{root_of(request)}validate/kept/{id}?lang={page_language(request)}"
    return RedirectResponse(place, 303, headers=SECRET)


async def kept(request: Request) -> Response:
    """GET /validate/kept/{id}: a kept judgement, for whoever has its link; DELETE deletes it."""
    id = request.path_params["id"]
    if request.method == "DELETE":
        await run_in_threadpool(_kept(request).remove, id)
        return Response(status_code=204, headers=SECRET)
    judgement = await run_in_threadpool(_kept(request).read, id)
    view = await _workers(request).later(
        JUDGING, _view, judgement.document, judgement.findings, page_language(request)
    )
    until = judgement.until
    response = await _page(
        request,
        me=ANYONE,
        document=view,
        asked=judgement.asked,
        chosen=AUTOMATIC,
        until=until,
        id=id,
    )
    response.headers.update(SECRET)
    return response


async def delete(request: Request) -> Response:
    """POST /validate/kept/{id}/delete: deletes a kept judgement now, and goes back to the form."""
    await run_in_threadpool(_kept(request).remove, request.path_params["id"])
    return RedirectResponse(
        f"{root_of(request)}validate?lang={page_language(request)}", 303, headers=SECRET
    )


async def file(request: Request) -> Response:
    """GET /validate.js, /judgement.css: what the page is made of."""
    name = request.url.path.rpartition("/")[2]
    return FileResponse(
        FOLDER / name, media_type="text/javascript" if name.endswith(".js") else "text/css"
    )


def validate_pages() -> list[Route]:
    """Returns the routes."""
    return [
        Route("/validate", shown(ask)),
        Route("/validate", shown(judge), methods=["POST"]),
        Route("/validate/keep", shown(keep), methods=["POST"]),
        Route("/validate/kept/{id}", shown(kept), methods=["GET", "DELETE"]),
        Route("/validate/kept/{id}/delete", shown(delete), methods=["POST"]),
        Route("/validate.js", file),
        Route("/judgement.css", file),
    ]


async def _page(request: Request, **values: Any) -> Response:
    defaults = {"document": None, "recognised": None, "text": "", "until": "", "id": ""}
    choices = {"names": list(profile_names()), "years": years(), "days": _kept(request).days}
    return await working_page(request, "validate.html", **{**defaults, **choices, **values})


async def _recognised(request: Request, text: str) -> dict[str, Any]:
    """Returns what a credential or link is, as the page shows it; judged in a worker."""
    ground, language = ground_of(request), page_language(request)
    recognised = await _workers(request).later(JUDGING, recognise, text, ground, language)
    notes = [
        {"text": text_of(finding, language), "fix": page_fix_of(finding, language)}
        for finding in recognised.findings
    ]
    steps = [step_view(step, language, room="credentials") for step in recognised.steps]
    return {**recognised.view, "steps": steps, "notes": notes}


async def _judged(request: Request, form: dict[str, str]) -> Judgement:
    """Judges what a form holds in a worker; a document that takes too long is shown as it is."""
    document = form.get("document", "").encode("utf-8", "replace")
    if len(document) > JUDGED_BYTES:
        raise TooLarge("validations.too_large", where="document", limit=JUDGED_BYTES // MEGABYTE)
    chosen = form.get("profile", AUTOMATIC)
    year = form.get("ruleset", "")
    language = page_language(request)
    try:
        return await _workers(request).later(JUDGING, _judge, document, chosen, year, language)
    except NotFinished as error:
        asked = request_of([] if chosen == AUTOMATIC else [chosen], year)
        findings = [error.as_finding()]
        view = await _workers(request).later(JUDGING, _view, document, findings, language)
        return Judgement(document, asked, findings, view)


def _judge(document: bytes, chosen: str, year: str, language: Language) -> Judgement:
    """Judges a document and makes what is shown of it; the job of a worker."""
    asked = request_of([proposed_profile(document) if chosen == AUTOMATIC else chosen], year)
    findings = judge_document(document, asked)
    return Judgement(document, asked, findings, _view(document, findings, language))


def _view(document: bytes, findings: Sequence[Finding], language: Language) -> dict[str, object]:
    return judged_document((_name(document), document, findings), language)


def _workers(request: Request) -> Pool:
    workers: Pool = request.app.state.workers
    return workers


def _name(document: bytes) -> str:
    """Returns what a document calls itself: its type, and of a Bundle which kind of one."""
    try:
        content = parse_json(document)
    except SandboxError:
        return "XML" if document.lstrip().startswith(b"<") else "–"
    kind, type = (
        (str(content.get(name) or "") for name in ("resourceType", "type"))
        if isinstance(content, dict)
        else ("", "")
    )
    return " · ".join(filter(None, [kind or "–", type if kind == "Bundle" else ""]))


def _kept(request: Request) -> KeptJudgements:
    judgements: KeptJudgements = request.app.state.judgements
    return judgements
