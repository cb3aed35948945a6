"""`connectathon event replay`: an event that plays by itself, and its figures beside those that
were published.
"""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from sandbox.cli import tell
from sandbox.errors import SandboxError
from sandbox.i18n import Language, say

if TYPE_CHECKING:
    from sandbox.replay.playing import Outcome

TOLD_EVERY = 5.0  # seconds
MOST_SAID = 4000  # characters
STATES = ("verified", "partially", "incomplete", "failed", "started")


class Size(StrEnum):
    """How much of an event is played."""

    full = "full"
    small = "small"


def replay(
    which: str,
    size: Size,
    language: Language,
    *,
    server: str,
    data: Path | None,
    others: Path | None = None,
) -> None:
    """Plays an event, prints what it came to, and ends with 1 where the whole of it did not come to
    what was published.

    Args:
        which: The event whose replay it is.
        size: The whole of it, or a few teams.
        language: In which its people write.
        server: The address of a sandbox that knows nobody yet; "" for one that is started here.
        data: The empty folder of the one that is started; None for one that is removed behind it.
        others: The folder in which servers are installed that others wrote; None for nowhere.
    """
    from sandbox.replay.playing import FACILITATOR, play
    from sandbox.replay.script import shipped_script

    # a plain `kill` would else leave the servers of others running
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    script = shipped_script(which)
    script = script.small() if size is Size.small else script
    with _server_at(server, data) as url:
        print(tell("event.replay.begins", url=url, id=script.id))
        outcome = play(script, url, tell=_Progress(), language=language, installed=others)
    for letter, other in script.others.items():
        how = outcome.skipped.get(letter, "plays")
        print(tell(f"event.replay.others.{how}", team=letter.upper(), server=other.server))
    is_same = _print_figures(outcome, script.published)
    print(tell("event.replay.took", seconds=round(outcome.seconds)))
    if data is not None and not server:
        print(tell("event.replay.look", data=data, id=script.id, name=say(FACILITATOR, language)))
    if not is_same:
        raise typer.Exit(1)


class _Progress:
    """Prints a line behind the first instance, and from then on from time to time."""

    def __init__(self) -> None:
        self._begun = time.monotonic()
        self._told = self._begun

    def __call__(self, done: int, count: int) -> None:
        now = time.monotonic()
        if done in (1, count) or now - self._told >= TOLD_EVERY:
            self._told = now
            seconds = round(now - self._begun)
            print(tell("event.replay.progress", done=done, count=count, seconds=seconds))


@contextmanager
def _server_at(server: str, data: Path | None) -> Iterator[str]:
    from sandbox.course.connection import start_server

    if server:
        yield server.rstrip("/")
        return
    if data is not None and data.exists() and any(data.iterdir()):
        raise typer.BadParameter(tell("event.replay.not_empty", data=data), param_hint="--data")
    with tempfile.TemporaryDirectory() as folder:
        # what the terminal's own server is told in the environment is not meant for this one
        kept = ("CONNECTATHON_TOKEN", "CONNECTATHON_TWIN", "CONNECTATHON_PRESET", "DATABASE_URL")
        plain = {name: "" for name in kept if name in os.environ}
        place = data or Path(folder, "data")
        log = Path(folder, "log")
        running = start_server({**plain, "CONNECTATHON_DATA": str(place)}, log=log)
        try:
            yield running.connection.url
        except SandboxError:
            said = log.read_text(encoding="utf-8", errors="replace").strip()
            if said:  # an answer of 500 says nothing of why
                typer.echo(tell("event.replay.said", text=said[-MOST_SAID:]), err=True)
            raise
        finally:
            running.stop()


def _print_figures(outcome: Outcome, published: Mapping[str, Any]) -> bool:
    """Prints the figures, beside the published ones where the whole event was played; tells whether
    they are the same.
    """
    counted = {
        **{name: outcome.report[name] for name in ("registered", "active")},
        "instances": outcome.report["count"],
        **{state: outcome.report["by_state"].get(state, 0) for state in STATES},
    }
    by_track = outcome.report["verified_by_track"]
    is_same = True
    for name, value in counted.items():
        told = published.get(name, "")
        # of 2023 two pages tell different numbers of who registered
        accepted = told if isinstance(told, list) else [told]
        is_same = is_same and (not published or value in accepted)
        shown = " / ".join(str(number) for number in accepted)
        print(f"{tell(f'event.replay.figure.{name}'):<28}{value:>6}   {shown}")
    for track, value in by_track.items():
        told = published.get("verified_by_track", {}).get(track, "")
        is_same = is_same and (not published or value == told)
        print(f"{tell('event.replay.figure.track', track=track):<28}{value:>6}   {told}")
    return is_same
