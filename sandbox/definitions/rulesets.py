"""Rulesets by event year: which profiles apply, and which deviations are tolerated with a warning.

The table is `rulesets.toml`.  A document is judged as what its deviations mean: each is said once,
not as many errors.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sandbox.errors import BadRequest
from sandbox.fhir.json import Json
from sandbox.findings import Finding

TABLE = Path(__file__).parent / "rulesets.toml"
URI_KEYS = frozenset(
    {"system", "url", "profile", "fullUrl", "reference", "valueUri", "valueUrl", "valueCanonical"}
)


@dataclass(frozen=True, slots=True)
class Deviation:
    """A spelling that is met in the world: what it looks like, what it is read as, and by which
    clause it is wrong.
    """

    id: str
    pattern: re.Pattern[str]
    becomes: str
    clause: str


@dataclass(frozen=True, slots=True)
class Ruleset:
    """What counts in one event year."""

    year: int
    by_bundle_type: Mapping[str, str]
    deviations: tuple[Deviation, ...]

    def profile_of(self, resource: Any) -> str:
        """Returns the canonical of the profile that this year asks of a resource, or an empty
        text.
        """
        if not isinstance(resource, dict) or resource.get("resourceType") != "Bundle":
            return ""
        name = self.by_bundle_type.get(str(resource.get("type")), "")
        return profile_url(name) if name else ""

    def read(self, resource: Json) -> tuple[Json, list[Finding]]:
        """Returns the resource as its deviations mean it, with a warning for each place."""
        findings: list[Finding] = []
        kind = str(resource.get("resourceType"))
        read: Json = self._read(resource, kind, "", findings)
        return read, findings

    def _read(self, value: Any, path: str, key: str, findings: list[Finding]) -> Any:
        if isinstance(value, dict):
            return {
                name: self._read(child, f"{path}.{name}", name, findings)
                for name, child in value.items()
            }
        if isinstance(value, list):
            return [
                self._read(child, f"{path}[{index}]", key, findings)
                for index, child in enumerate(value)
            ]
        # a text elsewhere may quote a wrong URI without meaning it
        if isinstance(value, str) and key in URI_KEYS:
            for deviation in self.deviations:
                if deviation.pattern.fullmatch(value):
                    right = deviation.pattern.sub(deviation.becomes, value)
                    findings.append(_warning(deviation, self.year, path, value, right))
                    return right
        return value


def _warning(deviation: Deviation, year: int, path: str, value: str, expected: str) -> Finding:
    return Finding(
        id="definitions.deviation",
        severity="warning",
        key="definitions.deviation",
        params={"year": year},
        where=path,
        expected=expected,
        found=value,
        clause=deviation.clause,
    )


@cache
def _table() -> Json:
    with TABLE.open("rb") as file:
        return tomllib.load(file)


def profile_names() -> Mapping[str, str]:
    """Returns the short names of profiles with their canonicals."""
    names: Mapping[str, str] = _table()["names"]
    return names


def profile_url(name: str) -> str:
    """Returns the canonical of a short name; anything else is taken as a canonical itself."""
    return profile_names().get(name, name)


def years() -> list[int]:
    """Returns the event years that have a ruleset."""
    return sorted(int(year) for year in _table()["years"])


@cache
def ruleset(year: int) -> Ruleset:
    """Returns the ruleset of an event year.

    Raises:
        BadRequest: The year has none; the message names those that have.
    """
    if year not in years():
        known = ", ".join(map(str, years()))
        raise BadRequest("definitions.no_ruleset", where="ruleset", name=year, known=known)
    return Ruleset(year, _table()["years"][str(year)], tuple(_deviations(year)))


def _deviations(year: int) -> Iterator[Deviation]:
    for row in _table()["deviation"]:
        if year in row["years"]:
            yield Deviation(row["id"], re.compile(row["pattern"]), row["becomes"], row["clause"])
