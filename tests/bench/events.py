"""What `make bench` says of an event in full swing: how fast its pages are with 3,000 instances of 40 teams in 60
planned tests, beside forty pages that follow it live, as the slowest but one of twenty answers.

`python -m tests.bench.events` measures that alone.  Instances and runs are written through the stores, without playing them: how an event plays is what a replay measures.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path

import httpx

from sandbox.clock import utc_now
from sandbox.course.connection import RunningServer, start_server
from sandbox.event.event_file import shipped_event, write_event
from sandbox.event.identity import Person, TeamId, named_team
from sandbox.event.instance import STATES, Part
from sandbox.event.people import People
from sandbox.event.plan import PlannedEvent
from sandbox.event.run_list import RunList
from sandbox.event.systems import System, register
from sandbox.findings import Finding
from sandbox.store.instances import InstanceRow, InstanceStore, PartRow
from sandbox.store.partitions import Partitions
from sandbox.store.planned_events import PlannedEventStore
from sandbox.store.runs import RunStore
from sandbox.testbench.tracks import TRACKS
from tests.sandbox.event.played import Played

TEAMS = 40
TESTS = 60
INSTANCES = 3_000
STREAMS = 40
HEARD_SECONDS = 30
ASKED = 20
"""How often each page is asked: what one of twenty takes longer than is told."""
EVENT = "bench"
BEGUN = 1_785_000_000_000
RULED = 50
"""Of so many instances a monitor has set a verdict aside in one."""
STEP = 90_000  # milliseconds between two instances
COUNTRIES = (
    "AR",
    "BO",
    "BR",
    "CL",
    "CO",
    "CR",
    "EC",
    "GT",
    "HN",
    "MX",
    "PA",
    "PE",
    "PY",
    "SV",
    "UY",
)
KEYS = ("no_capabilities", "not_created", "other_format")
WEIGHTS = (5, 1, 1, 6, 1, 75, 3, 5, 3)  # of the states in their order
PLACES = (
    "/matrix", "/report", "/instances", "/api/instances?event=bench", "/api/instances/queue?event=bench",
    "/api/instances?event=bench&state=to_verify&track=1", "/api/instances/totals?event=bench", f"/event/{EVENT}",
    f"/event/{EVENT}/results", f"/api/plans/{EVENT}/report", f"/api/plans/{EVENT}/results",
    f"/api/plans/{EVENT}/findings", f"/api/plans/{EVENT}/instances.csv", f"/api/plans/{EVENT}/overruled",
    "/search?q=documento",
)  # fmt: skip

OWN = {
    "": ("/", "/lessons"),
    "participant": (
        "/",
        "/team",
        "/instances",
        f"/event/{EVENT}/results",
        f"/event/{EVENT}/not-met",
        "/instances/i3",
    ),
    "monitor": ("/", "/instances/queue", "/instances/i7", "/runs/r7"),
    "facilitator": ("/", "/floor", f"/event/{EVENT}/stuck", f"/event/{EVENT}/monitors", "/runs"),
}
"""What each kind of person looks at most; "" for a visitor."""


def figures() -> Iterator[tuple[str, str, str]]:
    """Yields name, figure and what it is held against."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "sandbox" / "sandbox.db"
        lay_out(Path(folder) / "sandbox")
        yield "an event of 3,000 instances on the disk", f"{file.stat().st_size >> 20} MB", ""
        changes = Partitions(file.parent)
        logs = RunStore(changes.main)
        sessions = _entered(People(logs, clock=utc_now))
        server = start_server({"CONNECTATHON_DATA": str(file.parent), "CONNECTATHON_SEED": "none"})
        try:
            yield from _beside_streams(server, sessions, partial(happen, logs))
        finally:
            changes.close()
            server.stop()


def _entered(people: People) -> dict[str, str]:
    """Lets one of each kind in; returns the secrets of their sessions."""
    known = (
        Person("Rosa", "facilitator"),
        Person("Inés", "monitor"),
        Person("Ana", "participant", team="Team 3"),
    )
    return {person.role: people.enter(people.add(person)) for person in known}


