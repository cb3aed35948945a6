"""Resources of another release of FHIR: said once, by the type or element that R4 lacks, in the
place of guesses.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from sandbox.definitions.releases import (
    release_of_version,
    releases_with_property,
    releases_with_type,
)
from sandbox.findings import Finding

R4 = "FHIR R4 "
CLAUSE = "FHIR R4 resourcelist.html"
RESOURCE = re.compile(r"^(.*(?:\.resource|\.contained\[\d+\]))(?:\.|$)")
UNKNOWN = frozenset(
    {"validation.unknown_type", "validation.unknown_property", "validation.misspelt"}
)
# What another release explains as well: its elements are required, repeat and are typed otherwise.
EXPLAINED = frozenset(
    f"validation.{key}"
    for key in ("missing", "too_few", "array", "no_array", "not_an_object", "wrong_type")
)

# Extensions are the same in every release: each has its url.
EXTENSION = re.compile(r"\.(?:modifierE|e)xtension\[")


def fold_other_releases(findings: Iterable[Finding], resource: dict[str, Any]) -> list[Finding]:
    """Returns the findings, those of a resource of another release replaced by one that names the
    release.
    """
    by_resource: dict[str, list[Finding]] = {}
    kept = list(findings)
    for finding in kept:
        by_resource.setdefault(_resource_of(finding.where), []).append(finding)
    root = str(resource.get("resourceType"))
    stated = release_of_version(_stated_version(resource))
    sentences: list[Finding] = []
    explained: set[int] = set()
    for place, own in by_resource.items():
        folded, sentence = _fold(place, own, stated if place == root else "")
        if sentence:
            sentences.insert(0, sentence)
            explained |= set(map(id, folded))
    return [*sentences, *(finding for finding in kept if id(finding) not in explained)]


def _fold(place: str, findings: list[Finding], stated: str) -> tuple[list[Finding], Finding | None]:
    """Returns the findings about a resource that another release explains, and the sentence that
    says so.
    """
    signs = {id(finding): _releases_of(finding) for finding in findings if finding.key in UNKNOWN}
    counted = Counter(release for releases in signs.values() for release in releases)
    most = max(counted.values(), default=0)
    meant = [stated] if stated else [release for release, count in counted.items() if count == most]
    if not meant:
        return [], None
    is_sign = [finding for finding in findings if set(signs.get(id(finding), ())) & set(meant)]
    versions = [finding for finding in findings if stated and ".fhirVersion" in finding.where]
    names = [*(["fhirVersion"] if stated else []), *map(_name_of, is_sign)]
    explained = [
        finding
        for finding in findings
        if finding.key in EXPLAINED and not EXTENSION.search(finding.where)
    ]
    folded = [*is_sign, *versions, *explained]
    return folded, _finding(place, meant, names, len(folded))


def _finding(place: str, releases: list[str], names: list[str], count: int) -> Finding:
    shown = ", ".join(dict.fromkeys(names[:3])) + (", …" if len(names) > 3 else "")
    return Finding(
        id="validation.other_release",
        severity="error",
        key="validation.other_release",
        where=place,
        clause=CLAUSE,
        params={"release": " / ".join(releases), "sign": shown, "count": count},
        found=shown,
    )


def _releases_of(finding: Finding) -> list[str]:
    if finding.key == "validation.unknown_type":
        return releases_with_type(finding.found)
    return releases_with_property(
        finding.clause.removeprefix(R4), str(finding.params.get("name")).removeprefix("_")
    )


def _name_of(finding: Finding) -> str:
    if finding.key == "validation.unknown_type":
        return finding.found
    return f"{finding.clause.removeprefix(R4)}.{finding.params.get('name')}"


def _stated_version(resource: dict[str, Any]) -> str:
    """Returns what a definition says of the release that it is for."""
    stated = resource.get("fhirVersion")
    versions = stated if isinstance(stated, list) else [stated]
    return next(_texts(versions), "") if len(versions) == 1 else ""


def _texts(values: list[Any]) -> Iterator[str]:
    yield from (value for value in values if isinstance(value, str))


def _resource_of(where: str) -> str:
    match = RESOURCE.match(where)
    return match[1] if match else where.partition(".")[0]
