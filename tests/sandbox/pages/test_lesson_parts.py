"""A test of the bench leads to the part of a lesson that teaches what it asks."""

from __future__ import annotations

import pytest

from sandbox.course.overview import all_lessons
from sandbox.i18n import LANGUAGES
from sandbox.pages.lesson import reading_of
from sandbox.pages.lesson_parts import PARTS, anchor_of, lesson_part, part_anchor
from sandbox.testbench.tracks import TRACKS

TESTS = {test.id: test for track in TRACKS.values() for test in track.tests}


def test_every_test_with_a_lesson_leads_to_a_part_of_it() -> None:
    assert [test.id for test in TESTS.values() if test.lesson and not anchor_of(test)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_part_that_is_led_to_is_on_the_page(language: str) -> None:
    pages = {
        lesson.number: "".join(str(part.html) for part in reading_of(lesson, language).parts)
        for lesson in all_lessons(language)
    }
    for lesson, rules in PARTS.items():
        for _, number in rules:
            assert f'<h2 id="{part_anchor(number)}">{number} ' in pages[lesson], (lesson, number)


@pytest.mark.parametrize(
    ("id", "part"),
    [
        ("mhd.source.hash_of_bytes", "part-3"),
        ("mhd.responder.by_type", "part-5"),
        ("mhd.recipient.replaced", "part-8"),
        ("ips.content.allergies", "part-3"),
        ("trustlist.consumer.says_upload", "part-7"),
        ("vp.verifier.refuses_revoked", "part-8"),
        ("meow.issuer.no_such_test", ""),
    ],
)
def test_what_a_test_asks_is_taught_there(id: str, part: str) -> None:
    assert lesson_part(id) == part
