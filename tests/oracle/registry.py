"""A mutation kind: one change to a right document, with what the text of R4 says of the changed one."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from sandbox.fhir.json import Json

Expected = Literal["error", "warning", "ok", "unknown"]
Edit = Callable[[Json, random.Random], bool]
REGISTERED: dict[str, Kind] = {}


@dataclass(frozen=True, slots=True)
class Kind:
    """A way to change a document; `apply` returns a changed copy, or None where the document has no place for it."""

    name: str
    clause: str
    apply: Callable[[Json, random.Random], Json | None]
    expected: Expected = "error"


def kind(name: str, clause: str, *, expected: Expected = "error") -> Callable[[Edit], Edit]:
    """Registers an edit as a kind; the edit changes the copy that it is given, and tells whether it did."""

    def register(edit: Edit) -> Edit:
        def apply(resource: Json, random: random.Random) -> Json | None:
            changed: Json = a_copy(resource)
            return changed if edit(changed, random) else None

        if name in REGISTERED:
            raise ValueError(f"two kinds are named {name}")
        REGISTERED[name] = Kind(name, clause, apply, expected)
        return edit

    return register


def a_copy(value: Any) -> Any:
    """Returns a deep copy of JSON; quicker than copy.deepcopy, because leaves never change."""
    if isinstance(value, dict):
        return {key: a_copy(member) for key, member in value.items()}
    if isinstance(value, list):
        return [a_copy(member) for member in value]
    return value
