"""A code lets in once, whichever of several servers is asked, and however close together."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.clock import utc_now
from sandbox.errors import Forbidden
from sandbox.event.identity import Person
from sandbox.event.people import People
from sandbox.store.partitions import Partitions
from sandbox.store.runs import RunStore

RACERS = 2


@pytest.fixture(
    params=[("sqlite", 100), pytest.param(("postgres", 1000), marks=pytest.mark.needs("postgres"))],
    ids=["sqlite", "postgres"],
)
def several(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[list[People], int]]:
    """Several openings of one database, none of which shares a lock or a memory, and how many codes to race for."""
    name, codes = request.param
    url = request.getfixturevalue("postgres_database") if name == "postgres" else ""
    opened = [Partitions(tmp_path / "people", url=url) for _ in range(RACERS)]
    yield [People(RunStore(partitions.main), clock=utc_now) for partitions in opened], codes
    for partitions in opened:
        partitions.close()


def test_each_code_lets_in_one_of_those_who_race_for_it(several: tuple[list[People], int]) -> None:
    servers, count = several
    servers[0].add(Person("Inés", "facilitator"))
    codes = [servers[0].link("Inés") for _ in range(count)]
    together = threading.Barrier(RACERS)
    let_in: list[str] = []
    refused: list[str] = []
    reasons: set[str] = set()

    def race(number: int) -> None:
        for code in codes:
            together.wait()  # each code anew: otherwise one would soon be far ahead
            try:
                servers[number].enter(code)
                let_in.append(code)
            except Forbidden as error:
                reasons.add(error.key)
                refused.append(code)

    racers = [threading.Thread(target=race, args=(number,)) for number in range(RACERS)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    # the barrier keeps all at one code, so that both lists are in the order of the codes
    assert let_in == codes == refused
    assert reasons == {"people.no_code"}
