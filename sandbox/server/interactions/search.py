"""search on a type by GET or by POST to `_search` (FHIR R4 http.html#search)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode

import orjson

from sandbox.definitions.r4 import compartments, resource_types
from sandbox.errors import InvalidSearch, NotFound, TooLarge
from sandbox.fhir.json import Json, parse_json
from sandbox.fhir.outcome import operation_outcome
from sandbox.findings import Finding
from sandbox.server.call import Call, Reply, Services
from sandbox.server.preferences import preference
from sandbox.server.registry import check_type, interaction
from sandbox.server.search.compartments import in_compartment
from sandbox.server.search.query import parse_contained, parse_search
from sandbox.server.search.results import (
    Inclusion,
    ResultOptions,
    read_result_options,
    reference_parameters,
    write_place,
)
from sandbox.server.search.subsets import take_subset
from sandbox.server.terms import scope_of
from sandbox.store.criteria import Criterion
from sandbox.store.resources import Page, Place, Version
from sandbox.validation import knowledge_at_hand

CLAUSE = "FHIR R4 search.html"
MOST_INCLUDED = 500
# Rounds of `:iterate`; each one follows everything that the previous one found.
LEVELS = 5
Query = tuple[tuple[str, str], ...]


@interaction("search-system", "GET", "", level="system")
@interaction("search-type", "GET", "{type}")
def search(call: Call, services: Services) -> Reply:
    """Returns a searchset Bundle: `total` of all pages, one page of matches, what is included, self
    and next links.
    """
    call, warnings = _lenient(call, services)
    searched = call.type if not call.member else call.member.replace("*", "")
    options = read_result_options(searched, call.query)
    page = services.store.search_types(_criteria(call, call.query, services), options.page)
    bundle: Json = {"resourceType": "Bundle", "type": "searchset"}
    if options.page.is_counted:
        bundle["total"] = page.total
    bundle["link"] = _links(call, page, options)
    entries = [_entry(row, call, options, "match") for row in page.rows]
    included = _included(page.rows, options.inclusions, services)
    entries += [_entry(row, call, options, "include") for row in included[:MOST_INCLUDED]]
    if len(included) > MOST_INCLUDED:
        # A list that was cut silently would look complete.
        cut = TooLarge(
            "server.too_many_resources",
            where="_include",
            clause=f"{CLAUSE}#revinclude",
            limit=MOST_INCLUDED,
        )
        warnings.append(replace(cut.as_finding(), severity="warning"))
    if warnings:
        entries.append(
            {"resource": operation_outcome(warnings, call.language), "search": {"mode": "outcome"}}
        )
    if entries:
        bundle["entry"] = entries
    return Reply(200, bundle)


@interaction("search-system", "POST", "_search", level="system")
@interaction("search-type", "POST", "{type}/_search")
def search_by_post(call: Call, services: Services) -> Reply:
    """Searches by the form in the body, together with the query of the URL."""
    form = call.body if isinstance(call.body, str) else ""
    pairs = tuple(parse_qsl(form, keep_blank_values=True))
    return search(replace(call, query=(*call.query, *pairs), body=None), services)


@interaction("search-compartment", "GET", "{type}/{id}/{member}", level="compartment")
def search_compartment(call: Call, services: Services) -> Reply:
    """Searches one type, or all (`*`), in a compartment such as a patient's (FHIR R4
    compartmentdefinition.html).
    """
    if call.type not in compartments():
        clause = "FHIR R4 compartmentdefinition.html"
        path = f"{call.type}/{call.id}/{call.member}"
        raise NotFound("server.no_such_place", where=path, clause=clause, path=path)
    return search(call, services)


def _criteria(call: Call, query: Query, services: Services) -> dict[str, list[Criterion]]:
    """Returns the criteria of each type that is searched: that of the URL, those of `_type`, or
    all.
    """
    scope = scope_of(call, services)
    contained = dict(call.query).get("_contained", "false")
    if call.type and not call.member and contained in ("true", "both"):
        # found as a part of resources of any type
        inside = {"": [parse_contained(call.type, query, scope)]}
        return (
            inside
            if contained == "true"
            else {call.type: parse_search(call.type, query, scope), **inside}
        )
    if call.type and call.member != "*":
        type = call.member or call.type
        by_type = {type: parse_search(type, query, scope)}
    else:
        named = [type for name, value in call.query if name == "_type" for type in value.split(",")]
        for type in named:
            check_type(type, where="_type")
        shared = tuple(pair for pair in query if pair[0] != "_type")
        types = named or sorted(compartments()[call.type] if call.type else resource_types())
        by_type = {type: parse_search(type, shared, scope) for type in types}
    if call.member:
        return {
            type: [*criteria, in_compartment(call.type, call.id, type)]
            for type, criteria in by_type.items()
        }
    return by_type


def _lenient(call: Call, services: Services) -> tuple[Call, list[Finding]]:
    """With `Prefer: handling=lenient` unknown parameters are left out and said as warnings
    (search.html#errors).
    """
    if preference(call.headers, "handling") != "lenient":
        return call, []
    kept = []
    findings = list[Finding]()
    # Parameters are tried one at a time, and `_contained` would demand a search value of each.
    plain = replace(call, query=tuple(pair for pair in call.query if pair[0] != "_contained"))
    for pair in call.query:
        try:
            _criteria(plain, (pair,), services)
            kept.append(pair)
        except InvalidSearch as error:
            if not error.key.startswith("server.unknown_parameter"):
                raise
            findings.append(replace(error.as_finding(), severity="warning"))
    return replace(call, query=tuple(kept)), findings


def _links(call: Call, page: Page, options: ResultOptions) -> list[Json]:
    links = [{"relation": "self", "url": _address(call, call.query)}]
    # `_count=0` asks for the total alone, so there is no next page.
    if page.next is not None and options.page.count:
        rest = [pair for pair in call.query if pair[0] != "_after"]
        links.append(
            {"relation": "next", "url": _address(call, (*rest, ("_after", write_place(page.next))))}
        )
    return links


def _entry(row: Version, call: Call, options: ResultOptions, mode: str) -> Json:
    resource: object = orjson.Fragment(row.body or b"")
    if options.elements or options.summary in ("true", "text", "data"):
        # `_elements` names elements of the type searched; included resources are of other types.
        elements = options.elements if mode == "match" else ()
        types = knowledge_at_hand().types
        resource = take_subset(
            parse_json(row.body or b"{}"), types, summary=options.summary, elements=elements
        )
    return {
        "fullUrl": f"{call.base}/{row.type}/{row.id}",
        "resource": resource,
        "search": {"mode": mode},
    }


def _included(
    rows: Sequence[Version], inclusions: tuple[Inclusion, ...], services: Services
) -> list[Version]:
    """Follows the inclusions from the matches, and those that iterate; at most one more than may be
    given.
    """
    matches = [(row.type, row.id) for row in rows]
    seen: dict[Place, None] = dict.fromkeys(matches)
    fresh = matches
    included = list[Place]()
    for level in range(LEVELS):
        wanted = inclusions if level == 0 else tuple(item for item in inclusions if item.is_iterate)
        following = [
            place
            for item in wanted
            for place in _follow(item, fresh, services)
            if place not in seen
        ]
        fresh = list(dict.fromkeys(following))[: MOST_INCLUDED + 1 - len(included)]
        seen |= dict.fromkeys(fresh)
        included += fresh
        if not fresh:
            break
    versions = [services.store.read(*place) for place in included]
    return [item for item in versions if item is not None and item.body is not None]


def _follow(inclusion: Inclusion, places: list[Place], services: Services) -> list[Place]:
    followed: list[Place] = []
    for parameter in reference_parameters(inclusion):
        if inclusion.is_reverse:
            targets = [
                place for place in places if not inclusion.target or place[0] == inclusion.target
            ]
            followed += services.store.referring(
                targets, parameter, limit=MOST_INCLUDED + 1 + len(targets)
            )
        else:
            sources = [place for place in places if place[0] == inclusion.source]
            reached = services.store.referred(sources, parameter)
            followed += [
                place for place in reached if not inclusion.target or place[0] == inclusion.target
            ]
    return followed


def _address(call: Call, query: Query) -> str:
    path = "/".join(word for word in (call.base, call.type, call.id, call.member) if word)
    return path + (f"?{urlencode(query)}" if query else "")
