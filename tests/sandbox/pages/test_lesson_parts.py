"""A test of the bench leads to a part of a lesson that speaks of what it asks, or to none."""

from __future__ import annotations

import re
from functools import cache

import pytest

from sandbox.course.overview import all_lessons
from sandbox.i18n import LANGUAGES, say
from sandbox.pages.lesson import reading_of
from sandbox.pages.lesson_parts import PARTS, lesson_part, part_anchor, shared_word, words_of
from sandbox.testbench.tracks import TRACKS

TESTS = {test.id: (test, track) for track in TRACKS.values() for test in track.tests}
LED = [id for id in TESTS if lesson_part(id)]
MARKUP = re.compile(r"<[^>]+>")


@cache
def parts_of(number: str) -> dict[str, str]:
    """Returns the words of each numbered part of a lesson, in English, by its anchor."""
    lesson = next(one for one in all_lessons("en") if one.number == number)
    page = "".join(str(part.html) for part in reading_of(lesson, "en").parts)
    heads = re.split(r'<h2(?: id="(part-[0-9]+)")?>', page)
    return {
        anchor: words_of(MARKUP.sub(" ", text))
        for anchor, text in zip(heads[1::2], heads[2::2], strict=True)
        if anchor
    }


@pytest.mark.parametrize("id", LED)
def test_a_test_and_its_part_share_a_word(id: str) -> None:
    test, track = TESTS[id]
    word, number = shared_word(id)
    assert word in words_of(
        f"{id.rpartition('.')[2]} {test.clause} {say(track.title_of(test), 'en')}"
    )
    assert word in parts_of(test.lesson)[part_anchor(number)]


def test_no_word_stands_for_any_test_and_each_is_used() -> None:
    used = {(TESTS[id][0].lesson, *shared_word(id)) for id in LED}
    named = {(lesson, word, number) for lesson, rows in PARTS.items() for word, number, _ in rows}
    assert named == used
    assert "" not in {word for _, word, _ in named}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_part_that_is_led_to_is_on_the_page(language: str) -> None:
    pages = {
        lesson.number: "".join(str(part.html) for part in reading_of(lesson, language).parts)
        for lesson in all_lessons(language)
    }
    for lesson, rows in PARTS.items():
        for _, number, _ in rows:
            assert f'<h2 id="{part_anchor(number)}">{number} ' in pages[lesson], (lesson, number)


@pytest.mark.parametrize(
    ("id", "part"),
    [
        ("mhd.source.hash_of_bytes", "part-3"),
        ("mhd.source.identifier_kinds", "part-4"),
        ("mhd.recipient.replaced", "part-8"),
        ("ips.content.allergies", "part-3"),
        ("trustlist.consumer.says_upload", "part-7"),
        ("vp.verifier.refuses_revoked", "part-8"),
        # no part speaks of a base address, of where metadata come from, or of a search by type
        ("fhir.basics.capabilities", ""),
        ("mhd.source.source_and_date", ""),
        ("mhd.responder.by_type", ""),
        ("meow.issuer.no_such_test", ""),
    ],
)
def test_what_a_test_asks_is_taught_there(id: str, part: str) -> None:
    assert lesson_part(id) == part
