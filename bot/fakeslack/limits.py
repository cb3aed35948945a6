"""What Slack refuses in a message: the limits of Block Kit, and faults as Slack names them.
Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

# not documented: at about this size Slack refuses a message with `msg_blocks_too_long`
MOST_CHARACTERS = 13_200


def fault_of(message: dict[str, Any], *, tables: tuple[str, ...]) -> str:
    """Returns the error of a message; `tables` are the kinds of table that this workspace draws."""
    if not message.get("text"):
        return "no_text"
    blocks = message.get("blocks", [])
    if len(blocks) > 50 or any(_faults(block, tables) for block in blocks):
        return "invalid_blocks"
    ids = [element["action_id"] for block in blocks for element in block.get("elements", [])]
    if len(ids) != len(set(ids)):
        return "invalid_blocks"
    return (
        "msg_blocks_too_long"
        if sum(len(str(block)) for block in blocks) > 3 * MOST_CHARACTERS
        else ""
    )


def fault_of_view(view: dict[str, Any], *, tables: tuple[str, ...]) -> str:
    """Returns the error of a modal or of a Home tab."""
    titles = [view[name]["text"] for name in ("title", "submit") if name in view]
    if any(not 0 < len(text) <= 24 for text in titles) or len(view["blocks"]) > 100:
        return "invalid_arguments"
    if view["type"] == "modal" and (not view.get("title") or not view.get("callback_id")):
        return "invalid_arguments"
    return "invalid_arguments" if any(_faults(block, tables) for block in view["blocks"]) else ""


def _input(block: dict[str, Any]) -> Iterator[str]:
    element = block["element"]
    if element["type"] == "plain_text_input":
        return
    options = element["options"]
    if not 0 < len(options) <= 100:
        yield "options"
    if "initial_option" in element and element["initial_option"] not in options:
        yield "initial option"
    if any(
        not 0 < len(option["text"]["text"]) <= 75 or not 0 < len(option["value"]) <= 150
        for option in options
    ):
        yield "option"


def _faults(block: dict[str, Any], tables: tuple[str, ...]) -> list[str]:
    check = {
        "header": _header,
        "section": _section,
        "actions": _actions,
        "input": _input,
        "table": _table,
        "data_table": _table,
    }
    kind = str(block.get("type"))
    if kind not in check or (kind in ("table", "data_table") and kind not in tables):
        return [f"unknown block {kind}"]
    return list(check[kind](block))


def _header(block: dict[str, Any]) -> Iterator[str]:
    if not 0 < len(block["text"]["text"]) <= 150 or block["text"]["type"] != "plain_text":
        yield "header"


def _section(block: dict[str, Any]) -> Iterator[str]:
    fields = block.get("fields", [])
    if "text" not in block and not fields:
        yield "section without text"
    if "text" in block and not 0 < len(block["text"]["text"]) <= 3000:
        yield "section too long"
    if len(fields) > 10 or any(not 0 < len(field["text"]) <= 2000 for field in fields):
        yield "fields"


def _actions(block: dict[str, Any]) -> Iterator[str]:
    if not 0 < len(block["elements"]) <= 25:
        yield "elements"
    for element in block["elements"]:
        if (
            not 0 < len(element["text"]["text"]) <= 75
            or len(element.get("value", "")) > 2000
            or len(element["action_id"]) > 255
        ):
            yield "button"
        if len(element.get("url", "")) > 3000 or len(element.get("accessibility_label", "")) > 75:
            yield "button"


def _table(block: dict[str, Any]) -> Iterator[str]:
    rows = block["rows"]
    most = 101 if block["type"] == "data_table" else 100
    if not 0 < len(rows) <= most or any(len(row) != len(rows[0]) or len(row) > 20 for row in rows):
        yield "rows"
    if block["type"] == "data_table" and not block.get("caption"):
        yield "caption"
    if any(not cell["text"] for row in rows for cell in row):
        yield "empty cell"