def _beside_streams(
    server: RunningServer, sessions: Mapping[str, str], something: Callable[[], None]
) -> Iterator[tuple[str, str, str]]:
    """Yields how fast each page is while others follow what happens, and whether they all heard.

    On a machine that others use, what the server's processor has done tells what a page costs.
    """
    url = server.connection.url

    def measured(
        place: str, before: Callable[[], None] = _nothing, who: str = "facilitator"
    ) -> tuple[str, str]:
        client.headers.pop("Authorization", None)
        client.headers.update(_headers(sessions, who))
        used = _used(server)
        milliseconds = p95(client, place, before=before)
        each = (_used(server) - used) / (ASKED + 1)
        return f"{milliseconds:.0f} ms", f"under 250 ms; of processor {each:.0f} ms each"

    headers = _headers(sessions, "facilitator")
    with (
        _followed(url, headers) as told,
        httpx.Client(base_url=url, trust_env=False, timeout=60) as client,
    ):
        for place in PLACES:
            yield (f"p95 of {place}", *measured(place))
        for who, places in OWN.items():
            for place in places:
                yield (f"p95 of {place} for a {who or 'visitor'}", *measured(place, who=who))
        place = f"/event/{EVENT}/results"
        yield (f"p95 of {place}, behind a change", *measured(place, something))
        deadline = time.monotonic() + HEARD_SECONDS
        while time.monotonic() < deadline and min(told.heard.values(), default=0) < ASKED:
            something()
            time.sleep(0.1)
    heard = sum(count > 0 for count in told.heard.values())
    yield "live streams that heard of it", f"{heard}", f"{STREAMS}"


