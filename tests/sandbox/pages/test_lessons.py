"""The page of the course: every lesson with what it is for, where to go on, and the words of the course."""

import re
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from sandbox.clock import utc_now
from sandbox.course.exercises import LESSONS
from sandbox.course.glossary import MET_IN, words_of
from sandbox.course.record import Record
from sandbox.i18n import LANGUAGES, say
from tests.conftest import a_sandbox

IN_LAB = {"X-Forwarded-Context": "/sandbox"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_lesson_stands_there_with_goals_and_what_is_met(
    trained: TestClient, language: str
) -> None:
    text = unescape(trained.get(f"/lessons?lang={language}").text)
    numbers = [name.partition("_")[0] for name in LESSONS]
    assert re.findall(r'<section id="lesson-(\d+)"', text) == numbers
    for number in numbers[1:]:  # the first says of itself what it is for
        assert say("lessons_page.goals", language, number=number) in text
        assert say("lessons_page.met", language, number=number) in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_the_course_is_explained_and_leads_to_its_lesson(
    trained: TestClient, language: str
) -> None:
    text = unescape(trained.get(f"/lessons?lang={language}").text)
    words = words_of(language)
    assert {word.lesson for word in words} == set(MET_IN.values()) <= set(LESSONS)
    for word in words:
        assert word.name in text
        assert word.meaning in text
        assert f'href="lessons/{word.lesson[:2]}?lang={language}"' in text
    sections = set(re.findall(r'<section id="(lesson-\d+)"', text))
    assert set(re.findall(r'href="#(lesson-\d+)"', text)) <= sections


def test_who_has_begun_is_led_on(tmp_path: Path) -> None:
    with a_sandbox(tmp_path) as served:
        assert say("lessons_page.continue", "en") not in served.get("/lessons?lang=en").text
        record = Record(tmp_path / "sandbox", team="team", lesson="03_mhd")
        record.add("3.1", "check", utc_now(), outcome="passed")
        text = served.get("/lessons?lang=en").text
    leads = say("lessons_page.continue", "en") + '</strong> <a href="lessons/03?lang=en"'
    assert leads in text
    assert text.count("<progress") == 1


def test_beside_lab_a_lesson_opens_there(tmp_path: Path) -> None:
    place = '"../lab/tree/notebooks/pt/03_mhd.ipynb"'
    with a_sandbox(tmp_path, proxies=("*",)) as served:
        assert place in served.get("/lessons?lang=pt", headers=IN_LAB).text
        assert place not in served.get("/lessons?lang=pt").text
    with a_sandbox(tmp_path) as served:
        assert place not in served.get("/lessons?lang=pt", headers=IN_LAB).text


def test_the_page_of_practice_leads_there(trained: TestClient) -> None:
    assert 'href="lessons?lang=pt"' in trained.get("/practice?lang=pt").text
