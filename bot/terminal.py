"""The bot in a terminal: takes one line, prints the answer, and follows a run to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from bot.assembling import at_work
from bot.cards import Card, Form, as_text
from bot.chat import Back, Pace
from bot.grammar import Intent, Place, line_of
from bot.store import Store
from bot.words import Language, say

CHANNEL = "terminal"
LOOK_SECONDS = 0.05


class TerminalChat:
    """Keeps what was said in this process, the last state of each message; a message is named by
    its place.
    """

    pace = Pace(0, 100_000)
    advice: Mapping[str, str] = {}
    home = "terminal:"

    def __init__(self) -> None:
        self.messages: dict[str, Card] = {}

    def reaches(self, channel: str) -> bool:
        """Tells that there is no other place."""
        return True

    async def tell(self, back: Back, card: Card, key: str) -> str:
        """Keeps what is for the one who sits there."""
        return await self.post(back.channel, "", card, key)

    async def alone(self, asker: str) -> str:
        """Returns the terminal: nobody else reads there."""
        return CHANNEL

    async def post(self, channel: str, thread: str, card: Card, key: str) -> str:
        """Keeps a card."""
        self.messages[str(len(self.messages))] = card
        return str(len(self.messages) - 1)

    async def change(self, channel: str, message: str, card: Card) -> None:
        """Keeps the new state of a card."""
        self.messages[message] = card

    async def find(self, channel: str, thread: str, card: Card, key: str) -> str:
        """Returns nothing: what an earlier process said was printed."""
        return ""


async def said(
    text: str,
    *,
    sandbox: str,
    file: Path,
    actor: str,
    language: Language,
    tell: Callable[[str], None],
) -> None:
    """Carries out one line as a person of this machine and prints the answer; of a run, how it
    ended.

    A run that waits for a client is not waited for: `status` asks about it later.

    Args:
        text: The command in words.
        sandbox: The address of the sandbox.
        file: Remembers who is linked from one line to the next.
        actor: The person.
        language: Theirs, where they have chosen none.
        tell: Prints.
    """
    store = Store(file)
    chat = TerminalChat()
    # its messages were printed by a process that is gone: none can be changed
    store.clear()
    language = store.language_of(actor) or language
    async with at_work(store, chat, sandbox=sandbox, session=store.secret_of(actor)) as dispatcher:
        place = Place(CHANNEL)
        answer = await dispatcher.hear(text, Intent(actor, place, "help", {}, language))
        if isinstance(answer, Form):
            tell(answer.usage)
        elif answer is not None:
            tell("\n".join(_lines(answer, language)))
        else:
            await _settled(store, chat, say("state.waiting", language))
            for card in chat.messages.values():
                tell("\n".join(_lines(card, language)))
    store.close()


async def _settled(store: Store, chat: TerminalChat, waiting: str) -> None:
    """Waits until all is told, and the run that was begun has ended or waits."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        is_waiting = any(waiting in dict(card.facts).values() for card in chat.messages.values())
        if chat.messages and not store.outgoing() and (is_waiting or not store.open_runs()):
            return


def _lines(card: Card, language: Language) -> Iterator[str]:
    """Yields a card, and under it the words that do what its buttons would, or the address that
    they open.
    """
    yield as_text(card)
    for button in card.buttons:
        yield f"  [{button.label}] {button.url or line_of(button.verb, button.args, language)}"
