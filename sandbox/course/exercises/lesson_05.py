"""Lesson 05, certificates: from a record to a signed code, through its bytes, and the same dose in
other forms.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from sandbox.course.comparing import as_json, compare, differs, swapped, wrong
from sandbox.course.exercise import Asked, Evidence, ExerciseSet
from sandbox.course.exercises.reading import (
    a_resource,
    as_list,
    as_object,
    at,
    by_name,
    no_type,
    wrong_prediction,
)
from sandbox.course.slips import is_alike, shape_of, slip_of
from sandbox.errors import SandboxError
from sandbox.findings import Finding

EXERCISES = ExerciseSet("lesson_05")
# what the record says, and in which type of answer the questionnaire takes it
RECORD = {
    "lot": ("valueString", "YF-CO-2216"),
    "date": ("valueDate", "2016-06-22"),
    "dose": ("valueInteger", 1),
}
ESSENTIAL = {
    "name": "in",
    "lot": "in",
    "telephone": "out",
    "address": "out",
    "allergies": "out",
    "issuer": "in",
}
# the first step that fails: a letter changed in the text breaks the stream, a lot only what was
# signed
STEPS = {"letter": "inflate", "lot": "signature", "stranger": "trust", "old": "validity"}
# where a code fails that was broken otherwise than was asked
ELSEWHERE = {"valid": "unchanged", "base45": "no_letter", "prefix": "in_prefix"} | dict.fromkeys(
    ("cose", "claims", "dialect", "schema", "kid"), "broke_more"
)
NUMBERS = {"issuer": 1, "issued": 6, "expires": 4, "health": -260}
SIGN1 = 18
ES256 = -7
WAIT = timedelta(days=10)  # from the dose to the first day of protection (IHR Annex 7)
DOSE = date(2016, 6, 22)
DDCC = "DDCC 1.0.0 DDCCVSCoreDataSetQuestionnaire"
ICVP = "SMART ICVP 0.3.0 DVCMin"
PASSPORT_NAME = "NOGUEIRA<DOS<SANTOS"


@EXERCISES.exercise(
    "5.1",
    points=2,
    clause=DDCC,
    asked=Asked(read=a_resource("QuestionnaireResponse"), resource=lambda answer, _: answer),
)
def answered(answer: Any, evidence: Evidence) -> Finding | None:
    """WHO's questionnaire answered from the record, and nothing made up."""
    from sandbox.ddcc.forms import form_of, read_answers

    fault = no_type(answer, "QuestionnaireResponse") or _unlike_record(answer)
    if fault:
        return fault
    try:
        read_answers(answer, form_of(answer))
    except SandboxError as error:
        first = error.as_findings()[-1]
        where = "QuestionnaireResponse.item"
        return wrong("refused", where=where, found=first.found or first.expected or first.where)
    return None


def _unlike_record(response: Any) -> Finding | None:
    """Says which answer differs from the record; one that lacks is told by the questionnaire."""
    where = "QuestionnaireResponse.item.answer"
    given = {at(i, "linkId"): at(i, "answer", 0) for i in as_list(response.get("item"))}
    for name, (element, right) in RECORD.items():
        value = as_object(given.get(name))
        if not value:
            continue
        if element not in value:
            found = ", ".join(value)
            return wrong("other_value_type", where=where, expected=element, found=found)
        fault = compare(name, value[element], right, where=f"{where}.value")
        if fault:
            return fault
    return None


@EXERCISES.exercise(
    "5.2", clause="DDCC 1.0.0 DDCCCoreDataSetVS", asked=Asked(read=by_name(*ESSENTIAL))
)
def left_out(answer: Any, evidence: Evidence) -> Finding | None:
    """What an officer needs stands in the certificate, and nothing else."""
    return wrong_prediction(answer, ESSENTIAL, ("in", "out"))


@EXERCISES.exercise(
    "5.3",
    points=2,
    clause="HCERT 1.1.1 3; RFC 9285; RFC 9052 4.2",
    asked=Asked(read=by_name("tag", "header")),
)
def peeled(answer: Any, evidence: Evidence) -> Finding | None:
    """Three layers off: a COSE_Sign1 with its header."""
    fault = compare("tag", answer["tag"], SIGN1, where="tag")
    if fault:
        return fault
    header = answer["header"]
    if not isinstance(header, dict):
        return wrong("not_decoded", where="header", expected="{1: …, 4: …}", found=as_json(header))
    if not header:
        return wrong("unprotected", where="header", expected="{1: …, 4: …}", found="{}")
    # answers are judged as JSON, where every name is text: 1 has become "1"
    if "-260" in header:
        return wrong("payload", where="header", expected="{1: …, 4: …}", found=as_json(header))
    algorithm = header.get("1")
    name = "algorithm_name" if algorithm == "ES256" else "algorithm"
    fault = (
        None
        if is_alike(algorithm, ES256)
        else differs(
            name if name == "algorithm_name" else slip_of(algorithm, ES256) or name,
            algorithm,
            ES256,
            where="header.1",
        )
    )
    if fault or not header.get("4"):
        return fault or wrong("kid", where="header.4", expected="kid", found=header.get("4"))
    return None


