"""Judges the FHIR inside a SMART Health Card: by R4, as any resource, and its short references.

What a card leaves out to save room (narratives, ids, names of codes) is no fault: only what R4
itself calls wrong is told here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.certificates.shc_payload import CLAUSE
from sandbox.certificates.steps import finding
from sandbox.errors import SandboxError
from sandbox.fhir.json import as_list, member, parse_json
from sandbox.findings import Finding

MOST = 30
DEPTH = 60  # of elements that are looked into for references
R4 = "4.0."
WHERE = "vc.credentialSubject"


def faults_of_fhir(payload: bytes) -> list[Finding]:
    """Returns what is wrong with the FHIR in the payload of a card.

    Args:
        payload: The payload as it was signed: numbers are judged by their digits.
    """
    try:
        subject = member(member(parse_json(payload), "vc"), "credentialSubject")
    except SandboxError as error:
        return [error.as_finding()]
    bundle = member(subject, "fhirBundle")
    version = str(member(subject, "fhirVersion") or "")
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        return []  # which the payload's own rules tell
    if version and not version.startswith(R4):
        params = {"where": f"{WHERE}.fhirVersion", "expected": "4.0.1", "found": version[:20]}
        return [finding("fhir_not_judged", "information", **params, clause=f"{CLAUSE} FHIR")]
    return [*_judged(bundle), *_dangling(bundle)][:MOST]


def _judged(bundle: Any) -> Iterator[Finding]:
    from sandbox.validation import validate

    # what was not checked (a code system that is not at hand) is the same for every card
    yield from (finding for finding in validate(bundle) if finding.severity in ("fatal", "error"))


def _dangling(bundle: dict[str, Any]) -> Iterator[Finding]:
    """Yields the references that lead to nothing in the card: nobody can follow them elsewhere."""
    entries = as_list(bundle.get("entry"))
    there = {member(entry, "fullUrl") for entry in entries}
    for number, entry in enumerate(entries):
        for place, target in _references(member(entry, "resource"), "", DEPTH):
            is_elsewhere = ":" in target and not target.startswith("resource:")
            if target not in there and not target.startswith("#") and not is_elsewhere:
                where = f"Bundle.entry[{number}].resource{place}"
                yield finding(
                    "dangling", "error", where=where, found=target[:60], clause=f"{CLAUSE} FHIR"
                )


def _references(value: Any, where: str, depth: int) -> Iterator[tuple[str, str]]:
    """Yields the references below an element with their places."""
    if depth == 0:
        return
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "reference" and isinstance(inner, str):
                yield f"{where}.{name}", inner
            else:
                yield from _references(inner, f"{where}.{name}", depth - 1)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _references(inner, f"{where}[{number}]", depth - 1)
