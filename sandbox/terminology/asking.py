"""The question put to a terminology server, its answer, and who can be asked.

The judge knows only this; `remote` asks a terminology server.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

CODE_CLAUSE = "FHIR R4 codesystem-operation-validate-code.html"


@dataclass(frozen=True, slots=True)
class Question:
    """Is this a code of its system, or of a value set?  `value_set` is empty for the first."""

    system: str
    code: str
    version: str = ""
    value_set: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server says: `is_right` is None where it cannot tell; `failure` says why there is no
    answer at all.
    """

    is_right: bool | None
    display: str = ""
    failure: str = ""


class Asker(Protocol):
    """Who answers for codes that are not at hand."""

    @property
    def name(self) -> str:
        """Who is asked, as a reader of findings knows it."""

    def ask(self, question: Question) -> Answer:
        """Returns an answer, never raises."""
