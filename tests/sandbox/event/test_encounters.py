"""Which teams have met: by what is verified before what is under way, and only who could meet at all."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.event.encounters import Encounters, encounters
from tests.sandbox.event.test_instances import EVENT
from tests.sandbox.event.test_unmet import ABROAD, ALL, SOURCE, played, system


def test_teams_that_could_meet_have_not_until_they_play() -> None:
    met = encounters(EVENT, ALL, ())
    assert met.of("chile", "peru") == "to_do"
    assert met.of("peru", "chile") == "to_do"
    # two recipients have no test to play with each other
    assert met.of("cuba", "santiago") is None
    assert met.lacking()[0][0] in ("chile", "peru")


@pytest.mark.parametrize(
    ("state", "expected"),
    [("started", "started"), ("to_verify", "started"), ("verified", "verified"),
     ("failed", "to_do"), ("aborted", "to_do"), ("incomplete", "to_do")],
)  # fmt: skip
def test_how_far_they_have_come_is_that_of_their_instances(state: str, expected: str) -> None:
    assert encounters(EVENT, (SOURCE, ABROAD), (played(state),)).of("chile", "peru") == expected


def test_verified_once_stays_so_in_whatever_order() -> None:
    rows = (played("verified"), played("started"))
    for order in (rows, rows[::-1]):
        assert encounters(EVENT, (SOURCE, ABROAD), order).of("chile", "peru") == "verified"


def test_who_was_asked_and_has_not_accepted_has_not_been_met() -> None:
    asked = played("started", standing="invited")
    assert encounters(EVENT, (SOURCE, ABROAD), (asked,)).of("chile", "peru") == "to_do"


def test_who_lacks_most_is_told_first() -> None:
    systems = (SOURCE, ABROAD, system("cuba-recipient", "CU", "document-recipient"))
    assert encounters(EVENT, systems, ()).lacking() == [
        ("chile", ("cuba", "peru")), ("cuba", ("chile",)), ("peru", ("chile",)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("pairs", "standing"),
    [
        ({}, "no_pairs"),
        ({("A", "B"): "started"}, "under_way"),
        ({("A", "B"): "verified"}, "nobody"),
    ],
)
def test_where_nobody_lacks_anybody_it_is_said_why(pairs: Any, standing: str) -> None:
    met = Encounters(("A", "B"), pairs)
    assert met.lacking() == []
    assert met.standing == standing


def test_whom_a_team_has_missed_is_what_its_row_says() -> None:
    assert "peru" in encounters(EVENT, ALL, ()).missed_by(["chile"])
    met = encounters(EVENT, (SOURCE, ABROAD), (played("verified"),))
    assert met.missed_by(["chile"]) == ()
    assert met.with_any(["chile"]).standing == "nobody"
    assert met.with_any(["cuba"]).standing == "no_pairs"
