"""The test bench in a notebook: the tests of the event, under the same ids, against what a team
wrote.

Documents and clients are tested by the lesson's server, as at an event.  A system at an address is
asked from this machine, which no server elsewhere could reach; `connectathon run` does the same.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from sandbox.course.beside import ask, root_of
from sandbox.course.blank import BLANK, Blank, has_blank
from sandbox.course.cards import SYMBOLS, Card, Row
from sandbox.course.client import Client
from sandbox.course.reaching import inbox_rows
from sandbox.errors import BadRequest
from sandbox.exchange import Exchange
from sandbox.fhir.json import write_json
from sandbox.i18n import Language, say
from sandbox.ips.building import as_plain
from sandbox.sentences import fix_of, text_of

SECONDS = 60.0
KINDS = {"pass": "passed", "warn": "passed", "fail": "failed", "skip": "not_attempted"}
MOST = 3  # findings of one test that are told


@dataclass(frozen=True, slots=True)
class TestResult:
    """How one test went.

    Attributes:
        number: Such as `IPC-07`.
        title: What it asks, in the learner's language.
        verdict: One of the bench's; empty while nothing came that it could judge.
        reasons: Sentence, next step and clause of each finding.
    """

    __test__ = False  # not one of pytest's

    number: str
    title: str
    verdict: str
    reasons: tuple[str, ...] = ()


class Bench:
    """The tests of one run, read anew whenever they are shown.

    Attributes:
        base: Where a client is to send to: the inbox of the run; empty where nothing is awaited.
    """

    def __init__(
        self,
        track: str,
        language: Language,
        read: Callable[[], Sequence[TestResult]],
        *,
        base: str = "",
    ) -> None:
        self.base = base
        self._track = track
        self._language = language
        self._read = read

    @property
    def verdicts(self) -> dict[str, str]:
        """The verdicts by the number of the test."""
        return {result.number: result.verdict for result in self._read()}

    def card(self) -> Card:
        """Returns all tests: those that failed with their reasons, those that were not asked in one
        row.
        """
        results = self._read()
        asked = [result for result in results if result.verdict not in ("", "skip")]
        failed = sum(result.verdict not in ("pass", "warn") for result in asked)
        rows: list[Row] = [_row(result) for result in asked]
        waiting = [result.number for result in results if result.verdict in ("", "skip")]
        if waiting:
            rows.append((f"{SYMBOLS['not_attempted']} {self._say('not_asked')}", _list(waiting)))
        if self.base and not asked:
            rows = [(self._say("send_to"), self.base), *inbox_rows(self._language), *rows]
        kind = "failed" if failed else "passed" if asked else "not_attempted"
        counts = {"track": self._track, "good": len(asked) - failed, "count": len(asked)}
        heading = self._say("heading" if asked else "waiting", **counts)
        return Card(kind, self._language, heading, rows)

    def _say(self, key: str, **params: object) -> str:
        return say(f"course.bench.{key}", self._language, **params)

    def __repr__(self) -> str:
        return repr(self.card())

    def _repr_html_(self) -> str:
        return self.card()._repr_html_()


def run_here(
    client: Client, track: str, *, tests: Sequence[str] = (), given: Mapping[str, Any]
) -> Bench | Blank:
    """Starts a run on the lesson's server.

    Args:
        client: Of the lesson.
        track: Such as `ips.content`; one of a client waits at its inbox.
        tests: Numbers; all where there are none.
        given: The inputs; a document may be an object.

    Raises:
        BadRequest: The server starts no such run; its sentence says why.
        Unreachable: The server does not answer.
    """
    if has_blank(dict(given)):
        return BLANK
    inputs = {name: _as_input(value) for name, value in given.items()}
    body = {"track": track, "system": "sandbox", "inputs": inputs, "tests": list(tests)}
    started = ask(client, "POST", "/api/runs", body)
    if isinstance(started, Blank):
        return BLANK
    run = _answered(started)
    inbox = run["inbox"] or ""
    base = f"{root_of(client)}{inbox}" if inbox.startswith("/") else inbox

    def read() -> list[TestResult]:
        return [_of_view(test) for test in _settled(client, run["id"])["tests"]]

    return Bench(track, client.language, read, base=base)


def run_against(
    base: str,
    track: str,
    *,
    tests: Sequence[str] = (),
    given: Mapping[str, Any],
    language: Language,
) -> Bench:
    """Plays a track against a system at an address, from this machine.

    Args:
        base: Of the system, or the alias under which it is registered on this machine.
        track: One that asks a server.
        tests: Numbers; all where there are none.
        given: The inputs.
        language: Of what is told.

    Raises:
        NotFound: There is no such track or test.
    """
    results = _played(
        base, track, tests, {name: _as_input(v) for name, v in given.items()}, language
    )
    return Bench(track, language, lambda: results)


def _played(
    base: str, track: str, tests: Sequence[str], given: Mapping[str, str], language: Language
) -> list[TestResult]:
    from sandbox.course.own_system import is_alias, own_system
    from sandbox.testbench.engine import play
    from sandbox.testbench.guard import guarded_from_here
    from sandbox.testbench.sending import Sender
    from sandbox.testbench.tracks import TRACKS, choose

    chosen = choose(track, tests)
    moment = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    async def play_all() -> list[TestResult]:
        known = {"run": f"notebook-{time.time_ns():x}", "now": moment, **given}
        told = []
        address = base
        transport: httpx.AsyncBaseTransport = guarded_from_here({})
        if is_alias(base):
            system, transport = own_system(base)
            address = system.base_of(TRACKS[track])
        async with Sender(address, transport=transport, language=language) as send:
            for test in chosen:
                result = await play(test, known, send)
                known |= result.produced
                reasons = [
                    _reason(text_of(f, language), fix_of(f, language), f.clause)
                    for f in result.findings[:MOST]
                ]
                title = say(TRACKS[track].title_of(test), language)
                told.append(TestResult(test.number, title, result.verdict, tuple(reasons)))
        return told

    # a notebook has an event loop of its own, in which another one cannot run
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, play_all()).result()


def _settled(client: Client, id: str) -> Any:
    """Returns a run once nothing of it is at work; one that waits for a client is."""
    deadline = time.monotonic() + SECONDS
    while True:
        answer = ask(client, "GET", f"/api/runs/{id}")
        run = _answered(answer)
        if run["state"] not in ("queued", "running") or time.monotonic() > deadline:
            return run
        time.sleep(0.1)


def _answered(answer: Exchange | Blank) -> Any:
    """Returns what the API said; raises BadRequest with its sentence where it refused."""
    body = answer.json
    if isinstance(answer, Exchange) and answer.status >= 400:
        said = body.get("text", "") if isinstance(body, dict) else ""
        raise BadRequest("course.bench.refused", where=answer.url, status=answer.status, said=said)
    return body


def _as_input(value: Any) -> str:
    plain = as_plain(value)
    return plain if isinstance(plain, str) else write_json(plain).decode()


def _of_view(test: Mapping[str, Any]) -> TestResult:
    reasons = [
        _reason(finding.get("text", ""), finding.get("fix", ""), finding.get("clause", ""))
        for finding in test["findings"][:MOST]
    ]
    return TestResult(test["number"], test["title"], test["verdict"] or "", tuple(reasons))


def _reason(text: str, fix: str, clause: str) -> str:
    return "\n".join(filter(None, [text, fix and f"→ {fix}", clause and f"({clause})"]))


def _row(result: TestResult) -> Row:
    symbol = SYMBOLS[KINDS.get(result.verdict, "error")]
    reasons = () if result.verdict == "pass" else result.reasons
    return f"{symbol} {result.number}", "\n".join([result.title, *reasons])


def _list(numbers: Sequence[str]) -> str:
    return ", ".join(numbers)
