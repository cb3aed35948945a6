"""Exercises that are right when the test bench finds nothing: the tests of the event judge an
answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.exchange import Exchange
from sandbox.fhir.json import Json, write_json
from sandbox.findings import Finding

MOMENT = "2026-07-27T09:00:00.000Z"
FHIR_JSON = (("content-type", "application/fhir+json"),)
GRAVE = ("fatal", "error")


def failure_of_document(document: Json) -> Finding | None:
    """Returns the first failure of a document in the track `ips.content`."""
    return _first_failure("ips.content", {"document": write_json(document).decode()}, [])


def failure_of_submission(submission: Any) -> Finding | None:
    """Returns the first failure of a submission in the track `mhd.source`."""
    sent = Exchange(
        method="POST",
        url="https://recipient.example/fhir",
        request_headers=FHIR_JSON,
        request_body=write_json(submission),
        status=200,
        headers=FHIR_JSON,
        body=b"{}",
        elapsed=0.0,
    )
    return _first_failure("mhd.source", {}, [sent])


def _first_failure(
    track: str, given: Mapping[str, str], stored: Sequence[Exchange]
) -> Finding | None:
    # the test bench takes its time to import, and few lessons ask it
    from sandbox.testbench.engine import judge_at_once
    from sandbox.testbench.tracks import choose

    known = {"run": "exercise", "now": MOMENT, **given}
    for test in choose(track):
        result = judge_at_once(test, known, stored)
        if result.verdict == "fail":
            return next(finding for finding in result.findings if finding.severity in GRAVE)
        known |= result.produced
    return None
