"""Broken twins of the operation `$summary`: documents that look like an IPS and are not one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sandbox.fhir.json import Json, write_json
from sandbox.twins.changes import OTHER_IDENTIFIER
from sandbox.twins.passing import Change, Passing, Twin


def _summary(change: Callable[[Json], Json]) -> Change:
    """Changes summaries as they go out."""
    return lambda passing: (
        replace(passing, body=write_json(change(passing.json)))
        if passing.path.endswith("/$summary") and passing.status == 200
        else passing
    )


def _without_sections(document: Json) -> Json:
    first = document["entry"][0]
    bare = {name: value for name, value in first["resource"].items() if name != "section"}
    return {**document, "entry": [{**first, "resource": bare}, *document["entry"][1:]]}


def _of_somebody_else(document: Json) -> Json:
    return _entries_of("Patient", identifier=[OTHER_IDENTIFIER])(document)


def _knows_everybody(passing: Passing) -> Passing:
    # the body stays the OperationOutcome: a test must look at more than the status
    return (
        replace(passing, status=200)
        if passing.path.endswith("/$summary") and passing.status == 404
        else passing
    )


def _made_long_ago(document: Json) -> Json:
    # a summary on demand is made now (IPS 2.0.0 $summary): an old date gives away a stored one
    return {**document, "timestamp": "2020-02-29T12:00:00Z"}


def _entries_of(type: str, **elements: Any) -> Callable[[Json], Json]:
    """Sets elements of the entries of a type."""

    def change(document: Json) -> Json:
        entries = [
            {**entry, "resource": {**entry["resource"], **elements}}
            if entry["resource"]["resourceType"] == type
            else entry
            for entry in document["entry"]
        ]
        return {**document, "entry": entries}

    return change


def _nothing_known(document: Json) -> Json:
    """Says of allergies, problems and medications that none are known."""
    for type, element in KNOWN.items():
        coding = {"system": "http://snomed.info/sct", "code": NO_KNOWN[type]}
        document = _entries_of(type, **{element: {"coding": [coding]}})(document)
    return document


KNOWN = {
    "AllergyIntolerance": "code",
    "Condition": "code",
    "MedicationStatement": "medicationCodeableConcept",
}
# SNOMED CT: no known allergy, no current problems or disability, no drug therapy prescribed
NO_KNOWN = {
    "AllergyIntolerance": "716186003",
    "Condition": "160245001",
    "MedicationStatement": "182849000",
}
SUMMARY_TWINS: Mapping[str, Twin] = {
    "summarizes_another_vaccine": Twin(
        response=_summary(_entries_of("Immunization", vaccineCode={"text": "Tetanus"}))
    ),
    "summarizes_anybody": Twin(response=_knows_everybody),
    "summarizes_another_birth": Twin(
        response=_summary(_entries_of("Patient", birthDate="1901-01-01"))
    ),
    "summarizes_another_sex": Twin(response=_summary(_entries_of("Patient", gender="male"))),
    "summarizes_as_collection": Twin(
        response=_summary(lambda document: {**document, "type": "collection"})
    ),
    "summarizes_from_a_store": Twin(response=_summary(_made_long_ago)),
    "summarizes_nothing_known": Twin(response=_summary(_nothing_known)),
    "summarizes_somebody_else": Twin(response=_summary(_of_somebody_else)),
    "summarizes_without_sections": Twin(response=_summary(_without_sections)),
}
