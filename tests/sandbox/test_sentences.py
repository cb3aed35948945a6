import tomllib

import pytest

from sandbox.definitions.store import core_definitions
from sandbox.findings import Finding
from sandbox.i18n import LANGUAGES, MESSAGES, Language
from sandbox.sentences import fix_of, text_of

BROKEN = Finding(
    "validation.invariant", "error", "validation.invariant", params={"name": "bdl-9", "human": "A document must …"}
)


@pytest.mark.parametrize(("language", "word"), [("en", "identifier"), ("es", "identificador"), ("pt", "identificador")])
def test_an_invariant_is_explained_in_the_language_of_the_reader(language: Language, word: str) -> None:
    assert word in text_of(BROKEN, language)
    assert "A document must" not in text_of(BROKEN, language)
    assert fix_of(BROKEN, language)


def test_an_invariant_without_a_sentence_of_ours_keeps_the_words_of_its_author() -> None:
    other = Finding(
        "validation.invariant", "error", "validation.invariant", params={"name": "x-1", "human": "Their words."}
    )
    assert "Their words." in text_of(other, "es")


def test_every_invariant_that_ips_and_our_guides_add_has_its_sentence() -> None:
    catalogue = tomllib.loads((MESSAGES / "en" / "invariants.toml").read_text(encoding="utf-8"))
    added = set()
    for structure in core_definitions().structures():
        is_profile = structure.get("derivation") == "constraint"
        if is_profile and not structure["url"].startswith("http://hl7.org/fhir/StructureDefinition/"):
            added |= {one["key"] for element in structure["element"] for one in element.get("constraint", [])}
    assert len(added) > 8
    assert added <= set(catalogue)


def test_no_invariant_is_explained_in_english_only() -> None:
    texts = [
        tomllib.loads((MESSAGES / language / "invariants.toml").read_text(encoding="utf-8")) for language in LANGUAGES
    ]
    for key, text in texts[0].items():
        assert text not in (texts[1][key], texts[2][key]), key
