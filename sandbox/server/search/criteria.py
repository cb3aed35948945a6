"""One `name=value` of a query: its modifier and its values as a criterion, by the kind of the
parameter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from itertools import chain

from sandbox.definitions.r4 import SearchParameter, resource_types
from sandbox.errors import InvalidSearch
from sandbox.fhir.dates import interval_of
from sandbox.fhir.references import parse_reference
from sandbox.limits import IN_CODES, SEARCH_VALUES
from sandbox.server.search.escaping import split_escaped, unescape
from sandbox.server.search.parameters import parameters_of
from sandbox.server.search.values import fold
from sandbox.store.criteria import AnyOf, Criterion, Not, Together
from sandbox.store.values import (
    PREFIXES,
    DateIs,
    Extent,
    QuantityIs,
    RefersTo,
    RefersToBranch,
    StringIs,
    TokenIs,
    UriIs,
    UriIsBelow,
)
from sandbox.terminology.expansion import ExpansionOptions, expand
from sandbox.terminology.membership import Terminology
from sandbox.terminology.ucum import UCUM, scale
from sandbox.validation import knowledge_at_hand

CLAUSE = "FHIR R4 search.html"
MODIFIERS = {
    "string": ("exact", "contains", "missing"),
    "token": ("not", "text", "in", "not-in", "above", "below", "of-type", "missing"),
    "date": ("missing",),
    "uri": ("above", "below", "missing"),
    "reference": ("identifier", "above", "below", "missing"),
    "number": ("missing",),
    "quantity": ("missing",),
    "composite": ("missing",),
}
PART_OF = ("partof", "part-of")
PREFIXED = re.compile(rf"^({'|'.join(PREFIXES)})?(.+)$")
# These compare with the exact number and ignore its precision (FHIR R4 search.html#number).
EXACT = frozenset({"gt", "lt", "ge", "le", "sa", "eb"})
NEARLY = Decimal("0.1")  # FHIR R4 search.html#prefix: ap is 10 % of the stated value
Token = tuple[str | None, str | None]


def _definitions_alone() -> Terminology:
    return knowledge_at_hand().terminology


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a query is read: the base of local references, the name that leads to a contained
    resource, if any, where value sets are looked up, and which units the values of a parameter
    have.
    """

    base: str
    within: str = ""
    terminology: Callable[[], Terminology] = _definitions_alone
    unit_codes: Callable[[str], Sequence[str]] = lambda _: ()


@dataclass(frozen=True, slots=True)
class Term:
    """A parameter taken apart: `birthdate`, or `subject:Patient.name` with modifier and chain."""

    name: str
    code: str
    modifier: str
    chain: str
    value: str


def values_of(term: Term) -> list[str]:
    """Returns the alternatives of a term; raises InvalidSearch for more than SEARCH_VALUES."""
    values = split_escaped(term.value, ",")
    refuse_too_many(len(values), term, SEARCH_VALUES)
    return values


def refuse_too_many(count: int, term: Term, limit: int) -> None:
    """Raises InvalidSearch where a term means more values than are searched for at once."""
    if count > limit:
        raise InvalidSearch(
            "server.too_many_values",
            where=term.name,
            clause=f"{CLAUSE}#combining",
            name=term.name,
            found=count,
            limit=limit,
        )


def match_value(parameter: SearchParameter, path: str, term: Term, scope: Scope) -> Criterion:
    """Returns the criterion of one `name=value`.

    Args:
        parameter: The search parameter that the name means.
        path: The name under which its values are stored.
        term: The name taken apart, with the raw value.
        scope: Against which base, terminology and units the value is read.

    Raises:
        InvalidSearch: The modifier does not fit this kind of parameter, or the value is malformed.
    """
    _check_modifier(parameter, term)
    values = values_of(term)
    if parameter.kind == "composite":
        criteria = tuple(_match_parts(parameter, path, term, value, scope) for value in values)
        return criteria[0] if len(criteria) == 1 else AnyOf(criteria)
    if parameter.kind == "token":
        return _match_token(path, term, values, scope)
    if parameter.kind == "date":
        return DateIs(path, tuple(read_extent(term, value) for value in values))
    if parameter.kind == "uri":
        return _match_uri(path, term, [unescape(value) for value in values])
    if parameter.kind == "reference":
        return _match_reference(parameter, path, term, values, scope)
    if parameter.kind in ("number", "quantity"):
        quantities = [_quantities(term, value, path, scope) for value in values]
        return QuantityIs(path, tuple(chain.from_iterable(quantities)))
    plain = [unescape(value) for value in values]
    mode = {"exact": "exact", "contains": "contains"}.get(term.modifier, "starts")
    return StringIs(path, mode, tuple((fold(value), value) for value in plain))  # type: ignore[arg-type]  # one of the modes


