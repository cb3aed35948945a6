"""Cards as Zulip's Markdown: a table as a table, a button as the words that do the same.  Pure."""

from __future__ import annotations

from bot.cards import HERE, MARKS, Card, Table
from bot.grammar import line_of
from bot.words import Language, say

MOST_TEXT = 10_000  # of a message (Zulip's max_message_length)
MOST_ROWS = 100


def markdown_of(card: Card, language: Language) -> str:
    """Returns a card as the text of a message, within Zulip's limit."""
    lines = [f"**{MARKS[card.tone]} {_bare(card.title)}**".replace("** ", "**", 1)]
    lines += [f"* {quiet(name)}: {quiet(value)}" for name, value in card.facts]
    lines += [quiet(line) for line in card.lines]
    lines += ["", *_rows(card.table), ""] if card.table is not None else []
    for button in card.buttons:
        words = (
            f"[{_bare(button.label)}]({button.url})"
            if button.url
            else f"`{line_of(button.verb, button.args, language)}`"
        )
        lines.append(
            words
            if button.url or f"`{button.label}`" == words
            else say("said.button_words", language, label=_bare(button.label), words=words)
        )
    # by its number a person is called whatever their name is
    lines += ["@**all**" if name == HERE else f"@**|{name}**" for name in card.calls]
    text = "\n".join(lines)
    return text if len(text) <= MOST_TEXT else f"{text[: MOST_TEXT - 2]} …"


def quiet(text: str) -> str:
    """Returns text that mentions nobody and no group: a mention is broken by a space of no
    width.
    """
    # what participants write must not wake a whole channel
    return text.replace("@", "@\u200b")


def _bare(text: str) -> str:
    return quiet(text.replace("*", "").replace("`", "").replace("[", "(").replace("]", ")"))


def _rows(table: Table) -> list[str]:
    rows = [table.headings, tuple("---" for _ in table.headings), *table.rows[:MOST_ROWS]]
    return [
        f"| {' | '.join(quiet(cell).replace('|', '/') or '–' for cell in row)} |" for row in rows
    ]
