"""Rules of Bundles: addresses, references within a document, and what a document may hold."""

import copy
from typing import Any

import pytest

from sandbox.validation import validate
from tests.builders import a_patient
from tests.sandbox.validation.profiles import errors

BASE = "http://example.org/fhir"
ORGANIZATION = "urn:uuid:6f1c5e0a-0f5c-4a4e-9d4c-0a3b7f6d2c11"


def a_document() -> dict[str, Any]:
    composition = {
        "resourceType": "Composition", "id": "c", "status": "final", "type": {"text": "x"}, "date": "2026", "title": "x",
        "subject": {"reference": "Patient/p"}, "author": [{"reference": ORGANIZATION}],
        "section": [{"title": "s", "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">x</div>'}}],
    }  # fmt: skip
    entries = [
        {"fullUrl": f"{BASE}/Composition/c", "resource": composition},
        {"fullUrl": f"{BASE}/Patient/p", "resource": a_patient(id="p")},
        {"fullUrl": ORGANIZATION, "resource": {"resourceType": "Organization", "name": "x"}},
    ]
    return {
        "resourceType": "Bundle", "type": "document", "timestamp": "2026-01-01T00:00:00Z",
        "identifier": {"system": "urn:ietf:rfc:3986", "value": "urn:uuid:6f1c5e0a-0f5c-4a4e-9d4c-0a3b7f6d2c12"}, "entry": entries,
    }  # fmt: skip


def found(change: Any) -> list[tuple[str, str]]:
    bundle = copy.deepcopy(a_document())
    change(bundle)
    return errors(validate(bundle))


def test_a_right_document_has_no_error() -> None:
    assert found(lambda bundle: None) == []


def set_reference(text: str) -> Any:
    return lambda b: b["entry"][0]["resource"]["subject"].update(reference=text)


@pytest.mark.parametrize(
    ("change", "key", "where"),
    [
        (lambda b: b["entry"][1].pop("fullUrl"), "no_full_url", "Bundle.entry[1]"),
        (lambda b: b["entry"][1].update(fullUrl="Patient/p"), "full_url", "Bundle.entry[1].fullUrl"),
        (lambda b: b["entry"][1].update(fullUrl=f"{BASE}/Patient/q"), "full_url_id", "Bundle.entry[1].fullUrl"),
        (lambda b: b["entry"][1].update(fullUrl="urn:uuid:6f1c5e0a-0f5c-4a4e-9d4c-0a3b7f6d2c13"), "namesake", "Bundle.entry[0].resource.subject.reference"),
        (set_reference("urn:uuid:00000000-0000-4000-8000-000000000000"), "dangling", "Bundle.entry[0].resource.subject.reference"),
        (set_reference("#nobody"), "no_contained", "Bundle.entry[0].resource.subject.reference"),
        (set_reference("the patient"), "reference_format", "Bundle.entry[0].resource.subject.reference"),
        (lambda b: b["entry"].append({"fullUrl": f"{BASE}/Basic/b", "resource": {"resourceType": "Basic", "code": {"text": "x"}}}), "unreached", "Bundle.entry[3]"),
        (lambda b: b["identifier"].update(value="6f1c5e0a"), "identifier_uri", "Bundle.identifier.value"),
        (lambda b: b["identifier"].update(system="documents"), "identifier_system", "Bundle.identifier.system"),
        (lambda b: b["entry"][2].update(fullUrl="urn:uuid:6F1C5E0A-0F5C-4A4E-9D4C-0A3B7F6D2C11"), "primitive_format", "Bundle.entry[2].fullUrl"),
    ],
)  # fmt: skip
def test_a_fault_of_a_document_is_found_at_its_place(change: Any, key: str, where: str) -> None:
    assert (key, where) in found(change)


def test_what_refers_back_to_the_document_belongs_to_it() -> None:
    provenance = {
        "resourceType": "Provenance", "id": "v", "target": [{"reference": "Composition/c"}], "recorded": "2026-01-01T00:00:00Z", "agent": [{"who": {"reference": ORGANIZATION}}],
    }  # fmt: skip
    assert (
        found(
            lambda b: b["entry"].append({"fullUrl": f"{BASE}/Provenance/v", "resource": provenance})
        )
        == []
    )


def test_a_reference_that_leads_out_of_a_document_is_a_remark() -> None:
    bundle = a_document()
    bundle["entry"][1]["resource"]["managingOrganization"] = {
        "reference": "http://elsewhere.example/Organization/9"
    }
    assert [(one.severity, one.key) for one in validate(bundle)] == [
        ("information", "validation.outside_document")
    ]


@pytest.mark.parametrize(
    ("entry", "key"),
    [
        (
            {"fullUrl": f"{BASE}/Patient/p", "resource": a_patient(), "search": {"mode": "match"}},
            "no_id",
        ),
        (
            {
                "fullUrl": f"{BASE}/Patient/p",
                "resource": a_patient(id="p"),
                "search": {"mode": "outcome"},
            },
            "no_outcome",
        ),
    ],
)
def test_a_search_result_has_ids_and_real_outcomes(entry: dict[str, Any], key: str) -> None:
    result = {"resourceType": "Bundle", "type": "searchset", "entry": [entry]}
    assert [name for name, _ in errors(validate(result))] == [key]


def test_a_large_document_is_judged_in_time_that_grows_with_it() -> None:
    """Reach and references are looked up, not searched: ten times the entries must not take a hundred times as long."""
    import time

    def seconds(size: int) -> float:
        bundle = a_document()
        basic = {
            "resourceType": "Basic",
            "code": {"text": "x"},
            "subject": {"reference": "Patient/p"},
        }
        bundle["entry"] += [
            {"fullUrl": f"{BASE}/Basic/b{n}", "resource": {**basic, "id": f"b{n}"}}
            for n in range(size)
        ]
        begun = time.thread_time()  # what others compute meanwhile says nothing of what grows
        validate(bundle)
        return time.thread_time() - begun

    seconds(50)
    turns = [(seconds(100), seconds(1000)) for _ in range(2)]
    small, large = (min(times) for times in zip(*turns, strict=True))
    assert large < 60 * max(small, 0.005)


def a_versioned_document() -> dict[str, Any]:
    """A document with two versions of one Observation under one fullUrl, each referred to by its version (bdl-7)."""
    bundle = a_document()
    for version in ("1", "2"):
        observation = {
            "resourceType": "Observation", "id": "o", "meta": {"versionId": version}, "status": "final", "code": {"text": "x"},
        }  # fmt: skip
        bundle["entry"].append({"fullUrl": f"{BASE}/Observation/o", "resource": observation})
    versions = [{"reference": f"Observation/o/_history/{version}"} for version in ("1", "2")]
    bundle["entry"][0]["resource"]["section"][0]["entry"] = versions
    return bundle


def test_two_versions_of_a_resource_are_told_apart_by_their_version() -> None:
    bundle = a_versioned_document()
    assert errors(validate(bundle)) == []
    bundle["entry"][0]["resource"]["section"][0]["entry"].pop()
    assert errors(validate(bundle)) == [("unreached", "Bundle.entry[4]")]


def test_a_version_that_is_not_there_is_no_target() -> None:
    bundle = a_versioned_document()
    bundle["entry"][0]["resource"]["section"][0]["entry"].append(
        {"reference": "Observation/o/_history/3"}
    )
    found = errors(validate(bundle))
    assert [where for _, where in found] == [
        "Bundle.entry[0].resource.section[0].entry[2].reference"
    ]


def test_a_reference_without_version_reaches_both_and_is_said_to_be_ambiguous() -> None:
    bundle = a_versioned_document()
    bundle["entry"][0]["resource"]["section"][0]["entry"] = [{"reference": "Observation/o"}]
    findings = validate(bundle)
    assert [(one.severity, one.key) for one in findings] == [("warning", "validation.ambiguous")]


def test_a_reference_with_a_fragment_leads_to_its_entry() -> None:
    assert found(set_reference("Patient/p#x")) == []
    assert (
        found(
            lambda b: b["entry"][0]["resource"]["author"][0].update(reference=f"{ORGANIZATION}#x")
        )
        == []
    )


def a_search_result(full_url: str, **elements: Any) -> dict[str, Any]:
    patient = a_patient(id="9e3b2c1a-0f5c-4a4e-9d4c-0a3b7f6d2c11", **elements)
    return {
        "resourceType": "Bundle", "type": "searchset", "link": [{"relation": "self", "url": f"{BASE}/Patient"}],
        "entry": [{"fullUrl": full_url, "search": {"mode": "match"}, "resource": patient}],
    }  # fmt: skip


URN = "urn:uuid:9e3b2c1a-0f5c-4a4e-9d4c-0a3b7f6d2c11"
TWO_TARGETS = {
    "managingOrganization": {"reference": "Organization/1"},
    "generalPractitioner": [{"reference": "Practitioner/1"}],
}


def test_relative_references_under_a_urn_have_no_base_and_are_said_once() -> None:
    findings = validate(a_search_result(URN, **TWO_TARGETS))
    assert [(one.severity, one.key, one.where) for one in findings] == [
        ("warning", "validation.adrift", "Bundle.entry[0].fullUrl")
    ]
    assert (
        findings[0].found == "Practitioner/1, Organization/1"
        or findings[0].found == "Organization/1, Practitioner/1"
    )
    full_url = f"{BASE}/Patient/9e3b2c1a-0f5c-4a4e-9d4c-0a3b7f6d2c11"
    assert validate(a_search_result(full_url, **TWO_TARGETS)) == []


def test_a_search_result_without_self_link_is_a_warning() -> None:
    result = a_search_result(URN)
    assert validate(result) == []
    del result["link"]
    assert [(one.severity, one.key) for one in validate(result)] == [
        ("warning", "validation.no_self_link")
    ]


@pytest.mark.parametrize(
    ("full_url", "is_right"),
    [
        ("http://example.org/any/path/x", True),
        ("http://example.org/any/path/y", False),
        ("urn:oid:1.2.3", True),
        ("http://example.org/fhir/Basic/x", True),
        ("http://example.org/fhir/Patient/x", False),
    ],
)
def test_a_full_url_is_consistent_with_the_id(full_url: str, *, is_right: bool) -> None:
    basic = {"resourceType": "Basic", "id": "x", "code": {"text": "x"}}
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"fullUrl": full_url, "resource": basic}],
    }
    expected = [] if is_right else [("full_url_id", "Bundle.entry[0].fullUrl")]
    assert errors(validate(bundle)) == expected


