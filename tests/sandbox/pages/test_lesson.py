"""Each lesson is a page to read, in each language: whole, without a solution, and with a way on and back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from sandbox.course.exercise import HINTS
from sandbox.course.exercises import LESSONS, exercises_of
from sandbox.course.overview import Lesson, all_lessons, cells_of
from sandbox.course.sources import read_lesson
from sandbox.i18n import LANGUAGES, load_room, say
from sandbox.pages.lesson import reading_of
from sandbox.pages.markdown import html_of
from sandbox.settings import NOTEBOOK
from sandbox.testbench.tracks import TRACKS
from tests.conftest import a_sandbox
from tests.sandbox.api.test_gate import an_event

NUMBERS = [name.partition("_")[0] for name in LESSONS]
EACH = [(number, language) for number in NUMBERS for language in LANGUAGES]
LIGHT = 150_000
IN_LAB = {"X-Forwarded-Context": "/sandbox"}
HUB = f"https://hub.example/hub/user-redirect/lab/tree/{NOTEBOOK}"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with a_sandbox(tmp_path_factory.mktemp("lessons")) as client:
        yield client


def page_of(served: TestClient, number: str, language: str, more: str = "") -> str:
    reply = served.get(f"/lessons/{number}?lang={language}{more}")
    assert reply.status_code == 200, reply.text
    return str(reply.text)


def read(html: str) -> str:
    """What of a page is read, in one line."""
    return " ".join(unescape(re.sub(r"<[^>]+>", "", html)).split())


def in_one_line(text: str) -> str:
    return " ".join(text.split())


def lesson_at(number: str, language: str) -> Lesson:
    return next(one for one in all_lessons(language) if one.number == number)


@pytest.mark.parametrize(("number", "language"), EACH)
def test_each_lesson_opens_whole_and_light(served: TestClient, number: str, language: str) -> None:
    html = page_of(served, number, language)
    text = read(html)
    lesson = lesson_at(number, language)
    assert f"<h1>{number} · " in html
    assert lesson.title in text
    assert len(html.encode()) < LIGHT
    for cell in cells_of(lesson):
        if cell.is_prose:
            for heading in re.findall(r"^#+ (.*)$", cell.text, re.MULTILINE):
                assert re.sub(r"[*`]", "", heading) in text
        elif not cell.text.startswith("L.picture("):
            assert in_one_line(cell.text) in text
    pictures = [cell for cell in cells_of(lesson) if cell.text.startswith("L.picture(")]
    assert html.count('<svg xmlns="http://www.w3.org/2000/svg" role="img"') == len(pictures)
    assert "style=" not in html  # the policy of pages lets none count


@pytest.mark.parametrize(("number", "language"), EACH)
def test_no_section_is_empty(number: str, language: str) -> None:
    reading = reading_of(lesson_at(number, language), language)
    assert all(read(part.html) for part in reading.parts if part.kind != "picture")
    body = "".join(part.html for part in reading.parts)
    assert re.findall(r"<h(\d)[^>]*>[^<]*</h\1>\s*$", body) == []


@cache
def kept_back(name: str) -> tuple[frozenset[str], ...]:
    """The lines of each solution of a lesson that learners do not get in its notebook."""
    cells = read_lesson(name)
    given = "\n".join(cell.learner for cell in cells)
    return tuple(
        frozenset(
            in_one_line(line)
            for line in cell.solution.splitlines()
            if line.strip() and line.strip() not in given
        )
        for cell in cells
        if cell.is_answer
    )


@pytest.mark.parametrize(("number", "language"), EACH)
def test_no_solution_stands_on_the_page(served: TestClient, number: str, language: str) -> None:
    name = lesson_at(number, language).name
    html = page_of(served, number, language)
    article = html[html.index("<article") :]
    without_hints = read(re.sub(r"<details>.*?</details>", "", article, flags=re.DOTALL))
    text = read(html)
    for lines in kept_back(name):
        assert [line for line in lines if line in without_hints] == []
        # a hint may say a step, and none says all of them
        assert not lines or any(line not in text for line in lines)
    last = [
        exercises_of(name).hint_key(id, HINTS).partition(".") for id in exercises_of(name).exercises
    ]
    said = [load_room(language, room).get(key) for room, _, key in last]
    assert [hint for hint in said if hint and in_one_line(hint.format()) in text] == []


def test_a_solution_on_the_page_would_be_found(served: TestClient) -> None:
    text = read(page_of(served, "04", "es"))
    first = kept_back("04_terminology")[0]
    assert first == {
        'expand = "ValueSet/$expand?url=http://hl7.org/fhir/ValueSet/administrative-gender"'
    }
    assert 'L.check("4.1", expand)' in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("number", NUMBERS)
def test_each_exercise_has_its_place_its_mark_and_its_hints(
    served: TestClient, number: str, language: str
) -> None:
    html = page_of(served, number, language)
    lesson = lesson_at(number, language)
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    asked = [cell for cell in cells_of(lesson) if cell.exercise]
    for cell in asked:
        assert f"ex-{cell.exercise.replace('.', '-')}" in ids
        for count in range(1, HINTS):
            said = say(
                "lessons_page.hint", language, exercise=cell.exercise, number=count, of=HINTS
            )
            assert said in unescape(html)
    for turn, has_blank in (("blank", True), ("code", False)):
        answers = [
            one for one in cells_of(lesson) if one.is_answer and ("____" in one.text) == has_blank
        ]
        assert unescape(html).count(say(f"lessons_page.turn.{turn}", language)) == len(answers)


@pytest.mark.parametrize(("number", "language"), EACH)
def test_every_link_leads_somewhere(served: TestClient, number: str, language: str) -> None:
    html = page_of(served, number, language, "&from=runs/abc")
    main = html[html.index("<main") :]
    for link in map(unescape, re.findall(r'href="([^"]*)"', main)):
        path, _, place = link.partition("#")
        if link.startswith("https://") or link.startswith("../runs/"):
            continue
        if path:
            reply = served.get(f"/lessons/{path}")
            assert reply.status_code == 200, link
            assert not place or f'id="{place}"' in reply.text, link
        else:
            assert f'id="{place}"' in html, link
    # what words point to is a link, and not an address of a file that nobody has here
    assert ".ipynb" not in re.sub(r"<pre.*?</pre>", "", main, flags=re.DOTALL)


def test_one_goes_on_and_back_and_to_the_run_one_came_from(served: TestClient) -> None:
    html = unescape(page_of(served, "04", "es", "&from=runs/abc123%23BAS-01"))
    assert html.count('href="../runs/abc123?lang=es#BAS-01"') == 2
    assert 'rel="prev" href="03?lang=es&from=runs/abc123%23BAS-01"' in html
    assert 'rel="next" href="05?lang=es&from=runs/abc123%23BAS-01"' in html
    assert 'href="?lang=pt&from=runs/abc123%23BAS-01"' in html
    for named in ("", "a/b", "runs/..", '"><b>', "runs/" + "x" * 80, "https://evil.example/runs/a"):
        reply = served.get("/lessons/04", params={"lang": "es", "from": named})
        assert "runs/" not in reply.text.partition("<main")[2]
    assert 'rel="prev"' not in page_of(served, NUMBERS[0], "es")
    assert 'rel="next"' not in page_of(served, NUMBERS[-1], "es")


def test_a_lesson_that_is_not_there_is_said_to_be_none(served: TestClient) -> None:
    reply = served.get("/lessons/99?lang=es")
    assert reply.status_code == 404
    assert "No hay una lección 99" in reply.text
    assert ", ".join(NUMBERS) in reply.text


def test_it_says_how_to_do_it_where_there_is_no_lab(served: TestClient) -> None:
    html = page_of(served, "04", "es")
    assert "connectathon lab --lang es --lesson 04_terminology" in html
    assert say("lessons_page.open", "es") not in html


def test_beside_a_lab_the_notebook_opens_there(tmp_path: Path) -> None:
    place = '"../../lab/tree/notebooks/pt/04_terminology.ipynb"'
    with a_sandbox(tmp_path, proxies=("*",)) as beside:
        html = beside.get("/lessons/04?lang=pt", headers=IN_LAB).text
        assert place in html
        assert "connectathon lab" not in html
        assert place not in beside.get("/lessons/04?lang=pt").text


@pytest.mark.parametrize("path", ["/lessons", "/lessons/04"])
def test_the_notebook_opens_at_the_hub_that_is_set_up(tmp_path: Path, path: str) -> None:
    with a_sandbox(tmp_path, lab=HUB) as client:
        html = client.get(f"{path}?lang=es").text
    assert (
        '"https://hub.example/hub/user-redirect/lab/tree/notebooks/es/04_terminology.ipynb"' in html
    )


def test_whatever_a_pack_writes_is_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, served: TestClient
) -> None:
    hostile = "<img src=x onerror=alert(1)> [a](javascript:alert(1)) [b](//evil.example) ![c](http://evil.example/x)"
    cells = [
        {"cell_type": "markdown", "id": "t", "metadata": {}, "source": [f"# 20 · <b>Ward\n\n{hostile}"]},
        {"cell_type": "markdown", "id": "a", "metadata": {}, "source": [f"### ✎ 20.1 <b>x\n\n{hostile}"]},
        {"cell_type": "code", "id": "c", "metadata": {"connectathon": {"answer": True, "exercise": "20.1"}},
         "outputs": [], "execution_count": None, "source": ["x = '</code><script>alert(1)</script>'"]},
    ]  # fmt: skip
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "20_ward.py").write_text(
        "from sandbox.course.exercise import ExerciseSet\nEXERCISES = ExerciseSet('ward')\n"
    )
    for language in LANGUAGES:
        folder = tmp_path / "notebooks" / language
        folder.mkdir(parents=True)
        (folder / "20_ward.ipynb").write_text(json.dumps({"cells": cells}))
    monkeypatch.setenv("CONNECTATHON_PACK", str(tmp_path))
    html = page_of(served, "20", "es")
    main = html[html.index("<main") :]
    assert not re.search(r"<(script|img|b)\b", main)
    assert not re.search(r'(href|src)="(javascript|//|http:)', main)
    assert 'id="ex-20-1"' in main


# an item that a blank line divides has paragraphs in Jupyter's, and none before its list in ours
TAGS = ("h2", "h3", "li", "ol", "ul", "tr", "td", "th", "code", "strong", "em", "a")


def apart(html: str) -> str:
    """What is read, the end of a block counting as a blank."""
    return read(re.sub(r"</?(p|li|t[dhr]|h\d|[ou]l|pre|div|table|thead|tbody)\b[^>]*>", " ", html))


def tags_of(html: str) -> dict[str, int]:
    return {tag: len(re.findall(rf"<{tag}[ >]", html)) for tag in TAGS}


@pytest.mark.parametrize("language", LANGUAGES)
def test_prose_is_read_as_jupyter_shows_it(language: str) -> None:
    """By Jupyter's own Markdown."""
    from nbconvert.filters import markdown2html

    for lesson in all_lessons(language):
        for cell in cells_of(lesson):
            if cell.is_prose:
                theirs = re.sub(r'<a class="anchor-link".*?</a>', "", markdown2html(cell.text))
                ours = html_of(cell.text, lambda to: to)
                assert apart(ours) == apart(theirs), (lesson.name, cell.id)
                assert tags_of(ours) == tags_of(theirs), (lesson.name, cell.id)


