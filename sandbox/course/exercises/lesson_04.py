"""Lesson 04, terminology: expand, look up, validate and translate codes, a local one by way of
SNOMED CT to ICD-11.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, parse_qsl, quote, urlsplit

from sandbox.course.comparing import (
    as_json,
    compare,
    compare_system,
    differs,
    is_same_uri,
    swapped,
    wrong,
)
from sandbox.course.exercise import Asked, Evidence, ExerciseSet, Reader
from sandbox.course.exercises.reading import (
    a_resource,
    as_list,
    as_object,
    at,
    below_base,
    by_name,
    no_type,
    not_a_request,
    wrong_prediction,
)
from sandbox.course.slips import slip_of
from sandbox.findings import Finding

EXERCISES = ExerciseSet("lesson_04")
GENDER = "http://hl7.org/fhir/ValueSet/administrative-gender"
SNOMED = "http://snomed.info/sct"
HYPERTENSION = "59621000"
LOCAL = "http://node-cl.example/terminology"
ICD_11_OF_ASTHMA = "CA23"
# systems that belong to somebody else, whatever a server takes
FOREIGN = (
    SNOMED,
    "http://loinc.org",
    "http://hl7.org/",
    "http://id.who.int/",
    "http://www.whocc.no/",
)
MAP = "http://node-cl.example/ConceptMap/diagnosticos"
TARGETS = {"DG-017": HYPERTENSION, "DG-042": "195967001"}
# a local code for which SNOMED CT has no concept: a forced row would change the diagnosis
# what somebody may call the parameter of the language
LANGUAGE = re.compile(r"(?i)^lang|^leng|^idioma|displaylang")
UNMAPPED = "DG-113"
VALIDITY = {"female": "true", "femenino": "false", "infarction": "not checked"}
OUTCOMES = {"no_row": "false", "no_target": "false", "reverse": "true", "no_code": "400"}
# words of R5 for what R4 calls otherwise (R5 conceptmap-relationship)
OF_RELEASE_5 = {"not-related-to", "source-is-broader-than-target", "related-to"}
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


def an_operation(path: str, *, likely: dict[str, str]) -> Reader:
    """Returns a reader of a request for an operation, below the server or with its whole address.

    Args:
        path: Such as `ValueSet/$expand`.
        likely: What is often asked instead: a pattern, and the sentence about it.
    """
    start = re.compile(rf"^(?:https?://\S+/|/)?{re.escape(path)}\?")
    expected = f"{path}?…"

    def read(answer: Any) -> Any:
        if isinstance(answer, str) and start.match(answer):
            return below_base(answer)
        fault = not_a_request(answer, expected)
        if fault:
            return fault
        name = next(name for pattern, name in likely.items() if re.search(pattern, answer))
        return wrong(name, expected=expected, found=answer)

    return read


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
    asked=Asked(
        read=an_operation(
            "ValueSet/$expand",
            likely={
                r"^/?ValueSet/\$expand$": "no_url",
                r"^/?ValueSet/[^/?]+/\$expand": "by_instance",
                r"^/?ValueSet/expand": "no_dollar",
                r"^/?CodeSystem/\$expand": "other_resource",
                r"^/?ValueSet/\$": "other_operation",
                r"^/?ValueSet": "definition",
                "": "not_expand",
            },
        ),
        needs=lambda answer: {"found": answer},
    ),
)
def expansion(answer: Any, evidence: Evidence) -> Finding | None:
    """The codes that Patient.gender may have."""
    url = _parameter(answer, "url")
    if not url:
        return wrong("no_url", where="url", expected="url=…", found=answer)
    bare = url.partition("|")[0]
    if bare != GENDER and is_same_uri(bare, GENDER):
        name = slip_of(bare, GENDER) if bare.casefold() == GENDER.casefold() else "scheme"
        return wrong(name, where="url", expected=GENDER, found=url)
    if bare == GENDER.replace("/ValueSet/", "/"):
        return wrong("not_the_set", where="url", expected=GENDER, found=url)
    fault = _refused(evidence, answer)
    if fault:
        return fault
    contains = as_list(at(evidence["found"].json, "expansion", "contains"))
    if {at(concept, "code") for concept in contains} == {"male", "female", "other", "unknown"}:
        return None
    return wrong("other_set", where="url", expected=GENDER, found=url)


@EXERCISES.exercise(
    "4.2",
    points=2,
    clause="SVCM ITI-96; FHIR R4 codesystem-operation-lookup.html",
    asked=Asked(
        read=an_operation(
            "CodeSystem/$lookup",
            likely={
                r"^/?CodeSystem/lookup": "no_dollar",
                r"^/?CodeSystem/\$": "other_operation",
                "": "not_lookup",
            },
        ),
        needs=lambda answer: {"found": answer},
    ),
)
def display_in_our_language(answer: Any, evidence: Evidence) -> Finding | None:
    """What a SNOMED CT code is called in the reader's language."""
    code = _parameter(answer, "code")
    fault = (
        compare("other_code", code, HYPERTENSION, where="code")
        if code
        else wrong("no_code", where="code", expected="code=…", found=answer)
    ) or compare_system("other_system", _parameter(answer, "system"), SNOMED, where="system")
    if fault:
        return fault
    names = [name for name, _ in parse_qsl(urlsplit(answer).query)]
    unknown = next((n for n in names if n != "displayLanguage" and LANGUAGE.search(n)), "")
    if unknown:
        return wrong("wrong_parameter", where=unknown, expected="displayLanguage", found=unknown)
    fault = _refused(evidence, answer)
    if fault:
        return fault
    shown = _value(evidence["found"].json, "display")
    # the display that the server gives is in English unless `displayLanguage` asks
    if shown in ("Hipertensión esencial", "Hipertensão essencial"):
        return None
    return wrong("english", where="displayLanguage", expected="es | pt", found=shown)


