"""The sandbox as the bot sees it: its JSON API, asked in a person's name and language."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from bot.records import ANNOUNCED, GRADING, INSTANCE
from bot.words import Language

SILENCE_SECONDS = 50.0  # three heartbeats of the stream, and a little
NEXT = re.compile(r'<\?([^>]*)>; rel="next"')  # as the API writes it (RFC 8288)
UNKNOWN = 401  # the sandbox knows no such session
GONE = 404


CONNECTIONS = httpx.Limits(max_connections=64, max_keepalive_connections=10)
"""Each request looks at each connection that is kept."""
if importlib.util.find_spec("sniffio") is None:
    # httpcore looks for it several times in each request; what is known to be absent costs nothing
    sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]  # as the import system has it


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


def _refused(status: int, answer: Any) -> Refused:
    # a proxy between may answer with anything, or with nothing
    known = answer if isinstance(answer, dict) else {}
    return Refused(
        status=status,
        key=str(known.get("key", "")),
        # others may read along in a chat
        text=str(known.get("public_text", known.get("text", status))),
        fix=str(known.get("fix", "")),
    )


async def _moves_in(lines: AsyncIterator[str], after: int) -> AsyncIterator[tuple[int, str, str]]:
    """Yields what the events of a stream say (HTML 9.2.6); of one without data its place alone."""
    place = after
    is_empty = False
    async for line in lines:
        name, _, value = line.partition(": ")
        if name == "id":
            place = int(value)
            is_empty = True
        elif name == "data":
            is_empty = False
            event = json.loads(value)
            if subject := _subject_of(event):
                yield place, subject, str(event["kind"])
        elif not line and is_empty:
            is_empty = False
            yield place, "", ""


def _subject_of(event: Mapping[str, Any]) -> str:
    """Returns what has moved, as a card names it."""
    if "announcement" in event:
        return ANNOUNCED
    for name, begin in (("grading", GRADING), ("instance", INSTANCE)):
        if name in event:
            return f"{begin}{event[name]}"
    return str(event.get("run", ""))


@dataclass(frozen=True, slots=True)
class Document:
    """What somebody sent to be judged: its bytes, and what they are (RFC 9110 8.3.1)."""

    content: bytes
    kind: str


class Sandbox:
    """Asks one sandbox; `secret` is the session token of the user."""

    def __init__(
        self,
        base: str,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        silence_seconds: float = SILENCE_SECONDS,
    ) -> None:
        self._silence_seconds = silence_seconds
        self.base = base.rstrip("/")
        self._http = httpx.AsyncClient(
            # no proxy of the machine: the sandbox stands beside the bot
            base_url=self.base,
            transport=transport,
            timeout=30,
            limits=CONNECTIONS,
            trust_env=False,
            # by which the figures of a server tell whether the chat hears it
            headers={"User-Agent": "connectathon-bot"},
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
        """Returns what the API answers.

        Args:
            method: GET, POST or DELETE.
            path: The path below the address of the sandbox.
            secret: The session of whoever asks; empty for nobody.
            language: The language of what is answered.
            body: What is sent, as JSON; a Document goes as it is.
            key: With one, asking twice is asking once (`Idempotency-Key`).

        Raises:
            Refused: In words that can be shown.
            Away: The sandbox does not answer.
        """
        answer, _ = await self._asked(
            method, path, secret=secret, language=language, body=body, key=key
        )
        return answer

    async def listed(
        self, path: str, *, secret: str, language: Language, most: int = 0
    ) -> tuple[list[Any], int]:
        """Returns a list of the API, and how long all of it is: a part is never told as the whole.

        Args:
            path: The path with what narrows the list.
            secret: The session of whoever asks.
            language: The language of what is answered.
            most: How many rows are enough; 0 for all, asked page by page.

        Raises:
            Refused: In words that can be shown.
            Away: The sandbox does not answer.
        """
        rows: list[Any] = []
        place, _, query = path.partition("?")
        while True:
            page, headers = await self._asked(
                "GET", f"{place}?{query}", secret=secret, language=language
            )
            rows += page
            total = int(headers.get("x-total-count", len(rows)))
            following = NEXT.search(headers.get("link", ""))
            if following is None or not page or (most and len(rows) >= most):
                return rows[: most or None], max(total, len(rows))
            query = following[1]

    async def _asked(
        self,
        method: str,
        path: str,
        *,
        secret: str,
        language: Language,
        body: Any = None,
        key: str = "",
    ) -> tuple[Any, Mapping[str, str]]:
        """Returns what the API answers, and the headers of it; raises Refused, Away."""
        headers = {"Accept-Language": language} | (
            {"Authorization": f"Bearer {secret}"} if secret else {}
        )
        headers |= {"Idempotency-Key": key} if key else {}
        sent: dict[str, Any] = {"json": body}
        if isinstance(body, Document):
            headers |= {"Content-Type": body.kind}
            sent = {"content": body.content}
        try:
            reply = await self._http.request(method, path, headers=headers, **sent)
        except httpx.HTTPError as error:
            raise Away(type(error).__name__) from None
        answer = reply.json() if "json" in reply.headers.get("content-type", "") else {}
        if reply.status_code >= 400:
            raise _refused(reply.status_code, answer)
        return answer, reply.headers

    async def moves(self, *, after: int, secret: str) -> AsyncIterator[tuple[int, str, str]]:
        """Yields place, run or hand-in (GRADING with its id), and kind of what happens, without
        end; first the place behind which it listens, with nothing that has happened.

        Args:
            after: The place behind which to begin; negative for from now on.
            secret: The session by which it is asked.

        Raises:
            Refused: The session may not see the log.
            Away: The connection was lost.
        """
        params = {"after": str(after)} if after >= 0 else {}
        headers = {"Accept": "text/event-stream"} | (
            {"Authorization": f"Bearer {secret}"} if secret else {}
        )
        # the sandbox says every quarter of a minute that it is there: longer silence is a line that
        # is dead, as one behind a NAT or a sleeping laptop is
        timeout = httpx.Timeout(30, read=self._silence_seconds)
        try:
            async with self._http.stream(
                "GET", "/api/events", params=params, headers=headers, timeout=timeout
            ) as reply:
                if reply.status_code >= 400:
                    raise Refused(
                        status=reply.status_code, key="", text=str(reply.status_code), fix=""
                    )
                async for move in _moves_in(reply.aiter_lines(), after):
                    yield move
        except httpx.HTTPError as error:
            raise Away(type(error).__name__) from None

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.aclose()
