"""The rules for the EU DCC are those of its schema 1.3.3: the same verdict on every text, and on each change of one."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from sandbox.certificates.dialects import all_dialects, check
from sandbox.certificates.hcert import read
from sandbox.i18n import LANGUAGES
from sandbox.sentences import text_of
from tests.conftest import CASES, VECTORS

ROOT = VECTORS / "certificates"
pytestmark = pytest.mark.needs("vectors")
DIALECT = next(dialect for dialect in all_dialects() if dialect.name == "eu_dcc")
# `format` only annotates (JSON Schema validation 7.1): what is a date is asked here beyond the schema
DATES = {"dt", "fr", "df", "du", "sc"}
VALUES: list[Any] = [
    None, "", "x", "XY", "xA", "AUTRE", "N/A", "9999", "1x3x0", "1.3", "2.0.0", "Ñ", "É" * 80, "A" * 81, "1958-13", "1958-03-07T10:00:00",
    0, 1, -1, 3.0, 0.0, 1.5, True, [], {}, [{}], ["x"], [None], [{}, {}], {"fnt": None}, {"gn": "x"},
]  # fmt: skip


@cache
def schema() -> Draft202012Validator:
    text = (ROOT / "ehn-dcc-schema" / "DCC.combined-schema.json").read_text(encoding="utf-8")
    return Draft202012Validator(json.loads(text))


def is_right(content: Any) -> bool:
    return not [one for one in check(DIALECT, content) if one.severity == "error"]


def texts() -> Iterator[Any]:
    """Every content of the test data, of its JSON and of its text."""
    for file in sorted((ROOT / "dgc-testdata").glob("*/**/*.json")):
        held = json.loads(file.read_text(encoding="utf-8"))
        if isinstance(held, dict):
            yield held.get("JSON")
            yield read(held.get("PREFIX") or "").content


def samples() -> list[Any]:
    files = sorted((ROOT / "ehn-dcc-schema").glob("[et]*/**/*.json"))
    return [json.loads(file.read_text(encoding="utf-8")) for file in files]


def places(content: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = content.items() if isinstance(content, dict) else enumerate(content)
    for name, value in items:
        yield (*path, name)
        if isinstance(value, (dict, list)):
            yield from places(value, (*path, name))


def test_every_text_has_the_verdict_of_the_schema() -> None:
    contents = [content for content in texts() if isinstance(content, dict)]
    differs = [
        content
        for content in contents
        if "ver" in content and "nam" in content and schema().is_valid(content) != is_right(content)
    ]
    assert len(contents) > 800
    assert differs == []


def test_every_change_of_an_example_has_the_verdict_of_the_schema() -> None:
    tried, differs = 0, []
    whole = [held for held in samples() if schema().is_valid(held)]
    by_kind = {kind: next(held for held in whole if kind in held) for kind in "vtr"}
    for held in by_kind.values():
        optional = {
            (kind, 0, name): "x" for kind in "vtr" if kind in held for name in ("nm", "ma", "tc")
        }
        for path in [*places(held), *optional, ("fn",), ("nam", "gn"), ("v",), ("t",), ("r",)]:
            for value in [*VALUES, ...]:
                changed = copy.deepcopy(held)
                place = changed
                for step in path[:-1]:
                    place = place[step]
                if value is ... and path[-1] in place if isinstance(place, dict) else value is ...:
                    del place[path[-1]]
                elif value is not ...:
                    place[path[-1]] = value
                if path[-1] in DATES and isinstance(value, str):
                    continue
                tried += 1
                if schema().is_valid(changed) != is_right(changed):
                    differs.append((path, value, schema().is_valid(changed)))
    assert tried > 1500
    assert differs == []


@pytest.mark.needs("cases")
def test_a_maker_that_no_list_has_is_no_error() -> None:
    held = json.loads((CASES / "certificates" / "eu-t-ma.json").read_text(encoding="utf-8"))
    assert schema().is_valid(held)
    assert is_right(held)


def test_what_is_wanted_is_told_without_an_expression() -> None:
    held = {**next(one for one in samples() if "v" in one), "ver": "one"}
    told = [one for one in check(DIALECT, held) if one.key.endswith("field_pattern")]
    assert [one.expected for one in told] == ["1.3.0"]
    assert all("\\" not in text_of(told[0], language) for language in LANGUAGES)
