"""What the fake keeps and how it answers the Web API: it takes and refuses what Slack does."""

from __future__ import annotations

import itertools
import json
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from aiohttp import web

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
    patience: float = 3.0
    """The seconds in which an envelope must be acknowledged; Slack's own are three."""
    outside: set[str] = field(default_factory=set)
    """Channels of which the bot is no member."""
    archived: set[str] = field(default_factory=set)
    """Channels in which nobody can write any more."""
    faults: dict[str, list[str]] = field(default_factory=dict)
    """By method, how its next calls fail: `ratelimited`, a status such as `503`, or an error of
    Slack's; `response` is a `response_url`, and a fault that begins with `*` stays.
    """
    tables: tuple[str, ...] = ("data_table", "table")
    locales: dict[str, str] = field(default_factory=dict)


class Workspace:
    """The messages, modals and Home tabs of one workspace, and the Web API over them.

    Others may stand beside it at the same address: whose a call is, its token says.
    """

    def __init__(self, team: str = TEAM) -> None:
        self.team = team
        self.beside: dict[str, Workspace] = {}
        self.codes: dict[str, str] = {}
        self.behaviour = Behaviour()
        self.messages: list[Message] = []
        self.calls: list[tuple[str, float]] = []
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.views: list[dict[str, Any]] = []
        self.homes: dict[str, dict[str, Any]] = {}
        self.refusals: list[str] = []
        self.base = ""
        self._responses: dict[str, tuple[str, str]] = {}
        self._files: dict[str, bytes] = {}
        self._numbers = itertools.count(1)
        self._name = uuid4().hex[:8]  # its triggers are its own, as Slack's are
        self._posted: dict[str, list[float]] = {}

    def in_channel(self, channel: str = "C1") -> list[Message]:
        """Returns what everybody sees in a channel, threads apart."""
        return [
            message
            for message in self.messages
            if message.channel == channel and not message.thread and not message.only_for
        ]

    def in_thread(self, message: Message) -> list[Message]:
        """Returns the answers to a message."""
        return [
            reply for reply in self.messages if reply.thread == message.ts and not reply.only_for
        ]

    def told(self, user: str = "U1") -> list[Message]:
        """Returns what one person alone was told, in a channel or directly."""
        own = direct_of(user)
        return [
            message
            for message in self.messages
            if message.only_for == user or message.channel == own
        ]

    async def answer(self, request: web.Request) -> web.Response:
        """Answers one call of the Web API."""
        method = request.match_info["method"]
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token in self.beside:
            return await self.beside[token].answer(request)
        asked = await _read(request)
        self.calls.append((method, time.monotonic()))
        self.asked.append((method, asked))
        if self.behaviour.too_many and method.startswith("chat."):
            self.behaviour.too_many -= 1
            return web.json_response(
                {"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": "1"}
            )
        fault = self._fault(method)
        if fault:
            return _failed(fault)
        answer = self._answer(method, asked, token)
        # answered first and cut then: the message is there, and the bot cannot know it
        if self.behaviour.lost and method == "chat.postMessage" and request.transport is not None:
            self.behaviour.lost -= 1
            request.transport.close()
        return web.json_response(answer)

    def _answer(self, method: str, asked: dict[str, Any], token: str) -> dict[str, Any]:
        if method == "apps.connections.open":
            return self._connection(token)
        if method == "auth.test":
            whose = {"user_id": BOT, "team_id": self.team, "bot_id": "B1"}
            return {"ok": True, "team": "w", "user": "b", "url": self.base, **whose}
        if method == "oauth.v2.access":
            return self._consent(asked)
        if method == "conversations.open":
            return {"ok": True, "channel": {"id": direct_of(str(asked.get("users")))}}
        if method == "users.info":
            user = str(asked.get("user"))
            locale = self.behaviour.locales.get(user, "en-US")
            return {"ok": True, "user": {"id": user, "locale": locale}}
        if method in ("conversations.history", "conversations.replies"):
            return self._history(asked)
        if method in ("views.open", "views.update", "views.publish"):
            return self._view(method, asked)
        if method == "chat.postEphemeral":
            return self._whisper(asked)
        if method in ("chat.postMessage", "chat.update"):
            return self._chat(method, asked)
        return {"ok": False, "error": "unknown_method"}

    def _connection(self, token: str) -> dict[str, Any]:
        # Slack opens sockets for app-level tokens alone; a bot token is a common mistake
        if not token.startswith("xapp-"):
            return {"ok": False, "error": "not_allowed_token_type"}
        return {"ok": True, "url": self.base.replace("http://", "ws://").replace("/api/", "/link")}

    def _consent(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Returns the token that a code stands for, once (RFC 6749 4.1.2)."""
        token = self.codes.pop(str(asked.get("code")), "")
        if not token:
            return {"ok": False, "error": "invalid_code"}
        team = self.beside[token].team
        return {
            "ok": True,
            "access_token": token,
            "token_type": "bot",
            "scope": "chat:write,commands",
            "bot_user_id": BOT,
            "team": {"id": team, "name": f"Workspace {team}"},
            "enterprise": None,
        }

    def _history(self, asked: dict[str, Any]) -> dict[str, Any]:
        place = (asked["channel"], asked.get("ts", ""))
        there = [message for message in self.messages if (message.channel, message.thread) == place]
        # the newest first, as Slack gives them
        shown = [{"ts": message.ts, "metadata": message.metadata} for message in reversed(there)]
        return {"ok": True, "messages": shown}

    def _view(self, method: str, asked: dict[str, Any]) -> dict[str, Any]:
        view = asked["view"]
        # Slack refuses a change of what somebody else changed in between
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
        shut = self._shut(str(asked["channel"]))
        if shut:
            return {"ok": False, "error": shut}
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
        shut = self._shut(channel)
        if shut:
            return {"ok": False, "error": shut}
        fault = fault_of(asked, tables=self.behaviour.tables)
        if not fault and self._is_too_fast(method, channel):
            fault = "ratelimited"
        if fault:
            self.refusals.append(fault)
            return {"ok": False, "error": fault}
        if method == "chat.postMessage":
            thread = str(asked.get("thread_ts", ""))
            message = Message(channel, self._ts(), asked["text"], asked.get("blocks", []), thread)
            message.metadata = asked.get("metadata", {})
            self.messages.append(message)
            return {"ok": True, "ts": self.messages[-1].ts, "channel": channel}
        edited = next(
            (
                message
                for message in self.messages
                if (message.channel, message.ts) == (channel, asked.get("ts"))
            ),
            None,
        )
        if edited is None:
            return {"ok": False, "error": "message_not_found"}
        edited.text = asked["text"]
        edited.blocks = asked.get("blocks", [])
        edited.edits = edited.edits + 1
        return {"ok": True, "ts": edited.ts, "channel": channel}

    async def respond(self, request: web.Request) -> web.Response:
        """Takes what is sent to a `response_url`."""
        id = request.match_info["id"]
        for other in self.beside.values():
            if id in other._responses:
                return await other.respond(request)
        channel, user = self._responses[id]
        asked = await _read(request)
        failing = self._fault("response")
        if failing == "ratelimited":
            return _failed(failing)
        if failing:  # a response_url says no error of the Web API: it fails with a status
            return web.Response(status=int(failing) if failing.isdecimal() else 500, text=failing)
        fault = fault_of(asked, tables=self.behaviour.tables)
        if fault:
            self.refusals.append(fault)
            return web.json_response({"ok": False, "error": fault}, status=400)
        only_for = "" if asked.get("response_type") == "in_channel" else user
        self.messages.append(
            Message(channel, self._ts(), asked["text"], asked.get("blocks", []), only_for=only_for)
        )
        return web.json_response(TRUE)

    async def file(self, request: web.Request) -> web.Response:
        """Gives a file to whoever has a bot token; to others the page to sign in, as Slack does."""
        if not request.headers.get("Authorization", "").startswith("Bearer xoxb-"):
            return web.Response(text="<html>", content_type="text/html")
        return web.Response(body=self._files[request.match_info["id"]])

    def _kept(self, content: bytes, name: str) -> dict[str, Any]:
        """Keeps a file; returns it as an event describes it."""
        id = self._new("F")
        self._files[id] = content
        address = f"{self.base.removesuffix('api/')}files/{id}"
        return {"id": id, "name": name, "size": len(content), "url_private": address}

    def _fault(self, method: str) -> str:
        """Returns how the next call of a method fails; empty where it does not."""
        faults = self.behaviour.faults.get(method, [])
        if faults and faults[0].startswith("*"):
            return faults[0].removeprefix("*")
        return faults.pop(0) if faults else ""

    def _shut(self, channel: str) -> str:
        """Returns why a channel takes nothing of the bot; empty where it does."""
        if channel in self.behaviour.archived:
            return "is_archived"
        return "not_in_channel" if channel in self.behaviour.outside else ""

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


def direct_of(user: str) -> str:
    """Returns the channel in which a person and the bot are alone."""
    return f"D{user.removeprefix('U')}"


def _failed(fault: str) -> web.Response:
    """Returns an answer that is a fault: a status, too many calls, or an error of Slack's."""
    if fault.isdecimal():
        return web.Response(status=int(fault), text="upstream")
    if fault == "ratelimited":
        refusal = {"ok": False, "error": fault}
        return web.json_response(refusal, status=429, headers={"Retry-After": "1"})
    return web.json_response({"ok": False, "error": fault})


async def _read(request: web.Request) -> dict[str, Any]:
    """Returns what was sent: query, form and JSON together, as Slack takes them; texts of JSON
    read.
    """
    # the SDK sends each method in its own way: some in the query, some as a form, some as JSON
    params: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json" and request.can_read_body:
        params |= json.loads(await request.text() or "{}")
    elif request.can_read_body:
        params |= {name: str(value) for name, value in (await request.post()).items()}
    for name in ("blocks", "view", "metadata"):
        if isinstance(params.get(name), str):
            params[name] = json.loads(params[name])
    return params
