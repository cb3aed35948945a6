"""Plays a whole event: prepares it as a facilitator would, lets teams and monitors loose at once,
closes it, and asks for its report.
"""

from __future__ import annotations

import time
import tomllib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from sandbox.clock import utc_now
from sandbox.errors import PreconditionFailed
from sandbox.i18n import Language, say
from sandbox.replay import ministry
from sandbox.replay.caller import Caller, Refused
from sandbox.replay.clients import programs_of
from sandbox.replay.listed import Listed, listing
from sandbox.replay.monitor import Floor, watch
from sandbox.replay.others import Why
from sandbox.replay.participant import Party, take_part
from sandbox.replay.script import Meeting, Script, Team
from sandbox.replay.world import IDENTIFIER, PATIENT, World, running_world

DAYS = 3
OF_CERTIFICATES = ("ddcc-generation-service", "ddcc-repository", "ddcc-registry")
ALLOWED_DAYS = 2
TEAMS_AT_ONCE = 8
FACILITATOR = "replay.people.facilitator"
"""The key of the name of who leads the event."""

Tell = Callable[[int, int], None]
"""Is told how many instances have been played, and of how many."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a replay came to: the report of the event, and how long it took."""

    event: str
    url: str
    report: Mapping[str, Any]
    seconds: float
    skipped: Mapping[str, Why] = field(default_factory=dict)
    """Why a server that others wrote did not play for a team, by its letter."""


def play(
    script: Script,
    url: str,
    *,
    tell: Tell,
    language: Language = "es",
    installed: Path | None = None,
) -> Outcome:
    """Plays a replay at a sandbox that knows nobody yet.

    Args:
        script: Who does what.
        url: The address of the sandbox.
        tell: Is told of the progress.
        language: In which its people write.
        installed: The folder in which servers are installed that others wrote; None for nowhere.

    Raises:
        PreconditionFailed: The sandbox knows people already.
        Refused: The API refused what somebody asked for.
        NoServer: A server of the teams did not start.
    """
    begun = time.monotonic()
    with ExitStack() as stack:
        organiser = _organiser(stack, url, language)
        world = stack.enter_context(running_world(script, installed))
        listed = stack.enter_context(listing())
        _prepare(script, organiser, world)
        tests = {test["id"]: test for test in organiser.get(f"/api/plans/{script.id}")["tests"]}
        parties = {}
        for letter, team in script.teams.items():
            actors = _actors(script, letter, tests)
            caller = _joined(stack, organiser, team, [*world.hosts_of(letter), listed.host])
            parties[letter] = _party(caller, team, world, actors, listed)
        monitors = [_monitor(stack, organiser, number) for number in range(script.monitors)]
        _play_all(script, tests, parties, monitors, tell)
        organiser.post(f"/api/plans/{script.id}/close")
        _begin_late(script, organiser)
        report = organiser.get(f"/api/plans/{script.id}/report")
        return Outcome(script.id, url, report, time.monotonic() - begun, world.skipped)


def _begin_late(script: Script, organiser: Caller) -> None:
    """Begins the instance that nobody plays any more, once the event is closed."""
    letter, test = script.late
    late = {"event": script.id, "test": test, "system": script.teams[letter].system}
    organiser.post("/api/instances", late)


def _play_all(
    script: Script,
    tests: Mapping[str, Mapping[str, Any]],
    parties: Mapping[str, Party],
    monitors: list[Caller],
    tell: Tell,
) -> None:
    """Lets all teams play, each one instance after the other, and monitors decide meanwhile."""
    meetings = list(script.meetings(list(tests.values())))
    floor = Floor()
    done = iter(range(1, len(meetings) + 1))

    def play_team(letter: str) -> None:
        for meeting in _of(meetings, letter):
            if floor.is_broken.is_set():
                return
            take_part(script, tests[meeting.test], meeting, parties)
            tell(next(done), len(meetings))

    def guarded(work: Callable[..., None], *given: Any) -> None:
        try:
            work(*given)
        except BaseException:
            # nobody waits for what will not come
            floor.is_broken.set()
            raise

    with ThreadPoolExecutor(TEAMS_AT_ONCE + len(monitors)) as pool:
        watching = [pool.submit(guarded, watch, caller, script.id, floor) for caller in monitors]
        playing = [pool.submit(guarded, play_team, letter) for letter in parties]
        try:
            wait(playing)
        except BaseException:  # told to stop: the pool ends when its threads do
            floor.is_broken.set()
            raise
        floor.is_over.set()
        for task in (*playing, *watching):
            task.result()


