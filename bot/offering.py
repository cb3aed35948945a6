"""What is said where nothing is certain: at most three commands that may be meant, each a button.
Pure.
"""

from __future__ import annotations

from bot.cards import Button, Card
from bot.grammar import Wish, line_of
from bot.reading import Reading
from bot.words import Language, say

# where nothing is near, what most people come for
USUAL = (Wish("run"), Wish("status"), Wish("help"))


def offers_card(reading: Reading, language: Language) -> Card:
    """Returns what was not understood, that nothing was done, and what may be meant.

    Args:
        reading: What the reader came to.
        language: Of the card.
    """
    title = say(reading.key, language, **reading.params)
    is_told = reading.key != "said.no_sense"
    wishes = reading.offers or (() if is_told else USUAL)
    lines = [line_of(wish.verb, wish.args, language) for wish in wishes]
    buttons = tuple(
        Button(line, wish.verb, wish.args) for wish, line in zip(wishes, lines, strict=True)
    )
    return Card(title, "bad", lines=tuple(f"`{line}`" for line in lines), buttons=buttons)
