"""What one value must meet whoever asks for it: fixed values, patterns, lengths and invariants (FHIR
R4 elementdefinition.html).
"""

from typing import Any

import pytest

from sandbox.findings import Finding
from sandbox.validation import validate
from sandbox.validation.elements import asks_type_alone
from sandbox.validation.rules import Constraint, Rule, TypeRule
from tests.builders import a_patient
from tests.sandbox.validation.profiles import R4, a_profile, by_profile, knowledge_of

ABSENT = {"extension": [{"url": R4 + "data-absent-reason", "valueCode": "unknown"}]}


def findings_of(resource: dict[str, Any], profile: dict[str, Any]) -> list[Finding]:
    return validate(resource, profiles=[profile["url"]], knowledge=knowledge_of(profile))


def asking(expression: str, *, severity: str = "error", key: str = "x-1") -> dict[str, Any]:
    own = {"key": key, "severity": severity, "human": "told", "expression": expression}
    return a_profile({"path": "Patient", "constraint": [own]})


@pytest.mark.parametrize(
    ("members", "is_right"),
    [
        ({"gender": "female"}, True),
        ({"gender": "male"}, False),
        # what a fixed value lacks must be missing, extensions included
        ({"gender": "female", "_gender": ABSENT}, False),
        ({"gender": "female", "_gender": {"id": "g"}}, True),
        # an element without a value has nothing to be compared
        ({"_gender": ABSENT}, True),
    ],
)
def test_a_fixed_value_is_met_without_anything_beside_it(
    members: dict[str, Any], is_right: bool
) -> None:
    profile = a_profile({"path": "Patient.gender", "fixedCode": "female"})
    found = by_profile({"resourceType": "Patient", **members}, profile)
    assert found == ([] if is_right else [("fixed", "Patient.gender")])


def test_a_fixed_value_that_is_not_met_is_shown_beside_what_stands_there() -> None:
    profile = a_profile({"path": "Patient.gender", "fixedCode": "female"})
    for members, found in (
        ({"gender": "male"}, '"male"'),
        ({"gender": "female", "_gender": ABSENT}, '"female" + extension'),
    ):
        (finding,) = findings_of({"resourceType": "Patient", **members}, profile)
        assert (finding.expected, finding.found) == ('"female"', found)


@pytest.mark.parametrize(
    ("members", "is_right"),
    [({"gender": "female", "_gender": ABSENT}, True), ({"_gender": ABSENT}, True), ({"gender": "male"}, False)],
)  # fmt: skip
def test_a_pattern_is_met_whatever_stands_beside_it(
    members: dict[str, Any], is_right: bool
) -> None:
    profile = a_profile({"path": "Patient.gender", "patternCode": "female"})
    found = by_profile({"resourceType": "Patient", **members}, profile)
    assert found == ([] if is_right else [("pattern", "Patient.gender")])


@pytest.mark.parametrize(
    ("members", "is_right"),
    [({"title": "abc"}, True), ({"title": "abcd"}, False), ({"_title": ABSENT}, True), ({"title": 12345}, True)],
)  # fmt: skip
def test_the_greatest_length_holds_for_texts(members: dict[str, Any], is_right: bool) -> None:
    """What is no text is another fault."""
    profile = a_profile({"path": "Questionnaire.title", "maxLength": 3}, type="Questionnaire")
    resource = {"resourceType": "Questionnaire", "status": "draft", **members}
    found = [one for one in findings_of(resource, profile) if one.key.endswith("too_long")]
    assert [(one.where, one.params["limit"]) for one in found] == (
        [] if is_right else [("Questionnaire.title", 3)]
    )


@pytest.mark.parametrize(
    ("expression", "severity", "expected"),
    [
        ("name.exists()", "error", []),
        ("name.empty()", "error", [("error", "invariant")]),
        ("name.empty()", "warning", [("warning", "invariant")]),
        # what cannot be evaluated is said, and blames nobody
        ("name.bogus()", "error", [("information", "not_evaluated")]),
        ("name.exists((", "error", [("information", "not_evaluated")]),
        ("'a' + 1 = 2", "error", [("information", "not_evaluated")]),
        ("conformsTo('http://example.org/unknown')", "error", [("information", "not_evaluated")]),
    ],
)
def test_an_invariant_holds_is_broken_or_cannot_be_evaluated(
    expression: str, severity: str, expected: list[tuple[str, str]]
) -> None:
    profile = asking(expression, severity=severity)
    found = findings_of(a_patient(), profile)
    assert [(one.severity, one.key.removeprefix("validation.")) for one in found] == expected
    assert all(one.params["name"] == "x-1" for one in found)


