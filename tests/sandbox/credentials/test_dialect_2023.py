"""What the component of 2023 made is told as that, each deviation by its name, and a right credential by none."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.credentials.dialect_2023 import as_published, deviations, is_of_2023
from sandbox.credentials.essentials import beyond_essentials
from tests.sandbox.credentials.making import (
    CLAIMS,
    CREDENTIAL,
    changed,
    judged,
    sdjwt,
    signed,
)

CONTEXT = "https://credentials-library.lacchain.net/credentials/health/vaccination/v3"
OLD = changed(CREDENTIAL, **{"@context": [CREDENTIAL["@context"][0], CONTEXT]})


def told(document: Any) -> set[str]:
    return {finding.key.removeprefix("credentials.of_2023_") for finding in deviations(document)}


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (OLD, True),
        (changed(CREDENTIAL, issuer="did:lac1:x", type=["VaccinationCertificate"]), True),
        (changed(CREDENTIAL, issuer="did:lac1:x"), False),
        (CREDENTIAL, False),
        ({}, False),
    ],
)
def test_it_is_told_by_its_context_or_by_type_and_issuer(document: Any, expected: bool) -> None:
    assert is_of_2023(document) == expected


def test_each_deviation_has_its_name_and_a_right_credential_none() -> None:
    right = signed("ecdsa-jcs-2019")
    # one of 58 signatures begins like the letter that is taken away, and cannot be told apart
    while right["proof"]["proofValue"].startswith("zz"):
        right = signed("ecdsa-jcs-2019")
    assert told(right) == set()
    proof = {name: part for name, part in right["proof"].items() if name != "@context"}
    odd = {
        **OLD,
        "id": "4A3C0E0E-1f5d-4c57-9f5b-0f6f9a7b9f10",
        "validFrom": "2026-01-01T03:00:00Z",
        "proof": [{**proof, "proofValue": proof["proofValue"][1:]}],
    }
    assert told(odd) == {
        "bare_uuid", "no_multibase", "options_alone", "local_hours", "unpublished_context",
    }  # fmt: skip
    assert as_published(odd)["proof"][0]["proofValue"] == right["proof"]["proofValue"]
    assert as_published(OLD) == OLD


@pytest.mark.parametrize("proof", [None, 7, [7], {"proofValue": 7}, [{"created": 7}]])
def test_what_is_no_proof_breaks_nothing(proof: Any) -> None:
    document = {**OLD, "proof": proof}
    assert told(document) <= {"unpublished_context", "options_alone"}
    assert as_published(document)["proof"] == proof


def test_what_goes_beyond_is_told_of_vaccinations_alone() -> None:
    assert beyond_essentials(judged(signed())) is None
    assert beyond_essentials(judged(sdjwt())) == []
    assert beyond_essentials(judged(sdjwt({**CLAIMS, "phone": "1"}))) == ["phone"]
    assert beyond_essentials(judged(sdjwt({**CLAIMS, "vct": "https://example.org/pass"}))) is None
