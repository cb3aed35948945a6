"""What the tests of a DDCC Generation Service have in common: the document in an answer, and
whether it says what was answered.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.exchange import Exchange
from sandbox.fhir.codes import codes_of
from sandbox.fhir.json import Json, as_list, member
from sandbox.findings import Finding
from sandbox.testbench.reading import resource_in
from sandbox.testbench.script import answer_text, depends_on, finding_at

CLAUSE = "DDCC 1.0.0 generateHealthCertificate"
QR = "DDCC 1.0.0 DDCCDocumentReferenceQR"
# By the names of the core data set, which those of the certificate are.
SAID = ("birthDate", "vaccine", "dose", "total_doses", "disease", "sex")
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
    stated: dict[str, list[Any]] = {
        "name": names_of(patient),
        "birthDate": [patient.get("birthDate")],
        "lot": [dose.get("lotNumber")],
        # the day was asked for; an occurrence may have a time
        "date": [str(dose.get("occurrenceDateTime") or "")[:10]],
        "dose": [dose_of(dose).get("doseNumberPositiveInt")],
        "centre": [member(dose.get("location"), "display")],
        "vaccine": sorted(codes_of(dose.get("vaccineCode"))),
        "pha": [organization.get("name") for organization in of_type(document, "Organization")],
    }
    # what the profiles leave open need not be said, and may not be said otherwise
    said = {
        "sex": [patient.get("gender")],
        "identifier": [member(each, "value") for each in as_list(patient.get("identifier"))],
        "total_doses": [dose_of(dose).get("seriesDosesPositiveInt")],
        "disease": sorted(codes_of(dose_of(dose).get("targetDisease"))),
    }
    stated |= {part: values for part, values in said.items() if any(values) and part in core}
    for part, values in stated.items():
        expected = core[part]["code"] if isinstance(core[part], dict) else core[part]
        if expected not in values:
            yield _other_content(
                part, str(expected), ", ".join(str(each or "–") for each in values)
            )
    # a dose that was not given is none (DDCC 1.0.0 DDCCImmunization)
    if dose and dose.get("status") != "completed":
        yield _other_content("status", "completed", str(dose.get("status") or "–"))


def invented(document: Any) -> Iterator[Finding]:
    """Yields what a document says of what was not answered; a document without person or dose says
    nothing, and leaves that to DDG-03.
    """
    patient = first_of(document, "Patient")
    dose = first_of(document, "Immunization")
    if not patient or not dose:
        yield depends_on("DDG-03")
        return
    stated = {
        "Patient.birthDate": patient.get("birthDate"),
        "Patient.identifier": patient.get("identifier"),
        "Patient.gender": patient.get("gender"),
        "Immunization.expirationDate": dose.get("expirationDate"),
        "Immunization.protocolApplied.seriesDosesPositiveInt": dose_of(dose).get(
            "seriesDosesPositiveInt"
        ),
    }
    for place, value in stated.items():
        if value and value != "unknown":
            yield finding_at(
                "ddcc_generation.invented", "error", place, CLAUSE, found=str(value)[:60]
            )


def names_of(patient: Json) -> list[str]:
    """Returns the names of a patient, each whole or put together of its parts, as whoever writes
    it has it (datatypes.html#HumanName).
    """
    names = [name for name in as_list(patient.get("name")) if isinstance(name, dict)]
    parts = [
        [*map(str, as_list(name.get("given"))), str(name.get("family") or "")] for name in names
    ]
    return [
        str(name.get("text") or " ".join(words)) for name, words in zip(names, parts, strict=True)
    ]


def _other_content(part: str, expected: str, found: str) -> Finding:
    return finding_at(
        "ddcc_generation.other_content",
        "error",
        part,
        DOCUMENT,
        expected=expected,
        found=found[:60] or "–",
    )


def said_otherwise(content: Any, core: Json) -> Iterator[Finding]:
    """Yields what a code says otherwise than was answered; what its dialect leaves out it need not
    say.

    Args:
        content: Of the certificate.
        core: The answers.
    """
    for name in SAID:
        expected = core[name]["code"] if isinstance(core[name], dict) else str(core[name])
        for value in _named(content, name):
            if str(member(value, "code") or value) != expected:
                yield finding_at(
                    "ddcc_generation.not_in_code", "error", name, QR, expected=expected
                )


def _named(content: Any, name: str) -> Iterator[Any]:
    """Yields the values of a name in a certificate, at any depth."""
    for inner in content if isinstance(content, list) else ():
        yield from _named(inner, name)
    for key, value in content.items() if isinstance(content, dict) else ():
        if key == name and value:
            yield value
        yield from _named(value, name)


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