def _check_modifier(parameter: SearchParameter, term: Term) -> None:
    if not term.modifier or term.modifier in MODIFIERS[parameter.kind]:
        return
    if parameter.kind == "reference" and term.modifier in resource_types():
        return
    clause = f"{CLAUSE}#modifiers"
    known = ", ".join(":" + known for known in MODIFIERS[parameter.kind])
    raise InvalidSearch(
        "server.unknown_modifier",
        where=term.name,
        clause=clause,
        modifier=term.modifier,
        name=term.code,
        known=known,
    )


def _match_parts(
    parameter: SearchParameter, path: str, term: Term, value: str, scope: Scope
) -> Criterion:
    """`code$value`: both of one element (FHIR R4 search.html#composite)."""
    words = split_escaped(value, "$")
    if len(words) != len(parameter.parts) or not all(words):
        raise InvalidSearch(
            "server.bad_composite",
            where=term.name,
            clause=f"{CLAUSE}#composite",
            value=value,
            count=len(parameter.parts),
        )
    criteria = tuple(
        match_value(part, f"{path}/{place}", Term(term.name, part.code, "", "", word), scope)
        for place, (part, word) in enumerate(zip(parameter.parts, words, strict=True))
    )
    return Together(criteria)  # type: ignore[arg-type]  # a part without modifier asks for a value


def _match_token(path: str, term: Term, values: list[str], scope: Scope) -> Criterion:
    if term.modifier == "text":
        plain = [unescape(value) for value in values]
        return StringIs(f"{path}:text", "starts", tuple((fold(value), value) for value in plain))
    if term.modifier == "of-type":
        return TokenIs(f"{path}:of-type", tuple(_typed(term, value) for value in values))
    if term.modifier in ("in", "not-in"):
        codes: list[Token] = []
        for url in values:
            rows = expand(scope.terminology(), unescape(url), ExpansionOptions()).rows
            codes += [(system or None, code) for system, code, _ in rows]
        refuse_too_many(len(codes), term, IN_CODES)
        inside = TokenIs(path, tuple(codes))
        return inside if term.modifier == "in" else Not(inside)
    tokens = tuple(_token(value) for value in values)
    if term.modifier in ("above", "below"):
        tokens = tuple(related for token in tokens for related in _related(term, token))
    criterion = TokenIs(path, tokens)
    return Not(criterion) if term.modifier == "not" else criterion


def _related(term: Term, token: Token) -> list[Token]:
    """Returns a code with those above or below it; raises InvalidSearch where its system is not
    wholly at hand.
    """
    system, code = token
    systems = knowledge_at_hand().terminology.systems
    # With only part of a system at hand, its hierarchy would be partial but look complete.
    if not system or not code or systems.standing(system) != "complete":
        raise InvalidSearch(
            "server.no_hierarchy",
            where=term.name,
            clause=f"{CLAUSE}#modifiers",
            system=system or "-",
        )
    concepts = systems.concepts(system)
    if term.modifier == "above":
        own = concepts.get(code)
        return [(system, concept) for concept in (code, *(own.ancestors if own else ()))]
    return [
        (system, code),
        *((system, concept.code) for concept in concepts.values() if code in concept.ancestors),
    ]


def _match_reference(
    parameter: SearchParameter, path: str, term: Term, values: list[str], scope: Scope
) -> Criterion:
    if term.modifier == "identifier":
        return TokenIs(f"{path}:identifier", tuple(_token(value) for value in values))
    plain = [unescape(value) for value in values]
    if term.modifier in ("above", "below"):
        return AnyOf(tuple(_branch(parameter, path, term, value, scope) for value in plain))
    targets = [target for value in plain for target in _targets(parameter, term, value, scope.base)]
    return RefersTo(path, tuple(targets))


def _match_uri(path: str, term: Term, values: list[str]) -> Criterion:
    if term.modifier == "below":
        return UriIsBelow(path, tuple(values))
    if term.modifier == "above":
        return UriIs(path, tuple(above for value in values for above in _prefixes(value)))
    return UriIs(path, tuple(values))


def _prefixes(uri: str) -> list[str]:
    """Returns a URI and those above it: `http://a/b/c`, `http://a/b`, `http://a` (FHIR R4
    search.html#uri).
    """
    prefixes = [uri]
    start = uri.find("://") + 3 if "://" in uri else 0
    while "/" in uri[start:]:
        uri = uri.rpartition("/")[0]
        # URIs are stored as written, with or without a trailing slash.
        prefixes += [uri, uri + "/"]
    return prefixes


def _token(value: str) -> Token:
    parts = split_escaped(value, "|", most=1)
    if len(parts) == 1:
        return None, unescape(parts[0])
    return unescape(parts[0]), unescape(parts[1]) or None


def _typed(term: Term, value: str) -> Token:
    parts = [unescape(part) for part in split_escaped(value, "|")]
    if len(parts) != 3 or not all(parts):
        raise InvalidSearch(
            "server.bad_of_type", where=term.name, clause=f"{CLAUSE}#modifiers", value=value
        )
    return parts[0], f"{parts[1]}|{parts[2]}"


