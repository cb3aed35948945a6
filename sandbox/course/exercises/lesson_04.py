"""Lesson 04, terminology: expand, look up, validate and translate codes, a local one by way of
SNOMED CT to ICD-11.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from sandbox.course.exercise import Evidence, ExerciseSet, wrong
from sandbox.course.exercises.reading import (
    as_list,
    as_object,
    at,
    handed_in,
    place,
    wrong_prediction,
)
from sandbox.findings import Finding

EXERCISES = ExerciseSet("lesson_04")
GENDER = "http://hl7.org/fhir/ValueSet/administrative-gender"
SNOMED = "http://snomed.info/sct"
HYPERTENSION = "59621000"
LOCAL = "http://node-cl.example/terminology"
MAP = "http://node-cl.example/ConceptMap/diagnosticos"
TARGETS = {"DG-017": HYPERTENSION, "DG-042": "195967001"}
# a local code for which SNOMED CT has no concept: a forced row would change the diagnosis
UNMAPPED = "DG-113"
VALIDITY = {"female": "true", "femenino": "false", "infarction": "not checked"}
OUTCOMES = {"no_row": "false", "no_target": "false", "reverse": "true", "no_code": "400"}
EQUIVALENCES = {
    "relatedto",
    "equivalent",
    "equal",
    "wider",
    "subsumes",
    "narrower",
    "specializes",
    "inexact",
    "unmatched",
    "disjoint",
}


def _asks(answer: Any, operation: str) -> bool:
    return isinstance(answer, str) and answer.startswith(f"{operation}?")


def _parameter(answer: str, name: str) -> str:
    return parse_qs(urlsplit(answer).query).get(name, [""])[0]


def _refused(evidence: Evidence, answer: str) -> Finding | None:
    response = evidence["found"]
    if response.status == 200:
        return None
    reason = at(response.json, "issue", 0, "details", "text")
    return wrong("refused", expected="200", found=f"{response.status}: {reason}", where=answer)


def _value(parameters: Any, name: str) -> Any:
    """Returns the value of a parameter of an operation's answer, whatever its type."""
    for parameter in as_list(at(parameters, "parameter")):
        if at(parameter, "name") == name:
            return next(
                (value for key, value in parameter.items() if key.startswith("value")), None
            )
    return None


@EXERCISES.exercise(
    "4.1",
    clause="SVCM ITI-97; FHIR R4 valueset-operation-expand.html",
    needs=lambda answer: {"found": answer} if _asks(answer, "ValueSet/$expand") else {},
)
def expansion(answer: Any, evidence: Evidence) -> Finding | None:
    """The codes that Patient.gender may have."""
    if not _asks(answer, "ValueSet/$expand"):
        key = "definition" if str(answer).startswith("ValueSet") else "not_expand"
        return wrong(
            key, expected="ValueSet/$expand?url=…", found=answer if isinstance(answer, str) else "–"
        )
    fault = _refused(evidence, answer)
    if fault:
        return fault
    codes = {
        at(concept, "code")
        for concept in as_list(at(evidence["found"].json, "expansion", "contains"))
    }
    if codes == {"male", "female", "other", "unknown"}:
        return None
    return wrong("other_set", where="url", expected=GENDER, found=_parameter(answer, "url"))


@EXERCISES.exercise(
    "4.2",
    points=2,
    clause="SVCM ITI-96; FHIR R4 codesystem-operation-lookup.html",
    needs=lambda answer: {"found": answer} if _asks(answer, "CodeSystem/$lookup") else {},
)
def display_in_our_language(answer: Any, evidence: Evidence) -> Finding | None:
    """What a SNOMED CT code is called in the reader's language."""
    if not _asks(answer, "CodeSystem/$lookup"):
        return wrong(
            "not_lookup",
            expected="CodeSystem/$lookup?…",
            found=answer if isinstance(answer, str) else "–",
        )
    if _parameter(answer, "code") != HYPERTENSION:
        return wrong(
            "other_code", where="code", expected=HYPERTENSION, found=_parameter(answer, "code")
        )
    fault = _refused(evidence, answer)
    if fault:
        return fault
    shown = _value(evidence["found"].json, "display")
    # the display that the server gives is in English unless `displayLanguage` asks
    if shown in ("Hipertensión esencial", "Hipertensão essencial"):
        return None
    return wrong("english", where="displayLanguage", expected="es | pt", found=shown)


