"""The event's VHL service (port 8182 there): shares an IPS as a signed QR code, and validates one
in nine steps.

    POST /v2/vshcIssuance      {expiresOn, jsonContent, passCode?} → HC1:…
    POST /v2/vshcValidation    {qrCodeContent} → the nine steps, and what the link says
    POST /v2/manifests/ID      {recipient, passcode} → {files: [{contentType, location}]}
    GET  /v2/ips-json/ID       the document: once for a manifest, any number of times for a link
                               without passcode

The link stands in the code as the event has it: a list of one, at subclaim 5.  Unlike the original
the link is written as specified (one slash, base64url, seconds), a wrong passcode is a 401 that
says how many attempts are left, and a code that is over says so.  The files are plain JSON there,
as in the original: whoever fetches needs no key.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from sandbox.errors import BadRequest
from sandbox.fhir.json import Json, parse_json, write_json
from sandbox.i18n import Language
from sandbox.lacpass.answering import answering
from sandbox.limits import VHL_BYTES
from sandbox.sentences import text_of
from sandbox.settings import Settings
from sandbox.threads import run_in_threadpool
from sandbox.web.requests import address_of, body_of, language_of
from sandbox.workers import DECODING, Pool

# what seals and signs is imported where it is needed: it takes a tenth of a second
if TYPE_CHECKING:
    from sandbox.certificates.steps import Certificate, Step
    from sandbox.sharing import Links
    from sandbox.trust.folder import TrustFolder

CONTENT = "application/fhir+json"
DIALECT = "vhl_list"
LIFE = timedelta(days=30)  # of a code that says no end
STEPS = (  # as the original numbers them, each with ours
    ("base45", ("prefix", "base45")),
    ("inflate", ("inflate",)),
    ("cose", ("cose",)),
    ("claims", ("claims",)),
    ("country", ("claims",)),
    ("key", ("kid", "trust")),
    ("signature", ("signature",)),
    ("link", ("dialect", "schema")),
    ("expiry", ("validity",)),
)


def health_link_routes(settings: Settings) -> list[Route]:
    """Returns the routes of the VHL service."""

    async def issue(request: Request) -> Response:
        workers: Pool = request.app.state.workers
        given = await workers.later(DECODING, issuance, await body_of(request, limit=VHL_BYTES))
        text = await run_in_threadpool(lambda: _issued(given, request, address_of(request)))
        return PlainTextResponse(text)

    async def validate(request: Request) -> Response:
        language = language_of(request)
        text = _text(await _json(request), "qrCodeContent")
        now: datetime = request.app.state.services.clock()
        workers: Pool = request.app.state.workers
        folder = _trust(request).folder
        return JSONResponse(await workers.later(DECODING, _validated, text, folder, now, language))

    async def manifest(request: Request) -> Response:
        body = await _json(request)
        return JSONResponse(
            await run_in_threadpool(lambda: _manifest(body, request, address_of(request)))
        )

    async def document(request: Request) -> Response:
        text = await run_in_threadpool(lambda: _document(request))
        return Response(text, media_type=CONTENT)

    return [
        Route("/v2/vshcIssuance", answering(issue), methods=["POST"]),
        Route("/v2/vshcValidation", answering(validate), methods=["POST"]),
        Route("/v2/manifests/{id}", answering(manifest), methods=["POST"]),
        Route("/v2/ips-json/{id}", answering(document)),
    ]


@dataclass(frozen=True, slots=True)
class Issuance:
    """A document to share, until when (None where nothing is said), and behind which passcode."""

    content: bytes
    expires: datetime | None
    passcode: str


def issuance(content: bytes) -> Issuance:
    """Reads what is to be issued, and the document in it; the job of a worker.

    Raises:
        BadRequest: A member is missing or something else than it is to be.
        InvalidContent: The document is no JSON, with the place.
    """
    body = _object(content)
    document = _text(body, "jsonContent").encode()
    parse_json(document)
    return Issuance(document, _moment(body.get("expiresOn")), _text(body, "passCode", default=""))


def _issued(given: Issuance, request: Request, root: str) -> str:
    """Shares a document and returns the signed code with its link."""
    from sandbox.certificates.issuing import issue
    from sandbox.certificates.links import written
    from sandbox.sharing import LinkOptions, SharedFile

    now: datetime = request.app.state.services.clock()
    expires = given.expires or now + LIFE
    options = LinkOptions(expires, given.passcode, is_sealed=False)
    address = f"{root}/v2/manifests/{{id}}"
    direct = f"{root}/v2/ips-json/{{id}}"
    made = _links(request).share(
        [SharedFile(given.content)], options, address=address, direct=direct
    )
    signer = _trust(request).signer(request.app.state.services.country, at=now)
    return issue([{"u": written(made.link)}], signer, at=now, ends=expires, dialect=DIALECT)


def _validated(text: str, folder: Path, now: datetime, language: Language) -> Json:
    """Returns the nine steps as the original has them, with our reasons, and what the link says;
    the job of a worker.
    """
    from sandbox.certificates.links import links_in, read_link
    from sandbox.certificates.verifying import verify
    from sandbox.trust.folder import TrustFolder

    trust = TrustFolder(folder)
    certificate = verify(text, trust.trust(), at=now, revoked=trust.revoked())
    links = [read_link(address, at=now)[1] for address in links_in(certificate.content)]
    link = next((candidate for candidate in links if candidate is not None), None)
    answer: Json = {"validationStatus": _steps(certificate, language)}
    if link is not None:
        # the original counts milliseconds, and so do its clients
        expires = None if link.expires is None else link.expires * 1000
        answer["shLinkContent"] = {
            "url": link.url,
            "flag": link.flag,
            "exp": expires,
            "label": link.label,
        }
    return answer


def _steps(certificate: Certificate, language: Language) -> Json:
    answer: Json = {}
    for number, (name, ours) in enumerate(STEPS, start=1):
        steps = [certificate.step(step) for step in ours]  # type: ignore[arg-type]  # names
        answer[str(number)] = _step(number, name, steps, certificate, language)
    return answer


def _step(
    number: int, name: str, steps: list[Step], certificate: Certificate, language: Language
) -> Json:
    status = "SUCCESS" if all(step.status in ("ok", "warn") for step in steps) else "FAILED"
    if all(step.status == "skipped" for step in steps):
        status = "SKIPPED"
    # the original fails without a country, which verifiers of the network need to find the key
    if name == "country" and certificate.claims is not None and not certificate.claims.issuer:
        status = "FAILED"
    notes = [note for step in steps for note in step.findings]
    return {
        "step": number,
        "status": status,
        "code": notes[0].id.partition(".")[2].upper() if notes else "OK",
        "description": name,
        "error": " ".join(text_of(finding, language) for finding in notes) or None,
    }


def _manifest(body: Json, request: Request, root: str) -> Json:
    passcode = _text(body, "passcode", default="")
    files = _links(request).manifest(
        request.path_params["id"], recipient=_text(body, "recipient"), passcode=passcode
    )
    place = f"{root}/v2/ips-json"
    return {
        "files": [
            {"contentType": file.content_type, "location": f"{place}/{file.token}"}
            for file in files
        ]
    }


def _document(request: Request) -> str:
    """Returns a document by the one-time address of a manifest, or by the link itself."""
    id = request.path_params["id"]
    links = _links(request)
    # one route for both, as there; the event's clients name no recipient
    if links.is_direct(id):
        return links.direct(
            id,
            recipient=request.query_params.get("recipient")
            or request.headers.get("user-agent", "-"),
        )[0]
    return links.file(id)[0]


def _links(request: Request) -> Links:
    links: Links = request.app.state.services.links()
    return links


def _trust(request: Request) -> TrustFolder:
    trust: TrustFolder = request.app.state.services.trust()
    return trust


async def _json(request: Request) -> Json:
    return _object(await body_of(request, limit=VHL_BYTES))


def _object(content: bytes) -> Json:
    body = parse_json(content)
    if not isinstance(body, dict):
        raise BadRequest("sharing.bad_json", where="body", place="body", expected="{…}")
    return body


def _text(body: Json, name: str, *, default: str | None = None) -> str:
    value: Any = body.get(name, default)
    if isinstance(value, dict | list) and name == "jsonContent":
        return write_json(value).decode()  # the document itself, where a text is asked for
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        raise BadRequest("sharing.bad_json", where=name, place=name, expected="text")
    return value


def _moment(value: Any) -> datetime | None:
    if value in (None, ""):
        return None
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        raise BadRequest(
            "sharing.bad_json",
            where="expiresOn",
            place="expiresOn",
            expected="yyyy-MM-ddTHH:mm:ss.SSSZ",
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
