"""How-tos are pages for everybody, and found by what they say."""

from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient

from sandbox.i18n import LANGUAGES, say
from sandbox.pages.help import how_tos


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_how_to_has_a_page_with_a_title_in_each_language(
    empty: TestClient, language: str
) -> None:
    listed = re.findall(r'href="(help/[^"?]+)', empty.get(f"/help?lang={language}").text)
    assert listed
    assert {path.removeprefix("help/") for path in listed} == set(how_tos())
    for path in listed:
        page = empty.get(f"/{path}?lang={language}").text
        title = say(f"help.of.{path.removeprefix('help/')}", language)
        assert f"<h1>{title}</h1>" in page.replace("&#39;", "'")
        assert (say("help.in_english", language) in page) is (language != "en")


def test_links_between_how_tos_stay_on_the_pages(empty: TestClient) -> None:
    page = (
        empty.get("/help/grade-a-course?lang=es").text
        + empty.get("/help/rehearse-an-event?lang=es").text
    )
    assert 'href="event-in-an-afternoon?lang=es"' in page or 'href="write-a-pack?lang=es"' in page
    assert ".md" not in "".join(re.findall(r'href="([^"]+)"', page))


def test_one_that_is_not_there_says_so(empty: TestClient) -> None:
    reply = empty.get("/help/nothing?lang=es", headers={"Accept": "text/html"})
    assert reply.status_code == 404
    assert "No hay ninguna página de ayuda" in reply.text


def test_how_tos_and_profiles_are_found_by_search(empty: TestClient) -> None:
    page = empty.get("/search?q=entender una falla&lang=es").text
    assert 'href="help/read-a-failure?lang=es"' in page
    page = empty.get("/search?q=alergia&lang=es").text
    assert "guides/AllergyIntolerance-uv-ips/2.0.0" in page
    assert "Alergia o intolerancia" in page
