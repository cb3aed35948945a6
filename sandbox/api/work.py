"""The workshop: carries runs out inside the server, one at a time for each system, and goes on after a restart."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import httpx
from starlette.concurrency import run_in_threadpool

from sandbox.clock import Clock
from sandbox.errors import SandboxError
from sandbox.i18n import Language
from sandbox.ids import NewId
from sandbox.store.runs import RunStore
from sandbox.testbench.guard import Guard, GuardedTransport
from sandbox.testbench.people import People, Person
from sandbox.testbench.rights import allow, may
from sandbox.testbench.runs import Run, Runs
from sandbox.testbench.sending import Sender
from sandbox.testbench.systems import HERE, System, find_system, register

log = logging.getLogger("sandbox.api")


class Workshop:
    """Holds the runs of one server; `here` is how the bundled server itself is reached, without a socket."""

    def __init__(
        self, store: RunStore, *, clock: Clock, new_id: NewId, guard: Guard, here: httpx.AsyncBaseTransport
    ) -> None:
        self.store = store
        self.runs = Runs(store, clock=clock, new_id=new_id, keeper="server")
        self.people = People(store, clock=clock)
        self.is_stopping: Callable[[], bool] = lambda: False
        self._guard = guard
        self._here = here
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._turns: dict[str, asyncio.Lock] = {}

    def system(self, name: str) -> System:
        """Returns a registered system, or the bundled server."""
        return System(HERE, "http://sandbox.invalid/fhir") if name == HERE else find_system(name, self.store)

    def register(self, system: System, person: Person) -> System:
        """Keeps a system as one of the person's team; a facilitator names the team.  Raises Forbidden, BadRequest."""
        is_for_any = may(person, "register")
        held = self.store.systems()
        if system.name in held:
            allow(person, "register", team=find_system(system.name, self.store).team)
        if not is_for_any:
            system = replace(system, team=person.team, country=person.country or system.country)
        allow(person, "register", team=system.team)
        register(system, self.store)
        return system

    async def start(
        self, track: str, name: str, person: Person, *, given: Mapping[str, str], tests: Sequence[str],
        language: Language,
    ) -> Run:  # fmt: skip
        """Starts a run for a person; one of a client waits at its inbox.  Raises NotFound, BadRequest, Forbidden."""
        system = await run_in_threadpool(self.system, name)
        if name == HERE:  # everybody's, so the run is that of whoever asks
            system = replace(system, team=person.team, country=person.country)
        else:
            allow(person, "start", team=system.team)
        queue = partial(self.runs.start, given=given, tests=tests, by=person.name)
        run = await run_in_threadpool(queue, track, system)
        if not run.inbox:
            self.begin(run, language)
        return run

    def to_verify(self) -> list[Run]:
        """Returns the runs that wait for a monitor, the oldest first."""
        return [one for one in reversed(self.runs.latest(limit=1000)) if one.review.standing == "to_verify"]

    def recipient(self, run: Run) -> System | None:
        """Returns the system to which what comes to the inbox of a run goes on; None for the bundled server."""
        name = run.given.get("recipient", HERE) if run.track.id == "mhd.peers" else HERE
        return None if name == HERE else self.system(name)

    def guarded(self) -> GuardedTransport:
        """Returns a way to systems elsewhere that the guard watches; whoever asks closes it."""
        return GuardedTransport(self._guard)

    def begin(self, run: Run, language: Language) -> None:
        """Carries a run out in the background."""
        if run.id not in self._tasks:
            task = asyncio.get_running_loop().create_task(self._carry_out(run, language))
            self._tasks[run.id] = task
            task.add_done_callback(lambda _: self._tasks.pop(run.id, None))

    def resume(self) -> None:
        """Goes on with what a stop of the server cut off."""
        for run in self.runs.latest(limit=1000):
            if run.state in ("queued", "running") and run.keeper == self.runs.keeper:
                self.begin(run, "en")

    async def close(self) -> None:
        """Stops what is at work; its log tells where to go on."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _carry_out(self, run: Run, language: Language) -> None:
        try:
            system = self.system(run.system)
            transport = self._here if system.name == HERE else GuardedTransport(self._guard)
            async with self._turns.setdefault(run.system, asyncio.Lock()):
                sender = Sender(run.base, transport=transport, secrets=system.headers(), language=language)
                async with sender as send:
                    await self.runs.carry_out(run.id, send)
        except SandboxError as error:  # such as a system that was taken from the list meanwhile
            self.runs.cancel(run.id, reason=error.key)
        except Exception:
            log.exception("run failed", extra={"run": run.id})
            self.runs.cancel(run.id, reason="testbench.our_fault")
