"""FHIRPath text to syntax tree: a lexer of one regular expression and a parser by strength
(FHIRPath 2.0.0 #grammar).

The tree is made of Syntax nodes; nothing here knows FHIR or evaluates anything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sandbox.fhirpath.faults import InvalidExpression
from sandbox.limits import EXPRESSION_CHARACTERS, EXPRESSION_DEPTH


@dataclass(frozen=True, slots=True)
class Syntax:
    """`kind` says what it is, `value` its name or literal, `parts` what it is made of."""

    kind: str
    value: Any = None
    parts: tuple[Syntax, ...] = ()


TOKEN = re.compile(
    r"(?P<space>\s+|//[^\n]*|/\*(?:.|\n)*?\*/)"
    r"|(?P<datetime>@\d{4}(?:-\d\d(?:-\d\d)?)?T"
    r"(?:\d\d(?::\d\d(?::\d\d(?:\.\d+)?)?)?)?(?:Z|[+-]\d\d:\d\d)?)"
    r"|(?P<date>@\d{4}(?:-\d\d(?:-\d\d)?)?)"
    r"|(?P<time>@T\d\d(?::\d\d(?::\d\d(?:\.\d+)?)?)?)"
    r"|(?P<number>\d+(?:\.\d+)?)"
    r"|(?P<string>'(?:[^'\\]|\\.)*')"
    r"|(?P<quoted>`(?:[^`\\]|\\.)*`)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<variable>\$this|\$index|\$total)"
    r"|(?P<symbol><=|>=|!=|!~|[-+*/&|=~<>.,()\[\]{}%])"
)
STRENGTH = {
    "implies": 1, "or": 2, "xor": 2, "and": 3, "in": 4, "contains": 4, "=": 5,
    "~": 5, "!=": 5, "!~": 5, "<": 6, "<=": 6, ">": 6, ">=": 6, "|": 7, "is": 8, "as": 8,
    "+": 9, "-": 9, "&": 9, "*": 10, "/": 10, "div": 10, "mod": 10,
}  # fmt: skip
UNARY = 11
ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "f": "\f"}
ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
CALENDAR_UNITS = frozenset(
    unit + plural
    for unit in ("year", "month", "week", "day", "hour", "minute", "second", "millisecond")
    for plural in ("", "s")
)
Token = tuple[str, str, int]


def parse_fhirpath(text: str) -> Syntax:
    """Returns the syntax tree of an expression; raises InvalidExpression with the place of the
    fault.

    Chains such as `a.b.c` and `a or b or c` grow to the left and may be long; what is within
    brackets may be EXPRESSION_DEPTH deep.
    """
    if len(text) > EXPRESSION_CHARACTERS:
        raise InvalidExpression("fhirpath.too_long", where=text[:60], limit=EXPRESSION_CHARACTERS)
    parser = _Parser(text)
    tree = parser.expression(0)
    parser.expect_end()
    return tree


def unescape(text: str) -> str:
    """Returns a quoted text without its quotes and escapes."""
    return ESCAPE.sub(lambda m: chr(int(m[1], 16)) if m[1] else ESCAPES.get(m[2], m[2]), text[1:-1])


def _tokens(text: str) -> list[Token]:
    tokens = []
    place = 0
    while place < len(text):
        match = TOKEN.match(text, place)
        if match is None:
            raise InvalidExpression(
                "fhirpath.syntax", where=text, column=place + 1, near=text[place : place + 12]
            )
        if match.lastgroup != "space":
            tokens.append((str(match.lastgroup), match[0], place))
        place = match.end()
    return [*tokens, ("end", "", len(text))]


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _tokens(text)
        self._next = 0
        self._depth = 0

    def expression(self, strength: int) -> Syntax:
        """Parses operators that bind more strongly than `strength`."""
        self._depth += 1
        if self._depth > EXPRESSION_DEPTH:
            raise InvalidExpression(
                "fhirpath.too_deep", where=self._text[:60], limit=EXPRESSION_DEPTH
            )
        left = self._operators(strength)
        self._depth -= 1
        return left

    def _operators(self, strength: int) -> Syntax:
        left = self._unary()
        while True:
            kind, word, _ = self._peek()
            own = STRENGTH.get(word, 0) if kind in ("symbol", "name") else 0
            if own <= strength:
                return left
            self._take()
            if word in ("is", "as"):
                left = Syntax(word, self._type_name(), (left,))
            else:
                left = Syntax("operator", word, (left, self.expression(own)))

    def expect_end(self) -> None:
        if self._peek()[0] != "end":
            self._fail()

    def _unary(self) -> Syntax:
        kind, word, _ = self._peek()
        if kind == "symbol" and word in "+-":
            self._take()
            return Syntax("unary", word, (self.expression(UNARY - 1),))
        return self._postfix(self._term())

    def _postfix(self, left: Syntax) -> Syntax:
        while True:
            kind, word, _ = self._peek()
            if kind != "symbol" or word not in (".", "["):
                return left
            self._take()
            if word == "[":
                left = Syntax("index", None, (left, self.expression(0)))
                self._expect("]")
            else:
                left = Syntax("step", None, (left, self._invocation()))

    def _term(self) -> Syntax:
        kind, word, _ = self._peek()
        if kind == "symbol" and word == "(":
            self._take()
            inner = self.expression(0)
            self._expect(")")
            return Syntax("group", None, (inner,))
        if kind == "symbol" and word == "{":
            self._take()
            self._expect("}")
            return Syntax("empty")
        if kind == "symbol" and word == "%":
            self._take()
            kind, word, _ = self._take()
            if kind not in ("name", "quoted", "string"):
                self._fail()
            return Syntax("constant", word if kind == "name" else unescape(word))
        if kind in ("string", "number", "date", "datetime", "time") or (
            kind == "name" and word in ("true", "false")
        ):
            return self._literal()
        return self._invocation()

    def _literal(self) -> Syntax:
        kind, word, _ = self._take()
        if kind == "string":
            return Syntax("string", unescape(word))
        if kind == "name":
            return Syntax("boolean", word == "true")
        if kind == "number":
            unit_kind, unit, _ = self._peek()
            if unit_kind == "string" or unit in CALENDAR_UNITS:
                self._take()
                return Syntax(
                    "quantity",
                    (word, unescape(unit) if unit_kind == "string" else unit, unit_kind == "name"),
                )
            return Syntax("number", word)
        return Syntax(kind, word.lstrip("@"))

    def _invocation(self) -> Syntax:
        kind, word, _ = self._take()
        if kind == "variable":
            return Syntax("variable", word)
        if kind not in ("name", "quoted"):
            self._next -= 1
            self._fail()
        name = unescape(word) if kind == "quoted" else word
        if self._peek()[1] != "(" or self._peek()[0] != "symbol":
            return Syntax("member", name)
        self._take()
        arguments: list[Syntax] = []
        while self._peek()[1] != ")":
            arguments.append(self.expression(0))
            if self._peek()[1] != ",":
                break
            self._take()
        self._expect(")")
        return Syntax("function", name, tuple(arguments))

    def _type_name(self) -> str:
        words = []
        while True:
            kind, word, _ = self._take()
            if kind not in ("name", "quoted"):
                self._next -= 1
                self._fail()
            words.append(unescape(word) if kind == "quoted" else word)
            if self._peek()[1] != ".":
                return ".".join(words)
            self._take()

    def _peek(self) -> Token:
        return self._tokens[self._next]

    def _take(self) -> Token:
        token = self._tokens[self._next]
        self._next = min(self._next + 1, len(self._tokens) - 1)
        return token

    def _expect(self, word: str) -> None:
        if self._take()[1] != word:
            self._next -= 1
            self._fail()

    def _fail(self) -> None:
        place = self._peek()[2]
        near = self._text[place : place + 12]
        raise InvalidExpression("fhirpath.syntax", where=self._text, column=place + 1, near=near)
