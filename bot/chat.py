"""What the outbox needs from any chat: three calls, and the ways in which they can be refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bot.cards import Card


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a chat may be called: seconds between two calls in a channel, changes a minute in
    all channels.

    `minute` is how long that minute is: a test has shorter ones.
    """

    channel_seconds: float
    changes_a_minute: int
    minute: float = 60.0


class Chat(Protocol):
    """A chat; a thread is named by the message that it answers, and is empty for none."""

    pace: Pace

    async def post(self, channel: str, thread: str, card: Card, key: str) -> str:
        """Says something and returns the message; `key` names it, so that `find` knows it again."""

    async def change(self, channel: str, message: str, card: Card) -> None:
        """Says something else in a message of ours."""

    async def find(self, channel: str, thread: str, card: Card, key: str) -> str:
        """Returns the message that was made of a card and key, among the newest ones; empty for
        none.
        """


class Busy(Exception):
    """The chat takes nothing for some seconds: one channel, or all calls of that kind."""

    def __init__(self, reason: str, *, seconds: float, is_for_all: bool = False) -> None:
        super().__init__(reason)
        self.seconds = seconds
        self.is_for_all = is_for_all


class Passing(Exception):
    """The chat has a fault that may pass; to be tried again some times."""


class Never(Exception):
    """The chat refuses this message, now and later."""
