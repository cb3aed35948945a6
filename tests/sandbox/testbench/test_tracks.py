"""A track is one file and its texts: API, inbox, pages and reports know no track by its name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from sandbox import i18n
from sandbox.testbench.inputs import Input
from sandbox.testbench.tracks import HOMES, TRACKS, actors, declared_inputs, register
from tests.places import PROJECT
from tests.sandbox.testbench import parcel_track
from tests.sandbox.testbench.parcel_track import BETWEEN_PEERS, TEXTS, TRACK

CODE = sorted((PROJECT / "sandbox").rglob("*.py")) + sorted((PROJECT / "bot").rglob("*.py"))
TEMPLATES = sorted((PROJECT / "sandbox" / "pages" / "templates").glob("*.html"))


@pytest.fixture
def parcels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The tracks of parcels with their texts, as if their files stood where those of others do."""
    for language, texts in TEXTS.items():
        own = tmp_path / "messages" / language
        own.mkdir(parents=True)
        (own / "parcel.toml").write_text(texts, encoding="utf-8")
        shipped = i18n.LANGUAGES[language]
        added = replace(shipped, folders=(*shipped.folders, own))
        monkeypatch.setitem(i18n.LANGUAGES, language, added)
    i18n.load_room.cache_clear()
    register(TRACK, home=parcel_track.__name__)
    register(BETWEEN_PEERS, home=parcel_track.__name__)
    yield
    for track in (TRACK, BETWEEN_PEERS):
        del TRACKS[track.id], HOMES[track.id]
    i18n.load_room.cache_clear()


def started(client: TestClient, **inputs: str) -> Any:
    body = {"track": TRACK.id, "system": "sandbox", "inputs": inputs}
    return client.post("/api/runs", json=body).json()


def verdicts(client: TestClient, run: Any) -> dict[str, str]:
    tests = client.get(f"/api/runs/{run['id']}").json()["tests"]
    return {test["number"]: test["verdict"] for test in tests}


@pytest.mark.usefixtures("parcels")
def test_the_api_lists_it_with_its_inputs_in_each_language(empty: TestClient) -> None:
    names = {"en": "Colour of the parcel", "es": "color del paquete", "pt": "cor do pacote"}
    for language, meaning in names.items():
        tracks = empty.get("/api/tracks", headers={"Accept-Language": language}).json()
        (track,) = [track for track in tracks if track["id"] == TRACK.id]
        assert track["is_of_client"]
        assert track["inputs"] == [
            {"name": "colour", "kind": "choice", "choices": ["red", "blue"], "meaning": meaning}
        ]


@pytest.mark.usefixtures("parcels")
def test_a_system_registers_as_its_actor_and_is_to_do_it(empty: TestClient) -> None:
    system = {"name": "shop", "base": "http://shop.test", "actors": [TRACK.actor]}
    assert empty.post("/api/systems", json=system).status_code == 201
    assert TRACK.id in empty.get("/matrix").text
    assert "Receptor de paquetes (Parcel Receiver)" in empty.get("/team?lang=es").text


@pytest.mark.usefixtures("parcels")
def test_its_inputs_are_judged_by_their_kind(empty: TestClient) -> None:
    assert started(empty, colour="green")["key"] == "testbench.bad_input"
    assert started(empty, colour="red")["inputs"] == {"colour": "red"}


@pytest.mark.usefixtures("parcels")
def test_its_page_shows_what_the_inbox_offers_and_the_form_of_the_proof(empty: TestClient) -> None:
    run = started(empty)
    page = empty.get(f"/runs/{run['id']}?lang=es").text
    assert "Haz que tu sistema traiga $parcel" in page
    assert f'href="http://sandbox.test{run["inbox"]}/$parcel"' in page
    assert f'action="http://sandbox.test{run["inbox"]}/$receipt"' in page
    assert 'Palabra del paquete <input name="word" required>' in page


