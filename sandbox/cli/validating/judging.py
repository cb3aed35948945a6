"""Judging one source: a document, or each line of NDJSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sandbox.cli.validating.sources import Source
from sandbox.findings import Finding
from sandbox.reports.documents import RANKS, Judged

if TYPE_CHECKING:  # the judge is loaded when there is something to judge
    from sandbox.definitions.rulesets import Ruleset
    from sandbox.terminology.asking import Asker

EntryRule = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Rules:
    """By what documents are judged.

    Attributes:
        profiles: Canonicals or short names.
        ruleset: That of an event's year.
        entries: Profiles of entries by type and position, as `entry_profiles` reads them.
        asker: Answers what a terminology server must be asked; None to ask none.
        extension_domains: Where extensions may come from; None for anywhere.
    """

    profiles: Sequence[str] = ()
    ruleset: Ruleset | None = None
    entries: Mapping[EntryRule, str] = field(default_factory=dict)
    asker: Asker | None = None
    extension_domains: tuple[str, ...] | None = None


def entry_profiles(words: Sequence[str]) -> dict[EntryRule, str]:
    """Reads profiles of entries, such as `Composition:0=URL` for a Bundle's first Composition.

    Raises:
        ValueError: Holds the word that cannot be read.
    """
    rules: dict[EntryRule, str] = {}
    for word in words:
        place, _, profile = word.partition("=")
        type, _, position = place.partition(":")
        if not (type.isalpha() and position.isdecimal() and profile):
            raise ValueError(word)
        rules[type, int(position)] = profile
    return rules


def judge(source: Source, rules: Rules) -> Judged:
    """Judges a document, or each line of NDJSON (FHIR R4 nd-json.html).

    Returns:
        The findings, those of a line with its number in the file, errors first.
    """
    if not source.is_ndjson:
        return Judged(source.name, source.body, _judge_document(source.body, rules))
    findings: list[Finding] = []
    for number, line in enumerate(source.body.splitlines(), 1):
        if line.strip():
            judged = _judge_document(line, rules)
            findings += [
                replace(finding, line=number, column=max(finding.column, 1)) for finding in judged
            ]
    return Judged(
        source.name, source.body, sorted(findings, key=lambda finding: -RANKS[finding.severity])
    )


def _judge_document(body: bytes, rules: Rules) -> list[Finding]:
    from sandbox.validation import Options, validate_source

    options = Options(
        entries=rules.entries,
        asker=rules.asker,
        extension_domains=rules.extension_domains,
        compare_versions=True,
    )
    return validate_source(body, profiles=rules.profiles, ruleset=rules.ruleset, options=options)
