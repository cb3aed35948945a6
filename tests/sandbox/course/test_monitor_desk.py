"""The desk of lesson 12: two teams wait for the monitor, the own one does not, and one has failed."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.course import ____
from sandbox.course.blank import Blank
from sandbox.course.monitor_desk import EVENT, MonitorDesk, monitor_desk
from tests.sandbox.course.exercises.answers_02 import SUMMARY


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> MonitorDesk:
    return monitor_desk(tmp_path_factory.mktemp("desk"), SUMMARY, language="es")


def test_others_wait_the_own_team_is_refused_and_one_goes_back(desk: MonitorDesk) -> None:
    waiting = desk.ask("GET", f"/api/instances/queue?event={EVENT}").json
    assert [row["countries"] for row in waiting] == [["PE"], ["PA"]]
    refused = desk.ask("POST", f"/api/instances/{desk.own}/claim", {})
    assert (refused.status, refused.json["key"]) == (403, "people.own_team")
    # the next one is that with another hash, which goes back with a word
    taken = desk.ask("POST", "/api/instances/queue", {"event": EVENT}).json
    run = desk.ask("GET", f"/api/runs/{taken['bench'][0]['run']}").json
    assert "SRC-13" in [test["number"] for test in run["tests"] if test["verdict"] == "fail"]
    place = f"/api/instances/{taken['id']}/return"
    assert desk.ask("POST", place, {"words": ""}).status == 400
    assert desk.ask("POST", place, {"words": "SRC-13"}).json["state"] == "started"


def test_a_blank_asks_nobody(desk: MonitorDesk) -> None:
    assert isinstance(desk.ask("POST", "/api/instances/x/return", {"words": ____}), Blank)


@pytest.mark.daily("long", share=0.25)
def test_each_notebook_gets_an_event_of_its_own(tmp_path: Path) -> None:
    first, second = (monitor_desk(tmp_path, SUMMARY, language="es") for _ in range(2))
    assert first.own != second.own
