"""The starters in Java and PHP: empty they pass no test, solved they pass those of the workshop."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from sandbox.course.bench import Bench, run_against, run_here
from sandbox.course.client import Client
from sandbox.course.connection import start_server
from sandbox.course.national_record import MARIA, as_csv, write_records
from tests.starters.solving import (
    JAVA,
    PHP,
    STARTERS,
    Starter,
    called,
    empty_in,
    lay_out,
    served,
    solution_of,
)

pytestmark = pytest.mark.daily("clients", share=1 / 3)

IDENTIFIER = f"urn:oid:2.16.600|{MARIA}"
GIVEN = {"patient": MARIA, "identifier": IDENTIFIER}
# it takes no writes, so that the bench has no patient of its own there; and it gives nothing but the
# summary, so that there is no record to hold that against (IPS-07)
NOT_ASKED = {"IPS-05", "IPS-07", *(f"IPS-{number:02}" for number in range(8, 14))}
PEERS = [
    pytest.param(JAVA, marks=[pytest.mark.needs("java"), pytest.mark.xdist_group("starter-java")]),
    pytest.param(PHP, marks=[pytest.mark.needs("php"), pytest.mark.xdist_group("starter-php")]),
]


@dataclass(frozen=True, slots=True)
class Team:
    """A team's two folders: one as it found it, one in which it has written its functions."""

    starter: Starter
    empty: Path
    solved: Path


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    server = start_server({"CONNECTATHON_DATA": str(tmp_path_factory.mktemp("bench"))})
    client = Client(f"{server.connection.url}/fhir", language="es")
    yield client
    client.close()
    server.stop()


@pytest.fixture(scope="module", params=PEERS, ids=["java", "php"])
def team(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Team:
    starter: Starter = request.param
    folders = [write_records(tmp_path_factory.mktemp(starter.language)) for _ in range(2)]
    empty = lay_out(starter, folders[0], solved=False)
    return Team(starter, empty, lay_out(starter, folders[1], solved=True))


def opened(client: Client, track: str, **given: object) -> Bench:
    bench = run_here(client, track, given=given)
    assert isinstance(bench, Bench)
    return bench


def asked_from_outside(team: Team, folder: Path) -> dict[str, str]:
    with served(team.starter, folder) as base:
        return run_against(base, "ips.server", given=GIVEN, language="es").verdicts


def test_empty_functions_pass_no_test(team: Team, client: Client) -> None:
    verdicts = asked_from_outside(team, team.empty)
    assert "fail" in verdicts.values()
    assert "pass" not in verdicts.values()
    for track in ("mhd.source", "mhd.consumer"):
        bench = opened(client, track)
        called(team.starter, team.empty, "publish", str(team.empty), MARIA, bench.base)
        called(team.starter, team.empty, "read", IDENTIFIER, bench.base)
        assert set(bench.verdicts.values()) == {""}


def test_the_solved_summary_passes_from_outside(team: Team) -> None:
    verdicts = asked_from_outside(team, team.solved)
    others = {number: verdict for number, verdict in verdicts.items() if verdict != "pass"}
    assert others == dict.fromkeys(sorted(NOT_ASKED), "skip")


def test_the_solved_source_and_consumer_pass(team: Team, client: Client) -> None:
    source = opened(client, "mhd.source")
    assert "200" in called(
        team.starter, team.solved, "publish", str(team.solved), MARIA, source.base
    )
    assert set(source.verdicts.values()) <= {"pass", "skip", ""}
    assert source.verdicts["SRC-13"] == "pass"
    desk = opened(client, "mhd.consumer", awkward="yes", view="yes")
    called(team.starter, team.solved, "publish", str(team.solved), MARIA, desk.base)
    seen = json.loads(called(team.starter, team.solved, "read", IDENTIFIER, desk.base))
    assert seen["allergies"] == ["Alergia a la penicilina"]
    counts = {name: len(seen[name]) for name in ("allergies", "medications")}
    httpx.get(f"{desk.base}/$proof", params=counts)
    assert [desk.verdicts[f"CON-0{number}"] for number in (2, 3, 5, 6, 7)] == ["pass"] * 5


@pytest.mark.parametrize("language", ["java", "php"])
def test_each_empty_function_has_a_solution_and_none_is_shipped(language: str) -> None:
    texts = {
        file.name: file.read_text(encoding="utf-8") for file in (STARTERS / language).iterdir()
    }
    empty = {(name, function) for name in texts for function in empty_in(texts[name], language)}
    bodies = {name: body for name, body in solution_of(language).items() if name[1] != "imports"}
    assert set(bodies) == empty
    assert len(empty) == 16
    assert [name for name, body in bodies.items() if body in texts[name[0]]] == []


def test_the_record_is_that_of_the_workshop() -> None:
    # Latin-1 on purpose: as ministries have it
    assert (STARTERS / "padron.csv").read_bytes() == as_csv().encode("latin-1")
