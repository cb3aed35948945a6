"""The part of the bot's store about people: who is linked, of which team they are, how they are
written to, and what they handed in.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection

from bot.records import Member, Reminder
from bot.words import LANGUAGES, Language

PEOPLE_TABLES = """
CREATE TABLE IF NOT EXISTS person (
    actor TEXT PRIMARY KEY,
    secret TEXT NOT NULL,
    language TEXT NOT NULL,
    name TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS member (
    actor TEXT PRIMARY KEY,
    person TEXT NOT NULL,
    team TEXT NOT NULL,
    asker TEXT NOT NULL,
    language TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS handed_in (
    grading TEXT NOT NULL,
    actor TEXT NOT NULL,
    PRIMARY KEY (grading, actor)
);
CREATE TABLE IF NOT EXISTS reminder (
    actor TEXT NOT NULL,
    channel TEXT NOT NULL,
    language TEXT NOT NULL,
    minutes INTEGER NOT NULL,
    PRIMARY KEY (actor, channel)
);
CREATE TABLE IF NOT EXISTS unmentioned (
    actor TEXT PRIMARY KEY
);
"""


class PeopleRows:
    """Reads and writes what the bot knows of people."""

    _db: sqlite3.Connection

    def secret_of(self, actor: str) -> str:
        """Returns the session of a person; empty for one who is not linked."""
        row = self._db.execute("SELECT secret FROM person WHERE actor = ?", [actor]).fetchone()
        return str(row[0]) if row else ""

    def language_of(self, actor: str) -> Language | None:
        """Returns the language that a person has chosen."""
        row = self._db.execute("SELECT language FROM person WHERE actor = ?", [actor]).fetchone()
        return row[0] if row and row[0] in LANGUAGES else None

    def name_of(self, actor: str) -> str:
        """Returns the name by which the sandbox knows a person; empty for one who is not linked."""
        row = self._db.execute("SELECT name FROM person WHERE actor = ?", [actor]).fetchone()
        return str(row[0]) if row else ""

    def put_person(
        self,
        actor: str,
        *,
        secret: str | None = None,
        language: str | None = None,
        name: str | None = None,
    ) -> None:
        """Keeps what is given about a person and leaves the rest as it was.

        Args:
            actor: The person, as the chat names them.
            secret: Their session of the sandbox; empty unlinks them.
            language: The one that they chose.
            name: The one by which the sandbox knows them.
        """
        kept = (
            secret if secret is not None else self.secret_of(actor),
            language or self.language_of(actor) or "",
        )
        row = [actor, *kept, self.name_of(actor) if name is None else name]
        self._db.execute("INSERT OR REPLACE INTO person VALUES (?, ?, ?, ?)", row)

    def put_member(self, member: Member) -> None:
        """Keeps who somebody is in the sandbox, and how they are written to."""
        row = [member.actor, member.person, member.team, member.asker, member.language]
        if row not in self._member_rows():
            self._db.execute("INSERT OR REPLACE INTO member VALUES (?, ?, ?, ?, ?)", row)

    def put_handed_in(self, grading: str, actor: str) -> None:
        """Keeps who has handed something in by chat."""
        self._db.execute("INSERT OR IGNORE INTO handed_in VALUES (?, ?)", [grading, actor])

    def members_told_of(self, grading: str, *, team: str, person: str) -> list[Member]:
        """Returns who may have to be told of a hand-in: its team, or who handed it in where it is
        of none.  A facilitator who collects those of forty teams is told of none of them.

        Args:
            grading: Its id.
            team: The id of the team whose it is; empty for none.
            person: The id of who handed it in; empty where nobody knows.
        """
        by_chat = {
            row[0]
            for row in self._db.execute("SELECT actor FROM handed_in WHERE grading = ?", [grading])
        }
        members = [Member(*row) for row in self._member_rows()]
        return [
            member
            for member in members
            if (member.team == team if team else person and member.person == person)
            # where no people are known, whoever wrote here is all that is known
            or (not member.person and member.actor in by_chat)
        ]

    def put_mention(self, actor: str, *, is_wanted: bool) -> None:
        """Keeps whether somebody wants to be called by name when a run of theirs ends."""
        if is_wanted:
            self._db.execute("DELETE FROM unmentioned WHERE actor = ?", [actor])
        else:
            self._db.execute("INSERT OR IGNORE INTO unmentioned VALUES (?)", [actor])

    def wants_mention(self, actor: str) -> bool:
        """Tells whether somebody wants to be called by name: all who have not said otherwise."""
        row = self._db.execute("SELECT 1 FROM unmentioned WHERE actor = ?", [actor]).fetchone()
        return bool(actor) and row is None

    def put_reminder(self, reminder: Reminder) -> None:
        """Keeps that somebody wants to be reminded in a place, in the place of what they wanted
        there before.
        """
        row = [reminder.actor, reminder.channel, reminder.language, reminder.minutes]
        self._db.execute("INSERT OR REPLACE INTO reminder VALUES (?, ?, ?, ?)", row)

    def reminders(self) -> list[Reminder]:
        """Returns all reminders that are wanted."""
        rows = self._db.execute("SELECT * FROM reminder ORDER BY channel, actor")
        return [Reminder(*row) for row in rows]

    def end_reminder(self, actor: str, channel: str) -> bool:
        """Ends the reminders that somebody wanted in a place; returns whether there were any."""
        deletion = self._db.execute(
            "DELETE FROM reminder WHERE actor = ? AND channel = ?", [actor, channel]
        )
        return deletion.rowcount == 1

    def members_of(self, teams: Collection[str]) -> list[Member]:
        """Returns those of some teams who are linked.

        Args:
            teams: The ids of the teams.
        """
        members = [Member(*row) for row in self._member_rows()]
        return [
            member
            for member in members
            if member.team and member.team in teams and self.secret_of(member.actor)
        ]

    def _member_rows(self) -> list[list[str]]:
        rows = self._db.execute("SELECT * FROM member ORDER BY actor")
        return [list(map(str, row)) for row in rows]
