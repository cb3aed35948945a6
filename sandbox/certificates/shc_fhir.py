"""Judges the FHIR inside a SMART Health Card: by R4, as any resource, and its short references.

What a card leaves out to save room (narratives, ids, names of codes) is no fault: only what R4
itself calls wrong is told here.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sandbox.certificates.meaning import EARLIEST, Days, days_of
from sandbox.certificates.shc_payload import CLAUSE
from sandbox.certificates.steps import finding
from sandbox.errors import SandboxError
from sandbox.fhir.json import as_list, member, parse_json
from sandbox.findings import Finding

MOST = 30
DEPTH = 60  # of elements that are looked into for references
R4 = "4.0."
DATES = ("birthDate", "occurrenceDateTime", "effectiveDateTime")
NOT_DONE = ("not-done", "entered-in-error", "cancelled")
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
        return [finding("fhir_not_judged", "warning", **params, clause=f"{CLAUSE} FHIR")]
    return [*_judged(bundle), *_dangling(bundle)][:MOST]


def faults_of_meaning(bundle: Any, *, at: datetime) -> list[Finding]:
    """Returns which dates and states in a card cannot be: days to come, events before the birth,
    and what was not done.

    Args:
        bundle: The Bundle of the card.
        at: The moment for which it is judged.
    """
    entries = as_list(member(bundle, "entry")) if isinstance(bundle, dict) else []
    resources = [(n, member(entry, "resource")) for n, entry in enumerate(entries[:MOST])]
    births = [
        days
        for _, resource in resources
        if (days := days_of(member(resource, "birthDate"))) is not None
    ]
    # of two people nobody could say whose event it is
    born = births[0] if len(births) == 1 else None
    return [
        fault
        for number, resource in resources
        for fault in _meant(resource, f"Bundle.entry[{number}].resource", born, at)
    ][:MOST]


def _meant(resource: Any, place: str, born: Days | None, at: datetime) -> Iterator[Finding]:
    status = member(resource, "status")
    clause = f"{CLAUSE} FHIR"
    if status in NOT_DONE:
        yield finding("not_done", "warning", where=f"{place}.status", found=status, clause=clause)
    for name in DATES:
        value = member(resource, name)
        days = days_of(value)
        if days is None:
            continue
        params = {"where": f"{place}.{name}", "found": str(value)[:40], "clause": clause}
        if days[0] > (at + EARLIEST).date():
            yield finding("future_date", "warning", expected=f"{at:%Y-%m-%d}", **params)
        if born and days[1] < born[0]:
            yield finding("before_birth", "warning", expected=f"{born[0]:%Y-%m-%d}", **params)


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
            if is_elsewhere and target not in there:
                where = f"Bundle.entry[{number}].resource{place}"
                clause = f"{CLAUSE} FHIR"
                yield finding(
                    "far_reference", "warning", where=where, found=target[:60], clause=clause
                )
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
