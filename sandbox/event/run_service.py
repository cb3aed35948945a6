"""The run service: carries runs out inside the server, one at a time for each system, and goes on
after a restart.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import httpx

from sandbox.clock import Clock
from sandbox.errors import BadRequest, LeaseLost, SandboxError, StoreUnavailable
from sandbox.event.access_trial import agent_absent, try_entry, wants_agent
from sandbox.event.agents import Agents
from sandbox.event.allowances import Allowance, Allowances
from sandbox.event.following import Feed
from sandbox.event.gallery import Gallery
from sandbox.event.inputs import PRESET
from sandbox.event.judging import Judging
from sandbox.event.known import known_team
from sandbox.event.looks import Looks, is_asked, look_at
from sandbox.event.news import News
from sandbox.event.peering import meetings, peer_tracks, peers_of, recipient_of
from sandbox.event.people import People, Person
from sandbox.event.rights import NOBODYS, Whose, allow, may
from sandbox.event.run import Run
from sandbox.event.runs import Runs
from sandbox.event.systems import HERE, System, all_systems, find_system, register
from sandbox.event.tokens import Tokens
from sandbox.event.turns import OURSELVES, Turns
from sandbox.event.ways import Ways
from sandbox.exchange import Exchange
from sandbox.findings import Finding
from sandbox.i18n import Language
from sandbox.ids import NewId, id_of
from sandbox.limits import ACCESS_TRIES, RUN_SECONDS, RUN_STARTS
from sandbox.store.leases import Lease, Leases
from sandbox.store.runs import RunStore
from sandbox.testbench.guard import Guard
from sandbox.testbench.sending import Sender
from sandbox.testbench.settling import Waiting
from sandbox.testbench.tracks import TRACKS
from sandbox.threads import run_in_threadpool
from sandbox.web.rates import Rate, Rates

# a submission of 3 MB was measured at 7 seconds; behind that a reader gets what is known so far
SETTLE_SECONDS = 10.0
LOOK_SECONDS = 3.0
TRIES = Rate("tries", ACCESS_TRIES, RUN_SECONDS, "access.too_many_tries")
STARTS = Rate("runs", RUN_STARTS, RUN_SECONDS, "testbench.too_many_runs")
log = logging.getLogger("sandbox.event")


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What to run; `key` makes two deliveries of one request the same run, `preset` is that of the
    event for which it is.
    """

    track: str
    system: str
    tests: Sequence[str] = ()
    inputs: Mapping[str, str] = field(default_factory=dict)
    key: str = ""
    preset: str = ""


