"""One operation of the API as its description tells it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Operation:
    """A method at a path: its name, which is also the key of its summary, and the types of what it
    takes and gives.

    `gives` is a type, or the content type of what is no JSON; `takes` is a type, or the content
    types of a document. `query` and `headers` name the parameters that it knows, `lists` those that
    may be given several times.
    """

    method: str
    path: str
    name: str
    gives: Any
    takes: Any = None
    status: int = 200
    query: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
