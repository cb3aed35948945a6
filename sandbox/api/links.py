"""SMART Health Links of this sandbox: made by whoever may work here, asked for by whoever has the
link.

POST   /api/links              makes one: content or files, expires, passcode, label, direct, once
POST   /api/links/ID/withdraw  takes it back, by the secret that came with it
POST   /shl/ID                 its manifest
GET    /shl/ID?recipient=      its one file, for a link without passcode that was asked to be direct
GET    /shl/files/TOKEN        a file of a manifest, once
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import answer, answering, object_of, text_in, writer_of
from sandbox.errors import BadRequest, SandboxError
from sandbox.fhir.json import as_list, member, parse_json, write_json
from sandbox.i18n import Language
from sandbox.limits import MANIFEST_BYTES
from sandbox.sentences import fix_of, text_of
from sandbox.threads import run_in_threadpool
from sandbox.web.requests import address_of, body_of, language_of

if TYPE_CHECKING:  # what seals files is imported where it is needed: it takes a tenth of a second
    from sandbox.sharing import Links
    from sandbox.trust.folder import TrustFolder

FHIR_JSON = "application/fhir+json"
# viewers are pages of any origin (SMART Health Links 1, CORS)
ANYWHERE = {"Access-Control-Allow-Origin": "*"}
Endpoint = Callable[[Request], Awaitable[Response]]


async def make(request: Request) -> Response:
    """POST /api/links: {content: a resource, or files: [{contentType, content}], expires, passcode,
    label, direct, once}.
    """
    from sandbox.certificates.links import written
    from sandbox.sharing import LinkOptions, SharedFile

    await writer_of(request)
    body = await object_of(request)
    given = as_list(body.get("files")) or [
        {"content": body["content"]} if "content" in body else None
    ]
    files = []
    for index, file in enumerate(given):
        content = member(file, "content")
        if not isinstance(content, dict | str) or not content:
            place = f"files[{index}].content"
            raise BadRequest("sharing.bad_json", where=place, place=place, expected="object | text")
        data = content.encode() if isinstance(content, str) else write_json(content)
        files.append(SharedFile(data, str(member(file, "contentType") or FHIR_JSON)))
    options = LinkOptions(
        moment_in(body, "expires"),
        text_in(body, "passcode", default=""),
        text_in(body, "label", default=""),
        is_once=body.get("once") is True,
    )
    place = f"{address_of(request)}/shl/{{id}}"
    direct = place if body.get("direct") is True else ""
    made = await run_in_threadpool(
        lambda: links_of(request).share(files, options, address=place, direct=direct)
    )
    view = {"id": made.id, "link": written(made.link), "secret": made.secret, "url": made.link.url}
    return answer({**view, "flag": made.link.flag}, 201)


async def withdraw(request: Request) -> Response:
    """POST /api/links/{id}/withdraw: {secret}; the link is dead from now on."""
    body = await object_of(request)
    id = request.path_params["id"]
    secret = text_in(body, "secret")
    await run_in_threadpool(lambda: links_of(request).withdraw(id, secret))
    return answer({"id": id})


async def manifest(request: Request) -> Response:
    """POST /shl/ID: {recipient, passcode, embeddedLengthMax}; the files, or where each is got."""
    body = parse_json(await body_of(request, limit=MANIFEST_BYTES))
    most = member(body, "embeddedLengthMax")
    id = request.path_params["id"]
    recipient = _text(body, "recipient")
    passcode = _text(body, "passcode")
    # a boolean is a number in Python: `true` would be a length of 1
    embedded = most if isinstance(most, int) and not isinstance(most, bool) and most > 0 else 0
    opened = await run_in_threadpool(
        lambda: links_of(request).manifest(
            id, recipient=recipient, passcode=passcode, embedded=embedded
        )
    )
    place = f"{address_of(request)}/shl/files"
    files = [
        {
            "contentType": file.content_type,
            **(
                {"embedded": file.embedded}
                if file.embedded
                else {"location": f"{place}/{file.token}"}
            ),
        }
        for file in opened
    ]
    return answer({"files": files})


async def direct(request: Request) -> Response:
    """GET /shl/ID?recipient=: the one file, sealed."""
    id = request.path_params["id"]
    recipient = request.query_params.get("recipient", "")
    text, _ = await run_in_threadpool(lambda: links_of(request).direct(id, recipient=recipient))
    return Response(text, media_type="application/jose")


async def file(request: Request) -> Response:
    """GET /shl/files/TOKEN: a file, sealed."""
    text, _ = await run_in_threadpool(lambda: links_of(request).file(request.path_params["token"]))
    return Response(text, media_type="application/jose")


def link_routes() -> list[Route]:
    """Returns the routes."""
    return [
        Route("/api/links", answering(make), methods=["POST"]),
        Route("/api/links/{id}/withdraw", answering(withdraw), methods=["POST"]),
        Route("/shl/files/{token}", _open(file)),
        Route("/shl/{id}", _open(manifest), methods=["POST"]),
        Route("/shl/{id}", _open(direct)),
        Route("/shl/{id}", _preflight, methods=["OPTIONS"]),
    ]


def links_of(request: Request) -> Links:
    """Returns the links of this sandbox."""
    links: Links = request.app.state.services.links()
    return links


def trust_of(request: Request) -> TrustFolder:
    """Returns whose keys this sandbox has and believes."""
    trust: TrustFolder = request.app.state.services.trust()
    return trust


def refusal_of(error: SandboxError, language: Language) -> dict[str, object]:
    """Returns an error as whoever opens a link gets it: `remainingAttempts` after a wrong passcode
    (SMART Health Links 1, manifest).
    """
    finding = error.as_finding()
    refusal: dict[str, object] = {
        "key": finding.key,
        "text": text_of(finding, language),
        "fix": fix_of(finding, language),
    }
    if "left" in finding.params:
        refusal["remainingAttempts"] = finding.params["left"]
    return refusal


def moment_in(body: dict[str, Any], name: str) -> datetime | None:
    """Returns a moment of a body, None where it is absent; raises BadRequest for what is none."""
    value = body.get(name)
    if value in (None, ""):
        return None
    try:
        moment = datetime.fromisoformat(str(value))
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except ValueError:
        raise BadRequest(
            "sharing.bad_json", where=name, place=name, expected="YYYY-MM-DDThh:mm:ssZ"
        ) from None


def _open(work: Endpoint) -> Endpoint:
    """Returns an endpoint that pages of any origin may ask, with errors as SMART Health Links has
    them.
    """

    async def endpoint(request: Request) -> Response:
        try:
            response = await work(request)
        except SandboxError as error:
            response = answer(refusal_of(error, language_of(request)), error.status)
        # on refusals too: without it a viewer in a browser cannot read what was wrong
        response.headers.update(ANYWHERE)
        return response

    return endpoint


async def _preflight(_: Request) -> Response:
    allowed = {
        "Access-Control-Allow-Methods": "GET, POST",
        "Access-Control-Allow-Headers": "Content-Type",
    }
    # a POST of JSON from another origin is preceded by this question (Fetch, CORS preflight)
    return Response(status_code=204, headers={**ANYWHERE, **allowed})


def _text(body: Any, name: str) -> str:
    value = member(body, name)
    return value if isinstance(value, str) else ""
