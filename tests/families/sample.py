"""Families as a test of `tests/test_families.py` has them found; nothing else plays them."""

from __future__ import annotations

import pytest

NUMBERS = range(8)


@pytest.mark.daily("numbers", share=0.25, always=r"\[3\]")
@pytest.mark.parametrize("number", NUMBERS)
def test_a_number(number: int) -> None:
    assert number in NUMBERS


@pytest.mark.daily("numbers", share=0)
def test_what_only_the_whole_shows() -> None:
    assert list(NUMBERS)


@pytest.mark.daily("letters", share=0.5, each="letter")
@pytest.mark.parametrize("letter", "ab")
@pytest.mark.parametrize("number", NUMBERS)
def test_a_letter(letter: str, number: int) -> None:
    assert letter * number == "".join(letter for _ in range(number))


@pytest.mark.daily("letters", share=0.5, each="letter")
def test_what_has_no_letter() -> None:
    assert not set("ab") & set(map(str, NUMBERS))


@pytest.mark.daily("modules", share=0.1, each="module")
@pytest.mark.parametrize("number", NUMBERS)
def test_a_module(number: int) -> None:
    assert number in NUMBERS


def test_what_every_landing_needs() -> None:
    assert len(NUMBERS) == 8
