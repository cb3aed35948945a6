"""Health links for a person with a phone: share a summary, see how one's links stand, take one
back.

The list of one's links is in a cookie of this browser, with the secrets to take them back: this
server keeps of a link what it must, and of whose it is nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import writer_of
from sandbox.api.links import links_of
from sandbox.errors import BadRequest, NotFound
from sandbox.fhir.json import Json, parse_json, write_json
from sandbox.limits import LINK_FORM_BYTES
from sandbox.pages.cookies import keep_cookie
from sandbox.pages.home import page_language
from sandbox.pages.working import form_of, go_to, working_page
from sandbox.pages.working import shown as page
from sandbox.server.call import Call, Services
from sandbox.server.operations.summary import summary
from sandbox.store.resources import PageRequest
from sandbox.threads import run_in_threadpool
from sandbox.web.requests import address_of, fhir_base_of

if TYPE_CHECKING:  # what seals files is imported where it is needed: it takes a tenth of a second
    from sandbox.sharing import LinkState

COOKIE = "health-links"
MOST_KEPT = 12
COOKIE_BYTES = 3800
PATIENTS = 200
# how long a link may be opened, by the name of the choice
TIMES = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=30),
}


@dataclass(frozen=True, slots=True)
class OwnLink:
    """A link of this browser: its id, the secret to take it back, and the link itself."""

    id: str
    secret: str
    text: str


async def look(request: Request) -> Response:
    """GET /links: a form to share, and one's links with their state."""
    rows = [await _row(request, link) for link in _own(request)]
    values: dict[str, Any] = {
        "patients": await run_in_threadpool(patients_of, _services(request)),
        "patient": request.query_params.get("patient", ""),
        "rows": rows,
        "durations": list(TIMES),
    }
    return await working_page(request, "links.html", **values)


async def share(request: Request) -> Response:
    """POST /links: makes a link of a patient's summary, or of a document that is pasted."""
    await writer_of(request)
    form = await form_of(request, most=LINK_FORM_BYTES)
    content = await run_in_threadpool(content_of, request, form)
    made = await run_in_threadpool(_made, request, form, content)
    reply = go_to(request, f"links/{made.id}")
    _remember(reply, request, [made, *_own(request)])
    return reply


async def show(request: Request) -> Response:
    """GET /links/ID: one's link as a code and a text, with its state."""
    own = next((link for link in _own(request) if link.id == request.path_params["id"]), None)
    if own is None:
        raise NotFound("sharing.not_yours", where="id")
    view = await _row(request, own)
    text = f"{address_of(request)}/open#{own.text}"
    return await working_page(
        request, "link.html", view=view, text=text, qr=_drawn(text), is_here=is_here(request)
    )


async def withdraw(request: Request) -> Response:
    """POST /links/ID/withdraw: takes one's link back; it stays in the list, and says so."""
    own = next((link for link in _own(request) if link.id == request.path_params["id"]), None)
    if own is None:
        raise NotFound("sharing.not_yours", where="id")
    with suppress(NotFound):  # it is over, or dead, which the page tells
        await run_in_threadpool(lambda: links_of(request).withdraw(own.id, own.secret))
    return go_to(request, f"links/{own.id}")


def share_pages() -> list[Route]:
    """Returns the routes."""
    return [
        Route("/links", page(look)),
        Route("/links", page(share), methods=["POST"]),
        Route("/links/{id}/withdraw", page(withdraw), methods=["POST"]),
        Route("/links/{id}", page(show)),
    ]


def _services(request: Request) -> Services:
    """Returns the services of the main data, whose patients are shared."""
    services: Services = request.app.state.services
    return services


def content_of(request: Request, form: dict[str, str]) -> bytes:
    """Returns the document that a form names or holds, as JSON.

    Args:
        request: Of whoever shares; a summary is written in the language of the page.
        form: With `document`, which is pasted, or `patient`, the id of one.

    Raises:
        BadRequest: Neither is given, or what is pasted is no resource.
        NotFound: There is no such patient.
    """
    if form.get("document", "").strip():
        # read by our own decoder, so that what is no FHIR JSON is refused before it is shared
        return write_json(_resource(parse_json(form["document"].encode())))
    patient = form.get("patient", "")
    if not patient:
        raise BadRequest("sharing.nothing", where="patient")
    language = page_language(request)
    headers = {"accept-language": language}
    base = fhir_base_of(request)
    call = Call(base, language, type="Patient", id=patient, headers=headers)
    body = summary(call, _services(request)).body
    return body if isinstance(body, bytes) else write_json(body)


