"""`validate`: an instance against R4 and any number of profiles, the findings in document order."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from sandbox.definitions.store import R4_TYPE, core_definitions
from sandbox.fhirpath import Node
from sandbox.findings import Finding
from sandbox.validation.context import Bundle, Knowledge, Place, Validation
from sandbox.validation.documents import judge_bundle
from sandbox.validation.elements import codings_of
from sandbox.validation.extensions import judge_extension
from sandbox.validation.profiles import judge_profile
from sandbox.validation.structure import judge_resource

TARGET_PROFILE = "validation.target_profile"
LOINC, SNOMED = "http://loinc.org", "http://snomed.info/sct"
# FHIR R4 observation-vitalsigns.html: an Observation with one of these codes meets the profile, which asks for the
# LOINC code where only SNOMED CT's stands.
VITAL_SIGNS = {
    "85353-1": "vitalspanel", "9279-1": "resprate", "8867-4": "heartrate", "2708-6": "oxygensat",
    "8310-5": "bodytemp", "8302-2": "bodyheight", "9843-4": "headcircum", "29463-7": "bodyweight",
    "39156-5": "bmi", "85354-9": "bp",
    "86290005": "resprate", "364075005": "heartrate", "103228002": "oxygensat", "386725007": "bodytemp",
    "276885007": "bodytemp", "50373000": "bodyheight", "363812007": "headcircum", "27113001": "bodyweight",
    "60621009": "bmi", "75367002": "bp",
}  # fmt: skip
ORDER = {"fatal": 0, "error": 1, "warning": 2, "information": 3}


@cache
def core_knowledge() -> Knowledge:
    """Returns the knowledge of the committed core, built once."""
    return Knowledge(core_definitions())


def validate(
    resource: Any, *, profiles: Iterable[str] = (), knowledge: Knowledge | None = None, declared: bool = True
) -> list[Finding]:
    """Returns the findings about a resource given as JSON, errors first.

    `profiles` are canonical URLs, with or without version; `declared` also takes those of `meta.profile`, of the
    resource and of each entry of a Bundle.
    """
    kind = str(resource.get("resourceType")) if isinstance(resource, dict) else ""
    root = Node(resource, kind)
    bundle = Bundle(resource) if kind == "Bundle" else None
    validation = Validation(knowledge or core_knowledge(), root, bundle=bundle)
    place = Place(root, kind or "$this", root)
    judge_resource(validation, place)
    if isinstance(resource, dict):
        if bundle:
            judge_bundle(validation, place)
        for extension in validation.extensions:
            judge_extension(validation, extension)
        for profile in dict.fromkeys([*profiles, *(_declared(resource) if declared else ())]):
            judge_profile(validation, place, profile)
        if bundle and declared:
            _judge_declared_entries(validation, resource)
    return sorted(without_consequences(validation), key=lambda finding: ORDER[finding.severity])


def without_consequences(validation: Validation) -> list[Finding]:
    """Leaves out that a target misses its profile where the target's own findings say why: one cause, one finding."""
    findings = list(validation.findings.values())
    causes = [finding.where for finding in findings if finding.severity == "error" and finding.key != TARGET_PROFILE]
    return [
        finding
        for finding in findings
        if finding.key != TARGET_PROFILE
        or not any(cause.startswith(str(finding.params.get("target"))) for cause in causes)
    ]


def _declared(resource: dict[str, Any]) -> list[str]:
    """Returns the profiles that a resource names, and those that R4 gives to vital signs by their code."""
    meta = resource.get("meta")
    held = meta.get("profile") if isinstance(meta, dict) else None
    named = [url for url in held if isinstance(url, str)] if isinstance(held, list) else []
    if resource.get("resourceType") == "Observation":
        codes = {code for system, code in codings_of(resource.get("code")) if system in (LOINC, SNOMED)}
        named += [R4_TYPE + profile for code, profile in VITAL_SIGNS.items() if code in codes]
    return named


def _judge_declared_entries(validation: Validation, bundle: dict[str, Any]) -> None:
    entries = bundle.get("entry")
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if not isinstance(resource, dict):
            continue
        node = Node(resource, str(resource.get("resourceType")))
        full_url = entry.get("fullUrl")
        place = Place(node, f"Bundle.entry[{index}].resource", node, full_url if isinstance(full_url, str) else "")
        for profile in _declared(resource):
            judge_profile(validation, place, profile)
