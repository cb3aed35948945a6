"""A document that somebody sends is judged and forgotten: `POST /api/validations`, and what the
page shares with it.

One document is judged at a time, in a thread, so that the event loop goes on; who comes meanwhile
is sent away. The terminology server that the command line may ask is never one that a request
names.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import answer, answering, person_of
from sandbox.errors import BadRequest, Busy, UnsupportedMediaType
from sandbox.fhir.json import write_json
from sandbox.findings import Finding
from sandbox.i18n import Language, as_language
from sandbox.reports import Judged
from sandbox.reports.records import finding_record, placed_outcome
from sandbox.web.requests import MEGABYTE, body_of, language_of

# as much as the event's mediator takes
MOST_MEGABYTES = 5
# told as Retry-After: a document of ordinary size is judged in less
SECONDS = 2
FHIR_JSON = "application/fhir+json"
FHIR_TYPES = (
    "application/fhir+json",
    "application/json",
    "application/fhir+xml",
    "application/xml",
)

_turn = threading.Lock()


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
    if kind not in FHIR_TYPES:
        raise UnsupportedMediaType("validations.bad_type", where="Content-Type", found=kind or "–")
    query = request.query_params
    asked = request_of(query.getlist("profile"), query.get("ruleset", ""))
    body = await body_of(request, limit=MOST_MEGABYTES * MEGABYTE, refusal="validations.too_large")
    findings = await run_in_threadpool(judge_alone, body, asked)
    language = _language(request)
    # only who asks for FHIR gets it: a browser's */* is not that
    if FHIR_JSON in request.headers.get("accept", ""):
        return Response(write_json(placed_outcome(findings, language)), media_type=FHIR_JSON)
    return answer(
        {
            "valid": Judged("", body, findings).is_valid,
            "profiles": list(asked.profiles),
            "ruleset": asked.year,
            "findings": [finding_record(finding, language) for finding in findings],
        }
    )


def validation_routes() -> list[Route]:
    """Returns the route."""
    return [Route("/api/validations", answering(validate), methods=["POST"])]


def request_of(profiles: Sequence[str], year: str) -> ValidationRequest:
    """Returns the asked that parameters state; raises BadRequest for a year that has no ruleset."""
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


def judge_alone(body: bytes, asked: ValidationRequest) -> list[Finding]:
    """Returns what is found about a document; raises Busy while another one is judged, BadRequest.

    Called in a thread: judging takes seconds for a large document.
    """
    from sandbox.definitions.rulesets import profile_names, profile_url, ruleset
    from sandbox.validation import Options, knowledge_at_hand, validate_source

    with _own_turn():
        for name in asked.profiles:
            if knowledge_at_hand().profile(profile_url(name)) is None:
                known = ", ".join(profile_names())
                raise BadRequest("validations.no_profile", where="profile", name=name, known=known)
        rules = ruleset(asked.year) if asked.year is not None else None
        return validate_source(
            body, profiles=asked.profiles, ruleset=rules, options=Options(compare_versions=True)
        )


@contextmanager
def _own_turn() -> Iterator[None]:
    # not waited for: waiting requests would hold the threads that all else needs
    if not _turn.acquire(blocking=False):
        raise Busy("validations.busy", seconds=SECONDS)
    try:
        yield
    finally:
        _turn.release()


def _language(request: Request) -> Language:
    named = request.query_params.get("language")
    return as_language(named) if named else language_of(request)
