"""The desk over the API: learners see their own, once it was released; who runs the event, and monitors, all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.api.desk import NOTEBOOK
from sandbox.desk.desk import HandIn
from sandbox.event.rights import NOBODYS
from tests.sandbox.api.test_gate import Event, an_event
from tests.sandbox.desk.made import LESSON, a_notebook, leave


@pytest.fixture
def event(tmp_path: Path) -> Iterator[Event]:
    with an_event(tmp_path) as event:
        yield event


def hand_in(event: Event, who: str, **query: str) -> Any:
    return event.ask(
        "POST",
        "/api/gradings",
        event.sessions.get(who, who),
        params=query,
        content=a_notebook(),
        headers={"Content-Type": NOTEBOOK},
    )


def graded(event: Event, folder: Path, name: str, **answers: Any) -> str:
    """A hand-in of somebody that was graded, by its id."""
    id = str(hand_in(event, name).json()["id"])
    left = HandIn(id, "", "", NOBODYS, 0, "", LESSON, "api", "queued", {})
    leave(folder / "sandbox" / "desk", left, **answers)
    done = event.ask("POST", f"/api/assignments/{LESSON}/judge", event.sessions["Inés"])
    assert done.status_code == 200, done.text
    return id


def test_a_team_hands_in_for_itself_and_sees_nothing_of_others(event: Event) -> None:
    reply = hand_in(event, "Ana", name="mine.ipynb")
    assert reply.status_code == 202
    assert (reply.json()["team"], reply.json()["state"]) == ("Chile", "queued")
    id = reply.json()["id"]
    assert hand_in(event, "Ana", team="Perú").status_code == 403
    assert hand_in(event, "").status_code == 401
    for name, count in (("Ana", 1), ("Pia", 0), ("Mario", 1), ("Inés", 1)):
        found = event.ask("GET", "/api/gradings", event.sessions[name]).json()
        assert [one["id"] for one in found] == [id] * count, name
    for path in (f"/api/gradings/{id}", f"/api/gradings/{id}/notebook"):
        assert event.ask("GET", path, event.sessions["Pia"]).status_code == 403
        assert event.ask("GET", path).status_code == 401


def test_a_token_of_the_team_hands_in_and_one_for_reading_does_not(event: Event) -> None:
    assert hand_in(event, event.token("Chile")).json()["team"] == "Chile"
    assert hand_in(event, event.token("Chile", "read")).status_code == 403


def test_who_runs_the_event_hands_in_for_any_team(event: Event) -> None:
    assert hand_in(event, "Inés", team="Perú").json()["team"] == "Perú"
    (own,) = event.ask("GET", "/api/gradings", event.sessions["Pia"]).json()
    assert own["team"] == "Perú"


@pytest.mark.parametrize(
    ("content", "key", "status"),
    [(b"{}", "grade.no_notebook", 400), (b" " * (6 << 20), "desk.too_large", 413)],
)
def test_what_is_no_notebook_is_refused_with_the_reason(
    event: Event, content: bytes, key: str, status: int
) -> None:
    reply = event.ask("POST", "/api/gradings?name=x.ipynb", event.sessions["Ana"], content=content)
    assert (reply.status_code, reply.json()["key"]) == (status, key)


@pytest.mark.slow
def test_results_are_seen_when_they_are_released_and_marks_count(
    event: Event, tmp_path: Path
) -> None:
    id = graded(event, tmp_path, "Ana", ex_0_1="5.0.0", ex_0_3="1")
    place = f"/api/gradings/{id}"
    lead, own = event.sessions["Inés"], event.sessions["Ana"]
    mark = {"exercise": "0.2", "points": 0.5, "comment": "Casi"}
    assert event.ask("POST", f"{place}/marks", own, json=mark).status_code == 403
    marked = event.ask("POST", f"{place}/marks", lead, json=mark)
    assert marked.json()["score"] == 1.5
    for wrong in ({"exercise": "0.2", "points": True}, {"exercise": "0.2", "points": 9}):
        assert event.ask("POST", f"{place}/marks", lead, json=wrong).status_code == 400
    hidden = event.ask("GET", place, own).json()
    assert (hidden["state"], hidden["score"], hidden["exercises"]) == ("graded", None, [])
    assert event.ask("GET", f"{place}/notebook", own).status_code == 403
    assert "Chile" not in event.ask("GET", "/api/gradebook.csv", own).text
    assert event.ask("GET", place, event.sessions["Mario"]).json()["score"] == 1.5
    release = f"/api/assignments/{LESSON}/release"
    assert event.ask("POST", release, own).status_code == 403
    assert event.ask("POST", release, lead).json() == {"count": 1}
    told = event.ask("GET", place, own, headers={"Accept-Language": "pt"}).json()
    assert [one["outcome"] for one in told["exercises"]] == ["failed", "not_attempted", "passed"]
    assert told["exercises"][1]["comment"] == "Casi"
    assert "Chile,,,,1.5,0,1.5,3" in event.ask("GET", "/api/gradebook.csv", own).text
    assert "Chile" not in event.ask("GET", "/api/gradebook.csv", event.sessions["Pia"]).text
    book = event.ask("GET", f"{place}/notebook", own, headers={"Accept-Language": "pt"})
    assert "Ainda não" in book.text
    assert event.ask("POST", f"/api/assignments/{LESSON}/hold", lead).status_code == 200
    assert event.ask("GET", place, own).json()["score"] is None


def test_assignments_are_asked_for_by_who_runs_the_event(event: Event) -> None:
    body = {"lesson": LESSON, "due": "2020-01-01T00:00", "late": "refuse"}
    assert (
        event.ask("POST", "/api/assignments", event.sessions["Ana"], json=body).status_code == 403
    )
    made = event.ask("POST", "/api/assignments", event.sessions["Inés"], json=body)
    assert made.status_code == 201
    (known,) = event.ask("GET", "/api/assignments", event.sessions["Ana"]).json()
    assert (known["id"], known["late"], known["is_released"]) == (LESSON, "refuse", False)
    assert "data" not in known  # who knew the word could type the answers in
    late = hand_in(event, "Ana")
    assert (late.status_code, late.json()["key"]) == (409, "desk.too_late")
    for path in (f"{LESSON}/dance", "nothing/release"):
        reply = event.ask("POST", f"/api/assignments/{path}", event.sessions["Inés"])
        assert reply.status_code in (400, 404)


def test_on_a_laptop_everybody_does_everything(tmp_path: Path) -> None:
    with an_event(tmp_path, has_people=False) as event:
        assert hand_in(event, "", team="Chile").json()["team"] == "Chile"
        assert hand_in(event, "").json()["team"] == "team"
        assert len(event.ask("GET", "/api/gradings").json()) == 2
        assert event.ask("POST", f"/api/assignments/{LESSON}/grade").json() == {"count": 2}
