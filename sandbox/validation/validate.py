"""`validate`: an instance against R4 and any number of profiles, the findings in document order."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

from sandbox.definitions.installed import added_files, installed_resources
from sandbox.definitions.rulesets import Ruleset, profile_url
from sandbox.definitions.store import R4_TYPE, Definitions, core_resources
from sandbox.definitions.xml import read_xml
from sandbox.errors import SandboxError
from sandbox.fhir.json import parse_json
from sandbox.fhir.positions import Position, find_positions
from sandbox.fhirpath import Node
from sandbox.findings import Finding
from sandbox.validation.consequences import without_consequences
from sandbox.validation.context import Bundle, Knowledge, Place, Validation
from sandbox.validation.definitions import judge_definition
from sandbox.validation.documents import judge_bundle
from sandbox.validation.elements import codings_of
from sandbox.validation.extensions import judge_extension
from sandbox.validation.profiles import judge_profile
from sandbox.validation.releases import fold_other_releases
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
GLOBAL = "FHIR R4 implementationguide-definitions.html#ImplementationGuide.global"
ORDER = {"fatal": 0, "error": 1, "warning": 2, "information": 3}


def knowledge_at_hand() -> Knowledge:
    """Returns what the core and the packages that were added know; read again only when a package comes or goes."""
    return _knowledge(tuple((str(file), file.stat().st_mtime_ns) for file in added_files()))


@lru_cache(maxsize=2)
def _knowledge(_: tuple[tuple[str, int], ...]) -> Knowledge:
    added = list(installed_resources())
    packages = {str(definition.package): definition.package for definition in added}
    return Knowledge(Definitions([*core_resources(), *added]), guides=tuple(packages.values()))


def validate(
    resource: Any,
    *,
    profiles: Iterable[str] = (),
    ruleset: Ruleset | None = None,
    knowledge: Knowledge | None = None,
    declared: bool = True,
    compare_versions: bool = False,
) -> list[Finding]:
    """Returns the findings about a resource given as JSON, errors first.

    `profiles` are canonical URLs, with or without version, or short names such as `ips`; a `ruleset` adds the profile
    of its year and reads what it tolerates; `declared` also takes those of `meta.profile`, of the resource and of each
    entry of a Bundle.  `compare_versions` tells which other version of a profile an instance meets that fails the one
    asked for; it costs a second judgement.
    """
    if not isinstance(resource, dict) or not isinstance(resource.get("resourceType"), str):
        return [_no_resource(resource)]
    knowledge = knowledge or knowledge_at_hand()
    tolerated: list[Finding] = []
    named = list(profiles)
    if ruleset:
        resource, tolerated = ruleset.read(resource)
        named.append(ruleset.profile_of(resource))
    asked = list(dict.fromkeys(profile_url(name) for name in named if name))
    findings = [*_judge(resource, asked, knowledge, declared=declared), *tolerated]
    if compare_versions and any(finding.severity == "error" for finding in findings):
        findings += _met_versions(resource, asked, knowledge, declared=declared)
    return sorted(findings, key=lambda finding: ORDER[finding.severity])


def _no_resource(value: Any) -> Finding:
    key = "no_type" if isinstance(value, dict) else "no_object"
    found = "[ … ]" if isinstance(value, list) else "" if isinstance(value, dict) else json.dumps(value, default=str)
    return Finding(
        id=f"validation.{key}", severity="error", key=f"validation.{key}", where="$this", found=found[:120],
        clause="FHIR R4 json.html#resources",
    )  # fmt: skip


def _judge(resource: dict[str, Any], asked: list[str], knowledge: Knowledge, *, declared: bool) -> list[Finding]:
    kind = str(resource["resourceType"])
    root = Node(resource, kind)
    bundle = Bundle(resource) if kind == "Bundle" else None
    validation = Validation(knowledge, root, bundle=bundle)
    place = Place(root, kind, root)
    judge_resource(validation, place)
    if bundle:
        judge_bundle(validation, place)
    for extension in validation.extensions:
        judge_extension(validation, extension)
    for instance in (place, *_entries(resource)):
        named = _declared(instance.node.value) if declared else []
        in_context = [_in_context(knowledge, canonical, asked) for canonical in named]
        for canonical in dict.fromkeys([*(asked if instance is place else ()), *in_context]):
            judge_profile(validation, instance, canonical)
        _judge_globals(validation, instance)
        judge_definition(validation, instance)
    return fold_other_releases(without_consequences(validation.findings.values()), resource)


def _in_context(knowledge: Knowledge, canonical: str, asked: list[str]) -> str:
    """Returns a profile that an instance names, in the version that goes with the profiles asked for."""
    definitions = knowledge.definitions
    packages = filter(None, map(definitions.package_of, asked))
    pins = (definitions.pin("StructureDefinition", canonical, package) for package in packages)
    return next((pin for pin in pins if pin != canonical), canonical)


def _judge_globals(validation: Validation, place: Place) -> None:
    """Holds an instance against the profiles that an added guide asks of every instance of its type.

    FHIR R4 implementationguide-definitions.html#ImplementationGuide.global
    """
    for guide in validation.knowledge.guides:
        for type, profile in guide.globals:
            if type == place.node.type:
                before = len(validation.findings)
                definitions = validation.knowledge.definitions
                judge_profile(validation, place, definitions.pin("StructureDefinition", profile, guide))
                if len(validation.findings) > before:
                    validation.note(
                        "global_profile", place, severity="information", clause=GLOBAL, name=profile,
                        guide=str(guide), type=type,
                    )  # fmt: skip


def _met_versions(
    resource: dict[str, Any], asked: list[str], knowledge: Knowledge, *, declared: bool
) -> Iterator[Finding]:
    """Yields which other version of a profile asked for the instance meets without an error."""
    for canonical in asked:
        url, _, _ = canonical.partition("|")
        default, *_ = versions = knowledge.definitions.versions(url) or [""]
        judged = canonical.partition("|")[2] or default
        for version in versions:
            if version in ("", judged):
                continue
            others = [f"{url}|{version}" if one == canonical else one for one in asked]
            findings = _judge(resource, others, knowledge, declared=declared)
            if not any(finding.severity == "error" for finding in findings):
                yield Finding(
                    id="validation.meets_version", severity="information", key="validation.meets_version",
                    params={"name": url.rpartition("/")[2], "version": version, "judged": judged},
                    where=str(resource["resourceType"]), clause=f"{url}|{version}",
                )  # fmt: skip


def validate_source(
    body: bytes,
    *,
    profiles: Iterable[str] = (),
    ruleset: Ruleset | None = None,
    knowledge: Knowledge | None = None,
    compare_versions: bool = False,
) -> list[Finding]:
    """Returns the findings about a JSON or XML text, with line and column; a text that cannot be read is a finding."""
    knowledge = knowledge or knowledge_at_hand()
    is_xml = body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
    try:
        resource = read_xml(body, knowledge.types) if is_xml else parse_json(body)
    except SandboxError as error:
        line, column = error.params.get("line", 0), error.params.get("column", 0)
        return [replace(error.as_finding(), line=int(str(line)), column=int(str(column)))]
    findings = validate(
        resource, profiles=profiles, ruleset=ruleset, knowledge=knowledge, compare_versions=compare_versions
    )
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


def _entries(resource: dict[str, Any]) -> Iterator[Place]:
    """Yields the resources of a Bundle."""
    entries = resource.get("entry") if resource["resourceType"] == "Bundle" else None
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        inner = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(inner, dict):
            node = Node(inner, str(inner.get("resourceType")))
            full_url = entry.get("fullUrl")
            yield Place(node, f"Bundle.entry[{index}].resource", node, full_url if isinstance(full_url, str) else "")
