"""Codes are read from sixteen kinds of spoiled pictures, each at a strength at which OpenCV's reader reads fewer than half.

`make pictures` reads twenty of each kind and prints the table, beside OpenCV where it is installed.
"""

from __future__ import annotations

import pytest

from sandbox.certificates.qr import texts_in
from tests.pictures.kinds import CODES, KINDS, Kind, texts

FEW = (0, CODES // 2, CODES - 1)
"""A small code, a middling and a full one: all twenty of each kind are `make pictures`."""


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_a_spoiled_picture_is_read_to_the_letter(kind: Kind) -> None:
    known = texts()
    read = [texts_in(kind.picture(known[number], number)) for number in FEW]
    assert read == [[known[number]] for number in FEW]


def test_there_are_sixteen_kinds() -> None:
    assert len({kind.name for kind in KINDS}) == len(KINDS) == 16


def test_a_kind_can_be_too_strong() -> None:
    """The measure can fail: a code of which a module has half a pixel says nothing."""
    small = next(kind for kind in KINDS if kind.name == "small")
    assert texts_in(small.picture(texts()[0], 0, strength=0.1)) == []
