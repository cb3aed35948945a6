"""A certificate in words: whose it is, what, until when, by whom, and whether a list answers for its key."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from sandbox.certificates.hcert import read
from sandbox.certificates.judging import judge
from sandbox.certificates.keys import KeyList
from sandbox.certificates.shc import verify_card
from sandbox.certificates.verifying import verify
from sandbox.certificates.words import words_of
from sandbox.i18n import LANGUAGES, say
from tests.sandbox.certificates.making import CONTENTS, NOW, NUMBERS, card, listed, signed
from tests.sandbox.certificates.test_others import vds

KINDS = {
    "eu_dcc": "eu", "ddcc_vs": "ddcc_vs", "ddcc_tr": "ddcc_tr", "icvp_2023": "icvp", "icvp_2025": "icvp",
    "icvp_list": "icvp", "icvp_vx": "icvp", "vhl": "vhl", "vhl_list": "vhl", "meow": "meow",
}  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_each_dialect_is_named_and_its_person_found(name: str) -> None:
    words = words_of(verify(signed(CONTENTS[name], NUMBERS[name]), listed(), at=NOW))
    assert (words.kind, words.issuer) == (KINDS[name], "CL")
    assert words.until == datetime(2026, 12, 26, 12, 0, tzinfo=UTC)
    assert words.person == ("" if name.startswith("vhl") else "Rosa Fuenzalida")
    assert words.trusted_by == "CL DCC test"
    for language in LANGUAGES:
        assert say(f"phone.kind.{words.kind}", language)


def test_it_ends_with_its_own_period_and_nobody_may_answer_for_it() -> None:
    content = CONTENTS["ddcc_vs"]
    period = {**content["certificate"], "period": {"start": "2026-01-01", "end": "2026-12-01"}}
    found = verify(signed({**content, "certificate": period}, 3), KeyList(), at=NOW)
    ends = datetime(2026, 12, 1, 23, 59, 59, tzinfo=UTC)
    assert (words_of(found).until, words_of(found).trusted_by) == (ends, "")


def test_the_person_of_a_health_card_is_the_patient_in_it() -> None:
    patient = {"resourceType": "Patient", "name": [{"given": ["Rosa"], "family": "Fuenzalida"}]}
    bundle = {"resourceType": "Bundle", "entry": [{"fullUrl": "resource:0", "resource": patient}]}
    payload = {"iss": "https://a.example", "nbf": 1, "vc": {"credentialSubject": {"fhirBundle": bundle}}}  # fmt: skip
    text, _ = card(json.dumps(payload).encode())
    words = words_of(verify_card(text, {}, at=NOW))
    assert (words.person, words.kind) == ("Rosa Fuenzalida", "card")


def test_what_cannot_be_read_has_no_words() -> None:
    words = words_of(read("HC1:%%%"))
    assert (words.person, words.kind, words.until) == ("", "other", None)


def test_a_seal_of_travel_documents_names_its_person_and_who_answers_for_it() -> None:
    (seal,) = judge(vds(), listed(), {}, at=NOW)
    words = words_of(seal)
    assert (words.person, words.kind, words.issuer) == ("FUENZALIDA ROSA Ñ", "vds", "CHL")
    assert words.trusted_by == "CL DCC test"
    for language in LANGUAGES:
        assert say(f"phone.kind.{words.kind}", language)
