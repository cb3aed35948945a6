"""Tests that a line names: by their numbers, as they are dictated, or by their titles.  Pure."""

from __future__ import annotations

import re

from bot.grammar import names_of
from bot.reading.dictated import (
    MOST_WORDS,
    has_digits,
    is_spelled_out,
    planned_as_typed,
    test_as_typed,
)
from bot.reading.rest import Rest
from bot.reading.titles import tests_titled
from bot.reading.tokens import tokens_of
from bot.words import plain

SERIES = re.compile(
    r"\b([a-z]{3,5})[-–_ .#]?\d{1,3}((?:\s*(?:,|/|\+|&|\by\b|\be\b|\band\b)\s*\d{1,3}\b)+)", re.I
)
PLANNED = re.compile(r"\d{1,2}(?:[.\-]\d{1,2}){1,2}")


def find_test(rest: Rest) -> str:
    """Returns the tests that are named by their numbers, with a dash or without, or dictated."""
    numbers = _more_tests(rest)
    for span in list(rest.spans()) if has_digits(rest.words) else ():
        if len(span) > MOST_WORDS or not has_digits(span[-2:]):
            continue
        typed = "".join(word.text for word in span) if len(span) <= 2 else ""
        known = rest.known
        number = known.test_numbered(typed) or known.test_numbered(test_as_typed(span, rest.text))
        if number and all(word in rest.words for word in span):
            # by the names of its letters it is near, and not certain
            if is_spelled_out(span, rest.text):
                rest.options["test"] = [number]
            rest.take(span)
            numbers.append(number)
    for word in rest.words:
        if rest.known.is_number_of(word.text):
            rest.misfits["test"] = word.text
    if not numbers and "test" not in rest.misfits:
        numbers = _titled(rest)
    # in the order of the line, which spans of two words have disturbed
    order = plain(rest.text)
    return " ".join(sorted(dict.fromkeys(numbers), key=lambda number: _place(number, order)))


def _titled(rest: Rest) -> list[str]:
    """Returns the test that is told by words of its title, as `options`: not certain."""
    words = [word.plain for word in tokens_of(rest.text)]
    if names_of("test").isdisjoint(words):
        return []
    tracks = [track for track in rest.known.tracks if track in words]
    within = {number for track in tracks for number in rest.known.tracks[track]}
    titles = {
        number: title
        for number, title in rest.known.titles.items()
        if number in within or not within
    }
    said = [word.plain for word in rest.words if word.plain not in tracks]
    numbers = tests_titled(titles, said, least=1 if within else 2)
    if numbers:
        rest.options["test"] = numbers
    return numbers[:1]


def _more_tests(rest: Rest) -> list[str]:
    """Returns the tests of which only digits are said: `RCP-20 and 21`."""
    numbers = []
    for series in SERIES.finditer(rest.text):
        for digits in re.finditer(r"\d+", series[2]):
            number = rest.known.test_numbered(f"{series[1]}{digits[0]}")
            start = series.start(2) + digits.start()
            words = [word for word in rest.words if word.start == start and word.text == digits[0]]
            if number and words:
                rest.take(words)
                numbers.append(number)
    return numbers


def _place(number: str, order: str) -> int:
    letters, _, written = plain(number).partition("-")
    digits = written.lstrip("0")
    match = re.search(rf"{letters}\W?_?0*{digits}\b", order)
    match = match or re.search(rf"\b0*{digits}\b", order)
    return match.start() if match else len(order)


def find_planned(rest: Rest) -> str:
    """Returns the planned test that is named by its number: `2.4`, or `2-4` as some type it."""
    for word in rest.words:
        number = word.plain.replace("-", ".")
        if number in rest.known.planned:
            rest.take([word])
            return number
    for span in rest.spans():
        number = planned_as_typed(span)
        if number in rest.known.planned:
            rest.take(span)
            return number
    for word in rest.words:
        # without an event nothing is planned, and a number with a point is anything
        if PLANNED.fullmatch(word.plain) and rest.known.planned:
            rest.misfits["planned"] = word.text
            rest.take([word])
    return ""
