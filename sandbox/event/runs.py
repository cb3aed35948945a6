"""Runs: tests of a track against a system, kept as an append-only log from which everything else is
read.

    queued → (exchange…, finding…, verdict)… → done | cancelled

A run that was cut off is gone on with: tests that have their verdict are not asked again.  Stored
evidence is judged again without asking anybody.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import asdict
from functools import partial
from typing import Any

from sandbox import __version__
from sandbox.clock import Clock, fhir_instant
from sandbox.errors import BadRequest, NotFound, PreconditionFailed
from sandbox.event.allowances import Allowances
from sandbox.event.evidence import evidence
from sandbox.event.identity import ANYONE, Person
from sandbox.event.inputs import inputs_for
from sandbox.event.outcomes import named_in
from sandbox.event.peering import peers_of
from sandbox.event.reviews import act_of
from sandbox.event.rights import allow
from sandbox.event.run import (
    Run,
    State,
    exchange_of,
    exchanges_of,
    labels_of,
    left_unasked,
    lines_of,
    reader_of,
    requests_of,
    starts_of,
)
from sandbox.event.run_list import OPEN, RunList
from sandbox.event.run_logs import RunSoFar
from sandbox.event.signing import EvidenceKey
from sandbox.event.systems import System
from sandbox.exchange import Exchange
from sandbox.fhir.dates import milliseconds_of
from sandbox.i18n import ENGLISH, Language
from sandbox.ids import NewId
from sandbox.limits import TEST_STARTS
from sandbox.store.leases import Lease
from sandbox.store.runs import Event, LogMovedOn, RunStore, hash_of, read_anew
from sandbox.testbench.engine import Send, cut_off, judge_again, play, play_at_once
from sandbox.testbench.observed import newest_answer, tells_nothing
from sandbox.testbench.script import Result, Test, Verdict
from sandbox.testbench.settling import Patience
from sandbox.testbench.stepping import InWorkers, Steps
from sandbox.testbench.tracks import TRACKS, choose_with_needs
from sandbox.workers import Pool


class Runs:
    """Starts, carries out, reads and judges runs over one store."""

    def __init__(
        self,
        store: RunStore,
        *,
        clock: Clock,
        new_id: NewId,
        keeper: str = "command",
    ) -> None:
        self.workers: Pool | None = None
        """Where what systems sent is judged; None: in this process."""
        self.key: EvidenceKey | None = None
        """What evidence is signed with; None: it is not."""
        self.keeper = keeper
        self._store = store
        self._clock = clock
        self._new_id = new_id
        self.list = RunList(store)
        """The runs as rows: pages of them, and the newest of each key."""
        self._lease: Lease | None = None
        self._language = ENGLISH

    def speaking(self, language: Language) -> Runs:
        """Returns these runs for somebody who is to be answered in a language."""
        speaking = copy(self)
        speaking._language = language
        return speaking

    def under(self, lease: Lease) -> Runs:
        """Returns these runs for the holder of a lease: once it is lost, whatever is appended
        through them raises LeaseLost.
        """
        fenced = copy(self)
        fenced._lease = lease
        return fenced

    def start(
        self,
        track: str,
        system: System,
        *,
        given: Mapping[str, str] | None = None,
        tests: Sequence[str] = (),
        by: Person = ANYONE,
        id: str = "",
    ) -> Run:
        """Queues a run of a track, or of some of its tests by id or number; raises NotFound,
        BadRequest.

        Tests that those named build on come with them.  `given` are inputs of this run; of those
        registered with the system the ones count that the track takes.  The run belongs to whoever
        holds these Runs: nobody else goes on with it after a cut.  With an `id` that is there
        already it is that run; raises BadRequest for one of something else.
        """
        chosen = choose_with_needs(track, tests)
        inputs = inputs_for(track, system, given or {})
        # kept with the run: what was known then stays true of it when the allowance has ended
        failures = Allowances(self._store, clock=self._clock).of("known", system.name)
        id = id or self._new_id()
        body = {
            "track": track,
            "system": system.name,
            "base": system.base_of(TRACKS[track]),
            "engine": __version__,
            **labels_of(system, by, peers_of(TRACKS[track], inputs, system, self._store)),
            "known": [asdict(failure) for failure in failures.values()],
            "tests": [test.id for test in chosen],
            # kept too: a track may have more tests tomorrow
            "whole": len(chosen) == len(TRACKS[track].tests),
            "keeper": self.keeper,
            "language": self._language,  # another process may play it
            "inbox": f"{id}.{secrets.token_urlsafe(16)}" if TRACKS[track].is_of_client else "",
            # the moment too, so that the same evidence is judged the same in a year
            "given": {**inputs, "run": id, "now": fhir_instant(self._clock())},
        }
        return self._begun(id, body)

    def _begun(self, id: str, body: Mapping[str, Any]) -> Run:
        """Queues a run, or returns the one that is there; raises BadRequest where that is one of
        something else.
        """
        try:
            self._append(id, [("queued", body)], behind=-1)
        except LogMovedOn:
            run = self.read(id)
            if (run.track.id, run.system) != (body["track"], body["system"]):
                what = {"track": run.track.id, "system": run.system}
                raise BadRequest("testbench.key_used", where="Idempotency-Key", **what) from None
            return run
        return self.read(id)

    async def carry_out(self, id: str, send: Send, patience: Patience | None = None) -> Run:
        """Plays the tests of a run that have no verdict yet; each is kept as soon as it is done.

        Args:
            id: Of the run.
            send: Sends to the system.
            patience: Asks the searches of a test again before it fails; they are asked once, if
                omitted.
        """
        run = self.read(id)
        if run.state in ("done", "cancelled"):
            return run  # somebody asked for it again, by the same key, at the moment of its end
        given = dict(run.given)
        number = sum(len(outcome.exchanges) for outcome in run.outcomes.values())
        for test in run.tests:
            if test.id not in run.outcomes:
                playing = partial(play, test, given, send, self.steps(), patience)
                result = await self._played(id, test, playing)
                given |= result.produced
                self._keep(
                    id, result, numbers=range(number, number + len(result.exchanges)), has_new=True
                )
                number += len(result.exchanges)
            # read anew each time: who cancels does so in another request, or another process
            if self.read(id).state == "cancelled":
                break
        return self._end(id, "done", of=("queued", "running"))

    async def _played(
        self, id: str, test: Test, playing: Callable[[], Awaitable[Result]]
    ) -> Result:
        """Plays a test, unless it was at work each time that this process was stopped by force.

        One that ends the process would end it again after every restart.
        """
        if self.keeper != "server":  # a person may stop and go on as often as they like
            return await playing()
        count = starts_of(test, self._store.events(id, without="exchange"))
        if count >= TEST_STARTS:
            return cut_off(test, count)
        self._append(id, [("begun", {"test": test.id})])
        try:
            return await playing()
        except asyncio.CancelledError:  # stopped in order: the test has no part in it
            self._append(id, [("interrupted", {"test": test.id})])
            raise

    def steps(self, *, is_blocking: bool = False) -> Steps | None:
        """Returns where scripts go on step by step: in workers, or None for this process."""
        return InWorkers(self.workers, is_blocking=is_blocking) if self.workers else None

    @read_anew
    def capture(self, id: str, exchange: Exchange) -> int:
        """Keeps what a client sent to its inbox; returns its number, by which it is judged."""
        hashes = {"request_body": hash_of(exchange.request_body), "body": hash_of(exchange.body)}
        so_far = self._so_far(id)
        # the number is the place among what was captured, as a verdict names it
        number = len(so_far.run.captured)
        line = ("captured", {"number": number, **asdict(exchange), **hashes})
        blobs = [exchange.request_body, exchange.body]
        self._append(id, [line], blobs=blobs, behind=so_far.last.number)
        return number

    def not_judged(self, id: str) -> list[int]:
        """Returns the numbers of the requests to an inbox that no verdict names: those that were
        not judged before a stop, or not yet by another process, and those that no test looks at.
        """
        run = self.read(id)
        named = named_in(self._store.events(id, without="exchange"))
        # two systems that meet speak of much that no test looks at: of that only what came last
        since = max(named, default=-1) if run.through else -1
        return [n for one in run.captured if (n := one.number) > since and n not in named]

    def judge_captured(self, id: str, number: int) -> Run:
        """Judges all tests by the newest of what came to an inbox up to a request, and keeps those
        that looked at it: a newer one that came meanwhile is judged behind it.
        """
        run = self.read(id)
        # finished or cancelled between the answer and its judging
        if run.state != "waiting" or not run.is_awaited(number):
            return run
        exchange_at = reader_of(self._store.exchanges(id), self._store.blob)
        lines: list[tuple[str, Any]] = []
        came = [request for request in run.captured if request.number <= number]
        for test in run.tests:
            looked_at: list[int] = []
            newest = partial(newest_answer, came, exchange_at, looked_at)
            result = play_at_once(test, run.given, newest, self.steps(is_blocking=True))
            if run.through and tells_nothing(result, looked_at, run.outcomes):
                continue
            is_left_out = result.verdict == "skip" and not looked_at and test.id not in run.outcomes
            # a test that looked at other requests alone has its verdict already
            if number in looked_at or is_left_out:
                lines += lines_of(result, looked_at, has_new=False)
        if lines:
            # at once, so that a stop leaves the request judged by all tests or by none
            self._append(id, lines)
        return self.read(id)

    def finish(self, id: str) -> Run:
        """Ends a run that waits for a client."""
        run = self.read(id)
        if run.state == "waiting":
            for result in left_unasked(run) if run.through else ():
                self._keep(id, result, numbers=())
        return self._end(id, "done", of=("waiting",))

    def inbox(self, name: str) -> Run:
        """Returns the run that waits at an inbox, named `RUN.SECRET`; raises NotFound."""
        so_far = self.list.logs.read(name.partition(".")[0])
        run = so_far.run if so_far else None
        if (
            run is None
            or run.state != "waiting"
            # in constant time: the name is the only thing that keeps others out
            or not hmac.compare_digest(run.inbox.encode(), name.encode())
        ):
            raise NotFound("testbench.no_inbox", where="inbox")
        return run

    def cancel(self, id: str, *, reason: str = "") -> Run:
        """Ends a run that is not done; the test that is at work is the last.  `reason` is kept in
        the log.
        """
        return self._end(id, "cancelled", of=OPEN, reason=reason)

    @read_anew
    def _end(self, id: str, kind: str, *, of: Sequence[State], reason: str = "") -> Run:
        """Writes the last line of a run that is in one of these states; who comes second writes
        none.
        """
        so_far = self._so_far(id)
        if so_far.run.state not in of:
            return so_far.run
        body = {"verdict": so_far.run.verdict} if kind == "done" else {"reason": reason}
        self._append(id, [(kind, body)], behind=so_far.last.number)
        return self.read(id)

    @read_anew
    def review(
        self, id: str, act: str, person: Person, *, words: str = "", decision: str = ""
    ) -> Run:
        """Adds what a person does about a run: ask, claim, release or decide (see reviews.py);
        raises for a wrong one.
        """
        so_far = self._so_far(id)
        run = so_far.run
        if run.state != "done":
            raise PreconditionFailed("people.not_done", where=id)
        allow(person, "ask" if act == "ask" else "verify", run.whose)
        of = run.through or self.list.instance_of(id)
        lines = act_of(act, person, run, words=words, decision=decision, instance=of)
        self._append(id, lines, behind=so_far.last.number)
        return self.read(id)

    async def recheck(self, id: str) -> dict[str, tuple[Verdict, Result]]:
        """Judges stored evidence with today's checks: each test's old verdict and new result."""
        run = self.read(id)
        given = dict(run.given)
        exchanges = self.exchanges(run)
        judged = {}
        for test in run.tests:
            old = run.outcomes.get(test.id)
            if old is not None:
                stored = [exchanges[number] for number in old.exchanges]
                result = await judge_again(test, given, stored, self.steps())
                given |= result.produced
                judged[test.id] = (old.verdict, result)
        return judged

    def read(self, id: str) -> Run:
        """Returns a run as its log tells it; raises NotFound."""
        return self._so_far(id).run

    def events(self, id: str, *, after: int = -1) -> list[Event]:
        """Returns the log of a run behind a number."""
        return self._store.events(id, after=after)

    def exchange(self, id: str, number: int) -> Exchange:
        """Returns an exchange of a run with its bodies; raises NotFound."""
        return exchange_of(id, self._store.exchanges(id), number, self._store.blob)

    def exchanges(self, run: Run) -> dict[int, Exchange]:
        """Returns the exchanges that the tests of a run rest on, by their number."""
        numbers = {number for outcome in run.outcomes.values() for number in outcome.exchanges}
        return exchanges_of(self._store.exchanges(run.id), numbers, self._store.blob)

    def requests(self, run: Run) -> dict[int, str]:
        """Returns what each exchange of a run asked for, by its number, such as `GET metadata`."""
        return requests_of(self._store.exchanges(run.id), run.base)

    def evidence(self, id: str) -> bytes:
        """Returns all that a run rests on as a zip; raises NotFound."""
        return self.evidence_of([id])[id]

    def evidence_of(self, ids: Iterable[str]) -> dict[str, bytes]:
        """Returns all that each of some runs rests on as a zip, by its id; raises NotFound."""
        found = [self.read(id).id for id in ids]
        # in one transaction: the disk is waited for once, not for each of them
        with self._store.database.writing():
            for id in found:
                self._store.audit.record("evidence.exported", run=id)
        return {id: evidence(self._store.events(id), self._store.blob, self.key) for id in found}

    def _so_far(self, id: str) -> RunSoFar:
        """Returns a run with the end of its log; raises NotFound."""
        so_far = self.list.logs.read(id)
        if so_far is None:
            raise NotFound("testbench.no_run", where=id, id=id)
        return so_far

    def _keep(
        self, id: str, result: Result, *, numbers: Sequence[int], has_new: bool = False
    ) -> None:
        """Appends all that a test came to in one step, so that a cut leaves no half of it.

        `numbers` are those of its exchanges; `has_new`: they are not in the log yet.
        """
        lines = lines_of(result, numbers, has_new=has_new)
        blobs = (
            [
                body
                for exchange in result.exchanges
                for body in (exchange.request_body, exchange.body)
            ]
            if has_new
            else []
        )
        self._append(id, lines, blobs=blobs)

    def _append(
        self,
        id: str,
        lines: Sequence[tuple[str, Any]],
        *,
        blobs: Sequence[bytes] = (),
        behind: int | None = None,
    ) -> None:
        now = milliseconds_of(self._clock())
        rows = [
            (kind, now, json.dumps(body, ensure_ascii=False, default=str)) for kind, body in lines
        ]
        self.list.append(id, rows, blobs=blobs, behind=behind, lease=self._lease)
