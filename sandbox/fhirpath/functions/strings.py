"""Text functions (FHIRPath 2.0.0 #string-manipulation): each takes one text, an empty focus gives
an empty result.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
from collections.abc import Callable
from typing import Any

from sandbox.fhir.patterns import UnusablePattern, compile_pattern
from sandbox.fhirpath.faults import CannotEvaluate
from sandbox.fhirpath.functions.registry import argument, function
from sandbox.fhirpath.nodes import Eval, Nodes, Scope, number, system_type, text, truth
from sandbox.fhirpath.operators import single

NAMED_GROUP = re.compile(r"\(\?<(?![=!])")
GROUP = re.compile(r"\$\{?(\w+)\}?")


def _text(focus: Nodes, name: str) -> str | None:
    node = single(focus, name)
    if node is None or node.value is None:
        return None
    if system_type(node) not in ("String", "Date", "DateTime", "Time"):
        raise CannotEvaluate("fhirpath.wrong_kind", name=name, kind=node.type)
    return str(node.value)


def _with_text(name: str, work: Callable[[str, str], Nodes]) -> None:
    """Registers a function of the focus and one text."""

    def run(scope: Scope, focus: Nodes, other: Eval) -> Nodes:
        subject = _text(focus, name)
        word = argument(scope, other, name)
        return [] if subject is None or word is None else work(subject, str(word))

    function(name, 1)(run)


def _plain(name: str, work: Callable[[str], Nodes]) -> None:
    """Registers a function of the focus alone."""

    def run(scope: Scope, focus: Nodes) -> Nodes:
        subject = _text(focus, name)
        return [] if subject is None else work(subject)

    function(name)(run)


def _place(index: int) -> Nodes:
    return number(index)


_with_text("startsWith", lambda subject, word: truth(subject.startswith(word)))
_with_text("endsWith", lambda subject, word: truth(subject.endswith(word)))
_with_text("contains", lambda subject, word: truth(word in subject))
_with_text("indexOf", lambda subject, word: _place(subject.find(word)))
_with_text("lastIndexOf", lambda subject, word: _place(subject.rfind(word)))
_with_text("matches", lambda subject, pattern: truth(_pattern(pattern).search(subject) is not None))
_with_text(
    "matchesFull", lambda subject, pattern: truth(_pattern(pattern).fullmatch(subject) is not None)
)
_with_text(
    "split", lambda subject, word: [node for part in subject.split(word) for node in text(part)]
)
_with_text("encode", lambda subject, how: _encode(subject, how))
_with_text("decode", lambda subject, how: _decode(subject, how))
_with_text("escape", lambda subject, how: _escape(subject, how))
_with_text("unescape", lambda subject, how: _unescape(subject, how))
_plain("upper", lambda subject: text(subject.upper()))
_plain("lower", lambda subject: text(subject.lower()))
_plain("trim", lambda subject: text(subject.strip()))
_plain("length", lambda subject: number(len(subject)))
_plain("toChars", lambda subject: [node for character in subject for node in text(character)])


@function("substring", 1, 2)
def substring(scope: Scope, focus: Nodes, start: Eval, length: Eval | None = None) -> Nodes:
    subject = _text(focus, "substring")
    first = argument(scope, start, "substring")
    if subject is None or not isinstance(first, int) or not 0 <= first < len(subject):
        return []
    how_many = argument(scope, length, "substring") if length else None
    return text(subject[first:] if how_many is None else subject[first : first + max(0, how_many)])


@function("replace", 2)
def replace(scope: Scope, focus: Nodes, old: Eval, new: Eval) -> Nodes:
    subject = _text(focus, "replace")
    pattern = argument(scope, old, "replace")
    substitute = argument(scope, new, "replace")
    if subject is None or pattern is None or substitute is None:
        return []
    times = subject.count(pattern) if pattern else len(subject) + 1
    scope.environment.budget.spend_text(len(subject) + times * len(substitute))
    return text(subject.replace(pattern, substitute))


@function("replaceMatches", 2)
def replace_matches(scope: Scope, focus: Nodes, old: Eval, new: Eval) -> Nodes:
    subject = _text(focus, "replaceMatches")
    pattern = argument(scope, old, "replaceMatches")
    substitute = argument(scope, new, "replaceMatches")
    if subject is None or pattern is None or substitute is None:
        return []
    if not pattern:
        return text(subject)
    parts: list[str] = []
    place = 0
    for match in _pattern(pattern).finditer(subject):
        parts += (subject[place : match.start()], _filled(substitute, match))
        place = match.end()
        scope.environment.budget.spend_text(len(parts[-1]))
    scope.environment.budget.spend_text(sum(map(len, parts)) + len(subject) - place)
    return text("".join([*parts, subject[place:]]))


def _filled(substitute: str, match: Any) -> str:
    return GROUP.sub(lambda name: _group(match, name[1]), substitute)


def _group(match: Any, name: str) -> str:
    """Returns what a group such as `$1` or `${day}` matched; an unknown one stays as it is
    written.
    """
    try:
        return match.group(int(name) if name.isdigit() else name) or ""
    except (IndexError, KeyError):
        return f"${name}"


def _pattern(pattern: str) -> Any:
    """Compiles a pattern; the dot matches line ends (FHIRPath 2.0.0 #matches)."""
    try:
        return compile_pattern(NAMED_GROUP.sub("(?P<", pattern))
    except UnusablePattern:
        raise CannotEvaluate("fhirpath.bad_pattern", name=pattern[:60]) from None


def _encode(subject: str, how: str) -> Nodes:
    data = subject.encode()
    if how == "hex":
        return text(data.hex())
    if how == "base64":
        return text(base64.b64encode(data).decode())
    return text(base64.urlsafe_b64encode(data).decode()) if how == "urlbase64" else []


def _decode(subject: str, how: str) -> Nodes:
    try:
        if how == "hex":
            return text(bytes.fromhex(subject).decode())
        if how == "base64":
            return text(base64.b64decode(subject).decode())
        return text(base64.urlsafe_b64decode(subject).decode()) if how == "urlbase64" else []
    except (ValueError, binascii.Error):
        return []


def _escape(subject: str, how: str) -> Nodes:
    if how == "html":
        return text(html.escape(subject, quote=True).replace("&#x27;", "&#39;"))
    return text(json.dumps(subject, ensure_ascii=False)[1:-1]) if how == "json" else []


def _unescape(subject: str, how: str) -> Nodes:
    if how == "html":
        return text(html.unescape(subject))
    try:
        return text(json.loads(f'"{subject}"')) if how == "json" else []
    except ValueError:
        return text(subject)
