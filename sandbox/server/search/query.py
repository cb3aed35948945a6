"""Search syntax: a query string becomes criteria for the store, strictly (FHIR R4 search.html).
Does no I/O.

An unknown name, modifier or value is an error that names the nearest right one: in a rehearsal a
silently ignored parameter teaches the wrong thing.  `Prefer: handling=lenient` leaves unknown names
out instead.
"""

from __future__ import annotations

import re
from dataclasses import replace

from sandbox.definitions.r4 import SearchParameter, nearest, resource_types
from sandbox.errors import InvalidSearch, NotImplementedHere
from sandbox.server.search.criteria import (
    CLAUSE,
    Scope,
    Term,
    match_value,
    read_extent,
    read_truth,
    values_of,
)
from sandbox.server.search.escaping import unescape
from sandbox.server.search.parameters import OWN, parameters_of, table_of
from sandbox.store.criteria import (
    AnyOf,
    Criterion,
    HasId,
    IsInList,
    IsMissing,
    IsReferredToByOneThat,
    RefersToOneThat,
    Together,
    UpdatedAt,
)
from sandbox.store.values import Valued

# Result parameters, which `results` reads; they are not criteria (FHIR R4 search.html#return).
CONTROLS = (
    "_count", "_after", "_contained", "_containedType", "_format", "_pretty", "_summary", "_total",
    "_elements", "_sort", "_include", "_revinclude",
)  # fmt: skip
# Defined by R4 but not implemented: answered with 501, not as an unknown name.
NOT_YET = ("_text", "_content", "_filter", "_query")
NAME = re.compile(r"^(?P<code>[\w-]+)(?::(?P<modifier>[\w-]+))?(?:\.(?P<chain>.+))?$")
HAS = re.compile(r"^_has:(?P<type>\w+):(?P<code>[\w-]+):(?P<rest>.+)$")


def parse_search(
    resource_type: str, query: tuple[tuple[str, str], ...], scope: Scope
) -> list[Criterion]:
    """Returns the criteria of a query, without its result parameters.

    Raises:
        InvalidSearch: Names the parameter that is unknown, or whose value cannot be read.
        NotImplementedHere: Names a parameter that R4 has and this server has not.
    """
    return [
        _criterion(resource_type, name, value, scope)
        for name, value in query
        if name.partition(":")[0] not in CONTROLS
    ]


def parse_contained(
    resource_type: str, query: tuple[tuple[str, str], ...], scope: Scope
) -> Criterion:
    """Returns the criterion that a resource contains a matching one (search.html#contained).

    Args:
        resource_type: Type of the contained resource.
        query: What the contained resource must meet.
        scope: Where the query is read.

    Raises:
        InvalidSearch: The query has no value to look for, or asks for more than values.
    """
    criteria = parse_search(resource_type, query, replace(scope, within=f">{resource_type}."))
    valued = tuple(criterion for criterion in criteria if isinstance(criterion, Valued))
    if not valued or len(valued) < len(criteria):
        raise InvalidSearch(
            "server.bad_contained", where="_contained", clause=f"{CLAUSE}#contained"
        )
    return Together(valued)


def _criterion(resource_type: str, name: str, value: str, scope: Scope) -> Criterion:
    if not value:
        raise InvalidSearch("server.empty_value", where=name, clause=CLAUSE, name=name)
    # FHIR strings cannot hold it, and PostgreSQL rejects it in text.
    if "\0" in value:
        clause = "FHIR R4 datatypes.html#string"
        raise InvalidSearch("server.bad_character", where=name, clause=clause, text="U+0000")
    if name.startswith("_has:"):
        return _reverse_chain(resource_type, name, value, scope)
    match = NAME.match(name)
    if match is None:
        raise InvalidSearch("server.bad_parameter", where=name, clause=CLAUSE, name=name)
    term = Term(name, match["code"], match["modifier"] or "", match["chain"] or "", value)
    if term.code in NOT_YET:
        raise NotImplementedHere("server.not_yet", where=name, clause=CLAUSE, name=term.code)
    if term.code in OWN:
        return _own(term)
    parameter = find_parameter(resource_type, term.code, where=name)
    path = f"{scope.within or resource_type + '.'}{term.code}"
    if term.chain:
        return _chain(parameter, path, term, scope)
    if term.modifier == "missing":
        # The parts of a composite are stored together or not at all, so the first one is enough.
        first = f"{path}/0" if parameter.kind == "composite" else path
        return IsMissing(first, table_of(parameter), read_truth(term))
    return match_value(parameter, path, term, scope)


