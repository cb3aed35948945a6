"""Languages are tags of BCP 47 (FHIR R4 valueset-languages.html, max value set all-languages)."""

import pytest

from sandbox.validation import validate
from tests.builders import a_patient
from tests.sandbox.validation.profiles import errors

RIGHT = [
    "es", "es-CL", "es-419", "pt-BR", "ES-cl", "zh-Hant-TW", "zh-cmn-Hans-CN", "sl-rozaj-biske", "de-CH-1996", "arn", "quy",
    "en-US-u-co-phonebk", "x-whatever", "i-klingon", "en-GB-oed", "sgn-BE-FR", "es-x-chile",
]  # fmt: skip
WRONG = [
    "es_CL",
    "Spanish",
    "español",
    "es-",
    "-es",
    "e",
    "es-CL-",
    "123",
    "es CL",
    "es-C",
    "es-u",
    "x-",
    "English- [en-US]",
]


@pytest.mark.parametrize("tag", RIGHT)
def test_a_tag_is_right(tag: str) -> None:
    assert errors(validate(a_patient(language=tag))) == []


@pytest.mark.parametrize("tag", WRONG)
def test_what_is_no_tag_is_wrong(tag: str) -> None:
    assert ("not_in_value_set", "Patient.language") in errors(validate(a_patient(language=tag)))


@pytest.mark.parametrize(
    ("elements", "where"),
    [
        ({"photo": [{"url": "http://example.org", "language": "es_CL"}]}, "Patient.photo[0].language"),
        ({"contained": [{"resourceType": "Organization", "id": "o", "name": "x", "language": "Spanish"}], "managingOrganization": {"reference": "#o"}}, "Patient.contained[0].language"),
    ],
)  # fmt: skip
def test_it_holds_wherever_a_language_is_asked_for(elements: dict[str, object], where: str) -> None:
    assert errors(validate(a_patient(**elements))) == [("not_in_value_set", where)]


def test_a_concept_has_a_tag_of_bcp_47_among_its_codings() -> None:
    def of(**coding: str) -> list[tuple[str, str]]:
        patient = a_patient(communication=[{"language": {"coding": [coding], "text": "x"}}])
        return [
            finding for finding in errors(validate(patient)) if finding[0] == "not_in_value_set"
        ]

    assert of(system="urn:ietf:bcp:47", code="es-CL") == []
    for system, code in (("http://example.org/languages", "spa"), ("urn:ietf:bcp:47", "es_CL")):
        assert of(system=system, code=code) == [
            ("not_in_value_set", "Patient.communication[0].language")
        ]
