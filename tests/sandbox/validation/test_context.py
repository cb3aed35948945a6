"""What validations share: the rules of profiles, composed once and seen whole by every thread."""

from __future__ import annotations

from threading import Thread

import pytest

from sandbox.definitions.build import compile_package
from sandbox.definitions.store import Definitions, core_definitions
from sandbox.fhir.json import Json
from sandbox.validation import Knowledge
from sandbox.validation.rules import Rule

PARENT, CHILD = (
    "http://example.org/StructureDefinition/parent",
    "http://example.org/StructureDefinition/child",
)
PATIENT = "http://hl7.org/fhir/StructureDefinition/Patient"


def a_profile(url: str, base: str) -> Json:
    return {
        "resourceType": "StructureDefinition",
        "id": url.rpartition("/")[2],
        "url": url,
        "type": "Patient",
        "kind": "resource",
        "derivation": "constraint",
        "baseDefinition": base,
        "differential": {
            "element": [{"id": "Patient.birthDate", "path": "Patient.birthDate", "min": 1}]
        },
    }


class Interrupted(Definitions):
    """Definitions that let another thread ask for the child while it is being composed."""

    asked: Knowledge
    seen: Rule | None = None
    is_first = True

    def structure(self, canonical: str) -> Json | None:
        found = super().structure(canonical)
        if canonical == PARENT and self.is_first:
            self.is_first = False
            thread = Thread(target=self.ask)
            thread.start()
            thread.join()
        return found

    def ask(self) -> None:
        self.seen = self.asked.profile(CHILD)


def test_another_thread_sees_no_profile_half_composed() -> None:
    resources = compile_package([a_profile(PARENT, PATIENT), a_profile(CHILD, PARENT)])
    definitions = Interrupted(resources, below=core_definitions())
    definitions.asked = Knowledge(definitions)

    assert definitions.asked.profile(CHILD) is not None
    assert definitions.seen is not None
    assert definitions.asked.profile(PARENT) is not None


@pytest.mark.parametrize("first", [PARENT, CHILD])
def test_profiles_that_build_on_each_other_are_none(first: str) -> None:
    resources = compile_package([a_profile(PARENT, CHILD), a_profile(CHILD, PARENT)])
    knowledge = Knowledge(Definitions(resources, below=core_definitions()))

    assert knowledge.profile(first) is None
    assert (knowledge.profile(PARENT), knowledge.profile(CHILD)) == (None, None)
