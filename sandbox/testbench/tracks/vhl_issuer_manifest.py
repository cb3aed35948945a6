"""What the manifest of a health link must say of each of its files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.fhir.json import member
from sandbox.findings import Finding
from sandbox.testbench.script import finding_at

MANIFEST = "SMART Health Links 1 manifest"
TYPES = ("application/fhir+json", "application/smart-health-card", "application/smart-api-access")


def of_manifest(files: list[Any]) -> Iterator[Finding]:
    """Yields what is wrong with files as the manifest names them: their type and their place."""
    for index, file in enumerate(files):
        if str(member(file, "contentType")).partition(";")[0] not in TYPES:
            yield finding_at(
                "vhl_issuer.other_type",
                "warning",
                f"files[{index}].contentType",
                MANIFEST,
                expected=", ".join(TYPES),
                found=str(member(file, "contentType")),
            )
        if not member(file, "embedded") and not member(file, "location"):
            yield finding_at(
                "vhl_issuer.no_place",
                "error",
                f"files[{index}]",
                MANIFEST,
                expected="embedded | location",
            )
