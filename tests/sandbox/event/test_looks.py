"""What answers at an address is told when it is registered, and nothing is refused for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient

from sandbox.event.identity import TeamId
from sandbox.event.looks import Looks, is_asked, look_at
from sandbox.event.systems import System
from sandbox.sentences import fix_of, text_of
from sandbox.store.partitions import Partitions
from sandbox.store.runs import Event, RunStore
from sandbox.testbench.guard import Guard, GuardedTransport
from tests.conftest import TickingClock, a_sandbox

SERVER = System(
    "hapi-pe",
    "http://hapi.test:8642",
    "Perú",
    "PE",
    actors=("document-recipient",),
    team_id=TeamId("pe"),
)
STATEMENT = {"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1"}


@pytest.fixture
def looks(tmp_path: Path) -> Iterator[Looks]:
    partitions = Partitions(tmp_path / "looks", url="")
    yield Looks(RunStore(partitions.main), clock=TickingClock())
    partitions.close()


def server(answer: Callable[[str], httpx.Response]) -> httpx.MockTransport:
    return httpx.MockTransport(lambda request: answer(request.url.path))


def below_fhir(path: str) -> httpx.Response:
    """As most servers have it."""
    return httpx.Response(200, json=STATEMENT) if path == "/fhir/metadata" else httpx.Response(404)


def of_a_site(_: str) -> httpx.Response:
    """One that answers every path with the same page."""
    return httpx.Response(200, text="<!doctype html><title>Welcome</title>")


def seen(transport: httpx.AsyncBaseTransport, system: System = SERVER) -> list[tuple[str, str]]:
    found = asyncio.run(look_at(system, transport, "es"))
    for finding in found:
        assert text_of(finding, "es")
        assert fix_of(finding, "pt")
    return [(finding.key, finding.severity) for finding in found]


def test_a_base_that_lacks_its_end_is_told_with_the_right_one() -> None:
    assert seen(server(below_fhir)) == [("looks.fhir_below", "warning")]
    (found,) = asyncio.run(look_at(SERVER, server(below_fhir), "es"))
    assert found.params["better"] == "http://hapi.test:8642/fhir"
    right = System("hapi-pe", "http://hapi.test:8642/fhir/", actors=SERVER.actors)
    assert seen(server(below_fhir), right) == [("looks.speaks_fhir", "information")]


def test_what_is_no_fhir_server_closed_or_silent_is_told_as_that() -> None:
    def refuses(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    assert seen(server(of_a_site)) == [("looks.no_fhir", "warning")]
    assert seen(server(lambda _: httpx.Response(401))) == [("looks.is_closed", "information")]
    assert seen(httpx.MockTransport(refuses)) == [("looks.unreachable", "warning")]


def test_each_address_of_a_system_is_asked() -> None:
    both = System(
        "a",
        "http://a.test",
        bases={"document-responder": "http://a.test/fhir"},
        actors=SERVER.actors,
    )
    assert [key for key, _ in seen(server(below_fhir), both)] == [
        "looks.fhir_below",
        "looks.speaks_fhir",
    ]


def test_an_address_that_the_guard_refuses_is_for_a_facilitator(looks: Looks) -> None:
    private = System("interno", "http://10.0.0.5:8080/fhir", "Perú", actors=SERVER.actors)
    found = asyncio.run(look_at(private, GuardedTransport(Guard()), "es"))
    looks.keep(private, found)
    (blocked,) = looks.blocked([private, SERVER])
    assert (blocked.system, blocked.host, blocked.place) == (private, "10.0.0.5", "10.0.0.5:8080")
    assert blocked.is_in(["10.0.0.5"])
    assert blocked.is_in({"10.0.0.5:8080": 1})
    assert not blocked.is_in(["10.0.0.6"])
    # what was allowed since is told no more, and looked at when the system is saved again
    assert looks.of(private, allowed=["10.0.0.6"]) == looks.of(private) == list(found)
    assert looks.of(private, allowed=["10.0.0.5"]) == []
    assert looks.has_seen(private)
    assert not looks.is_fine(private)


def test_what_was_seen_is_of_the_addresses_that_were_asked(looks: Looks) -> None:
    looks.keep(SERVER, asyncio.run(look_at(SERVER, server(below_fhir), "es")))
    assert looks.has_seen(SERVER)
    assert [finding.key for finding in looks.of(SERVER)] == ["looks.fhir_below"]
    moved = System("hapi-pe", "http://hapi.test:8642/fhir", actors=SERVER.actors)
    assert (looks.has_seen(moved), looks.of(moved)) == (False, [])


class Counted(RunStore):
    """Counts the lines that it gives."""

    lines = 0

    def events(self, run: str, *, after: int = -1, without: str = "") -> list[Event]:
        found = super().events(run, after=after, without=without)
        self.lines += len(found)
        return found


def test_each_look_reads_what_was_written_since_by_whomever(looks: Looks) -> None:
    store = Counted(looks.store.database)
    beside = Looks(store, clock=TickingClock())
    found = asyncio.run(look_at(SERVER, server(below_fhir), "es"))
    for number in range(5):
        looks.keep(replace(SERVER, name=f"s{number}"), found)
    assert beside.has_seen(replace(SERVER, name="s4"))
    assert store.lines == 5
    # what is known is not read again, and of what others write the last counts
    looks.keep(replace(SERVER, name="s0"), [])
    assert beside.of(replace(SERVER, name="s0")) == []
    assert beside.of(replace(SERVER, name="s1")) == found
    assert list(beside.blocked([SERVER])) == []
    beside.keep(SERVER, found)
    assert looks.of(SERVER) == beside.of(SERVER) == found
    assert store.lines == 7


def test_who_is_never_asked_is_not_looked_at() -> None:
    assert is_asked(SERVER)
    assert not is_asked(System("fuente", "http://a.test", actors=("document-source",)))


def test_the_pages_of_a_team_say_it_at_once(tmp_path: Path) -> None:
    with a_sandbox(tmp_path) as client:
        told(client)


def told(client: TestClient) -> None:
    body = {
        "name": "interno",
        "base": "http://10.0.0.5:8080/fhir",
        "actor": "document-recipient",
        "team": "Perú",
    }
    page = client.post("/team/systems?lang=es", data=body)
    assert page.status_code == 200
    assert "10.0.0.5 lleva a una dirección privada" in page.text
    assert (
        "10.0.0.5 lleva a una dirección privada" in client.get("/team/systems/interno?lang=es").text
    )
