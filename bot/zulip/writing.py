"""Zulip's own writing as what was meant: who is mentioned in it, and for whom it is.  Pure.

Zulip, "Mention a user or group": `@**Name**`, `@**Name|7**` or `@**|7**`, and the same with `_` for
one that wakes nobody; a group stands between single asterisks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.reading.courtesy import behind_greeting

MENTION = re.compile(r"@_?(\*\*?)(?P<name>[^*|]*)(?:\|(?P<id>\d+))?\1(?!\*)")


@dataclass(frozen=True, slots=True)
class Own:
    """The bot's own user, as the server knows it."""

    id: int
    name: str

    def is_named_in(self, mention: re.Match[str]) -> bool:
        """Tells whether a mention is the bot's: by its number, or where it has none by its name,
        which Zulip takes in capital and small letters alike.
        """
        if mention[1] != "**":
            return False
        number = mention["id"]
        return (
            int(number) == self.id if number else mention["name"].casefold() == self.name.casefold()
        )


def calls_another(content: str, own: Own) -> bool:
    """Tells whether a line is for somebody else: it begins with a mention that is not the bot's."""
    first = MENTION.match(content, behind_greeting(content))
    return first is not None and not own.is_named_in(first)


def meant(content: str, own: Own) -> str:
    """Returns what somebody meant, as plain text, without the bot's own name.

    Mentions of others are left out too, since people are called by them and nothing is named; the
    one with which the line begins stays, since it says who shall do what follows.
    """
    start = behind_greeting(content)

    def kept(mention: re.Match[str]) -> str:
        is_kept = mention.start() == start and not own.is_named_in(mention)
        return f"@{mention['name'] or mention['id']}" if is_kept else ""

    return MENTION.sub(kept, content).strip()