def test_an_entry_that_is_meant_in_another_style_is_reached() -> None:
    """The style is the fault, and what follows from it is not told as well; nobody speaks of the Basic."""
    bundle = a_document()
    bundle["entry"][1]["fullUrl"] = "urn:uuid:6f1c5e0a-0f5c-4a4e-9d4c-0a3b7f6d2c13"
    basic = {"resourceType": "Basic", "code": {"text": "x"}}
    bundle["entry"].append({"fullUrl": f"{BASE}/Basic/b", "resource": {**basic, "id": "b"}})
    assert errors(validate(bundle)) == [
        ("namesake", "Bundle.entry[0].resource.subject.reference"),
        ("unreached", "Bundle.entry[3]"),
    ]


def test_an_id_of_wrong_form_is_told_once_though_references_repeat_it() -> None:
    bundle = a_document()
    bundle["entry"][1]["resource"]["id"] = "p_1"
    bundle["entry"][1]["fullUrl"] = f"{BASE}/Patient/p_1"
    bundle["entry"][0]["resource"]["subject"]["reference"] = "Patient/p_1"
    assert errors(validate(bundle)) == [("primitive_format", "Bundle.entry[1].resource.id")]
    bundle["entry"][0]["resource"]["subject"]["reference"] = "Patient/p_2"
    assert ("reference_format", "Bundle.entry[0].resource.subject.reference") in errors(
        validate(bundle)
    )


