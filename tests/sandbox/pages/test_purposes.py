"""A newcomer chooses first what they come to do: by the event's plan, and by the systems of their team."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from sandbox.event.event_file import shipped_event
from sandbox.event.systems import System
from sandbox.i18n import LANGUAGES
from sandbox.pages.purposes import bench_tracks, purposes
from sandbox.testbench.tracks import TRACKS, actors
from tests.conftest import a_sandbox

PLAN = shipped_event("lacpass-2023")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[TestClient]:
    with a_sandbox(tmp_path) as client:
        client.post(f"/event/{PLAN.id}/now", data={})
        yield client


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_actor_is_there_and_what_is_of_no_use_here_comes_last(language: str) -> None:
    rows = purposes(PLAN, language)
    assert [row.title for row in rows[:-1]] == [track.title[language] for track in PLAN.tracks]
    assert {actor for row in rows for actor in row.actors} == set(actors())
    assert not any(set(row.actors) & set(rows[-1].actors) for row in rows[:-1])
    for row in rows:
        titles = list(row.actors.values())
        assert len(titles) == len(set(titles)), "two boxes that nobody can tell apart"


def test_without_an_event_all_actors_stand_in_one_list() -> None:
    (row,) = purposes(None, "es")
    assert (row.title, tuple(row.actors)) == ("", actors())


def test_tracks_of_own_systems_come_first_and_each_once() -> None:
    system = System("nodo", "http://127.0.0.1:9", actors=("document-recipient",))
    own, planned, others = (tracks for _, tracks in bench_tracks(PLAN, [system], "es"))
    assert [track.id for track in own] == list(system.tracks)
    assert "ips.content" in [track.id for track in planned]
    listed = [track.id for track in (*own, *planned, *others)]
    assert sorted(listed) == sorted(TRACKS)


def test_the_page_unfolds_what_a_system_does_and_takes_an_actor_once(served: TestClient) -> None:
    page = served.get("/team?lang=pt").text
    assert page.count('<details class="fold">') == len(PLAN.tracks) + 1
    assert "O repositório que recebe o documento (Document Recipient)" in page
    form = {"name": "nodo", "base": "http://127.0.0.1:9", "actor": ["trust-list-consumer"] * 2}
    served.post("/team/systems", data=form)
    (system,) = served.get("/api/systems").json()
    assert system["actors"] == ["trust-list-consumer"]
    page = served.get("/team/systems/nodo?lang=pt").text
    opened = re.findall(r'<details class="fold" open><summary>(.*?)</summary>', page)
    assert opened == [track.title["pt"] for track in PLAN.tracks if track.id in ("2a", "2b")]


def test_what_was_ticked_is_ticked_after_a_refusal(served: TestClient) -> None:
    form = {"name": "Ñ", "base": "ftp://x", "actor": "document-source"}
    page = served.post("/team/systems?lang=pt", data=form).text
    assert 'value="Ñ"' in page
    assert 'value="document-source" checked' in page
    assert f'<details class="fold" open><summary>{PLAN.tracks[0].title["pt"]}</summary>' in page
