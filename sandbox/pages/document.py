"""A summary as a page: that of a patient of this server, a document stored here, or a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from sandbox.errors import SandboxError
from sandbox.fhir.json import parse_json
from sandbox.i18n import Language
from sandbox.ips.reading import read_document
from sandbox.pages.home import SECURITY, page_language, render
from sandbox.sentences import text_of
from sandbox.server.call import Call, Reply
from sandbox.server.interactions.reading import read
from sandbox.server.operations.summary import summary
from sandbox.server.partitions import Tenants
from sandbox.settings import Settings
from sandbox.threads import run_in_threadpool
from sandbox.web.requests import fhir_base_of
from sandbox.workers import DECODING

STYLE = Path(__file__).parent / "style.css"


def document_routes(tenants: Tenants, settings: Settings) -> list[Route]:
    """Returns the routes of the pages of patients' summaries and of stored documents, of the main
    data and of teams.
    """

    async def show(request: Request) -> Response:
        language = page_language(request)
        team = request.path_params.get("team", "")
        id = request.path_params["id"]
        base = fhir_base_of(request, team=team)
        headers = {"accept-language": language}
        is_patient = "/ips/patient/" in request.url.path
        call = Call(
            base, language, type="Patient" if is_patient else "Bundle", id=id, headers=headers
        )

        def work() -> Reply:
            services = tenants.of(team)
            return summary(call, services) if is_patient else read(call, services)

        try:
            reply = await run_in_threadpool(work)
            # relative, since a proxy may show the server below any path
            root = "../../../../" if team else "../../"
            # whoever stored the document may have made it to take long
            share = id if is_patient and not team else ""
            text = await tenants.main.workers.later(
                DECODING, _page_of, reply.body, language, root, share
            )
        except SandboxError as error:
            return PlainTextResponse(text_of(error.as_finding(), language), error.status)
        return HTMLResponse(text, headers=SECURITY)

    return [
        Route("/ips/patient/{id}", show),
        Route("/ips/document/{id}", show),
        Route("/t/{team}/ips/patient/{id}", show),
        Route("/t/{team}/ips/document/{id}", show),
    ]


def _page_of(body: Any, language: Language, root: str, share: str) -> str:
    """Returns the page of what the server answered; the job of a worker."""
    bundle = parse_json(body) if isinstance(body, bytes) else body
    return document_page(bundle, language, root=root, share=share)


def document_page(bundle: Any, language: Language, *, root: str = "", share: str = "") -> str:
    """Returns the page of a document; `root` leads to the server's first page, without it the page
    stands alone; `share` is the patient whose summary it is, where it may be shared.
    """
    # a file that is sent on has no style sheet beside it
    css = "" if root else STYLE.read_text(encoding="utf-8")
    return render(
        "document.html",
        language,
        view=read_document(bundle, language),
        root=root,
        css=css,
        share=share,
    )
