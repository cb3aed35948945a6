"""One cause, one finding: what is wrong, or unknown, once for a whole document is said once and counted.

Forty references in another style than the fullUrls have one cause and one remedy; so has a value set that is not at
hand, in however many places it is bound.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable
from dataclasses import replace

from sandbox.fhir.references import parse_reference
from sandbox.findings import Finding

SHOWN = 5  # values that a finding about many shows
ABSOLUTE = re.compile(r"^https?://")


def fold_by_cause(findings: Iterable[Finding]) -> list[Finding]:
    """Returns the findings with those of one cause as one: the first in document order, with the other places.

    Args:
        findings: The findings about one document, in the order in which they were made.
    """
    causes: dict[Hashable, list[Finding]] = {}
    for finding in findings:
        cause = CAUSES.get(finding.key)
        own = (finding.key, finding.where, id(finding))
        causes.setdefault((finding.key, finding.severity, *cause(finding)) if cause else own, []).append(finding)
    return [_fold(alike) for alike in causes.values()]


def _fold(alike: list[Finding]) -> Finding:
    first, *rest = alike
    if not rest:
        return first
    values = list(dict.fromkeys(finding.found for finding in alike))
    shown = ", ".join(values[:SHOWN]) + (", …" if len(values) > SHOWN else "")
    return replace(first, found=shown, also=tuple(finding.where for finding in rest))


def _styles(finding: Finding) -> tuple[Hashable, ...]:
    return (_style(finding.found), _style(finding.expected))


def _style(address: str) -> str:
    """Returns how an address is written: `Type/id`, the base of an absolute one, or the namespace of a URN."""
    literal = parse_reference(address)
    if literal:
        return literal.base or "Type/id"
    if ABSOLUTE.match(address):
        return address.rpartition("/")[0]
    return ":".join(address.split(":")[:2])


def _named(finding: Finding) -> tuple[Hashable, ...]:
    return (finding.params.get("name"),)


def _value_set(finding: Finding) -> tuple[Hashable, ...]:
    return (finding.params.get("value_set"),)


def _base(finding: Finding) -> tuple[Hashable, ...]:
    return (finding.params.get("base"),)


def _meant(finding: Finding) -> tuple[Hashable, ...]:
    return (finding.params.get("name"), finding.expected)


CAUSES: dict[str, Callable[[Finding], tuple[Hashable, ...]]] = {
    "validation.namesake": _styles,
    "validation.unknown_extension": _named,
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
