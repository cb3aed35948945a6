"""WHO's questionnaires and how their answers are read, from forms.toml.  Knows no server."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sandbox.errors import InvalidResource, NotCertified
from sandbox.fhir.dates import interval_of
from sandbox.fhir.json import Json, as_list, member
from sandbox.findings import Finding, Severity
from sandbox.i18n import ENGLISH, languages_of, say

# more may come, or nothing of it counts (FHIR R4 questionnaire-answers-status)
UNFINISHED = ("in-progress", "entered-in-error", "stopped")
FORMS = Path(__file__).with_name("forms.toml")
TRANSLATION = "http://hl7.org/fhir/StructureDefinition/translation"
DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
# a code, or a text where the list has none: R4's type for both (FHIR R4 item-type)
# A moment is asked for as a day in the published form, and its text says "date and time".
ITEM_TYPES = {"coding": "open-choice", "moment": "date"}


@dataclass(frozen=True, slots=True)
class Question:
    """`type` is string, date, moment, coding, integer or group; `name` that of its answer in the
    core data set, `words` of the sentence by which it is asked.
    """

    link: str
    type: str
    name: str
    is_needed: bool
    group: str
    words: str


@dataclass(frozen=True, slots=True)
class Form:
    """A questionnaire of WHO; of each tuple in `any_of` one answer must be there."""

    name: str
    canonical: str
    also: tuple[str, ...]
    clause: str
    questions: Mapping[str, Question]
    any_of: tuple[tuple[str, ...], ...]
    is_published: bool
    """Whether its link ids are known, so that it can be answered; else it is filled from summaries
    alone.
    """


@cache
def forms() -> Mapping[str, Form]:
    """Returns the forms by name."""
    with FORMS.open("rb") as opened:
        return {name: _form(name, row) for name, row in tomllib.load(opened).items()}


def _form(name: str, row: Json) -> Form:
    questions = {
        link: Question(
            link,
            question["type"],
            question.get("as", link),
            question.get("needed", False),
            question.get("in", ""),
            question.get("words", question.get("as", link)),
        )
        for link, question in row["questions"].items()
    }
    any_of = tuple(map(tuple, row["any_of"]))
    also = tuple(row["also"])
    is_published = row.get("published", True)
    return Form(name, row["canonical"], also, row["clause"], questions, any_of, is_published)


def form_of(response: Json) -> Form:
    """Returns the form that a QuestionnaireResponse answers.

    Raises:
        InvalidResource: It answers a form that is not known here.
    """
    # whatever version: a form is known here in one
    asked = str(response.get("questionnaire") or "").partition("|")[0]
    known = [form for form in forms().values() if form.is_published]
    matching = next((form for form in known if asked in (form.canonical, *form.also)), None)
    if matching is None:
        where = "QuestionnaireResponse.questionnaire"
        names = ", ".join(form.canonical for form in known)
        raise InvalidResource(
            "ddcc.no_form", where=where, clause="DDCC 1.0.0 transactions", found=asked, known=names
        )
    return matching


def read_answers(response: Json, form: Form) -> Json:
    """Returns the core data set of a QuestionnaireResponse.

    Raises:
        NotCertified: Answers lack or are of another type; every such question is named.
    """
    core: Json = {}
    findings: list[Finding] = []
    status = str(response.get("status") or "")
    if status in UNFINISHED:
        place = "QuestionnaireResponse.status"
        findings.append(_finding("not_completed", place, form, found=status, expected="completed"))
    for link, answer, where in _answers(response.get("item"), "QuestionnaireResponse"):
        question = form.questions.get(link)
        if question is None:
            # a question too many is only a warning: most often it is a misspelt one, which then
            # lacks
            near = next(iter(difflib.get_close_matches(link, form.questions, 1)), "")
            findings.append(
                _finding(
                    "no_question", where, form, severity="warning", found=link, expected=near or "–"
                )
            )
            continue
        value = _value(answer, question.type)
        if value is None:
            findings.append(
                _finding("wrong_answer", where, form, found=_met(answer), expected=question.type)
            )
        elif question.name in core:  # no question repeats: nobody can tell which was meant
            findings.append(_finding("several_answers", where, form, found=link))
        else:
            core[question.name] = value
    findings += lacking(core, form, within="QuestionnaireResponse")
    if any(finding.severity == "error" for finding in findings):
        raise NotCertified(findings, type="QuestionnaireResponse")
    return core


def lacking(
    core: Json, form: Form, *, within: str, places: Mapping[str, str] | None = None
) -> list[Finding]:
    """Returns what a core data set lacks; `places` are where its members come from, if not from
    questions.
    """

    def place(question: Question) -> str:
        return (places or {}).get(question.name) or f"{within}.item.where(linkId='{question.link}')"

    findings = [
        _finding("no_answer", place(question_asked), form, expected=question_asked.link)
        for question_asked in form.questions.values()
        if question_asked.is_needed and question_asked.name not in core
    ]
    for names in form.any_of:
        if not any(name in core for name in names):
            questions = [each for each in form.questions.values() if each.name in names]
            findings.append(
                _finding(
                    "one_of",
                    place(questions[0]),
                    form,
                    expected=", ".join(question.link for question in questions),
                )
            )
    dose = core.get("dose")
    if isinstance(dose, int) and dose < 1:
        findings.append(
            _finding(
                "wrong_answer", place(form.questions["dose"]), form, found=str(dose), expected="1…"
            )
        )
    return findings


def questionnaire(form: Form) -> Json:
    """Returns a form as a Questionnaire, its questions in each language (FHIR R4
    questionnaire.html).
    """
    items = {link: _item(question, form) for link, question in form.questions.items()}
    for link, question in form.questions.items():
        if question.group:
            items[question.group].setdefault("item", []).append(items[link])
    return {
        "resourceType": "Questionnaire",
        "id": form.canonical.rpartition("/")[2],
        "url": form.canonical,
        "name": form.canonical.rpartition("/")[2],
        "status": "active",
        "title": say(f"ddcc.form_{form.name}", ENGLISH),
        "subjectType": ["Patient"],
        "item": [items[link] for link, question in form.questions.items() if not question.group],
    }


def questionnaires() -> Json:
    """Returns the transaction that stores the forms that can be answered; stored twice, they are
    there once.
    """
    published = [questionnaire(form) for form in forms().values() if form.is_published]
    entries = [
        {"resource": form, "request": {"method": "PUT", "url": f"Questionnaire/{form['id']}"}}
        for form in published
    ]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def _item(question: Question, form: Form) -> Json:
    key = f"ddcc.ask_{question.words}"
    translations = [
        {
            "url": TRANSLATION,
            "extension": [
                {"url": "lang", "valueCode": language},
                {"url": "content", "valueString": say(key, language)},
            ],
        }
        for language in languages_of(key)
        if language != ENGLISH
    ]
    return {
        "linkId": question.link,
        "text": say(key, ENGLISH),
        "_text": {"extension": translations},
        "type": ITEM_TYPES.get(question.type, question.type),
        **({"required": True} if question.is_needed else {}),
    }


def _answers(items: Any, where: str) -> Iterator[tuple[str, Json, str]]:
    """Yields the link id and the place of each question that is answered, also within others, with
    each of its answers.
    """
    for index, item in enumerate(as_list(items)):
        place = f"{where}.item[{index}]"
        answers = [answer for answer in as_list(member(item, "answer")) if isinstance(answer, dict)]
        for answer in answers:
            if any(name.startswith("value") for name in answer):
                yield str(member(item, "linkId")), answer, place
        yield from _answers(member(item, "item"), place)
        # R4 nests questions below an answer as well as below a group
        for number, nested in enumerate(answers):
            yield from _answers(nested.get("item"), f"{place}.answer[{number}]")


def _value(answer: Json, type: str) -> Any:
    """Returns an answer as the type that its question has; None for another."""
    value = next((content for name, content in answer.items() if name.startswith("value")), None)
    if type == "coding":
        if isinstance(value, str) and value:
            return {"display": value}
        return (
            value
            if isinstance(value, dict) and (value.get("code") or value.get("display"))
            else None
        )
    if type == "string":
        if isinstance(value, dict):  # a Coding, or a Reference to whom it names
            value = (
                value.get("display")
                or value.get("code")
                or member(value.get("identifier"), "value")
            )
        return value if isinstance(value, str) and value.strip() else None
    if type == "integer":
        return value if isinstance(value, int) and not isinstance(value, bool) else None
    # form fillers answer a date with a dateTime: its day counts, unless the moment is asked for
    date = value.partition("T")[0] if isinstance(value, str) else ""
    if not DATE.fullmatch(date):
        return None
    if type == "moment":
        return value if interval_of(str(value)) else None
    return date if type == "date" else None


def _met(answer: Json) -> str:
    return ", ".join(
        f"{name} {value}"[:60] for name, value in answer.items() if name.startswith("value")
    )


def _finding(
    name: str,
    where: str,
    form: Form,
    *,
    severity: Severity = "error",
    found: str = "",
    expected: str = "",
) -> Finding:
    key = f"ddcc.{name}"
    return Finding(
        key, severity, key, where=where, clause=form.clause, found=found, expected=expected
    )
