"""Judging one source: a document, each line of NDJSON, or a Bundle of which some entries must meet a profile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sandbox.cli.validating.sources import Source
from sandbox.findings import Finding
from sandbox.reports.documents import RANKS, Judged

if TYPE_CHECKING:  # the judge is loaded when there is something to judge
    from sandbox.definitions.rulesets import Ruleset

EntryRule = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Rules:
    """By what documents are judged: profiles, the ruleset of a year, and profiles of entries by type and position."""

    profiles: Sequence[str] = ()
    ruleset: Ruleset | None = None
    entries: Mapping[EntryRule, str] = field(default_factory=dict)


def entry_profiles(words: Sequence[str]) -> dict[EntryRule, str]:
    """Reads `Composition:0=URL`, the profile of the first Composition of a Bundle; raises ValueError with the word."""
    rules: dict[EntryRule, str] = {}
    for word in words:
        place, _, profile = word.partition("=")
        type, _, position = place.partition(":")
        if not (type.isalpha() and position.isdecimal() and profile):
            raise ValueError(word)
        rules[type, int(position)] = profile
    return rules


def judge(source: Source, rules: Rules) -> Judged:
    """Returns what is found about a source; the findings of a line of NDJSON say that line."""
    if not source.is_ndjson:
        return Judged(source.name, source.body, _judge_document(source.body, rules))
    findings: list[Finding] = []
    for number, line in enumerate(source.body.splitlines(), 1):
        if line.strip():
            found = _judge_document(line, rules)
            findings += [replace(finding, line=number, column=max(finding.column, 1)) for finding in found]
    return Judged(source.name, source.body, sorted(findings, key=lambda finding: -RANKS[finding.severity]))


def _judge_document(body: bytes, rules: Rules) -> list[Finding]:
    from sandbox.validation import validate_source

    if not rules.entries:
        return validate_source(body, profiles=rules.profiles, ruleset=rules.ruleset)
    return _judge_with_entries(body, rules)


def _judge_with_entries(body: bytes, rules: Rules) -> list[Finding]:
    """Judges as if each entry declared the profile that the rules give to it; what is said keeps its line."""
    from sandbox.definitions.rulesets import profile_url
    from sandbox.definitions.xml import read_xml
    from sandbox.errors import SandboxError
    from sandbox.fhir.json import parse_json
    from sandbox.fhir.positions import find_positions
    from sandbox.validation import knowledge_at_hand, validate, validate_source

    is_xml = body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
    try:
        bundle = read_xml(body, knowledge_at_hand().types) if is_xml else parse_json(body)
    except SandboxError:
        return validate_source(body)
    for resource, place in _entries(bundle):
        profile = rules.entries.get(place)
        if profile:
            _declare(resource, profile_url(profile))
    findings = validate(bundle, profiles=rules.profiles, ruleset=rules.ruleset)
    positions = find_positions(body, {finding.where for finding in findings})
    return [
        replace(finding, line=positions[finding.where].line, column=positions[finding.where].column)
        if finding.where in positions
        else finding
        for finding in findings
    ]


def _entries(bundle: Any) -> Iterator[tuple[dict[str, Any], EntryRule]]:
    """Yields the resources of a Bundle with type and position among those of their type."""
    entries = bundle.get("entry") if isinstance(bundle, dict) else None
    met: dict[str, int] = {}
    for entry in entries if isinstance(entries, list) else ():
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(resource, dict):
            type = str(resource.get("resourceType"))
            yield resource, (type, met.get(type, 0))
            met[type] = met.get(type, 0) + 1


def _declare(resource: dict[str, Any], profile: str) -> None:
    meta = resource.setdefault("meta", {})
    if isinstance(meta, dict):
        declared = meta.setdefault("profile", [])
        if isinstance(declared, list) and profile not in declared:
            declared.append(profile)
