"""Texts with more values than anybody needs are refused before they are read."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from sandbox.errors import TooLarge
from sandbox.limits import VALUES
from sandbox.web.crowding import refuse_crowded

FHIR = {"Content-Type": "application/fhir+json"}


@pytest.mark.parametrize("mark", [b",", b"[", b"{", b"<"])
def test_as_many_marks_as_may_be_are_taken_and_one_more_is_not(mark: bytes) -> None:
    refuse_crowded(mark * VALUES + b" " * 1000)
    with pytest.raises(TooLarge):
        refuse_crowded(mark * (VALUES + 1))


def test_commas_and_brackets_count_together_and_tags_by_themselves() -> None:
    half = VALUES // 2 + 1
    refuse_crowded(b"," * half + b"<" * half)
    with pytest.raises(TooLarge):
        refuse_crowded(b"," * half + b"{" * half)


def test_a_crowded_resource_is_413_with_its_reason_and_a_raw_file_is_kept(
    empty: TestClient,
) -> None:
    crowded = b'{"resourceType":"Patient","x":[' + b"1," * VALUES + b"1]}"
    refused = empty.post("/fhir/Patient", content=crowded, headers=FHIR)
    assert refused.status_code == 413
    coding = refused.json()["issue"][0]["details"]["coding"][0]
    assert coding["code"] == "server.crowded"
    file = b"a,b\n" * VALUES
    kept = empty.post("/fhir/Binary", content=file, headers={"Content-Type": "text/csv"})
    assert kept.status_code == 201


def test_an_answer_of_a_system_is_no_exception() -> None:
    import asyncio

    import httpx

    from sandbox.testbench.sending import read_capped

    async def answer() -> bytes:
        reply = httpx.Response(200, stream=httpx.ByteStream(b"[" + b"1," * VALUES + b"1]"))
        return await read_capped(reply)

    with pytest.raises(TooLarge):
        asyncio.run(answer())
