"""Names of people and teams: what can be one, and which look like each other to a reader."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache

from sandbox.errors import BadRequest

LONGEST = 60
GAPS = " -_"
_KNOWN_SHAPES = 4096
NEAR = 3
LIKENESS = 0.6  # of difflib: one or two wrong letters in a word, or a word left out
SHOWN = 8


def plain_name(text: str, place: str) -> str:
    """Returns a name without space around it; raises BadRequest for one that is too long or holds
    odd characters.
    """
    plain = unicodedata.normalize("NFC", " ".join(text.split()))
    # `@people` and the like are logs of their own in the same store
    if len(plain) > LONGEST or not plain.isprintable() or plain.startswith("@"):
        raise BadRequest("people.bad_name", where=place, most=LONGEST)
    return plain


def country_code(text: str) -> str:
    """Returns two capital letters, or nothing; raises BadRequest."""
    code = text.strip().upper()
    if code and not (len(code) == 2 and code.isascii() and code.isalpha()):
        raise BadRequest("people.bad_country", where="country", found=code[:LONGEST])
    return code


def near_names(name: str, known: Iterable[str]) -> str:
    """Returns the names most like one, for a sentence; where none is like it, the first of all."""
    by_shape = {one.casefold(): one for one in known}
    found = difflib.get_close_matches(name.casefold(), by_shape, n=NEAR, cutoff=LIKENESS)
    names = [by_shape[shape] for shape in found] or list(by_shape.values())
    return ", ".join([*names[:SHOWN], *(["…"] if len(names) > SHOWN else [])]) or "–"


def look_alike(name: str, known: Iterable[str]) -> str:
    """Returns the first of some names that a reader may take for this one; empty for none.

    Case, accents, spaces, dashes, compatibility forms (NFKC) and letters of other scripts make no
    difference (Unicode UTS 39 section 4, confusable detection).
    """
    shapes = _shapes(name)
    return next((known_name for known_name in known if _are_alike(shapes, _shapes(known_name))), "")


def _are_alike(shapes: tuple[str, str], others: tuple[str, str]) -> bool:
    return shapes[0] == others[0] or shapes[1] == others[1]


@lru_cache(_KNOWN_SHAPES)
def _shapes(name: str) -> tuple[str, str]:
    """Returns what a name looks like as it is written, and in small letters."""
    # both: a capital I looks like a small l, which its own small letter does not
    return _skeleton(name), _skeleton(unicodedata.normalize("NFKC", name).casefold())


def _skeleton(text: str) -> str:
    prototypes = _prototypes()
    bare = "".join(letter for letter in _without_marks(text) if letter not in GAPS)
    return _without_marks("".join(prototypes.get(letter, letter) for letter in bare))


def _without_marks(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in decomposed if unicodedata.category(letter) != "Mn")


@cache
def _prototypes() -> dict[str, str]:
    """Returns one shape for all that look alike, by letter; read when first needed."""
    from confusable_homoglyphs.confusables import confusables_data

    class_of: dict[str, set[str]] = {}
    for text, rows in confusables_data.items():
        # the data put marks of direction around letters that are written from the right
        alike = {letter.strip("\u200e") for letter in (text, *(row["c"] for row in rows))}
        for letter in list(alike):
            alike |= class_of.get(letter, set())
        for letter in alike:
            class_of[letter] = alike
    shapes = {id(alike): _shape(alike) for alike in class_of.values()}
    return {letter: shapes[id(alike)] for letter, alike in class_of.items() if len(letter) == 1}


def _shape(alike: set[str]) -> str:
    # of `m` and `rn` the longer, as its letters stay what they are
    return min(alike, key=lambda text: (not text.isascii(), -len(text), text))
