"""How-tos are pages for everybody, and found by what they say."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from sandbox.i18n import LANGUAGES, say
from sandbox.pages.how_tos import READERS, how_tos


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_how_to_has_a_page_in_the_language_of_the_reader(
    empty: TestClient, language: str
) -> None:
    listed = re.findall(r'href="(help/[^"?]+)', empty.get(f"/help?lang={language}").text)
    assert listed == [f"help/{name}" for name in how_tos(language)]
    for path in listed:
        page = empty.get(f"/{path}?lang={language}").text
        how_to = how_tos(language)[path.removeprefix("help/")]
        assert f"<h1>{how_to.title}</h1>" in page.replace("&#39;", "'")
        assert (say("help.in_english", language) in page) is (how_to.language != language)


def test_help_is_listed_by_who_reads_it(empty: TestClient) -> None:
    page = empty.get("/help?lang=es").text
    headings = re.findall(r'<h2 id="for-[^>]*>([^<]+)</h2>', page)
    assert headings == [say(f"help.for.{reader}", "es") for reader in READERS]
    assert page.index("help/first-day") < page.index("help/monitor") < page.index("help/write-a-")


def test_links_between_how_tos_stay_on_the_pages(empty: TestClient) -> None:
    page = (
        empty.get("/help/grade-a-course?lang=es").text
        + empty.get("/help/rehearse-an-event?lang=es").text
    )
    assert 'href="event-in-an-afternoon?lang=es"' in page or 'href="write-a-pack?lang=es"' in page
    assert ".md" not in "".join(re.findall(r'href="([^"]+)"', page))


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_called_as_a_page_leads_to_it(empty: TestClient, language: str) -> None:
    page = empty.get(f"/help/first-day?lang={language}").text
    name = say("floor.nav.team", language)
    assert f'<a href="../team?lang={language}"><em>{name}</em></a>' in page


@pytest.mark.parametrize(
    ("named", "address", "words"),
    [
        ("runs/kbpx0affhwg9#BAS-01", "../runs/kbpx0affhwg9?lang=es#BAS-01", "back_to.runs"),
        ("instances/i0kx", "../instances/i0kx?lang=es", "back_to.instances"),
    ],
)
def test_from_a_how_to_one_goes_back_to_where_it_was_opened(
    empty: TestClient, named: str, address: str, words: str
) -> None:
    page = empty.get("/help/read-a-failure", params={"from": named, "lang": "es"}).text
    assert f'href="{address}"' in page
    assert say(f"help.{words}", "es") in page
    # neither another language nor another how-to loses it
    assert f'href="?lang=pt&amp;from={quote(named)}"' in page.replace("&from", "&amp;from")
    assert f'href="keep-proof?lang=es&amp;from={quote(named)}"' in page


@pytest.mark.parametrize(
    "named",
    [
        "",
        "https://example.org",
        "//example.org",
        "runs/../leave",
        "runs/a?b=c",
        "people/1",
        "runs/a#'",
    ],
)
def test_a_way_back_leads_to_a_run_or_an_instance_alone(empty: TestClient, named: str) -> None:
    page = empty.get("/help/read-a-failure", params={"from": named, "lang": "es"}).text
    assert say("help.back_to.runs", "es") not in page
    assert say("help.back_to.instances", "es") not in page


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


@pytest.mark.parametrize("language", LANGUAGES)
def test_whoever_has_failed_reads_each_verdict_as_it_stands_on_the_page(
    empty: TestClient, language: str
) -> None:
    page = empty.get(f"/help/read-a-failure?lang={language}").text
    for verdict in ("pass", "warn", "fail", "skip", "inconclusive", "error", "review"):
        assert f"<td><em>{say(f'testbench.verdict.{verdict}', language)}</em></td>" in page
    assert page.index("<table>") < page.index("connectathon run")  # what is seen, then commands
