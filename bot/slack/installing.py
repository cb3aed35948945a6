"""The way by which a workspace installs the app: to Slack and back (OAuth 2.0, RFC 6749 4.1), with
a state that is good once, for ten minutes, in the browser that began (RFC 6749 10.12).
"""

from __future__ import annotations

import hmac
import logging
import secrets
import time
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import urlencode

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.sealing import NoKey
from bot.slack.manifest import scopes
from bot.slack.workspaces import Workspaces
from bot.store import Store
from bot.store_workspaces import Installed
from bot.words import Language, say

log = logging.getLogger("bot")
AUTHORIZE = "https://slack.com/oauth/v2/authorize"
COOKIE = "connectathon-install"
STATE_SECONDS = 600
HEADERS = {
    "Content-Security-Policy": "default-src 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
}


@dataclass(frozen=True, slots=True)
class OwnApp:
    """The app as Slack knows it.

    Attributes:
        id: The app's own id.
        secret: By what Slack knows that it is the app.
        redirect: Where Slack sends people back; empty for what the app's settings say.
        reads: Whether it asks to read in channels where it is a member.
    """

    id: str
    secret: str
    redirect: str = ""
    reads: bool = False


class Installing:
    """Gives out the way to Slack, and takes back who comes from there.

    Args:
        workspaces: Where an installation is kept.
        store: Knows which states were given out.
        app: What is installed.
        base: The address of the Web API.
        language: Of the page at the end.
    """

    def __init__(
        self,
        workspaces: Workspaces,
        store: Store,
        app: OwnApp,
        *,
        base: str,
        language: Language = "en",
    ) -> None:
        self._workspaces = workspaces
        self._store = store
        self._app = app
        self._client = AsyncWebClient(base_url=base)
        self._language = language

    def routes(self) -> list[Route]:
        """Returns the routes of the way."""
        return [
            Route("/slack/install", self.begin),
            Route("/slack/oauth_redirect", self.finish),
        ]

    async def begin(self, request: Request) -> Response:
        """GET /slack/install: leads to Slack, where whoever may install apps agrees or not."""
        state = secrets.token_urlsafe(32)
        self._store.begin_installing(state, at=time.time(), seconds=STATE_SECONDS)
        asked = {"client_id": self._app.id, "state": state}
        asked |= {"scope": ",".join(scopes(reads=self._app.reads))}
        asked |= {"redirect_uri": self._app.redirect} if self._app.redirect else {}
        reply = RedirectResponse(f"{AUTHORIZE}?{urlencode(asked)}", 302, HEADERS)
        # the state is good only in the browser to which it was given: a link of somebody else that
        # ends here installs nothing
        reply.set_cookie(
            COOKIE,
            state,
            max_age=STATE_SECONDS,
            path="/slack",
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https" or self._app.redirect.startswith("https:"),
        )
        return reply

    async def finish(self, request: Request) -> Response:
        """GET /slack/oauth_redirect: keeps the workspace whose consent comes with a good state."""
        query = request.query_params
        state, kept = query.get("state", ""), request.cookies.get(COOKIE, "")
        is_same = hmac.compare_digest(state.encode(), kept.encode())
        # taken out first, so that it is good once whatever follows
        is_good = self._store.end_installing(state, at=time.time()) if state else False
        if not (is_same and is_good):
            return self._page("install.bad_state", 400)
        if query.get("error") or not query.get("code"):
            return self._page("install.refused", 400)
        # in the body, which no log of a proxy holds
        asked = {"client_id": self._app.id, "client_secret": self._app.secret}
        asked |= {"code": query["code"]}
        asked |= {"redirect_uri": self._app.redirect} if self._app.redirect else {}
        try:
            answer = await self._client.api_call("oauth.v2.access", data=asked)
            team = self._keep(answer.data)
        except (SlackApiError, aiohttp.ClientError, TimeoutError, KeyError, NoKey) as error:
            log.warning("no installation: %s", type(error).__name__)
            return self._page("install.failed", 502)
        return self._page("install.done", 200, team=team)

    def _keep(self, answer: Any) -> str:
        """Keeps what Slack answers; returns the name of the workspace."""
        # an app of a whole organisation has no team, and one token for all of its workspaces
        whose = answer.get("team") or answer.get("enterprise") or {}
        name = str(whose.get("name") or whose["id"])
        self._workspaces.install(
            Installed(
                str(whose["id"]),
                name,
                str(answer.get("bot_user_id", "")),
                str(answer.get("scope", "")),
                b"",
            ),
            str(answer["access_token"]),
        )
        return name

    def _page(self, key: str, status: int, **params: str) -> Response:
        shown = {name: escape(value) for name, value in params.items()}
        text = say(key, self._language, **shown)
        page = (
            f'<!doctype html><html lang="{self._language}"><title>connectathon</title>'
            f"<main><p>{text}</p></main></html>"
        )
        reply = HTMLResponse(page, status, HEADERS)
        reply.delete_cookie(COOKIE, path="/slack")
        return reply
