"""What a Document Recipient must refuse and not store (MHD, ITI-65).

The cases are rows of `mhd_recipient_refusals.toml`: each is a right submission with one thing
wrong, which is sent right behind it, so that the refusal is known to be of that thing.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.fhir.json import Json, as_list, member
from sandbox.findings import Finding, Severity
from sandbox.testbench.script import Given, Script, depends_on, post
from sandbox.testbench.submissions import (
    LIST,
    PATIENT,
    REFERENCE,
    a_submission,
    changed,
    unique_id,
    with_second,
)
from sandbox.testbench.tracks.mhd_recipient_checks import (
    MAKERS,
    RESPONSE,
    RIGHT_ONES,
    finding,
    refusal_of,
    refuses_all,
    shows_fault,
    somebody_else,
)
from sandbox.testbench.tracks.mhd_recipient_looking import (
    nothing_stored,
    shows_nothing,
)

OTHER_PATIENT = re.compile(r"\{other_number\}|\{somebody_else\}")


@dataclass(frozen=True, slots=True)
class Case:
    """A row of the table of negative cases."""

    number: str
    name: str
    clause: str
    change: list[list[Any]]
    level: Severity = "error"
    base: str = "minimal"
    names: Sequence[str] = ()
    right: Sequence[list[Any]] = ()


CASES = [
    Case(**row)
    for row in tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))[
        "case"
    ]
]


def all_or_nothing(given: Given) -> Script:
    """A submission with one right and one wrong document leaves neither (RCP-18)."""
    if refuses_all(given):
        yield depends_on("RCP-01")
        return
    first = a_submission(given, "RCP-18")
    second = a_submission(given, "RCP-18b")
    wrong = changed(second, f"entry.{REFERENCE}.resource.content.0.attachment.contentType")
    # the right one first: a server that works entry by entry has stored it when it comes to the
    # wrong one
    answer = yield post("", with_second(first, wrong))
    yield from refusal_of(answer, "error")
    if answer.status >= 400:
        yield from nothing_stored(given, "RCP-18", "RCP-18b")
    mended = yield from shows_fault(given, answer, with_second(first, second))
    # what a search finds of neither time is no proof that it was there at neither
    if answer.status >= 400 and (yield from shows_nothing(given, "RCP-18", mended)):
        key = "testbench.not_looked"
        yield Finding(key, "information", key, where=unique_id(given, "RCP-18"), clause=RESPONSE)


def refuses(given: Given, *, case: Case) -> Script:
    """A submission with one thing wrong is refused, nothing of it is stored, and the same without
    the fault is taken.
    """
    if refuses_all(given, case.base):
        yield depends_on(RIGHT_ONES[case.base])
        return
    submission = MAKERS[case.base](given, case.number)
    places = {
        "patient": submission["entry"][PATIENT]["fullUrl"],
        "number": given["run"],
        "other_number": f"{given['run']}-other",
    }
    if OTHER_PATIENT.search(str(case.change)):
        places["somebody_else"] = yield from somebody_else(given, case.number)
        if not places["somebody_else"]:
            yield depends_on("RCP-01")
            return
    answer = yield post("", _changed(submission, case.change, places))
    yield from refusal_of(answer, case.level)
    word = case.number
    if answer.status >= 400:
        yield from nothing_stored(given, word)
    elif case.level == "warning":
        word = f"{word}-right"  # the identifiers of the wrong one are taken
    else:
        return
    right = _changed(MAKERS[case.base](given, word), case.right, places)
    # who does not take this form of a right one either has told nothing of the fault
    base = "" if case.right else case.base
    mended = yield from shows_fault(given, answer, right, base=base, names=case.names)
    # one whose patient is a mere number need not be found by it, refused or taken
    if answer.status < 400 or case.right:
        return
    if (yield from shows_nothing(given, word, mended)):
        yield finding("recipient.not_looked", "information", "DocumentReference")


def _changed(submission: Json, changes: Sequence[list[Any]], places: Mapping[str, str]) -> Json:
    """Returns a submission with the changes of a row, the places in them filled."""
    for path, *new in changes:
        submission = changed(submission, path, *(_filled(value, places) for value in new))
    return submission


def _filled(value: Any, places: Mapping[str, str]) -> Any:
    """Returns a value of the table with the places in it filled."""
    if isinstance(value, dict):
        return {name: _filled(item, places) for name, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, places) for item in value]
    return value.format(**places) if isinstance(value, str) else value


def reason_told(given: Given) -> Script:
    """A refusal says why: an OperationOutcome with an error in it (RCP-25)."""
    if refuses_all(given):
        yield depends_on("RCP-01")
        return
    # the fault of RCP-09: without a SubmissionSet there is no submission
    answer = yield post("", changed(a_submission(given, "RCP-25"), f"entry.{LIST}"))
    if answer.status < 400:
        yield depends_on("RCP-09")
        return
    severities = [str(member(issue, "severity")) for issue in as_list(member(answer.json, "issue"))]
    if member(answer.json, "resourceType") != "OperationOutcome":
        yield finding("recipient.no_outcome", "warning", "body", expected="OperationOutcome")
    elif not {"error", "fatal"} & set(severities):
        found = ", ".join(severities) or "–"
        yield finding(
            "recipient.no_error",
            "warning",
            "OperationOutcome.issue.severity",
            expected="error",
            found=found,
        )
    yield from shows_fault(given, answer, a_submission(given, "RCP-25"))
