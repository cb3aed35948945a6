"""Lesson 05, certificates: from a record to a signed code, through its bytes, and the same dose in
other forms.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from sandbox.course.exercise import Evidence, ExerciseSet, wrong
from sandbox.course.exercises.reading import as_list, as_object, at, handed_in, wrong_prediction
from sandbox.errors import SandboxError
from sandbox.findings import Finding

EXERCISES = ExerciseSet("lesson_05")
RECORD = {"lot": "YF-CO-2216", "date": "2016-06-22", "dose": 1}
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
NUMBERS = {"issuer": 1, "issued": 6, "expires": 4, "health": -260}
SIGN1 = 18
ES256 = -7
WAIT = timedelta(days=10)  # from the dose to the first day of protection (IHR Annex 7)
DOSE = date(2016, 6, 22)
DDCC = "DDCC 1.0.0 DDCCVSCoreDataSetQuestionnaire"
ICVP = "SMART ICVP 0.3.0 DVCMin"
KEYLA = {"patient": "Patient/keyla-zelaya", "dose": "Immunization/keyla-zelaya-yellow-fever"}


@EXERCISES.exercise("5.1", points=2, clause=DDCC)
def answered(answer: Any, evidence: Evidence) -> Finding | None:
    """WHO's questionnaire answered from the record, and nothing made up."""
    from sandbox.ddcc.forms import form_of, read_answers

    response = as_object(answer)
    if response.get("resourceType") != "QuestionnaireResponse":
        return wrong(
            "type",
            where="resourceType",
            expected="QuestionnaireResponse",
            found=response.get("resourceType"),
        )
    try:
        core = read_answers(response, form_of(response))
    except SandboxError as error:
        first = error.as_findings()[-1]
        return wrong("refused", where=first.where, found=first.found or first.expected)
    for name, expected in RECORD.items():
        if core.get(name) != expected:
            return wrong(
                name,
                where=name,
                expected="Immunization/yeison-palacios-yellow-fever",
                found=core.get(name),
            )
    return None


@EXERCISES.exercise("5.2", clause="DDCC 1.0.0 DDCCCoreDataSetVS")
def left_out(answer: Any, evidence: Evidence) -> Finding | None:
    """What an officer needs stands in the certificate, and nothing else."""
    return wrong_prediction(answer, ESSENTIAL, ("in", "out"))


@EXERCISES.exercise("5.3", points=2, clause="HCERT 1.1.1 3; RFC 9285; RFC 9052 4.2")
def peeled(answer: Any, evidence: Evidence) -> Finding | None:
    """Three layers off: a COSE_Sign1 with its header."""
    given = as_object(answer)
    header = as_object(given.get("header"))
    if given.get("tag") != SIGN1:
        return wrong("tag", where="tag", expected=SIGN1, found=given.get("tag"))
    # answers are judged as JSON, where every name is text: 1 has become "1"
    if str(header.get("1")) != str(ES256):
        return wrong("algorithm", where="header.1", expected=ES256, found=header.get("1"))
    if not header.get("4"):
        return wrong("kid", where="header.4", expected="kid", found=header.get("4"))
    return None


@EXERCISES.exercise("5.4", clause="RFC 8392 3.1; HCERT 1.1.1 3.3")
def numbered(answer: Any, evidence: Evidence) -> Finding | None:
    """The numbers of four claims."""
    given = as_object(answer)
    for name, number in NUMBERS.items():
        if given.get(name) != number or isinstance(given.get(name), bool):
            return wrong(name, where=name, found=given.get(name))
    return None


@EXERCISES.exercise("5.5", points=2, clause="HCERT 1.1.1 4")
def found_out(answer: Any, evidence: Evidence) -> Finding | None:
    """At which step each fault is found out."""
    return wrong_prediction(answer, STEPS, tuple(STEPS.values()))


@EXERCISES.exercise("5.6", points=2, clause="EU DCC 1.3.3; ICAO 9303-3")
def european(answer: Any, evidence: Evidence) -> Finding | None:
    """A dose as the European form has it."""
    shot = as_object(at(answer, "v", 0))
    # a passport's reader compares this form: blanks are fillers (ICAO 9303-3 4.6)
    if at(answer, "nam", "fnt") != "NOGUEIRA<DOS<SANTOS":
        return wrong(
            "passport_name", where="nam.fnt", expected="A–Z <", found=at(answer, "nam", "fnt")
        )
    for name, expected in (("dn", 2), ("sd", 2)):
        if shot.get(name) != expected or isinstance(shot.get(name), bool):
            return wrong("series", where=f"v.{name}", found=shot.get(name))
    if shot.get("co") != "BR":
        return wrong("country", where="v.co", expected="ISO 3166-1 alpha-2", found=shot.get("co"))
    fault = next(_faults("eu_dcc", as_object(answer)), None)
    return (
        wrong("schema", where=fault.where, expected=fault.expected, found=fault.found)
        if fault
        else None
    )


