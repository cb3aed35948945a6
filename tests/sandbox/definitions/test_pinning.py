"""With two versions side by side, what a definition names is of its own package."""

from typing import Any

import pytest

from sandbox.definitions.compiled import Definition, Dependency, Manifest
from sandbox.definitions.rulesets import profile_url
from sandbox.definitions.store import Definitions, core_definitions
from sandbox.definitions.stripping import strip
from sandbox.validation import knowledge_at_hand
from sandbox.validation.rules import Rule

BASE = "http://example.org/fhir"
OLD, NEW = Manifest("guide", "1.0.0"), Manifest("guide", "2.0.0")
OTHER = Manifest("other", "1", dependencies=(Dependency("guide", "1.0.x"),))


def a_structure(id: str, version: str, package: Manifest, **content: Any) -> Definition:
    resource = {
        "resourceType": "StructureDefinition", "id": id, "url": f"{BASE}/{id}", "version": version, "kind": "resource",
        "type": "Patient", "derivation": "constraint", "differential": {"element": [{"path": "Patient"}]}, **content,
    }  # fmt: skip
    stripped = strip(resource)
    assert stripped is not None
    return Definition.of(stripped, package)


@pytest.mark.parametrize(
    ("package", "wanted"),
    [(OLD, f"{BASE}/a|1.0.0"), (NEW, f"{BASE}/a"), (OTHER, f"{BASE}/a|1.0.0")],
)
def test_a_base_without_version_is_that_of_the_package_or_of_what_it_builds_on(
    package: Manifest, wanted: str
) -> None:
    child = a_structure("child", "9", package, baseDefinition=f"{BASE}/a")
    store = Definitions([a_structure("a", "2.0.0", NEW), a_structure("a", "1.0.0", OLD), child])
    found = store.structure(f"{BASE}/child")
    assert found is not None
    assert found["baseDefinition"] == wanted
    assert store.structure(f"{BASE}/a") == store.structure(f"{BASE}/a|2.0.0")


def named(rule: Rule) -> set[str]:
    own = {url for one in rule.types for url in (*one.profiles, *one.targets)} | (
        {rule.binding[1]} if rule.binding else set()
    )
    return own.union(*(named(child) for child in (*rule.children.values(), *rule.slices.values())))


def reached(url: str) -> set[str]:
    """Returns every profile and value set that judging by a profile can lead to, with its version at hand."""
    knowledge, seen, waiting = knowledge_at_hand(), set(), [url]
    while waiting:
        current = waiting.pop()
        if current in seen:
            continue
        seen.add(current)
        rule = knowledge.profile(current)
        waiting += named(rule) if rule else ()
    return seen


@pytest.mark.parametrize(
    ("profile", "other"),
    [("ips@1.1.0", "2.0.0"), ("ips", "1.1.0"), ("lac-2023", "2.0.0"), ("lac-2026", "1.1.0")],
)
def test_judging_by_one_version_of_ips_never_leads_to_the_other(profile: str, other: str) -> None:
    core, met = core_definitions(), 0
    for url in reached(profile_url(profile)):
        found = core.structure(url) or core.value_set(url)
        if found and str(found["url"]).startswith("http://hl7.org/fhir/uv/ips/"):
            is_in_both = len(list(core._all(found["resourceType"], found["url"]))) > 1
            assert not is_in_both or found["version"] != other, url
            met += 1
    assert met > 30
