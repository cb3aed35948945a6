"""References: taking literal references apart and rewriting them (FHIR R4 references.html).
Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.fhir.json import Json

ID = re.compile(r"^[A-Za-z0-9\-.]{1,64}$")
LITERAL = re.compile(
    r"^(?:(?P<base>https?://.+)/)?(?P<type>[A-Z][A-Za-z]+)/(?P<id>[A-Za-z0-9\-.]{1,64})"
    r"(?:/_history/[^/]+)?$"
)
Rename = Callable[[str], str]
NARRATIVE_LINK = re.compile(r"""(\b(?:href|src)\s*=\s*)(["'])([^"']*)\2""")


@dataclass(frozen=True, slots=True)
class Literal:
    """A literal reference in parts; `base` is empty for a relative one."""

    base: str
    type: str
    id: str


def parse_reference(text: str) -> Literal | None:
    """Returns the parts of `Type/id` or `http://base/Type/id`, or None for `urn:`, `#fragment` and
    the rest.
    """
    match = LITERAL.match(text)
    return Literal(match["base"] or "", match["type"], match["id"]) if match else None


def walk_references(value: Any) -> list[tuple[str, str]]:
    """Returns path and text of each `Reference.reference` below `value`, in document order; no
    Bundle is entered.
    """
    references: list[tuple[str, str]] = []
    _gather_references(value, "", references)
    return references


def _gather_references(value: Any, path: str, references: list[tuple[str, str]]) -> None:
    if isinstance(value, list):
        for index, child in enumerate(value):
            if not isinstance(child, str):
                _gather_references(child, f"{path}[{index}]", references)
    elif isinstance(value, dict) and not (path and value.get("resourceType") == "Bundle"):
        for name, child in value.items():
            if isinstance(child, str):
                if name == "reference":
                    references.append((f"{path}.{name}", child))
            elif isinstance(child, dict | list):
                _gather_references(child, f"{path}.{name}", references)


def rewrite_references(resource: Json, rename: Rename, *, address: Rename | None = None) -> Json:
    """Returns a copy in which references and narrative links went through `rename`, and uris
    through `address`.

    Without an `address` uris are renamed as references are.

    The places are those that a transaction rewrites (FHIR R4 http.html#trules):
    Reference.reference, elements of type uri, url, oid and uuid, and href and src in the narrative.
    A Bundle inside keeps its own references: they resolve within it (FHIR R4
    bundle.html#references).
    """
    rewritten: Json = _rewrite(resource, rename, address or rename)
    return rewritten


def _rewrite(value: Any, rename: Rename, address: Rename) -> Any:
    if isinstance(value, list):
        return [_rewrite(child, rename, address) for child in value]
    if not isinstance(value, dict):
        return (
            address(value)
            if isinstance(value, str) and value.startswith(("urn:", "http:", "https:"))
            else value
        )
    # its references resolve among its own entries, whatever is renamed around it
    if value.get("resourceType") == "Bundle":
        return value
    return {name: _rewrite_member(name, child, rename, address) for name, child in value.items()}


def _rewrite_member(name: str, child: Any, rename: Rename, address: Rename) -> Any:
    if isinstance(child, str):
        if name == "div":
            return NARRATIVE_LINK.sub(
                lambda match: f"{match[1]}{match[2]}{rename(match[3])}{match[2]}", child
            )
        if name == "reference":
            return rename(child)
        if name == "value":  # Identifier.value is a string, even where it looks like a uri
            return child
    return _rewrite(child, rename, address)
