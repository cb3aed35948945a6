"""Slack's own writing as what was meant: mentions, links and the three letters that it escapes.

Slack, "Formatting message text": `&`, `<` and `>` come as entities; what stands between real angle
brackets is a mention, a channel or a link.  Pure.
"""

from __future__ import annotations

import re

from bot.reading.courtesy import behind_greeting

BRACKETED = re.compile(r"<([^<>\s|]+)(?:\|([^<>]*))?>")
CALLED = re.compile(r"<(?:@|!subteam\^)([^<>\s|]+)(?:\|[^<>]*)?>")  # a person, or a group of them


def calls_another(text: str, *, bot: str) -> bool:
    """Tells whether a line is for somebody else: it begins with a mention that is not the bot's.

    Args:
        text: As Slack sent it.
        bot: The bot's own user; where it is empty nobody knows, and every mention may be its.
    """
    return bool(bot) and _first_other(text, bot) >= 0


def decoded(text: str, *, bot: str = "") -> str:
    """Returns what somebody meant, as plain text; of a link the address stays and not its label.

    Mentions are left out, since people are called by them and nothing is named; that of somebody
    else with whom the line begins stays, since it says who shall do what follows.

    Args:
        text: As Slack sent it.
        bot: The bot's own user; where it is empty nobody knows, and every mention may be its.
    """
    other = _first_other(text, bot) if bot else -1

    def meant(match: re.Match[str]) -> str:
        is_kept = match.start() == other
        return _meant(match[1], match[2] or "", is_kept=is_kept)

    plain = BRACKETED.sub(meant, text).strip()
    # last, and the ampersand at the end: what was written as an entity stays as it was written
    return plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _first_other(text: str, bot: str) -> int:
    """Returns where a line begins with a mention of somebody else; -1 where it does not."""
    first = CALLED.match(text, behind_greeting(text))
    return first.start() if first is not None and first[1] != bot else -1


def _meant(target: str, label: str, *, is_kept: bool) -> str:
    if target.startswith("@"):
        return f"@{label or target[1:]}" if is_kept else ""
    if target.startswith("!"):  # <!channel>: it calls nobody when the bot repeats it
        return label if label.startswith("@") else f"@{target[1:].partition('^')[0]}"
    if target.startswith("#"):
        return f"#{label or target[1:]}"
    return target.removeprefix("mailto:")
