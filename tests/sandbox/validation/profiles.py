"""Builders for tests of the judge: profiles by their differential, and what it says by them."""

from __future__ import annotations

from typing import Any

from sandbox.definitions.build import compile_package
from sandbox.definitions.store import Definitions, core_definitions
from sandbox.findings import Finding
from sandbox.validation import Knowledge, validate

R4 = "http://hl7.org/fhir/StructureDefinition/"


def errors(findings: list[Finding]) -> list[tuple[str, str]]:
    """Returns key and place of the errors."""
    return [
        (f.key.removeprefix("validation."), f.where)
        for f in findings
        if f.severity in ("error", "fatal")
    ]


def a_profile(*elements: dict[str, Any], type: str = "Patient", base: str = "") -> dict[str, Any]:
    """Returns a profile given by its differential alone."""
    named = [{"id": element.get("id", element["path"]), **element} for element in elements]
    return {
        "resourceType": "StructureDefinition", "id": "p", "url": "http://example.org/p", "version": "1", "kind": "resource",
        "type": type, "baseDefinition": base or R4 + type, "derivation": "constraint", "differential": {"element": named},
    }  # fmt: skip


def knowledge_of(*definitions: dict[str, Any]) -> Knowledge:
    """Returns what the core and some definitions know."""
    return Knowledge(Definitions(compile_package(definitions), below=core_definitions()))


def by_profile(resource: dict[str, Any], *profiles: dict[str, Any]) -> list[tuple[str, str]]:
    """Returns the errors of a resource by the first profile; the others are those that it builds on."""
    return errors(
        validate(resource, profiles=[profiles[0]["url"]], knowledge=knowledge_of(*profiles))
    )
