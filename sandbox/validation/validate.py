"""`validate`: an instance against R4 and any number of profiles, the findings in document order."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from sandbox.definitions.installed import added_files, installed_resources
from sandbox.definitions.rulesets import Ruleset, profile_url
from sandbox.definitions.store import Definitions, core_resources
from sandbox.definitions.xml import judge_xml
from sandbox.errors import SandboxError
from sandbox.fhir.json import LONE_SURROGATE, Json, parse_json
from sandbox.fhir.placing import placed_findings
from sandbox.fhirpath import Node, OverBudget
from sandbox.findings import Finding, Reason
from sandbox.terminology.asking import Asker
from sandbox.validation.applying import declared_profiles, judge_globals
from sandbox.validation.bundles import Bundle
from sandbox.validation.causes import fold_by_cause
from sandbox.validation.consequences import without_consequences
from sandbox.validation.context import Place, Validation
from sandbox.validation.definitions import judge_definition
from sandbox.validation.documents import judge_bundle
from sandbox.validation.extensions import judge_extension
from sandbox.validation.knowledge import Knowledge
from sandbox.validation.profiles import judge_profile
from sandbox.validation.releases import fold_other_releases
from sandbox.validation.structure import judge_resource

ENTRY = re.compile(r"Bundle\.entry\[\d+\]\.resource")
ORDER = {"fatal": 0, "error": 1, "warning": 2, "information": 3}


@dataclass(frozen=True, slots=True)
class Options:
    """How far a judgement goes.

    `declared` takes the profiles of `meta.profile`, of the resource and of those inside it;
    `entries` are profiles of the entries of a Bundle, by type and position among those of that
    type; an `asker` answers for codes that are not at hand; `extension_domains` refuses extensions
    whose definition is not at hand, except those below these URLs; `compare_versions` tells which
    other version of a profile an instance meets that fails the one asked for, at the cost of a
    second judgement.
    """

    declared: bool = True
    entries: Mapping[tuple[str, int], str] = field(default_factory=dict)
    asker: Asker | None = None
    extension_domains: tuple[str, ...] | None = None
    compare_versions: bool = False


DEFAULT = Options()


def knowledge_at_hand() -> Knowledge:
    """Returns what the core and the packages that were added know; read again only when a package
    comes or goes.
    """
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
    options: Options = DEFAULT,
) -> list[Finding]:
    """Returns the findings about a resource given as JSON, errors first.

    Args:
        resource: any JSON value; what is no resource is a finding.
        profiles: canonical URLs, with or without version, or short names such as `ips`.
        ruleset: adds the profile of an event year and reads what that year tolerates.
        knowledge: the definitions to judge by; those at hand, if omitted.
        options: how far the judgement goes.
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
    findings = [*_findings(resource, asked, knowledge, options), *tolerated]
    if options.compare_versions and _has_errors(findings):
        findings += _met_versions(resource, asked, knowledge, options)
    return sorted(findings, key=lambda finding: ORDER[finding.severity])


def validate_source(
    body: bytes,
    *,
    profiles: Iterable[str] = (),
    ruleset: Ruleset | None = None,
    knowledge: Knowledge | None = None,
    options: Options = DEFAULT,
) -> list[Finding]:
    """Returns the findings about a JSON or XML text, with line and column; a text that cannot be
    read is a finding.
    """
    knowledge = knowledge or knowledge_at_hand()
    is_xml = body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
    try:
        if is_xml:
            resource, faults = judge_xml(body, knowledge.types)
        else:
            resource = parse_json(body, refused=LONE_SURROGATE)
            faults = []
    except SandboxError as error:
        line = error.params.get("line", 0)
        column = error.params.get("column", 0)
        return [replace(error.as_finding(), line=int(str(line)), column=int(str(column)))]
    findings = validate(
        resource, profiles=profiles, ruleset=ruleset, knowledge=knowledge, options=options
    )
    placed = placed_findings(body, findings)
    return sorted([*placed, *faults], key=lambda finding: (ORDER[finding.severity], finding.line))


def _no_resource(value: Any) -> Finding:
    key = "no_type" if isinstance(value, dict) else "no_object"
    shown = (
        "[ … ]"
        if isinstance(value, list)
        else ""
        if isinstance(value, dict)
        else json.dumps(value, default=str)
    )
    return Finding(
        id=f"validation.{key}",
        severity="error",
        key=f"validation.{key}",
        where="$this",
        found=shown[:120],
        clause="FHIR R4 json.html#resources",
    )


def _findings(
    resource: Json, asked: list[str], knowledge: Knowledge, options: Options
) -> list[Finding]:
    kind = str(resource["resourceType"])
    root = Node(resource, kind)
    bundle = Bundle(resource) if kind == "Bundle" else None
    validation = Validation(
        knowledge, root, bundle=bundle, asker=options.asker, judge_profile=judge_profile
    )
    validation.extension_domains = options.extension_domains
    place = Place(root, kind, root)
    try:
        _judge(validation, place, asked, options)
    except OverBudget as error:  # what was found until then is kept
        validation.note(
            "not_finished", place, severity="warning", name=kind, limit=error.params["limit"]
        )
    return fold_by_cause(
        fold_other_releases(without_consequences(validation.findings.values()), resource)
    )


def _judge(validation: Validation, place: Place, asked: list[str], options: Options) -> None:
    judge_resource(validation, place)
    if validation.bundle:
        judge_bundle(validation, place)
    for extension in validation.extensions:
        judge_extension(validation, extension)
    of_entries = dict(_entry_profiles(validation.inner, options))
    for instance in (place, *validation.inner):
        profiles = asked if instance is place else of_entries.get(instance.path, [])
        reasons: dict[str, Reason | None] = dict.fromkeys(profiles)
        if options.declared:
            for canonical, reason in declared_profiles(
                validation.knowledge, instance.node.value, asked
            ):
                reasons.setdefault(canonical, reason)
        for canonical, validation.reason in reasons.items():
            judge_profile(validation, instance, canonical)
        validation.reason = None
        judge_globals(validation, instance)
        judge_definition(validation, instance)


def _entry_profiles(inner: Iterable[Place], options: Options) -> Iterator[tuple[str, list[str]]]:
    """Yields where an entry stands that the options give a profile to."""
    met: Counter[str] = Counter()
    for instance in inner:
        if ENTRY.fullmatch(instance.path):
            type = instance.node.type
            profile = options.entries.get((type, met[type]))
            met[type] += 1
            if profile:
                yield instance.path, [profile_url(profile)]


def _met_versions(
    resource: Json, asked: list[str], knowledge: Knowledge, options: Options
) -> Iterator[Finding]:
    """Yields which other version of a profile asked for the instance meets without an error."""
    for canonical in asked:
        url, _, version_asked = canonical.partition("|")
        versions = knowledge.definitions.versions(url)
        judged = version_asked or next(iter(versions), "")
        for version in versions:
            if version in ("", judged):
                continue
            instead = [
                f"{url}|{version}" if asked_for == canonical else asked_for for asked_for in asked
            ]
            if not _has_errors(_findings(resource, instead, knowledge, options)):
                yield Finding(
                    id="validation.meets_version",
                    severity="information",
                    key="validation.meets_version",
                    params={"name": url.rpartition("/")[2], "version": version, "judged": judged},
                    where=str(resource["resourceType"]),
                    clause=f"{url}|{version}",
                )


def _has_errors(findings: Iterable[Finding]) -> bool:
    return any(finding.severity in ("fatal", "error") for finding in findings)
