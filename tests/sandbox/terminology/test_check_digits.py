import pytest

from sandbox.terminology.check_digits import CAN_BE, is_loinc, is_sctid
from sandbox.terminology.naming import SNOMED


@pytest.mark.parametrize(
    "code", ["8867-4", "85354-9", "60591-5", "29463-7", "LP7753-9", "LA6576-8", "LL360-9"]
)
def test_a_loinc_code_fits_its_check_digit(code: str) -> None:
    assert is_loinc(code)


@pytest.mark.parametrize(
    "code", ["8867-5", "85345-9", "ABC", "8867", "8867-", "12345678-9", "38341003", " 8867-4"]
)
def test_a_mistyped_loinc_code_is_none(code: str) -> None:
    assert not is_loinc(code)


@pytest.mark.parametrize(
    "code", ["38341003", "22298006", "364075005", "900000000000207008", "1142139005"]
)
def test_a_concept_of_snomed_ct_fits_its_check_digit(code: str) -> None:
    assert is_sctid(code)


@pytest.mark.parametrize(
    "code",
    [
        "38341004",  # check digit
        "38314003",  # two digits changed places
        "37436014",  # a description, not a concept
        "03834100",  # begins with zero
        "12345",  # too short
        "1234567890123456789",  # too long
        "T-15460",
        "8867-4",
    ],
)
def test_what_is_no_concept_id_is_refused(code: str) -> None:
    assert not is_sctid(code)


def test_an_expression_of_snomed_ct_is_not_taken_for_a_wrong_id() -> None:
    assert CAN_BE[SNOMED]("80146002 |Excision| : 260870009 = 25876001")
    assert not CAN_BE[SNOMED]("appendectomy")
