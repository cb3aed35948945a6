"""One cause, one finding: what only follows from another finding is left out."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable

from sandbox.findings import Finding

ERRORS = ("error", "fatal")
TARGET = "validation.target_profile"
# What an invariant may ask in other words.
ASKED = {
    "validation.missing": "exists",
    "validation.missing_value": "exists",
    "validation.prohibited": "empty",
}
# An invariant that cannot hold where another one fails already.
FOLLOWS = {"bdl-ips-1": "bdl-11"}
# What an extension lacks by its own definition follows where it has nothing at all, and what a value set lacks where
# there is no such type: the key of a finding, the name in it where that matters, and the error that says it better.
SAID_BETTER = (
    ("validation.missing", "value", "validation.extension_empty"),
    ("validation.missing", "extension", "validation.extension_empty"),
    ("validation.missing_slice", "", "validation.extension_empty"),
    ("validation.too_many", "extension", "validation.extension_both"),
    ("validation.too_many", "value", "validation.extension_both"),
    ("validation.prohibited", "extension", "validation.extension_both"),
    ("validation.prohibited", "value", "validation.extension_both"),
    ("validation.not_in_value_set", "", "validation.unknown_type"),
)


def without_consequences(findings: Iterable[Finding]) -> list[Finding]:
    """Returns the findings without those that another one explains.

    A target that misses a profile is explained by its own findings; an invariant by an element of which it speaks and
    that is missing, or not allowed, at the same place.
    """
    all_of_them = list(findings)
    # where something is wrong, in the order of texts, so that what begins with a place is found without a walk
    wrong = sorted(one.where for one in all_of_them if one.severity in ERRORS and one.key != TARGET)
    errors = [one for one in all_of_them if one.severity in ERRORS]
    broken = {str(one.params.get("name")) for one in errors if one.key == "validation.invariant"}
    said: dict[str, list[str]] = {}
    for one in errors:
        if one.key in ASKED:
            said.setdefault(one.where, []).append(f"{one.params.get('name')}.{ASKED[one.key]}()")
    better = {better for _, _, better in SAID_BETTER}
    causes = {(one.key, one.where) for one in errors if one.key in better}
    return [
        one
        for one in all_of_them
        if not _is_said_better(one, causes) and not _follows(one, wrong, broken, said.get(one.where, ()))
    ]


def _is_said_better(finding: Finding, causes: set[tuple[str, str]]) -> bool:
    name = finding.params.get("name")
    return any(
        finding.key == key and (better, finding.where) in causes and wanted in ("", name)
        for key, wanted, better in SAID_BETTER
    )


def _follows(one: Finding, wrong: list[str], broken: set[str], said: Iterable[str]) -> bool:
    if one.key == TARGET:
        target = str(one.params.get("target"))
        at = bisect_left(wrong, target)
        return at < len(wrong) and wrong[at].startswith(target)
    if one.key == "validation.invariant":
        if FOLLOWS.get(str(one.params.get("name"))) in broken:
            return True
        expression = str(one.params.get("expression"))
        return any(re.search(rf"\b{re.escape(words)}", expression) for words in said)
    return False
