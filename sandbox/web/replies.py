"""Resources and errors as HTTP replies."""

from __future__ import annotations

from starlette.responses import Response

from sandbox.errors import Busy, SandboxError
from sandbox.fhir.json import Json, write_json
from sandbox.fhir.outcome import operation_outcome
from sandbox.i18n import Language

FHIR_JSON = "application/fhir+json"


def fhir_response(resource: Json, status: int = 200) -> Response:
    """Returns a resource as FHIR JSON."""
    return Response(write_json(resource), status, media_type=FHIR_JSON)


def outcome_response(error: SandboxError, language: Language) -> Response:
    """Returns an error as an OperationOutcome with its status (FHIR R4 http.html#Status-Codes)."""
    response = fhir_response(operation_outcome(error.as_findings(), language), error.status)
    response.headers.update(retry_after(error))
    return response


def retry_after(error: SandboxError) -> dict[str, str]:
    """Returns the header that tells who is sent away for now for how long (RFC 6585 4)."""
    return {"Retry-After": str(error.params["seconds"])} if isinstance(error, Busy) else {}
