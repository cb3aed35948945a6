"""Whose something is decides what may be done: of one's own team, of a peer, of nobody."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.errors import Forbidden
from sandbox.event.identity import Author, Person, PersonId, Role, named_team
from sandbox.event.rights import Act, Reach, Whose, allow, may, reach

CHILE = named_team("Chile")
PERU = named_team("Perú")


def person(role: Role, team: str = "Chile", *, is_contact: bool = False) -> Person:
    """Returns a person of a team."""
    name = f"A {role}"
    return Person(name, role, team, "", PersonId(name), named_team(team), is_contact=is_contact)


PARTICIPANT = person("participant")
CONTACT = person("participant", is_contact=True)
MONITOR = person("monitor")


def test_what_is_of_no_team_is_not_that_of_people_without_a_team() -> None:
    assert not may(person("monitor", ""), "start", Whose())
    assert may(person("monitor", ""), "verify", Whose())


def test_a_thing_is_its_authors_whatever_their_team() -> None:
    whose = Whose(PERU, Author(PARTICIPANT.id))
    assert may(PARTICIPANT, "see_run", whose)
    assert not may(PARTICIPANT, "see_run", Whose(PERU, Author(PersonId("somebody else"))))


@pytest.mark.parametrize("act", ["see_run", "take_part"])
def test_a_team_that_takes_part_sees_a_run_as_its_own(act: Act) -> None:
    assert may(PARTICIPANT, act, Whose(PERU, others=(CHILE,)))
    assert not may(PARTICIPANT, act, Whose(PERU, others=(named_team("Panamá"),)))


def test_a_team_that_takes_part_does_nothing_else_to_a_run() -> None:
    assert not may(PARTICIPANT, "start", Whose(PERU, others=(CHILE,)))


def test_a_monitor_of_a_team_that_takes_part_does_not_verify() -> None:
    assert may(MONITOR, "verify", Whose(PERU))
    assert not may(MONITOR, "verify", Whose(PERU, others=(CHILE,)))
    assert not may(MONITOR, "verify", Whose(CHILE))


def test_a_contact_invites_to_their_own_team_alone() -> None:
    assert may(CONTACT, "invite", Whose(CHILE))
    assert not may(CONTACT, "invite", Whose(PERU))
    assert not may(PARTICIPANT, "invite", Whose(CHILE))
    assert may(person("facilitator"), "invite", Whose(PERU))


@pytest.mark.parametrize(
    ("who", "act", "team", "key"),
    [
        (MONITOR, "verify", "Chile", "own_team"),
        (PARTICIPANT, "verify", "Chile", "not_for_role"),
        (PARTICIPANT, "start", "Perú", "other_team"),
        (PARTICIPANT, "manage_people", "Chile", "not_for_role"),
        (PARTICIPANT, "invite", "Chile", "no_contact"),
        (CONTACT, "invite", "Perú", "other_team"),
    ],
)
def test_a_refusal_says_which_way_out_there_is(who: Person, act: Act, team: str, key: str) -> None:
    with pytest.raises(Forbidden) as error:
        allow(who, act, Whose(named_team(team)))
    assert error.value.key == f"people.{key}"


def test_what_is_allowed_is_not_refused() -> None:
    allow(PARTICIPANT, "start", Whose(CHILE))
    allow(CONTACT, "invite", Whose(CHILE))


@pytest.mark.parametrize(
    ("who", "act", "own", "foreign"),
    [
        (PARTICIPANT, "see_run", True, False),
        (MONITOR, "see_run", True, True),
        (MONITOR, "verify", False, True),
        (PARTICIPANT, "verify", False, False),
        (CONTACT, "invite", True, False),
        (PARTICIPANT, "invite", False, False),
        (replace(CONTACT, role="facilitator"), "invite", True, True),
    ],
)
def test_a_list_is_narrowed_as_each_thing_is_judged(
    who: Person, act: Act, *, own: bool, foreign: bool
) -> None:
    assert reach(who, act) == Reach(own, foreign)
    assert (may(who, act, Whose(CHILE)), may(who, act, Whose(PERU))) == (own, foreign)
