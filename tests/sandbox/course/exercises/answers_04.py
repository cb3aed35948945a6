"""What a learner of lesson 04 has at hand, and the terminology that participants stored."""

from starlette.testclient import TestClient

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


def plant(client: TestClient) -> None:
    """Stores the participants' terminology."""
    for place, resource in ON_SERVER.items():
        assert (
            put(client, f"/{place}", {**resource, "id": place.partition("/")[2]}).status_code == 201
        ), place
