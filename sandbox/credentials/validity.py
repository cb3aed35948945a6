"""The times of a credential, as dates of the data model and as numbers of a JWT."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.credentials.datamodel import moment_of
from sandbox.credentials.report import Report, note
from sandbox.credentials.texts import Json
from sandbox.findings import Finding

LEEWAY = timedelta(seconds=60)
"""How far the clocks of two machines may differ."""
LATEST = 253402300799  # of the year 9999: beyond it Python has no dates
BEGINS = ("validFrom", "issuanceDate")
ENDS = ("validUntil", "expirationDate")


def judge_dates(report: Report, document: Json, at: datetime) -> None:
    """Adds whether a credential is in force by its dates.

    Args:
        report: The credential's.
        document: Has `validFrom` and `validUntil`, or the names of 1.1; what is no date there is a
            finding of the data model.
        at: The moment for which it is judged.
    """
    findings = []
    for names, is_end in ((BEGINS, False), (ENDS, True)):
        for name in names:
            moment = moment_of(document.get(name))
            findings += [*_outside(moment, name, at, is_end=is_end, clause="VCDM 2.0 4.9")]
    report.add("validity", findings)


def judge_numbers(
    report: Report, payload: Json, at: datetime, *, clause: str = "RFC 7519 4.1"
) -> None:
    """Adds whether a JWT is in force by `iat`, `nbf` and `exp`.

    Args:
        report: The credential's.
        payload: The claims.
        at: The moment for which it is judged; a minute more or less is forgiven.
        clause: What asks for the times.
    """
    report.add("validity", outside_numbers(payload, at, clause=clause))


def outside_numbers(payload: Json, at: datetime, *, clause: str) -> list[Finding]:
    """Returns where a JWT is not in force, or a time of it is none; arguments as of
    `judge_numbers`.
    """
    findings: list[Finding] = []
    for name in ("iat", "nbf", "exp"):
        if name not in payload:
            continue
        moment = moment_in(payload[name])
        if moment is None:
            found = str(payload[name])[:40]
            findings.append(note("no_number", "error", where=name, found=found, clause=clause))
        findings += _outside(moment, name, at, is_end=name == "exp", clause=clause)
    return findings


def is_in_force(claims: Json, at: datetime) -> bool:
    """Tells whether what a credential says of its own time takes in a moment.

    Args:
        claims: With the dates of the data model, or the numbers of a JWT.
        at: The moment.
    """
    report = Report("")
    judge_dates(report, claims, at)
    judge_numbers(report, claims, at)
    return report.step("validity").status != "fail"


def moment_in(value: Any) -> datetime | None:
    """Returns the moment of a NumericDate (RFC 7519 2); None for what is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if not math.isfinite(value) or not 0 <= value <= LATEST:
        return None
    return datetime.fromtimestamp(value, UTC)


def _outside(
    moment: datetime | None, name: str, at: datetime, *, is_end: bool, clause: str
) -> Iterator[Finding]:
    if moment is None:
        return
    latest = moment + LEEWAY
    # `exp` is the first moment that is over (RFC 7519 4.1.4: on or after), `validUntil` the last
    # that is not (VCDM 2.0 4.9: the latest point in time at which it is valid)
    is_over = is_end and (latest <= at if name == "exp" else latest < at)
    if is_over or (not is_end and moment - LEEWAY > at):
        reason = "expired" if is_over else "not_yet"
        shown = {"found": _text(moment), "expected": _text(at)}
        yield note(reason, "error", where=name, clause=clause, **shown)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
