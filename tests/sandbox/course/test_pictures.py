"""Pictures say the same in every language, fit into their frame and have a text alternative."""

import re
from xml.etree import ElementTree

import pytest

from sandbox.course.building import read_lesson
from sandbox.course.exercises import LESSONS
from sandbox.course.pictures import LETTER, MARGIN, PICTURES, WIDTH, Picture, Talk
from sandbox.i18n import LANGUAGES, Language

CALL = re.compile(r'L\.picture\("(\w+)"\)')


@pytest.mark.daily("pictures", share=1 / 3, each="language")
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_drawn_with_all_its_words(name: str, language: Language) -> None:
    picture = Picture(name, language)
    assert len(picture.labels) == PICTURES[name].count
    drawing = ElementTree.fromstring(picture.svg())
    words = [text.text for text in drawing.iter("{http://www.w3.org/2000/svg}text")]
    assert sorted(map(str, words)) == sorted(picture.labels)
    assert drawing.get("role") == "img"
    assert drawing.get("aria-label") == repr(picture).replace("\n", "; ")


@pytest.mark.daily("pictures", share=1 / 3, each="language")
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PICTURES)
def test_words_fit_into_their_boxes(name: str, language: Language) -> None:
    form = PICTURES[name]
    labels = Picture(name, language).labels
    boxes = labels[: form.lanes] if isinstance(form, Talk) else labels
    width = WIDTH / form.lanes - MARGIN if isinstance(form, Talk) else WIDTH * 3 / 4
    assert [label for label in boxes if len(label) * LETTER > width] == []
    assert [label for label in labels if len(label) * LETTER > WIDTH] == []


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_lesson_shows_at_least_two(lesson: str) -> None:
    cells = [cell for cell in read_lesson(lesson) if not cell.is_prose]
    shown = [name for cell in cells for name in CALL.findall(cell.learner)]
    assert len(shown) >= 2
    assert set(shown) <= set(PICTURES)
