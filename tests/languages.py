"""Languages that tests add: a few sentences of one, or all of one that nobody speaks.

In that one each English sentence is a third longer and has accents, to see what a translation breaks.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from sandbox.i18n import (
    ABOUT,
    ENGLISH,
    Language,
    Translation,
    find_languages,
    load_room,
    rooms,
)

PSEUDO = "en-XA"  # CLDR's tag of English with accents
NAME = "Énglïsh"
# What a translator leaves as it is: parameters, code, markup and addresses.
KEPT = re.compile(r"(\{\{|\}\}|\{\w+\}|`[^`]*`|<[^>]*>|https?://\S+|\$[\w-]+)")
FORMS = re.compile(r"(\{\w+\|)([^{}]*)(\})")
ACCENTS = str.maketrans("aceinosuyACEINOSUY", "áçéîñöšüýÁÇÉÎÑÖŠÜÝ")
WORDS = "lörém îpšüm dölör šît ámét çöñšéçtétüér "


def a_language(folder: Path, tag: Language, *, about: str = "", **catalogues: str) -> Translation:
    """Writes a partial language with some catalogues, as TOML, and returns it."""
    own = folder / tag
    own.mkdir(parents=True)
    texts = {ABOUT: about or f'name = "{tag}"\nstate = "partial"\n'}
    texts |= {f"{room}.toml": text for room, text in catalogues.items()}
    for name, text in texts.items():
        (own / name).write_text(text, encoding="utf-8")
    return find_languages(folder)[tag]


def pseudo(sentence: str) -> str:
    """Returns a sentence as somebody would translate it who has more to say."""
    kept = KEPT.split(FORMS.sub(lambda form: f"\0{form[1]}\1{form[2]}\1{form[3]}\0", sentence))
    said = "".join(part if place % 2 else _accented(part) for place, part in enumerate(kept))
    more = round(len(sentence) / 3 + 0.5)
    padding = (
        f" {(WORDS * (more // len(WORDS) + 1))[: more - 1].strip()}"
        if " " in sentence
        else "é" * more
    )
    return said + padding


def write_pseudo(folder: Path) -> Path:
    """Writes the catalogues of the language below a folder, and returns that."""
    own = folder / PSEUDO
    own.mkdir(parents=True)
    (own / ABOUT).write_text(f'name = "{NAME}"\nstate = "complete"\n', encoding="utf-8")
    for room in rooms():
        lines = [
            f"{json.dumps(name)} = {json.dumps(pseudo(text), ensure_ascii=False)}\n"
            for name, text in load_room(ENGLISH, room).items()
        ]
        (own / f"{room}.toml").write_text("".join(lines), encoding="utf-8")
    return folder


def _accented(text: str) -> str:
    """Returns text with accents; of a word with forms (between \\0) only the forms get them."""
    parts = re.split("\0", text)
    for place, part in enumerate(parts):
        name, *forms = part.split("\1")
        parts[place] = (
            f"{name}{forms[0].translate(ACCENTS)}{forms[1]}" if forms else name.translate(ACCENTS)
        )
    return "".join(parts)