def test_a_broken_invariant_says_who_asks_what_and_in_which_words() -> None:
    (finding,) = findings_of(a_patient(), asking("name.empty()"))
    assert finding.clause.endswith(" x-1")
    assert (finding.params["human"], finding.params["expression"]) == ("told", "name.empty()")


def test_the_other_invariants_are_held_behind_one_that_cannot_be_evaluated() -> None:
    rules = [("x-1", "name.bogus()"), ("x-2", "name.exists(("), ("x-3", "name.empty()")]
    constraints = [
        {"key": key, "severity": "error", "human": "told", "expression": expression}
        for key, expression in rules
    ]
    found = findings_of(a_patient(), a_profile({"path": "Patient", "constraint": constraints}))
    assert sorted((one.params["name"], one.severity) for one in found) == [
        ("x-1", "information"), ("x-2", "information"), ("x-3", "error"),
    ]  # fmt: skip


@pytest.mark.parametrize("key", ["dom-3", "dom-6", "ref-1", "txt-1", "txt-2"])
def test_what_the_structure_pass_holds_is_not_said_twice(key: str) -> None:
    assert findings_of(a_patient(), asking("name.empty()", key=key)) == []


def a_bundle(*urls: str) -> dict[str, Any]:
    entries = [{"fullUrl": url, "resource": a_patient()} for url in urls]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def test_an_invariant_of_an_element_is_not_asked_where_the_element_is_absent() -> None:
    """bdl-8, `fullUrl.contains('/_history/').not()`, is empty and so no error without one."""
    versioned = "http://example.org/Patient/1/_history/2"
    found = [one for one in validate(a_bundle(versioned)) if one.params.get("name") == "bdl-8"]
    assert [one.severity for one in found] == ["error"]
    plain = [*validate(a_bundle("http://example.org/Patient/1")), *validate(
        {"resourceType": "Bundle", "type": "batch-response", "entry": [{"response": {"status": "200"}}]}
    )]  # fmt: skip
    assert [one for one in plain if one.params.get("name") == "bdl-8"] == []


@pytest.mark.parametrize(
    ("changes", "is_alone"),
    [
        ({}, True),
        ({"types": (TypeRule("string"),)}, True),
        ({"min": 1, "max": 1}, True),  # how many there are is asked of what is around
        ({"fixed": "x"}, False),
        ({"fixed": False}, False),
        ({"pattern": ""}, False),
        ({"max_length": 3}, False),
        ({"limits": (("min", 1),)}, False),
        ({"binding": ("required", "http://example.org/v")}, False),
        ({"constraints": (Constraint("x-1", "error", "true", "told", "p"),)}, False),
        ({"children": {"extension": Rule("a.b.extension", "extension")}}, False),
        ({"content_reference": "Questionnaire.item"}, False),
        ({"types": (TypeRule("string", profiles=("http://example.org/p",)),)}, False),
        ({"types": (TypeRule("Reference", targets=("http://example.org/p",)),)}, False),
    ],
)
def test_a_rule_asks_for_the_type_alone_where_it_says_nothing_of_the_value(
    changes: dict[str, Any], is_alone: bool
) -> None:
    assert asks_type_alone(Rule("a.b", "b", **changes)) is is_alone


def test_a_finding_in_an_extension_of_a_text_says_in_which() -> None:
    """As in one of an object: two that are wrong are two findings (FHIR R4 json.html#primitive)."""
    extensions = [{"url": "http://example.org/e", "valueString": text} for text in "xyz"]
    for element, members in (
        ("birthDate", {"birthDate": "2000", "_birthDate": {"extension": extensions}}),
        ("maritalStatus", {"maritalStatus": {"extension": extensions}}),
    ):
        profile = a_profile({"path": f"Patient.{element}.extension.value[x]", "fixedString": "y"})
        assert by_profile({"resourceType": "Patient", **members}, profile) == [
            ("fixed", f"Patient.{element}.extension[{place}].value") for place in (0, 2)
        ]


