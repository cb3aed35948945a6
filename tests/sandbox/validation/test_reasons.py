"""Why a profile is held against an element, unless the user asked for it."""

from typing import Any

import pytest

from sandbox.findings import Reason
from sandbox.i18n import LANGUAGES, Language
from sandbox.sentences import why_of
from sandbox.validation import validate
from tests.builders import a_patient, an_observation
from tests.sandbox.validation.profiles import a_profile, knowledge_of

PROFILE = a_profile({"id": "Patient.birthDate", "path": "Patient.birthDate", "min": 1})
HEART_RATE = {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]}


def reasons(resource: dict[str, Any], *asked: str) -> list[Reason | None]:
    findings = validate(resource, profiles=asked, knowledge=knowledge_of(PROFILE))
    return [finding.because for finding in findings if finding.severity == "error"]


def test_what_is_asked_for_needs_no_reason_and_what_is_declared_has_one() -> None:
    declaring = a_patient(meta={"profile": [PROFILE["url"]]})
    declaring.pop("birthDate", None)
    assert reasons(declaring) == [Reason("declared")]
    assert reasons(declaring, PROFILE["url"]) == [None]


def test_a_vital_sign_names_its_code_and_the_type_itself_needs_no_reason() -> None:
    assert set(reasons(an_observation(status="final", code=HEART_RATE))) == {
        Reason("code", "8867-4")
    }
    assert reasons(an_observation(status="final", code={"text": "x"}, issued="yesterday")) == [None]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_reason_is_a_sentence(language: Language) -> None:
    [*findings] = validate(an_observation(status="final", code=HEART_RATE))
    assert any("8867-4" in why_of(finding, language) for finding in findings)
