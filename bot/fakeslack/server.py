"""The fake's two ends: Web API and Socket Mode for the bot, and methods by which a test or a page
acts as a person.

It keeps messages as Slack does, refuses what Slack refuses, and counts how long each delivery
waited for its answer.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from aiohttp import WSMsgType, web

from bot.fakeslack.limits import fault_of, fault_of_view

BOT = "UBOT"
TEAM = "TWORK"
TRUE = {"ok": True}


@dataclass(slots=True)
class Message:
    """A message of a channel; `thread` is the message that it answers, `only_for` who sees it."""

    channel: str
    ts: str
    text: str
    blocks: list[Any]
    thread: str = ""
    only_for: str = ""
    edits: int = 0
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Behaviour:
    """What goes wrong on purpose: for tests, and for a page that shows it."""

    duplicates: int = 1
    """How many times each envelope is delivered."""
    too_many: int = 0
    """How many calls are refused with 429 from now on."""
    lost: int = 0
    """How many posts are taken from now on without an answer: the connection is cut."""
    posts_a_second: int = 0
    """How many posts a channel takes in a second; 0 for any number."""
    updates_a_minute: int = 0
    """How many changes of messages the workspace takes in a minute; 0 for any number."""
    second: float = 1.0
    """How long its second is, so that a test need not wait for hours; its minute has sixty of
    them.
    """
    tables: tuple[str, ...] = ("data_table", "table")
    locales: dict[str, str] = field(default_factory=dict)


class FakeSlack:
    """One workspace.  `start` opens a port on loopback; `base` is what a client takes as the
    address of the Web API.
    """

    def __init__(self) -> None:
        self.behaviour = Behaviour()
        self.messages: list[Message] = []
        self.calls: list[tuple[str, float]] = []
        self.views: list[dict[str, Any]] = []
        self.homes: dict[str, dict[str, Any]] = {}
        self.refusals: list[str] = []
        self.waits: list[float] = []
        self.base = ""
        self._sockets: list[web.WebSocketResponse] = []
        self._pending: dict[str, asyncio.Future[Any]] = {}
        self._responses: dict[str, tuple[str, str]] = {}
        self._numbers = itertools.count(1)
        self._name = uuid4().hex[:8]  # its triggers are its own, as Slack's are
        self._posted: dict[str, list[float]] = {}
        self._runner: web.AppRunner | None = None

    async def start(self, *, port: int = 0, more: Sequence[web.AbstractRouteDef] = ()) -> str:
        """Opens the port, with more routes such as those of a page, and returns the address of the
        Web API.
        """
        app = web.Application()
        app.add_routes(more)
        app.add_routes(
            [
                web.route("*", "/api/{method}", self._api),
                web.get("/link", self._link),
                web.post("/response/{id}", self._respond),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        host, number = self._runner.addresses[0][:2]
        self.base = f"http://{host}:{number}/api/"
        return self.base

    async def stop(self) -> None:
        """Closes all."""
        await self.disconnect()
        if self._runner is not None:
            await self._runner.cleanup()

    async def disconnect(self) -> None:
        """Cuts every socket, as Slack does now and then."""
        for socket in self._sockets:
            await socket.close()
        self._sockets.clear()

    async def connected(self) -> None:
        """Waits until the bot listens."""
        while not self._sockets:
            await asyncio.sleep(0.005)

    async def command(
        self, text: str, *, user: str = "U1", channel: str = "C1", name: str = "/ct"
    ) -> float:
        """Types a command; returns the seconds until it was acknowledged; raises TimeoutError after
        three.
        """
        return await self._deliver(
            "slash_commands",
            {
                "command": name,
                "text": text,
                "user_id": user,
                "team_id": TEAM,
                "channel_id": channel,
                "trigger_id": self._new("trigger"),
                "response_url": self._response_url(channel, user),
                "api_app_id": "A1",
            },
        )

    async def mention(
        self, text: str, *, user: str = "U1", channel: str = "C1", thread: str = ""
    ) -> float:
        """Writes to the bot in a channel or thread."""
        event = {
            "type": "app_mention",
            "user": user,
            "text": f"<@{BOT}> {text}",
            "ts": self._ts(),
            "channel": channel,
        }
        return await self._event(event | ({"thread_ts": thread} if thread else {}))

    async def open_home(self, *, user: str = "U1") -> float:
        """Opens the Home tab."""
        return await self._event(
            {"type": "app_home_opened", "user": user, "channel": "D1", "tab": "home"}
        )

    async def submit(self, chosen: dict[str, str], *, user: str = "U1") -> float:
        """Fills in the newest modal and sends it; raises LookupError for what it does not offer."""
        view = self.views[-1]
        return await self._deliver(
            "interactive",
            {
                "type": "view_submission",
                "user": {"id": user},
                "team": {"id": TEAM},
                "api_app_id": "A1",
                "trigger_id": self._new("trigger"),
                "view": {**view, "state": {"values": filled_in(view, chosen)}},
            },
        )

    async def choose(self, chosen: dict[str, str], *, user: str = "U1") -> float:
        """Chooses in the newest modal something on which other fields depend; raises
        LookupError.
        """
        view = self.views[-1]
        ids = {one["element"]["action_id"] for one in view["blocks"] if one.get("dispatch_action")}
        return await self._deliver(
            "interactive",
            {
                "type": "block_actions",
                "user": {"id": user},
                "team": {"id": TEAM},
                "api_app_id": "A1",
                "trigger_id": self._new("trigger"),
                "container": {"type": "view", "view_id": view["id"]},
                "actions": [
                    {"action_id": id, "type": "static_select", "block_id": "b"}
                    for id in sorted(ids)
                ],
                "view": {**view, "state": {"values": filled_in(view, chosen)}},
            },
        )

    async def click_home(self, label: str, *, user: str = "U1") -> float:
        """Clicks the button of somebody's Home tab that begins so; raises LookupError for none."""
        view = self.homes[user]
        action = _button_in(view["blocks"], label)
        return await self._deliver(
            "interactive",
            {
                "type": "block_actions",
                "user": {"id": user},
                "team": {"id": TEAM},
                "api_app_id": "A1",
                "trigger_id": self._new("trigger"),
                "container": {"type": "view", "view_id": "VH"},
                "actions": [action],
                "view": {**view, "id": "VH", "state": {"values": {}}},
            },
        )

    async def direct(self, text: str, *, user: str = "U1") -> float:
        """Writes to the bot alone."""
        event = {
            "type": "message",
            "channel_type": "im",
            "user": user,
            "text": text,
            "ts": self._ts(),
            "channel": "D1",
        }
        return await self._event(event)

    async def click(self, message: Message, label: str, *, user: str = "U1") -> float:
        """Clicks the first button of a message that begins so; raises LookupError for none."""
        action = _button_in(message.blocks, label)
        return await self._deliver(
            "interactive",
            {
                "type": "block_actions",
                "user": {"id": user},
                "team": {"id": TEAM},
                "api_app_id": "A1",
                "channel": {"id": message.channel},
                "trigger_id": self._new("trigger"),
                "container": {
                    "type": "message",
                    "message_ts": message.ts,
                    "channel_id": message.channel,
                },
                "actions": [action],
                "response_url": self._response_url(message.channel, user),
            },
        )

    def in_channel(self, channel: str = "C1") -> list[Message]:
        """Returns what everybody sees in a channel, threads apart."""
        return [
            one
            for one in self.messages
            if one.channel == channel and not one.thread and not one.only_for
        ]

    def in_thread(self, message: Message) -> list[Message]:
        """Returns the answers to a message."""
        return [one for one in self.messages if one.thread == message.ts and not one.only_for]

    def told(self, user: str = "U1") -> list[Message]:
        """Returns what one person alone was told."""
        return [one for one in self.messages if one.only_for == user]

    async def _event(self, event: dict[str, Any]) -> float:
        body = {"type": "event_callback", "team_id": TEAM, "api_app_id": "A1", "event": event}
        return await self._deliver("events_api", {**body, "event_id": self._new("Ev")})

    async def _deliver(self, kind: str, payload: dict[str, Any]) -> float:
        begun = time.perf_counter()
        for _ in range(self.behaviour.duplicates):
            envelope = self._new("envelope")
            acknowledged = self._pending[envelope] = asyncio.get_running_loop().create_future()
            await self.connected()
            frame = {
                "envelope_id": envelope,
                "type": kind,
                "payload": payload,
                "accepts_response_payload": True,
            }
            await self._sockets[-1].send_str(json.dumps(frame))
            await asyncio.wait_for(acknowledged, 3)
            del self._pending[envelope]
        self.waits.append(time.perf_counter() - begun)
        return self.waits[-1]

    async def _link(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str(
            json.dumps({"type": "hello", "num_connections": 1, "connection_info": {"app_id": "A1"}})
        )
        self._sockets.append(socket)
        async for frame in socket:
            if frame.type is WSMsgType.TEXT and frame.data.startswith("{"):
                waiting = self._pending.get(str(json.loads(frame.data).get("envelope_id")))
                if waiting is not None and not waiting.done():
                    waiting.set_result(None)
        if socket in self._sockets:
            self._sockets.remove(socket)
        return socket

    async def _api(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        asked = await _read(request)
        self.calls.append((method, time.monotonic()))
        if self.behaviour.too_many and method.startswith("chat."):
            self.behaviour.too_many -= 1
            return web.json_response(
                {"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": "1"}
            )
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        answer = self._answer(method, asked, token)
        if self.behaviour.lost and method == "chat.postMessage" and request.transport is not None:
            self.behaviour.lost -= 1
            request.transport.close()
        return web.json_response(answer)

    def _answer(self, method: str, asked: dict[str, Any], token: str) -> dict[str, Any]:
        if method == "apps.connections.open":
            is_app = token.startswith("xapp-")
            link = self.base.replace("http://", "ws://").replace("/api/", "/link")
            return (
                {"ok": True, "url": link}
                if is_app
                else {"ok": False, "error": "not_allowed_token_type"}
            )
        if method == "auth.test":
            return {
                "ok": True,
                "user_id": BOT,
                "team_id": TEAM,
                "bot_id": "B1",
                "url": self.base,
                "team": "w",
                "user": "b",
            }
        if method == "users.info":
            user = str(asked.get("user"))
            return {
                "ok": True,
                "user": {"id": user, "locale": self.behaviour.locales.get(user, "en-US")},
            }
        if method in ("conversations.history", "conversations.replies"):
            there = [
                one
                for one in self.messages
                if (one.channel, one.thread) == (asked["channel"], asked.get("ts", ""))
            ]
            return {
                "ok": True,
                "messages": [{"ts": one.ts, "metadata": one.metadata} for one in there[::-1]],
            }
        if method in ("views.open", "views.update", "views.publish"):
            return self._view(method, asked)
        if method == "chat.postEphemeral":
            return self._whisper(asked)
        if method in ("chat.postMessage", "chat.update"):
            return self._chat(method, asked)
        return {"ok": False, "error": "unknown_method"}

    def _view(self, method: str, asked: dict[str, Any]) -> dict[str, Any]:
        view = asked["view"]
        if method == "views.update" and asked.get("hash") != self.views[-1]["hash"]:
            return {"ok": False, "error": "hash_conflict"}
        fault = fault_of_view(view, tables=self.behaviour.tables)
        if fault:
            self.refusals.append(fault)
            return {"ok": False, "error": fault}
        if method != "views.publish":
            id = self.views[-1]["id"] if method == "views.update" else self._new("V")
            self.views.append({**view, "id": id, "hash": self._new("hash")})
        else:
            self.homes[str(asked["user_id"])] = view
        return {"ok": True, "view": view}

    def _whisper(self, asked: dict[str, Any]) -> dict[str, Any]:
        fault = fault_of(asked, tables=self.behaviour.tables)
        if fault:
            self.refusals.append(fault)
            return {"ok": False, "error": fault}
        user = str(asked["user"])
        ts = self._ts()
        thread = str(asked.get("thread_ts", ""))
        self.messages.append(
            Message(
                str(asked["channel"]), ts, asked["text"], asked["blocks"], thread, only_for=user
            )
        )
        return {"ok": True, "message_ts": ts}

    def _chat(self, method: str, asked: dict[str, Any]) -> dict[str, Any]:
        channel = str(asked["channel"])
        fault = fault_of(asked, tables=self.behaviour.tables)
        if not fault and self._is_too_fast(method, channel):
            fault = "ratelimited"
        if fault:
            self.refusals.append(fault)
            return {"ok": False, "error": fault}
        if method == "chat.postMessage":
            thread = str(asked.get("thread_ts", ""))
            held = Message(channel, self._ts(), asked["text"], asked.get("blocks", []), thread)
            held.metadata = asked.get("metadata", {})
            self.messages.append(held)
            return {"ok": True, "ts": self.messages[-1].ts, "channel": channel}
        found = next(
            (one for one in self.messages if (one.channel, one.ts) == (channel, asked.get("ts"))),
            None,
        )
        if found is None:
            return {"ok": False, "error": "message_not_found"}
        found.text = asked["text"]
        found.blocks = asked.get("blocks", [])
        found.edits = found.edits + 1
        return {"ok": True, "ts": found.ts, "channel": channel}

    async def _respond(self, request: web.Request) -> web.Response:
        channel, user = self._responses[request.match_info["id"]]
        asked = await _read(request)
        fault = fault_of(asked, tables=self.behaviour.tables)
        if fault:
            self.refusals.append(fault)
            return web.json_response({"ok": False, "error": fault}, status=400)
        only_for = "" if asked.get("response_type") == "in_channel" else user
        self.messages.append(
            Message(channel, self._ts(), asked["text"], asked.get("blocks", []), only_for=only_for)
        )
        return web.json_response(TRUE)

    def _is_too_fast(self, method: str, channel: str) -> bool:
        """Tells whether a call is one too many: posts count in their channel, changes in the whole
        workspace.
        """
        is_post = method == "chat.postMessage"
        now = time.monotonic()
        place, most = (
            (channel, self.behaviour.posts_a_second)
            if is_post
            else (method, self.behaviour.updates_a_minute)
        )
        window = self.behaviour.second * (1 if is_post else 60)
        recent = [at for at in self._posted.get(place, []) if at > now - window]
        self._posted[place] = [*recent, now]
        return bool(most) and len(recent) >= most

    def _response_url(self, channel: str, user: str) -> str:
        id = self._new("response")
        self._responses[id] = (channel, user)
        return f"{self.base.removesuffix('api/')}response/{id}"

    def _new(self, word: str) -> str:
        return f"{word}-{self._name}-{next(self._numbers)}"

    def _ts(self) -> str:
        return f"1785000000.{next(self._numbers):06}"


def filled_in(view: dict[str, Any], chosen: dict[str, str]) -> dict[str, Any]:
    """Returns the state of a modal as Slack has it; raises LookupError for a field or an option
    that is not there.
    """
    elements = {one["element"]["action_id"].removeprefix("form:"): one for one in view["blocks"]}
    values: dict[str, Any] = {}
    for name, block in elements.items():
        element = block["element"]
        options = {one["value"]: one for one in element.get("options", [])}
        value = chosen.get(name, element.get("initial_option", {}).get("value"))
        held: dict[str, Any] = {"type": element["type"]}
        if element["type"] == "static_select":
            if value is not None and value not in options:
                raise LookupError(value)
            held["selected_option"] = options[value] if value is not None else None
        else:
            held["value"] = value
        values[block["block_id"]] = {element["action_id"]: held}
    if chosen.keys() - elements.keys():
        raise LookupError(str(chosen))
    return values


def _button_in(blocks: list[Any], label: str) -> dict[str, Any]:
    for block in blocks:
        for one in block.get("elements", []):
            if one["text"]["text"].startswith(label):
                return {**one, "block_id": "b", "type": "button"}
    raise LookupError(label)


async def _read(request: web.Request) -> dict[str, Any]:
    """Returns what was sent: query, form and JSON together, as Slack takes them; texts of JSON
    read.
    """
    found: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json" and request.can_read_body:
        found |= json.loads(await request.text() or "{}")
    elif request.can_read_body:
        found |= {name: str(value) for name, value in (await request.post()).items()}
    for name in ("blocks", "view", "metadata"):
        if isinstance(found.get(name), str):
            found[name] = json.loads(found[name])
    return found
