from sandbox.definitions.store import Definitions, core_definitions
from sandbox.terminology.translation import Question, translate

HERE, THERE = "http://example.org/here", "http://example.org/there"
MAP = {
    "resourceType": "ConceptMap", "url": "urn:map",
    "group": [{"source": HERE, "target": THERE, "element": [
        ["a", "A", [["x", "X", "equivalent"], ["y", "Y", "wider"]]],
        ["b", "B", [["", "", "unmatched"]]],
    ]}],
}  # fmt: skip
KNOWN = Definitions([MAP])


def found(code: str, **wish: str) -> list[tuple[str, str, str]]:
    return [
        (m.system, m.code, m.equivalence)
        for m in translate(KNOWN, Question(wish.pop("system", HERE), code, **wish))
    ]


def test_a_code_is_translated_along_the_map() -> None:
    assert found("a") == [(THERE, "x", "equivalent"), (THERE, "y", "wider")]


def test_a_code_is_translated_against_the_map_with_the_equivalence_turned() -> None:
    back = list(translate(KNOWN, Question(THERE, "y", reverse=True)))
    assert [(m.system, m.code, m.equivalence) for m in back] == [(HERE, "a", "narrower")]


def test_target_and_map_narrow_the_answer() -> None:
    assert found("a", target="http://example.org/elsewhere") == []
    assert found("a", concept_map="urn:other") == []
    assert len(found("a", target=THERE, concept_map="urn:map")) == 2


def test_unmatched_is_said_and_is_no_match() -> None:
    (said,) = translate(KNOWN, Question(HERE, "b"))
    assert not said.is_match
    assert found("z") == []


def test_the_seed_leads_from_snomed_to_icd_10_and_icd_11() -> None:
    matches = translate(core_definitions(), Question("http://snomed.info/sct", "59621000"))
    assert {m.code for m in matches} >= {"I10", "BA00"}