def read_extent(term: Term, value: str) -> Extent:
    """Returns the prefix of a date and the milliseconds that it covers (FHIR R4 search.html#date).

    Raises:
        InvalidSearch: The value is not a date.
    """
    match = PREFIXED.match(value)
    # '+' of a zone arrives as a blank
    interval = interval_of(match[2].replace(" ", "+")) if match else None
    if match is None or interval is None:
        raise InvalidSearch(
            "server.bad_date", where=term.name, clause=f"{CLAUSE}#date", value=value
        )
    return Extent(match[1] or "eq", *interval)


def _quantities(
    term: Term, value: str, path: str, scope: Scope
) -> Iterator[tuple[Extent, str | None, str | None]]:
    """Yields a quantity as it is written, and in each comparable unit that is stored
    (search.html#quantity).
    """
    extent, system, code = _quantity(term, value)
    yield extent, system, code
    if system != UCUM or code is None:
        return
    # The store compares numbers, not units, so each unit in use gets its own condition.
    for unit in scope.unit_codes(path):
        scaling = scale(code, unit) if unit != code else None
        if scaling is not None:
            factor, offset = scaling
            yield (
                Extent(extent.prefix, extent.low * factor + offset, extent.high * factor + offset),
                UCUM,
                unit,
            )


def _quantity(term: Term, value: str) -> tuple[Extent, str | None, str | None]:
    """`[prefix]number|system|code`, or the number alone (FHIR R4 search.html#quantity)."""
    number, *unit = [unescape(part) for part in split_escaped(value, "|")]
    match = PREFIXED.match(number)
    try:
        exact = Decimal(match[2]) if match else None
    except InvalidOperation:
        exact = None
    if match is None or exact is None or not _is_measurable(exact) or len(unit) not in (0, 2):
        raise InvalidSearch(
            "server.bad_number_value", where=term.name, clause=f"{CLAUSE}#quantity", value=value
        )
    prefix = match[1] or "eq"
    spread = Decimal(0)
    if prefix == "ap":
        spread = abs(exact) * NEARLY
    elif prefix not in EXACT:  # 100 stands for 99.5 to 100.5 (FHIR R4 search.html#number)
        exponent = exact.as_tuple().exponent
        spread = Decimal("0.5").scaleb(exponent) if isinstance(exponent, int) else spread
    system, code = (unit[0] or None, unit[1] or None) if unit else (None, None)
    return Extent(prefix, float(exact - spread), float(exact + spread)), system, code


def _is_measurable(number: Decimal) -> bool:
    """Tells whether a number, and half a step of its last digit, lie where the database compares
    (IEEE 754 binary64).
    """
    exponent = number.as_tuple().exponent
    return isinstance(exponent, int) and abs(exponent) < 300 and abs(number.adjusted()) < 300


def _branch(
    parameter: SearchParameter, path: str, term: Term, value: str, scope: Scope
) -> Criterion:
    """`location:below=Location/x`: that one and its parts; raises InvalidSearch for a type that has
    no parts.
    """
    plain = replace(term, modifier="")
    type, id, _ = _target(parameter, plain, value, scope.base)
    known = parameters_of(type or "")
    part_of = next(
        (code for code in PART_OF if code in known and type in known[code].target_types), ""
    )
    if type is None or id is None or not part_of:
        clause = f"{CLAUSE}#modifiers"
        raise InvalidSearch(
            "server.no_branch", where=term.name, clause=clause, modifier=term.modifier, value=value
        )
    return RefersToBranch(
        path, type, id, f"{type}.{part_of}", "above" if term.modifier == "above" else "below"
    )


def _targets(
    parameter: SearchParameter, term: Term, value: str, base: str
) -> Iterator[tuple[str | None, str | None, str | None]]:
    """Yields what a reference may be stored as: an address on this server may be meant as a
    canonical, whose versions are stored as URLs.
    """
    type, id, url = _target(parameter, term, value, base)
    yield type, id, url
    if url is None and ":" in value:
        yield None, None, value


def _target(
    parameter: SearchParameter, term: Term, value: str, base: str
) -> tuple[str | None, str | None, str | None]:
    literal = parse_reference(value)
    if literal and literal.base in ("", base):
        return literal.type, literal.id, None
    # An address elsewhere, or a URN, is compared as plain text.
    if ":" in value or "/" in value:
        return None, None, value
    if term.modifier:
        return term.modifier, value, None
    # A bare id implies a type only where the parameter allows just one.
    only = parameter.target_types
    return next(iter(only)) if len(only) == 1 else None, value, None


def read_truth(term: Term) -> bool:
    """Returns the value of `:missing`.

    Raises:
        InvalidSearch: The value is neither true nor false.
    """
    if term.value not in ("true", "false"):
        raise InvalidSearch(
            "server.not_boolean", where=term.name, clause=f"{CLAUSE}#modifiers", value=term.value
        )
    return term.value == "true"
