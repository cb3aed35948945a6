"""The part of the bot's store about workspaces: where the app is installed, with which sealed
token, and which installations are on their way.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

WORKSPACE_TABLES = """
CREATE TABLE IF NOT EXISTS workspace (
    team TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    bot_user TEXT NOT NULL,
    scopes TEXT NOT NULL,
    token BLOB NOT NULL,
    at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS installing (
    digest TEXT PRIMARY KEY,
    until REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS left_workspace (
    team TEXT PRIMARY KEY
);
"""
FORGET_PEOPLE = (
    "DELETE FROM person WHERE substr(actor, 1, ?) = ?",
    "DELETE FROM member WHERE substr(actor, 1, ?) = ?",
    "DELETE FROM reminder WHERE substr(actor, 1, ?) = ?",
    "DELETE FROM unmentioned WHERE substr(actor, 1, ?) = ?",
    "DELETE FROM handed_in WHERE substr(actor, 1, ?) = ?",
)
FORGET_PLACES = (
    "DELETE FROM card WHERE substr(channel, 1, ?) = ?",
    "DELETE FROM reminder WHERE substr(channel, 1, ?) = ?",
    "DELETE FROM outbox WHERE substr(channel, 1, ?) = ?",
)
PLACE = (
    # the name of what was said ends with its channel, and by its name it is never said again
    "UPDATE outbox SET key = substr(key, 1, length(key) - length(channel)) || ? || channel"
    " WHERE instr(channel, '/') = 0 AND channel <> '' AND substr(key, -length(channel)) = channel",
    "UPDATE outbox SET channel = ? || channel WHERE instr(channel, '/') = 0 AND channel <> ''",
    "UPDATE card SET channel = ? || channel WHERE instr(channel, '/') = 0 AND channel <> ''",
    "UPDATE card SET asker = ? || asker WHERE instr(asker, '/') = 0 AND asker <> ''",
    "UPDATE reminder SET channel = ? || channel WHERE instr(channel, '/') = 0 AND channel <> ''",
    "UPDATE member SET asker = ? || asker WHERE instr(asker, '/') = 0 AND asker <> ''",
)


@dataclass(frozen=True, slots=True)
class Installed:
    """A workspace where the app is installed.

    Attributes:
        team: Its id in Slack, or that of an organisation.
        name: How it is called.
        bot_user: The bot's own user there.
        scopes: What the bot may do there, with commas between.
        token: The bot's token there, sealed.
    """

    team: str
    name: str
    bot_user: str
    scopes: str
    token: bytes


class WorkspaceRows:
    """Reads and writes what the bot knows of workspaces."""

    _db: sqlite3.Connection

    def writing(self) -> AbstractContextManager[None]:
        """Makes one transaction of all that is written within."""
        raise NotImplementedError

    def put_workspace(self, installed: Installed, *, at: float) -> None:
        """Keeps an installation, in the place of an older one of the same workspace."""
        row = [installed.team, installed.name, installed.bot_user, installed.scopes]
        self._db.execute(
            "INSERT OR REPLACE INTO workspace VALUES (?, ?, ?, ?, ?, ?)",
            [*row, installed.token, at],
        )

    def workspaces(self) -> list[Installed]:
        """Returns the workspaces where the app is installed."""
        rows = self._db.execute(
            "SELECT team, name, bot_user, scopes, token FROM workspace ORDER BY team"
        )
        return [Installed(*row) for row in rows]

    def end_workspace(self, team: str) -> None:
        """Forgets the token of a workspace; whoever installs the app again finds all as it was."""
        self._db.execute("DELETE FROM workspace WHERE team = ?", [team])

    def forget_workspace(self, team: str) -> None:
        """Forgets a workspace that has taken the app out: its token, the sessions of its people,
        and all that was to be said there.
        """
        with self.writing():
            self.end_workspace(team)
            for begin, forgotten in ((f"{team}:", FORGET_PEOPLE), (f"{team}/", FORGET_PLACES)):
                for statement in forgotten:
                    self._db.execute(statement, [len(begin), begin])
            # those in the sandbox are ended at the next look
            self._db.execute("INSERT OR IGNORE INTO left_workspace VALUES (?)", [team])

    def left_workspaces(self) -> list[str]:
        """Returns the workspaces whose subscriptions are still to be ended in the sandbox."""
        rows = self._db.execute("SELECT team FROM left_workspace ORDER BY team")
        return [str(row[0]) for row in rows]

    def forget_left(self, team: str) -> None:
        """Notes that the sandbox tells a workspace nothing more."""
        self._db.execute("DELETE FROM left_workspace WHERE team = ?", [team])

    def begin_installing(self, state: str, *, at: float, seconds: float) -> None:
        """Keeps that somebody is on the way to install the app; of the state only its digest."""
        self._db.execute("DELETE FROM installing WHERE until < ?", [at])
        self._db.execute("INSERT INTO installing VALUES (?, ?)", [_digest(state), at + seconds])

    def end_installing(self, state: str, *, at: float) -> bool:
        """Tells whether a state was given out and is good still; it is good once."""
        ended = self._db.execute(
            "DELETE FROM installing WHERE digest = ? AND until >= ?", [_digest(state), at]
        )
        return ended.rowcount == 1

    def place_in(self, team: str) -> None:
        """Names the places of a file that knew one workspace alone by that workspace as well.

        Args:
            team: The id of the workspace; what is named so already stays as it is.
        """
        with self.writing():
            for statement in PLACE:
                self._db.execute(statement, [f"{team}/"])
            for id, body in list(self._ways_back()):
                back = body["back"]
                for name in ("asker", "channel"):
                    if back[name] and "/" not in back[name]:
                        back[name] = f"{team}/{back[name]}"
                text = json.dumps(body, ensure_ascii=False)
                self._db.execute("UPDATE outbox SET body = ? WHERE id = ?", [text, id])

    def _ways_back(self) -> Iterator[tuple[int, dict[str, dict[str, str]]]]:
        """Yields what is still to be said to somebody who has a way back."""
        rows = self._db.execute("SELECT id, body FROM outbox WHERE state <> 'sent'").fetchall()
        for id, text in rows:
            body = json.loads(text)
            if body.get("back"):
                yield int(id), body


def _digest(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()
