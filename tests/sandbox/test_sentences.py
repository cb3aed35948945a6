import re
import tomllib

import pytest

from sandbox.definitions.store import core_definitions
from sandbox.findings import Finding
from sandbox.i18n import ENGLISH, LANGUAGES, MESSAGES, Language, load_room
from sandbox.sentences import fix_of, page_fix_of, public_fix_of, public_text_of, text_of
from sandbox.validation import validate
from sandbox.validation.primitives import PRIMITIVES, RANGES, fault_of

BROKEN = Finding(
    "validation.invariant",
    "error",
    "validation.invariant",
    params={"name": "bdl-9", "human": "A document must …"},
)


@pytest.mark.parametrize(
    ("language", "word"), [("en", "document"), ("es", "El documento"), ("pt", "O documento")]
)
def test_an_invariant_is_explained_in_the_language_of_the_reader(
    language: Language, word: str
) -> None:
    assert word in text_of(BROKEN, language)
    assert "A document must" not in text_of(BROKEN, language)
    assert fix_of(BROKEN, language)


def test_an_invariant_without_a_sentence_of_ours_keeps_the_words_of_its_author() -> None:
    other = Finding(
        "validation.invariant",
        "error",
        "validation.invariant",
        params={"name": "x-1", "human": "Their words.", "expression": "a.exists()"},
    )
    assert "Their words." in text_of(other, "es")
    assert "a.exists()" in fix_of(other, "es")


def test_a_broken_invariant_says_what_to_write() -> None:
    assert "urn:uuid:" in fix_of(BROKEN, "es")


def test_the_rule_for_names_of_definitions_has_one_sentence_whatever_its_key() -> None:
    rules = [
        Finding(
            "validation.invariant",
            "warning",
            "validation.invariant",
            params={"name": name, "human": "Name ..."},
        )
        for name in ("lib-0", "vsd-0", "sdf-0")
    ]
    assert len({text_of(rule, "pt") for rule in rules}) == 1
    assert "PatientSummary" in fix_of(rules[0], "pt")


def test_every_invariant_that_ips_and_our_guides_add_has_its_sentence() -> None:
    catalogue = tomllib.loads((MESSAGES / "en" / "invariants.toml").read_text(encoding="utf-8"))
    added = set()
    for structure in core_definitions().structures():
        is_profile = structure.get("derivation") == "constraint"
        if is_profile and not structure["url"].startswith(
            "http://hl7.org/fhir/StructureDefinition/"
        ):
            added |= {
                one["key"]
                for element in structure["element"]
                for one in element.get("constraint", [])
            }
    assert len(added) > 8
    assert added <= set(catalogue)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_primitive_type_shows_values_that_are_right(language: Language) -> None:
    catalogue = {**load_room(ENGLISH, "primitives"), **load_room(language, "primitives")}
    assert {key.partition(".")[0] for key in catalogue} == PRIMITIVES
    for type in PRIMITIVES - {"xhtml"}:
        examples = re.findall(r'"([^"]+)"', catalogue[f"{type}.fix"])
        assert examples or type in {*RANGES, "decimal", "boolean"}
        assert [example for example in examples if fault_of(type, example)] == []


def test_a_uuid_that_is_no_uuid_is_explained_as_one() -> None:
    resource = {
        "resourceType": "Basic",
        "code": {"coding": [{"system": "urn:uuid:036f662687f7d30f8204d43dc9f48d3f"}]},
    }
    (finding,) = [each for each in validate(resource) if each.key == "validation.primitive_format"]
    assert finding.expected == "uuid"
    assert "8, 4, 4" in fix_of(finding, "es")
    assert "036f" not in public_fix_of(finding, "es")


def test_a_value_of_another_kind_is_shown_as_it_is_written() -> None:
    resource = {
        "resourceType": "Patient",
        "active": "true",
        "birthDate": None,
        "gender": {"code": None},
    }
    found = {
        each.where: each.found
        for each in validate(resource)
        if each.key == "validation.primitive_kind"
    }
    assert found == {"Patient.active": '"true"', "Patient.gender": '{"code":null}'}


def test_no_invariant_is_explained_in_english_only() -> None:
    english = load_room(ENGLISH, "invariants")
    for language in set(LANGUAGES) - {ENGLISH}:
        other = load_room(language, "invariants")
        assert [key for key, text in english.items() if other.get(key) == text] == [], language


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "the document itself, JSON or XML, 1 | passcode of the link"),
        ("es", ", 1 | "),
        ("pt", ", 1 | "),
    ],
)
def test_an_input_that_is_lacking_is_told_by_what_it_is(language: Language, words: str) -> None:
    key = "testbench.missing_input"
    lacking = Finding(key, "information", key, params={"name": "document, 1 | passcode"})
    label = load_room(language, "testbench")["input.document"]
    for said in (text_of(lacking, language), public_text_of(lacking, language)):
        assert words in said
        assert label in said
        assert "…" not in said
    assert fix_of(lacking, language) == public_fix_of(lacking, language)
    # its name is for whoever types it
    assert "(document, 1 | passcode)" in fix_of(lacking, language)
    assert "passcode)" not in page_fix_of(lacking, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_option_that_a_system_does_not_declare_is_said_as_a_form_asks_it(
    language: Language,
) -> None:
    key = "testbench.missing_input"
    lacking = Finding(key, "information", key, params={"name": "simplified"})
    said = text_of(lacking, language)
    assert load_room(language, "floor")["option.simplified"][1:] in said
    assert "yes" not in said + page_fix_of(lacking, language)
    assert "simplified=yes" in fix_of(lacking, language)


def test_nothing_is_a_word_in_a_sentence() -> None:
    empty = Finding("x", "error", "source.no_transaction", params={"found": "–"})
    assert (
        text_of(empty, "pt") == "Era esperado um Bundle do tipo transaction, e chegou isto: nada."
    )


def test_an_actor_is_named_in_the_language_of_the_reader() -> None:
    params = {"name": "nodo", "actor": "document-consumer"}
    other = Finding("testbench.no_peer", "error", "testbench.no_peer", params)
    assert "Consumidor de documentos (Document Consumer)" in text_of(other, "es")
    assert "document-consumer" not in text_of(other, "pt")
    used = Finding(
        "x", "error", "plan.role_in_use", {"place": "tests[0]", "actor": "document-consumer"}
    )
    assert "document-consumer" in text_of(used, "es")


def test_what_is_hidden_is_named_for_what_it_is() -> None:
    params = {"expected": "secret", "found": "other"}
    changed = Finding("x", "error", "peers.changed", params)
    said = public_text_of(changed, "es")
    assert said == "La fuente dijo [lo esperado], y el receptor devuelve [lo encontrado]."