@pytest.mark.parametrize(
    ("full_url", "elements", "expected"),
    [
        (f"{BASE}/Patient/p", {"id": "p"}, []),
        (f"{BASE}/Patient/p", {}, [("full_url_no_id", "Bundle.entry[0].fullUrl")]),
        ("urn:uuid:6f1c5e0a-0f5c-4a4e-9d4c-0a3b7f6d2c11", {}, []),
        ("http://example.org/by/another/rule", {}, []),
    ],
)
def test_a_rest_address_is_that_of_a_resource_with_an_id(
    full_url: str, elements: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    entry = {"fullUrl": full_url, "resource": a_patient(**elements)}
    assert (
        errors(validate({"resourceType": "Bundle", "type": "collection", "entry": [entry]}))
        == expected
    )
    request = {"method": "POST", "url": "Patient"}
    posted = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [{**entry, "request": request}],
    }
    assert errors(validate(posted)) == []


LOST = "urn:uuid:00000000-0000-4000-8000-000000000000"


def a_bundle_of(kind: str, reference: str) -> dict[str, Any]:
    """Returns a Bundle of a type whose only entry refers to something."""
    subject = {"reference": reference}
    entry: dict[str, Any] = {
        "fullUrl": ORGANIZATION,
        "resource": {"resourceType": "Basic", "code": {"text": "x"}, "subject": subject},
    }
    if kind in ("transaction", "batch"):
        entry["request"] = {"method": "POST", "url": "Basic"}
    return {"resourceType": "Bundle", "type": kind, "entry": [entry]}


