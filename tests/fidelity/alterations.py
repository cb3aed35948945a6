"""What is altered in the answers of a server: each element that came, by each action that fits it, headers and times.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from sandbox.exchange import Exchange
from sandbox.fhir.json import Json
from sandbox.testbench.comparing import ORDERED
from sandbox.twins.altering import Fault, faults_of
from sandbox.twins.passing import Passing
from sandbox.twins.proxy import headers_with, with_fault

CLINICAL = ("AllergyIntolerance", "Condition", "MedicationStatement", "Immunization")
TYPES = ("Patient", *CLINICAL, "Composition", "DocumentReference", "List")
ANSWERS = ("Bundle", "header")
HEADERS = ("Content-Type", "ETag", "Location", "Last-Modified")
# Of a Bundle what the answer itself says; its resources are altered by their own types.
OF_BUNDLES = (
    "type", "timestamp", "identifier.value", "total", "entry.response.status",
    "entry.response.location", "entry.response.etag", "entry.response.lastModified",
)  # fmt: skip
# Set by a server for itself, or words for people: nothing that somebody sent.
OWN = re.compile(r"(id|meta|text|language|display)\b.*|.*\.(id|display)")
# Whose a document is: the patient as the archive knows her, and as the source did.
WHOSE = re.compile(r"(subject|context\.sourcePatientInfo)(\..*)?")
DATES = re.compile(r"(date|.*creation|context\.period\..*|attester\.time|event\.period\..*)")


def faults_in(answers: Iterable[Exchange]) -> list[Fault]:
    """Returns the faults that fit what came: each once."""
    faults: dict[Fault, None] = {}
    for answer in answers:
        for resource in _resources(answer.json):
            faults |= {fault: None for fault in faults_of(resource) if not OWN.match(fault.path)}
    for action in ("remove", "other"):
        faults |= {Fault("Bundle", path, action): None for path in OF_BUNDLES}
        faults |= {Fault("header", name, action): None for name in HEADERS}
    return list(faults)


def may_hold(answer: Exchange, fault: Fault) -> bool:
    """Tells at a glance that an answer cannot have what a fault alters, without reading it as JSON."""
    if fault.type == "header":
        return bool(answer.header(fault.path))
    *_, name = fault.path.split(".")
    return fault.type.encode() in answer.body and f'"{name}"'.encode() in answer.body


def altered_answer(answer: Exchange, fault: Fault) -> Exchange:
    """Returns an answer as the proxy would hand it on."""
    if fault.type == "header":
        return replace(answer, headers=tuple(headers_with(fault, answer.headers)))
    kind = answer.header("content-type")
    passing = Passing(answer.method, answer.url, kind, answer.body, status=answer.status)
    return replace(answer, body=with_fault(fault)(passing).body)


def is_without_meaning(fault: Fault) -> bool:
    """Tells whether it alters nothing that was said: the order of a list has a meaning by `ElementDefinition.orderMeaning` alone."""
    return fault.action == "reorder" and fault.path.rpartition(".")[2] not in ORDERED


def is_critical(fault: Fault) -> bool:
    """Tells whether nobody may fail to see it: allergies, medications, problems, immunizations, identity, dates of a document."""
    is_document = fault.type in ("DocumentReference", "Composition")
    is_whose = (is_document or fault.type == "List") and WHOSE.fullmatch(fault.path) is not None
    is_time_of_document = fault == Fault("Bundle", "timestamp", fault.action)
    is_date = is_document and DATES.fullmatch(fault.path) is not None
    is_of_patient = fault.type in ("Patient", *CLINICAL) or is_whose
    return is_of_patient or is_date or is_time_of_document


def _resources(value: Any) -> Iterator[Json]:
    if isinstance(value, dict):
        if value.get("resourceType") in TYPES:
            yield value
        for inner in value.values():
            yield from _resources(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _resources(inner)
