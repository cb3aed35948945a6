from pathlib import Path

import pytest
from starlette.testclient import TestClient

from sandbox.i18n import LANGUAGES, say
from tests.builders import a_patient, stored
from tests.languages import a_language


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_speaks_the_language_that_is_asked_for(trained: TestClient, language: str) -> None:
    heading = say("pages.home.heading", language)
    assert heading in trained.get(f"/?lang={language}").text
    assert heading in trained.get("/", headers={"Accept-Language": language}).text


def test_the_page_shows_address_patients_and_counts(trained: TestClient) -> None:
    text = trained.get("/").text
    assert "http://sandbox.test/fhir" in text
    assert "Rosa Catalina Fuenzalida Painemal" in text
    assert 'href="fhir/Observation"' in text


def test_links_are_relative_so_that_the_page_works_behind_a_proxy(trained: TestClient) -> None:
    assert 'href="/' not in trained.get("/").text
    assert trained.get("/style.css").headers["content-type"].startswith("text/css")


def test_what_participants_store_cannot_become_markup(empty: TestClient) -> None:
    stored(
        empty,
        a_patient(name=[{"family": "<script>alert(1)</script>"}], address=["odd"], birthDate=["x"]),
    )
    reply = empty.get("/")
    assert "<script>" not in reply.text
    assert "default-src 'none'" in reply.headers["Content-Security-Policy"]


def test_an_empty_server_says_what_to_do(empty: TestClient) -> None:
    page = empty.get("/").text
    assert "Whoever runs the server can start it with the training data" in page
    assert "--seed" not in page


def test_a_language_that_lacks_sentences_says_so_where_it_is_chosen(
    trained: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LANGUAGES, "fr", a_language(tmp_path, "fr"))
    assert "partial: the rest is in English" in trained.get("/?lang=fr").text
    assert "partial:" not in trained.get("/?lang=en").text