@EXERCISES.exercise("5.7", points=2, clause=f"{ICVP}; IHR 2005 Annex 7")
def international(answer: Any, evidence: Evidence) -> Finding | None:
    """The yellow card, valid from the tenth day on."""
    given = as_object(answer)
    shot = as_object(at(answer, "v"))
    if given.get("ndt") != "PPN":
        return wrong("document", where="ndt", expected="NI | PPN", found=given.get("ndt"))
    begins = str(shot.get("vls"))
    # the day of the dose, as most would write it first
    if begins == DOSE.isoformat():
        return wrong("same_day", where="v.vls", found=begins)
    if begins != (DOSE + WAIT).isoformat():
        return wrong("tenth_day", where="v.vls", found=begins)
    fault = next(_faults("icvp_2025", given), None)
    return (
        wrong("schema", where=fault.where, expected=fault.expected, found=fault.found)
        if fault
        else None
    )


@EXERCISES.exercise("5.8a", clause="HCERT 1.1.1 3", hidden_part_of="5.8")
def open_code(answer: Any, evidence: Evidence) -> Finding | None:
    """The text of a code that holds an International Certificate."""
    if not isinstance(answer, str):
        return wrong("no_text", expected="HC1:…", found=type(answer).__name__)
    certificate = _read(answer)
    if certificate.content is None:
        return wrong("unreadable", expected="HC1:…", found=answer[:40])
    if certificate.form != "icvp_2025":
        return wrong("other_form", expected="ICVP", found=certificate.form)
    return None


@EXERCISES.exercise("5.8b", points=2, clause=ICVP, hidden_part_of="5.8", needs=lambda _: KEYLA)
def open_record(answer: Any, evidence: Evidence) -> Finding | None:
    """It says what her record says."""
    content = _content(answer)
    patient = handed_in(evidence, "patient")
    dose = handed_in(evidence, "dose")
    if not content:
        return wrong("unreadable", expected="HC1:…", found=str(answer)[:40])
    name = as_object(at(patient, "name", 0))
    if not all(
        str(part) in str(content.get("n"))
        for part in [*as_list(name.get("given")), name.get("family")]
    ):
        return wrong("name", where="n", found=content.get("n"))
    if content.get("dob") != patient.get("birthDate"):
        return wrong("birth", where="dob", found=content.get("dob"))
    shot = as_object(content.get("v"))
    if (shot.get("bo"), shot.get("dt")) != (
        dose.get("lotNumber"),
        str(dose.get("occurrenceDateTime"))[:10],
    ):
        return wrong("dose", where="v", found=f"{shot.get('bo')} {shot.get('dt')}")
    return None


@EXERCISES.exercise("5.8c", clause=ICVP, hidden_part_of="5.8")
def open_essentials(answer: Any, evidence: Evidence) -> Finding | None:
    """It has what its form needs, somebody vouches for the dose, and nothing more is in it."""
    content = _content(answer)
    if not content:
        return wrong("unreadable", expected="HC1:…", found=str(answer)[:40])
    shot = as_object(content.get("v"))
    # the form's one invariant: an institution or a clinician answers for the dose
    if not shot.get("is") and not shot.get("cn"):
        return wrong("nobody", where="v", expected="is | cn", found="–")
    known = {"n", "dob", "s", "ntl", "nid", "ndt", "gn", "v"}
    beyond = sorted({str(name) for name in content} - known)
    return wrong("beyond", where="-6", found=", ".join(beyond)) if beyond else None


@EXERCISES.exercise("5.8d", clause="IHR 2005 Annex 7", hidden_part_of="5.8")
def open_dates(answer: Any, evidence: Evidence) -> Finding | None:
    """Where it says from when it holds, that is not before the tenth day."""
    content = _content(answer)
    if not content:
        return wrong("unreadable", expected="HC1:…", found=str(answer)[:40])
    shot = as_object(content.get("v"))
    given = _day(shot.get("dt"))
    begins = _day(shot.get("vls"))
    if given is None:
        return wrong("no_date", where="v.dt", found=shot.get("dt"))
    if shot.get("vls") and begins is None:
        return wrong("odd_date", where="v.vls", found=shot.get("vls"))
    return (
        wrong("too_early", where="v.vls", found=begins)
        if begins and begins < given + WAIT
        else None
    )


def _faults(dialect: str, content: Mapping[str, Any]) -> Iterator[Finding]:
    """Yields where content is not as its form asks."""
    from sandbox.certificates.dialects import all_dialects, check

    chosen = next(candidate for candidate in all_dialects() if candidate.name == dialect)
    return (finding for finding in check(chosen, content) if finding.severity == "error")


def _read(text: str) -> Any:
    from sandbox.certificates.hcert import read

    return read(text)


def _content(answer: Any) -> Mapping[str, Any]:
    content = _read(answer).content if isinstance(answer, str) else None
    return content if isinstance(content, Mapping) else {}


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None
