"""Broken twins of what the server offers besides documents: terminology and patients."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sandbox.fhir.json import Json, as_list, member, write_json
from sandbox.twins.changes import deaf_to, in_searchsets
from sandbox.twins.passing import Change, Passing, Twin


def _answer_of(operation: str, change: Callable[[Json], Json]) -> Change:
    """Changes what an operation answers with."""
    return lambda passing: (
        replace(passing, body=write_json(change(passing.json)))
        if passing.path.endswith(operation)
        and passing.status == 200
        and isinstance(passing.json, dict)
        else passing
    )


def _with_parameters(**values: Any) -> Callable[[Json], Json]:
    """Sets parameters of an answer; None takes one away."""

    def change(parameters: Json) -> Json:
        kept = [
            parameter
            for parameter in as_list(parameters.get("parameter"))
            if member(parameter, "name") not in values
        ]
        kept += [{"name": name, **value} for name, value in values.items() if value is not None]
        return {**parameters, "parameter": kept}

    return change


def _without_concepts(value_set: Json) -> Json:
    return {**value_set, "expansion": {**value_set.get("expansion", {}), "contains": []}}


def _refusing_to_store(*types: str) -> Change:
    return lambda passing: (
        replace(passing, status=405)
        if passing.method in ("POST", "PUT")
        and any(f"/{type}/" in f"{passing.path}/" and "$" not in passing.path for type in types)
        else passing
    )


def _without_scores(bundle: Json) -> Json:
    return {
        **bundle,
        "entry": [{**entry, "search": {"mode": "match"}} for entry in as_list(bundle.get("entry"))],
    }


def _match(change: Callable[[Json], Json]) -> Change:
    return _answer_of("/$match", change)


def _one_page(bundle: Json) -> Json:
    return {
        **bundle,
        "link": [
            link for link in as_list(bundle.get("link")) if member(link, "relation") != "next"
        ],
    }


def _next_is_this(bundle: Json) -> Json:
    links = as_list(bundle.get("link"))
    # a client that follows it gets the same entries for ever: tests must count pages
    here = next((member(link, "url") for link in links if member(link, "relation") == "self"), "")
    looped = [
        {**link, "url": here} if member(link, "relation") == "next" else link for link in links
    ]
    return {**bundle, "link": looped}


def _refusing_nobody(passing: Passing) -> Passing:
    """Answers 404 in plain text where a search by identifier finds no patient."""
    is_search = (
        passing.path.endswith("/Patient")
        and b"identifier" in passing.query
        and passing.status == 200
    )
    if is_search and not member(passing.json, "entry"):
        return replace(passing, status=404, kind="text/plain", body=b"unknown")
    return passing


GENERATE = "/$generate-metadata"


def _read_alone(type: str, /, **elements: Any) -> Change:
    """Sets elements of a resource of a type that is read by its id."""
    return lambda passing: (
        replace(passing, body=write_json({**passing.json, **elements}))
        if passing.method == "GET"
        and f"/{type}/" in passing.path
        and member(passing.json, "resourceType") == type
        else passing
    )


def _at(method: str, place: str, **changes: Any) -> Change:
    """Changes the answer to a method at a place."""
    return lambda passing: (
        replace(passing, **changes)
        if passing.method == method and passing.path.endswith(place)
        else passing
    )


def _without_lists(bundle: Json) -> Json:
    entries = as_list(bundle.get("entry"))
    kept = [
        entry for entry in entries if member(member(entry, "resource"), "resourceType") != "List"
    ]
    # the total follows: the fault is to be the missing lists alone
    return {**bundle, "total": len(kept), "entry": kept}


def _with_data(bundle: Json) -> Json:
    """Shows the data of documents where they came."""

    def shown(entry: Json) -> Json:
        resource = entry["resource"]
        if resource["resourceType"] != "DocumentReference":
            return entry
        content = [
            {"attachment": {**part["attachment"], "data": "aGk="}} for part in resource["content"]
        ]
        return {**entry, "resource": {**resource, "content": content}}

    return {**bundle, "entry": [shown(entry) for entry in as_list(bundle.get("entry"))]}


# the parameters of ITI-78 but the identifier, which has a twin of its own
PATIENT_DATA = (
    "_id",
    "given",
    "given:exact",
    "family:exact",
    "birthdate",
    "gender",
    "telecom",
    "active",
    "address",
    "address-city",
    "address-country",
    "address-postalcode",
    "address-state",
)
OPERATION_TWINS: Mapping[str, Twin] = {
    "answers_without_resource": Twin(response=_at("POST", "/DocumentReference", body=b"{}")),
    "deaf_to_identifiers": Twin(request=deaf_to("identifier")),
    "deaf_to_patient_data": Twin(request=deaf_to(*PATIENT_DATA)),
    "deaf_to_terminology": Twin(
        request=deaf_to(
            "url",
            "name",
            "name:contains",
            "name:exact",
            "version",
            "system",
            "source-system",
            "target-system",
            "_lastUpdated",
        )
    ),
    "derives_nothing": Twin(
        response=_read_alone("DocumentReference", type={"text": "–"}, content=[])
    ),
    "expands_nothing": Twin(response=_answer_of("/$expand", _without_concepts)),
    "forgets_displays": Twin(
        response=_answer_of("/$lookup", _with_parameters(display={"valueString": "?"}))
    ),
    "generates_anything": Twin(
        response=lambda passing: (
            replace(passing, status=200)
            if passing.path.endswith(GENERATE) and passing.status >= 400
            else passing
        )
    ),
    "generates_nothing": Twin(response=_at("POST", GENERATE, status=501)),
    "gives_other_bundles": Twin(response=_read_alone("Bundle", identifier={"value": "other"})),
    "makes_no_submission_sets": Twin(response=in_searchsets(_without_lists)),
    "matches_nobody": Twin(response=_match(lambda bundle: {**bundle, "total": 0, "entry": []})),
    "matches_without_score": Twin(response=_match(_without_scores)),
    "pages_once": Twin(response=in_searchsets(_one_page)),
    "points_nowhere": Twin(
        response=_answer_of(
            GENERATE,
            _with_parameters(
                DocumentReference={"valueReference": {"reference": "DocumentReference/nowhere"}}
            ),
        )
    ),
    "refuses_unknown_domains": Twin(response=_refusing_nobody),
    "repeats_the_first_page": Twin(response=in_searchsets(_next_is_this)),
    "shows_data": Twin(response=in_searchsets(_with_data)),
    "takes_no_publication": Twin(response=_at("POST", "/DocumentReference", status=405)),
    "takes_no_terminology": Twin(
        response=_refusing_to_store("CodeSystem", "ValueSet", "ConceptMap")
    ),
    "translates_nothing": Twin(
        response=_answer_of(
            "/$translate", _with_parameters(result={"valueBoolean": False}, match=None)
        )
    ),
    "validates_anything": Twin(
        response=_answer_of(
            "/$validate-code", _with_parameters(result={"valueBoolean": True}, message=None)
        )
    ),
}