@EXERCISES.exercise(
    "5.4", clause="RFC 8392 3.1; HCERT 1.1.1 3.3", asked=Asked(read=by_name(*NUMBERS))
)
def numbered(answer: Any, evidence: Evidence) -> Finding | None:
    """The numbers of four claims."""
    both = swapped(answer, NUMBERS)
    if both:
        return both
    for name, number in NUMBERS.items():
        given = answer[name]
        if isinstance(given, str) and given.isalpha():
            return wrong("values_for_numbers", where=name, found=as_json(given))
        if not is_alike(given, number):
            return wrong(
                slip_of(given, number) or name,
                where=name,
                found=as_json(given),
                given=shape_of(given),
                wanted="number",
            )
    return None


@EXERCISES.exercise("5.5", points=2, clause="HCERT 1.1.1 4", asked=Asked(read=by_name(*STEPS)))
def found_out(answer: Any, evidence: Evidence) -> Finding | None:
    """Codes with four faults, each found out at its step."""
    for name in STEPS:
        step = str(answer[name]).strip().lower()
        if step in ELSEWHERE:
            return wrong(ELSEWHERE[step], where=name, expected="…", found=step, step=step)
    return wrong_prediction(answer, STEPS, tuple(STEPS.values()))


@EXERCISES.exercise(
    "5.6", points=2, clause="EU DCC 1.3.3; ICAO 9303-3", asked=Asked(read=a_resource("EU DCC"))
)
def european(answer: Any, evidence: Evidence) -> Finding | None:
    """A dose as the European form has it."""
    if isinstance(answer.get("v"), dict):
        return wrong("one_for_list", where="v", expected="[{…}]", found=as_json(answer["v"]))
    shot = as_object(at(answer, "v", 0))
    fault = _wrong_passport_name(at(answer, "nam", "fnt")) or _wrong_series(shot)
    if fault:
        return fault
    fault = next(_faults("eu_dcc", answer), None)
    return (
        wrong("schema", where=fault.where, expected=fault.expected, found=fault.found)
        if fault
        else None
    )


def _wrong_passport_name(given: Any) -> Finding | None:
    # a passport's reader compares this form: blanks are fillers (ICAO 9303-3 4.6)
    if given == PASSPORT_NAME:
        return None
    text = str(given)
    name = "passport_name"
    if text == PASSPORT_NAME.replace("<", " "):
        name = "spaces_in_name"
    elif text.upper() == PASSPORT_NAME:
        name = "case"
    elif text in PASSPORT_NAME.split("<"):
        name = "part_of_name"
    elif text.upper().startswith("LUZIA"):
        name = "given_name"
    return differs(name, given, "A–Z <", where="nam.fnt")


def _wrong_series(shot: Mapping[str, Any]) -> Finding | None:
    for name in ("dn", "sd"):
        given = shot.get(name)
        if is_alike(given, 2):
            continue
        if given == "BR":
            return wrong("swapped", where=f"v.{name}", first=name, second="co")
        is_fraction = isinstance(given, str) and "/" in given
        slip = "fraction" if is_fraction else slip_of(given, 2)
        return wrong(
            slip or "series",
            where=f"v.{name}",
            found=as_json(given),
            given=shape_of(given),
            wanted="number",
        )
    country = shot.get("co")
    return wrong_country("country", country, "BR", where="v.co")


def wrong_country(name: str, given: Any, right: str, *, where: str) -> Finding | None:
    """Says how a country differs from its two letters (ISO 3166-1 alpha-2)."""
    if given == right:
        return None
    text = str(given)
    slip = slip_of(given, right)
    if text.isalpha() and text.isupper() and len(text) == 3:
        slip = "three_letters"
    elif text.isalpha() and len(text) > 3:
        slip = "country_name"
    return wrong(slip or name, where=where, expected="ISO 3166-1 alpha-2", found=as_json(given))


@EXERCISES.exercise(
    "5.7",
    points=2,
    clause=f"{ICVP}; IHR 2005 Annex 7",
    asked=Asked(read=a_resource("ICVP")),
)
def international(answer: Any, evidence: Evidence) -> Finding | None:
    """The yellow card, valid from the tenth day on."""
    kind = answer.get("ndt")
    name = "document" if kind == "NI" else "document_word"
    begins = at(answer, "v", "vls")
    return (
        compare(name, kind, "PPN", where="ndt")
        or _wrong_beginning(begins)
        or next(
            (
                wrong("schema", where=fault.where, expected=fault.expected, found=fault.found)
                for fault in _faults("icvp_2025", answer)
            ),
            None,
        )
    )


def _wrong_beginning(begins: Any) -> Finding | None:
    right = DOSE + WAIT
    if not begins:
        return wrong("no_dates", where="v.vls", expected="YYYY-MM-DD", found=as_json(begins))
    # the day of the dose, as most would write it first
    if begins == DOSE.isoformat():
        return wrong("same_day", where="v.vls", found=begins)
    day = day_in(begins)
    name = "ten_years" if day == right.replace(year=right.year + 10) else "tenth_day"
    slip = slip_of(begins, right.isoformat())
    turned = day is not None and (day.day, day.month) == (right.month, right.day)
    name = "day_month" if turned else slip or name
    return None if begins == right.isoformat() else wrong(name, where="v.vls", found=begins)


def _faults(dialect: str, content: Mapping[str, Any]) -> Iterator[Finding]:
    """Yields where content is not as its form asks."""
    from sandbox.certificates.dialects import all_dialects, check

    chosen = next(candidate for candidate in all_dialects() if candidate.name == dialect)
    return (finding for finding in check(chosen, content) if finding.severity == "error")


def day_in(value: Any) -> date | None:
    """Returns the day that a text says, or None."""
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None
