"""Which other FHIR releases have a type or property that R4 lacks (`other_releases.json`)."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

TABLE = Path(__file__).parent / "other_releases.json"
# 4.3 before its major number: 4.0 and 4.1 are R4 and count as known
BY_VERSION = {"1": "DSTU2", "3": "STU3", "4.3": "R4B", "5": "R5", "6": "R6"}


@cache
def _releases() -> dict[str, Any]:
    releases: dict[str, Any] = json.loads(TABLE.read_text(encoding="utf-8"))["releases"]
    return releases


def releases_with_type(name: str) -> list[str]:
    """Returns the releases that have a resource type which R4 lacks, the oldest first."""
    return [release for release in ("STU3", "R4B", "R5") if name in _releases()[release]["types"]]


def releases_with_property(path: str, key: str) -> list[str]:
    """Returns the releases in which a type, or an element such as `Patient.contact`, has a property
    that R4 lacks.
    """
    return [
        release
        for release in ("STU3", "R4B", "R5")
        if key in _releases()[release]["elements"].get(path, ())
    ]


def release_of_version(version: str) -> str:
    """Returns the release of a `fhirVersion` such as 5.0.0, or an empty text for one of R4 or an
    unknown one.
    """
    major, _, rest = version.partition(".")
    return BY_VERSION.get(f"{major}.{rest.partition('.')[0]}", "") or BY_VERSION.get(major, "")
