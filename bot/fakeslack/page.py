"""A page for typing to the bot and clicking its buttons, without a Slack workspace."""

from __future__ import annotations

import re
from base64 import b64decode
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.fakeslack.server import FakeSlack
from bot.fakeslack.workspace import Message
from bot.words import Language, say

PAGE = Path(__file__).with_name("page.html")
USER = "U1"
CHANNEL = "C1"
MOST_NAME = 255
KEY = re.compile(r"\{\{([a-z_.]+)\}\}")


def page_routes(slack: FakeSlack, language: Language) -> list[web.AbstractRouteDef]:
    """Returns the routes of the page; `slack` is what it acts on."""
    slack.behaviour.locales[USER] = language
    page = _Page(slack, language)
    return [
        web.get("/", page.show),
        web.get("/state", page.state),
        web.post("/say", page.say),
        web.post("/drop", page.drop),
        web.post("/click", page.click),
        web.post("/fill", page.fill),
        web.post("/home", page.home),
    ]


class _Page:
    """What one person sees and does; forms that were sent or left are not shown again."""

    def __init__(self, slack: FakeSlack, language: Language) -> None:
        self._slack = slack
        self._language = language
        self._closed: set[str] = set()

    async def show(self, _: web.Request) -> web.Response:
        text = PAGE.read_text(encoding="utf-8")
        text = text.replace("{{language}}", self._language)
        text = KEY.sub(lambda key: say(key[1], self._language), text)
        return web.Response(text=text, content_type="text/html", headers=SECURITY)

    async def state(self, _: web.Request) -> web.Response:
        views = self._slack.views
        view = views[-1] if views and views[-1]["id"] not in self._closed else None
        messages = [_shown(message) for message in self._slack.messages]
        return web.json_response(
            {"messages": messages, "view": view, "home": self._slack.homes.get(USER)}
        )

    async def say(self, request: web.Request) -> web.Response:
        text = str((await _same_origin(request)).get("text", ""))[:2000]
        await self._slack.command(text.removeprefix("/ct").strip(), user=USER, channel=CHANNEL)
        return web.json_response({})

    async def drop(self, request: web.Request) -> web.Response:
        """A file that was dropped or chosen, or a long text that was pasted, to the bot alone."""
        asked = await _same_origin(request)
        try:
            content = b64decode(str(asked.get("content", "")), validate=True)
        except ValueError:
            return web.json_response({}, status=400)
        await self._slack.drop(content, name=str(asked.get("name", ""))[:MOST_NAME], user=USER)
        return web.json_response({})

    async def click(self, request: web.Request) -> web.Response:
        asked = await _same_origin(request)
        message = next(
            (posted for posted in self._slack.messages if posted.ts == asked.get("ts")), None
        )
        if message is None:
            return web.json_response({}, status=404)
        await self._slack.click(message, str(asked.get("label")), user=USER)
        return web.json_response({})

    async def fill(self, request: web.Request) -> web.Response:
        asked = await _same_origin(request)
        chosen = {
            str(name): str(value)
            for name, value in dict(asked.get("chosen") or {}).items()
            if value
        }
        if asked.get("is_sent") or asked.get("is_left"):
            self._closed.add(self._slack.views[-1]["id"])
        try:
            if asked.get("is_sent"):
                await self._slack.submit(chosen, user=USER)
            elif not asked.get("is_left"):
                await self._slack.choose(chosen, user=USER)
        except LookupError:
            return web.json_response({}, status=404)
        return web.json_response({})

    async def home(self, request: web.Request) -> web.Response:
        asked = await _same_origin(request)
        if asked.get("label"):
            await self._slack.click_home(str(asked["label"]), user=USER)
        else:
            await self._slack.open_home(user=USER)
        return web.json_response({})


SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; "
        "script-src 'unsafe-inline'; connect-src 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
}


async def _same_origin(request: web.Request) -> dict[str, Any]:
    """Returns what the page sent; raises for what another page lets a browser send."""
    if (
        request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin"
        or request.content_type != "application/json"
    ):
        raise web.HTTPForbidden
    body = await request.json()
    return body if isinstance(body, dict) else {}


def _shown(message: Message) -> dict[str, Any]:
    return {
        "ts": message.ts,
        "text": message.text,
        "blocks": message.blocks,
        "thread": message.thread,
        "alone": bool(message.only_for),
    }
