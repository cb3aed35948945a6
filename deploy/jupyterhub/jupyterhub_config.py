"""JupyterHub for an event: whoever has a link of the event presses one button and is in a lesson.

The hub knows nobody by itself.  A link is `HUB/hub/event/CODE?next=…`, where CODE is the last part
of what `connectathon people` prints.  Programs that look at links only fetch them: a code is spent
by the button, at the event's server, which says who came.  Only the local spawner is tried;
README.md says what others need.
"""

import asyncio
import json
import os
import secrets
import sys
from html import escape
from pathlib import Path
from typing import Any

from jupyterhub.auth import Authenticator
from jupyterhub.handlers import BaseHandler
from jupyterhub.spawner import SimpleLocalProcessSpawner
from tornado.httpclient import AsyncHTTPClient, HTTPClientError
from tornado.web import HTTPError

from sandbox.cli.lab import CONFIG, lessons_root
from sandbox.i18n import choose_language, say

EVENT = os.environ["CONNECTATHON_EVENT"].rstrip("/")  # the address of the event's server
# where the event lets nobody in without it
TOKEN = os.environ.get("CONNECTATHON_TOKEN", "")
FOLDER = Path(os.environ.get("CONNECTATHON_HUB_FOLDER", "people")).resolve()
SPACES = json.loads(
    os.environ.get("CONNECTATHON_SPACES", "{}")
)  # {"Chile": "chile"}: teams with a space
PORT = int(os.environ.get("CONNECTATHON_HUB_PORT", "8000"))
GIVEN_ON = ("PYTHONPATH", "CONNECTATHON_PACK")
GIGABYTE = 1 << 30
MEMORY = int(os.environ.get("CONNECTATHON_HUB_MEMORY", 4 * GIGABYTE))  # of each process of a person
FILE = int(
    os.environ.get("CONNECTATHON_HUB_FILE", 256 << 20)
)  # the largest file that one may write


class EventHandler(BaseHandler):
    """A link of the event: the page with its button, and what the button does."""

    async def get(self, code: str) -> None:
        language = choose_language(self.request.headers.get("Accept-Language"))
        word = escape(say("pages.enter.button", language))
        self.set_header("Referrer-Policy", "no-referrer")
        self.finish(
            f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>{word}</title>'
            f'<main><h1>connectathon sandbox</h1><form method="post">'
            f'<input type="hidden" name="_xsrf" value="{self.xsrf_token.decode()}">'
            f"<button>{word}</button></form></main></html>"
        )

    async def post(self, code: str) -> None:
        user = await self.login_user({"code": code})
        if user is None:
            raise HTTPError(403, "This link was used, or is not one of this event.")
        self.redirect(self.get_next_url(user))


class EventAuthenticator(Authenticator):
    """Asks the event's server who somebody is."""

    def get_handlers(self, app: Any) -> list[Any]:
        return [*super().get_handlers(app), (r"/event/([\w-]{1,80})", EventHandler)]

    async def authenticate(self, handler: Any, data: dict[str, str]) -> dict[str, Any] | None:
        code = data.get("code")
        if not code:
            return None
        body = json.dumps({"code": code})
        headers = {"Content-Type": "application/json"}
        if TOKEN:
            headers["Authorization"] = f"Bearer {TOKEN}"
        try:
            reply = await AsyncHTTPClient().fetch(
                f"{EVENT}/api/enter", method="POST", body=body, headers=headers
            )
        except HTTPClientError:
            return None
        person = json.loads(reply.body)
        return {"name": str(person["id"]).lower(), "auth_state": person}

    async def pre_spawn_start(self, user: Any, spawner: Any) -> None:
        """Gives a person their notebooks, and their kernels what the person may know."""
        person = await user.get_auth_state()
        if not person:
            raise HTTPError(403, "Come by a link of the event again: the hub was restarted.")
        home = FOLDER / user.name
        # a lesson that is there stays as its learner left it, also when the project has a newer one
        await asyncio.to_thread(lessons_root, home)
        team = person["team"] or person["name"]
        spawner.environment = {
            "SANDBOX_URL": EVENT,
            # Lab as `connectathon lab` sets it up
            "JUPYTER_CONFIG_PATH": str(CONFIG),
            "CONNECTATHON_DESK": EVENT,
            "CONNECTATHON_TEAM": team,
            "CONNECTATHON_TEAM_TOKEN": person["session"],
            "CONNECTATHON_DATA": str(home / ".connectathon"),
            **({"CONNECTATHON_SPACE": SPACES[team]} if team in SPACES else {}),
            **{name: os.environ[name] for name in GIVEN_ON if name in os.environ},
        }


class EventSpawner(SimpleLocalProcessSpawner):
    """A process of this machine's own user for each person, in a folder of theirs."""

    home_dir_template = str(FOLDER / "{username}")


c = get_config()  # noqa: F821  (JupyterHub runs this file with it)
c.JupyterHub.bind_url = f"http://127.0.0.1:{PORT}"
c.JupyterHub.hub_port = int(os.environ.get("CONNECTATHON_HUB_API_PORT", "8081"))
c.JupyterHub.authenticator_class = EventAuthenticator
c.JupyterHub.spawner_class = EventSpawner
c.ConfigurableHTTPProxy.command = [
    os.environ.get("CONFIGURABLE_HTTP_PROXY", "configurable-http-proxy")
]
c.ConfigurableHTTPProxy.api_url = (
    f"http://127.0.0.1:{os.environ.get('CONNECTATHON_HUB_PROXY_PORT', '8001')}"
)
# a class comes at once, and who is over the limit is shown an error and not a place in a queue
c.JupyterHub.concurrent_spawn_limit = 100
c.Authenticator.allow_all = True
c.Authenticator.enable_auth_state = True
# sessions of the event are sealed with it; without a lasting one people come by a new link after a
# restart
c.CryptKeeper.keys = [
    bytes.fromhex(os.environ.get("JUPYTERHUB_CRYPT_KEY") or secrets.token_hex(32))
]
c.Spawner.notebook_dir = "~"
c.Spawner.default_url = "/lab"
c.Spawner.start_timeout = 300
c.Spawner.http_timeout = 300
c.Spawner.cmd = [
    "prlimit",
    f"--as={MEMORY}",
    f"--fsize={FILE}",
    sys.executable,
    "-m",
    # Lab without what takes half of its start
    "sandbox.cli.labserver",
]
c.Spawner.args = [
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    # it would hand on what opens the hub with each request; the event's server has pages of its own
    "--ServerApp.jpserver_extensions=jupyter_server_proxy=False",
]
if os.geteuid() == 0:
    c.Spawner.args += ["--allow-root"]
