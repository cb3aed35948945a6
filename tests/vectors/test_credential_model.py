"""W3C's inputs of the data model 2.0: the name of each says its verdict (../shared/vectors)."""

import asyncio
import copy
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.credentials.datamodel import is_presentation, judge_model
from sandbox.testbench.engine import play_track
from sandbox.testbench.sending import Sender
from sandbox.testbench.tracks import TRACKS
from tests.conftest import VECTORS

pytestmark = pytest.mark.needs("vectors")
FILES = sorted((VECTORS / "certificates" / "vc-data-model-2.0" / "input").glob("*.json"))
DATES = {"FUTURE DATE": "2099-01-01T00:00:00Z", "PAST DATE": "2001-01-01T00:00:00Z"}
ISSUER = "did:example:issuer"
NOW = "2026-11-30T09:00:00Z"


def document_of(file: Path) -> dict[str, Any]:
    """Returns an input as W3C's suite sends it: with an issuer, unless that is what it lacks."""
    document = json.loads(file.read_text(encoding="utf-8"))
    for name, value in document.items():
        document[name] = DATES.get(value, value) if isinstance(value, str) else value
    if not is_presentation(document) and "no-issuer" not in file.name:
        issuer = document.get("issuer", ISSUER)
        document["issuer"] = {"id": ISSUER, **issuer} if isinstance(issuer, dict) else issuer
    return document


def errors_of(document: dict[str, Any]) -> list[str]:
    return [finding.key for finding in judge_model(document) if finding.severity == "error"]


def test_the_inputs_are_those_that_were_counted() -> None:
    assert len(FILES) == 57


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_input_is_judged_as_its_name_says(file: Path) -> None:
    errors = errors_of(document_of(file))
    assert bool(errors) == ("-fail" in file.stem), errors


REASONS = {
    "credential-context-combo3-fail": "not_url",
    "credential-id-multi-fail": "not_url",
    "credential-id-nonidentifier-fail": "not_url",
    "credential-id-not-url-fail": "not_url",
    "credential-issuer-object-id-no-url-fail": "not_url",
    "credential-missing-required-type-fail": "no_type",
    "credential-name-extra-prop-en-fail": "no_words",
    "credential-no-subject-fail": "missing",
    "credential-no-type-fail": "no_type",
    "credential-proof-missing-type-fail": "no_type",
    "credential-redef-type-fail": "bad_terms",
    "credential-redef-type2-fail": "bad_terms",
    "credential-refresh-no-type-fail": "no_type",
    "credential-schema-no-id-fail": "not_url",
    "credential-status-multiple-id-fail": "not_url",
    "credential-status-type-nonurl-fail": "no_type",
    "credential-subject-no-claims-fail": "no_claims",
    "credential-termsofuse-missing-type-fail": "no_type",
    "credential-type-mapped-nonurl-fail": "bad_terms",
    "credential-type-unmapped-fail": "type_without_meaning",
    "credential-validUntil-validFrom-fail": "ends_before",
    "credential-validfrom-invalid-fail": "no_stamp",
    "issuer-description-extra-prop-en-fail": "no_words",
    "presentation-enveloped-vc-missing-type-fail": "no_type",
    "presentation-holder-name-fail": "not_url",
    "presentation-holder-object-fail": "not_url",
    "presentation-missing-base-context-fail": "first_context",
    "presentation-no-context-fail-or-inject": "no_contexts",
    "presentation-no-type-fail": "no_type",
}  # fmt: skip


@pytest.mark.parametrize("name", REASONS)
def test_each_is_refused_for_its_own_reason_and_no_other(name: str) -> None:
    (file,) = [file for file in FILES if file.stem == name]
    before = copy.deepcopy(document_of(file))
    assert set(errors_of(document_of(file))) == {f"credentials.{REASONS[name]}"}
    assert before == document_of(file)


def test_the_track_says_of_each_input_what_its_name_says() -> None:
    async def told(file: Path) -> str | None:
        transport = httpx.MockTransport(lambda _: httpx.Response(404))
        given = {"run": "vectors", "now": NOW, "credential": json.dumps(document_of(file))}
        async with Sender("http://127.0.0.1/fhir", transport=transport) as send:
            results = await play_track(TRACKS["vc.content"], given, send)
        return next(each.verdict for each in results if each.test.number == "VCC-C01")

    said = {file.stem: asyncio.run(told(file)) for file in FILES}
    expected = {file.stem: "fail" if "-fail" in file.stem else "pass" for file in FILES}
    assert said == expected
