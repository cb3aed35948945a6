"""A Zulip of one's own on loopback, as far as the bot asks of it: strict about keys, queues, limits and addresses."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

EMAIL, KEY, BOT, NAME = "connectathon-bot@zulip.test", "the-key", 9, "connectathon"
MOST_TEXT = 10_000


@dataclass(slots=True)
class Written:
    """A message; `place` is a stream and topic, or the person with whom it is."""

    id: int
    sender: int
    place: str
    content: str
    edits: int = 0


@dataclass(slots=True)
class FakeZulip:
    """One realm: what was written, and what goes wrong on purpose."""

    messages: list[Written] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    too_many: int = 0
    """How many posts are refused with 429 from now on."""
    lost: int = 0
    """How many posts are taken from now on without an answer."""
    site: str = ""
    _events: list[dict[str, Any]] = field(default_factory=list)
    _queue: str = ""
    _numbers: Any = field(default_factory=lambda: itertools.count(1))
    _runner: web.AppRunner | None = None

    async def start(self) -> None:
        app = web.Application(middlewares=[self._only_with_key])
        app.add_routes([
            web.get("/api/v1/users/me", self._me),
            web.post("/api/v1/register", self._register),
            web.get("/api/v1/events", self._poll),
            web.get("/api/v1/messages", self._search),
            web.post("/api/v1/messages", self._send),
            web.patch("/api/v1/messages/{id}", self._edit),
        ])  # fmt: skip
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.site = f"http://{host}:{port}"

    async def stop(self) -> None:
        self.expire()
        if self._runner is not None:
            await self._runner.cleanup()

    def expire(self) -> None:
        """Forgets the queue of events, as Zulip does after ten minutes without a poll."""
        self._queue = ""

    def write(self, text: str, *, user: int = 1, topic: str = "") -> None:
        """A person writes to the bot, in a topic of stream 7 with a mention, or directly."""
        content = text if "@**" in text or not topic else f"@**{NAME}** {text}"
        self._add(user, f"stream:7/{topic}" if topic else f"dm:{user}", content)

    def at(self, place: str) -> list[Written]:
        """Returns what the bot has written at a place."""
        return [one for one in self.messages if one.place == place and one.sender == BOT]

    def _add(self, sender: int, place: str, content: str) -> Written:
        one = Written(next(self._numbers), sender, place, content)
        self.messages.append(one)
        self._events.append(
            {
                "id": one.id,
                "type": "message",
                "message": _shown(one),
                "flags": ["mentioned"] if f"@**{NAME}" in content else [],
            }
        )
        return one

    @web.middleware
    async def _only_with_key(self, request: web.Request, handler: Any) -> web.StreamResponse:
        expected = "Basic " + base64.b64encode(f"{EMAIL}:{KEY}".encode()).decode()
        if request.headers.get("Authorization") != expected:
            return self._refuse("UNAUTHORIZED", 401)
        found: web.StreamResponse = await handler(request)
        return found

    async def _me(self, request: web.Request) -> web.Response:
        return web.json_response(
            {"result": "success", "user_id": BOT, "full_name": NAME, "email": EMAIL}
        )

    async def _register(self, request: web.Request) -> web.Response:
        assert json.loads(str((await request.post())["event_types"])) == ["message"]
        self._queue = f"q{next(self._numbers)}"
        last = self._events[-1]["id"] if self._events else -1
        return web.json_response(
            {"result": "success", "queue_id": self._queue, "last_event_id": last}
        )

    async def _poll(self, request: web.Request) -> web.Response:
        last = int(request.query["last_event_id"])
        for _ in range(100):
            if request.query["queue_id"] != self._queue:
                return self._refuse("BAD_EVENT_QUEUE_ID", 400)
            found = [one for one in self._events if one["id"] > last]
            if found:
                return web.json_response({"result": "success", "events": found})
            await asyncio.sleep(0.02)
        return web.json_response({"events": [{"id": last, "type": "heartbeat"}]})

    async def _search(self, request: web.Request) -> web.Response:
        narrow = json.loads(request.query.get("narrow", "[]"))
        sent_by_bot = any(one == {"operator": "sender", "operand": EMAIL} for one in narrow)
        found = [one for one in self.messages if not sent_by_bot or one.sender == BOT]
        if request.query["anchor"] != "newest":
            found = [one for one in found if one.id >= int(request.query["anchor"])]
        shown = [
            {**_shown(one), "flags": ["mentioned"] if f"@**{NAME}" in one.content else []}
            for one in found if _is_in(one, narrow)
        ]  # fmt: skip
        return web.json_response({"result": "success", "messages": shown})

    async def _send(self, request: web.Request) -> web.Response:
        if self.too_many:
            self.too_many -= 1
            return web.json_response(
                {"code": "RATE_LIMIT_HIT", "retry-after": 0.2, "result": "error"}, status=429
            )
        asked = await request.post()
        content, kind = str(asked["content"]), str(asked["type"])
        if not 0 < len(content) <= MOST_TEXT or (kind == "stream" and not asked.get("topic")):
            return self._refuse("BAD_REQUEST", 400)
        place = f"stream:{asked['to']}/{asked.get('topic')}"
        one = self._add(
            BOT, f"dm:{json.loads(str(asked['to']))[0]}" if kind == "direct" else place, content
        )
        if self.lost and request.transport is not None:
            self.lost -= 1
            request.transport.close()
        return web.json_response({"result": "success", "id": one.id})

    async def _edit(self, request: web.Request) -> web.Response:
        asked = await request.post()
        one = next((one for one in self.messages if one.id == int(request.match_info["id"])), None)
        if one is None or one.sender != BOT or not 0 < len(str(asked["content"])) <= MOST_TEXT:
            return self._refuse("BAD_REQUEST", 400)
        one.content, one.edits = str(asked["content"]), one.edits + 1
        return web.json_response({"result": "success"})

    def _refuse(self, code: str, status: int) -> web.Response:
        self.refusals.append(code)
        return web.json_response({"result": "error", "code": code, "msg": code}, status=status)


def _shown(one: Written) -> dict[str, Any]:
    kind, _, rest = one.place.partition(":")
    stream, _, topic = rest.partition("/")
    email = EMAIL if one.sender == BOT else f"user{one.sender}@zulip.test"
    held = {"id": one.id, "sender_id": one.sender, "sender_email": email, "content": one.content}
    if kind == "dm":
        return {**held, "type": "private"}
    return {**held, "type": "stream", "stream_id": int(stream), "subject": topic}


def _is_in(one: Written, narrow: list[dict[str, Any]]) -> bool:
    asked = {str(part["operator"]): part["operand"] for part in narrow}
    if "dm" in asked:
        return one.place == f"dm:{asked['dm'][0]}"
    return "channel" not in asked or one.place == f"stream:{asked['channel']}/{asked['topic']}"