@EXERCISES.exercise(
    "4.3", points=2, clause="SVCM ITI-98; FHIR R4 valueset-operation-validate-code.html"
)
def predicted_validity(answer: Any, evidence: Evidence) -> Finding | None:
    """Valid, not valid, and not to be told: three answers, not two."""
    return wrong_prediction(answer, VALIDITY, tuple(VALIDITY.values()))


@EXERCISES.exercise(
    "4.4", points=2, clause="FHIR R4 conceptmap.html; valueset-concept-map-equivalence.html"
)
def national_map(answer: Any, evidence: Evidence) -> Finding | None:
    """Two local codes have their SNOMED CT concept, the third says that it has none."""
    concept_map = as_object(answer)
    if concept_map.get("resourceType") != "ConceptMap":
        kind = concept_map.get("resourceType", type(answer).__name__)
        return wrong("type", where="ConceptMap.resourceType", expected="ConceptMap", found=kind)
    group = as_object(at(concept_map, "group", 0))
    if (group.get("source"), group.get("target")) != (LOCAL, SNOMED):
        key = (
            "turned" if (group.get("target"), group.get("source")) == (LOCAL, SNOMED) else "systems"
        )
        where = "ConceptMap.group"
        systems = f"{group.get('source')} → {group.get('target')}"
        return wrong(key, where=where, expected=f"{LOCAL} → {SNOMED}", found=systems)
    elements = {
        at(element, "code"): as_object(at(element, "target", 0))
        for element in as_list(group.get("element"))
    }
    for code, target in TARGETS.items():
        mapping = elements.get(code, {})
        if mapping.get("code") != target:
            return wrong("target", where=code, found=mapping.get("code"), code=code)
        if mapping.get("equivalence") not in ("equivalent", "equal"):
            return wrong(
                "equivalence",
                where=code,
                expected="equivalent",
                found=mapping.get("equivalence"),
                code=code,
            )
    rest = elements.get(UNMAPPED, {})
    if rest.get("equivalence") != "unmatched" or rest.get("code"):
        key = "forced" if rest.get("code") else "unmatched"
        return wrong(key, where=UNMAPPED, expected="unmatched", found=rest or "–")
    return None


@EXERCISES.exercise(
    "4.5",
    points=2,
    clause="SVCM ITI-101; FHIR R4 conceptmap-operation-translate.html",
    needs=lambda _: {
        "stored": f"ConceptMap/$translate?url={quote(MAP)}&system={quote(LOCAL)}&code=DG-042"
    },
)
def translated_twice(answer: Any, evidence: Evidence) -> Finding | None:
    """From the local code by way of SNOMED CT to ICD-11, by two translations."""
    given = as_object(answer)
    # the first step is the learner's own map, which the server must have by now
    if _value(evidence["stored"].json, "result") is not True:
        return wrong(
            "not_stored", where=MAP, expected="result: true", found=evidence["stored"].status
        )
    if given.get("snomed") != TARGETS["DG-042"]:
        return wrong("snomed", where="snomed", found=given.get("snomed"))
    if given.get("icd11") != "CA23":
        # J45 is asthma too, in the older classification
        key = "icd10" if given.get("icd11") == "J45" else "icd11"
        return wrong(key, where="icd11", found=given.get("icd11"))
    return None


@EXERCISES.exercise(
    "4.6", points=2, clause="SVCM ITI-101; FHIR R4 conceptmap-operation-translate.html"
)
def predicted_translations(answer: Any, evidence: Evidence) -> Finding | None:
    """What `$translate` answers to four questions."""
    return wrong_prediction(answer, OUTCOMES, ("true", "false", "400"))


def _read_open(answer: Any) -> dict[str, str]:
    """Asks for the three resources of the open task, and for the expansion of the value set."""
    kinds = {"system": "CodeSystem", "map": "ConceptMap", "set": "ValueSet"}
    named = {
        name: at(answer, name) for name, kind in kinds.items() if place(at(answer, name), kind)
    }
    return named | ({"expanded": f"{named['set']}/$expand"} if "set" in named else {})


def _codes(evidence: Evidence) -> list[str]:
    concepts = [
        as_object(concept) for concept in as_list(handed_in(evidence, "system").get("concept"))
    ]
    return [str(concept["code"]) for concept in concepts if concept.get("code")]


