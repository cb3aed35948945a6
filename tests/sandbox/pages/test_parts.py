"""The page of parts shows the style sheet as it is, and no page makes people type a command where there is nothing."""

from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient

from sandbox.i18n import LANGUAGES, load_room
from sandbox.pages.home import FOLDER
from sandbox.pages.parts import tokens

TEMPLATES = FOLDER / "templates"
EMPTY = re.compile(r'empty\(say\("([a-z_.]+)"')
COMMAND = re.compile(r"connectathon [a-z]+|\bmake [a-z]+:|(?<!\w)--[a-z]+")


def test_every_colour_has_both_schemes_and_stands_on_the_page(empty: TestClient) -> None:
    light, dark = tokens()
    page = empty.get("/parts?lang=es").text
    for name, value in light.items():
        assert f"--{name}" in page
        if value.startswith("#"):
            assert value in page
            assert dark[name] in page


def test_what_a_page_uses_stands_among_the_tokens() -> None:
    sheet = (FOLDER / "style.css").read_text(encoding="utf-8")
    used = set(re.findall(r"var\(--([a-z-]+)", sheet))
    assert used <= tokens()[0].keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_where_there_is_nothing_nobody_is_told_to_type_a_command(language: str) -> None:
    keys = {
        key
        for file in TEMPLATES.glob("*.html")
        for key in EMPTY.findall(file.read_text(encoding="utf-8"))
    }
    assert len(keys) > 20
    for key in keys:
        room, _, name = key.partition(".")
        sentence = load_room(language, room).get(name, "")
        assert not COMMAND.search(sentence), (key, sentence)
