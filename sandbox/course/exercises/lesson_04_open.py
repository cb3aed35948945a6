"""Lesson 04, its open task: a national list with its map; judged when the facilitator grades."""

from __future__ import annotations

from typing import Any

from sandbox.course.comparing import as_json, compare_system, wrong
from sandbox.course.exercise import Asked, Evidence
from sandbox.course.exercises.lesson_04 import EQUIVALENCES, EXERCISES, FOREIGN, LOCAL, SNOMED
from sandbox.course.exercises.reading import (
    a_reference,
    as_list,
    as_object,
    at,
    by_name,
    handed_in,
    not_all_there,
    not_there,
)
from sandbox.findings import Finding

KINDS = {"system": "CodeSystem", "map": "ConceptMap", "set": "ValueSet"}


def _an_open(*names: str) -> Asked:
    """Asks for the resources of the open task under these names; the judge looks at the first."""

    def needs(answer: Any) -> dict[str, str]:
        wanted = {name: answer[name] for name in names}
        return wanted | ({"expanded": f"{wanted['set']}/$expand"} if "set" in wanted else {})

    return Asked(
        read=by_name(**{name: a_reference(KINDS[name]) for name in names}),
        needs=needs,
        resource=lambda _, evidence: handed_in(evidence, names[0]),
    )


def _codes(evidence: Evidence) -> list[str]:
    concepts = [
        as_object(concept) for concept in as_list(handed_in(evidence, "system").get("concept"))
    ]
    return [str(concept["code"]) for concept in concepts if concept.get("code")]


@EXERCISES.exercise(
    "4.7a", clause="FHIR R4 codesystem.html", asked=_an_open("system"), hidden_part_of="4.7"
)
def open_system(answer: Any, evidence: Evidence) -> Finding | None:
    """A code system of one's own, complete, with at least three concepts that have a display."""
    fault = not_there(evidence, "system", answer["system"])
    if fault:
        return fault
    system = handed_in(evidence, "system")
    url = str(system.get("url", ""))
    if not url.startswith(("http://", "https://", "urn:")) or url == LOCAL:
        return wrong("url", where="CodeSystem.url", expected="http://… | urn:…", found=url)
    if url.startswith(FOREIGN):
        return wrong("not_yours", where="CodeSystem.url", expected="http://… | urn:…", found=url)
    content = system.get("content")
    if content != "complete":
        return wrong("content", where="CodeSystem.content", expected="complete", found=content)
    concepts = [as_object(concept) for concept in as_list(system.get("concept"))]
    if len(set(_codes(evidence))) < 3 or not all(concept.get("display") for concept in concepts):
        return wrong("concepts", where="CodeSystem.concept", expected="3", found=len(concepts))
    return None


@EXERCISES.exercise(
    "4.7b",
    clause="FHIR R4 conceptmap.html",
    asked=_an_open("map", "system"),
    hidden_part_of="4.7",
)
def open_coverage(answer: Any, evidence: Evidence) -> Finding | None:
    """The map has a row for each code of the system."""
    fault = not_all_there(evidence, answer, "map", "system")
    if fault:
        return fault
    groups = [as_object(group) for group in as_list(handed_in(evidence, "map").get("group"))]
    url = handed_in(evidence, "system").get("url")
    ours = [group for group in groups if group.get("source") == url]
    if not ours:
        found = at(groups, 0, "source")
        return wrong("source", where="ConceptMap.group.source", expected=url, found=as_json(found))
    rows = {at(element, "code") for group in ours for element in as_list(group.get("element"))}
    missing = ", ".join(code for code in _codes(evidence) if code not in rows)
    return wrong("missing", where="ConceptMap.group.element", found=missing) if missing else None


@EXERCISES.exercise(
    "4.7c",
    clause="FHIR R4 valueset-concept-map-equivalence.html",
    asked=_an_open("map"),
    hidden_part_of="4.7",
)
def open_equivalence(answer: Any, evidence: Evidence) -> Finding | None:
    """Each row leads to SNOMED CT with an equivalence, or says that nothing fits."""
    fault = not_there(evidence, "map", answer["map"])
    if fault:
        return fault
    groups = [as_object(group) for group in as_list(handed_in(evidence, "map").get("group"))]
    where = "ConceptMap.group.target"
    systems = [
        compare_system("other_system", group.get("target"), SNOMED, where=where) for group in groups
    ]
    targets = [
        as_object(target)
        for group in groups
        for element in as_list(group.get("element"))
        for target in as_list(at(element, "target"))
    ]
    where = "ConceptMap.group.element.target"
    if not targets:
        return wrong("no_target", where=where, found="–")
    return next(filter(None, systems), None) or next(
        filter(None, map(_wrong_target, targets)), None
    )


def _wrong_target(target: dict[str, Any]) -> Finding | None:
    where = "ConceptMap.group.element.target"
    word = target.get("equivalence")
    if word not in EQUIVALENCES:
        return wrong("word", where=f"{where}.equivalence", expected="equivalent …", found=word)
    # `unmatched` with a code, or another word without one, says two things (FHIR R4 conceptmap)
    if (word == "unmatched") == bool(target.get("code")):
        return wrong("contradiction", where=where, found=as_json(target))
    return None


@EXERCISES.exercise(
    "4.7d",
    clause="FHIR R4 valueset.html",
    asked=_an_open("set", "system"),
    hidden_part_of="4.7",
)
def open_value_set(answer: Any, evidence: Evidence) -> Finding | None:
    """The value set expands to the codes of the system."""
    fault = not_there(evidence, "set", answer["set"])
    if fault:
        return fault
    expansion = handed_in(evidence, "expanded")
    if not expansion:
        return wrong("not_expanded", where="ValueSet/$expand", found=answer["set"])
    codes = {at(concept, "code") for concept in as_list(at(expansion, "expansion", "contains"))}
    wanted = set(_codes(evidence))
    # both ways: a code too many comes from including another system as a whole
    if not wanted or codes != wanted:
        expected = ", ".join(sorted(wanted))
        found = ", ".join(sorted(map(str, codes)))
        return wrong("other_codes", where="expansion.contains", expected=expected, found=found)
    return None
