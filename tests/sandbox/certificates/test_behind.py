"""What comes behind a link is judged: FHIR by the judge, cards as cards; a right document has no error."""

from __future__ import annotations

import json
from typing import Any

from sandbox.certificates.behind import CARD, bundle_in, judge_files
from sandbox.certificates.receiving import ReceivedFile
from tests.sandbox.certificates.making import NOW
from tests.sandbox.certificates.test_shc_forms import ISSUER, a_card

FHIR = "application/fhir+json"


def judged(content: bytes, kind: str = FHIR, issuers: Any = None) -> Any:
    (file,) = judge_files([ReceivedFile(content, kind, is_sealed=True)], issuers or {}, at=NOW)
    return file


def test_a_fault_of_the_document_is_told_and_a_right_one_has_none() -> None:
    right = b'{"resourceType": "Patient", "gender": "female", "birthDate": "1958-03-07"}'
    wrong = right.replace(b"female", b"F")
    assert [one.severity for one in judged(right).findings if one.severity == "error"] == []
    assert "Patient.gender" in [
        one.where for one in judged(wrong).findings if one.severity == "error"
    ]


def test_what_is_no_json_is_told() -> None:
    file = judged(b"{")
    assert (file.resource, len(file.findings)) == (None, 1)


def test_a_card_is_verified_by_the_keys_of_its_issuer() -> None:
    jws, key = a_card()
    content = json.dumps({"verifiableCredential": [jws, jws]}).encode()
    file = judged(content, CARD, {ISSUER: [key]})
    assert [card.verdict for card in file.cards] == ["valid", "valid"]
    assert bundle_in(file.cards[0]) is not None
    (unknown,) = judged(jws.encode(), CARD).cards
    assert unknown.verdict == "not_valid"
