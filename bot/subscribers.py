"""Who is told of what in the places of one chat.  Subscriptions are the sandbox's, which says who
hears of a run by the rights of today; nothing of them stands in the bot's file.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from bot.api import GONE, Refused, Sandbox
from bot.chat import Chat
from bot.records import Subscription
from bot.store import Store
from bot.words import Language

log = logging.getLogger("bot")
PATH = "/api/subscriptions"
TOPICS = ("run", "review", "announcement")


class Subscribers:
    """Asks one sandbox in the bot's name.

    Args:
        sandbox: Keeps the subscriptions.
        store: Holds what an older bot kept, and which workspaces have gone.
        chat: Whose places they are.
        secret: The bot's own session; that of a facilitator, who may subscribe for others.
    """

    def __init__(self, sandbox: Sandbox, store: Store, chat: Chat, *, secret: str) -> None:
        self._sandbox = sandbox
        self._store = store
        self._chat = chat
        self._secret = secret

    async def all(self, *, run: str = "") -> list[Subscription]:
        """Returns those of places where this bot can write, the oldest first.

        Args:
            run: Only those that hear of this one.

        Raises:
            Refused: The session may not see them, or there is no such run.
            Away: The sandbox does not answer.
        """
        query = f"carrier=chat&run={run}" if run else "carrier=chat"
        return self.those_here(await self._ask("GET", f"{PATH}?{query}"))

    def those_here(self, rows: list[Any]) -> list[Subscription]:
        """Returns those of places where this bot can write.

        Args:
            rows: As `/api/subscriptions` gives them.
        """
        read = [_read(row, self._chat.home) for row in rows if self._is_of_chat(row)]
        return [row for row in read if self._chat.reaches(row.channel)]

    async def make(
        self,
        channel: str,
        narrowed: Mapping[str, str],
        *,
        person: str,
        language: Language,
        hour: int | None = None,
    ) -> Subscription:
        """Keeps a subscription; asked for again it is the same.

        Args:
            channel: Where to tell.
            narrowed: Of what: track, verdict, team.
            person: Whose, by id; empty where no people are known.
            language: In which language.
            hour: For all at once, once a day.

        Raises:
            Refused: In words that can be shown.
            Away: The sandbox does not answer.
        """
        body = {
            "carrier": "chat",
            "target": f"{self._chat.home}{channel}",
            "topics": list(TOPICS),
            "narrowed": {name: value for name, value in narrowed.items() if value},
            "language": language,
            "person": person,
            "hour": hour,
        }
        made = await self._ask("POST", PATH, body, language=language)
        return _read(made, self._chat.home)

    async def channels(self) -> dict[str, str]:
        """Returns the places where announcements are told, each with a language: of those who
        subscribed, and where cards stand.
        """
        listening = [row for row in await self.all() if "announcement" in row.topics]
        return self._store.channels() | {row.channel: row.language for row in listening}

    async def look_once(self) -> None:
        """Ends what was told in workspaces that have taken the app out.

        Raises:
            Refused: The session may not do it.
            Away: The sandbox does not answer.
        """
        for team in self._store.left_workspaces():
            rows = await self._ask("GET", f"{PATH}?carrier=chat")
            for row in rows:
                if row["target"].startswith(f"{self._chat.home}{team}/"):
                    await self._end(row["id"])
            self._store.forget_left(team)

    async def _end(self, id: str) -> None:
        try:
            await self._ask("DELETE", f"{PATH}/{id}")
        except Refused as error:
            if error.status != GONE:
                raise

    async def _ask(
        self, method: str, path: str, body: Any = None, *, language: Language = "en"
    ) -> Any:
        return await self._sandbox.ask(
            method, path, secret=self._secret, language=language, body=body
        )

    def _is_of_chat(self, row: Any) -> bool:
        return str(row["target"]).startswith(self._chat.home) and row["state"] == "active"


def _read(row: Any, home: str) -> Subscription:
    narrowed = row["narrowed"]
    return Subscription(
        row["id"],
        row["person_id"],
        row["target"].removeprefix(home),
        row["language"],
        narrowed["track"],
        narrowed["verdict"],
        narrowed["team"],
        tuple(row["topics"]),
        row["hour"],
    )
