import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.errors import InvalidContent
from sandbox.fhir.json import parse_json, write_json
from sandbox.limits import JSON_DEPTH

TEXT = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]))
LEAF = st.none() | st.booleans() | st.integers() | TEXT
VALUES = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4)
)


@given(VALUES)
def test_any_json_value_comes_back_the_same(value: object) -> None:
    assert json.loads(write_json(parse_json(json.dumps(value).encode()))) == value


@pytest.mark.parametrize(
    "literal",
    [
        "1.50",
        "0.10",
        "1E2",
        "1e-7",
        "0.0000001",
        "-0",
        "-0.0",
        "123456789012345678901234567890",
        "1.0000000000000000001",
    ],
)
def test_a_number_keeps_the_way_it_was_written(literal: str) -> None:
    assert (
        write_json(parse_json(f'{{"value":{literal}}}'.encode()))
        == f'{{"value":{literal}}}'.encode()
    )


def test_a_number_can_be_computed_with() -> None:
    assert parse_json(b"[7.20]")[0] + Decimal("0.05") == Decimal("7.25")


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (b"\xff{}", "server.bad_utf8"),
        (b'{"a": }', "server.broken_json"),
        (b"", "server.broken_json"),
        (b'{"a": 1, "a": 1}', "server.duplicate_key"),
        (b'{"b": {"a": 1, "a": 2}}', "server.duplicate_key"),
        (b"[NaN]", "server.bad_constant"),
        (b"[-Infinity]", "server.bad_constant"),
        (b'["\\ud800"]', "server.bad_character"),
        (b'["\\u0000"]', "server.bad_character"),
        (b"[" * (JSON_DEPTH + 1) + b"]" * (JSON_DEPTH + 1), "server.too_deep"),
        (b"[" * 100_000, "server.too_deep"),
    ],
)
def test_what_is_no_fhir_json_is_refused_by_name(body: bytes, key: str) -> None:
    with pytest.raises(InvalidContent) as caught:
        parse_json(body)
    assert caught.value.key == key


def test_nesting_up_to_the_limit_is_read() -> None:
    assert parse_json(b"[" * JSON_DEPTH + b"]" * JSON_DEPTH) is not None


def test_a_broken_text_is_located_by_line_and_column() -> None:
    with pytest.raises(InvalidContent) as caught:
        parse_json(b'{\n  "name": "Rosa",\n  "birthDate" "1958"\n}')
    assert (caught.value.params["line"], caught.value.params["column"]) == (3, 15)


def test_escaped_backslashes_before_u_are_plain_text() -> None:
    assert parse_json(rb'["C:\\u0000"]') == ["C:\\u0000"]


def test_a_byte_order_mark_is_no_error() -> None:
    assert parse_json(b'\xef\xbb\xbf{"a":1}') == {"a": 1}
