"""Search syntax: a query string becomes criteria for the store, strictly (FHIR R4 search.html).  Does no I/O.

An unknown name, modifier or value is an error that names the nearest right one: in a rehearsal a silently ignored
parameter teaches the wrong thing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sandbox.definitions.r4 import SearchParameter, nearest, resource_types, search_parameters
from sandbox.errors import InvalidSearch, NotImplementedHere
from sandbox.fhir.dates import interval_of
from sandbox.fhir.references import parse_reference
from sandbox.server.extraction import KINDS, fold
from sandbox.store.criteria import (
    DATE_PREFIXES,
    AnyOf,
    Criterion,
    DateIs,
    HasId,
    IsMissing,
    Moment,
    RefersTo,
    RefersToOneThat,
    StringIs,
    TokenIs,
    UpdatedAt,
    UriIs,
)

CLAUSE = "FHIR R4 search.html"
CONTROLS = ("_count", "_after", "_format", "_pretty", "_summary", "_total")
NOT_YET = (
    "_sort", "_include", "_revinclude", "_elements", "_contained", "_containedType", "_has", "_list",
    "_tag", "_profile", "_security", "_source", "_text", "_content", "_filter", "_query", "_type",
)  # fmt: skip
MODIFIERS = {
    "string": ("exact", "contains", "missing"),
    "token": ("missing",),
    "date": ("missing",),
    "uri": ("missing",),
    "reference": ("missing",),
}
KNOWN_MODIFIERS = ("not", "text", "in", "not-in", "above", "below", "identifier", "of-type", "iterate")
NAME = re.compile(r"^(?P<code>[\w-]+)(?::(?P<modifier>[\w-]+))?(?:\.(?P<chain>.+))?$")
PREFIXED = re.compile(rf"^({'|'.join(DATE_PREFIXES)})?(.+)$")


@dataclass(frozen=True, slots=True)
class Term:
    """One `name=value` of a query, taken apart."""

    name: str
    code: str
    modifier: str
    chain: str
    value: str


def parse_search(resource_type: str, query: tuple[tuple[str, str], ...], *, base: str) -> list[Criterion]:
    """Returns the criteria of a query; raises InvalidSearch or NotImplementedHere with the parameter's name."""
    return [
        _criterion(resource_type, name, value, base) for name, value in query if name.partition(":")[0] not in CONTROLS
    ]


def split_values(text: str) -> list[str]:
    """Splits at commas that no backslash protects (FHIR R4 search.html#escaping); escapes stay for the next step."""
    return re.split(r"(?<!\\),", text)


def unescape(text: str) -> str:
    """Takes the backslashes of an escaped value away."""
    return re.sub(r"\\([\\,$|])", r"\1", text)


def _criterion(resource_type: str, name: str, value: str, base: str) -> Criterion:
    match = NAME.match(name)
    if match is None:
        raise InvalidSearch("server.bad_parameter", where=name, clause=CLAUSE, name=name)
    term = Term(name, match["code"], match["modifier"] or "", match["chain"] or "", value)
    if not value:
        raise InvalidSearch("server.empty_value", where=name, clause=CLAUSE, name=name)
    if term.code in NOT_YET:
        raise NotImplementedHere("server.not_yet", where=name, clause=CLAUSE, name=term.code)
    if term.code == "_id":
        return HasId(tuple(unescape(part) for part in split_values(value)))
    if term.code == "_lastUpdated":
        return UpdatedAt(tuple(_moment(term, part) for part in split_values(value)))
    parameter = _parameter(resource_type, term)
    path = f"{resource_type}.{term.code}"
    if term.chain:
        return _chain(parameter, path, term, base)
    _check_modifier(parameter, term)
    if term.modifier == "missing":
        return IsMissing(path, parameter.kind, _truth(term))
    return _match(parameter, path, term, base)


def _parameter(resource_type: str, term: Term) -> SearchParameter:
    known = search_parameters(resource_type)
    parameter = known.get(term.code)
    if parameter is None:
        near = nearest(term.code, [*known, "_id", "_lastUpdated", "_count"])
        key = "server.unknown_parameter_near" if near else "server.unknown_parameter"
        listed = ", ".join(["_id", "_lastUpdated", *known])
        raise InvalidSearch(
            key, where=term.name, clause=f"{CLAUSE}#errors", name=term.code, type=resource_type, near=near, known=listed
        )
    if parameter.kind not in KINDS:
        raise NotImplementedHere(
            "server.not_yet", where=term.name, clause=CLAUSE, name=f"{term.code} ({parameter.kind})"
        )
    return parameter


