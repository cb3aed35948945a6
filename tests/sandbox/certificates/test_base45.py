"""Base45 against the examples of RFC 9285, its own inverse, and what is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.certificates.base45 import NotBase45, decode, encode


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"AB", "BB8"),
        (b"Hello!!", "%69 VD92EX0"),
        (b"base-45", "UJCLQE7W581"),
        (b"ietf!", "QED8WEX0"),
    ],
)
def test_the_examples_of_the_rfc(content: bytes, text: str) -> None:
    assert encode(content) == text
    assert decode(text) == content


@given(st.binary(max_size=300))
def test_what_is_written_is_read(content: bytes) -> None:
    assert decode(encode(content)) == content


@pytest.mark.parametrize(
    ("text", "place", "found"),
    [
        ("BB8b", 3, "b"),
        ("BBé", 2, "é"),
        ("BB8BB8A", 7, ""),
        ("BB8GGW", 3, "GGW"),
        ("BB8:::", 3, ":::"),
        ("BB8::", 3, "::"),
    ],
)
def test_what_is_none_is_told_by_its_place(text: str, place: int, found: str) -> None:
    with pytest.raises(NotBase45) as told:
        decode(text)
    assert (told.value.place, told.value.found) == (place, found)
