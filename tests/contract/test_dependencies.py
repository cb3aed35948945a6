"""Every pin of the lock that applies here has its row in docs/dependencies.md."""

from __future__ import annotations

import re
from email.message import Message

import pytest
from packaging.requirements import Requirement

from tests.dependencies import NOT_STATED, PAGE, applies, licence_of, pins, version_of

ROW = re.compile(r"^\| `([^`]+)` \| ([^|]+) \| ([^|]+) \|", re.MULTILINE)
HERE, _, ELSEWHERE = PAGE.read_text(encoding="utf-8").partition("## On other platforms only")
LICENCES = {(name, version): licence for name, version, licence in ROW.findall(HERE)}
WITHOUT_LICENCE = {(name, version) for name, version, _ in ROW.findall(ELSEWHERE)}


@pytest.mark.parametrize("pin", [pin for pin in pins() if applies(pin)], ids=str)
def test_every_pin_of_this_platform_has_its_row(pin: Requirement) -> None:
    package = (pin.name, version_of(pin))
    assert LICENCES.get(package) or (pin.marker and package in WITHOUT_LICENCE)


def test_every_row_has_its_pin() -> None:
    assert {*LICENCES, *WITHOUT_LICENCE} == {(pin.name, version_of(pin)) for pin in pins()}


@pytest.mark.parametrize(
    ("fields", "stated"),
    [
        ({"License-Expression": "MIT", "License": "BSD"}, ("MIT", "License-Expression")),
        ({"License": "BSD-3-Clause"}, ("BSD-3-Clause", "License")),
        (
            {"License": "UNKNOWN", "Classifier": "License :: OSI Approved :: MIT License"},
            ("MIT License", "classifier"),
        ),
        (
            {"License": "The whole\ntext", "Classifier": "License :: OSI Approved :: BSD License"},
            ("BSD License", "classifier"),
        ),
        (
            {"License": "BSD 3-Clause License\n\nCopyright"},
            ("BSD 3-Clause License", "first line of License"),
        ),
        ({"License": "UNKNOWN", "Classifier": "Topic :: Internet"}, (NOT_STATED, "")),
        ({}, (NOT_STATED, "")),
    ],
)
def test_the_licence_is_what_the_metadata_states(
    fields: dict[str, str], stated: tuple[str, str]
) -> None:
    metadata = Message()
    for name, value in fields.items():
        metadata[name] = value
    assert licence_of(metadata) == stated
