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
    places = [place for finding in alike for place in (finding.where, *finding.also)]
    return replace(first, also=tuple(places[1:])) if rest else first


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


CAUSES: dict[str, Callable[[Finding], tuple[Hashable, ...]]] = {
    "validation.namesake": _styles,
    "validation.unknown_profile": _named,
    "validation.not_evaluated": _named,
    "validation.not_checked": _value_set,
}
