"""The organisers' readiness check: a ready server passes, and each known slip is told by its own sentence."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from sandbox.cli.verbs import app
from sandbox.testbench.engine import play_track
from sandbox.testbench.script import Result
from sandbox.testbench.sending import Sender
from sandbox.testbench.tracks import TRACKS
from tests.conftest import a_sandbox
from tests.sandbox.testbench.terminology_package import ICD_11, LOCAL, a_package

Json = dict[str, Any]
Change = Callable[[list[Json]], list[Json]]


def the_results(client: TestClient) -> list[Result]:
    async def ask() -> list[Result]:
        async with Sender(
            "http://sandbox.test/fhir", transport=httpx.ASGITransport(client.app)
        ) as send:  # type: ignore[arg-type]
            return await play_track(TRACKS["terminology.readiness"], {}, send)

    return asyncio.run(ask())


def load(client: TestClient, resources: list[Json]) -> None:
    for one in resources:
        assert client.put(f"/fhir/{one['resourceType']}/{one['id']}", json=one).status_code == 201


def without(id: str) -> Change:
    return lambda all: [one for one in all if one["id"] != id]


def with_one(id: str, **changes: Any) -> Change:
    return lambda all: [one | changes if one["id"] == id else one for one in all]


def renamed(old: str, new: str) -> Change:
    def change(all: list[Json]) -> list[Json]:
        import json

        return json.loads(json.dumps(all).replace(old, new))  # type: ignore[no-any-return]

    return change


SLIPS: list[tuple[str, Change, str, str]] = [
    ("PreQual not loaded", without("prequal-vs"), "readiness.value_set_absent", "fail"),
    ("an empty value set", with_one("vacunas-vs", compose={"include": [{"system": LOCAL, "concept": []}]}),
     "readiness.value_set_", "fail"),
    ("a value set over a missing one",
     with_one("vacunas-vs", compose={"include": [{"valueSet": ["http://racsel.org/none"]}]}),
     "readiness.value_set_fails", "fail"),
    ("a twenty-fifth value set", lambda all: [*all, {**all[-8], "id": "more", "url": "http://racsel.org/fhir/ValueSet/vacuna-vs"}],
     "readiness.value_set_more", "warn"),
    ("no code system of the region", without("cs-0"), "readiness.system_fails", "fail"),
    ("ICD-11 under its other name", renamed(ICD_11, "http://id.who.int/icd11/mms"), "readiness.system_other_name", "warn"),
    ("a letter missing", renamed("/terminology", "/terminolgy"), "readiness.system_misspelt", "warn"),
    ("a heading as a code", renamed("L-1", "Código local"), "readiness.heading_as_code", "fail"),
    ("no concept maps", lambda all: [one for one in all if one["resourceType"] != "ConceptMap"],
     "readiness.no_concept_maps", "fail"),
    ("a map from another system", with_one("vs-vacunas-local-to-racsel", group=[
        {"source": LOCAL, "target": LOCAL, "element": [{"code": "L-1", "target": [{"equivalence": "unmatched"}]}]}]),
     "readiness.concept_map_fails", "fail"),
    ("a map without codes", with_one("vs-vacunas-local-to-racsel", group=[
        {"source": LOCAL, "target": LOCAL, "element": [{"display": "nothing"}]}]),
     "readiness.concept_map_empty", "fail"),
]  # fmt: skip


def test_a_server_with_the_whole_package_is_ready(empty: TestClient) -> None:
    load(empty, a_package())

    results = the_results(empty)

    assert [(one.test.number, one.verdict) for one in results] == [
        (f"RDY-0{n}", "pass") for n in (1, 2, 3, 4)
    ]
    assert [len(one.findings) for one in results] == [1, 6, 24, 6]


@pytest.mark.daily("faults", share=0.25)
@pytest.mark.parametrize(
    ("slip", "change", "key", "verdict"), SLIPS, ids=[slip[0] for slip in SLIPS]
)
def test_each_slip_is_told(
    empty: TestClient, slip: str, change: Change, key: str, verdict: str
) -> None:
    load(empty, change(a_package()))

    results = the_results(empty)

    told = {finding.key: result.verdict for result in results for finding in result.findings}
    assert any(
        each.startswith(key) and told[each] == verdict
        for each in told
        if each != "readiness.value_set"
    ), told


def test_what_is_no_fhir_server_fails_at_its_capabilities(empty: TestClient) -> None:
    async def ask() -> list[Result]:
        async with Sender(
            "http://sandbox.test/elsewhere", transport=httpx.ASGITransport(empty.app)
        ) as send:  # type: ignore[arg-type]
            return await play_track(TRACKS["terminology.readiness"], {}, send)

    first, *others = asyncio.run(ask())
    assert (first.verdict, [finding.key for finding in first.findings]) == (
        "fail",
        ["testbench.no_fhir"],
    )
    assert {(one.verdict, one.findings[0].params["test"]) for one in others} == {("skip", "RDY-01")}


def test_a_server_that_is_away_is_inconclusive_and_not_failed() -> None:
    done = CliRunner().invoke(app, ["readiness", "http://127.0.0.1:9/fhir", "--lang", "es"])

    assert done.exit_code == 4
    assert "no concluyente" in done.output
    assert "FAIL 0" in done.output


def test_an_address_without_a_scheme_is_refused() -> None:
    assert CliRunner().invoke(app, ["readiness", "localhost:8180"]).exit_code == 2


def test_the_page_checks_this_server_and_says_what_to_do(tmp_path: Path) -> None:
    with a_sandbox(tmp_path) as client:
        load(client, without("prequal-vs")(a_package()))

        page = client.get("/readiness/here?lang=pt").text

        assert "O conjunto de valores não está lá." in page
        assert "Em ordem: 23" in page
        listed = client.get("/readiness").text.partition('<main id="main">')[2]
        assert listed.count("<li>") == 1
        assert client.get("/readiness/xx").status_code == 404
