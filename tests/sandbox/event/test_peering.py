"""Who meets whom: every Source every Recipient of another team, and each Consumer about as often as the others."""

from __future__ import annotations

from collections import Counter

from sandbox.event.identity import named_team
from sandbox.event.peering import Meeting, meetings, peer_tracks
from sandbox.event.systems import System
from sandbox.testbench.tracks import TRACKS

PEERS = TRACKS["mhd.peers"]


def a_system(name: str, *roles: str, team: str = "") -> System:
    return System(
        name,
        f"http://{name}.test",
        team or name,
        actors=tuple(f"document-{role}" for role in roles),
        team_id=named_team(team or name),
    )


def test_each_source_meets_each_recipient_of_another_team() -> None:
    systems = [
        a_system("a", "source"),
        a_system("b", "source", "recipient"),
        a_system("c", "recipient"),
        a_system("b-archive", "recipient", team="b"),
        a_system("idle"),
    ]
    pairs = {(one.system, one.inputs["recipient"]) for one in meetings(PEERS, systems)}
    assert pairs == {("a", "b"), ("a", "c"), ("a", "b-archive"), ("b", "c")}
    left = meetings(PEERS, systems, without={("a", "c")})
    assert {(one.system, one.inputs["recipient"]) for one in left} == pairs - {("a", "c")}


def test_a_consumer_of_a_third_team_comes_first_and_nobody_is_left_out() -> None:
    systems = [a_system(name, "source", "recipient", "consumer") for name in "abcde"]
    found = meetings(PEERS, systems)
    assert len(found) == 20
    for meeting in found:
        assert len({meeting.system, *meeting.inputs.values()}) == 3
    turns = Counter(meeting.inputs["consumer"] for meeting in found)
    assert max(turns.values()) - min(turns.values()) <= 2


def test_without_a_third_team_one_of_the_two_reads_and_without_a_consumer_nobody() -> None:
    pair = [a_system("a", "source"), a_system("b", "recipient", "consumer")]
    assert meetings(PEERS, pair) == [Meeting("a", {"recipient": "b", "consumer": "b"})]
    alone = [a_system("a", "source"), a_system("b", "recipient")]
    assert [one.inputs for one in meetings(PEERS, alone)] == [{"recipient": "b"}]


def test_in_a_track_without_a_recipient_nobody_meets() -> None:
    systems = [a_system(name, "source", "recipient", "consumer") for name in "ab"]
    assert meetings(TRACKS["mhd.source"], systems) == []
    assert peer_tracks() == [PEERS]
