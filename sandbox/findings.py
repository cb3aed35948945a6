"""The finding: the one type in which server, checks and lessons say what is wrong, where and by
which clause.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from operator import attrgetter
from typing import Any, Literal

Severity = Literal["fatal", "error", "warning", "information"]


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a document: the element, its value as text, and where its source text is, counted
    from 1.
    """

    where: str
    found: str = ""
    line: int = 0
    column: int = 0

    def __reduce__(self) -> tuple[type[Spot], tuple[str, str, int, int]]:
        # a worker hands over thousands, while others wait for this process; what dataclasses make
        # of it takes twice as long to read
        return Spot, (self.where, self.found, self.line, self.column)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a profile is held against an element: `kind` ends the key of a sentence, `subject` is
    what it names.
    """

    kind: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One statement about one place.

    `where` is a FHIRPath expression (or a header or parameter name), `key` names the sentence in
    the catalogues, `params` fill it, `expected` and `found` are short values as text, `clause` is
    the requirement's reference. `line` and `column` count from 1 and are 0 where there is no source
    text; `also` are further places in which the same cause shows. `because` says why the profile of
    the clause applies, unless the user asked for it.
    """

    id: str
    severity: Severity
    key: str
    params: Mapping[str, object] = field(default_factory=dict)
    issue: str = "invalid"
    where: str = ""
    expected: str = ""
    found: str = ""
    clause: str = ""
    line: int = 0
    column: int = 0
    also: tuple[Spot, ...] = ()
    because: Reason | None = None

    def __reduce__(self) -> tuple[type[Finding], tuple[object, ...]]:
        return Finding, _values_of(self)

    @property
    def count(self) -> int:
        """In how many places the cause shows."""
        return 1 + len(self.also)

    @property
    def spots(self) -> tuple[Spot, ...]:
        """All places in which the cause shows, its own first."""
        return (Spot(self.where, self.found, self.line, self.column), *self.also)

    def each(self, move: Callable[[str], str] = str) -> tuple[Finding, ...]:
        """Returns a finding for each of its places, for where each is told by itself; `move` may
        name them anew.
        """
        params = {name: value for name, value in self.params.items() if name != "found"}
        return tuple(
            replace(
                self,
                params=params,
                where=move(spot.where),
                found=spot.found,
                line=spot.line,
                column=spot.column,
                also=(),
            )
            for spot in self.spots
        )

    @property
    def values(self) -> dict[str, object]:
        """What fills the sentence: the parameters with `place`, `expected`, `found` and the number
        of places.
        """
        return {
            "place": self.where,
            "expected": self.expected,
            "found": self.found,
            "places": self.count,
            **self.params,
        }


_values_of = attrgetter(*(field.name for field in fields(Finding)))


def read_finding(record: Mapping[str, Any]) -> Finding:
    """Returns the finding that `dataclasses.asdict` made a record of, also when the record went
    through JSON.
    """
    because = record.get("because")
    spots = tuple(
        Spot(**spot) if isinstance(spot, dict) else Spot(spot) for spot in record.get("also", ())
    )
    return Finding(**{**record, "also": spots, "because": Reason(**because) if because else None})
