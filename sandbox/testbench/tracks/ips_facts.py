"""What a summary must not say otherwise than the record that it is made of: sex and birth date, and
the allergies, problems and medications that are known.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.fhir.codes import codes_of
from sandbox.fhir.json import Json, as_list, member

ABSENT_UNKNOWN = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"
# SNOMED CT: no known allergy, and the same of drugs, of the environment and of food
NO_KNOWN = frozenset({"716186003", "409137002", "428607008", "429625007"})
DENIED = frozenset({"refuted", "entered-in-error"})


@dataclass(frozen=True, slots=True)
class Facts:
    """A kind of fact: the type that a system is asked for, the states in which one counts, and
    where a summary may say it.
    """

    type: str
    state: str
    states: frozenset[str]
    said_in: Mapping[str, str]
    """Types of a summary's entries, each with the element that holds the code."""

    @property
    def code(self) -> str:
        """The element that holds the code."""
        return self.said_in[self.type]


ACTIVE = frozenset({"active", "recurrence", "relapse"})
MEDICATIONS = {
    "MedicationStatement": "medicationCodeableConcept",
    "MedicationRequest": "medicationCodeableConcept",
    "Medication": "code",
}
FACTS = (
    Facts("AllergyIntolerance", "clinicalStatus", ACTIVE, {"AllergyIntolerance": "code"}),
    Facts("Condition", "clinicalStatus", ACTIVE, {"Condition": "code"}),
    Facts("MedicationStatement", "status", ACTIVE, MEDICATIONS),
    Facts("MedicationRequest", "status", ACTIVE, MEDICATIONS),
)


def known_of(facts: Facts, record: list[Json]) -> list[Json]:
    """Returns what of a system's record of a patient counts as known facts of a kind."""
    return [resource for resource in record if _counts(facts, resource)]


def lacking(facts: Facts, record: list[Json], document: list[Json]) -> tuple[list[str], bool]:
    """Returns which known facts a document does not say, in words, and whether it says none.

    Args:
        facts: The kind.
        record: What the system has of the patient, of that type.
        document: The resources of the summary.
    """
    known = known_of(facts, record)
    codings = {
        coding
        for resource in document
        for type, element in facts.said_in.items()
        if resource.get("resourceType") == type
        for coding in _codings(resource.get(element))
    }
    missing = [
        resource for resource in known if not codings & set(_codings(resource.get(facts.code)))
    ]
    words = [_words(resource.get(facts.code)) for resource in missing]
    return words, len(missing) == len(known)


def contradictions(known: Any, stated: Any) -> Iterator[tuple[str, str, str]]:
    """Yields element, value of the record and value of the summary where the patients differ; what
    one of them does not say is no contradiction.
    """
    for name, expected, found in comparable(known, stated):
        # a summary may know the year alone, or the day as well
        is_same = expected.startswith(found) or found.startswith(expected)
        if not is_same:
            yield name, expected, found


def comparable(known: Any, stated: Any) -> list[tuple[str, str, str]]:
    """Returns element and both values of what record and summary both say of the patient."""
    both = [
        (name, str(member(known, name) or ""), str(member(stated, name) or ""))
        for name in ("gender", "birthDate")
    ]
    return [(name, expected, found) for name, expected, found in both if expected and found]


def _counts(facts: Facts, resource: Json) -> bool:
    code = resource.get(facts.code)
    categories = codes_of(resource.get("category"))
    # of an encounter's diagnoses a summary need not tell
    is_problem = facts.type != "Condition" or not categories or "problem-list-item" in categories
    state = resource.get(facts.state)
    states = {state} if isinstance(state, str) else codes_of(state)
    return (
        bool(set(_codings(code)))
        and bool(states & facts.states)
        and not codes_of(resource.get("verificationStatus")) & DENIED
        and not any(
            system == ABSENT_UNKNOWN or value in NO_KNOWN for system, value in _codings(code)
        )
        and is_problem
    )


def _codings(concept: Any) -> Iterator[tuple[str, str]]:
    for coding in as_list(member(concept, "coding")):
        if member(coding, "code"):
            yield str(member(coding, "system")), str(member(coding, "code"))


def _words(concept: Any) -> str:
    first = next(iter(as_list(member(concept, "coding"))), None)
    return str(member(concept, "text") or member(first, "display") or member(first, "code") or "–")
