import re
from pathlib import Path

import pytest
from markupsafe import escape
from starlette.testclient import TestClient

from sandbox.i18n import LANGUAGES, say
from tests.builders import a_patient, stored
from tests.languages import a_language
from tests.sandbox.api.test_gate import an_event


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


def test_each_patient_is_a_card_on_a_phone(trained: TestClient) -> None:
    section = trained.get("/?lang=en").text.partition('id="patients"')[2].partition("</section>")[0]
    assert '<table class="stacked">' in section
    rows = section.partition("<tbody>")[2].split("</tr>")[:-1]
    assert len(rows) > 1
    heads = [*(say(f"pages.home.{name}", "en") for name in ("birth", "country")), "FHIR", "IPS"]
    for row in rows:
        # what stands above a column on a screen stands beside each value there
        assert re.findall(r'<td data-name="([^"]+)">', row) == heads
        assert row.count("<td") == len(heads)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_visitor_of_an_event_reads_first_what_opens_once_one_is_in(
    tmp_path: Path, language: str
) -> None:
    words = say("pages.home.closed", language)
    with an_event(tmp_path) as event:
        page = event.ask("GET", f"/practice?lang={language}").text
        assert page.count(escape(words)) == 1
        assert page.index(escape(words)) < page.index('id="address"')
        # as it says: patients are closed, lessons and metadata are not; and it leads to the way in
        for place, status in (
            ("fhir/Patient?_count=3", 401),
            ("fhir/metadata", 200),
            ("lessons", 200),
        ):
            assert f'href="{place}' in page
            assert event.ask("GET", f"/{place}").status_code == status
        assert f'<a href="./?lang={language}">{say("pages.home.way_in", language)}</a>' in page
        assert say("floor.visitor.enter", language) in event.ask("GET", f"/?lang={language}").text
        for who in ("Ana", "Inés"):
            own = event.ask("GET", f"/practice?lang={language}", event.sessions[who]).text
            assert escape(words) not in own


def test_where_everybody_is_in_nothing_is_said_of_coming_in(trained: TestClient) -> None:
    assert escape(say("pages.home.closed", "en")) not in trained.get("/practice?lang=en").text
