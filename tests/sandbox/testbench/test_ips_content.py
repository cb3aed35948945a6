"""A document judged part by part: the right one passes, and each fault fails the part that it is in, and no other."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from sandbox.i18n import load_room
from sandbox.testbench.engine import play_track
from sandbox.testbench.script import Asked, Result
from sandbox.testbench.tracks import TRACKS
from tests.conftest import a_sandbox
from tests.sandbox.testbench.playing import GIVEN, played, verdicts

PARTS_OF_TYPES = {
    "AllergyIntolerance": "IPC-08", "Condition": "IPC-09", "Medication": "IPC-10", "Immunization": "IPC-11",
    "Procedure": "IPC-12", "Observation": "IPC-13", "Device": "IPC-14", "Organization": "IPC-15", "Flag": "IPC-16",
}  # fmt: skip


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with a_sandbox(Path(tmp_path_factory.mktemp("content")), seed="training") as client:
        yield client


@pytest.fixture(scope="module")
def document(served: TestClient) -> dict[str, Any]:
    return dict(served.get("/fhir/Patient/luzia-nogueira/$summary").json())


def judged(document: Any, **given: str) -> list[Result]:
    """Plays the track over a document that is given, so that nobody is asked."""

    async def nobody(asked: Asked) -> Any:
        raise AssertionError(f"asked {asked}")

    text = document if isinstance(document, str) else json.dumps(document)
    return asyncio.run(
        play_track(TRACKS["ips.content"], {**GIVEN, "document": text, **given}, nobody)
    )


def failed(results: list[Result]) -> list[str]:
    return verdicts(results).get("fail", [])


def test_the_patient_who_is_not_there_does_not_pass(document: dict[str, Any]) -> None:
    others = [
        entry for entry in document["entry"] if entry["resource"]["resourceType"] != "Patient"
    ]
    results = judged({**document, "entry": others}, ruleset="2023")
    told = {one.test.number: one.verdict for one in results}
    assert (told["IPC-02"], told["IPC-07"]) == ("fail", "skip")


def test_the_right_document_passes_given_or_fetched(
    served: TestClient, document: dict[str, Any]
) -> None:
    for results in (
        judged(document, ruleset="2023"),
        played("ips.content", served, patient="luzia-nogueira", ruleset="2023"),
        played(
            "ips.content",
            served,
            url="http://sandbox.test/fhir/Patient/luzia-nogueira/$summary",
            ruleset="2023",
        ),
    ):
        found = verdicts(results)
        assert set(found) <= {"skip"}, found
    assert sum(len(one.exchanges) for one in results) == 1  # it is fetched once for all tests


def test_a_document_in_xml_is_read_as_well(served: TestClient) -> None:
    xml = served.get(
        "/fhir/Patient/luzia-nogueira/$summary", headers={"Accept": "application/fhir+xml"}
    ).text
    assert set(verdicts(judged(xml, ruleset="2023"))) <= {"skip"}


@pytest.mark.parametrize(("type", "number"), PARTS_OF_TYPES.items())
def test_a_fault_fails_the_part_that_it_is_in(
    document: dict[str, Any], type: str, number: str
) -> None:
    wrong = copy.deepcopy(document)
    wrong["entry"].append(
        {
            "fullUrl": "urn:uuid:7d1b2c5e-0b1f-4c39-8a53-1d2f6f0c9a11",
            "resource": {"resourceType": type, "colour": "blue"},
        }
    )

    assert failed(judged(wrong)) == [number]


def _composition(document: Any, **changes: Any) -> None:
    document["entry"][0]["resource"].update(changes)


def _sections(document: Any, change: Callable[[list[Any]], list[Any]]) -> None:
    _composition(document, section=change(document["entry"][0]["resource"]["section"]))


def _patient(document: Any) -> Any:
    return next(one for one in document["entry"] if one["resource"]["resourceType"] == "Patient")


FAULTS: list[tuple[str, Callable[[Any], object], set[str]]] = [
    ("no title", lambda one: _composition(one, title=None) or one["entry"][0]["resource"].pop("title"), {"IPC-06"}),
    ("no allergies", lambda one: _sections(one, lambda all: [
        held for held in all if "48765-2" not in json.dumps(held["code"])
    ]), {"IPC-03", "IPC-05"}),
    ("lost reference", lambda one: _sections(one, lambda all: [
        {**all[0], "entry": [{"reference": "Condition/nowhere"}]}, *all[1:],
    ]), {"IPC-04"}),
    ("two patients", lambda one: one["entry"].append({**_patient(one), "fullUrl": "urn:uuid:7d1b2c5e-0b1f-4c39-8a53-1d2f6f0c9a11"}), {"IPC-02"}),
    ("other subject", lambda one: _composition(one, subject={"reference": one["entry"][0]["fullUrl"]}), {"IPC-02"}),
    ("no birth date", lambda one: _patient(one)["resource"].pop("birthDate"), {"IPC-07"}),
    ("not begun", lambda one: one["entry"].reverse(), {"IPC-01"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "change", "numbers"), FAULTS, ids=[one[0] for one in FAULTS])
def test_a_fault_is_told_where_it_belongs(
    document: dict[str, Any], name: str, change: Callable[[Any], object], numbers: set[str]
) -> None:
    wrong = copy.deepcopy(document)
    change(wrong)

    found = set(failed(judged(wrong)))

    assert numbers <= found
    assert found - numbers <= {"IPC-16", "IPC-06", "IPC-04"}, (
        found
    )  # what the same fault breaks elsewhere


def test_a_section_without_anything_is_warned_about(document: dict[str, Any]) -> None:
    wrong = copy.deepcopy(document)
    for section in wrong["entry"][0]["resource"]["section"]:
        if "11450-4" in json.dumps(section["code"]):
            section.pop("entry")
    assert "IPC-03" in verdicts(judged(wrong))["warn"]


def test_the_rules_of_an_event_are_asked_when_a_year_is_given(document: dict[str, Any]) -> None:
    wrong = copy.deepcopy(document)
    _patient(wrong)["resource"].pop("identifier")
    assert "IPC-17" in failed(judged(wrong, ruleset="2023"))
    assert "IPC-17" in verdicts(judged(wrong))["skip"]


def test_what_cannot_be_had_is_said_and_the_rest_is_skipped(served: TestClient) -> None:
    for results, verdict, key in (
        (judged("not a document"), "fail", "ips_content.not_read"),
        (judged({"resourceType": "Patient"}), "fail", "ips_content.no_document"),
        (played("ips.content", served, patient="nobody"), "fail", "ips_content.not_fetched"),
        (played("ips.content", served), "skip", "testbench.missing_input"),
    ):
        assert (results[0].verdict, results[0].findings[0].key) == (verdict, key)
        assert {one.verdict for one in results[1:]} == {"skip"}


def test_every_sentence_of_its_own_is_told_of_some_document(
    served: TestClient, document: dict[str, Any]
) -> None:
    wrong = [copy.deepcopy(document) for _ in FAULTS]
    for one, (_, change, _) in zip(wrong, FAULTS, strict=True):
        change(one)
    bare = copy.deepcopy(document)
    _sections(
        bare, lambda all: [{name: held[name] for name in held if name != "entry"} for held in all]
    )
    told = [judged(one) for one in (*wrong, bare, "no document", {"resourceType": "Patient"})]
    told.append(played("ips.content", served, patient="nobody"))

    keys = {finding.key for results in told for one in results for finding in one.findings}
    named = {
        f"ips_content.{name[:-5]}"
        for name in load_room("en", "ips_content")
        if name.endswith(".text")
    }
    assert named <= keys
