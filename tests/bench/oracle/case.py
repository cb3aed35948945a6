"""What the oracle judges, and what each engine said of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Expected = Literal["error", "warning", "ok", "unknown"]
Result = Literal["agree", "apart", "aside"]


@dataclass(frozen=True, slots=True)
class Case:
    """A document on disk, with the profile and the definitions that it is judged by.

    `kind` is what a line about a disagreement names: a mutation kind, a rule, a profile case or a document.  `base` is
    the key of the document that a mutant was made from; only what a mutant adds to its base counts.
    """

    set: str
    name: str
    kind: str
    group: str
    file: Path
    profile: str = ""
    base: str = ""
    expected: Expected = "unknown"
    clause: str = ""

    @property
    def key(self) -> str:
        return f"{self.set}: {self.name}"


@dataclass(frozen=True, slots=True)
class Said:
    """The errors that an engine found, each as one line; `crash` is why it found nothing at all."""

    errors: frozenset[str]
    warnings: int = 0
    crash: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A case with what both engines added to what they had said of its base."""

    case: Case
    theirs: frozenset[str]
    ours: frozenset[str]
    result: Result
    crash: str = ""

    @property
    def side(self) -> str:
        """Which engine alone found an error."""
        return "theirs" if self.theirs else "ours"

    @property
    def told(self) -> list[str]:
        """What the engine that stands alone said."""
        return sorted(self.theirs or self.ours)