@pytest.mark.usefixtures("parcels")
def test_its_inbox_gives_the_offer_takes_the_proof_and_leaves_the_rest_to_the_server(
    empty: TestClient,
) -> None:
    run = started(empty)
    word = empty.get(f"{run['inbox']}/$parcel").json()["word"]
    assert run["inbox"].endswith(f"{word}/fhir")
    receipt = empty.get(f"{run['inbox']}/$receipt", params={"word": word})
    assert receipt.json()["issue"][0]["details"]["coding"][0]["code"] == "testbench.proof_kept"
    assert empty.get(f"{run['inbox']}/metadata").json()["status"] == "active"
    assert verdicts(empty, run) == {"PCL-01": "pass", "PCL-02": "pass"}


@pytest.mark.usefixtures("parcels")
def test_a_wrong_proof_fails_its_test_with_its_sentence_in_page_and_reports(
    empty: TestClient,
) -> None:
    run = started(empty)
    empty.get(f"{run['inbox']}/$parcel")
    empty.get(f"{run['inbox']}/$receipt", params={"word": "none"})
    assert verdicts(empty, run) == {"PCL-01": "pass", "PCL-02": "fail"}
    page = empty.get(f"/runs/{run['id']}?lang=pt").text
    assert "A palavra não é none." in page
    report = empty.get(f"/api/runs/{run['id']}/report/junit").text
    assert "The word is not none. → Tell the word as it stands in the parcel." in report
    assert "Dice su palabra" in empty.get(f"/runs/{run['id']}/report.html?lang=es").text
    (cell,) = empty.get("/api/matrix").json()
    assert (cell["track"], cell["verdict"], cell["passed"]) == (TRACK.id, "fail", 1)


@pytest.mark.usefixtures("parcels")
def test_its_alteration_changes_answers_in_runs_with_its_input_alone(empty: TestClient) -> None:
    plain = started(empty)
    altered = started(empty, colour="red")
    assert empty.get(f"{plain['inbox']}/metadata").json()["status"] == "active"
    assert empty.get(f"{altered['inbox']}/metadata").json()["status"] == "retired"


@pytest.mark.usefixtures("parcels")
def test_its_peers_are_paired_up(empty: TestClient) -> None:
    for name, actor in (("shop", "parcel-sender"), ("hall", "parcel-depot")):
        system = {"name": name, "base": "http://a.test", "team": name, "actors": [actor]}
        empty.post("/api/systems", json=system)
    (run,) = empty.post("/api/peers").json()
    assert (run["track"], run["system"], run["peers"]) == (
        BETWEEN_PEERS.id,
        "shop",
        {"depot": "hall"},
    )
    assert empty.post("/api/peers").json() == []


def test_what_does_not_fit_the_others_is_refused() -> None:
    mine = replace(TRACK, id="parcel.other")
    with pytest.raises(ValueError, match="colour"):  # nobody declares it
        register(replace(mine, inputs={}), home="here")
    with pytest.raises(ValueError, match="awkward"):  # mhd.consumer means something else by it
        register(replace(mine, inputs={**mine.inputs, "awkward": Input("alias")}), home="here")
    with pytest.raises(ValueError, match=r"mhd\.source"):
        register(replace(TRACK, id="mhd.source"), home="here")
    assert mine.id not in TRACKS
    assert "colour" not in declared_inputs()


def test_what_any_system_may_be_comes_first() -> None:
    assert [track.id for track in TRACKS.values() if not track.actor] == [next(iter(TRACKS))]


def test_no_door_knows_a_track_or_its_actor_by_name() -> None:
    # a replay is no door: its participants are clients, which must know what they bring to whom; an
    # exercise is held against the tests that its lesson is about
    rooms = ("testbench/tracks", "replay", "course/exercises")
    knowing = tuple(PROJECT / "sandbox" / room for room in rooms)
    # what the description of the API shows as an example stands for all others
    examples = (PROJECT / "sandbox" / "api").glob("*examples.py")
    words = {*TRACKS, *actors()}
    for file in {*CODE, *TEMPLATES} - {*examples}:
        if file.parent not in knowing:
            text = file.read_text(encoding="utf-8")
            assert not {word for word in words if f'"{word}"' in text}, file
