"""Answers to the exercises of lesson 04, right and wrong, and the terminology that participants stored."""

from typing import Any

from starlette.testclient import TestClient

from sandbox.course.exercises.lesson_04 import EXERCISES as EXERCISES
from sandbox.fhir.json import Json
from tests.builders import put

SNOMED = "http://snomed.info/sct"
LOCAL = "http://node-cl.example/terminology"
EXPAND = "ValueSet/$expand?url=http://hl7.org/fhir/ValueSet/administrative-gender"
LOOKUP = "CodeSystem/$lookup?system=http://snomed.info/sct&code=59621000&displayLanguage=es"
VALIDITY = {"female": "true", "femenino": "false", "infarction": "not checked"}
OUTCOMES = {"no_row": "false", "no_target": "false", "reverse": "true", "no_code": "400"}
CODES = {"snomed": "195967001", "icd11": "CA23"}


def a_map(
    *rows: Json, source: str = LOCAL, target: str = SNOMED, url: str = "http://node-cl.example/map"
) -> Json:
    group = {"source": source, "target": target, "element": list(rows)}
    return {"resourceType": "ConceptMap", "url": url, "status": "draft", "group": [group]}


def row(code: str, *targets: Json) -> Json:
    return {"code": code, "target": list(targets)}


def to(code: str = "", equivalence: str = "equivalent") -> Json:
    return {"code": code, "equivalence": equivalence} if code else {"equivalence": equivalence}


ROWS = [
    row("DG-017", to("59621000")),
    row("DG-042", to("195967001")),
    row("DG-113", to(equivalence="unmatched")),
]
NATIONAL = a_map(*ROWS, url="http://node-cl.example/ConceptMap/diagnosticos")

OURS = "http://node-py.example/diagnosticos"
CONCEPTS = [{"code": code, "display": f"Diagnóstico {code}"} for code in "ABC"]
SYSTEM: Json = {
    "resourceType": "CodeSystem",
    "url": OURS,
    "status": "draft",
    "content": "complete",
    "concept": CONCEPTS,
}
SET: Json = {
    "resourceType": "ValueSet",
    "url": f"{OURS}/all",
    "status": "draft",
    "compose": {"include": [{"system": OURS}]},
}
A, B, C = (
    row("A", to("195967001")),
    row("B", to("37796009", "wider")),
    row("C", to(equivalence="unmatched")),
)


def ours(*rows: Json, **group: str) -> Json:
    return a_map(*rows, **{"source": OURS, "url": f"{OURS}/map", **group})


