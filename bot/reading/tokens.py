"""Text as the words that somebody typed: quotes of any kind, bold and punctuation taken off, each
with its place, so that what is kept as it was typed can be cut out of the text.  Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.words import plain

QUOTES = {'"': '"', "“": "”", "«": "»", "‘": "’", "'": "'", "„": "“"}
# a quote that nobody closes is punctuation, and an apostrophe within a word opens nothing
QUOTED = "|".join(rf"{first}[^{first}{last}]*{last}(?![^\W_])" for first, last in QUOTES.items())
WORD = re.compile(rf"(?<!\w)\w+=(?:{QUOTED})|(?<!\w)(?:{QUOTED})|\S+")
EDGES = ".,;:!?¿¡*_~`\"'“”«»‘’„()[]"
NAMED = re.compile(r"(\w+)=(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Token:
    """A word, or what stood in quotes.

    Attributes:
        text: As it was typed, without what stood around it.
        start: Where it begins in the text, its quote included.
        end: Where it ends.
        is_quoted: Whether it stood in quotes, and so is no word of a command.
    """

    text: str
    start: int
    end: int
    is_quoted: bool = False

    @property
    def plain(self) -> str:
        """The word without capitals and accents."""
        return plain(self.text.replace("’", "'"))

    @property
    def named(self) -> tuple[str, str] | None:
        """The name and the value of what was typed as name=value."""
        match = None if self.is_quoted else NAMED.fullmatch(self.text)
        return (plain(match[1]), match[2].strip(EDGES)) if match else None


def tokens_of(text: str) -> list[Token]:
    """Returns the words of a text.

    Args:
        text: As it was typed; what is punctuation alone is no word.
    """
    tokens = []
    for match in WORD.finditer(text):
        word = match[0]
        is_quoted = len(word) > 1 and QUOTES.get(word[0]) == word[-1]
        bare = word[1:-1] if is_quoted else word.strip(EDGES)
        if bare:
            tokens.append(Token(bare, match.start(), match.end(), is_quoted))
    return tokens
