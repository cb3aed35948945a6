"""Resources and errors as HTTP replies."""

from __future__ import annotations

from starlette.responses import Response

from sandbox.errors import (
    Busy,
    MethodNotAllowed,
    NotReady,
    SandboxError,
    Unauthorized,
    WrongPasscode,
)
from sandbox.fhir.json import Json, write_json
from sandbox.fhir.outcome import operation_outcome
from sandbox.i18n import Language

FHIR_JSON = "application/fhir+json"
CHALLENGE = 'Bearer realm="connectathon sandbox"'


def fhir_response(resource: Json, status: int = 200) -> Response:
    """Returns a resource as FHIR JSON."""
    return Response(write_json(resource), status, media_type=FHIR_JSON)


def outcome_response(error: SandboxError, language: Language) -> Response:
    """Returns an error as an OperationOutcome with its status (FHIR R4 http.html#Status-Codes)."""
    response = fhir_response(operation_outcome(error.as_findings(), language), error.status)
    response.headers.update(headers_of(error))
    return response


def headers_of(error: SandboxError) -> dict[str, str]:
    """Returns the header that the status of an error asks for: how long whoever is sent away has to
    wait (RFC 6585 4, RFC 9110 15.6.4), how to come in (RFC 9110 11.6.1), what is allowed instead
    (RFC 9110 15.5.6).
    """
    if isinstance(error, Busy | NotReady):
        return {"Retry-After": str(error.params["seconds"])}
    if isinstance(error, MethodNotAllowed):
        return {"Allow": str(error.params["allowed"])}
    # a passcode is a member of the body, and no scheme of HTTP has it
    if isinstance(error, Unauthorized) and not isinstance(error, WrongPasscode):
        return {"WWW-Authenticate": CHALLENGE}
    return {}