ON_SERVER: dict[str, Json] = {
    "CodeSystem/right": SYSTEM,
    "CodeSystem/relative": {**SYSTEM, "url": "diagnosticos"},
    "CodeSystem/part": {**SYSTEM, "url": f"{OURS}/part", "content": "fragment"},
    "CodeSystem/few": {**SYSTEM, "url": f"{OURS}/few", "concept": CONCEPTS[:2]},
    "CodeSystem/mute": {**SYSTEM, "url": f"{OURS}/mute", "concept": [{"code": code} for code in "ABC"]},
    "ValueSet/right": SET,
    "ValueSet/nothing": {**SET, "url": f"{OURS}/none", "compose": {"include": [{"system": "http://none.example"}]}},
    "ValueSet/some": {
        **SET, "url": f"{OURS}/some", "compose": {"include": [{"system": OURS, "concept": [{"code": "A"}]}]}
    },
    "ConceptMap/national": NATIONAL,
    "ConceptMap/right": ours(A, B, C),
    "ConceptMap/foreign": ours(A, B, C, source=LOCAL),
    "ConceptMap/short": ours(A, B),
    "ConceptMap/empty": ours(row("A"), row("B"), row("C")),
    "ConceptMap/icd": ours(A, B, C, target="http://id.who.int/icd/release/11/mms"),
    "ConceptMap/odd": ours(row("A", to("195967001", "igual"))),
    "ConceptMap/forced": ours(row("C", to("195967001", "unmatched"))),
    "ConceptMap/hollow": ours(row("C", to(equivalence="equivalent"))),
}  # fmt: skip
OPEN = {"system": "CodeSystem/right", "map": "ConceptMap/right", "set": "ValueSet/right"}
RIGHT: list[tuple[str, Any]] = [
    ("4.1", EXPAND),
    ("4.2", LOOKUP),
    ("4.2", LOOKUP.replace("=es", "=pt-BR")),
    ("4.3", VALIDITY),
    ("4.3", {"female": True, "femenino": False, "infarction": "not_checked"}),
    ("4.4", NATIONAL),
    ("4.5", CODES),
    ("4.6", OUTCOMES),
    ("4.6", {"no_row": False, "no_target": False, "reverse": True, "no_code": 400}),
    *[(part, OPEN) for part in ("4.7a", "4.7b", "4.7c", "4.7d")],
]
WRONG: list[tuple[str, Any, str]] = [
    ("4.1", "CodeSystem/$lookup?code=male", "not_expand"),
    ("4.1", "ValueSet?url=http://hl7.org/fhir/ValueSet/administrative-gender", "definition"),
    ("4.1", "ValueSet/$expand?url=http://none.example", "refused"),
    ("4.1", "ValueSet/$expand?url=http://hl7.org/fhir/ValueSet/contact-point-system", "other_set"),
    ("4.2", EXPAND, "not_lookup"),
    ("4.2", LOOKUP.replace("59621000", "195967001"), "other_code"),
    ("4.2", LOOKUP.replace("http://snomed.info/sct", "SNOMED"), "refused"),
    ("4.2", LOOKUP.partition("&displayLanguage")[0], "english"),
    ("4.3", {**VALIDITY, "female": "yes"}, "word"),
    ("4.3", {**VALIDITY, "female": "not checked"}, "female"),
    ("4.3", {**VALIDITY, "femenino": "not checked"}, "femenino"),
    ("4.3", {**VALIDITY, "infarction": "false"}, "infarction"),
    ("4.4", [NATIONAL], "type"),
    ("4.4", a_map(*ROWS, source=SNOMED, target=LOCAL), "turned"),
    ("4.4", a_map(*ROWS, target="SNOMED CT"), "systems"),
    ("4.4", a_map(ROWS[0], row("DG-042", to("1")), ROWS[2]), "target"),
    ("4.4", a_map(ROWS[0], row("DG-042", to("195967001", "wider")), ROWS[2]), "equivalence"),
    ("4.4", a_map(*ROWS[:2], row("DG-113", to("38362002"))), "forced"),
    ("4.4", a_map(*ROWS[:2]), "unmatched"),
    ("4.5", {**CODES, "snomed": "DG-042"}, "snomed"),
    ("4.5", {**CODES, "icd11": "J45"}, "icd10"),
    ("4.5", {**CODES, "icd11": "195967001"}, "icd11"),
    ("4.6", {**OUTCOMES, "no_row": 404}, "word"),
    ("4.6", {**OUTCOMES, "no_row": "400"}, "no_row"),
    ("4.6", {**OUTCOMES, "no_target": "true"}, "no_target"),
    ("4.6", {**OUTCOMES, "reverse": "false"}, "reverse"),
    ("4.6", {**OUTCOMES, "no_code": "false"}, "no_code"),
    ("4.7a", {**OPEN, "system": "CodeSystem/nowhere"}, "not_there"),
    ("4.7a", {**OPEN, "system": "CodeSystem/relative"}, "url"),
    ("4.7a", {**OPEN, "system": "CodeSystem/part"}, "content"),
    ("4.7a", {**OPEN, "system": "CodeSystem/few"}, "concepts"),
    ("4.7a", {**OPEN, "system": "CodeSystem/mute"}, "concepts"),
    ("4.7b", {**OPEN, "map": "ConceptMap/nowhere"}, "not_there"),
    ("4.7b", {**OPEN, "map": "ConceptMap/foreign"}, "source"),
    ("4.7b", {**OPEN, "map": "ConceptMap/short"}, "missing"),
    ("4.7c", {**OPEN, "map": "ConceptMap/empty"}, "no_target"),
    ("4.7c", {**OPEN, "map": "ConceptMap/icd"}, "other_system"),
    ("4.7c", {**OPEN, "map": "ConceptMap/odd"}, "word"),
    ("4.7c", {**OPEN, "map": "ConceptMap/forced"}, "contradiction"),
    ("4.7c", {**OPEN, "map": "ConceptMap/hollow"}, "contradiction"),
    ("4.7d", {**OPEN, "set": "ValueSet/nowhere"}, "not_there"),
    ("4.7d", {**OPEN, "set": "ValueSet/nothing"}, "not_expanded"),
    ("4.7d", {**OPEN, "set": "ValueSet/some"}, "other_codes"),
]


def plant(client: TestClient) -> None:
    """Stores the participants' terminology."""
    for place, resource in ON_SERVER.items():
        assert (
            put(client, f"/{place}", {**resource, "id": place.partition("/")[2]}).status_code == 201
        ), place