def test_a_finding_leads_to_its_lesson_and_the_lesson_back_to_the_run(tmp_path: Path) -> None:
    asked = {"track": "fhir.basics", "system": "sandbox"}
    with a_sandbox(tmp_path) as client:
        run = client.post("/api/runs", json=asked).json()["id"]
        html = unescape(client.get(f"/runs/{run}?lang=pt").text)
        link = f"/lessons/01?lang=pt&from=runs/{run}%23BAS-02"
        assert f'href="..{link}#part-2"' in html
        lesson = unescape(client.get(link).text)
    assert f'href="../runs/{run}?lang=pt#BAS-02"' in lesson
    assert 'id="BAS-02"' in html
    # no part of the lesson speaks of what a base address is
    assert f"/lessons/01?lang=pt&from=runs/{run}%23BAS-01" not in html


def test_an_exchange_leads_back_to_the_test_that_it_has_decided(tmp_path: Path) -> None:
    asked = {"track": "fhir.basics", "system": "sandbox"}
    with a_sandbox(tmp_path) as client:
        run = client.post("/api/runs", json=asked).json()["id"]
        while (made := client.get(f"/api/runs/{run}").json())["state"] != "done":
            pass
        number = made["tests"][2]["exchanges"][0]
        page = unescape(client.get(f"/runs/{run}?lang=pt").text)
        assert f'href="{run}/{number}?lang=pt&from=runs/{run}%23BAS-03"' in page
        alone = unescape(client.get(f"/runs/{run}/{number}?lang=pt").text)
        named = unescape(client.get(f"/runs/{run}/{number}?lang=pt&from=runs/{run}%23BAS-05").text)
        strange = unescape(client.get(f"/runs/{run}/{number}?lang=pt&from=runs/other%23X-1").text)
    assert f'<a href="../{run}?lang=pt#BAS-03">' in alone
    assert f'<a href="../{run}?lang=pt#BAS-05">' in named
    assert f'<a href="../{run}?lang=pt#BAS-03">' in strange
    # the exchange behind it leads back to the same test
    assert f'href="{number + 1}?lang=pt&from=runs/{run}%23BAS-05"' in named


