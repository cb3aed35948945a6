"""One cause, one finding: what has the same cause is said once for a whole document, and counted.

Findings that read the same and cite the same clause have one cause and one remedy, in however many
places they show. Of some keys the values differ and the cause is still one: forty references in
another style than the fullUrls, all links of a narrative generator that writes no ids. Each place
keeps its own value, so that none is lost.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable
from dataclasses import replace

from sandbox.fhir.references import parse_reference
from sandbox.findings import Finding, Spot

SHOWN = 5  # values that a finding about many shows
ABSOLUTE = re.compile(r"^https?://")
WORD = re.compile(r"[\w.\-]+")
Cause = Callable[[Finding], tuple[Hashable, ...]]


def fold_by_cause(findings: Iterable[Finding]) -> list[Finding]:
    """Returns the findings with those of one cause as one: the first in document order, with the
    other places.

    Args:
        findings: The findings about one document, in the order in which they were made.
    """
    causes: dict[Hashable, list[Finding]] = {}
    for finding in findings:
        cause = CAUSES.get(finding.key, _sentence)
        causes.setdefault((finding.key, finding.severity, *cause(finding)), []).append(finding)
    return [_fold(alike) for alike in causes.values()]


def _fold(alike: list[Finding]) -> Finding:
    first, *rest = alike
    if not rest:
        return first
    values = list(dict.fromkeys(finding.found for finding in alike))
    shown = ", ".join(values[:SHOWN]) + (", …" if len(values) > SHOWN else "")
    return replace(
        first,
        params={**first.params, "found": shown},
        also=tuple(Spot(finding.where, finding.found) for finding in rest),
    )


def _sentence(finding: Finding) -> tuple[Hashable, ...]:
    params = tuple(sorted((name, str(value)) for name, value in finding.params.items()))
    return (finding.clause, finding.expected, finding.found, params)


def _kind(_: Finding) -> tuple[Hashable, ...]:
    return ()


def _styles(finding: Finding) -> tuple[Hashable, ...]:
    return (_style(finding.found), _style(finding.expected))


def _style(address: str) -> str:
    """Returns how an address is written: `Type/id`, the base of an absolute one, or the namespace
    of a URN.
    """
    literal = parse_reference(address)
    if literal:
        return literal.base or "Type/id"
    if ABSOLUTE.match(address):
        return address.rpartition("/")[0]
    if address.startswith("urn:"):
        return ":".join(address.split(":")[:2])
    return _form(address)


def _form(text: str) -> str:
    """Returns a text with each word that has letters as `w`, and each other one as `9`."""
    return WORD.sub(lambda match: "w" if re.search("[^\\d.-]", match[0]) else "9", text)


def _of_style(finding: Finding) -> tuple[Hashable, ...]:
    return (finding.clause, finding.expected, _style(finding.found))


def _of_style_alone(finding: Finding) -> tuple[Hashable, ...]:
    return (_style(finding.found),)


def _named(finding: Finding) -> tuple[Hashable, ...]:
    return (finding.params.get("name"),)


def _nested(finding: Finding) -> tuple[Hashable, ...]:
    return (finding.params.get("name"), finding.params.get("within"))


def _value_set(finding: Finding) -> tuple[Hashable, ...]:
    return (finding.params.get("value_set"),)


def _value_set_and_system(finding: Finding) -> tuple[Hashable, ...]:
    """The codes that one element takes from one wrong system; each code without a system is a fault
    of its own.
    """
    if "|" not in finding.found:
        return _sentence(finding)
    systems = frozenset(code.rpartition("|")[0] for code in finding.found.split(", "))
    return (finding.clause, finding.params.get("value_set"), systems)


def _base(finding: Finding) -> tuple[Hashable, ...]:
    return (finding.params.get("base"),)


def _meant(finding: Finding) -> tuple[Hashable, ...]:
    return (finding.params.get("name"), finding.expected)


def _targets(finding: Finding) -> tuple[Hashable, ...]:
    return (finding.clause, finding.expected, finding.found)


CAUSES: dict[str, Cause] = {
    "validation.namesake": _styles,
    "validation.full_url": _kind,
    "validation.full_url_id": _of_style_alone,
    "validation.adrift": _kind,
    "validation.dangling": _of_style,
    "validation.dangling_urn": _of_style,
    "validation.outside_document": _of_style,
    "validation.unreached": _kind,
    "validation.unreferenced": _kind,
    "validation.target_profile": _targets,
    "validation.reference_format": _of_style,
    "validation.primitive_format": _of_style,
    "validation.identifier_system": _of_style,
    "validation.relative_canonical": _of_style,
    "validation.unknown_unit": _kind,
    "validation.not_in_value_set": _value_set_and_system,
    "validation.narrative_link": _kind,
    "validation.narrative_pointer": _of_style,
    "validation.narrative_active": _nested,
    "validation.narrative_attribute": _nested,
    "validation.narrative_broken": _nested,
    "validation.narrative_element": _nested,
    "validation.narrative_entity": _nested,
    "validation.narrative_namespace": _kind,
    "validation.narrative_nesting": _nested,
    "validation.unknown_extension": _named,
    "validation.unknown_extension_package": _named,
    "validation.unknown_profile": _named,
    "validation.unknown_profile_package": _named,
    "validation.unknown_base": _base,
    "validation.unknown_base_package": _base,
    "validation.not_discriminated": _named,
    "validation.not_evaluated": _named,
    "validation.not_checked": _value_set,
    "validation.code_not_checked": _named,
    "validation.no_system": _named,
    "validation.server_silent": _meant,
    "validation.system_misspelt": _meant,
    "validation.system_relative": _meant,
    "validation.system_is_value_set": _meant,
    "validation.system_of_value_set": _meant,
    "validation.system_is_supplement": _named,
}
