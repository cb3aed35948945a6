"""Routes as data: each interaction registers its method and pattern; routing and
CapabilityStatement read the table.

A pattern is made of `{type}`, `{id}`, `{version}`, `{member}` and literal words (FHIR R4
http.html#summary).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from sandbox.definitions.r4 import nearest, resource_types
from sandbox.errors import BadRequest, MethodNotAllowed, NotFound, NotImplementedHere
from sandbox.fhir.references import ID
from sandbox.server.call import Handler

HTTP = "FHIR R4 http.html"


@dataclass(frozen=True, slots=True)
class Interaction:
    """`code` is the name in CapabilityStatement; `level` says on what it works."""

    code: str
    method: str
    pattern: tuple[str, ...]
    level: str
    handler: Handler
    affects_state: bool | None = None
    """Whether an operation may store or sign something, as its OperationDefinition says."""


@dataclass(frozen=True, slots=True)
class Match:
    interaction: Interaction
    type: str
    id: str
    version: str
    member: str = ""
    """What is searched in the compartment of `type` and `id`: another type, or `*`."""


INTERACTIONS: list[Interaction] = []


def interaction(
    code: str,
    method: str,
    pattern: str,
    *,
    level: str = "type",
    affects_state: bool | None = None,
) -> Callable[[Handler], Handler]:
    """Registers a handler for a method and a pattern such as `{type}/{id}`.

    Args:
        code: The name in CapabilityStatement.
        method: The method of HTTP.
        pattern: Path below the base.
        level: What it works on; `operation` for an operation.
        affects_state: Of an operation by POST, whether it may store or sign something (FHIR R4
            operationdefinition.html, affectsState): who may only read may ask the others.

    Raises:
        ValueError: An operation by POST does not say so.
    """
    # said by whoever writes it, since the method does not tell and nobody else would notice
    if level == "operation" and method == "POST" and affects_state is None:
        raise ValueError(f"{pattern}: does it affect the state?")

    def register(handler: Handler) -> Handler:
        words = tuple(pattern.split("/")) if pattern else ()
        INTERACTIONS.append(Interaction(code, method, words, level, handler, affects_state))
        return handler

    return register


def route(method: str, path: str) -> Match:
    """Returns the interaction for a method and a path below the base.

    Raises:
        BadRequest: An id in the path is malformed (FHIR R4 datatypes.html#id).
        MethodNotAllowed: The path exists, but not with this method.
        NotFound: The path, or the resource type in it, does not exist.
        NotImplementedHere: The path ends in an operation that this server does not have.
    """
    segments = tuple(path.strip("/").split("/")) if path.strip("/") else ()
    allowed = []
    for known in _of_length(len(segments)):
        values = _fit(known.pattern, segments)
        if values is not None:
            if known.method == method:
                _check(values)
                return _matched(known, segments, values)
            allowed.append(known.method)
    operation = next((segment for segment in segments if segment.startswith("$")), "")
    if operation and not allowed:
        raise NotImplementedHere(
            "server.no_operation", where=path, clause="FHIR R4 operations.html", name=operation
        )
    if allowed:
        raise MethodNotAllowed(
            "server.wrong_method",
            where=path,
            clause=HTTP,
            method=method,
            path=path or "/",
            allowed=", ".join(allowed),
        )
    raise NotFound("server.no_such_place", where=path, clause=HTTP, path=path)


def _matched(known: Interaction, segments: tuple[str, ...], values: dict[str, str]) -> Match:
    # An operation of one type, such as `Patient/$match`, has its type as a literal word.
    literal = segments[0] if segments and segments[0] in resource_types() else ""
    return Match(
        known,
        type=values.get("type") or literal,
        id=values.get("id", ""),
        version=values.get("version", ""),
        member=values.get("member", ""),
    )


# Safe to cache: by the first request every module has registered its interactions.
@cache
def read_by_post() -> frozenset[str]:
    """Returns the last words of paths that are asked by POST and change nothing."""
    by_post = [known for known in INTERACTIONS if known.method == "POST" and known.pattern]
    return frozenset(
        known.pattern[-1]
        for known in by_post
        if known.pattern[-1] == "_search" or known.affects_state is False
    )


# Safe to cache for the same reason.
@cache
def _of_length(length: int) -> tuple[Interaction, ...]:
    """Returns the interactions with so many words in their pattern, those with more literal words
    first.
    """
    candidates = [known for known in INTERACTIONS if len(known.pattern) == length]
    return tuple(
        sorted(candidates, key=lambda known: sum(word.startswith("{") for word in known.pattern))
    )


def _fit(pattern: tuple[str, ...], segments: tuple[str, ...]) -> dict[str, str] | None:
    if len(pattern) != len(segments):
        return None
    values = {}
    for word, segment in zip(pattern, segments, strict=True):
        if word.startswith("{"):
            # `Patient/_search` is not a read of the id `_search`.
            if segment.startswith(("_", "$")) or segment == "metadata":
                return None
            values[word[1:-1]] = segment
        elif word != segment:
            return None
    return values


def _check(values: dict[str, str]) -> None:
    if values.get("member", "*") != "*":
        check_type(values["member"])
    if "type" in values:
        check_type(values["type"])
    if "id" in values and not ID.match(values["id"]):
        raise BadRequest(
            "server.bad_id", where="id", clause="FHIR R4 datatypes.html#id", id=values["id"]
        )


def check_type(name: str, *, where: str = "") -> None:
    """Checks that `name` is a resource type of R4.

    Args:
        name: The word that somebody wrote.
        where: The parameter that holds it; without one, the word itself is the place.

    Raises:
        NotFound: It is not a type; the error names the nearest one.
    """
    if name not in resource_types():
        near = nearest(name, sorted(resource_types()))
        key = "server.unknown_type_near" if near else "server.unknown_type"
        raise NotFound(
            key, where=where or name, clause="FHIR R4 resourcelist.html", name=name, near=near
        )
