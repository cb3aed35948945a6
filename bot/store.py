"""What the bot must not forget: linked people, cards shown, deliveries received, messages to send.

One SQLite file.  What is said about a change and the place in the sandbox's log up to which it was
read are written in one transaction, so that a bot that is killed says nothing twice and forgets
nothing.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path
from typing import Any

from bot.records import (
    INSTANCE,
    Delivery,
    FirstClick,
    OutgoingMessage,
    Shown,
    is_grading,
)
from bot.store_people import PEOPLE_TABLES, PeopleRows
from bot.store_workspaces import WORKSPACE_TABLES, WorkspaceRows

TABLES = """
CREATE TABLE IF NOT EXISTS card (
    run TEXT NOT NULL,
    channel TEXT NOT NULL,
    language TEXT NOT NULL,
    ts TEXT NOT NULL,
    digest TEXT NOT NULL,
    told TEXT NOT NULL,
    asker TEXT NOT NULL DEFAULT '',
    actor TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (run, channel)
);
CREATE TABLE IF NOT EXISTS outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    method TEXT NOT NULL,
    channel TEXT NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL,
    tries INTEGER NOT NULL,
    error TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS outbox_state ON outbox (state);
CREATE TABLE IF NOT EXISTS delivery (
    key TEXT PRIMARY KEY,
    at REAL NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    tries INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS acted (
    once TEXT PRIMARY KEY,
    key TEXT NOT NULL,
    actor TEXT NOT NULL,
    run TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT UNIQUE,
    at REAL NOT NULL,
    actor TEXT NOT NULL,
    verb TEXT NOT NULL,
    args TEXT NOT NULL,
    decision TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS place (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
);
"""
LOG = "log"  # of the sandbox
# Slack delivers again for some minutes, and takes a signature for five: an hour is enough
SEEN_SECONDS = 3600
MOST_TRIES = 3  # of a delivery that was in work each time that the bot was killed
UNTOLD = frozenset({"code", "comment", "base"})  # arguments that an audit row does not repeat


def digest_place(subscription: str) -> str:
    """Returns the name of the place that says on which day a subscription had its last digest."""
    return f"digest {subscription}"


class Store(PeopleRows, WorkspaceRows):
    """Reads and writes one file; every write is whole or not at all."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)  # it holds the sessions of people
        self._db = sqlite3.connect(file, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        # whole after a kill; a power cut may take the last moments
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(TABLES + PEOPLE_TABLES + WORKSPACE_TABLES)
        self._add_columns()
        self._depth = 0

    def _add_columns(self) -> None:
        """Adds to a file of an older bot what its cards lack."""
        known = {row[1] for row in self._db.execute("PRAGMA table_info(card)")}
        for name in ("asker", "actor"):
            if name not in known:
                self._db.execute(f"ALTER TABLE card ADD COLUMN {name} TEXT NOT NULL DEFAULT ''")

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Makes one transaction of all that is written within; within another one it is part of
        that.
        """
        if self._depth:
            yield
            return
        self._depth += 1
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        finally:
            self._depth -= 1

    def take_in(self, many: Sequence[Delivery], *, at: float) -> list[Delivery]:
        """Keeps deliveries until they are worked off.

        Args:
            many: What came in at one time.
            at: Now, in seconds since the epoch.

        Returns:
            Those that had not come in before.
        """
        with self.writing():
            self._db.execute("DELETE FROM delivery WHERE at < ? AND body = ''", [at - SEEN_SECONDS])
            return [delivery for delivery in many if self._is_new(delivery, at)]

    def _is_new(self, delivery: Delivery, at: float) -> bool:
        row = [delivery.key, at, delivery.kind, json.dumps(delivery.body, ensure_ascii=False)]
        return (
            self._db.execute("INSERT OR IGNORE INTO delivery VALUES (?, ?, ?, ?, 0)", row).rowcount
            == 1
        )

    def finish(self, key: str) -> None:
        """Forgets the text of what was worked off; that it came in is remembered for a while."""
        self._db.execute("UPDATE delivery SET body = '' WHERE key = ?", [key])

    def left(self) -> list[Delivery]:
        """Returns what the last bot did not finish, the oldest first. What was left too often is
        given up: it may be what ends the bot each time.
        """
        with self.writing():
            self._db.execute("UPDATE delivery SET tries = tries + 1 WHERE body <> ''")
            self._db.execute("UPDATE delivery SET body = '' WHERE tries >= ?", [MOST_TRIES])
            rows = self._db.execute(
                "SELECT key, kind, body FROM delivery WHERE body <> '' ORDER BY at, rowid"
            ).fetchall()
        return [Delivery(row[0], row[1], json.loads(row[2])) for row in rows]

    def note(
        self,
        actor: str,
        verb: str,
        args: Mapping[str, str],
        *,
        decision: str,
        at: float,
        key: str = "",
    ) -> None:
        """Records a command and its outcome in the audit log; the values of UNTOLD are not
        repeated.

        Args:
            actor: Who, as the chat names them.
            verb: The command.
            args: What followed it, by name.
            decision: What came of it.
            at: When, in seconds since the epoch.
            key: Of the delivery: the same key is recorded once; empty ones are all recorded.
        """
        kept = json.dumps(
            {name: "***" if name in UNTOLD else value for name, value in args.items()}
        )
        self._db.execute(
            "INSERT OR IGNORE INTO audit (key, at, actor, verb, args, decision)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            [key or None, at, actor, verb, kept, decision],
        )

    def audit(self) -> list[tuple[str, str, str]]:
        """Returns actor, verb and outcome of every recorded command, the oldest first."""
        return [
            tuple(row)
            for row in self._db.execute("SELECT actor, verb, decision FROM audit ORDER BY id")
        ]

    def first_click(self, once: str) -> FirstClick | None:
        """Returns who clicked a button that acts once; None where nobody has."""
        row = self._db.execute(
            "SELECT key, actor, run FROM acted WHERE once = ?", [once]
        ).fetchone()
        return FirstClick(*row) if row else None

    def put_first_click(self, once: str, click: FirstClick) -> None:
        """Keeps who has clicked it first."""
        self._db.execute(
            "INSERT OR IGNORE INTO acted VALUES (?, ?, ?, ?)",
            [once, click.key, click.actor, click.run],
        )

    def shown(self, run: str) -> list[Shown]:
        """Returns where a run is shown."""
        rows = self._db.execute(
            "SELECT * FROM card WHERE run = ? ORDER BY channel", [run]
        ).fetchall()
        return [Shown(row[0], row[1], row[2], *row[3:]) for row in rows]

    def run_at(self, channel: str, ts: str) -> str:
        """Returns the run, or the test instance, whose card a message is; empty for none, and for
        that of a hand-in.
        """
        row = self._db.execute(
            "SELECT run FROM card WHERE channel = ? AND ts = ?", [channel, ts]
        ).fetchone()
        is_told = row and not is_grading(str(row[0]))
        return str(row[0]).removeprefix(INSTANCE) if is_told else ""

    def open_runs(self) -> list[str]:
        """Returns the runs and hand-ins that are shown somewhere and whose end was not told yet."""
        return [
            str(row[0]) for row in self._db.execute("SELECT DISTINCT run FROM card WHERE told = ''")
        ]

    def put_shown(self, shown: Shown) -> None:
        """Keeps where a run is shown, and how."""
        # the columns stand in the order of the attributes
        self._db.execute(
            "INSERT OR REPLACE INTO card VALUES (?, ?, ?, ?, ?, ?, ?, ?)", astuple(shown)
        )

    def move_shown(self, run: str, channel: str, other: str) -> None:
        """Keeps that a run is shown in another channel, and updates of it go there."""
        self._db.execute(
            "UPDATE OR REPLACE card SET channel = ?, ts = '', digest = '', told = ''"
            " WHERE run = ? AND channel = ?",
            [other, run, channel],
        )
        self._db.execute(
            "DELETE FROM outbox WHERE channel = ? AND state = 'waiting' AND key LIKE ?",
            [channel, f"%:{run}:%"],
        )

    def put_outgoing(self, key: str, method: str, channel: str, body: Mapping[str, Any]) -> None:
        """Puts a call into the outbox.

        While it waits, another one with the same key replaces it: the last state counts. A call
        that was made already is not made again, except an update of a message.

        Args:
            key: Names what is said, in which channel.
            method: post, reply or update.
            channel: Where.
            body: The card as JSON, the run whose card it is, and the thread.
        """
        text = json.dumps(body, ensure_ascii=False)
        self._db.execute(
            "INSERT INTO outbox (key, method, channel, body, state, tries, error)"
            " VALUES (?, ?, ?, ?, 'waiting', 0, '')"
            " ON CONFLICT (key) DO UPDATE SET body = excluded.body, state = 'waiting', tries = 0"
            " WHERE state = 'waiting' OR method = 'update'",
            [key, method, channel, text],
        )

    def is_told(self, key: str) -> bool:
        """Tells whether something of this name was said, or waits to be."""
        return self._db.execute("SELECT 1 FROM outbox WHERE key = ?", [key]).fetchone() is not None

    def renew_post(self, key: str, card: Mapping[str, Any]) -> bool:
        """Puts a newer card into a post that still waits.

        Args:
            key: Of the post.
            card: As JSON.

        Returns:
            Whether it waits: of one that is on its way, or there, the message has to be changed.
        """
        for outgoing in self.outgoing():
            if outgoing.key == key:
                self.put_outgoing(key, "post", outgoing.channel, {**outgoing.body, "card": card})
                return True
        return False

    def outgoing(self, *, state: str = "waiting") -> list[OutgoingMessage]:
        """Returns the calls of a state, the oldest first."""
        rows = self._db.execute(
            "SELECT id, key, method, channel, body, tries FROM outbox WHERE state = ? ORDER BY id",
            [state],
        ).fetchall()
        return [
            OutgoingMessage(row[0], row[1], row[2], row[3], json.loads(row[4]), row[5])
            for row in rows
        ]

    def clear(self) -> None:
        """Forgets what was shown and what is still to be said: for a place that is gone, such as a
        terminal.
        """
        with self.writing():
            self._db.execute("DELETE FROM card")
            self._db.execute("DELETE FROM outbox")

    def revive(self) -> int:
        """Lets the outgoing messages that were given up be tried again; returns how many."""
        return self._db.execute(
            "UPDATE outbox SET state = 'waiting', tries = 0 WHERE state = 'dead'"
        ).rowcount

    def settle(self, outgoing: OutgoingMessage, *, state: str, error: str = "") -> bool:
        """Keeps what became of a call. One whose text was replaced while it was on its way stays
        waiting.

        Args:
            outgoing: The call, with the text that was sent.
            state: sending, sent, waiting (for another try) or dead.
            error: Why it was not sent.

        Returns:
            Whether it still had this text.
        """
        text = json.dumps(outgoing.body, ensure_ascii=False)
        tries = 0 if state == "sending" else 1
        changed = self._db.execute(
            "UPDATE outbox SET state = ?, tries = tries + ?, error = ? WHERE id = ? AND body = ?",
            [state, tries, error, outgoing.id, text],
        )
        return changed.rowcount == 1

    def channels(self) -> dict[str, str]:
        """Returns the channels where a card is shown, each with a language."""
        rows = self._db.execute("SELECT channel, language FROM card")
        return {str(row[0]): str(row[1]) for row in rows}

    def place(self, name: str = LOG) -> int:
        """Returns how far a log was read, the sandbox's or a chat's; -1 before its first entry."""
        row = self._db.execute("SELECT value FROM place WHERE name = ?", [name]).fetchone()
        return int(row[0]) if row else -1

    def put_place(self, value: int, name: str = LOG) -> None:
        """Keeps the place."""
        self._db.execute("INSERT OR REPLACE INTO place VALUES (?, ?)", [name, value])

    def close(self) -> None:
        """Closes the file."""
        self._db.close()
