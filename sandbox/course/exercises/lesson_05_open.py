"""Lesson 05, its open task: a yellow card of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.course.comparing import as_json, compare, wrong
from sandbox.course.exercise import Asked, Evidence
from sandbox.course.exercises.lesson_05 import EXERCISES as EXERCISES
from sandbox.course.exercises.lesson_05 import ICVP, WAIT, day_in
from sandbox.course.exercises.reading import as_list, as_object, at, handed_in
from sandbox.course.slips import whole_of
from sandbox.findings import Finding

KNOWN = {"n", "dob", "s", "ntl", "nid", "ndt", "gn", "v"}
KNOWN_OF_DOSE = {"vp", "dt", "bo", "cn", "is", "vls", "vle"}
KEYLA = {"patient": "Patient/keyla-zelaya", "dose": "Immunization/keyla-zelaya-yellow-fever"}


def a_code(answer: Any) -> Any:
    """Reads the text of a code that can be read as a certificate."""
    if not isinstance(answer, str):
        name = whole_of(answer) or ("list_for_one" if isinstance(answer, list) else "no_text")
        return wrong(name, expected="HC1:…", found=as_json(answer))
    if answer != answer.strip():
        return wrong("spaces", expected="HC1:…", found=answer)
    if answer.startswith("shlink:"):
        return wrong("a_link", expected="HC1:…", found=answer)
    is_whole = answer.startswith("HC1:")
    if is_whole and _read(answer).content is not None:
        return answer
    name = "unreadable"
    if not is_whole and _read(f"HC1:{answer}").content is not None:
        name = "no_prefix"
    elif _read(answer.upper()).content is not None:
        name = "case"
    return wrong(name, expected="HC1:…", found=answer)


A_CODE = Asked(read=a_code)


@EXERCISES.exercise("5.8a", clause="HCERT 1.1.1 3", asked=A_CODE, hidden_part_of="5.8")
def open_code(answer: Any, evidence: Evidence) -> Finding | None:
    """The text of a code that holds an International Certificate."""
    form = _read(answer).form
    return None if form == "icvp_2025" else wrong("other_form", expected="ICVP", found=form)


@EXERCISES.exercise(
    "5.8b",
    points=2,
    clause=ICVP,
    asked=Asked(read=a_code, needs=lambda _: KEYLA),
    hidden_part_of="5.8",
)
def open_record(answer: Any, evidence: Evidence) -> Finding | None:
    """It says what her record says."""
    content = _content(answer)
    patient = handed_in(evidence, "patient")
    dose = handed_in(evidence, "dose")
    name = as_object(at(patient, "name", 0))
    parts = [str(part) for part in [*as_list(name.get("given")), name.get("family")]]
    given = str(content.get("n"))
    if not all(part in given for part in parts):
        is_case = all(part.casefold() in given.casefold() for part in parts)
        return wrong("case" if is_case else "name", where="n", found=given)
    shot = as_object(content.get("v"))
    day = str(dose.get("occurrenceDateTime"))[:10]
    return (
        compare_day("birth", content.get("dob"), str(patient.get("birthDate")), where="dob")
        or compare("dose", shot.get("bo"), dose.get("lotNumber"), where="v.bo")
        or compare_day("dose", shot.get("dt"), day, where="v.dt")
    )


def compare_day(name: str, given: Any, right: str, *, where: str) -> Finding | None:
    """Says how a day differs; with day and month in each other's place, it says so."""
    year, month, day = right.split("-")
    return compare(
        "day_month" if given == f"{year}-{day}-{month}" else name, given, right, where=where
    )


@EXERCISES.exercise("5.8c", clause=ICVP, asked=A_CODE, hidden_part_of="5.8")
def open_essentials(answer: Any, evidence: Evidence) -> Finding | None:
    """It has what its form needs, somebody vouches for the dose, and nothing more is in it."""
    content = _content(answer)
    shot = as_object(content.get("v"))
    # the form's one invariant: an institution or a clinician answers for the dose
    if not shot.get("is") and not shot.get("cn"):
        return wrong("nobody", where="v", expected="is | cn", found="–")
    beyond = sorted({str(name) for name in content} - KNOWN) + sorted(
        {str(name) for name in shot} - KNOWN_OF_DOSE
    )
    return wrong("beyond", where="-6", found=", ".join(beyond)) if beyond else None


@EXERCISES.exercise("5.8d", clause="IHR 2005 Annex 7", asked=A_CODE, hidden_part_of="5.8")
def open_dates(answer: Any, evidence: Evidence) -> Finding | None:
    """Where it says from when it holds, that is not before the tenth day."""
    shot = as_object(_content(answer).get("v"))
    given = day_in(shot.get("dt"))
    begins = day_in(shot.get("vls"))
    if given is None:
        name = "date_format" if any(map(str.isdigit, str(shot.get("dt")))) else "no_date"
        return wrong(name, where="v.dt", expected="YYYY-MM-DD", found=as_json(shot.get("dt")))
    if shot.get("vls") and begins is None:
        return wrong("odd_date", where="v.vls", expected="YYYY-MM-DD", found=shot.get("vls"))
    return (
        wrong("too_early", where="v.vls", found=begins)
        if begins and begins < given + WAIT
        else None
    )


def _read(text: str) -> Any:
    from sandbox.certificates.hcert import read

    return read(text)


def _content(answer: Any) -> Mapping[str, Any]:
    content = _read(answer).content if isinstance(answer, str) else None
    return content if isinstance(content, Mapping) else {}
