"""Handing in from the notebook: the file as it was saved goes to the desk of the lesson's server,
or of the event's.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from sandbox.course.beside import SECONDS, root_of
from sandbox.course.cards import Card
from sandbox.course.client import Client, Unreachable
from sandbox.i18n import Language, say
from sandbox.web.egress import authorities, way_out

NOTEBOOK = "application/x-ipynb+json"


def hand_in_card(
    client: Client, lesson: str, language: Language, *, file: str = "", to: str = ""
) -> Card:
    """Hands a notebook in and returns what the desk says.

    Args:
        client: Tells where the server is, and by whose token.
        lesson: Which lesson it is; its file is looked for where the notebook does not know its own.
        language: Of the card.
        file: The notebook; this one where it is empty.
        to: The address of the desk's server; CONNECTATHON_DESK, else the lesson's server, where it
            is empty.

    Raises:
        Unreachable: The server does not answer.
    """

    def word(key: str, **params: object) -> str:
        return say(f"course.hand_in.{key}", language, **params)

    # the copy that a facilitator executes must not hand itself in
    if os.environ.get("CONNECTATHON_GRADING"):
        return Card("not_attempted", language, word("while_grading"))
    notebook = Path(file) if file else _own_file(lesson)
    if notebook is None or not notebook.is_file():
        rows = [(word("next"), word("name_it", lesson=lesson))]
        return Card("error", language, word("no_file"), rows)
    server = (to or os.environ.get("CONNECTATHON_DESK", "") or root_of(client)).rstrip("/")
    answer = _post(client, server, notebook, language)
    said = _object_in(answer)
    if answer.status_code >= httpx.codes.BAD_REQUEST:
        rows = [(word("next"), str(said.get("fix", "")))]
        return Card("error", language, str(said.get("text", answer.status_code)), rows)
    saved = datetime.fromtimestamp(notebook.stat().st_mtime, UTC)
    rows = [
        (word("saved"), f"{saved:%Y-%m-%d %H:%M} UTC · {word('save_first')}"),
        (word("next"), f"{server}/desk/hand-ins/{said.get('id', '')}"),
    ]
    return Card("received", language, word("done", name=notebook.name), rows)


def _post(client: Client, server: str, notebook: Path, language: Language) -> httpx.Response:
    # a token says whose it is
    team = "" if client.credentials else os.environ.get("CONNECTATHON_TEAM", "")
    headers = {"Content-Type": NOTEBOOK, "Accept-Language": language, **client.credentials}
    try:
        return httpx.post(
            f"{server}/api/gradings",
            params={"name": notebook.name, "team": team},
            content=notebook.read_bytes(),
            headers=headers,
            timeout=SECONDS,
            trust_env=False,
            proxy=way_out(server),
            verify=authorities(),
        )
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        reason = str(error) or type(error).__name__
        raise Unreachable(base=server, reason=reason, language=language) from None


def _own_file(lesson: str) -> Path | None:
    """Returns the file of this notebook: Jupyter and VS Code say it, else one of the lesson's name
    that lies here.
    """
    named = os.environ.get("JPY_SESSION_NAME", "")
    if named.endswith(".ipynb") and Path(named).is_file():
        return Path(named)
    from IPython.core.getipython import get_ipython

    shell: Any = get_ipython()
    by_editor = shell.user_ns.get("__vsc_ipynb_file__") if shell else None
    if isinstance(by_editor, str):
        return Path(by_editor)
    here = Path(f"{lesson}.ipynb")
    return here if here.is_file() else None


def _object_in(answer: httpx.Response) -> dict[str, Any]:
    try:
        said = answer.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
