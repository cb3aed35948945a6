"""What people read is there in each complete language, says the same in each, and names pages as they are named."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

import pytest

from sandbox.i18n import LANGUAGES, MESSAGES, load_room
from sandbox.pages.how_tos import READERS, WRITTEN_IN, fingerprint, how_tos
from tests.places import PROJECT

FOLDER = PROJECT / "docs" / "how-to"
PEOPLES = [name for reader, names in READERS.items() for name in names if reader != "developer"]
TRANSLATIONS = sorted(
    tag for tag, language in LANGUAGES.items() if language.is_complete and tag != WRITTEN_IN
)
FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
# a remark in a block of commands is prose, and is translated
REMARK = re.compile(r"(^|\s+)# .*$", re.MULTILINE)
NAMED = re.compile(r"(?<!\*)\*([^*\n]+)\*(?!\*)")
# where a line of a paragraph or an item goes on in the next
GOES_ON = re.compile(r"(?<=\S)\n *(?=[^\s|#-])")


def english(name: str) -> str:
    return (FOLDER / f"{name}.md").read_text(encoding="utf-8")


def shape(text: str) -> dict[str, Any]:
    """What a page and its translation have in common: headings, commands, tables, lists, links, code."""
    prose = FENCED.sub("", text)
    spans = re.findall(r"`([^`]+)`", GOES_ON.sub(" ", prose))
    lines = prose.splitlines()
    return {
        "headings": [line.split()[0] for line in lines if line.startswith("#")],
        "blocks": [REMARK.sub("", block) for block in FENCED.findall(text)],
        "rows": [len(re.findall(r"(?<!\\)\|", line)) for line in lines if line.startswith("|")],
        "items": [line.partition(" ")[0] for line in lines if re.match(r" *(-|\d+\.) ", line)],
        "links": Counter(PurePosixPath(to).name for to in re.findall(r"\]\(([^)\s]+)\)", prose)),
        "code": Counter(spans),
        "named": len(named(text)),
    }


def named(text: str) -> list[str]:
    """What a text has in *emphasis*."""
    prose = re.sub(r"`[^`]+`", "", FENCED.sub("", text))
    return NAMED.findall(GOES_ON.sub(" ", prose))


def sentences(language: str) -> Iterator[str]:
    """All that the catalogues of a language say, and how it begins where a value follows."""

    def flat(part: Any) -> Iterator[str]:
        if isinstance(part, str):
            yield part
        elif isinstance(part, dict):
            for value in part.values():
                yield from flat(value)

    for file in (MESSAGES / language).glob("*.toml"):
        for sentence in flat(load_room(language, file.stem)):
            yield sentence
            yield sentence.partition("{")[0].rstrip(" :")


def test_each_how_to_is_for_somebody() -> None:
    known = [name for names in READERS.values() for name in names]
    assert sorted(known) == sorted(file.stem for file in FOLDER.glob("*.md"))


def test_no_translation_is_left_over() -> None:
    for file in FOLDER.glob("*/*.md"):
        assert file.parent.name in TRANSLATIONS, file
        assert file.stem in PEOPLES, file


@pytest.mark.parametrize("language", TRANSLATIONS)
@pytest.mark.parametrize("name", PEOPLES)
def test_what_people_read_is_translated_as_it_stands(name: str, language: str) -> None:
    how_to = how_tos(language)[name]
    assert how_to.language == language
    now = fingerprint(english(name))
    assert how_to.source == now, (
        f"the English text has changed: translate what did, then write <!-- source: {now} --> above"
    )
    translation = (FOLDER / language / f"{name}.md").read_text(encoding="utf-8")
    theirs = shape(translation)
    for part, ours in shape(english(name)).items():
        assert theirs[part] == ours, part


@pytest.mark.parametrize("language", [WRITTEN_IN, *TRANSLATIONS])
@pytest.mark.parametrize("name", PEOPLES)
def test_what_is_named_is_on_the_pages_under_that_name(name: str, language: str) -> None:
    """A word in *emphasis* is what stands on a page or in a report: a button, a heading, a verdict."""
    known = set(sentences(language))
    assert [words for words in named(how_tos(language)[name].text) if words not in known] == []


@pytest.mark.parametrize("language", TRANSLATIONS)
@pytest.mark.parametrize("name", PEOPLES)
def test_no_translation_holds_a_paragraph_in_english(name: str, language: str) -> None:
    theirs = {
        line.strip()
        for line in FENCED.sub("", how_tos(language)[name].text).splitlines()
        if len(line.split()) > 5 and not line.startswith("|")
    }
    assert theirs.isdisjoint(line.strip() for line in english(name).splitlines())


def test_a_translation_that_is_older_than_its_source_is_seen() -> None:
    text = english("read-a-failure")
    assert fingerprint(text) != fingerprint(text.replace("clause", "rule", 1))
    ours = shape(text)
    assert shape(text.replace("```sh\n", "```sh\necho\n", 1))["blocks"] != ours["blocks"]
    assert shape(text.replace("\n## ", "\n### ", 1))["headings"] != ours["headings"]
