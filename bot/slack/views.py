"""Forms as Slack's modals, and what somebody sees at home; within Slack's limits.  Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.cards import Card, Form
from bot.slack.blocks import MOST_BLOCKS, cut, message_of

MOST_TITLE, MOST_OPTIONS, MOST_OPTION = 24, 100, 75


def modal_of(form: Form, *, channel: str) -> dict[str, Any]:
    """Returns a modal; the channel in which it was asked for comes back with what was chosen."""
    return {
        "type": "modal", "callback_id": f"ct:{form.verb}", "private_metadata": channel,
        "title": _plain(form.title, MOST_TITLE), "submit": _plain(form.submit, MOST_TITLE),
        "blocks": [
            {
                "type": "input", "block_id": field.name, "label": _plain(field.label, MOST_OPTION),
                "element": {
                    "type": "static_select", "action_id": field.name,
                    "options": [
                        {"text": _plain(label, MOST_OPTION), "value": cut(value, MOST_OPTION)}
                        for value, label in field.options[:MOST_OPTIONS]
                    ],
                },
            }
            for field in form.fields
        ],
    }  # fmt: skip


def chosen_in(view: Mapping[str, Any]) -> dict[str, str]:
    """Returns what was chosen in a modal by the names of its fields."""
    rows = view["state"]["values"].items()
    return {name: str(held[name]["selected_option"]["value"]) for name, held in rows if held[name]["selected_option"]}


def home_of(cards: Sequence[Card]) -> dict[str, Any]:
    """Returns the Home tab: one card below the other, each button with an id of its own."""
    blocks: list[dict[str, Any]] = []
    for place, card in enumerate(cards):
        for block in message_of(card)["blocks"]:
            for element in block.get("elements", []):
                element["action_id"] = f"{element['action_id']}:{place}"
            blocks.append(block)
    return {"type": "home", "blocks": blocks[: 2 * MOST_BLOCKS]}


def _plain(text: str, most: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": cut(text, most)}
