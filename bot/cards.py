"""What the bot says, as data that a chat or a terminal renders.  Pure; knows no chat.

A card holds counts, ids, sentences of rules and places in resources; never a value of a patient, a
token or an address.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Tone = Literal["good", "bad", "busy", "plain"]
# a sign beside the colour, for those who do not see it
MARKS: dict[Tone, str] = {"good": "✓", "bad": "✗", "busy": "…", "plain": ""}

HERE = "@here"
"""Calls everybody who reads there now: for announcements of facilitators alone."""


@dataclass(frozen=True, slots=True)
class Button:
    """What one click does: a command, or a page to open."""

    label: str
    verb: str
    args: Mapping[str, str] = field(default_factory=dict)
    url: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of short texts below their headings; `caption` is for those who do not see it."""

    caption: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Card:
    """A title with its tone, facts beside each other, lines below each other, a table, and
    buttons.

    `calls` are people as the chat addresses them, or HERE: those whom the chat wakes.
    """

    title: str
    tone: Tone = "plain"
    facts: tuple[tuple[str, str], ...] = ()
    lines: tuple[str, ...] = ()
    table: Table | None = None
    buttons: tuple[Button, ...] = ()
    calls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to choose or to write.

    Attributes:
        name: Of the argument.
        label: What the reader sees.
        options: Values with their labels; without any the field is written in.
        chosen: The value that stands there first.
        decides: Whether what other fields offer depends on it.
        is_needed: Whether it must be filled in.
    """

    name: str
    label: str
    options: tuple[tuple[str, str], ...] = ()
    chosen: str = ""
    decides: bool = False
    is_needed: bool = True


@dataclass(frozen=True, slots=True)
class Form:
    """What must be chosen before a command can be carried out.

    Attributes:
        title: What the form is for.
        verb: The command.
        fields: What is to be chosen.
        submit: The text of the button.
        usage: How to write the command, for chats without forms.
        args: What is known already, by name.
    """

    title: str
    verb: str
    fields: tuple[Field, ...]
    submit: str
    usage: str
    args: Mapping[str, str] = field(default_factory=dict)


def from_dict(record: Mapping[str, Any]) -> Card:
    """Returns a card from the JSON that `dataclasses.asdict` made of it."""
    table = record["table"]
    return Card(
        record["title"],
        record["tone"],
        tuple((name, value) for name, value in record["facts"]),
        tuple(record["lines"]),
        Table(table["caption"], tuple(table["headings"]), tuple(map(tuple, table["rows"])))
        if table
        else None,
        tuple(Button(**button) for button in record["buttons"]),
        tuple(record.get("calls", ())),
    )


def as_text(card: Card) -> str:
    """Returns a card as plain text: for terminals, notifications and screen readers."""
    lines = [f"{MARKS[card.tone]} {card.title}".strip()]
    lines += [f"{name}: {value}" for name, value in card.facts]
    lines += card.lines
    if card.table is not None:
        # by the widest text: terminals have one width for all letters
        widths = [
            max(map(len, column))
            for column in zip(card.table.headings, *card.table.rows, strict=True)
        ]
        for row in (card.table.headings, *card.table.rows):
            lines.append(
                "  ".join(
                    text.ljust(width) for text, width in zip(row, widths, strict=True)
                ).rstrip()
            )
    return "\n".join(lines)
