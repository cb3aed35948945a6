"""The organisers' readiness check of a country's terminology server: what the event's exercises
will ask of it.

Capabilities, six code systems with a lookup in each, twenty-four value sets that expand, concept
maps that translate. Each success is told too, so that the list reads as the organisers' does.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from functools import partial
from typing import Any

from sandbox.exchange import Exchange
from sandbox.fhir.json import Json, as_list, member
from sandbox.findings import Finding
from sandbox.testbench.script import (
    Given,
    Request,
    Script,
    Test,
    Track,
    answer_text,
    finding_at,
    get,
)

VALUE_SETS = "http://racsel.org/fhir/ValueSet/"
CONCEPT_MAPS = "http://racsel.org/fhir/ConceptMap/"
DOMAINS = (
    "antecedentes-personales",
    "diagnosticos",
    "vacunas",
    "alergias",
    "medicacion",
    "procedimientos",
)
# The organisers' daily check wants exactly these 24: one less is an error, one more a remark.
EXPECTED = (
    *(f"{domain}{kind}" for domain in DOMAINS for kind in ("-vs", "-racsel-vs", "-local-vs")),
    *("racsel-vs", "local-vs", "snomed-vs", "cie10-vs", "cie11-vs", "prequal-vs"),
)
# Code systems of the exercise: names under which they are deployed, the right one first, and a code
# to look up; where no code is known beforehand, the first one of a value set.
SYSTEMS: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (("http://snomed.info/sct",), "96309000", ""),
    (("http://hl7.org/fhir/sid/icd-10",), "E79.0", ""),
    (("http://id.who.int/icd/release/11/mms", "http://id.who.int/icd11/mms"), "XM0N24", ""),
    (("http://smart.who.int/pcmt-vaxprequal/CodeSystem/PreQualProductIDs",), "", "prequal-vs"),
    (("http://racsel.org/connectathon",), "A10", ""),
    ((), "", "local-vs"),
)
# The first row of the organisers' spreadsheet, where a converter took it for a concept.
HEADER_WORDS = (
    "código",
    "codigo",
    "code",
    "término",
    "termino",
    "term",
    "description",
    "descripción",
)
# of 200 each: a package of the event has about a hundred, and a link `next` may lead in a circle
MOST_PAGES = 20
Asking = Generator[Request | Finding, Exchange, Any]


_finding = partial(finding_at, clause="SVCM 1:51")


def capabilities(given: Given) -> Script:
    """The server says what it can (FHIR R4 http.html#capabilities)."""
    answer = yield get("metadata")
    if answer.status != 200 or member(answer.json, "resourceType") != "CapabilityStatement":
        yield _finding(
            "readiness.no_capabilities",
            "error",
            "metadata",
            expected="CapabilityStatement",
            found=answer_text(answer),
        )
        return
    software = answer.json.get("software")
    yield _finding(
        "readiness.capabilities",
        "information",
        "metadata",
        found=str(member(software, "name") or "–"),
    )


def code_systems(given: Given) -> Script:
    """Each code system is listed, and a code in it can be looked up (ITI-96, ITI-98)."""
    for urls, code, value_set in SYSTEMS:
        if value_set:
            first = yield from _first_of(value_set)
            if first is None:
                yield _finding("readiness.no_code_known", "error", VALUE_SETS + value_set)
                continue
            yield from _names_checked(first, value_set)
            own = str(first.get("system", ""))
            urls = (own, *(url for url in urls if url != own))
            code = str(first.get("code", ""))
        yield from _system(urls, code)


def value_sets(given: Given) -> Script:
    """The twenty-four value sets of the exercise are there, and each expands to a code at least
    (ITI-95, ITI-97).
    """
    listed = yield from _listed("ValueSet", VALUE_SETS)
    for name in EXPECTED:
        url = VALUE_SETS + name
        # the largest of them has some hundred codes: one page holds each
        answer = yield get("ValueSet/$expand", {"url": url, "count": "1000"})
        codes = list(_concepts(answer))
        if codes:
            yield _finding("readiness.value_set", "information", url, found=str(len(codes)))
        elif answer.status == 200:
            yield _finding("readiness.value_set_empty", "error", url)
        elif url in listed:
            yield _finding("readiness.value_set_fails", "error", url, found=answer_text(answer))
        else:
            yield _finding("readiness.value_set_absent", "error", url)
    for url in sorted(set(listed) - {VALUE_SETS + name for name in EXPECTED}):
        yield _finding("readiness.value_set_more", "warning", url)


def concept_maps(given: Given) -> Script:
    """Each concept map of the exercise translates the first code of its source (ITI-100,
    ITI-101).
    """
    listed = yield from _listed("ConceptMap", CONCEPT_MAPS)
    if not listed:
        yield _finding("readiness.no_concept_maps", "error", CONCEPT_MAPS)
    for url, concept_map in listed.items():
        if not concept_map.get("group"):  # a server may list no more than the heads
            answer = yield get(f"ConceptMap/{concept_map.get('id')}")
            concept_map = answer.json if isinstance(answer.json, dict) else {}
        group = next(iter(as_list(concept_map.get("group"))), None)
        element = next(iter(as_list(member(group, "element"))), None)
        system, code = (
            str(part or "") for part in (member(group, "source"), member(element, "code"))
        )
        if not code:
            yield _finding("readiness.concept_map_empty", "error", url)
            continue
        answer = yield get("ConceptMap/$translate", {"url": url, "system": system, "code": code})
        targets = [code for code in _targets(answer) if code]
        if targets:
            yield _finding(
                "readiness.concept_map", "information", url, code=code, found=", ".join(targets)
            )
        else:
            yield _finding(
                "readiness.concept_map_fails", "error", url, code=code, found=answer_text(answer)
            )


TESTS = (
    Test(
        "terminology.readiness.capabilities",
        "RDY-01",
        "SVCM 3:4.95; FHIR R4 http.html#capabilities",
        capabilities,
        "04",
    ),
    Test("terminology.readiness.code_systems", "RDY-02", "ITI TF-2 3.96, 3.98", code_systems, "04"),
    Test("terminology.readiness.value_sets", "RDY-03", "ITI TF-2 3.95, 3.97", value_sets, "04"),
    Test(
        "terminology.readiness.concept_maps", "RDY-04", "ITI TF-2 3.100, 3.101", concept_maps, "04"
    ),
)
TRACK = Track("terminology.readiness", "readiness", TESTS, actor="terminology-repository")


def _system(urls: tuple[str, ...], code: str) -> Asking:
    """Looks a code up under each name of its system until one knows it."""
    for url in urls:
        answer = yield get("CodeSystem/$lookup", {"system": url, "code": code})
        parameters = as_list(member(answer.json, "parameter"))
        display = next(
            (
                parameter.get("valueString")
                for parameter in parameters
                if member(parameter, "name") == "display"
            ),
            None,
        )
        if answer.status != 200 or not display:
            continue
        listed = yield get("CodeSystem", {"url": url})
        if not as_list(member(listed.json, "entry")):
            yield _finding("readiness.system_not_listed", "warning", url, code=code)
        elif url != urls[0]:
            yield _finding(
                "readiness.system_other_name", "warning", url, expected=urls[0], code=code
            )
        else:
            yield _finding("readiness.system", "information", url, code=code, found=str(display))
        return
    yield _finding("readiness.system_fails", "error", urls[0], code=code, found=answer_text(answer))


def _first_of(name: str) -> Asking:
    answer = yield get("ValueSet/$expand", {"url": VALUE_SETS + name, "count": "1000"})
    return next(_concepts(answer), None)


def _names_checked(first: Json, value_set: str) -> Iterator[Finding]:
    """Tells of two slips of the spreadsheet: its heading as a code, and a wrong letter in the
    system's address.
    """
    words = f"{first.get('code', '')} {first.get('display', '')}".lower().split()
    if any(word in HEADER_WORDS for word in words[:2]):
        yield _finding(
            "readiness.heading_as_code",
            "error",
            VALUE_SETS + value_set,
            found=str(first.get("code")),
        )
    last = str(first.get("system", "")).rpartition("/")[2]
    if value_set == "local-vs" and last != "terminology" and last.startswith("term"):
        yield _finding(
            "readiness.system_misspelt",
            "warning",
            str(first.get("system")),
            expected="terminology",
            found=last,
        )


def _listed(type: str, prefix: str) -> Asking:
    """Returns the resources of a type whose canonical begins with the prefix, by canonical; follows
    the pages.
    """
    listed: dict[str, Json] = {}
    # chosen here, since a server need not have modifiers such as url:below (search.html#modifiers)
    request = get(type, {"_count": "200"})
    for _ in range(MOST_PAGES):
        answer = yield request
        if answer.status != 200:
            break
        for entry in as_list(member(answer.json, "entry")):
            resource = member(entry, "resource")
            url = member(resource, "url")
            if isinstance(resource, dict) and isinstance(url, str) and url.startswith(prefix):
                listed[url] = resource
        links = as_list(member(answer.json, "link"))
        following = next(
            (link.get("url") for link in links if member(link, "relation") == "next"), None
        )
        if not isinstance(following, str):
            break
        request = Request("GET", following, request.headers)
    return listed


def _concepts(answer: Exchange) -> Iterator[Json]:
    expansion = member(answer.json, "expansion") if answer.status == 200 else None
    waiting = list(as_list(member(expansion, "contains")))
    while waiting:
        concept = waiting.pop(0)
        if isinstance(concept, dict):
            # an abstract entry only groups others and cannot be recorded (valueset.html#expansion)
            if concept.get("code") and not concept.get("abstract"):
                yield concept
            waiting += as_list(concept.get("contains"))


def _targets(answer: Exchange) -> Iterator[str]:
    for match in as_list(member(answer.json, "parameter")):
        if member(match, "name") == "match":
            for part in as_list(match.get("part")):
                if member(part, "name") == "concept":
                    yield str(member(part.get("valueCoding"), "code") or "")
