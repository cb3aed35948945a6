"""Forms as Slack modals, and the Home tab, within Slack's limits.  Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from bot.cards import Card, Field, Form
from bot.slack.blocks import MOST_BLOCKS, cut, message_of

# the limits of Slack's modals; a title of 24 letters is short for Spanish and Portuguese
MOST_TITLE = 24
MOST_OPTIONS = 100
MOST_OPTION = 75
MOST_WRITTEN = 2000


def modal_of(form: Form, *, channel: str) -> dict[str, Any]:
    """Returns a modal; where it was asked for, and what is known already, comes back with what was
    chosen.
    """
    metadata = json.dumps({"channel": channel, "args": dict(form.args)})
    return {
        "type": "modal",
        "callback_id": f"ct:{form.verb}",
        "private_metadata": metadata,
        "title": _plain(form.title, MOST_TITLE),
        "submit": _plain(form.submit, MOST_TITLE),
        "blocks": [_input(field) for field in form.fields],
    }


def _input(field: Field) -> dict[str, Any]:
    offered = [
        {"text": _plain(label, MOST_OPTION), "value": cut(value, MOST_OPTION)}
        for value, label in field.options[:MOST_OPTIONS]
    ]
    element: dict[str, Any] = {
        "type": "plain_text_input",
        "multiline": True,
        "max_length": MOST_WRITTEN,
    }
    if offered:
        element = {"type": "static_select", "options": offered}
    element["action_id"] = f"form:{field.name}" if field.decides else field.name
    chosen = [option for option in offered if option["value"] == field.chosen]
    if chosen:
        element["initial_option"] = chosen[0]
    # what is offered is part of the name, so that Slack forgets a choice that is offered no more
    block_id = hashlib.sha256(json.dumps([field.name, offered]).encode()).hexdigest()[:20]
    return {
        "type": "input",
        "block_id": block_id,
        "label": _plain(field.label, MOST_OPTION),
        "element": element,
        "dispatch_action": field.decides,
        "optional": not field.is_needed,
    }


def chosen_in(view: Mapping[str, Any]) -> dict[str, str]:
    """Returns what was chosen or written in a modal by the names of its fields."""
    chosen = {}
    for block in view["state"]["values"].values():
        for name, state in block.items():
            option = state.get("selected_option")
            value = str(option["value"]) if option else str(state.get("value") or "")
            if value:
                chosen[name.removeprefix("form:")] = value
    return chosen


def held_in(view: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """Returns the channel where a modal was asked for, and what was known already."""
    metadata = json.loads(view["private_metadata"])
    return str(metadata["channel"]), {
        str(name): str(value) for name, value in metadata["args"].items()
    }


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
