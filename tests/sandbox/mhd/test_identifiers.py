"""Identifiers: what tells their kinds apart in each MHD, and those that come again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from sandbox.submissions import VERSIONS, Version, check_submission
from tests.conftest import a_sandbox
from tests.sandbox.mhd.submissions import RFC, a_document_reference, a_submission, a_submission_set

TYPES = "https://profiles.ihe.net/ITI/MHD/CodeSystem/IHE.MHD.MHDIdentifierType"


def identified(use: str = "", kind: str = "", value: str = "urn:oid:2.999.1") -> dict[str, Any]:
    identifier: dict[str, Any] = {"use": use} if use else {}
    if kind:
        identifier["type"] = {"coding": [{"system": TYPES, "code": kind}]}
    return {**identifier, "system": RFC, "value": value}


def keys(version: Version, **elements: Any) -> set[str]:
    """What is wrong with a submission whose DocumentReference has these elements; its List says both, as one may."""
    listed = a_submission_set(identifier=[identified("usual", "uniqueId", "urn:oid:2.999.2")])
    found = check_submission(
        a_submission(a_document_reference(**elements), listed=listed), version=version
    )
    return {f"{one.key} {one.severity}" for one in found or () if one.severity != "information"}


ERROR, LATER = "mhd.identifier_type error", "mhd.identifier_later warning"
MISSING = "validation.missing_value error"  # the profile fixes it
CASES: list[tuple[dict[str, Any], dict[str, set[str]]]] = [
    (identified("usual", "uniqueId"), {"4.2.2": set(), "4.2.3": set(), "ci": set()}),
    (identified("usual"), {"4.2.2": set(), "4.2.3": set(), "ci": {ERROR}}),
    (identified(kind="uniqueId"), {"4.2.2": set(), "4.2.3": {LATER, MISSING}, "ci": set()}),
    (identified(), {"4.2.2": set(), "4.2.3": {MISSING}, "ci": {ERROR}}),
]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("identifier", "wrong"), CASES)
def test_the_unique_id_is_told_as_its_version_tells_it(
    version: Version, identifier: dict[str, Any], wrong: dict[str, set[str]]
) -> None:
    assert keys(version, masterIdentifier=identifier) == wrong[version]


@pytest.mark.parametrize("version", VERSIONS)
def test_an_entry_uuid_that_is_none_is_wrong_in_every_version(version: Version) -> None:
    both = identified("usual", "uniqueId")
    right, wrong = (
        identified("official", "entryUUID", value) for value in ("urn:uuid:0a1b", "urn:oid:1.2")
    )

    assert keys(version, masterIdentifier=both, identifier=[right]) == set()
    assert keys(version, masterIdentifier=both, identifier=[wrong]) == {
        "validation.invariant error"
    }


def test_a_server_judges_by_the_version_that_it_was_started_with(tmp_path: Path) -> None:
    later = a_submission(
        a_document_reference(masterIdentifier=identified(kind="uniqueId")),
        listed=a_submission_set(identifier=[identified(kind="uniqueId", value="urn:oid:2.999.2")]),
    )
    for version, status in (("4.2.3", 400), ("ci", 200)):
        with a_sandbox(tmp_path / version, seed="training", mhd=version) as client:
            assert client.post("/fhir", json=later).status_code == status


def outcomes(client: TestClient, submission: dict[str, Any]) -> set[str]:
    reply = client.post("/fhir", json=submission)
    assert reply.status_code == 200, reply.text
    issues = [
        issue
        for one in reply.json()["entry"]
        for issue in one["response"].get("outcome", {}).get("issue", [])
    ]
    return {coding["code"] for issue in issues for coding in issue["details"]["coding"]}


def test_what_comes_again_is_stored_and_told_by_the_code_of_ihe(trained: TestClient) -> None:
    assert outcomes(trained, a_submission()) == set()

    again = outcomes(trained, a_submission())

    assert again == {"mhd.known_id", "mhd.known_set", "XDSDuplicateUniqueIdInRegistry"}
    other = b'{"resourceType": "Bundle", "type": "document", "id": "other"}'
    assert "XDSNonIdenticalHash" in outcomes(trained, a_submission(content=other))


def test_what_is_new_or_conditional_is_not_told(trained: TestClient) -> None:
    outcomes(trained, a_submission())
    listed = a_submission_set(identifier=[identified("usual", value="urn:oid:2.999.4")])
    new = a_submission(a_document_reference(unique_id="urn:oid:2.999.3"), listed=listed)
    conditional = a_submission(
        listed=a_submission_set(identifier=[identified("usual", value="urn:oid:2.999.5")])
    )
    conditional["entry"][1]["request"]["ifNoneExist"] = f"identifier={RFC}|urn:oid:2.999.1"

    assert outcomes(trained, new) == set()
    assert outcomes(trained, conditional) == set()
