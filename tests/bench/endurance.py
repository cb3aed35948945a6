"""`make endurance`: what takes minutes: killed servers, many clients at once, 20,000 odd requests, 200 teams for ten
minutes; exit 1 when one fails.

`make endurance KILLS=1000` kills that often; each takes two to five seconds, by how busy the machine is.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from sandbox.course.connection import RunningServer, start_server
from tests.bench.polling import polling
from tests.builders import a_bundle, a_patient, an_entry, an_observation

HEADERS = {"Content-Type": "application/fhir+json"}
GROUP = 5  # entries of a transaction
KILLS = 200


def main() -> None:
    """Runs each part and prints one line of it."""
    words = argparse.ArgumentParser()
    words.add_argument("parts", nargs="*", choices=[*PARTS, []])
    words.add_argument("--kills", type=int, default=KILLS, help="how often a server is killed")
    given = words.parse_args()
    parts = PARTS | {"kill": partial(kill, given.kills)}
    failed = 0
    for name, part in parts.items():
        if name in (given.parts or parts):
            figure, holds = part()
            failed += not holds
            print(f"{'✓' if holds else '✗'} {name:<10} {figure}", flush=True)
    sys.exit(1 if failed else 0)


@dataclass(slots=True)
class Ledger:
    """What was acknowledged: versions by place, and the marks of transactions."""

    versions: dict[str, int] = field(default_factory=dict)
    marks: set[str] = field(default_factory=set)
    sent: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


def kill(times: int) -> tuple[str, bool]:
    """Kills a server that is being written to, again and again, over the same data; then looks for what is missing."""
    ledger, lost, halves = Ledger(), 0, 0
    begun = time.monotonic()
    chance = random.Random(4)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(times):
            server = start_server({"CONNECTATHON_DATA": folder, "CONNECTATHON_SEED": "none"})
            url = server.connection.url + "/fhir"
            if number:
                lost += _missing(url, ledger, sample=random.Random(number))
                halves += _halves(url, ledger)
            writers = [
                threading.Thread(target=_write, args=(url, ledger, f"{number}-{one}"))
                for one in range(3)
            ]
            for writer in writers:
                writer.start()
            _until_written(ledger, behind=len(ledger.versions) + 1)
            time.sleep(chance.uniform(0.05, 0.4))
            os.kill(server.pid, signal.SIGKILL)
            for writer in writers:
                writer.join()
            server.stop()
        server = start_server({"CONNECTATHON_DATA": folder, "CONNECTATHON_SEED": "none"})
        lost += _missing(server.connection.url + "/fhir", ledger, sample=None)
        server.stop()
    seconds = time.monotonic() - begun
    figure = f"{times} times in {seconds:.0f} s, {len(ledger.versions)} writes and {len(ledger.marks)} transactions acknowledged"
    return f"{figure}: {lost} lost, {halves} half visible", not lost and not halves and len(
        ledger.versions
    ) > times


def _until_written(ledger: Ledger, *, behind: int) -> None:
    """Waits until more writes are acknowledged: a busy machine takes its time to begin."""
    deadline = time.monotonic() + 20
    while len(ledger.versions) <= behind and time.monotonic() < deadline:
        time.sleep(0.005)


def _write(url: str, ledger: Ledger, name: str) -> None:
    """Creates, updates and sends transactions until the server is gone."""
    with httpx.Client(trust_env=False, timeout=5) as client, suppress(httpx.TransportError):
        for step in range(100_000):
            mark = f"{name}-{step}"
            if step % 3 == 0:
                entries = [
                    an_entry(a_patient(identifier=[{"system": "urn:mark", "value": mark}]))
                    for _ in range(GROUP)
                ]
                with ledger.lock:
                    ledger.sent.append(mark)
                if (
                    client.post(
                        url, content=json.dumps(a_bundle(*entries)), headers=HEADERS
                    ).status_code
                    == 200
                ):
                    with ledger.lock:
                        ledger.marks.add(mark)
                continue
            place = f"Patient/w{name}-{step - step % 3}"
            reply = client.put(
                f"{url}/{place}",
                content=json.dumps(a_patient(id=place.partition("/")[2])),
                headers=HEADERS,
            )
            if reply.status_code in (200, 201):
                with ledger.lock:
                    ledger.versions[place] = int(reply.json()["meta"]["versionId"])


def _missing(url: str, ledger: Ledger, *, sample: random.Random | None) -> int:
    places = list(ledger.versions.items())
    missing = 0
    with httpx.Client(trust_env=False) as client:
        for place, version in places[-60:] if sample else places:
            reply = client.get(f"{url}/{place}")
            missing += reply.status_code != 200 or int(reply.json()["meta"]["versionId"]) < version
        for mark in list(ledger.marks)[-20:] if sample else ledger.marks:
            missing += _total(client, url, mark) != GROUP
    return missing


def _halves(url: str, ledger: Ledger) -> int:
    with httpx.Client(trust_env=False) as client:
        found = [_total(client, url, mark) for mark in ledger.sent[-12:]]
    return sum(total not in (0, GROUP) for total in found)


def _total(client: httpx.Client, url: str, mark: str) -> int:
    return int(
        client.get(f"{url}/Patient?identifier=urn:mark|{mark}&_summary=count").json()["total"]
    )


def crowd(clients: int = 16, seconds: float = 60, *, guarded: bool = True) -> tuple[str, bool]:
    """Lets clients create, read, search and count up shared numbers under If-Match; none of these may be lost."""
    with tempfile.TemporaryDirectory() as folder:
        server = start_server({"CONNECTATHON_DATA": folder, "CONNECTATHON_SEED": "training"})
        try:
            return _crowd(server, clients, seconds, guarded)
        finally:
            server.stop()


def _crowd(server: RunningServer, clients: int, seconds: float, guarded: bool) -> tuple[str, bool]:
    url = server.connection.url + "/fhir"
    statuses: Counter[int] = Counter()
    times: list[float] = []
    counted: Counter[str] = Counter()
    gathering = threading.Lock()
    for number in range(4):
        body = json.dumps(_counter(number, 0))
        httpx.put(f"{url}/Basic/c{number}", content=body, headers=HEADERS, trust_env=False)
    until = time.monotonic() + seconds

    def work(number: int) -> None:
        chance, own, mine = random.Random(number), list[float](), Counter[str]()
        with httpx.Client(trust_env=False, timeout=30) as client:

            def ask(method: str, path: str, **more: Any) -> httpx.Response:
                begun = time.perf_counter()
                reply = client.request(method, f"{url}/{path}", **more)
                own.append(time.perf_counter() - begun)
                statuses[reply.status_code] += 1
                return reply

            while time.monotonic() < until:
                act = chance.random()
                if act < 0.3:
                    ask(
                        "POST",
                        "Observation",
                        json=an_observation(subject={"reference": "Patient/p"}),
                        headers=HEADERS,
                    )
                elif act < 0.6:
                    ask("GET", "Patient/rosa-fuenzalida")
                elif act < 0.8:
                    ask("GET", "Observation?code=29463-7&_count=10&_total=none")
                else:
                    place = f"Basic/c{chance.randrange(4)}"
                    held = ask("GET", place)
                    value = held.json()["extension"][0]["valueInteger"]
                    body = _counter(int(place[-1]), value + 1)
                    headers = {**HEADERS, "If-Match": held.headers["ETag"]} if guarded else HEADERS
                    mine[place] += ask("PUT", place, json=body, headers=headers).status_code == 200
        with gathering:
            times.extend(own)
            counted.update(mine)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lost = 0
    for number in range(4):
        held = httpx.get(f"{url}/Basic/c{number}", trust_env=False).json()
        lost += counted[f"Basic/c{number}"] - held["extension"][0]["valueInteger"]
    faults = sum(count for status, count in statuses.items() if status >= 500)
    cuts = statistics.quantiles(times, n=100)
    figure = (
        f"{clients} clients, {seconds:.0f} s, {len(times)} requests ({len(times) / seconds:.0f}/s): {faults} of 5xx,"
        f" {lost} updates lost of {sum(counted.values())}, p50 {cuts[49] * 1000:.0f} ms, p99 {cuts[98] * 1000:.0f} ms"
    )
    return figure, not faults and not lost and sum(counted.values()) > clients


def _counter(number: int, value: int) -> dict[str, Any]:
    extension = [{"url": "urn:count", "valueInteger": value}]
    return {
        "resourceType": "Basic",
        "id": f"c{number}",
        "code": {"text": "counter"},
        "extension": extension,
    }


def fuzz(requests: int = 20_000) -> tuple[str, bool]:
    """Sends odd requests: half from the OpenAPI description, half from real resources spoiled."""
    from tests.conftest import a_sandbox
    from tests.fuzzing import fuzz_described, fuzz_spoiled, training_resources

    with (
        tempfile.TemporaryDirectory() as folder,
        a_sandbox(Path(folder), seed="training") as client,
    ):
        operations = sum(
            len(place) for place in client.get("/openapi.json").json()["paths"].values()
        )
        begun = time.monotonic()
        try:
            seen = fuzz_described(client, requests // 2 // operations + 1)
            seen += fuzz_spoiled(
                client, max(requests - sum(seen.values()), requests // 2), training_resources()
            )
        except AssertionError as fault:
            return str(fault)[:2000], False
    seconds = time.monotonic() - begun
    statuses = ", ".join(f"{status}: {count}" for status, count in sorted(seen.items()))
    return f"{sum(seen.values())} requests in {seconds:.0f} s, no 5xx but 501 ({statuses})", True


PARTS: dict[str, Callable[[], tuple[str, bool]]] = {
    "kill": partial(kill, KILLS),
    "crowd": crowd,
    "fuzz": fuzz,
    "teams": polling,
}

if __name__ == "__main__":
    main()
