"""`$lastn`: of each code, the most recent observations of a subject (FHIR R4
operation-observation-lastn.html).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sandbox.errors import InvalidResource, TooLarge
from sandbox.fhir.dates import interval_of
from sandbox.fhir.json import Json, as_list, member, parse_json
from sandbox.server.call import Call, Reply, Services
from sandbox.server.operation_input import Input, read_input
from sandbox.server.operation_types import Types
from sandbox.server.operations.everything import searchset_of
from sandbox.server.registry import interaction
from sandbox.server.search.query import parse_search
from sandbox.server.terms import scope_of
from sandbox.store.resources import PageRequest, Version

CLAUSE = "FHIR R4 operation-observation-lastn.html"
MOST = 2000
SUBJECTS = ("patient", "subject")
# Nothing is known of its time: it is older than whatever has one.
NEVER = -(2**62)
Query = tuple[tuple[str, str], ...]
TAKES: Types = {"max": "integer"}


@dataclass(frozen=True, slots=True)
class Observed:
    """An observation, its last moment (milliseconds since 1970), and what names its code."""

    row: Version
    moment: int
    names: tuple[str, ...]


@interaction("lastn", "GET", "Observation/$lastn", level="operation")
@interaction("lastn", "POST", "Observation/$lastn", level="operation", affects_state=False)
def lastn(call: Call, services: Services) -> Reply:
    """Returns the `max` most recent observations of each code, the newest first.

    Args:
        call: With the search parameters of Observation: a subject, and a category or a code.
        services: Where to look.

    Returns:
        A searchset; of a group it has more than `max` where the last of them have one time.

    Raises:
        InvalidResource: There is no subject, neither category nor code, or `max` is below one.
        TooLarge: More than MOST observations would have to be compared.
    """
    given = read_input(call, TAKES)
    limit = _limit(given)
    criteria = parse_search("Observation", _query(given), scope_of(call, services))
    # One more than allowed, to tell all from those that were cut.
    request = PageRequest(count=MOST + 1, is_counted=False)
    rows = services.store.search("Observation", criteria, request).rows
    if len(rows) > MOST:
        raise TooLarge("server.too_many_resources", clause=CLAUSE, limit=MOST)
    latest = [
        observed for group in groups_of(map(_observed, rows)) for observed in _latest(group, limit)
    ]
    latest.sort(key=lambda observed: -observed.moment)
    return Reply(200, searchset_of([observed.row for observed in latest], call))


def _limit(given: Input) -> int:
    number = given.number("max")
    if number is not None and number < 1:
        raise InvalidResource(
            "server.operation_type",
            where="max",
            clause=CLAUSE,
            name="max",
            expected="positiveInt",
            found=str(number),
        )
    return number or 1


def _query(given: Input) -> Query:
    """Returns what is searched for."""
    query = tuple(
        (name, _text(name, value))
        for name, values in given.values.items()
        if name != "max"
        for value in values
    )
    # `subject:Patient`, `patient.identifier`
    bare = {name.partition(":")[0].partition(".")[0] for name, _ in query}
    if not bare.intersection(SUBJECTS):
        _refuse_without("|".join(SUBJECTS))
    # "a search parameter that contains a code element": code, combo-code, code-value-concept, …
    if not any(name == "category" or "code" in name.split("-") for name in bare):
        _refuse_without("category|code")
    return query


def _text(name: str, value: Any) -> str:
    """Returns the value of a search parameter, which Parameters may hold as any type."""
    if isinstance(value, str):
        return value
    raise InvalidResource(
        "server.operation_type",
        where=name,
        clause=CLAUSE,
        name=name,
        expected="string",
        found=type(value).__name__,
    )


def _refuse_without(name: str) -> None:
    raise InvalidResource("server.operation_needs", where=name, clause=CLAUSE, name=name)


def _observed(row: Version) -> Observed:
    observation = parse_json(row.body or b"{}")
    code = member(observation, "code")
    codings = [
        f"{member(coding, 'system') or ''}|{coding['code']}"
        for coding in as_list(member(code, "coding"))
        if member(coding, "code")
    ]
    text = member(code, "text")
    # Text names a code only where no coding does.  Where neither does, nothing says that two
    # observations are of the same, and the id keeps each apart.
    names = codings or ([f"text {text}"] if text else [f"id {row.id}"])
    return Observed(row, _moment(observation), tuple(names))


def _moment(observation: Json) -> int:
    """Returns the last moment that an observation covers; of an open period its beginning."""
    period = member(observation, "effectivePeriod")
    texts = [
        observation.get("effectiveDateTime"),
        observation.get("effectiveInstant"),
        member(period, "end") or member(period, "start"),
        *as_list(member(observation.get("effectiveTiming"), "event")),
    ]
    covered = [interval_of(text) for text in texts if isinstance(text, str)]
    return max((interval[1] for interval in covered if interval), default=NEVER)


def groups_of(observations: Iterable[Observed]) -> list[list[Observed]]:
    """Groups observations by code: two are of one group that share a coding, or that a third
    connects which shares one with each (translations are assumed to be equal).
    """
    # name → a name of the same group that came before it, or itself (union-find)
    leader: dict[str, str] = {}

    def first(name: str) -> str:
        while leader[name] != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    known = list(observations)
    for observed in known:
        for name in observed.names:
            leader.setdefault(name, name)
            leader[first(name)] = first(observed.names[0])
    groups: dict[str, list[Observed]] = {}
    for observed in known:
        groups.setdefault(first(observed.names[0]), []).append(observed)
    return list(groups.values())


def _latest(group: list[Observed], limit: int) -> list[Observed]:
    """Returns the newest of a group, and whatever is as old as the last of them."""
    moments = sorted((observed.moment for observed in group), reverse=True)
    oldest = moments[min(limit, len(moments)) - 1]
    return [observed for observed in group if observed.moment >= oldest]
