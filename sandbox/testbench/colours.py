"""The colours of which the tests of a Terminology Repository are made: a code system, a value set
and a map, always under the same addresses.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.fhir.json import Json
from sandbox.submissions.submission import URI

ROOT = "urn:oid:2.999.152"  # an arc for examples
NAMES = {
    "code_system": f"{ROOT}.1",
    "value_set": f"{ROOT}.2",
    "concept_map": f"{ROOT}.3",
    "other_system": f"{ROOT}.4",
}
COLOURS = {"rojo": "Rojo", "verde": "Verde", "azul": "Azul"}
HELD = ("rojo", "verde")  # by the value set


def code_system() -> Json:
    """Returns a code system of three colours."""
    concepts = [{"code": code, "display": display} for code, display in COLOURS.items()]
    return _resource(
        "CodeSystem",
        "1",
        "EnsayoColor",
        {"caseSensitive": True, "content": "complete", "concept": concepts},
    )


def value_set() -> Json:
    """Returns a value set of two of them, so that the third is a code outside."""
    include = {"system": NAMES["code_system"], "concept": [{"code": code} for code in HELD]}
    return _resource("ValueSet", "2", "EnsayoColores", {"compose": {"include": [include]}})


def concept_map() -> Json:
    """Returns a map of one of them to English."""
    target = {"code": "red", "display": "Red", "equivalence": "equal"}
    element = [{"code": "rojo", "display": COLOURS["rojo"], "target": [target]}]
    group = {"source": NAMES["code_system"], "target": NAMES["other_system"], "element": element}
    ends = {"sourceUri": NAMES["value_set"], "targetUri": f"{NAMES['other_system']}.1"}
    return _resource("ConceptMap", "3", "EnsayoColoresEnIngles", {**ends, "group": [group]})


def _resource(type: str, branch: str, name: str, content: Mapping[str, Any]) -> Json:
    """Returns a resource with all that SVCM's profiles ask for."""
    identifier: Any = {"system": URI, "value": f"{ROOT}.{branch}"}
    return {
        "resourceType": type,
        "id": f"ensayo-{branch}",
        "url": f"{ROOT}.{branch}",
        "version": "1.0.0",
        "name": name,
        "identifier": identifier if type == "ConceptMap" else [identifier],
        "title": name,
        "status": "active",
        "experimental": True,
        "date": "2026-01-01",
        "publisher": "connectathon sandbox",
        "description": name,
        **content,
    }
