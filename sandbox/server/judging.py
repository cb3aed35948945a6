"""What the server judges of what it is sent, as jobs of workers; each takes the bytes of a resource
and what it is to be held against.
"""

from __future__ import annotations

from dataclasses import replace

from sandbox.errors import NotFinished
from sandbox.fhir.json import Json, parse_json, write_json
from sandbox.findings import Finding
from sandbox.validation import Options, validate
from sandbox.workers import JUDGING, Pool


def judge_resource(
    workers: Pool,
    resource: Json,
    *,
    profile: str = "",
    year: int | None = None,
    compares_versions: bool = False,
) -> list[Finding]:
    """Returns what the judge finds about a resource; that it was not finished is a finding too.

    Raises:
        Busy: No worker came free.
    """
    content = write_json(resource)
    try:
        return workers.run(
            JUDGING, judged, content, profile, year, compares_versions=compares_versions
        )
    except NotFinished as error:
        return [replace(error.as_finding(), where=str(resource.get("resourceType", "")))]


def judged(
    content: bytes, profile: str, year: int | None, *, compares_versions: bool
) -> list[Finding]:
    """Judges the resource that the bytes hold; the job of a worker."""
    from sandbox.definitions.rulesets import ruleset

    return validate(
        parse_json(content),
        profiles=[profile] if profile else [],
        ruleset=None if year is None else ruleset(year),
        options=Options(compare_versions=compares_versions),
    )


def load_judge() -> None:
    """Reads what judging needs, so that the first document does not wait for it."""
    validate({"resourceType": "Basic"})
