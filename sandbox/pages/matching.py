"""How well what somebody looks for fits what there is: without accents and case, an id before all
else.  Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from operator import itemgetter

WORD = re.compile(r"[^\W_]+")
LONGEST = 100
"""Characters of what is looked for; more name nothing here."""
NOT_AT_ALL = 9


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that can be found: by its id, such as RCP-23, by its title, and by further words;
    `path` is where it is read, from the server's first page.
    """

    title: str
    path: str
    id: str = ""
    note: str = ""
    more: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """What was found of a kind, the best first: as much as is shown, and how much there is."""

    kind: str
    rank: int
    entries: tuple[Entry, ...]
    count: int


def folded(text: str) -> str:
    """Returns a text without accents and case."""
    letters = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).casefold()


def best_of(kind: str, entries: Iterable[Entry], query: str, *, most: int) -> Group:
    """Returns the entries of a kind that fit, the best first; of equal ones in their order.

    Args:
        kind: Of the entries.
        entries: All that there are.
        query: What is looked for.
        most: How many are shown.
    """
    wanted = folded(query).strip()[:LONGEST]
    ranked = [(rank_of(entry, wanted), entry) for entry in entries]
    fitting = sorted((pair for pair in ranked if pair[0] < NOT_AT_ALL), key=itemgetter(0))
    best = tuple(entry for _, entry in fitting[:most])
    return Group(kind, fitting[0][0] if fitting else NOT_AT_ALL, best, len(fitting))


def rank_of(entry: Entry, wanted: str) -> int:
    """Returns how well an entry fits a folded text: 0 for its id, NOT_AT_ALL for not at all."""
    words = wanted.split()
    if not words:
        return NOT_AT_ALL
    id = folded(entry.id)
    title = folded(entry.title)
    if wanted in (id, title):
        return 0 if wanted == id else 1
    if id and id.startswith(wanted):
        return 2
    beginnings = WORD.findall(title)
    if all(any(begin.startswith(word) for begin in beginnings) for word in words):
        return 3
    everything = f"{id} {title} {folded(entry.note)} {folded(entry.more)}"
    return 5 if all(word in everything for word in words) else NOT_AT_ALL