@EXERCISES.exercise(
    "4.7a", clause="FHIR R4 codesystem.html", needs=_read_open, hidden_part_of="4.7"
)
def open_system(answer: Any, evidence: Evidence) -> Finding | None:
    """A code system of one's own, complete, with at least three concepts that have a display."""
    system = handed_in(evidence, "system")
    if not system:
        return wrong(
            "not_there", where="system", expected="CodeSystem/…", found=at(answer, "system")
        )
    if (
        not str(system.get("url", "")).startswith(("http://", "https://", "urn:"))
        or system.get("url") == LOCAL
    ):
        return wrong(
            "url", where="CodeSystem.url", expected="http://… | urn:…", found=system.get("url")
        )
    if system.get("content") != "complete":
        where = "CodeSystem.content"
        return wrong("content", where=where, expected="complete", found=system.get("content"))
    concepts = [as_object(concept) for concept in as_list(system.get("concept"))]
    if len(set(_codes(evidence))) < 3 or not all(concept.get("display") for concept in concepts):
        return wrong("concepts", where="CodeSystem.concept", expected="3", found=len(concepts))
    return None


@EXERCISES.exercise(
    "4.7b", clause="FHIR R4 conceptmap.html", needs=_read_open, hidden_part_of="4.7"
)
def open_coverage(answer: Any, evidence: Evidence) -> Finding | None:
    """The map has a row for each code of the system."""
    groups = [as_object(group) for group in as_list(handed_in(evidence, "map").get("group"))]
    if not groups:
        return wrong("not_there", where="map", expected="ConceptMap/…", found=at(answer, "map"))
    url = handed_in(evidence, "system").get("url")
    ours = [group for group in groups if group.get("source") == url]
    if not ours:
        return wrong(
            "source", where="ConceptMap.group.source", expected=url, found=groups[0].get("source")
        )
    rows = {at(element, "code") for group in ours for element in as_list(group.get("element"))}
    missing = [code for code in _codes(evidence) if code not in rows]
    return (
        wrong("missing", where="ConceptMap.group.element", found=", ".join(missing))
        if missing
        else None
    )


@EXERCISES.exercise(
    "4.7c",
    clause="FHIR R4 valueset-concept-map-equivalence.html",
    needs=_read_open,
    hidden_part_of="4.7",
)
def open_equivalence(answer: Any, evidence: Evidence) -> Finding | None:
    """Each row leads to SNOMED CT with an equivalence, or says that nothing fits."""
    groups = [as_object(group) for group in as_list(handed_in(evidence, "map").get("group"))]
    targets = [
        as_object(target)
        for group in groups
        for element in as_list(group.get("element"))
        for target in as_list(at(element, "target"))
    ]
    if not targets:
        return wrong("no_target", where="ConceptMap.group.element.target", found="–")
    if any(group.get("target") != SNOMED for group in groups):
        return wrong(
            "other_system",
            where="ConceptMap.group.target",
            expected=SNOMED,
            found=groups[0].get("target"),
        )
    for target in targets:
        if target.get("equivalence") not in EQUIVALENCES:
            return wrong(
                "word",
                where="target.equivalence",
                expected="equivalent …",
                found=target.get("equivalence"),
            )
        # `unmatched` with a code, or another word without one, says two things (FHIR R4 conceptmap)
        if (target["equivalence"] == "unmatched") == bool(target.get("code")):
            return wrong("contradiction", where="target", found=target)
    return None


@EXERCISES.exercise("4.7d", clause="FHIR R4 valueset.html", needs=_read_open, hidden_part_of="4.7")
def open_value_set(answer: Any, evidence: Evidence) -> Finding | None:
    """The value set expands to the codes of the system."""
    if not handed_in(evidence, "set"):
        return wrong("not_there", where="set", expected="ValueSet/…", found=at(answer, "set"))
    expansion = handed_in(evidence, "expanded")
    if not expansion:
        return wrong("not_expanded", where="ValueSet/$expand", found=at(answer, "set"))
    codes = {at(concept, "code") for concept in as_list(at(expansion, "expansion", "contains"))}
    wanted = set(_codes(evidence))
    # both ways: a code too many comes from including another system as a whole
    if not wanted or codes != wanted:
        expected = ", ".join(sorted(wanted))
        return wrong(
            "other_codes",
            where="expansion.contains",
            expected=expected,
            found=", ".join(sorted(map(str, codes))),
        )
    return None
