"""What the tests of a DDCC Generation Service have in common: the document in an answer, and
whether it says what was answered.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.exchange import Exchange
from sandbox.fhir.json import Json, as_list, member
from sandbox.findings import Finding
from sandbox.testbench.reading import resource_in
from sandbox.testbench.script import answer_text, finding_at

CLAUSE = "DDCC 1.0.0 generateHealthCertificate"
DOCUMENT = "DDCC 1.0.0 DDCCVSDocument"


def document_in(answer: Exchange) -> Json | None:
    """Returns the document of an answer, as it came or as the parameter `return`."""
    body: Any = resource_in(answer.body)
    # with one output of that name the resource comes bare, and some wrap it
    # (operations.html#response)
    if member(body, "resourceType") == "Parameters":
        body = next(
            (
                parameter.get("resource")
                for parameter in as_list(body.get("parameter"))
                if member(parameter, "name") == "return"
            ),
            None,
        )
    is_document = member(body, "resourceType") == "Bundle" and member(body, "type") == "document"
    return body if is_document and isinstance(body, dict) else None


def of_type(document: Any, type: str) -> Iterator[Json]:
    """Yields the resources of a type in a document."""
    for entry in as_list(member(document, "entry")):
        resource = member(entry, "resource")
        if isinstance(resource, dict) and resource.get("resourceType") == type:
            yield resource


def first_of(document: Any, type: str) -> Json:
    """Returns the first resource of a type; an empty object for none."""
    return next(of_type(document, type), {})


def dose_of(immunization: Json) -> Json:
    """Returns the first `protocolApplied` of an immunization; an empty object for none."""
    return next(
        (
            protocol
            for protocol in as_list(immunization.get("protocolApplied"))
            if isinstance(protocol, dict)
        ),
        {},
    )


def essentials(document: Any) -> Iterator[Finding]:
    """Yields what the document lacks of what every edition asks for."""
    for type in ("Composition", "Patient", "Organization", "Immunization"):
        if not first_of(document, type):
            yield finding_at(
                "ddcc_generation.no_part", "error", "Bundle.entry", DOCUMENT, expected=type
            )
    for name in ("identifier", "timestamp", "link"):
        if not document.get(name):
            yield finding_at(
                "ddcc_generation.no_part", "error", f"Bundle.{name}", DOCUMENT, expected=name
            )


def compared(document: Any, core: Json) -> Iterator[Finding]:
    """Yields where a document says another thing than was answered."""
    patient = first_of(document, "Patient")
    dose = first_of(document, "Immunization")
    name = next((name for name in as_list(patient.get("name")) if isinstance(name, dict)), {})
    # a name is whole or in parts, as whoever writes it has it (datatypes.html#HumanName)
    full_name = name.get("text") or " ".join(
        [*map(str, as_list(name.get("given"))), str(name.get("family") or "")]
    )
    vaccine = next(iter(as_list(member(dose.get("vaccineCode"), "coding"))), None)
    stated = {
        "name": full_name,
        "birthDate": patient.get("birthDate"),
        "lot": dose.get("lotNumber"),
        # the day was asked for; an occurrence may have a time
        "date": str(dose.get("occurrenceDateTime") or "")[:10],
        "dose": dose_of(dose).get("doseNumberPositiveInt"),
        "centre": member(dose.get("location"), "display"),
        "vaccine": member(vaccine, "code"),
        "pha": first_of(document, "Organization").get("name"),
    }
    for part, value in stated.items():
        expected = core[part]["code"] if isinstance(core[part], dict) else core[part]
        if value != expected:
            yield finding_at(
                "ddcc_generation.other_content",
                "error",
                part,
                DOCUMENT,
                expected=str(expected),
                found=str(value or "–")[:60],
            )


def refused(answer: Exchange, statuses: tuple[int, ...]) -> Iterator[Finding]:
    """Judges a refusal: one of the statuses, with an OperationOutcome."""
    expected = " | ".join(map(str, statuses))
    if answer.status not in statuses:
        is_refusal = 400 <= answer.status < 500
        yield finding_at(
            "ddcc_generation.not_refused",
            "warning" if is_refusal else "error",
            "status",
            CLAUSE,
            expected=expected,
            found=str(answer.status),
        )
    elif member(answer.json, "resourceType") != "OperationOutcome":
        yield finding_at(
            "ddcc_generation.no_outcome",
            "warning",
            "body",
            "FHIR R4 http.html#Status-Codes",
            expected="OperationOutcome",
        )


def no_document(answer: Exchange) -> Finding:
    """Returns what a script tells of an answer in which no document came."""
    return finding_at(
        "ddcc_generation.no_document", "error", "body", CLAUSE, found=answer_text(answer)
    )
