"""Terminology Repository (IHE SVCM 1.5.1, ITI-95 to 101): what it finds, expands, looks up,
validates and translates.

The first test sees that a small code system, a value set and, with the input `translate`, a concept
map are there, and loads what is not: always under the same addresses, so that a repository that
takes nothing can be loaded by hand.  The searches are rows of `svcm_repository.toml`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

from sandbox.fhir.json import as_list, member, write_json
from sandbox.findings import Finding
from sandbox.testbench.colours import (
    COLOURS,
    HELD,
    NAMES,
    ROOT,
    code_system,
    concept_map,
    value_set,
)
from sandbox.testbench.inputs import Input
from sandbox.testbench.reading import media_type, resources_of, serving_in
from sandbox.testbench.script import (
    FHIR_JSON,
    Given,
    Request,
    Script,
    Test,
    Track,
    answer_text,
    finding_at,
    get,
)
from sandbox.testbench.tracks.svcm_repository_checks import (
    TRANSACTIONS,
    expansion_of,
    finds,
    names_of,
    parameter_of,
    refuses,
    urls_of,
    validates,
)

XML = "application/fhir+xml"
# Nothing of ours is as old as 2000, so that each prefix has one right answer.
PREFIXES = {"gt": True, "lt": False, "ge": True, "le": False, "sa": True, "eb": False}
IPS_SETS = (
    "http://hl7.org/fhir/uv/ips/ValueSet/current-smoking-status-uv-ips",
    "http://hl7.org/fhir/uv/ips/ValueSet/pregnancy-status-uv-ips",
)
OPERATIONS = {"ValueSet": ("expand", "validate-code"), "CodeSystem": ("lookup", "validate-code")}


@dataclass(frozen=True, slots=True)
class Search:
    """A row of the table of searches."""

    number: str
    name: str
    type: str
    finds: Mapping[str, str]
    misses: Mapping[str, str]
    needs: list[str] = field(default_factory=list)


SEARCHES = [
    Search(**row)
    for row in tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))[
        "search"
    ]
]


def loaded(given: Given) -> Script:
    """What the other tests look for is there, or is taken now (SVC-00)."""
    resources = {"CodeSystem": code_system(), "ValueSet": value_set()}
    if given.get("translate"):
        resources["ConceptMap"] = concept_map()
    for type, resource in resources.items():
        search = yield get(type, {"url": resource["url"]})
        if resource["url"] in urls_of(search, type):
            continue
        body = write_json(resource)
        headers = {"Accept": FHIR_JSON, "Content-Type": FHIR_JSON}
        # by an id of ours: loaded a second time, it is there once
        answer = yield Request("PUT", f"{type}/{resource['id']}", headers, body)
        if answer.status in (400, 403, 404, 405, 422):
            # a server need not let others choose ids (FHIR R4 http.html#upsert)
            condition = {**headers, "If-None-Exist": urlencode({"url": resource["url"]})}
            answer = yield Request("POST", type, condition, body)
        if answer.status not in (200, 201):
            yield finding_at(
                "repository.not_loaded",
                "error",
                type,
                "ITI TF-2 3.95",
                expected=resource["url"],
                found=answer_text(answer),
            )
            return {}
    return {"loaded": "yes"}


def capabilities(given: Given) -> Script:
    """The capabilities list the types with their searches, and the operations (SVC-01)."""
    answer = yield get("metadata")
    if rest := serving_in(answer.json):
        # an operation may be listed with its type or for the whole server
        everywhere = names_of(rest, "operation")
        for type, operations in OPERATIONS.items():
            listed = next(
                (
                    resource
                    for resource in as_list(member(rest, "resource"))
                    if member(resource, "type") == type
                ),
                None,
            )
            codes = {
                str(member(interaction, "code"))
                for interaction in as_list(member(listed, "interaction"))
            }
            lacking = sorted({"read", "search-type"} - codes)
            lacking += [
                f"${name}"
                for name in operations
                if name not in everywhere | names_of(listed, "operation")
            ]
            if lacking:
                yield _not_listed(f"CapabilityStatement.rest.resource {type}", ", ".join(lacking))
        return
    yield _not_listed("metadata", "CapabilityStatement.rest")


def _not_listed(where: str, expected: str) -> Finding:
    return finding_at("repository.not_listed", "error", where, "SVCM 1:51.1.1", expected=expected)


def searched(given: Given, *, search: Search) -> Script:
    """A search by one parameter finds the resource, and by another value of it does not.

    The url is asked as well, so that a repository of many pages gives what is looked for on the
    first.
    """
    url = {
        "ValueSet": NAMES["value_set"],
        "CodeSystem": NAMES["code_system"],
        "ConceptMap": NAMES["concept_map"],
    }
    for query, is_there in ((search.finds, True), (search.misses, False)):
        asked = {"url": url[search.type]} | {
            name: value.format(**NAMES) for name, value in query.items()
        }
        yield from finds(search.type, url[search.type], asked, is_there=is_there)


def since(given: Given) -> Script:
    """`_lastUpdated` takes the six prefixes that SVCM names (SVC-04d)."""
    for prefix, is_there in PREFIXES.items():
        asked = {"url": NAMES["code_system"], "_lastUpdated": f"{prefix}2000-01-01"}
        yield from finds("CodeSystem", NAMES["code_system"], asked, is_there=is_there)


def read_in_both_formats(given: Given) -> Script:
    """A value set is read by its id, in JSON and in XML, with its url (SVC-03)."""
    search = yield get("ValueSet", {"url": NAMES["value_set"]})
    ids = [
        str(resource.get("id"))
        for resource in resources_of(search, "ValueSet")
        if resource.get("url") == NAMES["value_set"]
    ]
    if not ids:
        yield finding_at(
            "repository.not_found",
            "error",
            "ValueSet?url",
            "ITI TF-2 3.95",
            expected=NAMES["value_set"],
        )
        return
    for kind in (FHIR_JSON, XML):
        answer = yield get(f"ValueSet/{ids[0]}", accept=kind)
        content_type = answer.header("content-type")
        is_there = NAMES["value_set"] in answer.body.decode("utf-8", "replace")
        is_of_kind = kind.rpartition("+")[2] in media_type(content_type)
        if answer.status != 200 or not is_of_kind or not is_there:
            found_words = content_type if answer.status == 200 else answer_text(answer)
            yield finding_at(
                "repository.other_format",
                "error",
                f"Accept: {kind}",
                "ITI TF-2 3.95",
                expected=kind,
                found=found_words,
            )


def expanded(given: Given) -> Script:
    """An expansion holds the codes of the value set and no others; an unknown one is refused
    (SVC-05).
    """
    clause = "ITI TF-2 3.97"
    answer = yield get("ValueSet/$expand", {"url": NAMES["value_set"]})
    codes = sorted(expansion_of(answer))
    if answer.status != 200 or codes != sorted(HELD):
        found = ", ".join(codes) or answer_text(answer)
        yield finding_at(
            "repository.other_codes",
            "error",
            "ValueSet/$expand",
            clause,
            expected=", ".join(sorted(HELD)),
            found=found,
        )
        return
    right = get("ValueSet/$expand", {"url": NAMES["value_set"]})
    yield from refuses(get("ValueSet/$expand", {"url": f"{ROOT}.99"}), clause, right=right)


def looked_up(given: Given) -> Script:
    """A code is looked up by system and code; an unknown one is refused (SVC-06)."""
    clause = "ITI TF-2 3.98"
    answer = yield get("CodeSystem/$lookup", {"system": NAMES["code_system"], "code": "rojo"})
    display = parameter_of(answer, "display")
    if answer.status != 200 or display != COLOURS["rojo"] or not parameter_of(answer, "name"):
        found = (
            answer_text(answer)
            if answer.status != 200
            else f"name {parameter_of(answer, 'name')}, display {display}"
        )
        yield finding_at(
            "repository.other_display",
            "error",
            "CodeSystem/$lookup",
            clause,
            expected=COLOURS["rojo"],
            found=found,
        )
        return
    asked, right = (
        get("CodeSystem/$lookup", {"system": NAMES["code_system"], "code": code})
        for code in ("violeta", "rojo")
    )
    yield from refuses(asked, clause, right=right)


def validated_by_value_set(given: Given) -> Script:
    """A member is valid, a code outside is not, and a wrong display is told (SVC-07)."""
    query = {"url": NAMES["value_set"], "system": NAMES["code_system"]}
    for code, wanted in (("rojo", True), ("azul", False)):
        yield from validates("ValueSet", {**query, "code": code}, wanted=wanted)
    answer = yield get("ValueSet/$validate-code", {**query, "code": "rojo", "display": "Violeta"})
    if (
        answer.status == 200
        and parameter_of(answer, "result") is True
        and not parameter_of(answer, "message")
    ):
        yield finding_at(
            "repository.display_passed",
            "error",
            "ValueSet/$validate-code",
            "ITI TF-2 3.99",
            found="Violeta",
        )


def validated_by_code_system(given: Given) -> Script:
    """A code of the system is valid, another is not (SVC-08)."""
    for code, wanted in (("azul", True), ("violeta", False)):
        yield from validates(
            "CodeSystem", {"url": NAMES["code_system"], "code": code}, wanted=wanted
        )


def translated(given: Given) -> Script:
    """A code is translated by the map; one that it does not hold is not (SVC-10)."""
    query = {
        "url": NAMES["concept_map"],
        "system": NAMES["code_system"],
        "target": f"{NAMES['other_system']}.1",
        "source": NAMES["value_set"],
    }
    for code, wanted in (("rojo", True), ("azul", False)):
        answer = yield get("ConceptMap/$translate", {**query, "code": code})
        targets = [
            member(member(part, "valueCoding"), "code")
            for parameter in as_list(member(answer.json, "parameter"))
            for part in as_list(member(parameter, "part"))
        ]
        result = parameter_of(answer, "result")
        if answer.status != 200 or result is not wanted or (wanted and "red" not in targets):
            found = (
                answer_text(answer)
                if answer.status != 200
                else f"result {result}, {', '.join(map(str, targets))}"
            )
            expected = f"{code}: result {str(wanted).lower()}{', red' if wanted else ''}"
            yield finding_at(
                "repository.not_translated",
                "error",
                "ConceptMap/$translate",
                "ITI TF-2 3.101",
                expected=expected,
                found=found,
            )


def ips_value_sets(given: Given) -> Script:
    """Two value sets of IPS that need no SNOMED CT release but its codes are expanded (SVC-11)."""
    for url in IPS_SETS:
        answer = yield get("ValueSet/$expand", {"url": url})
        if answer.status != 200 or not expansion_of(answer):
            yield finding_at(
                "repository.no_ips_set", "error", url, "IPS 2.0.0", found=answer_text(answer)
            )


def _test(
    number: str,
    script: Callable[[Given], Script],
    clause: str,
    name: str = "",
    *,
    needs: tuple[str, ...] = (),
) -> Test:
    words = name or getattr(script, "__name__", "")
    after = {} if script in (loaded, capabilities, ips_value_sets) else {"loaded": "SVC-00"}
    return Test(f"svcm.repository.{words}", number, clause, script, "04", needs, after)


TESTS = (
    _test("SVC-00", loaded, "ITI TF-2 3.95, 3.96"),
    _test("SVC-01", capabilities, "SVCM 1:51.1.1"),
    *(
        _test(
            search.number,
            partial(searched, search=search),
            TRANSACTIONS[search.type],
            search.name,
            needs=tuple(search.needs),
        )
        for search in SEARCHES
    ),
    _test("SVC-04d", since, "ITI TF-2 3.96"),
    _test("SVC-03", read_in_both_formats, "ITI TF-2 3.95"),
    _test("SVC-05", expanded, "ITI TF-2 3.97"),
    _test("SVC-06", looked_up, "ITI TF-2 3.98"),
    _test("SVC-07", validated_by_value_set, "ITI TF-2 3.99"),
    _test("SVC-08", validated_by_code_system, "ITI TF-2 3.99"),
    _test("SVC-10", translated, "ITI TF-2 3.101", needs=("translate",)),
    _test("SVC-11", ips_value_sets, "IPS 2.0.0", needs=("ips",)),
)
TRACK = Track(
    "svcm.repository",
    "repository",
    TESTS,
    actor="terminology-repository",
    inputs={"translate": Input("yes")},
)
