"""What nobody waited for is explained by what is nearest to it."""

import pytest

from sandbox.testbench.distance import Captured, explain
from sandbox.testbench.tracks import TRACKS

SEARCH = "GET /DocumentReference?patient=…&status=current"


@pytest.mark.parametrize(
    ("track", "method", "place", "key", "transaction"),
    [
        ("mhd.source", "POST", "", "stray_older", "ITI-65"),
        ("mhd.source", "PUT", "", "stray_method", "ITI-65"),
        ("mhd.source", "POST", "Bundle", "stray_place", "ITI-65"),
        ("mhd.source", "POST", "fhir", "stray_place", "ITI-65"),
        ("mhd.source", "GET", "metadata", "stray_far", None),
        ("mhd.source", "PUT", "Patient/1/$everything", "stray_far", None),
        ("mhd.consumer", "GET", "documentreference", "stray_place", "ITI-67"),
        ("mhd.consumer", "GET", "fhir/DocumentReference", "stray_place", "ITI-67"),
        ("mhd.consumer", "GET", "DocumentReferences", "stray_place", "ITI-67"),
        ("mhd.consumer", "GET", "list", "stray_place", "ITI-66"),
        ("mhd.consumer", "GET", "Binary", "stray_place", "ITI-68"),
        ("mhd.consumer", "HEAD", "Binary/7", "stray_method", "ITI-68"),
        ("mhd.consumer", "GET", "Binary/7", "stray_older", "ITI-68"),
    ],
)
def test_the_nearest_request_is_named_with_what_differs(
    track: str, method: str, place: str, key: str, transaction: str | None
) -> None:
    found = explain(Captured(3, method, place), TRACKS[track].awaits)
    assert (found.key, found.params.get("transaction")) == (f"testbench.{key}", transaction)
    assert found.found == f"{method} /{place}"


def test_what_is_waited_for_is_shown_as_a_request() -> None:
    assert (
        explain(Captured(0, "GET", "documentreference"), TRACKS["mhd.consumer"].awaits).expected
        == SEARCH
    )
    assert SEARCH in explain(Captured(0, "GET", "metadata"), TRACKS["mhd.consumer"].awaits).expected


@pytest.mark.parametrize(
    "track", [one for one in TRACKS.values() if one.is_of_client], ids=lambda one: one.id
)
def test_each_example_is_what_it_is_an_example_of(track) -> None:  # type: ignore[no-untyped-def]
    for one in track.awaits:
        method, _, place = one.example.partition(" /")
        assert one.transaction
        assert one.has_method(method)
        assert one.has_place(place.partition("?")[0])
