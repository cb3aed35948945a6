"""Which names can be one, and which a reader may take for each other."""

from __future__ import annotations

import pytest

from sandbox.errors import BadRequest
from sandbox.event.names import country_code, look_alike, plain_name


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("Аna", "Ana"),  # Cyrillic А
        ("Ｆac One", "Fac One"),  # fullwidth F
        ("Ch\u0456le", "Chile"),  # Ukrainian і
        ("Fac 0ne", "Fac One"),
        ("lnés", "Inés"),
        ("INÉS", "Inés"),
        ("Peru", "Perú"),
        ("Perú", "Peru\u0301"),
        ("Bemal", "Bernal"),
        ("Łukasz", "Lukasz"),
        ("costa-rica", "Costa Rica"),
    ],
)
def test_names_that_look_alike(name: str, known: str) -> None:
    assert look_alike(name, ["Zoe", known]) == known


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("Ana", "Eva"), ("Equipo 1", "Equipo 2"), ("Equipo 1", "Equipo 10"), ("Ana", "Ana María"),
        ("中国", "日本"), ("", "Ana"), ("Chile", "China"),
    ],
)  # fmt: skip
def test_names_that_differ(name: str, known: str) -> None:
    assert look_alike(name, [known]) == ""


def test_a_name_is_kept_in_one_spelling() -> None:
    assert plain_name("  Peru\u0301   Norte ", "team") == "Per\u00fa Norte"
    with pytest.raises(BadRequest):
        plain_name("@people", "team")
    with pytest.raises(BadRequest):
        plain_name("Ana\u200b", "name")


def test_a_country_is_two_letters() -> None:
    assert country_code(" cl ") == "CL"
    with pytest.raises(BadRequest):
        country_code("CHL")
