"""The how-tos of the documentation: for whom each is, and its text in the language of the reader.

They are written in English, in `docs/how-to`; a translation has the same name in the folder of its
language, and says on its first line which English text it translates.  Knows nothing of requests.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Literal

from sandbox.i18n import Language
from sandbox.pages.markdown import title_of
from sandbox.shipped import shipped

WRITTEN_IN: Language = "en"
SOURCE = re.compile(r"<!-- source: (\w+) -->\n")
"""The first line of a translation: the fingerprint of the English text that it translates."""
Reader = Literal["team", "monitor", "facilitator", "developer"]
READERS: Mapping[Reader, tuple[str, ...]] = {
    "team": (
        "first-day",
        "read-a-failure",
        "test-my-document-source",
        "test-my-credential-issuer",
        "be-told",
        "rehearse-lacchain",
        "start-in-java-or-php",
        "test-in-your-own-ci",
    ),
    "monitor": ("monitor",),
    "facilitator": (
        "let-people-in",
        "event-in-an-afternoon",
        "keep-proof",
        "rehearse-an-event",
        "grade-a-course",
        "what-facilitators-type",
    ),
    "developer": ("add-a-language", "write-a-pack"),
}
"""Who reads which, in the order in which somebody needs them.  What developers read is in English
alone.
"""


@dataclass(frozen=True, slots=True)
class HowTo:
    """A how-to in one language.

    Attributes:
        name: Of its file.
        title: Its first heading.
        text: What stands below that, in Markdown.
        language: That of the text: English where there is no translation.
        source: The fingerprint of the text that it translates; "" of one that is no translation.
    """

    name: str
    title: str
    text: str
    language: Language
    source: str


@cache
def how_tos(language: Language) -> Mapping[str, HowTo]:
    """Returns the how-tos by name, in the order of their readers.

    Args:
        language: Of the reader.
    """
    names = (name for group in READERS.values() for name in group)
    return {name: _how_to(name, language) for name in names}


def title_in(name: str, language: Language) -> str:
    """Returns what a how-to is called in the language of the reader."""
    return how_tos(language)[name].title


def fingerprint(text: str) -> str:
    """Returns what a translation names of the English text that it translates."""
    return sha256(text.encode()).hexdigest()[:12]


def _how_to(name: str, language: Language) -> HowTo:
    folder = shipped("docs") / "how-to"
    translation = folder / language / f"{name}.md"
    is_there = language != WRITTEN_IN and translation.is_file()
    file = translation if is_there else folder / f"{name}.md"
    text = file.read_text(encoding="utf-8")
    head = SOURCE.match(text)
    whole = text[head.end() :] if head else text
    return HowTo(
        name=name,
        title=title_of(whole),
        text=whole.partition("\n")[2],
        language=language if is_there else WRITTEN_IN,
        source=head[1] if head else "",
    )
