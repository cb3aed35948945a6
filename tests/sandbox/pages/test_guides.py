"""Guides are tables for everybody, and what the judge finds leads to its row."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from sandbox.i18n import LANGUAGES, say
from sandbox.pages.home import render
from tests.sandbox.api.test_gate import FORM, Event, an_event

PLAN = "lacpass-2023"


@pytest.fixture
def event(tmp_path: Path) -> Iterator[Event]:
    with an_event(tmp_path) as event:
        event.ask("POST", f"/event/{PLAN}/now", event.sessions["Inés"], headers=FORM)
        yield event


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_profile_is_a_table_in_each_language(event: Event, language: str) -> None:
    page = event.ask("GET", f"/guides/LACPatient/0.2.0?lang={language}").text
    for head in ("element", "cardinality", "binding", "rule", "example"):
        assert f'<th scope="col">{say(f"guides.{head}", language)}</th>' in page
    assert '<tr id="Patient.identifier:international.use">' in page
    assert say("guides.strength.required", language) in page
    assert say("invariants.lac-pat-1.text", language).replace('"', "&#34;") in page


def test_what_a_year_tolerates_stands_on_the_profiles_that_it_asks_for(event: Event) -> None:
    page = event.ask("GET", "/guides/lac-bundle/0.1.0?lang=es").text
    assert "Lo que toleran las reglas de 2023" in page
    assert "urn:oid" in page
    assert "toleran" not in event.ask("GET", "/guides/DDCCDocument/1.0.0?lang=es").text


def test_the_guides_of_the_event_come_first_with_what_it_says_of_its_tracks(event: Event) -> None:
    page = event.ask("GET", "/guides?lang=es", event.sessions["Ana"]).text
    assert page.index("lacpass.racsel.org 0.1.0") < page.index("hl7.fhir.uv.ips 2.0.0")
    assert "rige en este evento" in page
    assert "Lo que pide el evento" in page
    visitor = event.ask("GET", "/guides?lang=es").text
    assert "Lo que pide el evento" not in visitor
    assert "guides/LACPatient/0.2.0" in visitor


def test_every_profile_of_the_list_has_its_page(event: Event) -> None:
    listed = re.findall(r'href="(guides/[^"?]+)', event.ask("GET", "/guides").text)
    assert len(listed) > 100
    for path in listed:
        assert event.ask("GET", f"/{path}").status_code == 200, path
    assert event.ask("GET", "/guides/LACPatient/7").status_code == 404


def test_a_finding_leads_to_the_row_that_it_is_about(event: Event) -> None:
    document = json.dumps({"resourceType": "Bundle", "type": "document"})
    form = {"document": document, "profile": "lac-2026", "ruleset": ""}
    ana = event.sessions["Ana"]
    page = event.ask("POST", "/validate?lang=es", ana, data=form, headers=FORM).text
    link = re.search(r'href="(guides/Bundle-uv-ips/2\.0\.0\?lang=es)#([^"]+)"', page)
    assert link is not None
    target = event.ask("GET", f"/{link[1]}", ana).text
    assert f'<tr id="{link[2]}">' in target


def test_the_row_of_a_rule_leads_back_to_the_test_that_named_it(event: Event) -> None:
    place = "/guides/IHE.MHD.UniqueIdIdentifier/4.2.3?lang=pt"
    page = unescape(event.ask("GET", f"{place}&from=runs/abc123%23SRC-15").text)
    assert page.count('href="../../runs/abc123?lang=pt#SRC-15"') == 2
    assert "?lang=es&from=runs/abc123%23SRC-15" in page
    alone = event.ask("GET", place).text
    assert "Voltar" not in alone.partition("<main")[2].partition("<h1>")[0]
    # what a year reads in another way concerns the documents that it asks for, and not this row
    assert "toleram" not in alone


def test_a_clause_of_a_profile_names_the_page_from_which_it_is_opened() -> None:
    clause = "IHE.MHD.SubmissionSetUniqueIdIdentifier 4.2.3 mhd-startswithoid"
    shown = render("clause.html", "es", text=clause, root="../", back="runs/abc#SRC-15")
    assert (
        'href="../guides/IHE.MHD.SubmissionSetUniqueIdIdentifier/4.2.3?lang=es&amp;from=runs/abc%23SRC-15#Identifier.value"'
        in shown
    )
    assert "from=" not in render("clause.html", "es", text=clause, root="../")
