"""Slack's own writing as what was meant: mentions, links and the three letters that it escapes.

Slack, "Formatting message text": `&`, `<` and `>` come as entities; what stands between real angle
brackets is a mention, a channel or a link.  Pure.
"""

from __future__ import annotations

import re

BRACKETED = re.compile(r"<([^<>\s|]+)(?:\|([^<>]*))?>")


def decoded(text: str) -> str:
    """Returns what somebody meant, as plain text.

    A mention of a person is left out, since the bot is addressed by it; of a link the address stays
    and not its label.
    """
    plain = BRACKETED.sub(_meant, text).strip()
    # last, and the ampersand at the end: what was written as an entity stays as it was written
    return plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _meant(match: re.Match[str]) -> str:
    target, label = match[1], match[2] or ""
    if target.startswith("@"):
        return ""
    if target.startswith("!"):  # <!channel>: it calls nobody when the bot repeats it
        return label if label.startswith("@") else f"@{target[1:].partition('^')[0]}"
    if target.startswith("#"):
        return f"#{label or target[1:]}"
    return target.removeprefix("mailto:")
