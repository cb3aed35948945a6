"""Twenty fields of what others send, changed in one place: no crash, and none is accepted that says another thing.

Forty of each here; `make mutations` tries a hundred thousand.
"""

from __future__ import annotations

import pytest

from tests.sandbox.credentials.mutating import FIELDS, tried

COUNT = 40


@pytest.mark.parametrize("name", FIELDS)
def test_what_was_changed_in_one_place_is_refused_or_says_the_same(name: str) -> None:
    equal = tried(name, COUNT)
    # those that say the same were changed where nothing is said: blanks, and bits that no byte has
    assert equal < COUNT or name == "offer"


def test_there_are_twenty_fields() -> None:
    assert len(FIELDS) >= 20
