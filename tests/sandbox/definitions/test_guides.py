import pytest

from sandbox.definitions.guides import guide_files, read_guide
from sandbox.definitions.rulesets import profile_names
from sandbox.validation import knowledge_at_hand
from sandbox.validation.rules import Rule

NAMES = [file.stem for file in guide_files()]


@pytest.mark.parametrize("file", guide_files(), ids=NAMES)
def test_every_profile_of_a_guide_stands_on_something_known(file) -> None:  # type: ignore[no-untyped-def]  # a path
    knowledge = knowledge_at_hand()
    for resource in (definition.content for definition in read_guide(file).definitions):
        if resource["resourceType"] == "StructureDefinition":
            assert knowledge.profile(resource["url"]) is not None, resource["url"]


def referred(rule: Rule) -> set[str]:
    urls = {url for one in rule.types for url in (*one.profiles, *one.targets)}
    return urls.union(
        *(referred(child) for child in (*rule.children.values(), *rule.slices.values()))
    )


@pytest.mark.parametrize("file", guide_files(), ids=NAMES)
def test_every_profile_that_a_guide_refers_to_is_known(file) -> None:  # type: ignore[no-untyped-def]  # a path
    knowledge = knowledge_at_hand()
    for resource in (definition.content for definition in read_guide(file).definitions):
        if resource["resourceType"] == "StructureDefinition":
            for url in referred(knowledge.rules(resource)):
                assert knowledge.definitions.structure(url) is not None, url


def test_elements_of_a_guide_are_elements_of_the_type() -> None:
    types = knowledge_at_hand().types
    for file in guide_files():
        for resource in (definition.content for definition in read_guide(file).definitions):
            for element in resource.get("element", []):
                current = [resource["type"]]
                for word in element["path"].split(".")[1:]:
                    members = [
                        m
                        for type in current
                        for m in types.members(type).get(word.removesuffix("[x]"), ())
                    ]
                    assert members, (file.name, element["id"])
                    current = [
                        member.type for member in members if member.type != "Resource"
                    ] or current


def test_every_short_name_leads_to_a_known_profile() -> None:
    for name, url in profile_names().items():
        assert knowledge_at_hand().profile(url) is not None, name
