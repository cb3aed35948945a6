"""The fake's outer ends: Socket Mode for the bot, and methods by which a test or a page acts as a
person.

It counts how long each delivery waited for its answer.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from typing import Any

from aiohttp import WSMsgType, web

from bot.fakeslack.workspace import BOT, TEAM, Message, Workspace, direct_of

MOST_BODY = 8 * 1024 * 1024  # a file of five megabytes in base64


class FakeSlack(Workspace):
    """One workspace with its sockets and its people.

    `start` opens a port on loopback; `base` is what a client takes as the address of the Web API.
    """

    def __init__(self, team: str = TEAM) -> None:
        super().__init__(team)
        self._line = self
        self.waits: list[float] = []
        self._sockets: list[web.WebSocketResponse] = []
        self._pending: dict[str, asyncio.Future[Any]] = {}
        self._runner: web.AppRunner | None = None

    async def start(self, *, port: int = 0, more: Sequence[web.AbstractRouteDef] = ()) -> str:
        """Opens the port, with more routes such as those of a page, and returns the address of the
        Web API.
        """
        app = web.Application(client_max_size=MOST_BODY)
        app.add_routes(more)
        app.add_routes(
            [
                web.route("*", "/api/{method}", self.answer),
                web.get("/link", self._link),
                web.post("/response/{id}", self.respond),
                web.get("/files/{id}", self.file),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        host, number = self._runner.addresses[0][:2]
        self.base = f"http://{host}:{number}/api/"
        return self.base

    def neighbour(self, team: str, *, token: str) -> FakeSlack:
        """Returns another workspace at the same address, whose bot has this token."""
        other = FakeSlack(team)
        other.base = self.base
        other.behaviour.patience = self.behaviour.patience
        other._line = self
        self.beside[token] = other
        return other

    async def uninstalled(self, *, is_token_alone: bool = False) -> float:
        """Takes the app out of this workspace, or only its token back."""
        event: dict[str, Any] = {"type": "app_uninstalled"}
        if is_token_alone:
            event = {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [BOT]}}
        return await self._event(event)

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
        """Types a command.

        Returns:
            The seconds until it was acknowledged.

        Raises:
            TimeoutError: It was not, within the patience of this workspace.
        """
        return await self._deliver(
            "slash_commands",
            {
                "command": name,
                "text": text,
                "user_id": user,
                "team_id": self.team,
                "channel_id": channel,
                "trigger_id": self._new("trigger"),
                "response_url": self._response_url(channel, user),
                "api_app_id": "A1",
            },
        )

    async def mention(
        self, text: str, *, user: str = "U1", channel: str = "C1", thread: str = ""
    ) -> float:
        """Writes to the bot in a channel or thread; what mentions the bot itself stays as it is."""
        event = {
            "type": "app_mention",
            "user": user,
            "text": text if f"<@{BOT}" in text else f"<@{BOT}> {text}",
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
        """Fills in the newest modal and sends it.

        Raises:
            LookupError: The modal does not offer what is chosen.
        """
        view = self.views[-1]
        return await self._deliver(
            "interactive",
            {
                "type": "view_submission",
                "user": {"id": user},
                "team": {"id": self.team},
                "api_app_id": "A1",
                "trigger_id": self._new("trigger"),
                "view": {**view, "state": {"values": filled_in(view, chosen)}},
            },
        )

    async def choose(self, chosen: dict[str, str], *, user: str = "U1") -> float:
        """Chooses in the newest modal something on which other fields depend.

        Raises:
            LookupError: The modal does not offer what is chosen.
        """
        view = self.views[-1]
        ids = {
            block["element"]["action_id"]
            for block in view["blocks"]
            if block.get("dispatch_action")
        }
        return await self._deliver(
            "interactive",
            {
                "type": "block_actions",
                "user": {"id": user},
                "team": {"id": self.team},
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
        """Clicks the button of somebody's Home tab that begins so.

        Raises:
            LookupError: There is none.
        """
        view = self.homes[user]
        action = _button_in(view["blocks"], label)
        return await self._deliver(
            "interactive",
            {
                "type": "block_actions",
                "user": {"id": user},
                "team": {"id": self.team},
                "api_app_id": "A1",
                "trigger_id": self._new("trigger"),
                "container": {"type": "view", "view_id": "VH"},
                "actions": [action],
                "view": {**view, "id": "VH", "state": {"values": {}}},
            },
        )

    async def drop(
        self, content: bytes, *, name: str, user: str = "U1", text: str = "", address: str = ""
    ) -> float:
        """Drops a file where the bot and a person are alone, with some words or none; it can be
        fetched from an address of its own.
        """
        file = self._kept(content, name)
        event = {
            "type": "message",
            "subtype": "file_share",
            "channel_type": "im",
            "user": user,
            "text": text,
            "ts": self._ts(),
            "channel": direct_of(user),
            "files": [{**file, "url_private": address} if address else file],
        }
        return await self._event(event)

    async def direct(self, text: str, *, user: str = "U1", subtype: str = "") -> float:
        """Writes to the bot alone."""
        event = {
            "type": "message",
            **({"subtype": subtype} if subtype else {}),
            "channel_type": "im",
            "user": user,
            "text": text,
            "ts": self._ts(),
            "channel": "D1",
        }
        return await self._event(event)

    async def shortcut(
        self, callback: str, text: str = "", *, content: bytes = b"", user: str = "U1"
    ) -> float:
        """Chooses a shortcut in the menu of a message that somebody else wrote."""
        files = [self._kept(content, "x")] if content else []
        return await self._deliver(
            "interactive",
            {
                "type": "message_action",
                "callback_id": callback,
                "user": {"id": user},
                "team": {"id": self.team},
                "channel": {"id": "C1"},
                "trigger_id": self._new("trigger"),
                "message_ts": self._ts(),
                "message": {"type": "message", "user": "U9", "text": text, "files": files},
                "response_url": self._response_url("C1", user),
            },
        )

    async def click(self, message: Message, label: str, *, user: str = "U1") -> float:
        """Clicks the first button of a message that begins so.

        Raises:
            LookupError: There is none.
        """
        action = _button_in(message.blocks, label)
        return await self._deliver(
            "interactive",
            {
                "type": "block_actions",
                "user": {"id": user},
                "team": {"id": self.team},
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

    async def _event(self, event: dict[str, Any]) -> float:
        body = {"type": "event_callback", "team_id": self.team, "api_app_id": "A1", "event": event}
        return await self._deliver("events_api", {**body, "event_id": self._new("Ev")})

    async def _deliver(self, kind: str, payload: dict[str, Any]) -> float:
        begun = time.perf_counter()
        for _ in range(self.behaviour.duplicates):
            envelope = self._new("envelope")
            line = self._line
            acknowledged = line._pending[envelope] = asyncio.get_running_loop().create_future()
            await line.connected()
            frame = {
                "envelope_id": envelope,
                "type": kind,
                "payload": payload,
                "accepts_response_payload": True,
            }
            await line._sockets[-1].send_str(json.dumps(frame))
            # later the person sees that the command failed
            await asyncio.wait_for(acknowledged, self.behaviour.patience)
            del line._pending[envelope]
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


def filled_in(view: dict[str, Any], chosen: dict[str, str]) -> dict[str, Any]:
    """Returns the state of a modal as Slack has it.

    Raises:
        LookupError: A field or an option is not there.
    """
    elements = {
        block["element"]["action_id"].removeprefix("form:"): block for block in view["blocks"]
    }
    values: dict[str, Any] = {}
    for name, block in elements.items():
        element = block["element"]
        options = {option["value"]: option for option in element.get("options", [])}
        value = chosen.get(name, element.get("initial_option", {}).get("value"))
        state: dict[str, Any] = {"type": element["type"]}
        if element["type"] == "static_select":
            if value is not None and value not in options:
                raise LookupError(value)
            state["selected_option"] = options[value] if value is not None else None
        else:
            state["value"] = value
        values[block["block_id"]] = {element["action_id"]: state}
    if chosen.keys() - elements.keys():
        raise LookupError(str(chosen))
    return values


def _button_in(blocks: list[Any], label: str) -> dict[str, Any]:
    for block in blocks:
        for element in block.get("elements", []):
            if element["text"]["text"].startswith(label):
                return {**element, "block_id": "b", "type": "button"}
    raise LookupError(label)
