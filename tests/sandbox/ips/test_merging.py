"""Two countries' summaries become one: nothing is lost, the same stands once, and each statement has its origin."""

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sandbox.cli.verbs import app
from sandbox.errors import InvalidResource
from sandbox.fhir.json import Json, parse_json, write_json
from sandbox.ips import SummaryOptions, assemble, merge
from sandbox.ips.reading import read_document
from tests.conftest import VECTORS
from tests.sandbox.ips.test_assembly import WISH, errors, of_seed

ROSA, MARTIN = "01-cl-rosa-fuenzalida", "02-ar-martin-bustos"
ABROAD = SummaryOptions("http://other.example/fhir", WISH.now, "pt")


def entries(document: Json, type: str) -> list[Json]:
    return [one["resource"] for one in document["entry"] if one["resource"]["resourceType"] == type]


def section(document: Json, code: str) -> Json:
    (found,) = [
        one
        for one in document["entry"][0]["resource"]["section"]
        if one["code"]["coding"][0]["code"] == code
    ]
    return dict(found)


def of_rosa_abroad(*, without: str = "", added: Json | None = None) -> Json:
    """Rosa's summary as another country would send it: other addresses, one kind of resource less, one more."""
    patient, resources = of_seed(ROSA)
    kept = [one for one in resources if one["resourceType"] != without] + ([added] if added else [])
    return assemble(patient, kept, ABROAD)


def test_what_both_say_stands_once_and_has_both_for_its_origin() -> None:
    merged = merge(assemble(*of_seed(ROSA), WISH), of_rosa_abroad(), WISH)
    assert errors(merged) == []
    assert len(entries(merged, "Patient")) == 1
    assert len(entries(merged, "Condition")) == 2
    first, second = (
        {one["reference"] for one in origin["target"]} for origin in entries(merged, "Provenance")
    )
    assert first == second


def test_what_only_one_says_is_kept_with_its_origin() -> None:
    vaccine = {
        "resourceType": "Immunization", "id": "yf", "status": "completed", "occurrenceDateTime": "2026-01-02",
        "vaccineCode": {"text": "Fiebre amarilla"}, "patient": {"reference": "Patient/rosa-fuenzalida"},
    }  # fmt: skip
    abroad = of_rosa_abroad(without="AllergyIntolerance", added=vaccine)
    merged = merge(assemble(*of_seed(ROSA), WISH), abroad, WISH)
    assert errors(merged) == []
    assert len(section(merged, "11369-6")["entry"]) == 2
    assert len(section(merged, "48765-2")["entry"]) == 1
    (address,) = [one["fullUrl"] for one in merged["entry"] if one["resource"].get("id") == "yf"]
    told = {
        one["entity"][0]["what"]["identifier"]["value"]: one["target"]
        for one in entries(merged, "Provenance")
    }
    assert [
        identity for identity, targets in told.items() if {"reference": address} in targets
    ] == [abroad["identifier"]["value"]]
    assert "Fiebre amarilla" in section(merged, "11369-6")["text"]["div"]


def test_every_reference_leads_inside() -> None:
    merged = merge(assemble(*of_seed(ROSA), WISH), of_rosa_abroad(without="Observation"), WISH)
    addresses = {one["fullUrl"] for one in merged["entry"]}
    assert len(addresses) == len(merged["entry"])
    for one in (*entries(merged, "Condition"), *entries(merged, "MedicationStatement")):
        assert one["subject"]["reference"] in addresses
    assert not any(one.lost for one in read_document(merged, "es").sections)


def test_two_that_differ_both_stand() -> None:
    merged = merge(assemble(*of_seed(ROSA), WISH), assemble(*of_seed(MARTIN), ABROAD), WISH)
    names = [
        row[0] for table in read_document(merged, "es").sections[0].tables for row in table.rows
    ]
    assert len(names) == 3


def test_merging_with_itself_adds_nothing() -> None:
    document = assemble(*of_seed(ROSA), WISH)
    merged = merge(document, document, WISH)
    assert (
        len(merged["entry"]) == len(document["entry"]) + 2
    )  # its author beside that of the merged one, a Provenance


@pytest.mark.parametrize(
    "wrong", [None, {}, {"type": "document"}, {"type": "collection", "entry": []}]
)
def test_what_is_no_document_is_refused_by_its_number(wrong: Any) -> None:
    with pytest.raises(InvalidResource) as caught:
        merge(assemble(*of_seed(ROSA), WISH), wrong, WISH)
    assert caught.value.where == "document 2"


@pytest.mark.needs("vectors")
def test_documents_by_others_can_be_merged_with_ours() -> None:
    ours, merged = assemble(*of_seed(ROSA), WISH), 0
    for file in sorted((VECTORS / "ips").glob("*.json")):
        theirs = parse_json(file.read_bytes())
        try:
            document = merge(ours, theirs, WISH)
        except InvalidResource:
            continue
        merged += 1
        assert len(entries(document, "Patient")) == 1, file.name
    assert merged > 25


def test_the_command_prints_the_merged_document(tmp_path: Path) -> None:
    files = [tmp_path / "a.json", tmp_path / "b.json"]
    for file, document in zip(
        files, (assemble(*of_seed(ROSA), WISH), of_rosa_abroad()), strict=True
    ):
        file.write_bytes(write_json(document))
    said = CliRunner().invoke(app, ["merge", str(files[0]), str(files[1])], catch_exceptions=False)
    assert parse_json(said.stdout_bytes)["type"] == "document"  # type: ignore[index]  # JSON
    assert CliRunner().invoke(app, ["merge", str(files[0]), "none.json"]).exit_code == 2


def test_entries_without_an_address_are_not_lost() -> None:
    nameless = of_rosa_abroad()
    for one in nameless["entry"]:
        if one["resource"]["resourceType"] == "Observation":
            del one["fullUrl"]
            one["resource"].pop("id")
            one["resource"]["note"] = [{"text": "abroad"}]
    merged = merge(assemble(*of_seed(ROSA), WISH), nameless, WISH)
    assert len([one for one in entries(merged, "Observation") if "note" in one]) == 4