@EXERCISES.exercise(
    "4.3",
    points=2,
    clause="SVCM ITI-98; FHIR R4 valueset-operation-validate-code.html",
    asked=Asked(read=by_name(*VALIDITY)),
)
def predicted_validity(answer: Any, evidence: Evidence) -> Finding | None:
    """Valid, not valid, and not to be told: three answers, not two."""
    return wrong_prediction(answer, VALIDITY, tuple(VALIDITY.values()))


@EXERCISES.exercise(
    "4.4",
    points=2,
    clause="FHIR R4 conceptmap.html; valueset-concept-map-equivalence.html",
    asked=Asked(read=a_resource("ConceptMap"), resource=lambda answer, _: answer),
)
def national_map(answer: Any, evidence: Evidence) -> Finding | None:
    """Two local codes have their SNOMED CT concept, the third says that it has none."""
    fault = no_type(answer, "ConceptMap")
    if fault:
        return fault
    where = "ConceptMap.group"
    if isinstance(answer.get("group"), dict):
        found = as_json(answer["group"])
        return wrong("one_for_list", where=where, expected="[{…}]", found=found)
    group = as_object(at(answer, "group", 0))
    if (group.get("target"), group.get("source")) == (LOCAL, SNOMED):
        systems = f"{group.get('source')} → {group.get('target')}"
        return wrong("turned", where=where, expected=f"{LOCAL} → {SNOMED}", found=systems)
    source = group.get("source")
    if source != LOCAL:
        name = "scheme" if is_same_uri(source, LOCAL) else "systems"
        return differs(name, source, LOCAL, where=f"{where}.source")
    return compare_system(
        "other_system", group.get("target"), SNOMED, where=f"{where}.target"
    ) or _wrong_rows(group)


def _wrong_rows(group: dict[str, Any]) -> Finding | None:
    where = "ConceptMap.group.element"
    rows = {
        str(at(element, "code")): as_object(at(element, "target", 0))
        for element in as_list(group.get("element"))
    }
    both = swapped({code: at(rows.get(code), "code") for code in TARGETS}, TARGETS)
    if both:
        return both
    for code, target in TARGETS.items():
        row = rows.get(code, {})
        fault = compare(
            "target", row.get("code"), target, where=f"{where}.target.code", code=code
        ) or _wrong_equivalence(row.get("equivalence"), code)
        if fault:
            return fault
    return _not_unmatched(rows.get(UNMAPPED, {}))


def _wrong_equivalence(word: Any, code: str) -> Finding | None:
    where = "ConceptMap.group.element.target.equivalence"
    if word in ("equivalent", "equal"):
        return None
    name = "equivalence" if word in EQUIVALENCES else "equivalence_word"
    return compare(name, word, "equivalent", where=where, code=code)


def _not_unmatched(row: dict[str, Any]) -> Finding | None:
    where = "ConceptMap.group.element.target.equivalence"
    word = row.get("equivalence")
    if row.get("code"):
        return wrong("forced", where=where, expected="unmatched", found=as_json(row))
    if word in OF_RELEASE_5:
        return wrong("release_5", where=where, expected="unmatched", found=word)
    if word and word not in EQUIVALENCES:
        return wrong("equivalence_word", where=where, expected="unmatched", found=word)
    return compare("unmatched", word, "unmatched", where=where)


def _coded(answer: Any) -> Any:
    """Reads two codes, each as text or as a Coding."""
    read = by_name("snomed", "icd11")(answer)
    if isinstance(read, Finding):
        return read
    return {
        name: at(value, "code") if at(value, "system") else value for name, value in read.items()
    }


@EXERCISES.exercise(
    "4.5",
    points=2,
    clause="SVCM ITI-101; FHIR R4 conceptmap-operation-translate.html",
    asked=Asked(
        read=_coded,
        needs=lambda _: {
            "stored": f"ConceptMap/$translate?url={quote(MAP)}&system={quote(LOCAL)}&code=DG-042"
        },
    ),
)
def translated_twice(answer: Any, evidence: Evidence) -> Finding | None:
    """From the local code by way of SNOMED CT to ICD-11, by two translations."""
    # the first step is the learner's own map, which the server must have by now
    if _value(evidence["stored"].json, "result") is not True:
        found = evidence["stored"].status
        return wrong("not_stored", where=MAP, expected="result: true", found=found)
    right = {"snomed": TARGETS["DG-042"], "icd11": ICD_11_OF_ASTHMA}
    # J45 is asthma too, in the older classification
    name = "icd10" if str(answer["icd11"]).startswith("J45") else "icd11"
    return (
        swapped(answer, right)
        or compare("snomed", answer["snomed"], right["snomed"], where="snomed")
        or compare(name, answer["icd11"], right["icd11"], where="icd11")
    )


@EXERCISES.exercise(
    "4.6",
    points=2,
    clause="SVCM ITI-101; FHIR R4 conceptmap-operation-translate.html",
    asked=Asked(read=by_name(*OUTCOMES)),
)
def predicted_translations(answer: Any, evidence: Evidence) -> Finding | None:
    """What `$translate` answers to four questions."""
    return wrong_prediction(answer, OUTCOMES, ("true", "false", "400"))
