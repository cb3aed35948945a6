"""Which alterations of a server's answers some test sees, for each patient; and what a proxy that alters nothing adds."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from sandbox.testbench.script import Result, Verdict
from sandbox.testbench.sending import Sender
from sandbox.twins.altering import Fault
from sandbox.twins.proxy import proxy_to
from tests.fidelity.playing import Choose, Played, recorded, seen_of
from tests.fidelity.servers import PATIENTS, Reached, Server

NOW = "2026-07-27T09:00:00.000Z"
Told = tuple[Verdict, list[tuple[str, str]]]


@dataclass(slots=True)
class Measured:
    """What came of one server: for each patient the test that sees each fault, and the tests that say something else through a proxy."""

    server: str
    seen: dict[str, dict[Fault, str]] = field(default_factory=dict)
    added: list[str] = field(default_factory=list)
    compared: int = 0


def measured(server: Server, choose: Choose, patients: tuple[str, ...] = PATIENTS) -> Measured:
    """Plays all tracks of a server about each patient, as they are and altered."""
    result = Measured(server.name)
    with server.start() as reached:
        for patient in patients:
            seen = asyncio.run(_seen(server, reached, patient, choose))
            result.seen[patient] = seen
            print(f"{server.name}, patient {patient}: {len(seen)} alterations", flush=True)
        asyncio.run(_compare(server, reached, result))
    return result


async def _seen(server: Server, reached: Reached, patient: str, choose: Choose) -> dict[Fault, str]:
    seen: dict[Fault, str] = {}
    for track, inputs in server.tracks.items():
        async with reached.sender() as send:
            plays = await recorded(track, _given(f"{track}-{patient}", inputs, patient), send)
            for fault, number in (await seen_of(plays, send, choose)).items():
                seen[fault] = seen.get(fault) or number
    return seen


async def _compare(server: Server, reached: Reached, result: Measured) -> None:
    """Notes which tests say something else through a proxy that alters nothing."""
    proxy = proxy_to(reached.base, transport=reached.transport())
    for track, inputs in server.tracks.items():
        async with reached.sender() as send:
            direct = await recorded(track, _given(f"{track}-direct", inputs, "1"), send)
        # the host is the proxy's, so that addresses which the server writes lead through it again
        async with Sender(reached.base, transport=httpx.ASGITransport(proxy)) as send:
            through = await recorded(track, _given(f"{track}-through", inputs, "1"), send)
        for before, after in zip(direct, through, strict=True):
            result.compared += 1
            if _told(before) != _told(after):
                result.added.append(f"{before.test.number}: {_told(before)} → {_told(after)}")


def _given(run: str, inputs: Mapping[str, str], patient: str) -> dict[str, str]:
    return {"run": f"fidelity-{run}", "now": NOW, "known": patient, **inputs}


def _told(played: Played) -> Told:
    right: Result = played.right
    said = [(finding.key, finding.severity) for finding in right.findings]
    return right.verdict, sorted(said)
