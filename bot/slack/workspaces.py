"""All workspaces where the app is installed, as one chat: each is called with its own token."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot.cards import Card
from bot.chat import Back, Ended, Never, Pace
from bot.sealing import NoKey, Seal
from bot.slack.places import own_id, placed, team_in
from bot.slack.posting import ADVICE, PACE, SlackChat
from bot.store import Store
from bot.store_workspaces import Installed

log = logging.getLogger("bot")
GONE = "workspace_gone"
T = TypeVar("T")


class Workspaces:
    """Posts into the workspace of each place.

    Args:
        store: Knows the installations, and holds their sealed tokens.
        seal: Opens the tokens.
        base: The address of the Web API.
        token: That of the environment, whose workspace needs no installation; empty for none.
        pace: How fast Slack may be called.
    """

    advice = ADVICE
    home = "slack:"

    def __init__(
        self, store: Store, seal: Seal, *, base: str, token: str = "", pace: Pace = PACE
    ) -> None:
        self.pace = pace
        self._store = store
        self._seal = seal
        self._base = base
        self._chats: dict[str, SlackChat] = {}
        self._users: dict[str, str] = {}
        self._fixed = self._chat(token) if token else None
        self._fixed_team = ""

    async def greet(self) -> None:
        """Looks whether Slack knows the token of the environment, and opens those of the store.

        A file that knew one workspace alone learns which it was.

        Raises:
            Ended: Slack does not know the token, or no more.
        """
        if self._fixed is not None:
            known = await self._fixed.greet()
            self._fixed_team = known.get("team_id", "")
            self._users[self._fixed_team] = known.get("user_id", "")
            if self._fixed_team:
                self._store.place_in(self._fixed_team)
        for installed in self._store.workspaces():
            try:
                self._open(installed)
            except NoKey as error:
                log.error("the token of a workspace cannot be opened: see %s", error)

    def install(self, installed: Installed, token: str) -> None:
        """Keeps an installation, and works in its workspace from now on.

        Args:
            installed: Without its token.
            token: The bot's token there, which is kept sealed.

        Raises:
            NoKey: There is no key with which it could be sealed.
        """
        sealed = self._seal.seal(token, bound_to=installed.team)
        kept = replace(installed, token=sealed)
        self._store.put_workspace(kept, at=time.time())
        self._open(kept)

    def end(self, team: str, *, is_uninstalled: bool = False) -> None:
        """Stops working in a workspace whose token is good no more.

        Args:
            team: Its id.
            is_uninstalled: Whether the app was taken out: then its people are forgotten too.
        """
        self._chats.pop(team, None)
        self._users.pop(team, None)
        if is_uninstalled:
            self._store.forget_workspace(team)
        else:
            self._store.end_workspace(team)
        log.warning("a workspace lets the bot in no more")

    def client_of(self, team: str) -> AsyncWebClient:
        """Returns what calls the Web API in a workspace.

        Raises:
            Never: The app is installed there no more.
        """
        return self._chat_of(team).client

    async def authorize(self, enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        """Returns in whose name a delivery is worked off, as bolt asks for it."""
        team = team_id if team_id in self._chats else enterprise_id or team_id or ""
        chat = self._chat_of(team)
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team_id,
            bot_user_id=self._users.get(team, ""),
            bot_token=chat.client.token,
        )

    def reaches(self, channel: str) -> bool:
        """Tells whether the app is installed in the workspace of a channel."""
        team = team_in(channel)
        return team in self._chats or (self._fixed is not None and self._is_fixed(team))

    async def tell(self, back: Back, card: Card, key: str) -> str:
        """Tells one person something, in their workspace."""
        own = replace(back, asker=own_id(back.asker), channel=own_id(back.channel))
        return await self._in(back.asker, lambda chat: chat.tell(own, card, key))

    async def alone(self, asker: str) -> str:
        """Returns the direct channel of a person."""
        channel = await self._in(asker, lambda chat: chat.alone(own_id(asker)))
        return placed(team_in(asker), channel)

    async def post(self, channel: str, thread: str, card: Card, key: str) -> str:
        """Posts a card in the workspace of a channel."""
        own = own_id(channel)
        return await self._in(channel, lambda chat: chat.post(own, thread, card, key))

    async def change(self, channel: str, message: str, card: Card) -> None:
        """Changes a card in the workspace of its channel."""
        await self._in(channel, lambda chat: chat.change(own_id(channel), message, card))

    async def find(self, channel: str, thread: str, card: Card, key: str) -> str:
        """Looks for a message in the workspace of its channel."""
        own = own_id(channel)
        return await self._in(channel, lambda chat: chat.find(own, thread, card, key))

    async def _in(self, name: str, call: Callable[[SlackChat], Awaitable[T]]) -> T:
        """Makes a call in the workspace of a place; one that lets the bot in no more ends alone,
        unless it is that of the environment, without which there is nothing to do.
        """
        team = team_in(name)
        chat = self._chat_of(team)
        try:
            return await call(chat)
        except Ended as error:
            if chat is self._fixed:
                raise
            self.end(team)
            raise Never(error.reason) from None

    def _chat_of(self, team: str) -> SlackChat:
        chat = self._chats.get(team) or (self._fixed if self._is_fixed(team) else None)
        if chat is None:
            raise Never(GONE)
        return chat

    def _is_fixed(self, team: str) -> bool:
        # where Slack was away at the start, nobody knows yet which workspace it is
        return team == self._fixed_team or not (team and self._fixed_team)

    def _open(self, installed: Installed) -> None:
        token = self._seal.open(installed.token, bound_to=installed.team)
        self._chats[installed.team] = self._chat(token)
        self._users[installed.team] = installed.bot_user

    def _chat(self, token: str) -> SlackChat:
        # without the library's own retry, which posts again what may have arrived: the outbox
        # looks first
        client = AsyncWebClient(token=token, base_url=self._base, retry_handlers=[])
        return SlackChat(client, pace=self.pace)
