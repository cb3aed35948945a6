"""`make bench`: speed and memory, medians of one run, as ratios where a floor exists.

The floor is the least that any such server must do: Starlette, JSON in, SQLite in WAL mode, four index rows.
"""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from sandbox.course.connection import RunningServer, start_server
from sandbox.fhir.json import parse_json
from sandbox.validation import validate
from tests import corpora
from tests.bench import (
    bot,
    certificates,
    credentials,
    desk,
    events,
    judging,
    starting,
    testbench,
    transport,
    wallets,
)
from tests.places import PROJECT
from tests.sandbox.mhd.submissions import a_document_reference, a_submission

PEERS = PROJECT / ".venv-peers" / "bin" / "python"
FLOOR = Path(__file__).parent / "floor.py"
PATIENT = {
    "resourceType": "Patient",
    "identifier": [{"system": "urn:oid:2.16.152", "value": "1"}],
    "name": [{"family": "Muñoz", "given": ["Rosa"]}],
    "gender": "female",
    "birthDate": "1958-03-21",
}
HEADERS = {"Content-Type": "application/fhir+json"}
Work = Callable[[httpx.Client, "Side", int], None]


def main() -> None:
    """Prints one line a figure."""
    row("import sandbox.course", f"{median(import_course, 7):.2f} s", "under 0.4 s")
    row(
        "serve until /fhir/metadata answers",
        f"{median(serve_until_metadata, 5):.2f} s",
        "under 1.0 s",
    )
    bench_validation()
    bench_server()
    bench_growth()
    bench_summary()
    bench_region()
    for figure in (
        *starting.figures(),
        *judging.figures(),
        *testbench.figures(),
        *transport.figures(),
        *events.figures(),
        *desk.pages(),
        *bot.figures(),
        *certificates.figures(),
        *credentials.figures(),
        *wallets.figures(),
    ):
        row(*figure)


def bench_validation() -> None:
    """Judges the training patients, which are always at hand, cold and warm."""
    file = PROJECT / "datasets" / "seeds" / "training" / "01-cl-rosa-fuenzalida.json"
    command = [sys.executable, "-m", "sandbox.cli", "validate", str(file)]
    begun = time.perf_counter()
    subprocess.run(command, check=False, capture_output=True)
    row(
        "validate, cold process to verdict", f"{time.perf_counter() - begun:.2f} s", "at most 1.0 s"
    )
    bundle = parse_json(file.read_bytes())

    def once() -> float:
        begun = time.perf_counter()
        validate(bundle)
        return (time.perf_counter() - begun) * 1000

    median(once, 5)
    row(f"validate, warm, {len(bundle['entry'])} entries by R4", f"{median(once, 25):.0f} ms", "")
    bench_peers()


def bench_peers() -> None:
    """Judges IPS's Bundle-01 by the full profile here and with packages by others, on the same file in the same run."""
    if not (PEERS.exists() and corpora.are_there()):
        row("validate, IPS Bundle-01, beside peers", "not measured", "make peers packages")
        return
    content = next(
        body
        for name, body, _ in corpora.ips_examples()
        if name == "Bundle-IPS-examples-Bundle-01.json"
    )
    document = parse_json(content)

    def once() -> float:
        begun = time.perf_counter()
        validate(document, profiles=["ips"])
        return (time.perf_counter() - begun) * 1000

    median(once, 10)
    ours = median(once, 25)
    row("validate, IPS Bundle-01, warm", f"{ours:.0f} ms", "at most 30 ms")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "document.json"
        file.write_bytes(content)
        command = [
            str(PEERS),
            str(Path(__file__).parent / "peers.py"),
            str(file),
            str(corpora.R4),
            str(corpora.IPS),
        ]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    theirs = json.loads(said.splitlines()[-1])
    row(
        "  the same by Pyrofile, warm",
        f"{theirs['pyrofile']:.0f} ms",
        f"{theirs['pyrofile'] / ours:.1f} times ours, {theirs['pyrofile errors']} false errors",
    )
    row("  the same by Pyrofile, first", f"{theirs['pyrofile first'] / 1000:.1f} s", "")
    row(
        "  parsed by fhir.resources, no profile",
        f"{theirs['fhir.resources']:.1f} ms",
        f"{theirs['fhir.resources'] / ours:.2f} of ours",
    )


def bench_server() -> None:
    """Compares the sandbox with the floor on the same requests, turn by turn; the ratios are medians."""
    with tempfile.TemporaryDirectory() as folder:
        server = start_server({"CONNECTATHON_DATA": folder, "CONNECTATHON_SEED": "none"})
        floor, floor_url = start_floor(Path(folder))
        try:
            ours, least = Side(server.connection.url + "/fhir"), Side(floor_url, is_floor=True)
            compare("create, one client", create, ours, least, "0.6")
            compare("read, one client", read, ours, least, "0.8")
            for side in (ours, least):
                rate(side, create_observation, count=1000)
            for name in SEARCHES:
                compare(f"search by {name}, 20 of 1,000", partial(search, name), ours, least, "0.6")
            row(
                "transaction of 20",
                f"{20 * rate(ours, transact, count=50):.0f} resources/s",
                "at least 1500",
            )
            row("resident after 5,000 creates", f"{resident(server):.0f} MB", "under 120 MB")
        finally:
            server.stop()
            floor.terminate()
            floor.wait()


