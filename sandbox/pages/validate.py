"""The page where a document is judged: pasted or dropped, read with its findings beside its lines,
and forgotten.

Only who presses *keep* leaves something behind: a redacted copy under an unguessable link, for some
days.
"""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.api.asking import person_of
from sandbox.api.kept import KeptJudgements
from sandbox.api.validations import ValidationRequest, judge_alone, request_of
from sandbox.definitions.rulesets import profile_names, years
from sandbox.definitions.xml import read_xml
from sandbox.errors import SandboxError, TooLarge
from sandbox.event.people import ANYONE
from sandbox.fhir.json import parse_json
from sandbox.findings import Finding
from sandbox.limits import JUDGED_BYTES, MEGABYTE
from sandbox.pages.home import FOLDER, page_language
from sandbox.pages.judgement import judged_document
from sandbox.pages.proposing import propose_profile
from sandbox.pages.working import form_of, root_of, shown, working_page

AUTOMATIC = "automatic"
MOST_FORM = 3 * JUDGED_BYTES  # a form writes a byte as three at worst
SECRET = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


async def ask(request: Request) -> Response:
    """GET /validate: where a document is pasted, chosen or dropped."""
    return await _page(request, asked=ValidationRequest(), chosen=AUTOMATIC)


async def judge(request: Request) -> Response:
    """POST /validate: the document with its findings beside its lines; nothing is stored."""
    me = await person_of(request)
    form = await form_of(request, most=MOST_FORM)
    document, asked, findings = await _judged(form)
    view = judged_document((_name(document), document, findings), page_language(request))
    chosen = form.get("profile", AUTOMATIC)
    return await _page(
        request, me=me, document=view, text=document.decode(), asked=asked, chosen=chosen
    )


async def keep(request: Request) -> Response:
    """POST /validate/keep: judges once more, keeps the judgement, and goes to its link."""
    await person_of(request)
    document, asked, findings = await _judged(await form_of(request, most=MOST_FORM))
    id = await run_in_threadpool(_kept(request).keep, document, findings, asked)
    place = f"{root_of(request)}validate/kept/{id}?lang={page_language(request)}"
    return RedirectResponse(place, 303, headers=SECRET)


async def kept(request: Request) -> Response:
    """GET /validate/kept/{id}: a kept judgement, for whoever has its link; DELETE deletes it."""
    id = request.path_params["id"]
    if request.method == "DELETE":
        await run_in_threadpool(_kept(request).remove, id)
        return Response(status_code=204, headers=SECRET)
    found = await run_in_threadpool(_kept(request).read, id)
    view = judged_document(
        (_name(found.document), found.document, found.findings), page_language(request)
    )
    until = found.until.date().isoformat()
    response = await _page(
        request, me=ANYONE, document=view, asked=found.asked, chosen=AUTOMATIC, until=until, id=id
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
    defaults = {"document": None, "text": "", "until": "", "id": ""}
    choices = {"names": list(profile_names()), "years": years(), "days": _kept(request).days}
    return await working_page(request, "validate.html", **{**defaults, **choices, **values})


async def _judged(form: dict[str, str]) -> tuple[bytes, ValidationRequest, list[Finding]]:
    document = form.get("document", "").encode("utf-8", "replace")
    if len(document) > JUDGED_BYTES:
        raise TooLarge("validations.too_large", where="document", limit=JUDGED_BYTES // MEGABYTE)
    return await run_in_threadpool(_judge, document, form)


def _judge(document: bytes, form: dict[str, str]) -> tuple[bytes, ValidationRequest, list[Finding]]:
    chosen = form.get("profile", AUTOMATIC)
    asked = request_of(
        [_proposed(document) if chosen == AUTOMATIC else chosen], form.get("ruleset", "")
    )
    return document, asked, judge_alone(document, asked)


def _proposed(document: bytes) -> str:
    """Returns the profile that a text proposes; the judge says what is wrong with one that cannot
    be read.
    """
    from sandbox.validation import knowledge_at_hand

    is_xml = document.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
    try:
        return propose_profile(
            read_xml(document, knowledge_at_hand().types) if is_xml else parse_json(document)
        )
    except SandboxError:
        return ""


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
