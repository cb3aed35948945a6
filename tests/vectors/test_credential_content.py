"""The track of content on W3C's vectors: inputs of the data model by their names, and every proof of a known suite (../shared/vectors)."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from sandbox.exchange import Exchange
from sandbox.testbench.engine import play
from sandbox.testbench.script import Asked, Result
from sandbox.testbench.tracks import TRACKS
from tests.vectors import test_credential_model as model
from tests.vectors import test_data_integrity as integrity

pytestmark = pytest.mark.needs("vectors")
TESTS = {test.number: test for test in TRACKS["vc.content"].tests}
GIVEN = {"run": "a-run", "now": "2026-11-29T12:00:00.000Z"}


def told(number: str, text: str) -> Result:
    async def nothing(asked: Asked) -> Exchange:
        raise AssertionError(asked)  # what the vectors name is within them

    given = {**GIVEN, "credential": text, "readable": text}
    return asyncio.run(play(TESTS[number], given, nothing))


@pytest.mark.parametrize("file", model.FILES, ids=lambda file: file.stem)
def test_an_input_is_judged_as_its_name_says(file: Path) -> None:
    result = told("VCC-C01", json.dumps(model.document_of(file)))
    assert (result.verdict == "fail") == ("-fail" in file.stem), result.findings


@pytest.mark.parametrize("file", integrity.KNOWN, ids=integrity.named)
def test_a_proof_is_right_and_wrong_of_another_document(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert told("VCC-C02", text).verdict in ("pass", "warn")
    changed = {**json.loads(text), "name": "Another"}
    wrong = told("VCC-C02", json.dumps(changed))
    assert wrong.verdict == "fail"
    assert {finding.key for finding in wrong.findings if finding.severity == "error"} == {
        "credentials.wrong_proof"
    }


def test_a_context_that_is_not_here_is_no_fault_of_the_issuer() -> None:
    for file in integrity.EMPLOY:
        result = told("VCC-C02", file.read_text(encoding="utf-8"))
        assert result.verdict == "skip", (file.name, result.findings)
