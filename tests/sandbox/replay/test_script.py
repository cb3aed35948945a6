"""A replay's file: who meets whom by the plan, and what is wrong in a file is told."""

from __future__ import annotations

import tomllib
from collections import Counter
from typing import Any

import pytest

from sandbox.errors import NotFound
from sandbox.event.event_file import shipped_event
from sandbox.event.plan import PlannedEvent
from sandbox.replay.script import Meeting, Script, read_script, shipped_script
from sandbox.shipped import shipped
from sandbox.twins import TWINS
from tests.systems.test_replay_with_others import FEW

FILE = shipped("datasets") / "events" / "replays" / "lacpass-2023.toml"


def rows_of(plan: PlannedEvent) -> list[dict[str, Any]]:
    """Returns what the API tells of the planned tests, as far as a replay asks."""
    return [
        {
            "id": test.id,
            "track": test.track,
            "is_required": test.is_required,
            "meetings": test.meetings,
            "partners": test.partners,
            "waits": bool(test.waits),
        }
        for test in plan.tests
    ]


def meetings_of(script: Script) -> list[Meeting]:
    return list(script.meetings(rows_of(shipped_event(script.event))))


def test_the_event_of_2023_has_as_many_instances_as_were_published() -> None:
    script = shipped_script("lacpass-2023")
    # the late one is begun behind the close
    assert len(meetings_of(script)) + 1 == script.published["instances"]
    assert len(script.teams) in script.published["registered"]
    active = {letter for meeting in meetings_of(script) for letter in meeting.teams}
    assert len(active) == script.published["active"]


def test_each_required_test_is_played_by_the_few_teams_of_this_suite() -> None:
    # the whole takes minutes: what no replay of the suite plays could fail there unseen
    script = shipped_script("lacpass-2023")
    required = {test.id for test in shipped_event(script.event).tests if test.is_required}
    assert required - {*script.small().tests, *FEW["tests"]} == set()


def test_nobody_meets_the_same_team_twice_in_a_test_or_itself() -> None:
    counts = Counter(
        (meeting.test, meeting.teams[0], meeting.teams[1])
        for meeting in meetings_of(shipped_script("lacpass-2023"))
        if len(meeting.teams) > 1
    )
    assert set(counts.values()) == {1}
    for meeting in meetings_of(shipped_script("lacpass-2023").small()):
        assert len(set(meeting.teams)) == len(meeting.teams)


def test_every_hitch_is_of_a_meeting_that_takes_place() -> None:
    script = shipped_script("lacpass-2023")
    hitched = [meeting for meeting in meetings_of(script) if meeting.hitch]
    assert len(hitched) == len(script.hitches)
    required = {
        test.id: any(piece.is_required for piece in test.evidence)
        for test in shipped_event("lacpass-2023").tests
    }
    for meeting in hitched:
        # what is left out must be missed by somebody
        assert meeting.hitch != "no_evidence" or required[meeting.test], meeting
        assert meeting.hitch != "no_answer" or len(meeting.teams) > 1, meeting


def test_every_broken_server_is_a_twin_of_the_sandbox() -> None:
    servers = {team.server for team in shipped_script("lacpass-2023").teams.values()}
    assert servers - {""} <= set(TWINS)


def test_a_server_of_others_stands_in_for_a_broken_twin_and_leaves_the_team_without_a_fault() -> (
    None
):
    script = shipped_script("lacpass-2023")
    assert script.others
    for letter in script.others:
        assert script.teams[letter].server
        assert not script.with_others(script.others).teams[letter].server
    assert script.with_others(()) == script


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('letters"', "", ""),
        ('what = "no_answer"', 'what = "no_awnser"', "hitches"),
        ('team = "o"\ntest = "1.4"', 'team = "z"\ntest = "1.4"', "hitches"),
        ("source_hash_in_hex", "source_hush", "broken.b"),
        ("[broken.c]", "[broken.z]", "broken.z"),
        ('server = "changes_documents"', 'sever = "x"', "broken.c"),
        ("[others.f]", "[others.z]", "others.z"),
        ('actors = ["document-recipient"', 'actor = ["x"', "others.f"),
    ],
)
def test_a_slip_in_a_file_is_told(before: str, after: str, told: str) -> None:
    text = FILE.read_text(encoding="utf-8")
    if not told:  # the right twin of the others
        assert read_script(text).id == tomllib.loads(text)["id"]
        return
    assert before in text
    with pytest.raises(ValueError, match=told):
        read_script(text.replace(before, after, 1))


def test_an_event_without_a_replay_is_told_which_have_one() -> None:
    with pytest.raises(NotFound) as caught:
        shipped_script("ap-ips")
    assert caught.value.params["known"] == "lacpass-2023"


def test_no_team_bears_the_code_of_a_country() -> None:
    teams = shipped_script("lacpass-2023").teams.values()
    # ISO 3166-1: XA to XZ are free for users
    assert {team.country[0] for team in teams} == {"X"}
    assert len({team.country for team in teams}) == len(teams)