class RunService:
    """Holds the runs of one server; `here` is how the bundled server itself is reached, without a
    socket.
    """

    def __init__(
        self,
        store: RunStore,
        *,
        clock: Clock,
        new_id: NewId,
        guard: Guard,
        here: httpx.AsyncBaseTransport,
        preset: str = "",
    ) -> None:
        self.store = store
        self.runs = Runs(store, clock=clock, new_id=new_id, keeper="server")
        self.gallery = Gallery(store, clock=clock, new_id=new_id)
        self.people = People(store, clock=clock)
        self.tokens = Tokens(store, self.people, clock=clock)
        self.allowances = Allowances(store, clock=clock)
        self.is_stopping: Callable[[], bool] = lambda: False
        self.news = News(store.database)
        self.feed = Feed(store, self.news, is_stopping=lambda: self.is_stopping())
        self.agents = Agents()
        self.looks = Looks(store, clock=clock)
        self._rates = Rates()
        self.ways = Ways(guard, self.allowances, self.agents, here=here)
        self._preset = preset
        self.judging = Judging(self.runs)
        leases = Leases(store.database, keeper=self.runs.keeper, holder=OURSELVES, tracks=TRACKS)
        self.turns = Turns(leases, self._play, is_stopping=lambda: self.is_stopping())
        self.news.tell(self.turns.told)
        self._looking: set[asyncio.Task[None]] = set()

    def system(self, name: str) -> System:
        """Returns a registered system, or the bundled server."""
        return (
            System(HERE, "http://sandbox.invalid/fhir")
            if name == HERE
            else find_system(name, self.store)
        )

    def register(self, system: System, person: Person) -> System:
        """Keeps a system as one of the person's team; a facilitator names the team.  Raises
        Forbidden, BadRequest.
        """
        is_for_any = may(person, "register")
        registered = self.store.systems()
        if system.name in registered:
            allow(person, "register", find_system(system.name, self.store).whose)
        if is_for_any:
            team = self.people.team(system.team)
            system = replace(system, team=team.name, team_id=team.id)
        else:
            country = person.country or system.country
            system = replace(system, team=person.team, team_id=person.team_id, country=country)
        allow(person, "register", system.whose)
        register(system, self.store)
        return system

    async def start(self, request: RunRequest, person: Person, language: Language) -> Run:
        """Starts a run for a person; one of a client waits at its inbox.

        What a person asks for again with the same key is the run that they have.

        Raises:
            NotFound: The track, a test of it, the system, the preset or a sample is not there.
            Gone: A sample was taken out of the gallery.
            BadRequest: An input is wrong, or the key is that of another run.
            Forbidden: The system is another team's, or a peer is that does not offer to be one.
            Busy: The team has had its share of starts.
        """
        system = await run_in_threadpool(self.system, request.system)
        inputs = await run_in_threadpool(self.gallery.resolved, request.inputs)
        given = self.with_preset(inputs, event=request.preset)
        if request.system == HERE:  # everybody's, so the run is that of whoever asks
            system = replace(
                system, team=person.team, team_id=person.team_id, country=person.country
            )
        else:
            allow(person, "start", system.whose)
        if person.role == "participant":
            self._rates.take(STARTS, person.team_id)
        # of the asker too, so that nobody reaches the run of another by a key that both have chosen
        id = id_of(person.team_id, person.id, request.key) if request.key else ""
        queue = partial(
            self.runs.speaking(language).start,
            given=given,
            tests=request.tests,
            by=person,
            id=id,
        )
        run = await run_in_threadpool(queue, request.track, system)
        # one of a client has nothing to send: it goes on with what comes to its inbox
        if not run.inbox and run.state in ("queued", "running"):
            self.turns.look()
        return run

    async def pair_up(self, person: Person, language: Language) -> list[Run]:
        """Starts a run for each system and recipient that have not met yet, in each track between
        peers; raises Forbidden.
        """
        allow(person, "pair_up")
        systems = await run_in_threadpool(all_systems, self.store)
        settled = {
            track.id: await run_in_threadpool(self.runs.list.settled, track.id)
            for track in peer_tracks()
        }
        requests = [
            RunRequest(track.id, meeting.system, inputs=meeting.inputs)
            for track in peer_tracks()
            for meeting in meetings(track, systems, without=settled[track.id])
        ]
        return [await self.start(request, person, language) for request in requests]

    def allowances_of(self, person: Person) -> list[Allowance]:
        """Returns what is allowed today to the systems and teams that a person may see."""
        return [
            allowance
            for allowance in self.allowances.all()
            if may(person, "see_run", self._whose(allowance))
        ]

    def allow(self, allowance: Allowance, person: Person) -> Allowance:
        """Keeps a known failure of a person's own system, or for a facilitator an address of a
        team.

        Raises Forbidden, BadRequest, NotFound.
        """
        self._check_right(allowance, person)
        if allowance.kind == "known":
            self.system(allowance.whose)  # raises for one that nobody has registered
        else:
            team = known_team(allowance.whose, self.people, self.store)
            allowance = replace(allowance, whose=team.name, team_id=team.id)
        return self.allowances.add(replace(allowance, by=person.name))

    def end_allowance(self, kind: str, whose: str, what: str, person: Person) -> Allowance:
        """Ends what is allowed before its day; raises Forbidden, NotFound."""
        allowance = self.allowances.find(kind, whose, what)
        self._check_right(allowance, person)
        self.allowances.take_back(allowance, by=person.name)
        return allowance

    def recipient(self, run: Run) -> System | None:
        """Returns the system to which what comes to the inbox of a run goes on; None for the
        bundled server.
        """
        peer = run.track.recipient
        name = recipient_of(run)
        if peer is None or name in ("", HERE):
            return None
        system = self.system(name)
        return replace(system, base=system.base_for(peer.actor))

    async def try_access(
        self, name: str, person: Person, language: Language, *, server: str
    ) -> list[Finding]:
        """Asks a system for its CapabilityStatement with what lets into it; returns what came of
        it, for each of its bases, and how an agent is started where one could reach it.

        Args:
            name: The alias.
            person: Who asks.
            language: In which the system is asked to answer.
            server: The address of this server, which an agent is told.

        Raises Forbidden, NotFound, Busy.
        """
        system = await run_in_threadpool(self.system, name)
        allow(person, "register", system.whose)
        self._rates.take(TRIES, system.team_id)
        way = await run_in_threadpool(self.ways.to_system, system)
        findings = await try_entry(system, way, language)
        if wants_agent(findings) and not self.agents.is_there(name):
            findings.append(agent_absent(name, server))
        return findings

    async def look(self, name: str, language: Language) -> None:
        """Looks once at what answers at the addresses of a system, and waits for it for a moment;
        what takes longer is seen later.
        """
        task = asyncio.get_running_loop().create_task(self._look(name, language))
        self._looking.add(task)
        task.add_done_callback(self._looking.discard)
        await asyncio.wait({task}, timeout=LOOK_SECONDS)

    async def cancel(self, id: str) -> Run:
        """Ends a run that is not done; where it is played here, also the test that is at work."""
        cancelled = await run_in_threadpool(self.runs.cancel, id)
        if cancelled.state == "cancelled":
            self.turns.stop(id)
        return cancelled

    async def take(self, id: str, exchange: Exchange) -> None:
        """Keeps a request to the inbox of a run; it is judged behind the reply, so that the client
        need not wait.
        """
        number = await run_in_threadpool(self.runs.capture, id, exchange)
        self.judging.later(id, number)

    async def settle(self, id: str) -> None:
        """Waits until what came to the inbox of a run is judged, at most SETTLE_SECONDS.

        Whoever reads a run right behind a request to its inbox sees what it came to.
        """
        await self.judging.settle(id, seconds=SETTLE_SECONDS)

    def resume(self, *, is_alone: bool) -> None:
        """Goes on with what a stop of the server cut off.

        Args:
            is_alone: Whether no other process is at work, so that leases are those of the past.
        """
        self.news.start()
        if is_alone:
            self.turns.leases.forget_holders()
        self.turns.look()
        # of this keeper: a command line may be at work on another at this moment
        for row in self.runs.list.open(self.runs.keeper):
            run = self.runs.read(row.run)
            if run.state == "waiting" and run.captured:
                # they were answered before the stop, so the client will not send them again
                for number in self.runs.not_judged(run.id):
                    self.judging.later(run.id, number)

    async def close(self) -> None:
        """Stops what is at work; its log tells where to go on."""
        await self.news.close()
        await self.turns.close()
        await self.judging.close()
        tasks = list(self._looking)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.feed.close()

    def with_preset(self, given: Mapping[str, str], *, event: str = "") -> dict[str, str]:
        """Returns inputs under the preset of this server, else of an event, which nobody leaves for
        another one.
        """
        preset = self._preset or event
        # results under other rules would stand beside each other in one matrix
        if preset and given.get(PRESET, preset) != preset:
            raise BadRequest(
                "testbench.locked_input", where=PRESET, name=PRESET, preset=preset, value=preset
            )
        return dict(given) | ({PRESET: preset} if preset else {})

    def _check_right(self, allowance: Allowance, person: Person) -> None:
        if allowance.kind == "known":
            allow(person, "start", self._whose(allowance))
        else:
            allow(person, "allow_address")

    def _whose(self, allowance: Allowance) -> Whose:
        """Returns whose it is; of a system that was taken from the list, nobody's."""
        if allowance.kind == "address":
            return Whose(allowance.team_id)
        registered = self.store.systems()
        return (
            find_system(allowance.whose, self.store).whose
            if allowance.whose in registered
            else NOBODYS
        )

    async def _look(self, name: str, language: Language) -> None:
        try:
            system = await run_in_threadpool(self.system, name)
            if not is_asked(system) or await run_in_threadpool(self.looks.is_fine, system):
                return
            self._rates.take(TRIES, system.team_id)
            way = await run_in_threadpool(self.ways.to_system, system)
            findings = await look_at(system, way, language)
            await run_in_threadpool(self.looks.keep, system, findings)
        except SandboxError as error:  # such as too many tries: it is told when it is tested
            log.info("not looked at", extra={"system": name, "reason": error.key})

    def _prepared(self, runs: Runs, id: str) -> tuple[Run, System, httpx.AsyncBaseTransport]:
        run = runs.read(id)
        system = self.system(run.system)
        # those of other teams were let take part when the run began
        peers = peers_of(run.track, run.given, system, self.store)
        return run, system, self.ways.to_system(system, peers)

    async def _play(self, lease: Lease) -> None:
        runs = self.runs.under(lease)
        try:
            run, system, transport = await run_in_threadpool(self._prepared, runs, lease.run)
            sender = Sender(
                run.base, transport=transport, secrets=system.headers(), language=run.language
            )
            async with sender as send:
                patience = None if system.name == HERE else Waiting()
                await runs.carry_out(run.id, send, patience)
        except (LeaseLost, StoreUnavailable):
            raise
        except SandboxError as error:  # such as a system that was taken from the list meanwhile
            runs.cancel(lease.run, reason=error.key)
        except Exception:
            log.exception("run failed", extra={"run": lease.run})
            runs.cancel(lease.run, reason="testbench.our_fault")
