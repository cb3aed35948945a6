"""Guides as their publishers made them: their own examples judge without a false error under the profiles they declare."""

import json
from functools import cache
from pathlib import Path

import pytest

from sandbox.definitions.build import compile_package
from sandbox.definitions.packages import read_package
from sandbox.definitions.store import Definitions, core_definitions
from sandbox.fhir.json import parse_json
from sandbox.validation import Knowledge, validate
from tests import corpora
from tests.conftest import VECTORS

# the guide is compiled once, by one worker
pytestmark = [pytest.mark.needs("vectors"), pytest.mark.slow, pytest.mark.xdist_group("us-core")]
US_CORE = VECTORS / "guides" / "hl7.fhir.us.core-6.1.0.tgz"
# Errors that are right: the fullUrl of an entry names another id than its resource has (bundle.html#bundle-unique).
FAULTY = {
    ("Bundle-docref-example-2", "validation.full_url_id"),
    ("Bundle-66c8856b-ba11-4876-8aa8-467aad8c11a2", "validation.full_url_id"),
}
# Not of profiles: an id beside a primitive (ele-1).
PENDING = {("Patient-example-targeted-provenance", "validation.empty_object")}


@cache
def knowledge_of(package: Path) -> Knowledge:
    return Knowledge(Definitions(compile_package(read_package(package)), below=core_definitions()))


def test_the_examples_of_us_core_meet_the_profiles_that_they_declare() -> None:
    knowledge = knowledge_of(US_CORE)
    found, judged, declaring = set(), 0, 0
    for name, content in corpora.members(US_CORE):
        if not name.startswith("example/"):
            continue
        resource = parse_json(content)
        findings = validate(resource, knowledge=knowledge)
        judged += 1
        declaring += bool(resource.get("meta", {}).get("profile"))
        stem = Path(name).stem
        found |= {(stem, one.key) for one in findings if one.severity in ("error", "fatal")}
    assert judged > 150
    assert declaring > 100
    assert found - PENDING == FAULTY


@pytest.mark.parametrize(
    ("example", "path", "faults"),
    [
        ("Observation-observation-occupation", "component.0.valueCodeableConcept", {"missing"}),
        ("Observation-blood-pressure", "component.0", {"missing_slice", "too_few"}),
        ("Patient-example", "name", {"missing"}),
    ],
)
def test_an_example_without_what_its_profile_asks_for_is_refused(
    example: str, path: str, faults: set[str]
) -> None:
    knowledge = knowledge_of(US_CORE)
    contents = dict(corpora.members(US_CORE))
    resource = json.loads(contents[f"example/{example}.json"])
    assert [
        one.key for one in validate(resource, knowledge=knowledge) if one.severity == "error"
    ] == []
    *steps, last = [int(word) if word.isdigit() else word for word in path.split(".")]
    holder = resource
    for step in steps:
        holder = holder[step]
    del holder[last]
    found = {one.key for one in validate(resource, knowledge=knowledge) if one.severity == "error"}
    assert found == {f"validation.{key}" for key in faults}
