"""What the manifest of a health link must say of each of its files, and what a file is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.exchange import Exchange
from sandbox.fhir.json import member
from sandbox.findings import Finding
from sandbox.testbench.reading import resource_in
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


def is_health(content: Any) -> bool:
    """Tells whether content is a FHIR resource or a health card."""
    is_resource = isinstance(member(content, "resourceType"), str)
    return is_resource or isinstance(member(content, "verifiableCredential"), list)


def is_file(answer: Exchange) -> bool:
    """Tells whether an answer is the file of a direct link, sealed (five parts, RFC 7516 3.1) or as
    it is.
    """
    is_sealed = answer.body.count(b".") == 4 and not answer.body.lstrip().startswith(b"<")
    return answer.status == 200 and (is_sealed or is_health(resource_in(answer.body)))


def is_count(value: Any) -> bool:
    """Tells whether a value is a number of attempts or the like: whole, and not below 0."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
