"""What a search gave is held against its parameters: what contradicts them is told, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.testbench.matching import unmet

DOCUMENT: dict[str, Any] = {
    "resourceType": "DocumentReference",
    "id": "d1",
    "status": "current",
    "masterIdentifier": {"system": "urn:ietf:rfc:3986", "value": "urn:oid:2.999.1"},
    "identifier": [{"value": "bare"}],
    "type": {"coding": [{"system": "http://loinc.org", "code": "60591-5"}]},
    "subject": {"reference": "http://a.example/fhir/Patient/ana/_history/2"},
    "date": "2026-04-11T12:00:00Z",
    "contained": [{"resourceType": "Practitioner", "id": "who", "name": [{"family": "Ñandú"}]}],
    "author": [{"reference": "#who"}],
    "content": [{"attachment": {"creation": "2026-01-10"}}],
    "context": {
        "period": {"start": "2026-01-05", "end": "2026-01-25"},
        "facilityType": {"coding": [{"system": "http://snomed.info/sct", "code": "35971002"}]},
    },
}
LIST = {
    "resourceType": "List",
    "code": {"coding": [{"code": "submissionset"}]},
    "extension": [
        {
            "url": "https://profiles.ihe.net/ITI/MHD/StructureDefinition/ihe-sourceId",
            "valueIdentifier": {"system": "urn:ietf:rfc:3986", "value": "urn:oid:2.999.2"},
        }
    ],
}


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("status", "current"),
        ("status", "superseded,current"),
        ("type", "http://loinc.org|60591-5"),
        ("type", "60591-5"),
        ("type", "http://loinc.org|"),
        ("facility", "http://snomed.info/sct|35971002"),
        ("identifier", "urn:ietf:rfc:3986|urn:oid:2.999.1"),
        ("identifier", "|bare"),
        ("patient", "Patient/ana"),
        ("patient", "ana"),
        ("patient", "http://b.example/t/fhir/Patient/ana"),
        ("date", "ge2026-04-11"),
        ("date", "2026-04"),
        ("date", "lt2026-05-01"),
        ("creation", "le2026-01-10"),
        ("period", "ge2026-01-20"),
        ("author.family", "nand"),
        ("_id", "d1"),
        # what cannot be told of
        ("type:in", "http://a.example/ValueSet/x"),
        ("patient.identifier", "urn:oid:2.999|1"),
        ("author.given", ""),
        ("colour", "blue"),
        ("date", "xx2026"),
    ],
)
def test_what_meets_or_cannot_be_told_of_is_not_told(name: str, asked: str) -> None:
    assert list(unmet(DOCUMENT, [(name, asked)])) == []


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("status", "superseded"),
        ("type", "http://loinc.org|11488-4"),
        ("type", "http://snomed.info/sct|60591-5"),
        ("type", "|60591-5"),
        ("category", "http://loinc.org|11369-6"),
        ("identifier", "urn:ietf:rfc:3986|urn:oid:2.999.10"),
        ("patient", "Patient/rosa"),
        ("date", "ge2026-05-01"),
        ("date", "2026-03"),
        ("creation", "lt2026-01-10"),
        ("creation", "gt2026-01-10"),
        ("period", "sa2026-01-25"),
        ("period", "eb2026-01-05"),
        ("author.family", "boldo"),
        ("_id", "d2"),
    ],
)
def test_what_contradicts_a_parameter_is_told(name: str, asked: str) -> None:
    assert list(unmet(DOCUMENT, [("status", "current"), (name, asked)])) == [(name, asked)]


def test_lists_are_held_against_the_parameters_of_ihe() -> None:
    assert list(unmet(LIST, [("code", "submissionset"), ("sourceId", "urn:oid:2.999.2")])) == []
    told = list(unmet(LIST, [("code", "folder"), ("sourceId", "urn:oid:2.999.3")]))
    assert [name for name, _ in told] == ["code", "sourceId"]
    assert list(unmet(LIST, [("designationType", "x")])) == [("designationType", "x")]
