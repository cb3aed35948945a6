"""A national terminology package of the shape that the event's exercises use, with codes of our own making."""

from __future__ import annotations

from typing import Any

from sandbox.testbench.tracks.terminology_readiness import (
    CONCEPT_MAPS,
    DOMAINS,
    EXPECTED,
    VALUE_SETS,
)

Json = dict[str, Any]
LOCAL = "http://node-07.example.org/terminology"
RACSEL = "http://racsel.org/connectathon"
PREQUAL = "http://smart.who.int/pcmt-vaxprequal/CodeSystem/PreQualProductIDs"
ICD_11 = "http://id.who.int/icd/release/11/mms"
CODES = {
    RACSEL: ["A10", "H1"], LOCAL: ["L-1", "L-2"], PREQUAL: ["Polio-1"], "http://snomed.info/sct": ["96309000"],
    "http://hl7.org/fhir/sid/icd-10": ["E79.0"], ICD_11: ["XM0N24"],
}  # fmt: skip
BEHIND = {
    "racsel-vs": RACSEL, "local-vs": LOCAL, "snomed-vs": "http://snomed.info/sct", "prequal-vs": PREQUAL,
    "cie10-vs": "http://hl7.org/fhir/sid/icd-10", "cie11-vs": ICD_11,
}  # fmt: skip


def a_package() -> list[Json]:
    """Returns the resources of a server that is ready."""
    systems = [
        {
            "resourceType": "CodeSystem", "id": f"cs-{number}", "url": url, "status": "active", "name": f"CS{number}",
            "content": "complete" if url in (RACSEL, LOCAL, PREQUAL) else "fragment",
            "concept": [{"code": code, "display": f"Concept {code}"} for code in codes],
        }
        for number, (url, codes) in enumerate(CODES.items())
    ]  # fmt: skip
    return [*systems, *map(a_value_set, EXPECTED), *map(a_concept_map, DOMAINS)]


def a_value_set(name: str) -> Json:
    system = BEHIND.get(name) or (LOCAL if name.endswith("-local-vs") else RACSEL)
    include = {"system": system, "concept": [{"code": code} for code in CODES[system]]}
    return {
        "resourceType": "ValueSet", "id": name, "url": VALUE_SETS + name, "status": "active",
        "compose": {"include": [include]},
    }  # fmt: skip


def a_concept_map(domain: str) -> Json:
    element = [{"code": "L-1", "target": [{"code": "A10", "equivalence": "equivalent"}]}]
    return {
        "resourceType": "ConceptMap", "id": f"vs-{domain}-local-to-racsel", "status": "active",
        "url": f"{CONCEPT_MAPS}vs-{domain}-local-to-racsel", "name": f"VS{domain}",
        "group": [{"source": LOCAL, "target": RACSEL, "element": element}],
    }  # fmt: skip
