"""A page on which anybody can type to the bot and click what it says, without a workspace of Slack."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aiohttp import web

from bot.fakeslack.server import FakeSlack, Message
from bot.words import Language, catalogue

PAGE = Path(__file__).with_name("page.html")
USER, CHANNEL = "U1", "C1"


def page_routes(slack: FakeSlack, language: Language) -> list[web.AbstractRouteDef]:
    """Returns the routes of the page; `slack` is what it acts on."""
    slack.behaviour.locales[USER] = language
    closed: set[str] = set()

    async def page(_: web.Request) -> web.Response:
        text = PAGE.read_text(encoding="utf-8")
        for key, value in catalogue(language).items():
            text = text.replace(f"{{{{{key}}}}}", value)
        return web.Response(text=text.replace("{{language}}", language), content_type="text/html", headers=SECURITY)

    async def state(_: web.Request) -> web.Response:
        view = slack.views[-1] if slack.views and slack.views[-1]["id"] not in closed else None
        messages = [_shown(one) for one in slack.messages]
        return web.json_response({"messages": messages, "view": view, "home": slack.homes.get(USER)})

    async def say(request: web.Request) -> web.Response:
        text = str((await _same_origin(request)).get("text", ""))[:2000]
        await slack.command(text.removeprefix("/ct").strip(), user=USER, channel=CHANNEL)
        return web.json_response({})

    async def click(request: web.Request) -> web.Response:
        asked = await _same_origin(request)
        message = next((one for one in slack.messages if one.ts == asked.get("ts")), None)
        if message is None:
            return web.json_response({}, status=404)
        await slack.click(message, str(asked.get("label")), user=USER)
        return web.json_response({})

    async def fill(request: web.Request) -> web.Response:
        asked = await _same_origin(request)
        chosen = {str(name): str(value) for name, value in dict(asked.get("chosen") or {}).items() if value}
        try:
            if asked.get("is_sent"):
                closed.add(slack.views[-1]["id"])
                await slack.submit(chosen, user=USER)
            elif asked.get("is_left"):
                closed.add(slack.views[-1]["id"])
            else:
                await slack.choose(chosen, user=USER)
        except LookupError:
            return web.json_response({}, status=404)
        return web.json_response({})

    async def home(request: web.Request) -> web.Response:
        asked = await _same_origin(request)
        if asked.get("label"):
            await slack.click_home(str(asked["label"]), user=USER)
        else:
            await slack.open_home(user=USER)
        return web.json_response({})

    return [
        web.get("/", page), web.get("/state", state), web.post("/say", say), web.post("/click", click),
        web.post("/fill", fill), web.post("/home", home),
    ]  # fmt: skip


SECURITY = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "connect-src 'self'",
    "X-Content-Type-Options": "nosniff",
}  # fmt: skip


async def _same_origin(request: web.Request) -> dict[str, Any]:
    """Returns what the page sent; raises for what another page lets a browser send."""
    if (
        request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin"
        or request.content_type != "application/json"
    ):
        raise web.HTTPForbidden
    found = await request.json()
    return found if isinstance(found, dict) else {}


def _shown(one: Message) -> dict[str, Any]:
    return {"ts": one.ts, "text": one.text, "blocks": one.blocks, "thread": one.thread, "alone": bool(one.only_for)}
