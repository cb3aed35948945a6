"""Cards of a patient or document as a page gives them: each reads as valid, and what has nothing for a card says so."""

from __future__ import annotations

import base64
import html
import json
import re

from starlette.testclient import TestClient

FILE = re.compile(r'href="data:application/smart-health-card;base64,([^"]+)"')


def test_cards_of_a_patient_read_as_valid_and_come_as_a_file(trained: TestClient) -> None:
    assert "martin-bustos" in trained.get("/cards?lang=es").text
    page = trained.post("/cards?lang=es", data={"patient": "martin-bustos"})
    assert page.status_code == 200, page.text
    assert "Válido: firmado" in page.text
    texts = re.findall(r"<textarea[^>]*>(shc:/\d+)</textarea>", page.text)
    file = FILE.search(page.text)
    assert file
    cards = json.loads(base64.b64decode(html.unescape(file[1])))["verifiableCredential"]
    assert texts
    assert len(texts) <= len(cards)
    opened = trained.post("/open?lang=es", data={"text": texts[0]})
    assert "Válido: firmado" in opened.text
    assert "Martín" in opened.text


def test_a_document_without_anything_for_a_card_is_refused_with_its_text(
    trained: TestClient,
) -> None:
    document = '{"resourceType": "Bundle", "type": "collection"}'
    page = trained.post("/cards?lang=es", data={"document": document})
    assert page.status_code == 400
    assert html.escape(document, quote=True) in page.text.replace("&#34;", "&quot;")
    nobody = trained.post("/cards?lang=es", data={"patient": "nobody-here"})
    assert nobody.status_code == 404
