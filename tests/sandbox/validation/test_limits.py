"""Limits of values: across units and precisions, and what cannot be compared (FHIR R4 elementdefinition.html#minValue)."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from sandbox.validation import validate
from sandbox.validation.limits import compare
from tests.sandbox.validation.profiles import a_profile, errors, knowledge_of

UCUM = "http://unitsofmeasure.org"
TODAY = date(2026, 7, 27)


def quantity(value: Any, code: str = "kg", system: str = UCUM, **members: Any) -> dict[str, Any]:
    return {"value": value, "system": system, "code": code, **members}


def reach(value: int, code: str) -> dict[str, Any]:
    return {"value": value, "system": UCUM, "code": code}


@pytest.mark.parametrize(
    ("value", "end", "limit", "verdict"),
    [
        (quantity(500, "g"), "min", quantity(1), "beyond"),
        (quantity(1000, "g"), "min", quantity(1), "within"),
        (quantity(1000, "g"), "max", quantity(1), "within"),
        (quantity(Decimal("1000.001"), "g"), "max", quantity(1), "beyond"),
        (quantity(98, "[degF]"), "max", quantity(37, "Cel"), "within"),
        (quantity(99, "[degF]"), "max", quantity(37, "Cel"), "beyond"),
        # 98.6 °F are 37 °C: what converting may round off, a 10⁻¹² part of the limit, is no more
        (quantity(Decimal("98.6"), "[degF]"), "max", quantity(37, "Cel"), "within"),
        (quantity(Decimal("98.6"), "[degF]"), "min", quantity(37, "Cel"), "within"),
        (quantity(Decimal("1000.000000001"), "g"), "max", quantity(1), "within"),
        (quantity(Decimal("1000.000000002"), "g"), "max", quantity(1), "beyond"),
        (quantity(-1000, "g"), "min", quantity(1), "beyond"),
        (quantity(1, "m"), "min", quantity(1), "unknown"),
        (quantity(1, "kg", "urn:own"), "min", quantity(1), "unknown"),
        ({"value": 1}, "min", quantity(1), "unknown"),
        (quantity(2, comparator=">"), "max", quantity(1), "beyond"),
        (quantity(2, comparator=">"), "min", quantity(1), "within"),
        (quantity(2, comparator="<"), "min", quantity(1), "unknown"),
        (quantity(1, comparator="<="), "max", quantity(1), "within"),
        (quantity(1, comparator="<="), "min", quantity(1), "unknown"),
        (quantity(1, comparator=">="), "min", quantity(1), "within"),
        (quantity(1, comparator=">="), "max", quantity(1), "unknown"),
        (Decimal("0.3"), "max", 0.3, "within"),
        (Decimal("0.30000000000000001"), "max", 0.3, "beyond"),
        (3, "max", 3, "within"),
        ("2024", "min", "2024-06-01", "unknown"),
        ("2024-06-01", "min", "2024", "within"),
        ("2024-06", "min", "2024-06-01", "within"),
        ("2023", "min", "2024-06-01", "beyond"),
        ("2024-12-31T23:30:00-05:00", "max", "2024-12-31", "within"),
        ("2025-01-01T00:30:00+14:00", "max", "2024-12-31", "beyond"),
        ("2024-12-31", "max", "2024-12-31T23:59:59Z", "unknown"),
        ("2024-12-29", "max", "2024-12-31T23:59:59Z", "within"),
        ("2025-01-02", "max", "2024-12-31T23:59:59Z", "beyond"),
        ("2024-01-01T12:00:00.001Z", "max", "2024-01-01T12:00:00Z", "within"),
        ("2024-01-01T12:00:01Z", "max", "2024-01-01T12:00:00Z", "beyond"),
        ("2024-01-01T13:00:00+02:00", "max", "2024-01-01T12:00:00Z", "within"),
        ("2024-12-31", "min", "2024-12-31T09:00:00Z", "unknown"),
        ("2025-01-02", "min", "2024-12-31T09:00:00Z", "within"),
        ("2024-12-29", "min", "2024-12-31T09:00:00Z", "beyond"),
        ("08:30:00", "min", "08:30:00", "within"),
        ("08:30:01", "max", "08:30:00", "beyond"),
        ("08:31:00", "max", "08:30:59", "beyond"),
        ("09:00:00", "max", "08:59:59", "beyond"),
        ("08:30:00.0", "max", "08:30:00", "within"),
        ("08:29:59.9", "min", "08:30:00", "beyond"),
        ("2026-07-27", "min", reach(1, "d"), "within"),
        ("2026-07-25", "min", reach(24, "h"), "beyond"),
        ("2026-07-29", "max", reach(1, "d"), "beyond"),
        ("2026-07-29", "max", reach(1, "kg"), "unknown"),
        ("2026-07-29", "max", {"code": "d"}, "unknown"),
        ("2026-07-29", "max", {"value": True, "code": "d"}, "unknown"),
        ("2026-07-29", "max", reach(10**9, "a"), "unknown"),
        ("2026-07-28", "max", reach(1, "d"), "within"),
        ("2026-07-28T23:00:00Z", "max", reach(1, "d"), "within"),
        # what is of another kind than its limit
        (quantity(1), "min", 1, "unknown"),
        (1, "min", quantity(1), "unknown"),
        ("soon", "min", "2024-06-01", "unknown"),
        ("2024-06-01", "min", "soon", "unknown"),
        ("08:30:00", "min", "2024-06-01", "unknown"),
        ("2024-06-01", "min", "08:30:00", "unknown"),
        ("2024-06-01", "min", 2024, "unknown"),
        ("08:30:00", "min", 8, "unknown"),
        ("08:30:00", "min", quantity(1), "unknown"),
        (True, "min", 1, "unknown"),
        (1, "min", True, "unknown"),
        (quantity(None), "min", quantity(1), "unknown"),
        (quantity(1), "min", quantity(None), "unknown"),
        (quantity(True), "min", quantity(1), "unknown"),
        # a unit that nobody defines is comparable with itself
        (quantity(1, "pill", "urn:own"), "min", quantity(2, "pill", "urn:own"), "beyond"),
        (quantity(2, "pill", "urn:own"), "min", quantity(2, "pill", "urn:own"), "within"),
        (quantity(2, "pill", "urn:own"), "min", quantity(2, "pill", "urn:other"), "unknown"),
        (quantity(2, "kg"), "min", quantity(2, "kg", "urn:own"), "unknown"),
        (quantity(2, code=None), "min", quantity(2), "unknown"),
    ],
)
def test_a_value_is_within_a_limit_beyond_it_or_it_cannot_be_told(
    value: Any, end: str, limit: Any, verdict: str
) -> None:
    assert compare(value, end, limit, TODAY) == verdict


def test_what_cannot_be_compared_is_said_as_not_checked() -> None:
    profile = a_profile(
        {"path": "Observation.valueQuantity", "minValueQuantity": quantity(1)}, type="Observation"
    )
    observation = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
    found = validate(
        {**observation, "valueQuantity": quantity(1, "m")},
        profiles=[profile["url"]],
        knowledge=knowledge_of(profile),
    )
    assert errors(found) == []
    (said,) = [one for one in found if one.key == "validation.limit_unchecked"]
    assert (said.severity, said.expected, said.found) == ("information", "≥ 1 kg", "1 m")

    # neither can a time, nor an amount without its number, which is shown as it stands
    of_any = a_profile(
        {"path": "Observation.value[x]", "minValueQuantity": quantity(1)}, type="Observation"
    )
    for member, shown in (
        ({"valueTime": "08:30:00"}, "08:30:00"),
        ({"valueQuantity": {"unit": "kg"}}, '{"unit":"kg"}'),
    ):
        found = validate(
            {**observation, **member}, profiles=[of_any["url"]], knowledge=knowledge_of(of_any)
        )
        assert [(one.severity, one.key, one.where, one.found) for one in found] == [
            ("information", "validation.limit_unchecked", "Observation.value", shown)
        ]

    # of a value within its limit nothing is said
    found = validate(
        {**observation, "valueQuantity": quantity(1)},
        profiles=[profile["url"]],
        knowledge=knowledge_of(profile),
    )
    assert [one.key for one in found if "limit" in one.key] == []


def test_the_greatest_length_counts_characters_of_unicode() -> None:
    profile = a_profile({"path": "Observation.code.text", "maxLength": 3}, type="Observation")
    for text, wrong in (("añ😀", []), ("añ😀x", [("too_long", "Observation.code.text")])):
        observation = {"resourceType": "Observation", "status": "final", "code": {"text": text}}
        found = validate(observation, profiles=[profile["url"]], knowledge=knowledge_of(profile))
        assert errors(found) == wrong


@pytest.mark.parametrize(
    ("member", "limit", "expected"),
    [
        ({"valueDateTime": "1999"}, {"minValueDateTime": "2000-01-01"}, ("≥ 2000-01-01", "1999")),
        ({"valueInteger": 7}, {"maxValueInteger": 6}, ("≤ 6", "7")),
        (
            {"valueQuantity": quantity(500, "g", unit="grams", comparator="<")},
            {"minValueQuantity": quantity(1)},
            ("≥ 1 kg", "< 500 grams"),
        ),
    ],
)
def test_a_value_beyond_its_limit_is_shown_beside_it(
    member: dict[str, Any], limit: dict[str, Any], expected: tuple[str, str]
) -> None:
    (name,) = member
    profile = a_profile({"path": f"Observation.{name}", **limit}, type="Observation")
    observation = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
    found = validate(
        {**observation, **member}, profiles=[profile["url"]], knowledge=knowledge_of(profile)
    )
    (said,) = [one for one in found if one.key.endswith(("beyond_limit", "limit_unchecked"))]
    assert (said.expected, said.found) == expected


def test_an_element_without_value_has_no_limit() -> None:
    """What keeps it is an extension that says why (FHIR R4 extensibility.html#Special-Case)."""
    profile = a_profile({"path": "Patient.birthDate", "minValueDate": "2000-01-01"})
    absent = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
    beside = {"extension": [{"url": absent, "valueCode": "unknown"}]}
    patient = {"resourceType": "Patient", "_birthDate": beside}
    assert validate(patient, profiles=[profile["url"]], knowledge=knowledge_of(profile)) == []
