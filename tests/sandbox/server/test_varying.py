"""The seed with other data: new for a word, the same for the same word, and as right as the seed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sandbox.errors import NotFound
from sandbox.fhir.json import Json, parse_json
from sandbox.server.seeding import seeds_folder
from sandbox.server.varying import varied
from tests.conftest import a_sandbox

SEED = [parse_json(file.read_bytes()) for file in sorted((seeds_folder() / "training").glob("*"))]


def resources(bundles: list[Json]) -> dict[str, Json]:
    """The resources by type and id."""
    found = [entry["resource"] for bundle in bundles for entry in bundle["entry"]]
    return {f"{resource['resourceType']}/{resource['id']}": resource for resource in found}


def values(bundles: list[Json]) -> dict[str, Any]:
    return {
        id: (resource.get("valueQuantity", {}).get("value"), resource.get("effectiveDateTime"))
        for id, resource in resources(bundles).items()
        if resource["resourceType"] == "Observation"
    }


def test_the_same_word_gives_the_same_data_and_another_word_others() -> None:
    assert varied(SEED, "k3x9") == varied(SEED, "k3x9")
    assert values(varied(SEED, "k3x9")) != values(varied(SEED, "x9k3"))


def test_every_measured_value_and_day_is_another_and_everybody_is_still_there() -> None:
    before = values(SEED)
    after = values(varied(SEED, "k3x9"))
    assert resources(SEED).keys() <= resources(varied(SEED, "k3x9")).keys()
    for id, (value, moment) in before.items():
        if value is not None:
            assert after[id][0] != value
            assert abs(after[id][0] / value - 1) < 0.12
        is_day = len(moment) >= len("2024-03-01")
        assert (after[id][1] != moment) is is_day
        assert after[id][1][:7] == moment[:7]


def test_there_are_more_people_under_ids_of_their_own() -> None:
    counts = set()
    for word in ("a", "b", "c", "d", "e", "f"):
        whole = varied(SEED, word)
        added = whole[len(SEED) :]
        counts.add(len(added))
        assert len(resources(whole)) == sum(len(bundle["entry"]) for bundle in whole)
        for bundle in added:
            (patient,) = (
                entry["resource"]
                for entry in bundle["entry"]
                if entry["resource"]["resourceType"] == "Patient"
            )
            assert patient["id"] in str(bundle["entry"][-1]["resource"])
    assert len(counts) > 1
    assert 0 not in counts


def test_a_server_is_planted_with_them_and_says_so(tmp_path: Path) -> None:
    with a_sandbox(tmp_path / "a", seed="training") as client:
        usual = client.get("/fhir/Patient?_summary=count").json()["total"]
    with a_sandbox(tmp_path / "b", seed="training:k3x9") as client:
        assert client.get("/fhir/Patient?_summary=count").json()["total"] > usual
        assert client.get("/health").json()["seed"] == "training:k3x9"
        rosa = client.get("/fhir/Observation?patient=rosa-fuenzalida&code=29463-7").json()
        assert rosa["entry"][0]["resource"]["valueQuantity"]["value"] != 71.5


def test_a_word_behind_a_seed_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound), a_sandbox(tmp_path, seed="nothing:k3x9"):
        pass
