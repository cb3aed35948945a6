"""Opens a health link, or the code of a certificate that holds one, for whoever has it: what is
behind it as a summary, and each step of getting there.

Links of this server are opened by anybody, as their manifest is; those of others through the guard,
for whoever may have something sent.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from sandbox.api.asking import run_service_of
from sandbox.api.links import links_of, refusal_of, trust_of
from sandbox.errors import SandboxError
from sandbox.event.people import Person
from sandbox.event.rights import Whose, allow
from sandbox.fhir.json import write_json
from sandbox.findings import Finding
from sandbox.i18n import Language
from sandbox.pages.certificates import certificate_view
from sandbox.pages.home import FOLDER, WORKING, page_language, render, times_of
from sandbox.pages.working import form_of, root_of, whoever
from sandbox.pages.working import shown as page
from sandbox.sentences import page_fix_of, text_of
from sandbox.threads import run_in_threadpool
from sandbox.web.requests import address_of, language_of
from sandbox.workers import DECODING, Pool

if TYPE_CHECKING:
    from sandbox.certificates.receiving import Answer, Received

RECIPIENT = "connectathon sandbox"
MOST_FINDINGS = 20
# a phone's camera is asked for by a page of its own origin alone
POLICY = {**WORKING, "Permissions-Policy": "camera=(self)", "Cache-Control": "no-store"}


async def look(request: Request) -> Response:
    """GET /open: where a link is pasted, a picture taken, or a code scanned."""
    return await _page(request, text="", view=None)


async def receive(request: Request) -> Response:
    """POST /open: what is behind a link, or what the text says if it is none."""
    form = await form_of(request)
    # a space at the end of a certificate belongs to Base45
    text = form.get("text", "").strip("\r\n\t")
    language = page_language(request)
    me = await whoever(request)
    fetcher = _Fetcher(request, me)
    folder = trust_of(request).folder
    passcode = form.get("passcode", "").strip()
    received, is_asked = await run_in_threadpool(_received, text, fetcher, passcode)
    workers: Pool = request.app.state.workers
    view = await workers.later(DECODING, _view, text, received, folder, language)
    return await _page(request, text=text, view={**view, "asks_passcode": is_asked})


def opening_pages() -> list[Route]:
    """Returns the routes."""
    return [
        Route("/open", page(look)),
        Route("/open", page(receive), methods=["POST"]),
        Route("/scan.js", script),
    ]


async def script(_: Request) -> Response:
    """GET /scan.js: reads a code live by the camera, where the browser allows it."""
    return FileResponse(FOLDER / "scan.js", media_type="text/javascript")


async def _page(request: Request, **values: Any) -> Response:
    language = page_language(request)
    me = await whoever(request)
    own = {"me": me, "root": root_of(request), "times": await run_in_threadpool(times_of, request)}
    shown = await run_in_threadpool(lambda: render("open.html", language, **own, **values))
    return HTMLResponse(shown, headers=POLICY)


class _Fetcher:
    """The way of a receiver to the files of a link: inside this process for links of this server,
    through the guard for all others.
    """

    def __init__(self, request: Request, me: Person | None) -> None:
        self._own = f"{address_of(request)}/shl/"
        self._links = links_of(request)
        self._service = run_service_of(request)
        self._me = me
        self._language = language_of(request)

    def __call__(self, method: str, address: str, body: dict[str, Any] | None) -> Answer:
        """Raises OSError where nothing comes back."""
        from sandbox.certificates.receiving import Answer

        if not address.startswith(self._own):
            return self._elsewhere(method, address, body)
        try:
            return Answer(200, "application/json", self._here(address, body))
        except SandboxError as error:
            content = write_json(refusal_of(error, self._language))
            return Answer(error.status, "application/json", content)

    def is_gone(self, address: str) -> bool:
        """Tells whether an address is that of a link of this server which nobody can open."""
        id = address.removeprefix(self._own)
        return address.startswith(self._own) and not self._links.state(id).is_open

    def _here(self, address: str, body: dict[str, Any] | None) -> bytes:
        id, _, token = address.removeprefix(self._own).partition("?")[0].partition("/")
        if id == "files":
            return self._links.file(token)[0].encode()
        if body is None:
            return self._links.direct(id, recipient=RECIPIENT)[0].encode()
        passcode = str(body.get("passcode", ""))
        files = self._links.manifest(id, recipient=RECIPIENT, passcode=passcode)
        rows = [
            {"contentType": file.content_type, "location": f"{self._own}files/{file.token}"}
            for file in files
        ]
        return write_json({"files": rows})

    def _elsewhere(self, method: str, address: str, body: dict[str, Any] | None) -> Answer:
        from sandbox.certificates.receiving import Answer
        from sandbox.testbench.fetching import exchanged
        from sandbox.testbench.script import Request as Asked

        me = self._me
        if me is None:
            raise OSError("401")
        # other servers are asked in the operator's name, as by a run
        allow(me, "start", Whose(me.team_id))
        content = b"" if body is None else write_json(body)
        headers = {"Content-Type": "application/json"} if body is not None else {}
        asked = Asked(method, address, headers, content)
        answer = asyncio.run(exchanged(asked, lambda: self._service.ways.guarded(me.team_id)))
        if answer.failure:
            raise OSError(answer.failure)
        kind = next((value for name, value in answer.headers if name.lower() == "content-type"), "")
        return Answer(answer.status, kind, answer.body)


def _received(text: str, fetch: _Fetcher, passcode: str) -> tuple[Received | None, bool]:
    """Returns what is behind the link that a text is or holds, and whether a passcode is to be
    asked for; None where there is no link, or where nothing was asked for yet.
    """
    from sandbox.certificates.hcert import read
    from sandbox.certificates.links import is_link, read_link
    from sandbox.certificates.receiving import link_of, receive

    text_link = text if is_link(text) else link_of(read(text)) if text.startswith("HC") else ""
    if not text_link:
        return None, False
    certificate, link = read_link(text_link)
    # without the passcode an attempt would be spent for nothing
    is_over = certificate.step("validity").status == "fail"
    is_asking = link is not None and link.needs_passcode and not passcode
    if link is not None and is_asking and not is_over and not fetch.is_gone(link.url):
        return None, True
    received = receive(text_link, fetch, recipient=RECIPIENT, passcode=passcode)
    keys = [finding.key for finding in received.findings]
    return received, "links.passcode_refused" in keys


def _view(text: str, received: Received | None, folder: Path, language: Language) -> dict[str, Any]:
    """Judges what came, and makes what is shown of it; the job of a worker."""
    from sandbox.certificates.behind import bundle_in, judge_files
    from sandbox.certificates.judging import judge
    from sandbox.certificates.links import is_link
    from sandbox.ips.reading import read_document
    from sandbox.trust.folder import TrustFolder

    trust = TrustFolder(folder)
    now = datetime.now(UTC)
    issuers = trust.issuers()
    revoked = trust.revoked()
    certificates = [] if is_link(text) else judge(text, trust.trust(), issuers, revoked=revoked)
    files = judge_files(received.files, issuers, at=now, revoked=revoked) if received else []
    cards = [card for file in files for card in file.cards]
    bundles = [file.resource for file in files if file.resource is not None]
    bundles += [bundle for bundle in map(bundle_in, [*cards, *certificates]) if bundle]
    steps = received.certificate.steps if received else []
    return {
        "certificates": [certificate_view(each, [], language) for each in (*certificates, *cards)],
        "documents": [read_document(bundle, language) for bundle in bundles],
        "sources": [write_json(bundle, pretty=True).decode() for bundle in bundles],
        "steps": [_told(finding, language) for step in steps for finding in step.findings],
        "amiss": [_told(finding, language) for finding in received.findings] if received else [],
        "wrong": [
            _told(finding, language) for file in files for finding in file.findings[:MOST_FINDINGS]
        ],
        "count": len(received.files) if received else 0,
        "is_link": received is not None,
    }


def _told(finding: Finding, language: Language) -> dict[str, str]:
    return {
        "key": finding.key,
        "severity": finding.severity,
        "text": text_of(finding, language),
        "fix": page_fix_of(finding, language),
        "where": finding.where,
    }
