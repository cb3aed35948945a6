"""How references find the entries of a Bundle (FHIR R4 bundle.html#references)."""

from typing import Any

import pytest

from sandbox.validation.bundles import Bundle

BASE = "http://example.org/fhir"
ELSEWHERE = "http://elsewhere.example/fhir"
URN = "urn:uuid:6f1c5e0a-0f5c-4a4e-9d4c-0a3b7f6d2c11"


def a_resource(name: str, **elements: Any) -> dict[str, Any]:
    return {"resourceType": "Basic", "code": {"text": name}, **elements}


BUNDLE = Bundle(
    {
        "resourceType": "Bundle",
        "entry": [
            {"fullUrl": f"{BASE}/Basic/a", "resource": a_resource("a", id="a")},
            {
                "fullUrl": URN,
                "resource": a_resource("urn", contained=[a_resource("inside", id="c")]),
            },
            {
                "fullUrl": f"{BASE}/Basic/v",
                "resource": a_resource("v1", id="v", meta={"versionId": "1"}),
            },
            {
                "fullUrl": f"{BASE}/Basic/v",
                "resource": a_resource("v2", id="v", meta={"versionId": "2"}),
            },
            {"resource": a_resource("no address", id="n")},
            "no object",
        ],
    }
)


@pytest.mark.parametrize(
    ("reference", "full_url", "target"),
    [
        (f"{BASE}/Basic/a", URN, "a"),
        ("Basic/a", f"{BASE}/Patient/p", "a"),
        ("Basic/a", f"{ELSEWHERE}/Patient/p", ""),
        ("Basic/a", URN, "a"),
        (URN, f"{BASE}/Patient/p", "urn"),
        (f"{URN}#c", f"{BASE}/Patient/p", "inside"),
        (f"{URN}#x", f"{BASE}/Patient/p", "urn"),
        ("Basic/a#x", f"{BASE}/Patient/p", "a"),
        ("Basic/v/_history/1", f"{BASE}/Patient/p", "v1"),
        (f"{BASE}/Basic/v/_history/2", URN, "v2"),
        ("Basic/v/_history/3", f"{BASE}/Patient/p", ""),
        ("Basic/v", f"{BASE}/Patient/p", "v1"),
        ("Basic/v", URN, "v1"),
        ("Basic/n", f"{BASE}/Patient/p", ""),
        ("any text", f"{BASE}/Patient/p", ""),
    ],
)
def test_a_reference_finds_its_target(reference: str, full_url: str, target: str) -> None:
    found = BUNDLE.find(reference, full_url)
    assert (found.value["code"]["text"] if found else "") == target


def test_a_reference_without_version_finds_all_versions() -> None:
    assert len(BUNDLE.find_all("Basic/v", f"{BASE}/Patient/p")) == 2


def test_places_and_namesakes_are_told() -> None:
    target = BUNDLE.find(URN, "")
    assert target is not None
    assert BUNDLE.path_of(target) == "Bundle.entry[1].resource"
    assert (BUNDLE.namesake("Basic", "a"), BUNDLE.namesake("Basic", "n")) == (f"{BASE}/Basic/a", "")
