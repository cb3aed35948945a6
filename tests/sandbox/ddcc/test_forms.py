"""Answers are read as the published questionnaires have them; each fault is named with its place."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.ddcc.forms import form_of, forms, questionnaire, read_answers
from sandbox.errors import InvalidResource, NotCertified
from sandbox.i18n import ENGLISH, LANGUAGES
from sandbox.validation import validate
from tests.sandbox.ddcc.making import a_response, a_test_response, an_icvp_response

TWO_NAMES = a_response()
TWO_NAMES["item"][0]["answer"].append({"valueString": "Otra"})
TWICE = a_response()
TWICE["item"].append(TWICE["item"][0])
WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "a number as text": (a_response(dose={"valueString": "2"}), "wrong_answer", "QuestionnaireResponse.item[9]"),
    "a day that is none": (a_response(date={"valueDate": "06/05/2026"}), "wrong_answer", "QuestionnaireResponse.item[8]"),
    "an empty name": (a_response(name={"valueString": " "}), "wrong_answer", "QuestionnaireResponse.item[0]"),
    "dose 0": (a_response(dose={"valueInteger": 0}), "wrong_answer", "QuestionnaireResponse.item.where(linkId='dose')"),
    "no lot": (a_response(("lot",)), "no_answer", "QuestionnaireResponse.item.where(linkId='lot')"),
    "a moment that is none": (a_test_response(date={"valueDateTime": "2026-05-06T25:00:00Z"}), "wrong_answer", "QuestionnaireResponse.item[6]"),
    "a result as a number": (a_test_response(result={"valueInteger": 1}), "wrong_answer", "QuestionnaireResponse.item[7]"),
    "answers to come": ({**a_test_response(), "status": "in-progress"}, "not_completed", "QuestionnaireResponse.status"),
    "answers in error": ({**a_response(), "status": "entered-in-error"}, "not_completed", "QuestionnaireResponse.status"),
    "two names": (TWO_NAMES, "several_answers", "QuestionnaireResponse.item[0]"),
    "a name twice": (TWICE, "several_answers", f"QuestionnaireResponse.item[{len(TWICE['item']) - 1}]"),
    "no maker": (a_response(("ma_holder",)), "one_of", "QuestionnaireResponse.item.where(linkId='manufacturer')"),
}  # fmt: skip


@pytest.mark.parametrize(("response", "name", "where"), WRONG.values(), ids=WRONG)
def test_each_fault_is_named_with_its_place(
    response: dict[str, Any], name: str, where: str
) -> None:
    with pytest.raises(NotCertified) as caught:
        read_answers(response, form_of(response))
    errors = [
        (one.id, one.where) for one in caught.value.as_findings()[1:] if one.severity == "error"
    ]
    assert (f"ddcc.{name}", where) in errors


def test_a_whole_response_is_read() -> None:
    core = read_answers({**a_response(), "status": "amended"}, forms()["ddcc_vs"])
    assert (core["name"], core["dose"], core["brand"]["code"]) == (
        "Rosa Catalina Fuenzalida",
        2,
        "EU/1/20/1528",
    )


def test_a_question_that_does_not_exist_is_a_warning_with_the_nearest() -> None:
    response = a_response(("lot",), Lot={"valueString": "A1"})
    with pytest.raises(NotCertified) as caught:
        read_answers(response, form_of(response))
    (warning,) = [one for one in caught.value.as_findings() if one.severity == "warning"]
    assert (warning.found, warning.expected) == ("Lot", "lot")


def test_nested_answers_are_found() -> None:
    response = an_icvp_response()
    core = read_answers(response, form_of(response))
    assert core["lot"] == "YF-77"
    assert (core["vaccine_valid"], core["identifier"], core["product"]["code"]) == (
        "2026-02-11",
        "A123",
        "YellowFeverProduct1",
    )


def test_an_unknown_questionnaire_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(InvalidResource) as caught:
        form_of({"questionnaire": "http://example.org/Questionnaire/1"})
    assert "DDCCVSCoreDataSetQuestionnaire" in str(caught.value.params["known"])


@pytest.mark.parametrize("name", list(forms()))
def test_each_form_is_a_right_questionnaire_in_every_language(name: str) -> None:
    made = questionnaire(forms()[name])
    assert [one for one in validate(made) if one.severity in ("error", "warning")] == []
    told = {one["extension"][0]["valueCode"] for one in made["item"][0]["_text"]["extension"]}
    assert told >= {tag for tag, one in LANGUAGES.items() if one.is_complete} - {ENGLISH}