def _made(request: Request, form: dict[str, str], content: bytes) -> OwnLink:
    from sandbox.certificates.links import written
    from sandbox.sharing import LinkOptions, SharedFile

    choice = form.get("until", "day")
    if choice not in TIMES:
        raise BadRequest("sharing.bad_time", where="until", found=choice[:20])
    options = LinkOptions(
        expires=request.app.state.services.clock() + TIMES[choice],
        passcode=form.get("passcode", "").strip(),
        label=form.get("label", "").strip()[:80],
        is_once=form.get("once") == "yes",
    )
    place = f"{address_of(request)}/shl/{{id}}"
    made = links_of(request).share([SharedFile(content)], options, address=place)
    return OwnLink(made.id, made.secret, written(made.link))


def _resource(content: Any) -> Json:
    """Returns a document that may be shared.

    Raises:
        BadRequest: It is no FHIR resource, or the report of an error.
    """
    kind = content.get("resourceType") if isinstance(content, dict) else None
    if not isinstance(kind, str) or kind == "OperationOutcome":
        raise BadRequest("sharing.no_resource", where="document", found=str(kind or "–")[:40])
    return dict(content)


async def _row(request: Request, link: OwnLink) -> dict[str, Any]:
    state: LinkState = await run_in_threadpool(lambda: links_of(request).state(link.id))
    until = datetime.fromtimestamp(state.expires, UTC) if state.expires else None
    return {
        "id": link.id,
        "state": "open" if state.is_open else "spent" if state.is_once else "gone",
        "attempts": state.attempts,
        "has_passcode": state.has_passcode,
        "is_once": state.is_once,
        # one that was taken back is called what it was called
        "label": state.label or _label_in(link),
        "until": until,
    }


def _label_in(link: OwnLink) -> str:
    from sandbox.certificates.links import read_link

    payload = read_link(link.text)[0].content
    return str(payload.get("label", "")) if isinstance(payload, dict) else ""


def _own(request: Request) -> list[OwnLink]:
    """Returns the links of this browser, the newest first."""
    own = []
    for part in request.cookies.get(COOKIE, "").split("~")[:MOST_KEPT]:
        id, _, rest = part.partition(".")
        secret, _, text = rest.partition(".")
        if id and secret and text:
            own.append(OwnLink(id, secret, f"shlink:/{text}"))
    return own


def _remember(reply: Response, request: Request, links: Sequence[OwnLink]) -> None:
    parts = [f"{link.id}.{link.secret}.{link.text.removeprefix('shlink:/')}" for link in links]
    # a browser keeps 4096 bytes of a cookie: the oldest links go first
    while len("~".join(parts)) > COOKIE_BYTES:
        parts.pop()
    keep_cookie(reply, request, COOKIE, "~".join(parts))


def patients_of(services: Services) -> list[dict[str, str]]:
    """Returns patients of a server by name, as id and name; the first that there are."""
    found = services.store.search("Patient", [], PageRequest(count=PATIENTS))
    rows = []
    for row in found.rows:
        patient = parse_json(row.body or b"{}")
        names = patient.get("name")
        name = names[0] if isinstance(names, list) and names and isinstance(names[0], dict) else {}
        given = name.get("given")
        words = [*(given if isinstance(given, list) else []), name.get("family")]
        shown = " ".join(word for word in words if isinstance(word, str))
        rows.append({"id": str(patient["id"]), "name": shown or str(patient["id"])})
    return sorted(rows, key=lambda row: row["name"])


def _drawn(text: str) -> str:
    from sandbox.certificates.qr import svg_of

    return svg_of(text, level="M")


def is_here(request: Request) -> bool:
    """Tells whether the address of this server is one that no phone reaches.

    Args:
        request: Of whoever looks, by the address that they have typed.
    """
    host = urlsplit(address_of(request)).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")
