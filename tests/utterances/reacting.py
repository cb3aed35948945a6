"""What the bot does with a line, without a chat: the reader in a world with one team's system."""

from __future__ import annotations

import tomllib
from functools import cache

from bot.fakeslack.workspace import BOT
from bot.reading import Known, known_of, read, tracks_of
from bot.reading.intents import Rank
from bot.slack.writing import calls_another, decoded
from sandbox.api.views import track_view
from sandbox.i18n import LANGUAGES
from sandbox.testbench.tracks import TRACKS
from tests.places import PROJECT
from tests.utterances.scoring import Line, Reaction, Wish

EVENT = PROJECT / "datasets" / "events" / "lacpass-2026.toml"
TEAMS = {"Chile": "hospital", "Perú": "", "Team 1": ""}


@cache
def world() -> Known:
    """Returns what Ana of Chile sees: all tracks, and of systems her team's only one."""
    tracks = {
        language: [track_view(track, language) for track in TRACKS.values()]
        for language in LANGUAGES
    }
    systems = [{"name": "hospital", "team": "Chile", "team_id": "t1"}]
    plan = tomllib.loads(EVENT.read_text(encoding="utf-8"))
    return known_of(
        tracks_of(tracks),
        systems,
        {"team": "Chile", "team_id": "t1"},
        more_teams=list(TEAMS),
        planned=[test["id"] for test in plan["tests"]],
    )


def reaction_to(line: Line, rank: Rank | None = None) -> Reaction:
    """Returns what the reader makes of a line.

    Args:
        line: As it was typed.
        rank: Which commands it may mean; what was learned from all examples if None.
    """
    return _reaction_to(line.text, line.language, line.is_in_thread, rank)


@cache  # a line stands in the table of its set and in that of its kind
def _reaction_to(text: str, language: str, is_in_thread: bool, rank: Rank | None) -> Reaction:
    if calls_another(text, bot=BOT):  # in a channel nothing of it comes to the reader
        return Reaction()
    said = decoded(text, bot=BOT)
    reading = read(said, language, world(), is_in_thread=is_in_thread, rank=rank)
    done = Wish(reading.wish.verb, reading.wish.args) if reading.wish else None
    return Reaction(done, tuple(Wish(offer.verb, offer.args) for offer in reading.offers))
