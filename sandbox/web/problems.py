"""Errors as problem details (RFC 9457): for every door that answers JSON and speaks no FHIR.

The type is `about:blank`, so that the title is that of the status (RFC 9457 4.2.1); what went wrong
is told apart by our `key`, which is the same in every language.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from sandbox.errors import SandboxError
from sandbox.fhir.json import write_json
from sandbox.findings import Finding
from sandbox.i18n import Language
from sandbox.sentences import fix_of, has_public_text, public_text_of, text_of
from sandbox.web.replies import headers_of

PROBLEM = "application/problem+json"


def problem_response(error: SandboxError, language: Language) -> Response:
    """Returns an error as problem details with its status and what its headers must tell.

    Args:
        error: What went wrong.
        language: Of its sentences; type and key are the same in each.
    """
    content = write_json(problem_of(error, language))
    return Response(content, error.status, headers_of(error), PROBLEM)


def problem_of(error: SandboxError, language: Language) -> dict[str, Any]:
    """Returns the members of a problem: those of RFC 9457 3.1, and ours."""
    whole, *parts = error.as_findings()
    said = _said(whole, language)
    problem: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "detail": said["text"],
        **said,
    }
    if has_public_text(whole):
        problem["public_text"] = public_text_of(whole, language)
    if parts:
        problem["also"] = [_said(part, language) for part in parts]
    return problem


def _said(finding: Finding, language: Language) -> dict[str, Any]:
    """Returns what is wrong in one place, and what to do next."""
    return {
        "key": finding.key,
        "where": finding.where,
        "text": text_of(finding, language),
        "fix": fix_of(finding, language),
    }
