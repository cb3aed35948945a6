"""The rows of the bot's store: what a card shows, a delivery, an act, an outgoing message;
and a subscription of the sandbox.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.words import Language

GRADING = "grading:"
"""Begins the name of a hand-in where otherwise the id of a run stands."""

INSTANCE = "instance:"
"""Begins the name of a test instance where otherwise the id of a run stands."""

ANNOUNCED = "announcement:"
"""Stands where otherwise the id of a run stands, once something was announced."""


def is_grading(subject: str) -> bool:
    """Tells whether a card is that of a hand-in."""
    return subject.startswith(GRADING)


def is_instance(subject: str) -> bool:
    """Tells whether a card is that of a test instance."""
    return subject.startswith(INSTANCE)


@dataclass(frozen=True, slots=True)
class Member:
    """Who somebody in a chat is in the sandbox.

    Attributes:
        actor: The person, as the bot names them over all chats.
        person: Their id in the sandbox; empty where it knows no people.
        team: The id of their team; empty for none.
        asker: How their chat addresses them.
        language: The one in which they were answered last.
    """

    actor: str
    person: str
    team: str
    asker: str
    language: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A run, or a hand-in, that is shown in a channel.

    Attributes:
        run: Its id.
        channel: Where.
        language: Of the card.
        ts: The message that is the card; empty until the outbox has posted it.
        digest: A hash of what the card and its thread say, so that nothing is said twice.
        outcome: The final state as posted to the thread; empty while the run is open.
        asker: Who began it here, as the chat addresses them; empty for nobody.
        actor: The same person, as the bot names them over all chats.
    """

    run: str
    channel: str
    language: Language
    ts: str = ""
    digest: str = ""
    outcome: str = ""
    asker: str = ""
    actor: str = ""


@dataclass(frozen=True, slots=True)
class Subscription:
    """What somebody is told in a channel, as the sandbox keeps it.

    Attributes:
        id: Its id.
        person: Whose it is, by id in the sandbox; empty where it knows no people.
        channel: Where, as the bot names it.
        language: Of what is told.
        track: The beginning of a track's name; empty for any.
        verdict: Of the run; empty for any.
        team: Whose runs; empty for any.
        topics: Of what kinds of things.
        hour: 0 to 23 by the clock of this machine, for one digest a day; None for each run at once.
    """

    id: str
    person: str
    channel: str
    language: str
    track: str
    verdict: str
    team: str
    topics: tuple[str, ...]
    hour: int | None = None


@dataclass(frozen=True, slots=True)
class Reminder:
    """Who wants to be reminded where, in which language, how many minutes before."""

    actor: str
    channel: str
    language: str
    minutes: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came in and is not worked off yet; `body` is JSON as the chat has it."""

    key: str
    kind: str
    body: Any


@dataclass(frozen=True, slots=True)
class FirstClick:
    """The first click on a button that acts once: its delivery, the actor, and the run started."""

    key: str
    actor: str
    run: str


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A call of the chat that is still to be made; `method` is post, reply or update."""

    id: int
    key: str
    method: str
    channel: str
    body: Mapping[str, Any]
    tries: int = 0