def bench_growth() -> None:
    """Searches with the same twenty hits among 1,000 and among 100,000 resources of the type."""
    with tempfile.TemporaryDirectory() as folder:
        server = start_server({"CONNECTATHON_DATA": folder, "CONNECTATHON_SEED": "none"})
        try:
            side = Side(server.connection.url + "/fhir")
            rate(side, create_observation, count=1000)
            few = {
                name: statistics.median(
                    rate(side, partial(search, name), count=300) for _ in range(5)
                )
                for name in SEARCHES
            }
            for begin in range(0, 99_000, 500):
                fill(side, range(begin, begin + 500))
            for name, before in few.items():
                after = statistics.median(
                    rate(side, partial(search, name), count=300) for _ in range(5)
                )
                row(
                    f"search by {name}, 1,000 to 100,000",
                    f"{before / after:.2f} times the time",
                    "at most 2",
                )
            row("resident after 100,000 resources", f"{resident(server):.0f} MB", "under 200 MB")
        finally:
            server.stop()


def bench_region() -> None:
    """Asks ten nodes for documents at once, one of which takes connections and never answers."""
    limit = 1.0
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as silent:
        node = start_server({"CONNECTATHON_DATA": f"{folder}/node"})
        members = [f"C{letter}={node.connection.url}/fhir" for letter in "ABCDEFGHI"]
        members.append(f"XX=http://127.0.0.1:{silent.getsockname()[1]}/fhir")
        settings = {
            "CONNECTATHON_MEMBERS": " ".join(members),
            "CONNECTATHON_MEMBER_SECONDS": str(limit),
        }
        region = start_server({"CONNECTATHON_DATA": f"{folder}/region", **settings})
        try:
            with httpx.Client(trust_env=False, timeout=60) as client:

                def once() -> float:
                    begun = time.perf_counter()
                    reply = client.get(
                        f"{region.connection.url}/regional/fhir/DocumentReference?status=current"
                    )
                    told = reply.json()["entry"][-1]["resource"]["issue"]
                    assert [one["severity"] for one in told] == ["information"] * 9 + ["error"]
                    return time.perf_counter() - begun - limit

                row(
                    "regional node, 10 nodes, one dead: beyond the limit",
                    f"{median(once, 5):.2f} s",
                    "at most 0.2 s",
                )
        finally:
            region.stop()
            node.stop()


def bench_summary() -> None:
    """Summarizes a patient with a hundred resources as an IPS document, and submits such documents."""
    with tempfile.TemporaryDirectory() as folder:
        server = start_server({"CONNECTATHON_DATA": folder, "CONNECTATHON_SEED": "training"})
        try:
            url, subject = server.connection.url + "/fhir", {"reference": "Patient/rosa-fuenzalida"}
            category = [{"coding": [{"code": "laboratory"}]}]
            entries = [
                {
                    "resource": {
                        **observation(f"s{number}"),
                        "subject": subject,
                        "category": category,
                    },
                    "request": {"method": "POST", "url": "Observation"},
                }
                for number in range(100 - 13)
            ]
            bundle = json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries})
            with httpx.Client(trust_env=False, timeout=60) as client:
                client.post(url, content=bundle, headers=HEADERS).raise_for_status()

                def once() -> float:
                    begun = time.perf_counter()
                    reply = client.get(f"{url}/Patient/rosa-fuenzalida/$summary")
                    taken = (time.perf_counter() - begun) * 1000
                    assert len(reply.json()["entry"]) > 95
                    return taken

                median(once, 5)
                row(
                    "$summary of a patient with 100 resources",
                    f"{median(once, 40):.0f} ms",
                    "under 40 ms",
                )
                document = client.get(f"{url}/Patient/martin-bustos/$summary").content
            number = iter(range(100_000))

            def submit(client: httpx.Client, side: Side, _: int) -> None:
                reference = a_document_reference(
                    document, unique_id=f"urn:oid:2.999.{next(number)}"
                )
                body = json.dumps(a_submission(reference, content=document))
                assert client.post(side.url, content=body, headers=HEADERS).status_code == 200

            rates = [rate(Side(url), submit, count=100) for _ in range(5)]
            row(
                "ITI-65 with one IPS, metadata checked",
                f"{statistics.median(rates):.0f}/s",
                "at least 150/s",
            )
        finally:
            server.stop()


