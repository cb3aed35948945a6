"""A vaccination becomes claims: what is there, nothing more, and what is left out is said."""

import copy
from typing import Any

import pytest

from sandbox.credentials.proofs.canonical import rdfc
from sandbox.credentials.proofs.contexts import V2
from sandbox.credentials.vaccination import (
    DISCLOSABLE,
    SUBJECT,
    TERMS,
    TYPE,
    read_vaccination,
    subject_of,
)
from sandbox.errors import BadRequest
from tests.sandbox.certificates.making import CONTENTS

IMMUNIZATION: dict[str, Any] = {
    "resourceType": "Immunization",
    "status": "completed",
    "vaccineCode": {"coding": [{"system": "http://id.who.int/icd11/mms", "code": "XM0N24"}]},
    "occurrenceDateTime": "2025-11-03",
    "lotNumber": "A1",
    "patient": {"reference": "urn:uuid:1"},
}
PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "name": [{"given": ["Rosa", "Elena"], "family": "Fuenzalida"}],
    "birthDate": "1958-03-07",
    "gender": "female",
    "identifier": [{"system": "urn:oid:2.16.152", "value": "1-9"}],
}


def bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "entry": [{"resource": resource} for resource in resources]}


SOURCES = {
    "icvp_2023": CONTENTS["icvp_2023"],
    "icvp_2025": CONTENTS["icvp_2025"],
    "icvp_list": CONTENTS["icvp_list"],
    "icvp_vx": CONTENTS["icvp_vx"],
    "ddcc_vs": CONTENTS["ddcc_vs"],
    "fhir": bundle(PATIENT, IMMUNIZATION),
}


@pytest.mark.parametrize("name", SOURCES)
def test_every_claim_is_a_value_of_the_source(name: str) -> None:
    source = copy.deepcopy(SOURCES[name])
    claims = read_vaccination(source).claims
    assert claims["vaccine"]["date"] == "2025-11-03"
    assert claims["vaccine"]["lot"] == "A1"
    values = [value for value in claims.values() if not isinstance(value, dict)]
    for value in [*values, *claims["vaccine"].values()]:
        assert str(value) in str(source) or value == "Rosa Elena Fuenzalida"
    assert source == SOURCES[name], "the source stays as it was"


def test_what_no_claim_has_is_told() -> None:
    assert read_vaccination(SOURCES["icvp_2025"]).left_out == ("ndt",)
    left_out = read_vaccination(SOURCES["fhir"]).left_out
    assert "Immunization.status" in left_out
    assert "Patient.identifier.system" in left_out
    assert "Patient.birthDate" not in left_out
    assert "certificate.hcid.value" in read_vaccination(SOURCES["ddcc_vs"]).left_out


def test_a_second_code_is_left_out_and_said() -> None:
    doubled = copy.deepcopy(IMMUNIZATION)
    doubled["vaccineCode"]["coding"].append({"code": "2"})
    content = read_vaccination(bundle(PATIENT, doubled))
    assert content.claims["vaccine"]["product"] == "XM0N24"
    assert "Immunization.vaccineCode.coding.code" in content.left_out


@pytest.mark.parametrize(
    ("source", "key"),
    [
        (bundle(IMMUNIZATION), "credentials.too_little"),
        (IMMUNIZATION, "credentials.too_little"),
        (bundle(PATIENT), "credentials.no_vaccination"),
        (bundle(PATIENT, IMMUNIZATION, IMMUNIZATION), "credentials.several_doses"),
        ({**CONTENTS["icvp_list"], "v": CONTENTS["icvp_list"]["v"] * 2}, "credentials.several_doses"),
        ({**CONTENTS["icvp_2025"], "n": ""}, "credentials.too_little"),
        (CONTENTS["eu_dcc"], "credentials.no_vaccination"),
        ({}, "credentials.no_vaccination"),
        ("text", "credentials.no_vaccination"),
        ([1], "credentials.no_vaccination"),
    ],
)  # fmt: skip
def test_what_says_too_little_or_too_much_is_refused(source: Any, key: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read_vaccination(source)
    assert refused.value.key == key


@pytest.mark.parametrize("name", SOURCES)
def test_the_subject_says_the_same_in_words_that_a_context_defines(name: str) -> None:
    claims = read_vaccination(SOURCES[name]).claims
    subject = subject_of(claims, "did:example:holder")
    assert subject["dateOfVaccination"] == "2025-11-03"
    assert subject["recipient"]["name"] == claims["name"]
    document = {
        "@context": [V2, TERMS],
        "type": ["VerifiableCredential", TYPE],
        "issuer": "did:example:issuer",
        "credentialSubject": subject,
    }
    quads = rdfc(document).decode()
    for value in ("2025-11-03", "A1", claims["name"], claims["vaccine"]["product"]):
        assert f'"{value}"' in quads


def test_every_claim_can_be_shown_alone_and_has_its_word() -> None:
    assert {".".join(path) for path in DISCLOSABLE} == {*SUBJECT, "vaccine"}
