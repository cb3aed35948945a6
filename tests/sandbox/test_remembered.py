"""What strangers send is not remembered beyond the answer: each is asked with many long texts, none twice."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from contextlib import suppress

import pytest

from sandbox.errors import SandboxError
from sandbox.server.patches import apply_fhirpath_patch
from sandbox.terminology.languages import is_language
from sandbox.terminology.ucum import is_unit, scale
from sandbox.web.addresses import without_userinfo

TEXTS = 8
LONG = 200_000
KEPT = 400_000
"""Bytes that may stay; the texts themselves have a million and a half."""


def a_document(number: int) -> None:
    text = f'{{"div":"<div xmlns=\\"http://www.w3.org/1999/xhtml\\">{number}' + "x" * LONG
    assert without_userinfo(text) == text


def a_unit(number: int) -> None:
    assert not is_unit(f"{number}" + "x" * LONG)
    assert scale(f"{number}" + "x" * LONG, "kg") is None


def a_language(number: int) -> None:
    assert not is_language(f"{number}" + "x" * LONG)


def a_patch(number: int) -> None:
    path = f"Patient.active | {number}" + " | 1" * 1_000
    parts = [{"name": "type", "valueCode": "delete"}, {"name": "path", "valueString": path}]
    patch = {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": parts}]}
    with suppress(SandboxError):
        apply_fhirpath_patch({"resourceType": "Patient", "active": True}, patch)


@pytest.mark.parametrize("ask", [a_document, a_unit, a_language, a_patch])
def test_what_strangers_send_is_not_remembered(ask: Callable[[int], None]) -> None:
    ask(0)  # loads what it needs
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(1, TEXTS):
            ask(number)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < KEPT
