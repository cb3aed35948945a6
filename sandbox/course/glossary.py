"""The words of the course: which there are, and in which lesson each is met first.

What a word is called and means stands in the catalogue `glossary`.
"""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.i18n import Language, say

MET_IN = {
    "resource": "01_fhir",
    "reference": "01_fhir",
    "identifier": "01_fhir",
    "etag": "01_fhir",
    "transaction": "01_fhir",
    "operation_outcome": "01_fhir",
    "summary": "02_ips",
    "composition": "02_ips",
    "narrative": "02_ips",
    "profile": "02_ips",
    "custodian": "02_ips",
    "submission": "03_mhd",
    "document_reference": "03_mhd",
    "hash": "03_mhd",
    "code_system": "04_terminology",
    "value_set": "04_terminology",
    "concept_map": "04_terminology",
    "certificate": "05_certificates",
    "trust_list": "06_trust",
    "health_link": "07_links",
    "test_bench": "08_workshop",
    "verdict": "09_rehearsal",
    "mediator": "10_event_systems",
    "credential": "11_wallet",
    "monitor": "12_monitor",
    "token": "13_identity",
}


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the course in one language.

    Attributes:
        name: What it is called there.
        meaning: In one sentence.
        lesson: Where it is met first, such as `01_fhir`.
    """

    name: str
    meaning: str
    lesson: str


def words_of(language: Language) -> list[Word]:
    """Returns the words of the course, in the order of the alphabet."""
    words = [
        Word(say(f"glossary.{key}.name", language), say(f"glossary.{key}.meaning", language), met)
        for key, met in MET_IN.items()
    ]
    return sorted(words, key=lambda word: word.name.lower())
