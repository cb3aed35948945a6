"""What the outbox needs from any chat: three calls, and the ways in which they can be refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from bot.cards import Card


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a chat may be called.

    Attributes:
        channel_seconds: Between two calls in one channel.
        changes_a_minute: How many messages may be changed, in all channels together.
        minute: How many seconds such a minute has: fewer in tests.
    """

    channel_seconds: float
    changes_a_minute: int
    minute: float = 60.0


@dataclass(frozen=True, slots=True)
class Back:
    """The ways back to a person.

    Attributes:
        asker: The person, as the chat addresses them.
        channel: Where they asked.
        thread: The message whose thread that belongs to.
        url: An address that takes a private answer for a while; empty for none.
    """

    asker: str
    channel: str = ""
    thread: str = ""
    url: str = ""


class Chat(Protocol):
    """What a chat can do for the outbox.

    A thread is named by the message that it answers, and is empty for none. `post` and `change`
    raise Busy, Passing or Never where the chat refuses; any other exception leaves open whether the
    message arrived.
    """

    pace: Pace
    advice: Mapping[str, str]
    """What whoever asked can do about a refusal: the keys of sentences, by its reason."""
    home: str
    """Begins the names of its channels where the sandbox keeps them beside those of other chats."""

    def reaches(self, channel: str) -> bool:
        """Tells whether the bot writes in a channel: one of another workspace is another bot's."""

    async def tell(self, back: Back, card: Card, key: str) -> str:
        """Tells one person something, in the first way that takes it; returns the message, where it
        has a name.
        """

    async def alone(self, asker: str) -> str:
        """Returns the channel in which a person alone is written to."""

    async def post(self, channel: str, thread: str, card: Card, key: str) -> str:
        """Posts a card.

        Args:
            channel: Where.
            thread: The message that it answers.
            card: What is said.
            key: Names the message, so that `find` knows it again.

        Returns:
            The message, as `change` takes it.
        """

    async def change(self, channel: str, message: str, card: Card) -> None:
        """Replaces what a message of the bot says."""

    async def find(self, channel: str, thread: str, card: Card, key: str) -> str:
        """Looks among the newest messages for one that may have been posted before the call was cut
        off.

        Returns:
            The message; empty where the chat does not have it.
        """


class Busy(Exception):
    """The chat takes nothing for some seconds: in one channel, or, with `is_for_all`, no call of
    that kind at all.
    """

    def __init__(self, reason: str, *, seconds: float, is_for_all: bool = False) -> None:
        super().__init__(reason)
        self.seconds = seconds
        self.is_for_all = is_for_all


class Passing(Exception):
    """The chat has a fault that may pass: the call is worth another try."""


class Never(Exception):
    """The chat refuses this message, now and later."""


class Fixed(Never):
    """The chat changes this message no more, though it is there."""


class Ended(Exception):
    """The chat, or the sandbox, lets the bot in no more: a token or session is wrong, or was taken
    back.  Trying again would not help.
    """

    def __init__(self, whose: str, reason: str) -> None:
        super().__init__(f"{whose}: {reason}")
        self.whose = whose
        self.reason = reason
