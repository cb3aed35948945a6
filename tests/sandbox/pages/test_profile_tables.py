"""Tables of profiles say what the judge holds: their clauses are those of its findings."""

from __future__ import annotations

import json

import pytest

from sandbox.definitions.rulesets import profile_names
from sandbox.errors import NotFound
from sandbox.pages.profile_tables import Row, guides, place_of, table_of, years_of
from sandbox.validation import validate_source

PATIENT = ("LACPatient", "0.2.0")


def rows(key: tuple[str, str]) -> dict[str, Row]:
    return {row.id: row for row in table_of(key).rows}


def test_a_row_says_cardinality_binding_rules_and_what_is_fixed() -> None:
    table = rows(PATIENT)
    assert table["Patient.identifier"].cardinality == "2..*"
    assert table["Patient.identifier"].apart == ("value:type",)
    # the profile says the least alone; the most is that of Identifier.use
    assert table["Patient.identifier:international.use"].cardinality == "1..1"
    assert table["Patient.identifier:international.use"].given == '"official"'
    assert table["Patient.identifier:national.type"].strength == "required"
    assert [rule.key for rule in table["Patient"].invariants] == ["lac-pat-1", "lac-pat-2"]


def test_an_example_is_a_code_that_the_value_set_names() -> None:
    examples = [
        row.example for keys in guides().values() for key in keys for row in rows(key).values()
    ]
    assert any(example.startswith("http://snomed.info/sct|") for example in examples)


def test_elements_of_which_nothing_is_said_are_no_rows() -> None:
    assert "AllergyIntolerance.type" not in rows(("AllergyIntolerance-uv-ips", "2.0.0"))


@pytest.mark.parametrize("profile", ["lac-2026", "lac-2023", "ddcc", "icvp", "ips@1.1.0"])
def test_each_finding_of_a_profile_has_its_row(profile: str) -> None:
    document = {"resourceType": "Bundle", "type": "document", "entry": [
        {"resource": {"resourceType": "Composition"}}, {"resource": {"resourceType": "Patient"}}]}  # fmt: skip
    findings = validate_source(json.dumps(document).encode(), profiles=(profile,))
    places = [
        place_of(finding.clause) for finding in findings if finding.key == "validation.missing"
    ]
    of_guides = [place for place in places if place is not None]
    assert of_guides
    assert all(row for _, row in of_guides)


def test_what_is_no_clause_of_a_guide_has_no_place() -> None:
    for clause in ("FHIR R4 bdl-11", "MHD 3:4.65.4.1.2", "", "LACPatient 9.9.9 Patient"):
        assert place_of(clause) is None
    assert place_of("LACPatient 0.2.0 lac-pat-2") == (PATIENT, "Patient")
    assert place_of("LACPatient 0.2.0 Patient.name") == (PATIENT, "")
    with pytest.raises(NotFound):
        table_of(("LACPatient", "9.9.9"))


def test_years_know_their_guides() -> None:
    by_name = {str(package): years_of(package) for package in guides()}
    assert by_name["racsel.org#0.2.0"] == (2026,)
    assert by_name["lacpass.racsel.org#0.1.0"] == (2023, 2024)
    # each profile with a short name has a table
    ids = {key[0] for keys in guides().values() for key in keys}
    assert {url.partition("|")[0].rpartition("/")[2] for url in profile_names().values()} <= ids
