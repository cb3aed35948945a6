"""One cause, one finding: what only follows from another finding is left out."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable

from sandbox.findings import Finding

ERRORS = ("error", "fatal")
TARGET = "validation.target_profile"
# What an invariant may ask in other words: of an element that is missing, neither it nor a part of
# it exists.
ASKED = {
    "validation.missing": r"\b{name}(\.\w+)*\.(exists|hasValue)\(\)",
    "validation.missing_value": r"\b{name}(\.\w+)*\.(exists|hasValue)\(\)",
    "validation.prohibited": r"\b{name}\.empty\(\)",
}
SYSTEMS = ("validation.system_misspelt", "validation.system_of_value_set")
# An invariant that cannot hold where another one fails already.
FOLLOWS = {"bdl-ips-1": "bdl-11"}
# What an extension lacks by its own definition follows where it has nothing at all, and what a
# value set lacks where
# there is no such type: the key of a finding, the name in it where that matters, and the error that
# says it better.
SAID_BETTER = (
    ("validation.missing", "value", "validation.extension_empty"),
    ("validation.missing", "extension", "validation.extension_empty"),
    ("validation.missing_slice", "", "validation.extension_empty"),
    ("validation.too_many", "extension", "validation.extension_both"),
    ("validation.too_many", "value", "validation.extension_both"),
    ("validation.prohibited", "extension", "validation.extension_both"),
    ("validation.prohibited", "value", "validation.extension_both"),
    ("validation.not_in_value_set", "", "validation.unknown_type"),
    ("validation.dangling", "", "validation.reference_format"),
    ("validation.target_profile", "", "validation.wrong_target"),
    ("validation.full_url", "", "validation.primitive_empty"),
    ("validation.full_url", "", "validation.primitive_format"),
    ("validation.adrift", "", "validation.full_url"),
)
SAID = frozenset(key for key, _, _ in SAID_BETTER)
BETTER = frozenset(better for _, _, better in SAID_BETTER)


def without_consequences(findings: Iterable[Finding]) -> list[Finding]:
    """Returns the findings without those that another one explains."""
    # a target that misses a profile is explained by its own findings, an invariant by an element
    # of which it speaks, a code by a system under whose right name it would be in, a reference by
    # the id that it repeats
    all_of_them = list(findings)
    # in the order of texts, so that what begins with a place is found without a walk
    wrong = sorted(
        finding.where
        for finding in all_of_them
        if finding.severity in ERRORS and finding.key != TARGET
    )
    errors = [finding for finding in all_of_them if finding.severity in ERRORS]
    broken = {
        str(finding.params.get("name"))
        for finding in errors
        if finding.key == "validation.invariant"
    }
    asked_at: dict[str, list[str]] = {}
    for error in errors:
        if error.key in ASKED:
            asked = ASKED[error.key].replace("{name}", re.escape(str(error.params.get("name"))))
            asked_at.setdefault(error.where, []).append(asked)
    misnamed = [finding for finding in all_of_them if finding.key in SYSTEMS]
    ids = {
        finding.found
        for finding in errors
        if finding.key == "validation.primitive_format" and finding.expected == "id"
    }
    causes = {(finding.key, finding.where) for finding in errors if finding.key in BETTER}
    return [
        finding
        for finding in all_of_them
        if not _is_said_better(finding, causes)
        and not _follows(finding, wrong, broken, asked_at.get(finding.where, ()))
        and not _is_misnamed(finding, misnamed)
        and not (
            finding.key == "validation.reference_format" and finding.found.rpartition("/")[2] in ids
        )
    ]


def _is_said_better(finding: Finding, causes: set[tuple[str, str]]) -> bool:
    if finding.key not in SAID:
        return False
    name = finding.params.get("name")
    return any(
        finding.key == key and (better, finding.where) in causes and wanted in ("", name)
        for key, wanted, better in SAID_BETTER
    )


def _follows(
    finding: Finding, wrong: list[str], broken: set[str], asked_for: Iterable[str]
) -> bool:
    if finding.key == TARGET:
        target = str(finding.params.get("target"))
        at = bisect_left(wrong, target)
        return at < len(wrong) and wrong[at].startswith(target)
    if finding.key == "validation.invariant":
        if FOLLOWS.get(str(finding.params.get("name"))) in broken:
            return True
        expression = str(finding.params.get("expression"))
        return any(re.search(asked, expression) for asked in asked_for)
    return False


def _is_misnamed(finding: Finding, misnamed: list[Finding]) -> bool:
    """Tells whether the system of a code is found to be wrong as severely, and is all that is wrong
    with the code.
    """
    if finding.key != "validation.not_in_value_set" or not finding.params.get("misnamed"):
        return False
    return any(
        system_finding.params.get("name") == finding.params["misnamed"]
        and (system_finding.where + ".").startswith(
            (f"{finding.where}.", f"{finding.where}.coding[")
        )
        and (system_finding.severity in ERRORS or finding.severity not in ERRORS)
        for system_finding in misnamed
    )