def _own(term: Term) -> Criterion:
    """Parameters that the store keeps in columns of its own."""
    if term.modifier or term.chain:
        raise InvalidSearch("server.bad_parameter", where=term.name, clause=CLAUSE, name=term.name)
    values = tuple(unescape(part) for part in values_of(term))
    if term.code == "_id":
        return HasId(values)
    if term.code == "_list":
        return IsInList(tuple(value.removeprefix("List/") for value in values))
    return UpdatedAt(tuple(read_extent(term, part) for part in values_of(term)))


def find_parameter(resource_type: str, code: str, *, where: str) -> SearchParameter:
    """Returns the search parameter of a type by its code.

    Raises:
        InvalidSearch: There is no such parameter; the error names the nearest one.
    """
    known = parameters_of(resource_type)
    parameter = known.get(code)
    if parameter is None:
        near = nearest(code, [*known, *OWN, *CONTROLS])
        key = "server.unknown_parameter_near" if near else "server.unknown_parameter"
        listed = ", ".join([*OWN, *known])
        raise InvalidSearch(
            key,
            where=where,
            clause=f"{CLAUSE}#errors",
            name=code,
            type=resource_type,
            near=near,
            known=listed,
        )
    return parameter


def _chain(parameter: SearchParameter, path: str, term: Term, scope: Scope) -> Criterion:
    """`subject:Patient.name=…` or `patient.identifier=…`, also into contained resources
    (search.html#chaining).
    """
    if parameter.kind != "reference":
        raise InvalidSearch(
            "server.chain_on", where=term.name, clause=f"{CLAUSE}#chaining", name=term.code
        )
    rest = NAME.match(term.chain)
    code = rest["code"] if rest else term.chain
    possible = parameter.target_types & resource_types()
    if term.modifier:
        if term.modifier not in possible:
            listed = ", ".join(sorted(possible))
            raise InvalidSearch(
                "server.chain_type",
                where=term.name,
                clause=f"{CLAUSE}#chaining",
                type=term.modifier,
                known=listed,
            )
        possible = frozenset({term.modifier})
    fitting = sorted(target for target in possible if code in parameters_of(target) or code in OWN)
    if not fitting:
        fitting = sorted(possible)[:1]  # lets the message name the nearest parameter of that type
    chains: list[Criterion] = []
    for target in fitting:
        chains.append(
            RefersToOneThat(
                path, target, _criterion(target, term.chain, term.value, replace(scope, within=""))
            )
        )
        if not scope.within and code not in OWN and "." not in term.chain:
            inside = replace(scope, within=f"{path}>{target}.")
            chains.append(_criterion(target, term.chain, term.value, inside))
    return chains[0] if len(chains) == 1 else AnyOf(tuple(chains))


def _reverse_chain(resource_type: str, name: str, value: str, scope: Scope) -> Criterion:
    """`_has:Observation:patient:code=…` (FHIR R4 search.html#has)."""
    match = HAS.match(name)
    if match is None or match["type"] not in resource_types():
        raise InvalidSearch("server.bad_has", where=name, clause=f"{CLAUSE}#has", name=name)
    parameter = find_parameter(match["type"], match["code"], where=name)
    if parameter.kind != "reference" or resource_type not in parameter.target_types:
        raise InvalidSearch("server.bad_has", where=name, clause=f"{CLAUSE}#has", name=name)
    inner = _criterion(match["type"], match["rest"], value, replace(scope, within=""))
    return IsReferredToByOneThat(match["type"], f"{match['type']}.{match['code']}", inner)