@pytest.mark.parametrize(
    ("of_it", "expected"),
    [
        # what was said of a value by a profile is so again where an invariant asks for it
        ({"path": "Patient.birthDate", "min": 1}, [("error", "missing"), ("error", "invariant")]),
        (
            {"path": "Patient.managingOrganization", "type": [
                {"code": "Reference", "targetProfile": ["http://example.org/unknown"]}]},
            [("information", "unknown_profile"), ("information", "not_evaluated")],
        ),
        ({"path": "Patient.name", "min": 1}, []),
    ],
)  # fmt: skip
def test_what_was_judged_before_conforms_no_more_than_it_did(
    of_it: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    of_all = {**a_profile(of_it), "id": "q", "url": "http://example.org/q"}
    by_invariant = asking("conformsTo('http://example.org/q')")
    patient = a_patient(
        contained=[{"resourceType": "Organization", "id": "o", "name": "x"}],
        managingOrganization={"reference": "#o"},
    )
    asked = [of_all["url"], by_invariant["url"]]
    found = validate(patient, profiles=asked, knowledge=knowledge_of(of_all, by_invariant))
    assert [(one.severity, one.key.removeprefix("validation.")) for one in found] == expected


def test_texts_that_are_alike_are_judged_each_with_what_stands_beside_it() -> None:
    bare = {
        **a_profile({"path": "string.extension", "max": "0"}, type="string"),
        "id": "bare", "url": "http://example.org/bare", "kind": "primitive-type",
    }  # fmt: skip
    kind = {"code": "string", "profile": [bare["url"]]}
    profile = a_profile({"path": "Patient.name.given", "type": [kind]})
    knowledge = knowledge_of(profile, bare)
    for beside, wrong in (([None, ABSENT], [1]), ([ABSENT, None], [0]), ([ABSENT, ABSENT], [0, 1])):
        patient = a_patient(name=[{"given": ["A", "A"], "_given": beside}])
        (said,) = validate(patient, profiles=[profile["url"]], knowledge=knowledge)
        told = [said.where, *(spot.where for spot in said.also)]
        assert told == [f"Patient.name[0].given[{place}]" for place in wrong]


def test_a_profile_may_name_the_type_of_an_element_as_fhirpath_does() -> None:
    """As R4's own definitions do of `id` and `url` (elementdefinition.html#ElementDefinition.type)."""
    system = {"code": "http://hl7.org/fhirpath/System.String"}
    profile = a_profile({"path": "Patient.id", "type": [system]})
    assert by_profile(a_patient(id="a"), profile) == []


@pytest.mark.parametrize(
    ("members", "is_right"),
    [
        ({"birthDate": "2000"}, True),
        ({"birthDate": "2000", "_birthDate": {"id": "b"}}, True),
        ({"birthDate": "2000", "_birthDate": ABSENT}, False),
        ({"_birthDate": ABSENT}, False),
    ],
)
def test_what_is_asked_of_the_parts_of_a_text_holds_where_it_has_some(
    members: dict[str, Any], is_right: bool
) -> None:
    profile = a_profile({"path": "Patient.birthDate.extension", "max": "0"})
    found = by_profile({"resourceType": "Patient", "active": True, **members}, profile)
    assert found == ([] if is_right else [("prohibited", "Patient.birthDate")])


@pytest.mark.parametrize(
    ("members", "is_right"),
    [({}, True), ({"max": "1"}, True), ({"max": "*"}, True), ({"max": "x"}, False), ({"_max": ABSENT}, False)],
)  # fmt: skip
def test_an_element_without_a_value_meets_the_invariants_of_its_type_as_well(
    members: dict[str, Any], is_right: bool
) -> None:
    """FHIR R4 fhirpath.html: it exists, so that eld-3 is not met by its absence."""
    element = {"id": "Patient.name", "path": "Patient.name", **members}
    definition = a_profile({"path": "Patient"}) | {"differential": {"element": [element]}}
    definition |= {"name": "X", "status": "draft", "abstract": False}
    found = [one for one in validate(definition) if one.params.get("name") == "eld-3"]
    place = "StructureDefinition.differential.element[0].max"
    told = [(one.severity, one.where) for one in found]
    assert told == ([] if is_right else [("error", place)])


@pytest.mark.parametrize(
    ("entry", "key"), [(None, "null"), (5, "not_an_object"), ("x", "not_an_object")]
)
def test_an_invariant_of_an_element_may_meet_what_is_no_object(entry: Any, key: str) -> None:
    own = {
        "key": "bdl-8",
        "severity": "error",
        "human": "x",
        "expression": "fullUrl.contains('/_history/').not()",
    }
    profile = a_profile({"path": "Bundle.entry", "constraint": [own]}, type="Bundle")
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [entry]}
    assert (key, "Bundle.entry[0]") in by_profile(bundle, profile)


def test_extensions_without_any_text_are_told_each_by_its_place_in_the_array() -> None:
    """FHIR R4 json.html#primitive: the array may stand beside no other."""
    profile = a_profile({"path": "Patient.name.given.extension", "max": "0"})
    (said,) = findings_of(a_patient(name=[{"_given": [ABSENT, ABSENT]}]), profile)
    assert (said.key, said.severity) == ("validation.prohibited", "error")
    assert [said.where, *(spot.where for spot in said.also)] == [
        f"Patient.name[0].given[{place}]" for place in (0, 1)
    ]
