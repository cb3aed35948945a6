"""OperationOutcome: findings as FHIR says them, in the reader's language (FHIR R4
operationoutcome.html).  Pure.
"""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.fhir.json import Json
from sandbox.findings import Finding
from sandbox.i18n import Language
from sandbox.sentences import cited, fix_of, text_of


def operation_outcome(findings: Iterable[Finding], language: Language) -> Json:
    """Returns an OperationOutcome: `details.text` says what, `expression` where, `diagnostics` what
    to do next.
    """
    return {
        "resourceType": "OperationOutcome",
        "issue": [_issue(finding, language) for finding in findings],
    }


def _issue(finding: Finding, language: Language) -> Json:
    codings: list[Json] = [{"system": "urn:connectathon-sandbox:message", "code": finding.key}]
    # of ITI TF-3 table 4.2.4.1-2, for which no code system is published
    if "ihe_code" in finding.params:
        codings.append({"code": str(finding.params["ihe_code"])})
    issue: Json = {
        "severity": finding.severity,
        "code": finding.issue,
        "details": {"coding": codings, "text": text_of(finding, language)},
    }
    fix = fix_of(finding, language)
    clause = cited(finding, language)
    issue["diagnostics"] = f"{fix} [{clause}]" if clause else fix
    if finding.where:
        issue["expression"] = [spot.where for spot in finding.spots]
    return issue
