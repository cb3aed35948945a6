"""A document that somebody sends is judged and forgotten: `POST /api/validations`, and what the
page shares with it.  A credential, or the link of an offer or request, is told apart and said.

It is judged by a worker, within a budget; who waits too long for one is sent away.  The terminology
server that the command line may ask is never one that a request names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import answering, person_of
from sandbox.api.certificates import CERTIFICATE_TYPES, text_in
from sandbox.api.proposing import propose_profile
from sandbox.api.recognised import Ground, Recognised, ground_of, is_recognised, recognise
from sandbox.errors import BadRequest, NotFinished, SandboxError, UnsupportedMediaType
from sandbox.fhir.json import parse_json, write_json
from sandbox.findings import Finding
from sandbox.i18n import Language, as_language
from sandbox.limits import JUDGED_BYTES
from sandbox.reports import Judged
from sandbox.reports.records import finding_record, placed_outcome
from sandbox.sentences import public_fix_of, public_text_of
from sandbox.web.requests import body_of, language_of
from sandbox.workers import DECODING, JUDGING, Pool

FHIR_JSON = "application/fhir+json"
FHIR_TYPES = (
    "application/fhir+json",
    "application/json",
    "application/fhir+xml",
    "application/xml",
)
# a credential in its compact form or a link, also as the code of a picture
JUDGED_TYPES = (*FHIR_TYPES, *CERTIFICATE_TYPES)


@dataclass(frozen=True, slots=True)
class ValidationRequest:
    """By what a document is to be judged, beside what it declares: profiles, and the ruleset of a
    year.
    """

    profiles: tuple[str, ...] = ()
    year: int | None = None


async def validate(request: Request) -> Response:
    """POST /api/validations: what the judge says of the document in the body, as JSON or
    OperationOutcome.
    """
    await person_of(request)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in JUDGED_TYPES:
        raise UnsupportedMediaType("validations.bad_type", where="Content-Type", found=kind or "–")
    query = request.query_params
    asked = request_of(query.getlist("profile"), query.get("ruleset", ""))
    body = await body_of(request, limit=JUDGED_BYTES, refusal="validations.too_large")
    workers: Pool = request.app.state.workers
    language = _language(request)
    # only who asks for FHIR gets it: a browser's */* is not that
    is_outcome = FHIR_JSON in request.headers.get("accept", "")
    try:
        text = await _text(workers, body, kind)
        if is_recognised(text):
            content = await workers.later(
                JUDGING, _said, text, ground_of(request), language, is_outcome=is_outcome
            )
            return _reply(content, is_outcome=is_outcome)
        if kind not in FHIR_TYPES:
            raise UnsupportedMediaType("validations.bad_text", where="Content-Type", found=kind)
        content = await workers.later(
            JUDGING, judged_content, body, asked, language, is_outcome=is_outcome
        )
    except NotFinished as error:
        content = _content(body, asked, [error.as_finding()], language, is_outcome=is_outcome)
    return _reply(content, is_outcome=is_outcome)


async def _text(workers: Pool, body: bytes, kind: str) -> str:
    """Returns a body as text; one that cannot be decoded is told so by the judge."""
    if kind in FHIR_TYPES:
        return body.decode("utf-8", "replace")
    return await workers.later(DECODING, text_in, body, kind)


def _reply(content: bytes, *, is_outcome: bool) -> Response:
    return Response(content, media_type=FHIR_JSON if is_outcome else "application/json")


def judged_content(
    body: bytes, asked: ValidationRequest, language: Language, *, is_outcome: bool
) -> bytes:
    """Judges a document and writes the answer, which may hold thousands of findings; the job of a
    worker.
    """
    return _content(body, asked, judge_document(body, asked), language, is_outcome=is_outcome)


def _said(text: str, ground: Ground, language: Language, *, is_outcome: bool) -> bytes:
    """Says what a text is that is no document of FHIR; the job of a worker."""
    recognised = recognise(text, ground, language)
    asked = ValidationRequest()
    return _content(
        b"", asked, recognised.findings, language, is_outcome=is_outcome, recognised=recognised
    )


def _content(
    body: bytes,
    asked: ValidationRequest,
    findings: list[Finding],
    language: Language,
    *,
    is_outcome: bool,
    recognised: Recognised | None = None,
) -> bytes:
    if is_outcome:
        return write_json(placed_outcome(findings, language))
    is_valid = recognised.is_valid if recognised else Judged("", body, findings).is_valid
    return write_json(
        {
            "valid": is_valid,
            "profiles": list(asked.profiles),
            "ruleset": asked.year,
            "findings": [_placed(finding, language) for finding in findings],
            "recognised": recognised.view if recognised else None,
        }
    )


def _placed(finding: Finding, language: Language) -> dict[str, object]:
    """Returns a finding with its sentences, those without any value beside those with them: a chat
    is no place for what stands in a document.
    """
    return {
        **finding_record(finding, language),
        "public_text": public_text_of(finding, language),
        "public_fix": public_fix_of(finding, language),
    }


def validation_routes() -> list[Route]:
    """Returns the route."""
    return [Route("/api/validations", answering(validate), methods=["POST"])]


def request_of(profiles: Sequence[str], year: str) -> ValidationRequest:
    """Returns what the parameters of a request ask for.

    Raises:
        BadRequest: The year has no ruleset.
    """
    from sandbox.definitions.rulesets import years

    if year and year not in map(str, years()):
        raise BadRequest(
            "validations.bad_ruleset",
            where="ruleset",
            name=year,
            known=", ".join(map(str, years())),
        )
    return ValidationRequest(
        tuple(dict.fromkeys(filter(None, profiles))), int(year) if year else None
    )


def proposed_profile(document: bytes) -> str:
    """Returns the short name of the profile that a text means to meet; empty for none, and for what
    cannot be read, of which the judge says what is wrong.
    """
    from sandbox.definitions.xml import read_xml
    from sandbox.validation import knowledge_at_hand

    # some editors of Windows write a byte order mark first
    is_xml = document.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
    try:
        return propose_profile(
            read_xml(document, knowledge_at_hand().types) if is_xml else parse_json(document)
        )
    except SandboxError:
        return ""


def judge_document(body: bytes, asked: ValidationRequest) -> list[Finding]:
    """Returns what is found about a document; raises BadRequest.  The job of a worker."""
    from sandbox.definitions.rulesets import profile_names, profile_url, ruleset
    from sandbox.validation import Options, knowledge_at_hand, validate_source

    for name in asked.profiles:
        if knowledge_at_hand().profile(profile_url(name)) is None:
            known = ", ".join(profile_names())
            raise BadRequest("validations.no_profile", where="profile", name=name, known=known)
    rules = ruleset(asked.year) if asked.year is not None else None
    return validate_source(
        body, profiles=asked.profiles, ruleset=rules, options=Options(compare_versions=True)
    )


def _language(request: Request) -> Language:
    named = request.query_params.get("language")
    return as_language(named) if named else language_of(request)