def test_every_lesson_that_a_test_names_has_a_page() -> None:
    named = {test.lesson for track in TRACKS.values() for test in track.tests if test.lesson}
    assert named <= set(NUMBERS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_page_search_and_course_lead_to_pages(served: TestClient, language: str) -> None:
    for path in ("/practice", "/lessons"):
        html = served.get(f"{path}?lang={language}").text
        for number in NUMBERS:
            assert f'href="lessons/{number}?lang={language}"' in html, path
        assert "ipynb" not in html
    title = lesson_at("07", language).title
    found = served.get("/search", params={"q": title, "lang": language}).text
    assert f'href="lessons/07?lang={language}"' in found


@pytest.mark.parametrize("language", LANGUAGES)
def test_at_an_event_the_server_is_not_said_to_be_ones_own(tmp_path: Path, language: str) -> None:
    with an_event(tmp_path) as event:
        session = event.sessions["Ana"]
        html = unescape(event.ask("GET", f"/practice?lang={language}", session).text)
        assert 'href="team/tokens' in html
    assert say("pages.home.lead_shared", language) in html
    assert say("pages.home.lead", language) not in html


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_for_verdicts_are_those_of_the_pages(language: str) -> None:
    meaning = say("glossary.verdict.meaning", language)
    for name in ("pass", "warn", "fail", "skip", "inconclusive", "error", "review"):
        assert say(f"testbench.verdict.{name}", language) in meaning
