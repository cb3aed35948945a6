"""Runs: kept as a log, gone on with after a cut, judged again from their evidence."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from starlette.testclient import TestClient

from sandbox.errors import BadRequest, LeaseLost, NotFound
from sandbox.event.reports import as_test_report, junit
from sandbox.event.runs import Runs
from sandbox.event.systems import System, all_systems, find_system, register
from sandbox.exchange import Exchange
from sandbox.ids import sequence_of_ids
from sandbox.store.leases import Leases
from sandbox.store.partitions import Partitions
from sandbox.store.runs import RunStore, hash_of
from sandbox.testbench.script import Request
from sandbox.testbench.sending import Sender
from sandbox.testbench.tracks import TRACKS
from tests.conftest import TickingClock, a_sandbox
from tests.sandbox.event.meeting import meet
from tests.sandbox.testbench.playing import sender_to

SYSTEM = System("ministry", "http://sandbox.test/fhir")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.needs("postgres"))])
def database(request: pytest.FixtureRequest) -> str:
    """The address of PostgreSQL, or nothing for SQLite."""
    return str(request.getfixturevalue("postgres_database")) if request.param == "postgres" else ""


@pytest.fixture
def store(database: str, tmp_path: Path) -> Iterator[RunStore]:
    partitions = Partitions(tmp_path / "runs", url=database)
    yield RunStore(partitions.main)
    partitions.close()


@pytest.fixture
def runs(store: RunStore) -> Runs:
    return Runs(store, clock=TickingClock(), new_id=sequence_of_ids("runs"))


def carried_out(runs: Runs, id: str, client: TestClient) -> None:
    async def play() -> None:
        async with sender_to(client) as send:
            await runs.carry_out(id, send)

    asyncio.run(play())


def test_a_run_is_read_from_its_log(runs: Runs, empty: TestClient) -> None:
    queued = runs.start("mhd.recipient", SYSTEM, tests=["RCP-01", "mhd.recipient.capabilities"])
    assert (queued.state, queued.verdict) == ("queued", "skip")

    carried_out(runs, queued.id, empty)

    done = runs.read(queued.id)
    assert (done.state, done.verdict, list(done.outcomes)) == (
        "done", "pass", ["mhd.recipient.minimal_json", "mhd.recipient.capabilities"],
    )  # fmt: skip
    kinds = [event.kind for event in runs.events(done.id)]
    assert kinds == ["queued", "exchange", "verdict", "exchange", "verdict", "done"]
    assert runs.events(done.id, after=4) == runs.events(done.id)[5:]
    assert [row.run for row in runs.list.page().rows] == [done.id]
    exchange = runs.exchange(done.id, 0)
    assert (exchange.status, exchange.json["type"]) == (200, "transaction-response")
    assert json.loads(exchange.request_body)["type"] == "transaction"


def test_a_run_that_was_cut_off_goes_on_where_it_was(runs: Runs, empty: TestClient) -> None:
    id = runs.start("mhd.recipient", SYSTEM, tests=["RCP-01", "RCP-05"]).id

    async def cut(request: Request) -> Exchange:
        if runs.read(id).outcomes:
            raise KeyboardInterrupt
        async with sender_to(empty) as send:
            return await send(request)

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(runs.carry_out(id, cut))
    assert (runs.read(id).state, len(runs.read(id).outcomes)) == ("running", 1)

    carried_out(runs, id, empty)

    done = runs.read(id)
    assert (done.state, done.verdict) == ("done", "pass")
    numbers = [number for one in done.outcomes.values() for number in one.exchanges]
    assert numbers == list(range(8))  # the first test was not asked again


def test_a_run_that_is_over_ends_once(runs: Runs, empty: TestClient) -> None:
    id = runs.start("mhd.recipient", SYSTEM, tests=["RCP-01"]).id
    carried_out(runs, id, empty)
    carried_out(runs, id, empty)
    assert [event.kind for event in runs.events(id)].count("done") == 1


def test_a_cancelled_run_asks_nothing_more(runs: Runs, empty: TestClient) -> None:
    id = runs.start("mhd.recipient", SYSTEM).id
    runs.cancel(id)

    carried_out(runs, id, empty)

    assert (runs.read(id).state, runs.read(id).outcomes) == ("cancelled", {})


def test_a_run_that_is_cancelled_while_its_last_test_is_at_work_has_one_end(
    runs: Runs, empty: TestClient
) -> None:
    id = runs.start("mhd.recipient", SYSTEM, tests=["RCP-01"]).id

    async def cancelled_meanwhile(request: Request) -> Exchange:
        runs.cancel(id)
        async with sender_to(empty) as send:
            return await send(request)

    run = asyncio.run(runs.carry_out(id, cancelled_meanwhile))
    kinds = [event.kind for event in runs.events(id)]
    assert (run.state, kinds.count("cancelled"), kinds.count("done")) == ("cancelled", 1, 0)


def test_a_run_that_two_finish_at_once_has_one_end(runs: Runs) -> None:
    id = runs.start("mhd.source", SYSTEM).id
    meet([runs.list], writers=4)
    with ThreadPoolExecutor(4) as threads:
        ends = [threads.submit(runs.finish, id) for _ in range(4)]
    # who comes second finds it over, and is refused nothing
    assert [end.result().state for end in ends] == ["done"] * 4
    assert [event.kind for event in runs.events(id)].count("done") == 1


def test_requests_that_come_to_one_inbox_at_two_servers_at_once_are_all_kept(
    runs: Runs, tmp_path: Path, database: str
) -> None:
    id = runs.start("mhd.source", SYSTEM).id
    with closing(Partitions(tmp_path / "runs", url=database)) as partitions:
        other = Runs(RunStore(partitions.main), clock=TickingClock(), new_id=sequence_of_ids("b"))
        meet([runs.list, other.list], writers=8)

        def come(number: int) -> int:
            body = b'{"number": %d}' % number
            server = (runs, other)[number % 2]
            return server.capture(id, Exchange("POST", "http://it/fhir", (), body, 200, (), b""))

        with ThreadPoolExecutor(8) as threads:
            numbers = list(threads.map(come, range(8)))
    assert sorted(numbers) == list(range(8))
    kept = [runs.exchange(id, number).request_body for number in numbers]
    assert kept == [b'{"number": %d}' % number for number in range(8)]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["in order", "by two processes"])
def test_each_message_is_judged_though_a_newer_one_has_come_and_the_newest_counts(
    runs: Runs, order: tuple[int, int]
) -> None:
    id = runs.start("mhd.source", System("sandbox", "http://it/fhir")).id
    headers = (("content-type", "application/json"),), (("content-type", "application/fhir+json"),)
    for header in headers:
        runs.capture(id, Exchange("POST", runs.read(id).door, header, b"{}", 200, (), b""))
    for number in order:
        runs.judge_captured(id, number)

    run = runs.read(id)
    transport = "mhd.source.transport"
    assert (run.outcomes[transport].verdict, run.outcomes[transport].exchanges) == ("pass", (1,))
    (earlier,) = run.mended
    assert (earlier.test, earlier.verdict, earlier.exchanges) == (transport, "fail", (0,))


def test_a_run_knows_the_language_of_whoever_began_it(runs: Runs) -> None:
    id = runs.speaking("pt").start("mhd.recipient", SYSTEM).id
    assert runs.read(id).language == "pt"
    assert runs.read(runs.start("mhd.recipient", SYSTEM).id).language == "en"


def test_what_is_appended_under_a_lease_that_is_lost_is_refused(
    runs: Runs, store: RunStore, empty: TestClient
) -> None:
    id = runs.start("mhd.recipient", SYSTEM, tests=["RCP-01"]).id
    leases = Leases(store.database, keeper=runs.keeper, holder="us", tracks=TRACKS)
    ours = leases.take(id, seconds=0)
    assert ours is not None

    async def taken_over_meanwhile(request: Request) -> Exchange:
        assert leases.take(id, seconds=60)
        async with sender_to(empty) as send:
            return await send(request)

    with pytest.raises(LeaseLost):
        asyncio.run(runs.under(ours).carry_out(id, taken_over_meanwhile))
    assert [event.kind for event in runs.events(id)] == ["queued"]


def test_stored_evidence_is_judged_again_without_asking(runs: Runs, tmp_path: Path) -> None:
    with a_sandbox(tmp_path / "twin", twin="accepts_anything") as client:
        id = runs.start("mhd.recipient", SYSTEM).id
        carried_out(runs, id, client)

    found = asyncio.run(runs.recheck(id))

    assert set(found) == {test.id for test in TRACKS["mhd.recipient"].tests}
    assert [old for old, new in found.values() if old != new.verdict] == []
    assert {new.verdict for _, new in found.values()} == {"pass", "warn", "fail", "skip"}
    stored = {name: one.findings for name, one in runs.read(id).outcomes.items()}
    assert {name: new.findings for name, (_, new) in found.items()} == stored


def test_what_is_unknown_is_refused_before_anything_is_kept(runs: Runs, store: RunStore) -> None:
    for track, tests in (("mhd.recipiant", []), ("mhd.recipient", ["RCP-99"])):
        with pytest.raises(NotFound):
            runs.start(track, SYSTEM, tests=tests)
    with pytest.raises(BadRequest):
        runs.start("mhd.recipient", SYSTEM, given={"patiant": "1"})
    for id in ("nothing", ""):
        with pytest.raises(NotFound):
            runs.read(id)
    assert store.place() == 0


def test_systems_are_registered_by_alias_and_their_secrets_by_name(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = System(
        "chile-hapi",
        "http://127.0.0.1:8080/fhir",
        "Team 1",
        "CL",
        secrets={"Authorization": "CONNECTATHON_SECRET_CL"},
    )
    register(system, store)
    monkeypatch.setenv("CONNECTATHON_SECRET_CL", "Bearer canary")

    assert find_system("chile-hapi", store) == system
    assert all_systems(store) == [system]
    assert system.headers() == {"Authorization": "Bearer canary"}
    assert "canary" not in str(store.systems())
    assert store.remove_system("chile-hapi")
    assert not store.remove_system("chile-hapi")
    with pytest.raises(NotFound):
        find_system("chile-hapi", store)


@pytest.mark.parametrize(
    ("name", "base"),
    [("Chile", "http://a"), ("sandbox", "http://a"), ("cl", "ftp://a"), ("", "http://a")],
)
def test_a_system_that_cannot_be_one_is_refused(name: str, base: str, store: RunStore) -> None:
    with pytest.raises(BadRequest):
        register(System(name, base), store)
    assert all_systems(store) == []


def test_reports_count_what_failed(runs: Runs, tmp_path: Path) -> None:
    with a_sandbox(tmp_path / "twin", twin="accepts_anything") as client:
        id = runs.start("mhd.recipient", SYSTEM, tests=["RCP-01", "RCP-09", "RCP-24"]).id
        carried_out(runs, id, client)

    suite = ElementTree.fromstring(junit(runs.read(id), "es"))
    assert [suite.get(name) for name in ("tests", "failures", "errors", "skipped")] == [
        "3",
        "1",
        "0",
        "0",
    ]
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert "Respondió 200 a un envío que no cumple esta regla" in str(failure.get("message"))
    report = json.loads(as_test_report(runs.read(id), "en"))
    assert [one["action"][0]["assert"]["result"] for one in report["test"]] == [
        "pass",
        "fail",
        "warning",
    ]
    assert (report["result"], report["score"]) == ("fail", 66.7)


def test_the_evidence_is_whole_the_same_each_time_and_without_secrets(
    runs: Runs, empty: TestClient
) -> None:
    id = runs.start("mhd.recipient", SYSTEM, tests=["RCP-01"]).id

    async def play() -> None:
        app: Any = empty.app
        secret = {"Authorization": "Bearer canary"}
        async with Sender(SYSTEM.base, transport=httpx.ASGITransport(app), secrets=secret) as send:
            await runs.carry_out(id, send)

    asyncio.run(play())

    content = runs.evidence(id)
    assert content == runs.evidence(id)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        assert set(archive.namelist()) == {"manifest.json", *manifest["files"]}  # no key is at hand
        for name, hash in manifest["files"].items():
            assert hash_of(archive.read(name)) == hash
        assert b"canary" not in b"".join(map(archive.read, archive.namelist()))
        assert archive.read("events.ndjson").count(b"\n") == len(runs.events(id))
        assert sum(name.startswith("bodies/") for name in archive.namelist()) == 2
    with pytest.raises(NotFound):
        runs.evidence("nothing")


def test_a_run_of_a_track_that_is_no_more_hides_no_other(runs: Runs, store: RunStore) -> None:
    id = runs.start("mhd.recipient", SYSTEM).id
    old = json.loads(runs.events(id)[0].body) | {"track": "mhd.of-old"}
    store.append("old", [("queued", 2**40, json.dumps(old))])

    assert [row.run for row in runs.list.page().rows] == [id]
    with pytest.raises(NotFound):
        runs.read("old")


def test_of_the_inputs_of_a_system_those_count_that_the_track_takes(runs: Runs) -> None:
    system = System("ministry", "http://a.test", inputs={"patient": "1", "comprehensive": "yes"})

    given = runs.start("mhd.recipient", system, given={"simplified": "yes"}).given

    assert {"comprehensive", "simplified"} <= set(given)
    assert "patient" not in given


def test_old_runs_are_forgotten_and_what_newer_ones_rest_on_stays(
    runs: Runs, store: RunStore, empty: TestClient
) -> None:
    old, new = (runs.start("fhir.basics", SYSTEM, tests=["BAS-01", "BAS-05"]).id for _ in range(2))
    for id in (old, new):
        carried_out(runs, id, empty)
    begun = runs.read(new).at

    assert store.forget(before=begun) == 1

    with pytest.raises(NotFound):
        runs.read(old)
    assert (
        runs.exchange(new, 0).json["resourceType"] == "CapabilityStatement"
    )  # both runs had the same bytes
    assert store.forget(before=begun) == 0
    held = runs.exchange(new, 1)
    assert store.forget(before=begun + 1) == 1
    assert store.blob(hash_of(held.body)) == b""


def test_a_list_says_what_the_logs_say_now_whoever_wrote(runs: Runs, store: RunStore) -> None:
    first, second = (runs.start("mhd.source", SYSTEM).id for _ in range(2))
    assert {row.state for row in runs.list.page().rows} == {"waiting"}

    Runs(store, clock=TickingClock(), new_id=sequence_of_ids("other")).cancel(first)

    page = runs.list.page()
    assert [(row.run, row.state) for row in page.rows] == [
        (second, "waiting"),
        (first, "cancelled"),
    ]