def _headers(sessions: Mapping[str, str], who: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {sessions[who]}"} if who else {}


def _used(server: RunningServer) -> float:
    """Returns the milliseconds that a server's processor has worked (Linux only; 0 elsewhere)."""
    file = Path(f"/proc/{server.pid}/stat")
    if not file.exists():
        return 0
    words = file.read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def _nothing() -> None:
    """Is done before a question where nothing is to happen."""


@dataclass(slots=True)
class _Told:
    """How many moves each stream has told, and what ends them."""

    heard: dict[int, int] = field(default_factory=dict)
    is_over: threading.Event = field(default_factory=threading.Event)


@contextmanager
def _followed(url: str, headers: Mapping[str, str]) -> Iterator[_Told]:
    """Follows all that happens in forty streams, as as many open pages do."""
    told = _Told(heard=dict.fromkeys(range(STREAMS), 0))
    begun = threading.Barrier(STREAMS + 1)

    def follow(number: int) -> None:
        with (
            httpx.Client(trust_env=False, timeout=60) as client,
            client.stream("GET", f"{url}/api/events", headers=headers) as reply,
        ):
            begun.wait()
            for line in reply.iter_lines():
                told.heard[number] += line.startswith("id:")
                if told.is_over.is_set():
                    return

    threads = [
        threading.Thread(target=follow, args=(number,), daemon=True) for number in told.heard
    ]
    for thread in threads:
        thread.start()
    begun.wait(HEARD_SECONDS)
    try:
        yield told
    finally:
        told.is_over.set()


def main() -> None:
    """Prints one line a figure."""
    for name, figure, held in figures():
        print(f"{name:<64} {figure:>9}   {held}")


def happen(logs: RunStore) -> None:
    """Has somebody do something, so that what was read before counts no more."""
    logs.append("@instance:i0", [("said", BEGUN, '{"by": "", "by_id": ""}')])


def p95(client: httpx.Client, place: str, *, before: Callable[[], None] = _nothing) -> float:
    """Returns milliseconds; `before` is done before each question, and not counted."""
    client.get(place).raise_for_status()  # the first reads templates and plans
    taken = []
    for _ in range(ASKED):
        before()
        begun = time.perf_counter()
        client.get(place).raise_for_status()
        taken.append((time.perf_counter() - begun) * 1000)
    return statistics.quantiles(taken, n=20, method="inclusive")[-1]


def _plan() -> PlannedEvent:
    template = shipped_event("lacpass-2023")
    tests = [test for test in template.tests if not test.waits]
    copies = [
        replace(tests[number % len(tests)], id=f"{tests[number % len(tests)].id}-{number}")
        for number in range(TESTS)
    ]
    return replace(template, id=EVENT, tests=tuple(copies))


def lay_out(folder: Path, *, count: int = INSTANCES) -> None:
    """Writes an event in full swing into a data folder."""
    partitions = Partitions(folder)
    logs = RunStore(partitions.main)
    runs = RunList(logs)
    instances = InstanceStore(partitions.main, logs)
    plan = _plan()
    plans = PlannedEventStore(partitions.main)
    plans.write(EVENT, write_event(plan), at=BEGUN, before=None)
    plans.mark(EVENT)
    teams = [f"Team {number}" for number in range(TEAMS)]
    actors = tuple(sorted({role.actor for test in plan.tests for role in test.roles}))
    for number, team in enumerate(teams):
        base = "http://a.test/fhir"
        country = COUNTRIES[number % len(COUNTRIES)]
        system = System(
            f"system-{number}", base, team, country, actors=actors, team_id=named_team(team)
        )
        register(system, logs)
    chance = random.Random(3)
    with (
        partitions.main.writing()
    ):  # in one transaction: a sync of the disk for each line takes minutes
        for number in range(count):
            _write_instance(instances, runs, plan, number, chance)
    partitions.close()


def _write_instance(
    instances: InstanceStore, runs: RunList, plan: PlannedEvent, number: int, chance: random.Random
) -> None:
    test = plan.tests[number % TESTS]
    at = BEGUN + number * STEP
    first = number % TEAMS
    teams = [(first + role + number // TEAMS) % TEAMS for role in range(len(test.roles))]
    parts = tuple(
        PartRow(
            role.name, f"system-{team}", named_team(f"Team {team}"), COUNTRIES[team % len(COUNTRIES)], "accepted"
        )
        for role, team in zip(test.roles, teams, strict=True)
    )  # fmt: skip
    (state,) = chance.choices(STATES, WEIGHTS)
    waiting = at if state in ("to_verify", "critical") else 0
    row = InstanceRow(
        f"i{number}", EVENT, test.id, test.track, state, at, at, waiting, "", 0, parts
    )
    team = f"Team {teams[0]}"
    run = Played(f"system-{teams[0]}", team, named_team(team))
    key = f"basics.{chance.choice(KEYS)}"
    finding = Finding(key, "error", key, where="Bundle", clause=f"MHD 3:4.65.{number % 7}")
    found = ("finding", at, json.dumps({"test": "fhir.basics.read", **asdict(finding)}))
    runs.append(f"r{number}", [*run.lines(at), found])
    opened = {
        "event": EVENT,
        "test": test.id,
        "track": test.track,
        "part": asdict(
            Part(parts[0].role, parts[0].system, team, TeamId(parts[0].team), parts[0].country, "")
        ),
        "by": "",
        "by_id": "",
    }
    ran = {
        "role": test.roles[0].name,
        "track": "fhir.basics",
        "run": f"r{number}",
        "by": "",
        "by_id": "",
    }
    lines = [("opened", at, json.dumps(opened)), ("ran", at, json.dumps(ran))]
    if number % RULED == 0:
        lines.append(("overruled", at, json.dumps(_ruling(f"r{number}"))))
    instances.append(f"@instance:{row.id}", lines, row, behind=-1)


def _ruling(run: str) -> dict[str, object]:
    test = TRACKS["fhir.basics"].tests[0].id
    said = {
        "was": "pass",
        "verdict": "fail",
        "reason": "It was seen.",
        "clause": "FHIR R4 http.html#read",
    }
    return {"overruling": {"run": run, "test": test, **said}, "by": "", "by_id": ""}


if __name__ == "__main__":
    main()