def _of(meetings: list[Meeting], letter: str) -> Iterator[Meeting]:
    return (meeting for meeting in meetings if meeting.teams[0] == letter)


def _organiser(stack: ExitStack, url: str, language: Language) -> Caller:
    """Enters as the first facilitator of a sandbox that knows nobody.

    Raises:
        PreconditionFailed: It knows people already: what they do would mix with what is invented.
    """
    with closing(Caller(url, language=language)) as nobody:
        if not _is_free(nobody):
            raise PreconditionFailed("replay.not_empty", where=url, url=url)
        name = say(FACILITATOR, language)
        return _entered(stack, nobody, {"name": name, "role": "facilitator"})


def _is_free(nobody: Caller) -> bool:
    """Tells whether a sandbox knows nobody: all may do everything then."""
    try:
        return not nobody.get("/api/people")
    except Refused:
        return False


def _entered(stack: ExitStack, asked: Caller, person: Mapping[str, str]) -> Caller:
    """Adds a person and comes in by the link that they are given, until the replay ends."""
    added = asked.post("/api/people", person)
    code = added["enter"].rpartition("/")[2]
    entered = asked.post("/api/enter", {"code": code})
    caller = Caller(asked.url, session=entered["session"], language=asked.language)
    return stack.enter_context(closing(caller))


def _prepare(script: Script, organiser: Caller, world: World) -> None:
    """Makes the simulated event of the real one's plan, under its own name, and lets it run."""
    today = utc_now().date()
    body = {
        "id": script.id,
        "template": script.event,
        "first": today.isoformat(),
        "days": DAYS,
    }
    organiser.post("/api/plans", body)
    plan = _file_of(organiser, script.id)
    words = {"title": script.title, "registration_rules": script.note}
    titled = {**plan, **words, "is_simulation": True}
    organiser.put(f"/api/plans/{script.id}", titled)
    organiser.post(f"/api/plans/{script.id}/now")


def _file_of(organiser: Caller, plan: str) -> dict[str, Any]:
    """Returns the plan of an event in all its languages, as JSON can hold it."""
    table = tomllib.loads(organiser.read(f"/api/plans/{plan}/file").decode())
    return {name: _plain(value) for name, value in table.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.isoformat() if hasattr(value, "isoformat") else value


def _actors(script: Script, letter: str, tests: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Returns what a team's system takes part as: the roles of its tracks; of a team that plays
    nothing, those of the first.
    """
    mine = [track for track, letters in script.tracks.items() if letter in letters]
    tracks = mine or list(script.tracks)[:1]
    roles = [role for test in tests.values() if test["track"] in tracks for role in test["roles"]]
    return sorted({role["actor"] for role in roles})


def _joined(stack: ExitStack, organiser: Caller, team: Team, hosts: list[str]) -> Caller:
    """Lets the person of a team in, and allows the addresses at which the team is asked."""
    person = {
        "name": say("replay.people.participant", organiser.language, letter=team.letter.upper()),
        "role": "participant",
        "team": team.name,
        "country": team.country,
    }
    caller = _entered(stack, organiser, person)
    until = (utc_now().date() + timedelta(ALLOWED_DAYS)).isoformat()
    allowance = {"kind": "address", "whose": team.name, "reason": "replay", "until": until}
    for host in hosts:
        organiser.post("/api/allowances", {**allowance, "what": host})
    return caller


def _party(caller: Caller, team: Team, world: World, actors: list[str], listed: Listed) -> Party:
    """Registers the system of a team, with the list of the keys by which it signs."""
    place = world.places[team.letter]
    own = {actor: f"{place}/ddcc" for actor in OF_CERTIFICATES if actor in actors}
    theirs = world.bases.get(team.letter, {})
    component = world.components.get(team.letter)
    chain = {ministry.TRACK: component.base} if component else {}
    programs = programs_of(team, place, caller.language, at=utc_now())
    trustlist = listed.publish(team.letter, programs.pki)
    system = {
        "name": team.system,
        "base": f"{place}/fhir",
        "actors": actors,
        "bases": {**own, **theirs, **chain},
        "inputs": {"patient": PATIENT, "identifier": IDENTIFIER, "trustlist": trustlist},
    }
    caller.post("/api/systems", system)
    return Party(team, caller, programs, theirs, component)


def _monitor(stack: ExitStack, organiser: Caller, number: int) -> Caller:
    language = organiser.language
    person = {
        "name": say("replay.people.monitor", language, number=number + 1),
        "role": "monitor",
        "team": say("replay.people.monitors", language),
    }
    return _entered(stack, organiser, person)