@pytest.mark.parametrize("kind", ["collection", "transaction", "batch"])
def test_a_urn_that_leads_to_no_entry_is_a_warning(kind: str) -> None:
    """FHIR R4 bundle.html#references: an URN has a meaning within the Bundle alone."""
    told = [
        (finding.severity, finding.key, finding.where)
        for finding in validate(a_bundle_of(kind, LOST))
        if finding.key.endswith("dangling_urn")
    ]
    place = "Bundle.entry[0].resource.subject.reference"
    assert told == [("warning", "validation.dangling_urn", place)]
    at_home = validate(a_bundle_of(kind, ORGANIZATION))
    assert "validation.dangling_urn" not in [finding.key for finding in at_home]


def test_a_request_may_refer_to_what_the_server_has() -> None:
    assert errors(validate(a_bundle_of("transaction", "Patient/1"))) == []
    assert errors(validate(a_bundle_of("transaction", "Patient?identifier=a|1"))) == []


@pytest.mark.parametrize("reference", [LOST, "Patient/1"])
def test_the_focus_of_a_message_is_in_the_message(reference: str) -> None:
    """FHIR R4 messageheader-definitions.html#MessageHeader.focus."""
    header = {
        "resourceType": "MessageHeader",
        "eventUri": "urn:x",
        "source": {"endpoint": "http://example.org"},
        "focus": [{"reference": reference}],
    }
    patient = {"fullUrl": LOST.replace("0000", "1111", 1), "resource": a_patient()}
    message = {
        "resourceType": "Bundle",
        "type": "message",
        "entry": [{"fullUrl": ORGANIZATION, "resource": header}, patient],
    }
    place = "Bundle.entry[0].resource.focus[0].reference"
    assert errors(validate(message)) == [("dangling_urn", place)]
    header["focus"] = [{"reference": patient["fullUrl"]}]
    assert errors(validate(message)) == []


def test_only_a_request_searches_for_what_it_refers_to() -> None:
    """FHIR R4 http.html#trules: a server replaces a conditional reference in a transaction."""
    place = "Bundle.entry[0].resource.subject.reference"
    collection = a_bundle_of("collection", "Patient?identifier=a|1")
    assert errors(validate(collection)) == [("conditional_reference", place)]
    alone = collection["entry"][0]["resource"]
    told = [(finding.severity, finding.key) for finding in validate(alone)]
    assert ("warning", "validation.conditional_reference") in told
