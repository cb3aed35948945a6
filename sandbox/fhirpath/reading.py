"""What an expression depends on, read off its syntax: nothing but constants, or some members of its
focus.

An invariant that speaks of absent elements only has the same verdict on every such object, and a
part that depends on %resource alone has the same result for every item of a collection.
"""

from __future__ import annotations

from sandbox.fhirpath.parsing import Syntax

LITERALS = frozenset(
    {"empty", "boolean", "string", "number", "quantity", "date", "datetime", "time"}
)
FIXED = frozenset({"resource", "rootResource", "context"})
LINKS = frozenset({"step", "index", "operator", "is", "as"})
"""What grows to the left: `a.b.c` and `a or b or c` are chains of links, which may be long."""

PER_ITEM = frozenset({"where", "all", "exists", "select", "repeat"})
"""Functions that evaluate their argument once an item, so never on an empty collection."""

OF_TYPES = frozenset({"as", "is", "ofType"})
IMPURE = frozenset({"defineVariable", "aggregate", "iif", "trace"})
PRESENCE = frozenset({"exists", "empty"})
NEGATION = frozenset({"not"})
LOGIC = frozenset({"and", "or", "xor", "implies", "="})
Names = frozenset[str] | None


def chain(tree: Syntax) -> tuple[Syntax, list[Syntax]]:
    """Returns what an expression begins with, and the links that follow, from left to right."""
    links: list[Syntax] = []
    while tree.kind in LINKS:
        links.append(tree)
        tree = tree.parts[0]
    return tree, links[::-1]


def is_closed(tree: Syntax) -> bool:
    """Tells whether a part has one result for a whole evaluation, whatever its focus is."""
    head, links = chain(tree)
    return _is_closed_head(head) and all(map(is_closed_link, links))


def is_closed_link(link: Syntax) -> bool:
    """Tells whether a link adds nothing that depends on the focus to what stands before it."""
    if link.kind != "step":
        return all(map(is_closed, link.parts[1:]))
    right = link.parts[1]
    if right.kind != "function":
        return right.kind == "member"
    if right.value in OF_TYPES:
        return True
    return right.value not in IMPURE and all(map(is_closed, right.parts))


def members_spoken_of(tree: Syntax) -> Names:
    """Returns the members of the focus from which alone the result follows, or None for one that
    needs more.
    """
    head, links = chain(tree)
    names = _names_of_head(head)
    for link in links:
        if names is None:
            return None
        names = _with_link(names, link)
    return names


def asks_of_presence_alone(tree: Syntax) -> bool:
    """Tells whether a result follows from which members of the focus are there, whatever they
    hold.
    """
    head, links = chain(tree)
    if head.kind == "member" and not head.value[:1].isupper():
        if not (links and _is_plain_function(links[0], PRESENCE)):
            return False
        links = links[1:]
    elif head.kind != "group" or not asks_of_presence_alone(head.parts[0]):
        return False
    return all(
        _is_plain_function(link, NEGATION)
        or (
            link.kind == "operator"
            and link.value in LOGIC
            and all(map(asks_of_presence_alone, link.parts[1:]))
        )
        for link in links
    )


def _is_plain_function(link: Syntax, names: frozenset[str]) -> bool:
    if link.kind != "step":
        return False
    right = link.parts[1]
    return right.kind == "function" and right.value in names and not right.parts


def _is_closed_head(head: Syntax) -> bool:
    if head.kind in ("group", "unary"):
        return is_closed(head.parts[0])
    return head.kind in LITERALS or (head.kind == "constant" and head.value in FIXED)


def _names_of_head(head: Syntax) -> Names:
    if head.kind in ("group", "unary"):
        return members_spoken_of(head.parts[0])
    if head.kind == "member" and not head.value[:1].isupper():
        return frozenset((head.value,))
    return frozenset() if head.kind in LITERALS else None


def _with_link(names: frozenset[str], link: Syntax) -> Names:
    parts = link.parts[1:]
    if link.kind == "step":
        right = parts[0]
        if right.kind == "member" or (
            right.kind == "function" and right.value in PER_ITEM | OF_TYPES
        ):
            return names
        if right.kind != "function" or right.value in IMPURE:
            return None
        parts = right.parts
    for part in parts:
        own = members_spoken_of(part)
        if own is None:
            return None
        names |= own
    return names
