"""Cards as Slack's blocks, within Slack's limits: what is too long is cut and says so.  Pure.

The limits are those of Slack's reference of Block Kit; a test draws the longest cards in three
languages against them.
"""

from __future__ import annotations

import json
from typing import Any

from bot.cards import HERE, MARKS, Button, Card, Table, as_text
from bot.slack.places import own_id

# Block Kit's own limits: Slack refuses the whole message where one is broken
MOST_BLOCKS = 50
MOST_SECTION = 3000
MOST_HEADER = 150
MOST_BUTTONS = 25
MOST_LABEL = 75
MOST_VALUE = 2000
MOST_FIELDS = 10
MOST_TEXT = 12_000  # of a whole message: beyond about 13,200 characters Slack refuses it
MOST_ROWS = 100
Tier = str  # data_table, table or text: what a workspace is known to draw
# the newest kind first: Slack rolls blocks out by workspace, and refuses those it does not have
TIERS: tuple[Tier, ...] = ("data_table", "table", "text")


def message_of(card: Card, *, tier: Tier = "data_table") -> dict[str, Any]:
    """Returns `text` and `blocks` of a message; the text is what notifications and screen readers
    use.
    """
    blocks: list[dict[str, Any]] = [
        {
            "type": "header",
            "text": _plain(
                f"{MARKS[card.tone]} {card.title}".replace("`", "").strip(), MOST_HEADER
            ),
        }
    ]
    if card.facts:
        fields = [
            _marked(f"*{escaped(name)}*\n{escaped(value)}")
            for name, value in card.facts[:MOST_FIELDS]
        ]
        blocks.append({"type": "section", "fields": fields})
    blocks += [{"type": "section", "text": _marked(text)} for text in _paragraphs(card.lines)]
    if card.table is not None:
        blocks += _table(card.table, tier)
    if card.buttons:
        drawn = [_button(button, place) for place, button in enumerate(card.buttons[:MOST_BUTTONS])]
        elements = [button for button in drawn if len(button.get("value", "")) <= MOST_VALUE]
        # what was cut would be no command any more: the line above the button says it
        blocks += [{"type": "actions", "elements": elements}] if elements else []
    text = cut(escaped(as_text(card)), MOST_SECTION)
    called = " ".join(map(_call, card.calls))
    if called:
        # in both: the blocks are what is read, the text is what a telephone shows
        blocks = [*blocks[: MOST_BLOCKS - 1], {"type": "section", "text": _marked(called)}]
        text = f"{called} {text}"
    return {"text": text, "blocks": blocks[:MOST_BLOCKS]}


def _call(name: str) -> str:
    """Returns what wakes a person, or all who are there, as Slack writes it."""
    return "<!here>" if name == HERE else f"<@{own_id(name)}>"


def escaped(text: str) -> str:
    """Returns text that Slack takes as it is: no mention, no link, no markup of HTML."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def cut(text: str, most: int) -> str:
    """Returns a text of at most so many characters."""
    return text if len(text) <= most else f"{text[: most - 2]} …"


def _paragraphs(lines: tuple[str, ...]) -> list[str]:
    """Returns lines as few sections, each within its limit, all together within that of a
    message.
    """
    paragraphs: list[str] = []
    left = MOST_TEXT
    for line in lines:
        text = cut(escaped(line), MOST_SECTION)
        left -= len(text) + 1
        if left < 0:
            paragraphs.append("…")
            break
        if paragraphs and len(paragraphs[-1]) + len(text) + 1 <= MOST_SECTION:
            paragraphs[-1] = f"{paragraphs[-1]}\n{text}"
        else:
            paragraphs.append(text)
    return paragraphs


def _table(table: Table, tier: Tier) -> list[dict[str, Any]]:
    rows = (table.headings, *table.rows[:MOST_ROWS])
    if tier == "text":
        return [
            {"type": "section", "text": _marked(text)}
            for text in _paragraphs(tuple(map(" · ".join, rows)))
        ]
    cells = [[{"type": "raw_text", "text": cell or "–"} for cell in row] for row in rows]
    if tier == "table":
        return [{"type": "table", "rows": cells[:MOST_ROWS]}]
    return [
        {
            "type": "data_table",
            "caption": table.caption,
            "page_size": 10,
            "row_header_column_index": 0,
            "rows": cells,
        }
    ]


def _button(button: Button, place: int) -> dict[str, Any]:
    element: dict[str, Any] = {
        "type": "button",
        "text": _plain(button.label, MOST_LABEL),
        "action_id": f"ct:{button.verb}:{place}",
        "accessibility_label": cut(button.label, MOST_LABEL),
    }
    if button.url:
        return {**element, "url": button.url}
    value = json.dumps({"verb": button.verb, "args": dict(button.args)}, ensure_ascii=False)
    return {**element, "value": value}


def _plain(text: str, most: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": cut(text, most)}


def _marked(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": cut(text, MOST_SECTION)}