def _check_modifier(parameter: SearchParameter, term: Term) -> None:
    if not term.modifier or term.modifier in MODIFIERS[parameter.kind]:
        return
    if parameter.kind == "reference" and term.modifier in resource_types():
        return
    if term.modifier in KNOWN_MODIFIERS:
        raise NotImplementedHere(
            "server.not_yet", where=term.name, clause=f"{CLAUSE}#modifiers", name=":" + term.modifier
        )
    raise InvalidSearch(
        "server.unknown_modifier",
        where=term.name,
        clause=f"{CLAUSE}#modifiers",
        modifier=term.modifier,
        name=term.code,
        known=", ".join(":" + known for known in MODIFIERS[parameter.kind]),
    )


def _match(parameter: SearchParameter, path: str, term: Term, base: str) -> Criterion:
    values = split_values(term.value)
    if parameter.kind == "token":
        return TokenIs(path, tuple(_token(value) for value in values))
    if parameter.kind == "date":
        return DateIs(path, tuple(_moment(term, value) for value in values))
    if parameter.kind == "uri":
        return UriIs(path, tuple(unescape(value) for value in values))
    if parameter.kind == "reference":
        return RefersTo(path, tuple(_target(parameter, term, unescape(value), base) for value in values))
    plain = [unescape(value) for value in values]
    mode = {"exact": "exact", "contains": "contains"}.get(term.modifier, "starts")
    return StringIs(path, mode, tuple((fold(value), value) for value in plain))  # type: ignore[arg-type]  # one of the modes


def _token(value: str) -> tuple[str | None, str | None]:
    parts = re.split(r"(?<!\\)\|", value, maxsplit=1)
    if len(parts) == 1:
        return None, unescape(parts[0])
    return unescape(parts[0]), unescape(parts[1]) or None


def _moment(term: Term, value: str) -> Moment:
    match = PREFIXED.match(value)
    interval = interval_of(match[2].replace(" ", "+")) if match else None  # '+' of a zone arrives as a blank
    if match is None or interval is None:
        raise InvalidSearch("server.bad_date", where=term.name, clause=f"{CLAUSE}#date", value=value)
    return Moment(match[1] or "eq", *interval)


def _target(parameter: SearchParameter, term: Term, value: str, base: str) -> tuple[str | None, str | None, str | None]:
    literal = parse_reference(value)
    if literal and literal.base in ("", base):
        return literal.type, literal.id, None
    if ":" in value or "/" in value:
        return None, None, value
    if term.modifier:
        return term.modifier, value, None
    only = parameter.target_types
    return next(iter(only)) if len(only) == 1 else None, value, None


def _chain(parameter: SearchParameter, path: str, term: Term, base: str) -> Criterion:
    """`subject:Patient.name=…` or `patient.identifier=…` (FHIR R4 search.html#chaining)."""
    if parameter.kind != "reference":
        raise InvalidSearch("server.chain_on", where=term.name, clause=f"{CLAUSE}#chaining", name=term.code)
    rest = NAME.match(term.chain)
    code = rest["code"] if rest else term.chain
    possible = parameter.target_types & resource_types()
    if term.modifier:
        if term.modifier not in possible:
            listed = ", ".join(sorted(possible))
            raise InvalidSearch(
                "server.chain_type", where=term.name, clause=f"{CLAUSE}#chaining", type=term.modifier, known=listed
            )
        possible = frozenset({term.modifier})
    fitting = sorted(target for target in possible if code in search_parameters(target) or code == "_id")
    if not fitting:
        fitting = sorted(possible)[:1]  # lets the message name the nearest parameter of that type
    chains = tuple(
        RefersToOneThat(path, target, _criterion(target, term.chain, term.value, base)) for target in fitting
    )
    return chains[0] if len(chains) == 1 else AnyOf(chains)


def _truth(term: Term) -> bool:
    if term.value not in ("true", "false"):
        raise InvalidSearch("server.not_boolean", where=term.name, clause=f"{CLAUSE}#modifiers", value=term.value)
    return term.value == "true"
