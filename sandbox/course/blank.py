"""The blank `____`: what stands in a notebook where the learner's answer goes.  It never raises, it
never counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


class Blank:
    """Takes any use of an answer that is not there yet and stays a blank, so that later cells still
    run.
    """

    def __repr__(self) -> str:
        return "____"

    def __getattr__(self, name: str) -> Blank:
        if name.startswith("_"):  # IPython and copy ask for protocols by name
            raise AttributeError(name)
        return self

    def __getitem__(self, key: object) -> Blank:
        return self

    def __call__(self, *args: object, **kwargs: object) -> Blank:
        return self

    def __add__(self, other: object) -> Blank:
        return self

    __radd__ = __add__

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def keys(self) -> list[str]:
        """Lets `{**blank}` be an empty dictionary."""
        return []

    def __bool__(self) -> bool:
        return False


BLANK = Blank()


def has_blank(value: Any) -> bool:
    """Tells whether a blank is left anywhere in an answer, also inside a text made with one."""
    if isinstance(value, Blank):
        return True
    if isinstance(value, dict):
        return any(has_blank(item) for pair in value.items() for item in pair)
    if isinstance(value, (list, tuple, set)):
        return any(has_blank(item) for item in value)
    # f"Patient/{____}" has become a text by now
    return isinstance(value, str) and repr(BLANK) in value
