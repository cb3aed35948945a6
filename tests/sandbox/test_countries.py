"""Country codes are those of ISO 3166-1, held against another list of them."""

from __future__ import annotations

from babel.core import get_global

from sandbox.countries import CODES, are_same, is_country, meant_by, participant_of, two_letters


def test_the_codes_are_those_of_another_list() -> None:
    aliases = get_global("territory_aliases")
    assert len(CODES) == 249
    assert [two for two, three in CODES.items() if aliases.get(three) != [two]] == []


def test_a_code_that_is_none_has_the_one_that_was_meant() -> None:
    assert {code: (is_country(code), meant_by(code)) for code in ("CL", "UK", "cl", "CHL", "XA", "QQ", "")} == {
        "CL": (True, "CL"), "UK": (False, "GB"), "cl": (False, "CL"), "CHL": (False, "CL"), "XA": (True, "XA"),
        "QQ": (False, ""), "": (False, ""),
    }  # fmt: skip


def test_codes_of_two_and_three_letters_are_compared() -> None:
    assert (participant_of("CL"), participant_of("XA"), participant_of("??")) == (
        "CHL",
        "XXA",
        "??",
    )
    assert (two_letters("CHL"), two_letters("XXA"), two_letters("CL"), two_letters("XCL")) == (
        "CL",
        "XA",
        "CL",
        "",
    )
    assert are_same("CHL", "CL") is True
    assert are_same("URY", "CL") is False
    assert are_same("XCL", "CL") is None
