"""What the tests of a Terminology Repository have in common: what it must find, call valid and
refuse.  Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.exchange import Exchange
from sandbox.fhir.json import as_list, member
from sandbox.testbench.paging import whole_search
from sandbox.testbench.reading import resources_of
from sandbox.testbench.refusing import only_fault
from sandbox.testbench.script import Request, Script, answer_text, finding_at, get

TRANSACTIONS = {
    "ValueSet": "ITI TF-2 3.95",
    "CodeSystem": "ITI TF-2 3.96",
    "ConceptMap": "ITI TF-2 3.100",
}


def finds(type: str, url: str, query: Mapping[str, str], *, is_there: bool) -> Script:
    """Asks, and judges whether a resource is found as it should be."""
    words = ", ".join(f"{name}={value}" for name, value in query.items())
    answer = yield from whole_search(get(type, query))
    if answer.status != 200 or member(answer.json, "type") != "searchset":
        yield finding_at(
            "repository.no_search",
            "error",
            f"{type}?{words}",
            TRANSACTIONS[type],
            found=answer_text(answer),
        )
    elif is_there and url not in urls_of(answer, type):
        yield finding_at(
            "repository.not_found", "error", f"{type}?{words}", TRANSACTIONS[type], expected=url
        )
    elif not is_there and url in urls_of(answer, type):
        yield finding_at(
            "repository.found_all_the_same",
            "error",
            f"{type}?{words}",
            TRANSACTIONS[type],
            found=url,
        )


def validates(type: str, query: Mapping[str, str], *, wanted: bool) -> Script:
    """Asks whether a code is valid, and judges the answer."""
    answer = yield get(f"{type}/$validate-code", query)
    result = parameter_of(answer, "result")
    if answer.status != 200 or result is not wanted:
        found = answer_text(answer) if answer.status != 200 else f"result {str(result).lower()}"
        expected = f"{query['code']}: result {str(wanted).lower()}"
        yield finding_at(
            "repository.other_result",
            "error",
            f"{type}/$validate-code",
            "ITI TF-2 3.99",
            expected=expected,
            found=found,
        )


def refuses(request: Request, clause: str, *, right: Request) -> Script:
    """Asks for what is not there, and judges the refusal.

    Args:
        request: For what is not there.
        clause: That asks for a refusal.
        right: The same for what is there.
    """
    answer = yield request
    # which of them is nowhere said (ITI TF-2 3.97, 3.98)
    if not 400 <= answer.status < 500:
        yield finding_at(
            "repository.not_refused",
            "error",
            request.url,
            clause,
            expected="4xx",
            found=answer_text(answer),
        )
    elif member(answer.json, "resourceType") != "OperationOutcome":
        yield finding_at(
            "repository.no_outcome", "warning", request.url, clause, expected="OperationOutcome"
        )
    yield from only_fault(answer, right, names=("not-found",))


def expansion_of(answer: Exchange) -> set[str]:
    """Returns the codes on the first level of an expansion."""
    contains = as_list(member(member(answer.json, "expansion"), "contains"))
    return {str(member(concept, "code")) for concept in contains}


def parameter_of(answer: Exchange, name: str) -> Any:
    """Returns the value of a parameter of the answer; None for one that is absent."""
    for parameter in as_list(member(answer.json, "parameter")):
        if member(parameter, "name") == name:
            return next(
                (value for key, value in parameter.items() if key.startswith("value")), None
            )
    return None


def names_of(element: Any, name: str) -> set[str]:
    """Returns the names of the parts of an element, such as the operations of a type."""
    # R4 defines the name with its `$`, and writes it without in its examples
    return {str(member(part, "name")).lstrip("$") for part in as_list(member(element, name))}


def urls_of(answer: Exchange, type: str) -> set[str]:
    """Returns the canonicals of the resources that a search has found."""
    return {str(resource.get("url")) for resource in resources_of(answer, type)}
