"""The part of Markdown in which our own documentation is written, as HTML: headings, paragraphs,
lists within lists, tables, code, links.  Pure; everything that is no mark of it is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from markupsafe import Markup, escape

FENCE = "```"
HEADING = re.compile(r"(#{1,4}) (.+)")
ITEM = re.compile(r"(?:[-*]|(\d+)\.) +")
RULE = re.compile(r"\|[-|: ]+\|")
BETWEEN = re.compile(r"(?<!\\)\|")
"""What stands between two cells; one that belongs to the text is written `\\|`."""
INLINE = re.compile(
    r"`(?P<code>[^`]+)`|\*\*(?P<strong>.+?)\*\*|\*(?P<em>[^*\s][^*]*)\*|\[(?P<words>[^\]]+)\]\((?P<to>[^)\s]+)\)"
)
ORDERED = Markup("<ol>{}</ol>")
UNORDERED = Markup("<ul>{}</ul>")
STRONG = Markup("<strong>{}</strong>")
EMPHASIS = Markup("<em>{}</em>")
TABLE = Markup(
    '<div class="wide" tabindex="0"><table><thead><tr>{}</tr></thead>'
    "<tbody>{}</tbody></table></div>"
)
Place = Callable[[str], str]
"""Says where a link leads on the page; "" for nowhere."""


def html_of(text: str, place_of: Place) -> Markup:
    """Returns a document as HTML.

    Args:
        text: The Markdown.
        place_of: Says where a link of the document leads on the page; "" leaves its words alone.
    """
    return Markup("\n").join(_blocks(text.strip("\n").splitlines(), place_of))


def title_of(text: str) -> str:
    """Returns the first heading of a document."""
    match = HEADING.match(text)
    return match[2] if match else ""


def _blocks(lines: list[str], place_of: Place) -> Iterator[Markup]:
    rest = lines
    while rest:
        first = rest[0]
        if not first.strip():
            rest = rest[1:]
        elif first.startswith(FENCE):
            count = _until(rest[1:], lambda line: line.startswith(FENCE))
            code = escape("\n".join(rest[1 : count + 1]))
            yield Markup('<pre tabindex="0"><code>{}</code></pre>').format(code)
            rest = rest[count + 2 :]
        elif heading := HEADING.fullmatch(first):
            level = len(heading[1])
            yield Markup("<h{0}>{1}</h{0}>").format(level, _inline(heading[2], place_of))
            rest = rest[1:]
        else:
            block, rest = _of_lines(rest, place_of)
            yield block


def _of_lines(lines: list[str], place_of: Place) -> tuple[Markup, list[str]]:
    """Returns the list, table or paragraph that begins here, and the lines behind it."""
    if ITEM.match(lines[0]):
        count = _until(
            lines, lambda line: bool(line) and not line.startswith(" ") and not ITEM.match(line)
        )
        return _list(lines[:count], place_of), lines[count:]
    if lines[0].startswith("|"):
        count = _until(lines, lambda line: not line.startswith("|"))
        return _table(lines[:count], place_of), lines[count:]
    count = 1 + _until(lines[1:], _begins_another)
    paragraph = " ".join(line.strip() for line in lines[:count])
    return Markup("<p>{}</p>").format(_inline(paragraph, place_of)), lines[count:]


def _begins_another(line: str) -> bool:
    return not line.strip() or line.startswith((FENCE, "|", "#")) or bool(ITEM.match(line))


def _list(lines: list[str], place_of: Place) -> Markup:
    """Returns a list, whose items hold blocks of their own."""
    items: list[list[str]] = []
    for line in lines:
        match = ITEM.match(line)
        if match:
            items.append([line[match.end() :]])
        else:
            items[-1].append(re.sub("^ {1,3}", "", line))
    body = Markup("").join(Markup("<li>{}</li>").format(_item(item, place_of)) for item in items)
    return (ORDERED if lines[0][0].isdigit() else UNORDERED).format(body)


def _item(lines: list[str], place_of: Place) -> Markup:
    # what an item begins with is set tight
    count = 1 + _until(lines[1:], _begins_another)
    first = _inline(" ".join(line.strip() for line in lines[:count]), place_of)
    return Markup("").join([first, *_blocks(lines[count:], place_of)])


def _table(lines: list[str], place_of: Place) -> Markup:
    head, *rows = (_cells(line) for line in lines if not RULE.fullmatch(line))
    headings = Markup("").join(
        Markup('<th scope="col">{}</th>').format(_inline(cell, place_of)) for cell in head
    )
    body = Markup("").join(
        Markup("<tr>{}</tr>").format(
            Markup("").join(Markup("<td>{}</td>").format(_inline(cell, place_of)) for cell in row)
        )
        for row in rows
    )
    return TABLE.format(headings, body)


def _cells(line: str) -> list[str]:
    cells = BETWEEN.split(line.strip().removeprefix("|").removesuffix("|"))
    return [cell.strip().replace(r"\|", "|") for cell in cells]


def _inline(text: str, place_of: Place) -> Markup:
    parts: list[Markup] = []
    end = 0
    for match in INLINE.finditer(text):
        parts += [escape(text[end : match.start()]), _marked(match, place_of)]
        end = match.end()
    return Markup("").join([*parts, escape(text[end:])])


def _marked(match: re.Match[str], place_of: Place) -> Markup:
    if match["code"]:
        return Markup("<code>{}</code>").format(match["code"])
    if match["words"]:
        words = _inline(match["words"], place_of)
        place = place_of(match["to"])
        return Markup('<a href="{}">{}</a>').format(place, words) if place else words
    words = _inline(match["strong"] or match["em"], place_of)
    return (STRONG if match["strong"] else EMPHASIS).format(words)


def _until(lines: list[str], is_over: Callable[[str], bool]) -> int:
    """Returns how many lines stand before the first that is of something else."""
    return next((number for number, line in enumerate(lines) if is_over(line)), len(lines))
