"""Invitations: who makes one for which team, how often and how long it is good, and its end; look-alikes are refused."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from sandbox.errors import BadRequest, Forbidden, NotFound, SandboxError
from sandbox.event.identity import Person
from sandbox.event.people import People, Terms
from sandbox.limits import INVITATION_DAYS, INVITATION_USES
from sandbox.store.partitions import Partitions
from sandbox.store.runs import RunStore
from tests.conftest import TickingClock


@pytest.fixture
def clock() -> TickingClock:
    return TickingClock()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    partitions = Partitions(tmp_path / "people", url="")
    yield RunStore(partitions.main)
    partitions.close()


@pytest.fixture
def people(store: RunStore, clock: TickingClock) -> People:
    people = People(store, clock=clock)
    people.add(Person("Inés", "facilitator"))
    people.add(Person("Ana", "participant", "Chile"))
    people.add(Person("Pia", "participant", "Perú"))
    return people


def named(people: People, name: str) -> Person:
    return next(person for person in people.all() if person.name == name)


def test_a_contact_invites_to_the_own_team_alone(people: People) -> None:
    with pytest.raises(Forbidden) as error:
        people.invite("Chile", by=named(people, "Ana"))
    assert error.value.key == "people.no_contact"

    ana = people.make_contact("Ana")
    code = people.invite("Chile", by=ana)
    assert people.who(people.enter(code, name="Eva")) == named(people, "Eva")
    assert named(people, "Eva").team_id == ana.team_id
    for team in ("Perú", "Nova"):
        with pytest.raises(Forbidden) as error:
            people.invite(team, by=ana)
        assert error.value.key == "people.other_team"
    assert people.code(people.invite("", by=ana)).team == "Chile"  # none names her own

    people.make_contact("Ana", is_contact=False)
    with pytest.raises(Forbidden):
        people.invite("Chile", by=named(people, "Ana"))


def test_who_founds_a_team_is_its_contact(people: People) -> None:
    people.enter(people.invite(""), name="Eva", team="Nova")
    eva = named(people, "Eva")
    people.enter(people.invite("Nova", by=eva), name="Olga")

    assert named(people, "Olga").team_id == eva.team_id
    assert not named(people, "Olga").is_contact
    with pytest.raises(BadRequest):
        people.make_contact("Inés")  # who is of no team


def test_an_invitation_is_good_so_often(people: People) -> None:
    code = people.invite("Chile", terms=Terms(uses=2))
    for name in ("Eva", "Olga"):
        people.enter(code, name=name)

    with pytest.raises(Forbidden) as error:
        people.enter(code, name="Rosa")

    assert error.value.key == "people.no_code"
    assert [(one.used, one.most) for one in people.invitations()] == [(2, 2)]


def test_of_many_at_once_no_more_come_in(people: People, store: RunStore) -> None:
    code = people.invite("Chile", terms=Terms(uses=3))
    elsewhere = People(store, clock=TickingClock())

    def come(number: int) -> bool:
        try:
            (people, elsewhere)[number % 2].enter(code, name=f"{'abcdefgh'[number] * 4}")
        except Forbidden:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(come, range(8))) == 3
    assert len(people.all()) == 6


def test_an_invitation_is_good_so_long(people: People, clock: TickingClock) -> None:
    code = people.invite("Chile", terms=Terms(days=2))
    clock.now += timedelta(days=3)
    with pytest.raises(Forbidden):
        people.enter(code, name="Eva")
    assert people.invitations() == []


@pytest.mark.parametrize("terms", [Terms(uses=0), Terms(uses=501), Terms(days=0), Terms(days=91)])
def test_an_invitation_without_end_is_refused(people: People, terms: Terms) -> None:
    with pytest.raises(BadRequest) as error:
        people.invite("Chile", terms=terms)
    assert error.value.key == "people.bad_terms"


def test_invitations_are_listed_and_revoked(people: People) -> None:
    ana = people.make_contact("Ana")
    inés = named(people, "Inés")
    code = people.invite("Chile", by=ana, country="cl")
    people.enter(code, name="Eva")
    people.invite("Perú", by=inés)

    rows = [(one.team, one.by, one.used, one.most) for one in people.invitations(inés)]
    assert rows == [("Perú", "Inés", 0, 50), ("Chile", "Ana", 1, 50)]
    (hers,) = people.invitations(ana)
    assert people.invitations(named(people, "Pia")) == []
    foreign = people.invitations(inés)[0]
    with pytest.raises(NotFound):
        people.revoke(foreign.id, ana)
    people.revoke(hers.id, ana)

    with pytest.raises(Forbidden):
        people.enter(code, name="Olga")
    assert named(people, "Eva").team == "Chile"  # who came in by it stays
    assert people.invitations(ana) == []
    with pytest.raises(NotFound):
        people.revoke(hers.id, inés)


@pytest.mark.parametrize(
    ("name", "team", "key", "known"),
    [
        ("Аna", "Nova", "name_alike", "Ana"),  # Cyrillic А
        ("Eva", "Ｃhile", "team_alike", "Chile"),  # fullwidth C
        ("Eva", "Peru", "team_alike", "Perú"),
        ("Eva", "Chile", "team_taken", "Chile"),
    ],
)
def test_a_newcomer_who_looks_like_somebody_known_is_refused(
    people: People, name: str, team: str, key: str, known: str
) -> None:
    with pytest.raises(SandboxError) as error:
        people.enter(people.invite(""), name=name, team=team)
    assert error.value.key == f"people.{key}"
    assert known in error.value.params.values()
    assert len(people.all()) == 3


def test_a_facilitator_is_asked_which_team_is_meant(people: People) -> None:
    with pytest.raises(BadRequest) as error:
        people.add(Person("Eva", "participant", "Peru"))
    assert error.value.key == "people.team_alike"
    people.add(Person("Eva", "participant", "Perú"))
    assert named(people, "Eva").team_id == named(people, "Pia").team_id


@pytest.mark.parametrize(
    "terms",
    [Terms(uses=1), Terms(uses=INVITATION_USES), Terms(days=1), Terms(days=INVITATION_DAYS)],
)
def test_the_least_and_the_most_are_terms_of_an_invitation(people: People, terms: Terms) -> None:
    assert people.code(people.invite("Chile", terms=terms)).most == terms.uses


@pytest.mark.parametrize(
    "terms",
    [
        Terms(uses=0),
        Terms(uses=INVITATION_USES + 1),
        Terms(days=0),
        Terms(days=INVITATION_DAYS + 1),
    ],
)
def test_terms_beyond_these_are_refused(people: People, terms: Terms) -> None:
    with pytest.raises(BadRequest) as error:
        people.invite("Chile", terms=terms)
    assert error.value.key == "people.bad_terms"


def test_who_ends_an_invitation_is_told_which_it_was(people: People) -> None:
    people.invite("Chile")
    (invitation,) = people.invitations()
    assert people.revoke(invitation.id) == invitation
    assert people.invitations() == []


def test_an_invitation_is_listed_up_to_its_last_moment(store: RunStore) -> None:
    moments = [TickingClock().now]
    people = People(store, clock=lambda: moments[-1])
    people.add(Person("Inés", "facilitator"))
    people.invite("Chile", terms=Terms(days=2))
    moments.append(moments[0] + timedelta(days=2))
    assert len(people.invitations()) == 1
    moments.append(moments[-1] + timedelta(milliseconds=1))
    assert people.invitations() == []
