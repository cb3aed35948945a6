"""The sandbox as the bot sees it: its JSON API, asked in a person's name and language."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx

from bot.words import Language


class Refused(Exception):
    """The sandbox said no: what is wrong and what to do next, in the asker's language."""

    def __init__(self, *, status: int, key: str, text: str, fix: str) -> None:
        super().__init__(text)
        self.status = status
        self.key = key
        self.text = text
        self.fix = fix


class Away(Exception):
    """The sandbox does not answer."""


class Sandbox:
    """Asks one sandbox; `secret` is the session token of the user."""

    def __init__(self, base: str, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.base = base.rstrip("/")
        self._http = httpx.AsyncClient(
            base_url=self.base, transport=transport, timeout=30, trust_env=False
        )

    async def ask(
        self,
        method: str,
        path: str,
        *,
        secret: str,
        language: Language,
        body: Any = None,
        key: str = "",
    ) -> Any:  # JSON, as the description of the API states it
        """Returns what the API answers; raises Refused, Away.  With a key, asking twice is asking
        once.
        """
        headers = {"Accept-Language": language} | (
            {"Authorization": f"Bearer {secret}"} if secret else {}
        )
        headers |= {"Idempotency-Key": key} if key else {}
        try:
            reply = await self._http.request(method, path, json=body, headers=headers)
        except httpx.HTTPError as error:
            raise Away(type(error).__name__) from None
        found = reply.json() if "json" in reply.headers.get("content-type", "") else {}
        if reply.status_code >= 400:
            held = found if isinstance(found, dict) else {}
            raise Refused(
                status=reply.status_code,
                key=str(held.get("key", "")),
                text=str(held.get("text", reply.status_code)),
                fix=str(held.get("fix", "")),
            )
        return found

    async def moves(self, *, after: int, secret: str) -> AsyncIterator[tuple[int, str, str]]:
        """Yields place, run and kind of what happens behind a place, or from now on for a negative
        one, without end.

        Raises Away, Refused.
        """
        params = {"after": str(after)} if after >= 0 else {}
        headers = {"Accept": "text/event-stream"} | (
            {"Authorization": f"Bearer {secret}"} if secret else {}
        )
        timeout = httpx.Timeout(30, read=None)
        try:
            async with self._http.stream(
                "GET", "/api/events", params=params, headers=headers, timeout=timeout
            ) as reply:
                if reply.status_code >= 400:
                    raise Refused(
                        status=reply.status_code, key="", text=str(reply.status_code), fix=""
                    )
                place = after
                async for line in reply.aiter_lines():
                    name, _, value = line.partition(": ")
                    if name == "id":
                        place = int(value)
                    elif name == "data":
                        held = json.loads(value)
                        yield place, str(held["run"]), str(held["kind"])
        except httpx.HTTPError as error:
            raise Away(type(error).__name__) from None

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.aclose()
