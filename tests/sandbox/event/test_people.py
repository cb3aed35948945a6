"""People come in by links, each does what the role allows, and a monitor never judges the own team."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from sandbox.errors import BadRequest, Forbidden, NotFound, PreconditionFailed, SandboxError
from sandbox.event.identity import Person, PersonId, Role, named_team
from sandbox.event.people import People
from sandbox.event.rights import RIGHTS, Whose, may
from sandbox.event.runs import Runs
from sandbox.event.systems import System
from sandbox.ids import sequence_of_ids
from sandbox.store.partitions import Partitions
from sandbox.store.runs import RunStore
from tests.conftest import TickingClock


def known(name: str, role: Role, team: str = "", country: str = "") -> Person:
    """Returns a person as the event knows one, with ids."""
    return Person(name, role, team, country, PersonId(name.casefold()), named_team(team))


FACILITATOR = Person("Inés", "facilitator")
ANA = Person("Ana", "participant", "Chile", "CL")
ANA_OF_CHILE = known("Ana", "participant", "Chile", "CL")
MONITOR = known("Mario", "monitor", "Panamá", "PA")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.needs("postgres"))])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RunStore]:
    url = request.getfixturevalue("postgres_database") if request.param == "postgres" else ""
    partitions = Partitions(tmp_path / "people", url=url)
    yield RunStore(partitions.main)
    partitions.close()


@pytest.fixture
def clock() -> TickingClock:
    return TickingClock()


@pytest.fixture
def people(store: RunStore, clock: TickingClock) -> People:
    return People(store, clock=clock)


def labels(person: Person | None) -> tuple[str, ...]:
    return (person.name, person.role, person.team, person.country) if person else ()


def refusal(error: pytest.ExceptionInfo[SandboxError]) -> str:
    return error.value.key.removeprefix("people.")


def test_a_link_lets_one_person_in_once(people: People) -> None:
    code = people.add(FACILITATOR)
    assert people.code(code).person == "Inés"  # looking does not use it up

    session = people.enter(code)

    assert labels(people.who(session)) == labels(FACILITATOR)
    assert people.who(session + "x") is None
    with pytest.raises(Forbidden) as error:
        people.enter(code)
    assert refusal(error) == "no_code"
    people.leave(session)
    assert people.who(session) is None


def test_an_invitation_lets_many_join_one_team(people: People) -> None:
    people.add(FACILITATOR)
    code = people.invite("Chile", country="cl")

    first, second = (
        people.enter(code, name=name, team="Perú", country="PE") for name in ("Ana", "Beto")
    )

    assert labels(people.who(first)) == labels(ANA)
    assert labels(people.who(second)) == ("Beto", "participant", "Chile", "CL")
    with pytest.raises(BadRequest) as error:
        people.enter(code, name=" ana ")
    assert refusal(error) == "name_taken"


def test_links_and_sessions_end(people: People, clock: TickingClock) -> None:
    code = people.add(FACILITATOR)
    clock.now += timedelta(days=8)
    with pytest.raises(Forbidden):
        people.enter(code)
    session = people.enter(people.link("Inés"))
    clock.now += timedelta(days=31)
    assert people.who(session) is None


def test_the_links_of_one_person_end_and_nothing_else_does(people: People) -> None:
    people.add(FACILITATOR)
    session = people.enter(people.add(ANA))
    links = [people.link("Ana"), people.link("Ana")]
    others = [people.link("Inés"), people.invite("Chile")]

    people.end_links(people.named("Ana"))

    for code in links:
        with pytest.raises(Forbidden) as error:
            people.enter(code)
        assert refusal(error) == "no_code"
    for code in others:
        assert people.code(code)
    assert labels(people.who(session)) == labels(ANA)


def test_two_processes_see_the_same_people(
    people: People, store: RunStore, clock: TickingClock
) -> None:
    other = People(store, clock=clock)
    assert other.is_open
    session = people.enter(people.add(FACILITATOR))
    assert labels(other.who(session)) == labels(FACILITATOR)

    other.add(ANA)
    people.remove("Ana")

    assert [one.name for one in other.all()] == ["Inés"]


def test_many_threads_read_the_same_log_once(
    people: People, store: RunStore, clock: TickingClock
) -> None:
    people.add(FACILITATOR)
    for number in range(50):
        people.add(Person(f"Ana {number}", "participant", "Chile"))
        people.remove(f"Ana {number}")
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # so that threads meet inside
    try:
        for _ in range(5):
            fresh = People(store, clock=clock)
            with ThreadPoolExecutor(16) as pool:
                found = list(
                    pool.map(lambda _, known=fresh: [one.name for one in known.all()], range(64))
                )
            assert found == [["Inés"]] * 64
    finally:
        sys.setswitchinterval(interval)


def test_nothing_that_lets_in_is_kept_as_it_is(people: People, store: RunStore) -> None:
    code = people.add(FACILITATOR)
    session = people.enter(code)
    kept = "".join(event.body for event in store.events("@people"))
    assert code not in kept
    assert session not in kept


@pytest.mark.parametrize(
    ("person", "key"),
    [
        (Person("Ana", "participant"), "needs_team"),
        (Person("Mario", "monitor", is_contact=True), "needs_team"),
        (Person("  ", "participant", "Chile"), "needs_name"),
        (Person("INÉS", "monitor"), "name_taken"),
        (Person("Ana", "king", "Chile"), "bad_role"),  # type: ignore[arg-type]
        (Person("Ana\u202e", "monitor"), "bad_name"),
        (Person("A" * 61, "monitor"), "bad_name"),
        (Person("Ana", "monitor", country="Chile"), "bad_country"),
    ],
)
def test_a_person_who_cannot_be_is_refused(people: People, person: Person, key: str) -> None:
    people.add(FACILITATOR)
    with pytest.raises(BadRequest) as error:
        people.add(person)
    assert refusal(error) == key
    assert [one.name for one in people.all()] == ["Inés"]


def test_nobody_locks_the_event(people: People) -> None:
    with pytest.raises(BadRequest) as error:
        people.add(ANA)
    assert refusal(error) == "first_is_facilitator"
    with pytest.raises(BadRequest):
        people.invite("Chile")
    people.add(FACILITATOR)
    people.add(ANA)
    with pytest.raises(BadRequest) as error:
        people.remove("Inés")
    assert refusal(error) == "last_facilitator"
    with pytest.raises(NotFound):
        people.remove("Nadie")


def test_the_only_person_may_go_and_leaves_an_open_sandbox(people: People) -> None:
    people.add(FACILITATOR)
    people.remove("Inés")
    assert people.is_open


def test_teams_are_those_that_have_people_by_name(people: People) -> None:
    people.add(FACILITATOR)
    people.add(Person("Pia", "participant", "Perú"))
    people.add(ANA)
    people.team("Panamá")  # which nobody has joined
    assert [team.name for team in people.teams()] == ["Chile", "Perú"]


def test_a_team_is_there_from_when_it_was_first_named(
    people: People, store: RunStore, clock: TickingClock
) -> None:
    team = people.team("Panamá")
    assert team.since > 0
    assert People(store, clock=clock).team("Panamá") == team


def test_a_name_means_the_team_that_was_there_at_the_time(people: People) -> None:
    people.add(FACILITATOR)
    people.enter(people.invite(""), name="Eva", team="Nova")
    (nova,) = people.teams()
    assert nova.id != named_team("Nova")
    assert people.team_meant("Nova", at=nova.since) == nova.id
    assert people.team_meant("Nova", at=nova.since - 1) == named_team("Nova")
    assert people.team_meant("Vega", at=nova.since) == named_team("Vega")


def test_a_person_is_found_by_id_or_name_or_told_who_there_is(people: People) -> None:
    with pytest.raises(NotFound) as error:
        people.find("Ana")
    assert error.value.params["known"] == "–"
    people.add(FACILITATOR)
    people.add(ANA_OF_CHILE)
    assert people.find(ANA_OF_CHILE.id).name == "Ana"
    assert people.find("Ana").id == ANA_OF_CHILE.id
    with pytest.raises(NotFound) as error:
        people.find("Nadie")
    assert error.value.params["known"] == "Ana, Inés"


def test_who_comes_in_says_the_country_that_the_invitation_leaves_open(people: People) -> None:
    people.add(FACILITATOR)
    person = people.who(people.enter(people.invite("Chile"), name="Eva", country="pe"))
    assert labels(person) == ("Eva", "participant", "Chile", "PE")


def test_who_may_do_what() -> None:
    """One line for each act: whose runs each role may touch."""
    found = {}
    for act in RIGHTS:
        roles: tuple[Role, ...] = ("participant", "monitor", "facilitator")
        found[act] = [
            "".join(
                word
                for word, team in (("own ", "Chile"), ("other", "Perú"))
                if may(known("A", role, "Chile"), act, Whose(named_team(team)))
            ).strip()
            for role in roles
        ]
    assert found == {
        "read_space": ["own other", "own other", "own other"],
        "read_closed_space": ["own", "own other", "own other"],
        "write_space": ["own", "own", "own other"],
        "read_shared": ["own other", "own other", "own other"],
        "write_shared": ["own other", "own other", "own other"],
        "manage_tokens": ["own", "own", "own other"],
        "take_part": ["own", "own", "own other"],
        "manage_event": ["", "", "own other"],
        "subscribe": ["own", "own", "own other"],
        "see_results": ["own other", "own other", "own other"],
        "see_run": ["own", "own other", "own other"],
        "register": ["own", "own", "own other"],
        "start": ["own", "own", "own other"],
        "ask": ["own", "own", "own other"],
        "verify": ["", "other", "other"],
        "manage_people": ["", "", "own other"],
        "invite": ["", "", "own other"],
        "allow_address": ["", "", "own other"],
        "pair_up": ["", "", "own other"],
        "see_audit": ["", "", "own other"],
    }


@pytest.fixture
def runs(store: RunStore, clock: TickingClock) -> Runs:
    return Runs(store, clock=clock, new_id=sequence_of_ids("runs"))


def a_done_run(runs: Runs) -> str:
    """A run of a client that ended without any request."""
    chile = named_team("Chile")
    system = System("ministry", "http://a.test", "Chile", "CL", team_id=chile)
    run = runs.start("mhd.source", system, by=ANA_OF_CHILE)
    return runs.finish(run.id).id


def test_a_run_is_asked_for_claimed_and_decided(runs: Runs) -> None:
    id = a_done_run(runs)

    assert (
        runs.review(id, "ask", ANA_OF_CHILE, words="look at the second").review.standing
        == "to_verify"
    )
    assert runs.review(id, "claim", MONITOR).review.monitor == "Mario"
    review = runs.review(
        id, "decide", MONITOR, decision="incomplete", words="the date is missing"
    ).review
    assert (review.standing, review.monitor, review.comment) == (
        "incomplete",
        "Mario",
        "the date is missing",
    )

    again = runs.review(id, "ask", ANA_OF_CHILE).review
    assert (again.standing, again.monitor, again.comment) == ("to_verify", "", "")


def test_who_was_slower_is_told_who_has_acted(runs: Runs) -> None:
    id = a_done_run(runs)
    other = known("Olga", "monitor")
    runs.review(id, "ask", ANA_OF_CHILE)
    runs.review(id, "claim", MONITOR)

    with pytest.raises(PreconditionFailed) as error:
        runs.review(id, "claim", other)
    assert (refusal(error), error.value.params["monitor"]) == ("claimed_by", "Mario")
    with pytest.raises(Forbidden) as denied:
        runs.review(id, "decide", other, decision="verified")
    assert refusal(denied) == "claim_first"
    runs.review(id, "release", MONITOR)
    runs.review(id, "claim", other)
    runs.review(id, "decide", other, decision="verified")
    with pytest.raises(PreconditionFailed) as late:
        runs.review(id, "decide", other, decision="failed", words="no")
    assert refusal(late) == "not_to_verify"


@pytest.mark.parametrize(
    ("act", "person", "words", "key"),
    [
        ("ask", known("Pia", "participant", "Perú"), "", "other_team"),
        ("claim", ANA_OF_CHILE, "", "not_for_role"),
        ("claim", known("Cata", "monitor", "Chile"), "", "own_team"),
        ("claim", known("Ana", "facilitator"), "", "own_team"),  # who began it, whatever the role
        ("decide", MONITOR, "", "claim_first"),
        ("ask", ANA_OF_CHILE, "x" * 2001, "too_long"),
        ("approve", MONITOR, "", "no_act"),
    ],
)
def test_an_act_that_is_not_ones_own_is_refused(
    runs: Runs, act: str, person: Person, words: str, key: str
) -> None:
    id = a_done_run(runs)
    if act != "ask":
        runs.review(id, "ask", ANA_OF_CHILE)
    with pytest.raises(SandboxError) as error:
        runs.review(id, act, person, words=words, decision="verified")
    assert refusal(error) == key


def test_a_decision_against_the_team_says_why(runs: Runs) -> None:
    id = a_done_run(runs)
    runs.review(id, "ask", ANA_OF_CHILE)
    runs.review(id, "claim", MONITOR)
    for decision, key in (("failed", "needs_comment"), ("great", "bad_decision")):
        with pytest.raises(BadRequest) as error:
            runs.review(id, "decide", MONITOR, decision=decision)
        assert refusal(error) == key


def test_a_run_that_goes_on_is_not_judged(runs: Runs) -> None:
    run = runs.start("mhd.source", System("ministry", "http://a.test", "Chile"))
    with pytest.raises(PreconditionFailed) as error:
        runs.review(run.id, "ask", ANA_OF_CHILE)
    assert refusal(error) == "not_done"
