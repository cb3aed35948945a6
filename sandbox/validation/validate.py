"""`validate`: an instance against R4 and any number of profiles, the findings in document order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Any

from sandbox.definitions.installed import added_files, installed_resources
from sandbox.definitions.rulesets import Ruleset, profile_url
from sandbox.definitions.store import R4_TYPE, Definitions, core_resources
from sandbox.definitions.xml import read_xml
from sandbox.errors import SandboxError
from sandbox.fhir.json import LONE_SURROGATE, parse_json
from sandbox.fhir.positions import Position, find_positions
from sandbox.fhirpath import Node, OverBudget
from sandbox.findings import Finding
from sandbox.terminology.asking import Asker
from sandbox.validation.bindings import codings_of
from sandbox.validation.bundles import Bundle
from sandbox.validation.causes import fold_by_cause
from sandbox.validation.consequences import without_consequences
from sandbox.validation.context import Knowledge, Place, Validation
from sandbox.validation.documents import judge_bundle
from sandbox.validation.extensions import judge_extension
from sandbox.validation.profiles import judge_profile
from sandbox.validation.structure import judge_resource

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


def knowledge_at_hand() -> Knowledge:
    """Returns what the core and the packages that were added know; read again only when a package comes or goes."""
    return _knowledge(tuple((str(file), file.stat().st_mtime_ns) for file in added_files()))


@lru_cache(maxsize=2)
def _knowledge(_: tuple[tuple[str, int], ...]) -> Knowledge:
    return Knowledge(Definitions([*core_resources(), *installed_resources()]))


def validate(
    resource: Any,
    *,
    profiles: Iterable[str] = (),
    ruleset: Ruleset | None = None,
    knowledge: Knowledge | None = None,
    declared: bool = True,
    asker: Asker | None = None,
) -> list[Finding]:
    """Returns the findings about a resource given as JSON, errors first.

    `profiles` are canonical URLs, with or without version, or short names such as `ips`; a `ruleset` adds the profile
    of its year and reads what it tolerates; `declared` also takes those of `meta.profile`, of the resource and of each
    entry of a Bundle; an `asker` answers for codes that are not at hand.
    """
    asked = [profile_url(name) for name in profiles]
    tolerated: list[Finding] = []
    if ruleset and isinstance(resource, dict):
        resource, tolerated = ruleset.read(resource)
        asked += [ruleset.profile_of(resource)]
    kind = str(resource.get("resourceType")) if isinstance(resource, dict) else ""
    root = Node(resource, kind)
    bundle = Bundle(resource) if kind == "Bundle" else None
    validation = Validation(knowledge or knowledge_at_hand(), root, bundle=bundle, asker=asker)
    place = Place(root, kind or "$this", root)
    try:
        _judge(validation, place, asked, declared=declared)
    except OverBudget as error:  # what was found until then is kept
        validation.note("not_finished", place, severity="warning", name=kind, limit=error.params["limit"])
    findings = [*fold_by_cause(without_consequences(validation.findings.values())), *tolerated]
    return sorted(findings, key=lambda finding: ORDER[finding.severity])


def _judge(validation: Validation, place: Place, asked: list[str], *, declared: bool) -> None:
    resource = place.node.value
    judge_resource(validation, place)
    if not isinstance(resource, dict):
        return
    if validation.bundle:
        judge_bundle(validation, place)
    for extension in validation.extensions:
        judge_extension(validation, extension)
    for profile in dict.fromkeys([*filter(None, asked), *(_declared(resource) if declared else ())]):
        judge_profile(validation, place, profile)
    for inner in validation.inner if declared else ():
        for profile in _declared(inner.node.value):
            judge_profile(validation, inner, profile)


def validate_source(
    body: bytes,
    *,
    profiles: Iterable[str] = (),
    ruleset: Ruleset | None = None,
    knowledge: Knowledge | None = None,
    asker: Asker | None = None,
) -> list[Finding]:
    """Returns the findings about a JSON or XML text, with line and column; a text that cannot be read is a finding."""
    knowledge = knowledge or knowledge_at_hand()
    is_xml = body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
    try:
        resource = read_xml(body, knowledge.types) if is_xml else parse_json(body, refused=LONE_SURROGATE)
    except SandboxError as error:
        line, column = error.params.get("line", 0), error.params.get("column", 0)
        return [replace(error.as_finding(), line=int(str(line)), column=int(str(column)))]
    findings = validate(resource, profiles=profiles, ruleset=ruleset, knowledge=knowledge, asker=asker)
    positions = find_positions(body, {finding.where for finding in findings})
    placed = [_placed(finding, positions.get(finding.where)) for finding in findings]
    return sorted(placed, key=lambda finding: (ORDER[finding.severity], finding.line))


def _placed(finding: Finding, position: Position | None) -> Finding:
    return replace(finding, line=position.line, column=position.column) if position else finding


def _declared(resource: dict[str, Any]) -> list[str]:
    """Returns the profiles that a resource names, and those that R4 gives to vital signs by their code."""
    meta = resource.get("meta")
    held = meta.get("profile") if isinstance(meta, dict) else None
    named = [url for url in held if isinstance(url, str)] if isinstance(held, list) else []
    if resource.get("resourceType") == "Observation":
        codes = {code for system, code in codings_of(resource.get("code")) if system in (LOINC, SNOMED)}
        named += [R4_TYPE + profile for code, profile in VITAL_SIGNS.items() if code in codes]
    return named
