"""`make fidelity`: which alterations of a right server's answers no test sees.

The tracks are played once against the bundled server, and then over the same answers with one thing
altered at a time: each element of each type that came, by each action that fits it, and each header.
Writes tests/bench/FIDELITY.md; fails when an unseen one is about allergies, medications, problems,
immunizations, identity or the dates of a document.
"""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from sandbox.exchange import Exchange
from sandbox.fhir.json import Json
from sandbox.testbench.engine import Send, play
from sandbox.testbench.script import Asked, Request, Test, Verdict
from sandbox.testbench.tracks import TRACKS
from sandbox.twins.altering import Fault, faults_of
from sandbox.twins.passing import Passing
from sandbox.twins.proxy import with_fault
from tests.conftest import a_sandbox
from tests.places import PROJECT
from tests.sandbox.testbench.playing import GIVEN, LUZIA, sender_to

TABLE = PROJECT / "tests" / "bench" / "FIDELITY.md"
INPUTS: Mapping[str, Mapping[str, str]] = {
    "ips.server": {"patient": "luzia-nogueira", "identifier": LUZIA},
    "mhd.recipient": {"comprehensive": "yes", "uncontained": "yes"},
    "mhd.responder": {},
    "pdqm.supplier": {"match": "yes"},
}
TYPES = (
    "Patient", "AllergyIntolerance", "Condition", "MedicationStatement", "Immunization",
    "Composition", "DocumentReference", "List",
)  # fmt: skip
HEADERS = ("Content-Type", "ETag", "Location", "Last-Modified")
# Set by a server for itself, or words for people: nothing that somebody sent.
OWN = re.compile(r"(id|meta|text|language|display)\b.*|.*\.(id|display|div)")
SEEN = ("fail", "warn")
CRITICAL = ("Patient", "AllergyIntolerance", "Condition", "MedicationStatement", "Immunization")
DATES = re.compile(r"(date|.*creation|context\.period\..*|attester\.time|event\.period\..*)")


class Recorded:
    """Answers from what was recorded, altered; what was not asked before is asked now."""

    def __init__(self, send: Send, known: Mapping[tuple[str, str, bytes], list[Exchange]]) -> None:
        self._send = send
        self._known = known
        self.fault: Fault | None = None
        self._times: Counter[tuple[str, str, bytes]] = Counter()

    def begin(self, fault: Fault | None) -> None:
        """Begins anew, with what is to be altered."""
        self.fault = fault
        self._times.clear()

    async def __call__(self, asked: Asked) -> Exchange:
        assert isinstance(asked, Request)
        key = (asked.method, asked.url, asked.body)
        answers = self._known.get(key, [])
        time = self._times[key]
        self._times[key] += 1
        answer = answers[time] if time < len(answers) else await self._send(asked)
        return altered_answer(answer, self.fault) if self.fault else answer


def altered_answer(answer: Exchange, fault: Fault) -> Exchange:
    """Returns an answer as the proxy would hand it on."""
    if fault.type == "header":
        kept = tuple(pair for pair in answer.headers if pair[0].lower() != fault.path.lower())
        return replace(answer, headers=kept)
    kind = answer.header("content-type")
    passing = Passing(answer.method, answer.url, kind, answer.body, status=answer.status)
    return replace(answer, body=with_fault(fault)(passing).body)


async def compared(track: str, client: TestClient) -> dict[Fault, str]:
    """Plays a track as it is, and with each fault; returns the number of the test that sees each,
    empty for none.
    """
    given = {**GIVEN, "run": f"run-{track}", **INPUTS[track]}
    known: dict[tuple[str, str, bytes], list[Exchange]] = defaultdict(list)
    async with sender_to(client) as send:

        async def recording(asked: Asked) -> Exchange:
            answer = await send(asked)
            assert isinstance(asked, Request)
            known[(asked.method, asked.url, asked.body)].append(answer)
            return answer

        right: dict[str, Verdict] = {}
        starts: dict[str, Mapping[str, str]] = {}
        for test in TRACKS[track].tests:
            starts[test.id] = given
            result = await play(test, given, recording)
            right[test.id] = result.verdict
            given = {**given, **result.produced}
        replaying = Recorded(send, known)
        seen = {}
        for fault in _faults(answer for answers in known.values() for answer in answers):
            seen[fault] = await _seen_by(fault, TRACKS[track].tests, starts, right, replaying)
    return seen


async def _seen_by(
    fault: Fault,
    tests: tuple[Test, ...],
    starts: Mapping[str, Mapping[str, str]],
    right: Mapping[str, Verdict],
    replaying: Recorded,
) -> str:
    # what compares element by element comes last in a track, and sees most
    for test in reversed(tests):
        replaying.begin(fault)
        result = await play(test, starts[test.id], replaying)
        if result.verdict != right[test.id] and result.verdict in SEEN:
            return test.number
    return ""


def _faults(answers: Iterator[Exchange]) -> list[Fault]:
    """Returns the faults that fit what came: each once."""
    faults: dict[Fault, None] = {}
    for answer in answers:
        for resource in _resources(answer.json):
            faults |= {fault: None for fault in faults_of(resource) if not OWN.match(fault.path)}
    return [*faults, *(Fault("header", name, "remove") for name in HEADERS)]


def _resources(value: Any) -> Iterator[Json]:
    if isinstance(value, dict):
        if value.get("resourceType") in TYPES:
            yield value
        for inner in value.values():
            yield from _resources(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _resources(inner)


def is_critical(fault: Fault) -> bool:
    """Tells whether nobody may fail to see it."""
    is_document = fault.type in ("DocumentReference", "Composition")
    return fault.type in CRITICAL or (is_document and DATES.fullmatch(fault.path) is not None)


def measured() -> dict[Fault, str]:
    """Returns all faults with the number of a test that sees each, empty for none."""
    seen: dict[Fault, str] = {}
    for track in INPUTS:
        with (
            tempfile.TemporaryDirectory() as folder,
            a_sandbox(Path(folder), seed="training") as client,
        ):
            for fault, number in asyncio.run(compared(track, client)).items():
                seen[fault] = seen.get(fault) or number
    return seen


def written(seen: Mapping[Fault, str]) -> str:
    """Returns the table: how many alterations of each type are seen, and those that are not."""
    lines = [
        "# What no test sees",
        "",
        "Made by `make fidelity`: alterations of the bundled server's answers, one at a time.",
        "",
        "| type | alterations | seen |",
        "| --- | --- | --- |",
    ]
    for type in (*TYPES, "header"):
        numbers = [number for fault, number in seen.items() if fault.type == type]
        lines.append(f"| {type} | {len(numbers)} | {sum(map(bool, numbers))} |")
    total = len(seen)
    lines.append(f"| all | {total} | {sum(map(bool, seen.values()))} |")
    lines += ["", "## Gaps", ""]
    lines += sorted(f"- `{fault}`" for fault, number in seen.items() if not number)
    return "\n".join(lines) + "\n"


def main() -> int:
    """Returns 1 when something critical is seen by no test."""
    seen = measured()
    text = written(seen)
    TABLE.write_text(text, encoding="utf-8")
    print(text)
    missed = [fault for fault, number in seen.items() if not number and is_critical(fault)]
    for fault in missed:
        print(f"critical: {fault}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
