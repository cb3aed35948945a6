from datetime import UTC, datetime

import pytest

from sandbox.fhir.dates import interval_of, milliseconds_of, moment_of


def at(*parts: int) -> int:
    return milliseconds_of(datetime(*parts, tzinfo=UTC))  # type: ignore[misc,arg-type]  # parts are year, month, …


@pytest.mark.parametrize(
    ("text", "low", "past"),
    [
        ("2024", at(2024, 1, 1), at(2025, 1, 1)),
        ("2024-02", at(2024, 2, 1), at(2024, 3, 1)),
        ("2024-12", at(2024, 12, 1), at(2025, 1, 1)),
        ("2024-02-29", at(2024, 2, 29), at(2024, 3, 1)),
        ("2024-02-29T23:59", at(2024, 2, 29, 23, 59), at(2024, 3, 1)),
        ("2024-01-01T00:00:00Z", at(2024, 1, 1), at(2024, 1, 1, 0, 0, 1)),
        ("2024-01-01T00:00:00-03:00", at(2024, 1, 1, 3), at(2024, 1, 1, 3, 0, 1)),
        ("2024-01-01T00:00:00+05:30", at(2023, 12, 31, 18, 30), at(2023, 12, 31, 18, 30, 1)),
        ("2016-12-31T23:59:60Z", at(2016, 12, 31, 23, 59, 59), at(2017, 1, 1)),
        ("1949", at(1949, 1, 1), at(1950, 1, 1)),
        ("9999-12-31", at(9999, 12, 31), at(9999, 12, 31) + 86_400_000),
    ],
)
def test_a_date_covers_what_its_precision_says(text: str, low: int, past: int) -> None:
    assert interval_of(text) == (low, past - 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "24",
        "2024-13",
        "2023-02-29",
        "29/02/2024",
        "2024-1-1",
        "2024-01-01T25:00",
        "2024-01-01T00:00:61Z",
        "now",
    ],
)
def test_what_is_no_date_has_no_interval(text: str) -> None:
    assert interval_of(text) is None


def test_moments_survive_the_way_through_milliseconds() -> None:
    moment = datetime(1969, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)
    assert moment_of(milliseconds_of(moment)) == moment
