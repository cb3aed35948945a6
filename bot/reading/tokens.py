"""Text as the words that somebody typed: quotes of any kind, bold and punctuation taken off, each
with its place, so that what is kept as it was typed can be cut out of the text.  Pure.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from functools import cache, lru_cache

from bot.words import LANGUAGES, plain, say_of

QUOTES = {'"': '"', "“": "”", "«": "»", "‘": "’", "'": "'", "„": "“"}
# a quote that nobody closes is punctuation, and an apostrophe within a word opens nothing
QUOTED = "|".join(rf"{first}[^{first}{last}]*{last}(?![^\W_])" for first, last in QUOTES.items())
WORD = re.compile(
    rf"(?<!\w)\w+=(?:{QUOTED})|(?<!\w)(?:{QUOTED})|:[a-z][a-z0-9_+-]*:|\w+://\S+|[^\s,;]+"
)
EMOJI = re.compile(r":[a-z][a-z0-9_+-]*:")  # as Slack writes them
EDGES = ".,;:!?¿¡*_~`\"'“”«»‘’„()[]"
PICTURES = ("So", "Sk", "Cf", "Mn")  # emoji and what joins and colours them
DRAWN_OUT = re.compile(r"(.)\1{2,}")
NAMED = re.compile(r"(\w+)=(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Token:
    """A word, or what stood in quotes.

    Attributes:
        text: As it was typed, without what stood around it.
        start: Where it begins in the text, its quote included.
        end: Where it ends.
        is_quoted: Whether it stood in quotes, and so is no word of a command.
        plain: The word without capitals and accents.
    """

    text: str
    start: int
    end: int
    is_quoted: bool = False
    plain: str = field(init=False, compare=False)

    def __post_init__(self) -> None:
        # once for each word: every phrase of every command asks for it
        word = plain(self.text.replace("’", "'"))
        # an id may have a letter three times, a word has not: `helppp`
        object.__setattr__(self, "plain", DRAWN_OUT.sub(r"\1", word) if word.isalpha() else word)

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
    return list(_tokens_of(text))


@lru_cache(maxsize=512)
def _tokens_of(text: str) -> tuple[Token, ...]:
    tokens: list[Token] = []
    for match in WORD.finditer(text):
        word = match[0]
        is_quoted = len(word) > 1 and QUOTES.get(word[0]) == word[-1]
        bare = word[1:-1] if is_quoted else _bare(word)
        if bare and not EMOJI.fullmatch(word):
            token = Token(bare, match.start(), match.end(), is_quoted)
            tokens.extend([token] if is_quoted else _written_out(token))
    return tuple(tokens)


def _bare(word: str) -> str:
    """Returns a word without punctuation and pictures around it; empty where it has no letter."""
    letters = [place for place, letter in enumerate(word) if _is_kept(letter)]
    return word[letters[0] : letters[-1] + 1] if any(map(str.isalnum, word)) else ""


def _is_kept(letter: str) -> bool:
    return letter not in EDGES and unicodedata.category(letter) not in PICTURES


def _written_out(token: Token) -> list[Token]:
    """Returns the words that an abbreviation of chats stands for, all in its place."""
    words = abbreviations().get(token.plain, "").split()
    return [Token(word, token.start, token.end) for word in words] or [token]


@cache
def abbreviations() -> dict[str, str]:
    """Returns what the abbreviations of chats stand for, in all languages."""
    texts = [say_of("phrases", "words.short", language) for language in LANGUAGES]
    pairs = [pair.partition("=") for text in texts for pair in text.split(",") if pair.strip()]
    return {plain(short.strip()): word for short, _, word in pairs}
