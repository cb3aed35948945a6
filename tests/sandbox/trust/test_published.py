"""Beside certificates a gateway hands on rules, value sets and batches, each signed; what it says can be read back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.certificates.hcert import read
from sandbox.certificates.revocation import handles_in, revocation_ids
from sandbox.certificates.verifying import verify
from sandbox.errors import NotFound
from sandbox.trust import cms
from sandbox.trust.folder import TrustFolder
from sandbox.trust.pki import new_anchor
from sandbox.trust.published import Published, listing
from tests.sandbox.certificates.making import CONTENTS, NOW, listed, signed


@pytest.fixture
def folder(tmp_path: Path) -> TrustFolder:
    trust = TrustFolder(tmp_path)
    trust.init("CL", at=NOW)
    return trust


def put(folder: TrustFolder, place: str, content: Any) -> None:
    file = folder.folder / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content), encoding="utf-8")


@pytest.mark.parametrize("kind", ["eu_dcc", "ddcc_vs", "icvp_2025"])
def test_whoever_reads_the_batches_takes_back_what_was_taken_back_here(
    kind: str, folder: TrustFolder
) -> None:
    text = signed(CONTENTS[kind], {"eu_dcc": 1, "ddcc_vs": 3, "icvp_2025": -6}[kind])
    other = signed({**CONTENTS["eu_dcc"], "dob": "1959"}, 1)
    published = Published(folder, new_anchor(at=NOW))
    assert published.batches() == []
    folder.revocations.revoke(*revocation_ids(read(text)), at=NOW)
    handles: set[str] = set()
    for batch in published.batches():
        content, signer = cms.opened(published.batch(batch.id, at=NOW))
        assert signer == folder.pki("CL").up.certificate
        handles |= set(handles_in(json.loads(content)))
    assert verify(text, listed(), at=NOW, revoked=frozenset(handles)).verdict == "not_valid"
    if kind != "eu_dcc":  # whose identifier the other one has too
        assert verify(other, listed(), at=NOW, revoked=frozenset(handles)).verdict == "valid"
    rows = listing(published.batches(), at=NOW)["batches"]
    assert {row["country"] for row in rows} == {"CL"}
    folder.revocations.restore(*revocation_ids(read(text)), reason="it was right")
    assert published.batches() == []


def test_rules_are_those_of_a_country_and_signed_by_it(folder: TrustFolder) -> None:
    rules = [{"Identifier": f"VR-{country}-1", "Country": country, "Version": "1.0.0"} for country in ("CL", "PE")]  # fmt: skip
    put(folder, "rules/all.json", rules)
    published = Published(folder, new_anchor(at=NOW))
    (versions,) = published.rules("CL", at=NOW).values()
    content, signer = cms.opened(versions[0]["cms"].encode())
    assert (json.loads(content), signer) == (rules[0], folder.pki("CL").up.certificate)
    (foreign,) = published.rules("PE", at=NOW).values()  # without a key here the gateway vouches
    assert cms.opened(foreign[0]["cms"].encode())[1] != signer
    assert published.rules("UY", at=NOW) == {}


def test_issuers_references_and_value_sets_are_those_of_the_folder(folder: TrustFolder) -> None:
    put(folder, "issuers/a.json", {"iss": "https://a.example", "keys": [{"kid": "1"}]})
    put(folder, "references/a.json", [{"url": "https://a.example/fhir", "type": "FHIR"}])
    put(folder, "valuesets/disease.json", {"valueSetId": "disease-agent-targeted"})
    published = Published(folder, new_anchor(at=NOW))
    (issuer,) = published.issuers()
    assert issuer["url"] == "https://a.example/.well-known/jwks.json"
    assert [row["type"] for row in published.references()] == ["FHIR"]
    assert published.value_set("disease-agent-targeted")["valueSetId"] == "disease-agent-targeted"
    for ask in (lambda: published.value_set("x"), lambda: published.batch("x", at=NOW)):
        with pytest.raises(NotFound):
            ask()
