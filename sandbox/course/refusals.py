"""What the judge refuses in an answer, and whether an exercise's own sentence is about the same.

A resource that the judge refuses is never right.  Where an exercise has words for just that fault,
they are said instead of the judge's.
"""

from __future__ import annotations

import re
from typing import Any

from sandbox.findings import Finding

ERRORS = ("fatal", "error")
ENTRY = re.compile(r"^Bundle\.(?:entry(?:\[\d+\])?\.resource\.)?")
INDEX = re.compile(r"\[\d+\]")
CHOICE = re.compile(r"\b(value|effective|onset|occurrence|medication)[A-Z]\w*")
# a value in the wrong place of JSON: what an exercise reads below it is not there at all
OF_SHAPE = {"validation.array", "validation.no_array", "validation.not_an_object"}
SLIPS_OF_SHAPE = {"list_for_one", "one_for_list", "name_not_list", "shape", "unquoted", "quoted"}


def errors_in(resource: Any, *, profile: str = "") -> list[Finding]:
    """Returns what the judge refuses in a resource.

    Args:
        resource: As JSON.
        profile: The short name of a profile; R4 alone where it is empty.
    """
    # the judge takes its time to import, and some lessons never ask it
    from sandbox.validation import validate

    findings = validate(resource, profiles=[profile] if profile else [])
    return [finding for finding in findings if finding.severity in ERRORS]


def graver(finding: Finding | None, errors: list[Finding]) -> Finding | None:
    """Returns what is said of an answer: what the exercise found, unless the judge refuses
    something else.

    Args:
        finding: What the exercise found; None where the answer is what was asked for.
        errors: What the judge refuses.
    """
    if finding is None:
        return errors[0] if errors else None
    return next((error for error in errors if not _is_about_same(finding, error)), finding)


def _is_about_same(finding: Finding, error: Finding) -> bool:
    # about the answer as a whole, such as that it is another type
    if finding.where.endswith("resourceType"):
        return True
    # the profile applies by what the exercise finds wrong: a wrong code is another measurement
    if error.because:
        return True
    if error.key in OF_SHAPE and finding.key not in SLIPS_OF_SHAPE:
        return False
    ours = _path(finding.where)
    if not ours:
        return True
    theirs = _path(_place(error))
    if theirs == ours or theirs.startswith(f"{ours}."):
        return True
    return ours.startswith(f"{theirs}.") or not theirs


def _place(error: Finding) -> str:
    """Returns where the fault is: what is missing is told at its parent."""
    name = error.params.get("name")
    return f"{error.where}.{name}" if error.key == "validation.missing" else error.where


def _path(where: str) -> str:
    """Returns a path below its resource, without indexes and types: `Bundle.entry[2].resource.name`
    and `Patient.name[0]` are both `name`.
    """
    inner, count = ENTRY.subn("", where)
    plain = INDEX.sub("", inner if count else where.partition(".")[2])
    return CHOICE.sub(r"\1", plain)
