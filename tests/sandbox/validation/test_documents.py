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
        "resourceType": "Provenance", "target": [{"reference": "Composition/c"}], "recorded": "2026-01-01T00:00:00Z", "agent": [{"who": {"reference": ORGANIZATION}}],
    }  # fmt: skip
    assert found(lambda b: b["entry"].append({"fullUrl": f"{BASE}/Provenance/v", "resource": provenance})) == []


def test_a_reference_that_leads_out_of_a_document_is_a_remark() -> None:
    bundle = a_document()
    bundle["entry"][1]["resource"]["managingOrganization"] = {"reference": "http://elsewhere.example/Organization/9"}
    assert [(one.severity, one.key) for one in validate(bundle)] == [("information", "validation.outside_document")]


@pytest.mark.parametrize(
    ("entry", "key"),
    [
        ({"fullUrl": f"{BASE}/Patient/p", "resource": a_patient(), "search": {"mode": "match"}}, "no_id"),
        ({"fullUrl": f"{BASE}/Patient/p", "resource": a_patient(id="p"), "search": {"mode": "outcome"}}, "no_outcome"),
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
        basic = {"resourceType": "Basic", "code": {"text": "x"}, "subject": {"reference": "Patient/p"}}
        bundle["entry"] += [
            {"fullUrl": f"{BASE}/Basic/b{n}", "resource": {**basic, "id": f"b{n}"}} for n in range(size)
        ]
        begun = time.perf_counter()
        validate(bundle)
        return time.perf_counter() - begun

    seconds(50)
    # by turns, and the shortest of each: a moment in which the machine is busy says nothing of what grows
    turns = [(seconds(100), seconds(1000)) for _ in range(4)]
    small, large = (min(times) for times in zip(*turns, strict=True))
    assert large < 60 * max(small, 0.005)
