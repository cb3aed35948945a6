"""Out of a summary comes what it says, and nothing else: what lacks is named, never filled in."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.ddcc.forms import forms
from sandbox.ddcc.payloads import dvc, eu_dcc, icvp, who
from sandbox.ddcc.summaries import core_of_summary
from sandbox.errors import BadRequest, InvalidResource, NotCertified, NotFound
from tests.sandbox.ddcc.making import a_summary

DOSE, PATIENT = 4, 1
TEMPLATE = (
    "PT123F",
    "2021-07-08",
    "1986-09-19",
    "TEST",
    "USA",
    "Vaccination Site",
)  # what the event's mediator fills in


def the_dose(summary: dict[str, Any]) -> dict[str, Any]:
    return dict(summary["entry"][DOSE]["resource"])


def with_dose(**changed: Any) -> dict[str, Any]:
    summary = a_summary()
    dose = {**the_dose(summary), **changed}
    summary["entry"][DOSE]["resource"] = {
        name: value for name, value in dose.items() if value is not None
    }
    return summary


def core(summary: dict[str, Any], form: str = "ddcc_vs", **options: str) -> dict[str, Any]:
    return core_of_summary(summary, forms()[form], **options)


def test_the_core_data_set_says_what_the_summary_says() -> None:
    found = core(a_summary())
    assert found["name"] == "Rosa Catalina Fuenzalida Painemal"
    assert found["vaccine"] == {"system": "http://id.who.int/icd11/mms", "code": "XM0GQ8"}
    assert (found["date"], found["dose"], found["country"]["code"]) == ("2026-05-06", 2, "CHL")
    assert (found["identifier"], found["document"], found["hw"]) == (
        "48215377-1",
        {"code": "NI"},
        "Marta Riquelme",
    )
    assert found["pha"] == "Ministerio de Salud"


@pytest.mark.parametrize(
    ("lacking", "place"),
    [
        ("lotNumber", "Immunization.lotNumber"),
        ("protocolApplied", "Immunization.protocolApplied.doseNumberPositiveInt"),
        ("location", "Immunization.location.display"),
        ("occurrenceDateTime", "Immunization.occurrenceDateTime"),
        ("extension", "Immunization.extension(DDCCEventBrand)"),
    ],
)
def test_what_is_missing_is_named_and_not_taken_from_a_template(lacking: str, place: str) -> None:
    with pytest.raises(NotCertified) as caught:
        core(with_dose(**{lacking: None}))
    assert place in [one.where for one in caught.value.as_findings()]


def test_a_summary_that_says_little_leaks_no_value_of_a_template() -> None:
    summary = a_summary()
    del (
        summary["entry"][PATIENT]["resource"]["birthDate"],
        summary["entry"][PATIENT]["resource"]["identifier"],
    )
    text = str(who(core(summary)))
    assert not [value for value in TEMPLATE if value in text]
    assert "birthDate" not in text


def test_several_doses_need_a_choice() -> None:
    summary = a_summary()
    other = {**the_dose(summary), "id": "dose-2", "lotNumber": "B2"}
    summary["entry"].append({"fullUrl": "urn:uuid:j", "resource": other})
    with pytest.raises(BadRequest) as caught:
        core(summary)
    assert caught.value.params["known"] == "dose-1, dose-2"
    chosen = core(summary, immunization="dose-2")
    assert chosen["lot"] == "B2"
    assert chosen["hcid"] != core(summary, immunization="dose-1")["hcid"]


def test_what_is_not_there_is_refused() -> None:
    with pytest.raises(NotFound):
        core(a_summary(), immunization="dose-9")
    with pytest.raises(NotFound):
        core(a_summary(), organization="nobody")
    summary = a_summary()
    del summary["entry"][DOSE]
    with pytest.raises(InvalidResource):
        core(summary)


def test_the_european_form_is_made_where_its_lists_have_the_content() -> None:
    found = eu_dcc(core(a_summary()))
    assert found is not None
    assert found["nam"] == {
        "fn": "Fuenzalida Painemal", "fnt": "FUENZALIDA<PAINEMAL", "gn": "Rosa Catalina", "gnt": "ROSA<CATALINA",
    }  # fmt: skip
    assert (found["v"][0]["tg"], found["v"][0]["co"], found["v"][0]["mp"]) == (
        "840539006",
        "CL",
        "EU/1/20/1528",
    )


def test_the_european_form_is_left_out_for_another_brand_or_disease() -> None:
    other = core(a_summary()) | {"brand": {"code": "TEST"}}
    assert eu_dcc(other) is None
    assert eu_dcc(core(a_summary()) | {"disease": {"code": "1D47"}}) is None


def test_the_international_certificate_in_its_two_forms() -> None:
    new, old = icvp(core(a_summary(), "icvp")), dvc(core(a_summary(), "dvc"))
    assert (new["v"]["vp"], new["v"]["bo"], new["ndt"], new["v"]["is"]) == (
        "YellowFeverProduct1", "PCB0022", "NI", "Ministerio de Salud",
    )  # fmt: skip
    assert "vls" not in new["v"]  # the day of the dose is not the day from which it protects
    assert (old["v"]["dn"], old["v"]["tg"], old["v"]["mp"]) == (
        "secondDose",
        "RA01",
        "EU/1/20/1528",
    )


def test_without_a_product_there_is_no_international_certificate() -> None:
    dose = the_dose(a_summary())
    with pytest.raises(NotCertified) as caught:
        core(with_dose(extension=dose["extension"][:-1]), "icvp")
    assert [one.where for one in caught.value.as_findings()[1:]] == [
        "Immunization.extension(ProductID)"
    ]
