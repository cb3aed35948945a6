"""`connectathon run`: the tests of a track against a system, kept as a run that can be read and
judged again.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sandbox.cli import LANGUAGE, tell
from sandbox.cli.options import Data, EgressProxy, Lang, TokenEnv, bearer, leave_by
from sandbox.cli.results import access_at, exit_of, run_lines, runs_at
from sandbox.i18n import Language, as_language

if TYPE_CHECKING:
    from sandbox.event.access import Access
    from sandbox.event.run import Run
    from sandbox.event.runs import Runs
    from sandbox.event.systems import System
    from sandbox.store.runs import RunStore
    from sandbox.testbench.sending import Sender


@dataclass(frozen=True, slots=True)
class Way:
    """How a system is asked: seconds for each answer, the language of what is told of it, and the
    headers that its own origin alone gets.
    """

    seconds: float
    language: Language
    credentials: Mapping[str, str]
    access: Access


def run(
    track: Annotated[str, typer.Argument(help=tell("run.track"))],
    system: Annotated[str, typer.Option(help=tell("run.system"))] = "sandbox",
    test: Annotated[list[str] | None, typer.Option(help=tell("run.test"))] = None,
    input: Annotated[list[str] | None, typer.Option(help=tell("run.input"))] = None,
    seconds: Annotated[float, typer.Option(help=tell("readiness.seconds"), min=0.1)] = 30,
    token_env: TokenEnv = "",
    egress_proxy: EgressProxy = "",
    data: Data = None,
    lang: Lang = LANGUAGE,
) -> None:
    """Exit code 0: passed, known failures apart; 1: something failed; 2: usage; 3: our fault; 4:
    not all known.
    """
    from sandbox.event.inputs import PRESET, known_to, read_inputs
    from sandbox.testbench.script import roll_up

    leave_by(egress_proxy)
    verdicts = []
    given = dict(pair(text) for text in input or ())
    with runs_at(data) as (runs, store):
        way = Way(seconds, as_language(lang), bearer(token_env), access_at(data, store))
        chosen = named_system(system, store)
        names = _tracks(track)
        # Before the first track starts, so that a misspelt input does not surface halfway.
        read_inputs(given, known=known_to(*names))
        for name in names:
            own = {
                word: value for word, value in given.items() if word in known_to(name) | {PRESET}
            }
            queued = runs.start(name, chosen, given=own, tests=test or ())
            done = asyncio.run(carry_out(runs, queued, chosen, way))
            print("\n".join(run_lines(done, way.language)))
            verdicts.append(done.news)
    raise typer.Exit(exit_of(roll_up(verdicts)))


def named_system(name: str, store: RunStore) -> System:
    """Returns the bundled server, the system at an address, or a registered one.

    Raises:
        NotFound: No system is registered under that name.
    """
    from sandbox.event.systems import HERE, System, find_system
    from sandbox.web.addresses import refuse_userinfo

    if name == HERE:
        # A name that never resolves (RFC 6761 6.4): requests go straight to the application.
        return System(HERE, "http://sandbox.invalid/fhir")
    if not name.startswith(("http://", "https://")):
        return find_system(name, store)
    refuse_userinfo(name, where="--system")
    # An address is its own name, since nothing is registered under it.
    return System(name, name)


def _tracks(name: str) -> list[str]:
    """Returns the track of that name, or, for the first word of several (`mhd`), those that ask a
    server.

    Raises NotFound for a name that is none, BadRequest for a track of a client.
    """
    from sandbox.errors import BadRequest
    from sandbox.testbench.tracks import TRACKS, choose

    several = [
        track.id
        for track in TRACKS.values()
        if track.id.startswith(f"{name}.") and not track.is_of_client
    ]
    # A family stands for its server tracks alone: a client track would wait for requests forever.
    if several:
        return several
    choose(name)
    if TRACKS[name].is_of_client:
        raise BadRequest("testbench.client_track", where=name, track=name)
    return [name]


def pair(text: str) -> tuple[str, str]:
    """Reads NAME=VALUE, or NAME=@FILE; ends with a sentence for anything else."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise typer.BadParameter(tell("run.bad_input", found=text), param_hint="--input")
    if value.startswith("@"):
        try:
            return name, Path(value[1:]).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise typer.BadParameter(
                tell("run.no_file", file=value[1:], reason=error), param_hint="--input"
            ) from None
    return name, value


async def carry_out(runs: Runs, run: Run, system: System, way: Way) -> Run:
    """Carries a run out from this machine."""
    from sandbox.event.systems import HERE
    from sandbox.testbench.settling import Waiting

    patience = None if system.name == HERE else Waiting()
    async with _sender(system, way) as send:
        return await runs.carry_out(run.id, send, patience)


@asynccontextmanager
async def _sender(system: System, way: Way) -> AsyncIterator[Sender]:
    """Sends to a system, or to a fresh sandbox of this process."""
    import httpx

    from sandbox.event.systems import HERE
    from sandbox.testbench.guard import guarded_from_here
    from sandbox.testbench.sending import Sender

    with tempfile.TemporaryDirectory() as folder:
        transport = way.access.way_to(system, guarded_from_here)
        if system.name == HERE:
            from sandbox.app import create_app
            from sandbox.settings import Settings

            transport = httpx.ASGITransport(create_app(Settings(Path(folder))))
        secrets = {**system.headers(), **way.credentials}
        async with Sender(
            system.base,
            transport=transport,
            secrets=secrets,
            language=way.language,
            seconds=way.seconds,
        ) as send:
            yield send
