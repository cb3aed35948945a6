"""Python as it is read on a page: words of the language, texts and remarks are told apart, and what
is left blank stands out.  Pure; nothing of it is run, and all of it is escaped.
"""

from __future__ import annotations

import io
import keyword
import tokenize
from collections.abc import Iterator
from contextlib import suppress

from markupsafe import Markup, escape

BLANK = "____"
KINDS = {tokenize.COMMENT: "remark", tokenize.STRING: "text"}
SPAN = Markup('<span class="{}">{}</span>')
MARK = Markup("<mark>{}</mark>").format(BLANK)


def code_html(text: str, *, is_answer: bool = False) -> Markup:
    """Returns code as HTML.

    Args:
        text: Python; what is none, such as a line for the shell, is left as it is.
        is_answer: Whether a blank is to be filled in, and so gets a mark.
    """
    pieces = ((escape(piece), kind) for piece, kind in _pieces(text) if piece)
    html = Markup("").join(SPAN.format(kind, piece) if kind else piece for piece, kind in pieces)
    return html.replace(BLANK, MARK) if is_answer else html


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """Yields the code in pieces that make the whole again, each with its kind."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    end = 0
    # what breaks off is no Python, or not whole: the rest of it is plain
    with suppress(tokenize.TokenError, SyntaxError):
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            kind = _kind(token)
            start = starts[token.start[0] - 1] + token.start[1] if kind else -1
            if start >= end:
                yield text[end:start], ""
                end = starts[token.end[0] - 1] + token.end[1]
                yield text[start:end], kind
    yield text[end:], ""


def _kind(token: tokenize.TokenInfo) -> str:
    if token.type == tokenize.NAME:
        return "word" if keyword.iskeyword(token.string) else ""
    # since Python 3.12 a text with values in it comes in parts
    is_part = tokenize.tok_name[token.type].startswith("FSTRING")
    return "text" if is_part else KINDS.get(token.type, "")
