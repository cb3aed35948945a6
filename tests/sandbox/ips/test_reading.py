"""Any document can be looked at: what its entries say, the author's words without markup, and what is amiss."""

from typing import Any

import pytest
from typer.testing import CliRunner

from sandbox.cli.verbs import app
from sandbox.fhir.json import parse_json, write_json
from sandbox.i18n import LANGUAGES
from sandbox.ips import assemble
from sandbox.ips.reading import plain_text, read_document
from sandbox.pages.document import document_page
from tests.conftest import VECTORS
from tests.sandbox.certificates.test_cards import a_payload
from tests.sandbox.ips.test_assembly import WISH, of_seed

EVIL = '<div xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script><b onclick="x()">Alergia</b> a <i>maní</i></div>'


def a_document() -> dict[str, Any]:
    return assemble(*of_seed("01-cl-rosa-fuenzalida"), WISH)


def test_the_view_says_who_it_is_and_what_the_entries_say() -> None:
    view = read_document(a_document(), "pt")
    assert view.name.endswith("Fuenzalida Ancamil") or "Fuenzalida" in view.name
    assert [section.title for section in view.sections][:3] == [
        "Problemas de saúde",
        "Alergias e intolerâncias",
        "Medicamentos",
    ]
    medications = view.sections[2].tables[0]
    assert medications.heads == ("O quê", "Posologia", "Desde")
    assert medications.rows[0][:2] == ("Metformina 850 mg", "850 mg cada 12 horas con las comidas")
    assert view.faults == ()


def test_the_words_of_the_author_come_without_markup() -> None:
    assert plain_text(EVIL) == "Alergia a maní"
    document = a_document()
    document["entry"][0]["resource"]["section"][0]["text"]["div"] = EVIL
    page = document_page(document, "es")
    assert "Alergia a maní" in page
    assert "<script>" not in page
    assert "onclick" not in page
    assert "alert(1)" not in page


def test_text_of_entries_is_escaped() -> None:
    document = a_document()
    condition = next(
        one["resource"]
        for one in document["entry"]
        if one["resource"]["resourceType"] == "Condition"
    )
    condition["code"] = {"text": "<img src=x onerror=y>"}
    assert "<img" not in document_page(document, "en")


def test_references_that_lead_nowhere_are_named() -> None:
    document = a_document()
    document["entry"][0]["resource"]["section"][0]["entry"].append({"reference": "Condition/lost"})
    assert read_document(document, "en").sections[0].lost == ("Condition/lost",)
    assert "Condition/lost" in document_page(document, "en")


@pytest.mark.parametrize(
    "wrong",
    [
        None, [], "x", {}, {"entry": 1}, {"entry": [1, {}]}, {"entry": [{"resource": {"resourceType": "Composition", "section": 1}}]},
        {"entry": [{"resource": {"resourceType": "Composition", "section": [None, {"entry": [1], "text": 1, "code": 1}], "subject": 1, "author": 1}}]},
        {"entry": [{"resource": {"resourceType": "Patient", "name": {"family": 1}, "identifier": [None], "gender": []}}]},
    ],
)  # fmt: skip
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_no_document_is_shown_as_far_as_it_goes(wrong: Any, language: Any) -> None:
    assert "</html>" in document_page(wrong, language)


@pytest.mark.needs("vectors")
def test_documents_by_others_can_all_be_looked_at() -> None:
    shown = 0
    for file in sorted((VECTORS / "ips").glob("*.json")):
        view = read_document(parse_json(file.read_bytes()), "es")
        shown += bool(
            view.name != "–" and view.sections and any(section.tables for section in view.sections)
        )
        assert "</html>" in document_page(parse_json(file.read_bytes()), "es")
    assert shown > 25


def test_the_command_prints_a_page_that_stands_alone(tmp_path: Any) -> None:
    file = tmp_path / "ips.json"
    file.write_bytes(write_json(a_document()))
    said = CliRunner().invoke(app, ["view", str(file), "--lang", "es"], catch_exceptions=False)
    assert said.exit_code == 0
    assert "Fuenzalida" in said.output
    assert "href=" not in said.output
    assert CliRunner().invoke(app, ["view", str(tmp_path / "none.json")]).exit_code == 2


def test_a_health_card_is_read_by_what_it_holds() -> None:
    subject = a_payload()["vc"]["credentialSubject"]
    view = read_document(subject["fhirBundle"], "es")
    assert (view.name, view.faults, view.facts) == ("Fuenzalida", (), ())
    (section,) = view.sections
    assert (section.title, section.tables[0].rows[0][1]) == ("Vacunas", "2026-03-14")
    other = {"fullUrl": "resource:2", "resource": {"resourceType": "Basic", "code": {"text": "x"}}}
    entries = [*subject["fhirBundle"]["entry"], other]
    both = read_document({**subject["fhirBundle"], "entry": entries}, "es")
    assert [section.title for section in both.sections] == ["Vacunas", "Basic"]
    assert read_document({**subject["fhirBundle"], "type": "document"}, "es").faults != ()