def fill(side: Side, numbers: range) -> None:
    """Creates observations that the searches do not find."""
    entries = [
        {"resource": observation(f"f{number}"), "request": {"method": "POST", "url": "Observation"}}
        for number in numbers
    ]
    bundle = json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries})
    assert (
        httpx.post(
            side.url, content=bundle, headers=HEADERS, trust_env=False, timeout=60
        ).status_code
        == 200
    )


def compare(name: str, work: Work, ours: Side, least: Side, wanted: str) -> None:
    rounds = [(rate(ours, work, count=300), rate(least, work, count=300)) for _ in range(7)]
    here, there = (statistics.median(side) for side in zip(*rounds, strict=True))
    ratio = statistics.median(here / there for here, there in rounds)
    row(name, f"{here:.0f}/s", f"{ratio:.2f} of the floor ({there:.0f}/s), at least {wanted}")


def row(name: str, figure: str, against: str) -> None:
    print(f"{name:<38} {figure:>20}   {against}", flush=True)


def median(work: Callable[[], float], times: int) -> float:
    return statistics.median(work() for _ in range(times))


def import_course() -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import sandbox.course"], check=True)
    return time.perf_counter() - begun


def serve_until_metadata() -> float:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "sandbox.cli", "serve", "--port", "0", "--data", folder]
        begun = time.perf_counter()
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            line = process.stdout.readline() if process.stdout else ""
            base = line.split("FHIR: ")[1].strip()
            while True:
                try:
                    httpx.get(f"{base}/metadata", trust_env=False).raise_for_status()
                    break
                except httpx.TransportError:
                    time.sleep(0.005)
            taken = time.perf_counter() - begun
            process.terminate()
        return taken


@dataclass(slots=True)
class Side:
    """One of the two servers, with what the steps before left: the place of a resource."""

    url: str
    is_floor: bool = False
    place: str = ""


def rate(side: Side, work: Work, *, count: int = 1000) -> float:
    """Returns how many times a second one client gets its answer."""
    with httpx.Client(trust_env=False) as client:
        for number in range(20):
            work(client, side, number)
        begun = time.perf_counter()
        for number in range(count):
            work(client, side, number)
        return count / (time.perf_counter() - begun)


def create(client: httpx.Client, side: Side, number: int) -> None:
    body = json.dumps({**PATIENT, "identifier": [{"system": "urn:x", "value": str(number % 50)}]})
    reply = client.post(f"{side.url}/Patient", content=body, headers=HEADERS)
    side.place = side.place or f"{side.url}/Patient/{reply.json()['id']}"
    assert reply.status_code == 201


def read(client: httpx.Client, side: Side, number: int) -> None:
    assert client.get(side.place).status_code == 200


def create_observation(client: httpx.Client, side: Side, number: int) -> None:
    """Of 1,000 of them 20 have the same identifier, patient and code; the floor takes the keys from beside."""
    key = number % 50
    body = observation(str(key))
    if side.is_floor:
        body["keys"] = {
            "identifier": f"o{key}",
            "subject": f"p{key}",
            "code": f"c{key}",
            "status": "final",
        }
    assert client.post(f"{side.url}/Observation", json=body, headers=HEADERS).status_code == 201


def observation(key: str) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "identifier": [{"system": "urn:x", "value": f"o{key}"}],
        "code": {"coding": [{"system": "http://loinc.org", "code": f"c{key}"}]},
        "subject": {"reference": f"Patient/p{key}"},
    }


SEARCHES = {
    "identifier": "identifier=urn:x|o{}",
    "subject": "subject=Patient/p{}",
    "code": "code=http://loinc.org|c{}",
}


def search(name: str, client: httpx.Client, side: Side, number: int) -> None:
    key = number % 50
    plain = f"{name}={ {'identifier': 'o', 'subject': 'p', 'code': 'c'}[name] }{key}"
    reply = client.get(
        f"{side.url}/Observation?" + (plain if side.is_floor else SEARCHES[name].format(key))
    )
    assert reply.content.count(b"Observation") >= 20


def transact(client: httpx.Client, side: Side, number: int) -> None:
    entries = [
        {"resource": PATIENT, "request": {"method": "POST", "url": "Patient"}} for _ in range(20)
    ]
    bundle = json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries})
    assert client.post(side.url, content=bundle, headers=HEADERS).status_code == 200


def start_floor(folder: Path) -> tuple[subprocess.Popen[str], str]:
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    command = [sys.executable, str(FLOOR), str(folder / "floor.db")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    url = process.stdout.readline().strip() if process.stdout else ""
    for _ in range(400):
        try:
            httpx.get(url, trust_env=False)
            break
        except httpx.TransportError:
            time.sleep(0.02)
    return process, url


def resident(server: RunningServer) -> float:
    """Returns the resident memory of the server in MB (Linux only; 0 elsewhere)."""
    status = Path(f"/proc/{server.pid}/status")
    if not status.exists():
        return 0
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
