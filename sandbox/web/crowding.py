"""How many values a text holds, counted before it is read: each takes a hundred times its own size
in memory, and those who read hold everybody up.
"""

from __future__ import annotations

from sandbox.errors import TooLarge
from sandbox.limits import VALUES


def refuse_crowded(content: bytes) -> None:
    """Raises TooLarge for a text with more values than anybody needs; for what is no text this
    counts chance bytes, of which there are never so many.

    Args:
        content: JSON, XML or anything else. Documents have twenty bytes and more to each mark.
    """
    if len(content) <= VALUES:
        return
    marks = content.count(b",") + content.count(b"[") + content.count(b"{")
    if max(marks, content.count(b"<")) > VALUES:
        raise TooLarge("server.crowded", limit=VALUES)
