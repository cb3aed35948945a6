"""The part of the bot's store that reads what older bots kept: subscriptions, which are the
sandbox's now and leave the file as soon as it has them.
"""

from __future__ import annotations

import sqlite3

from bot.records import OldSubscription


class OldSubscriptionRows:
    """Reads and forgets them; a file that a newer bot has made has none."""

    _db: sqlite3.Connection

    def has_old_subscriptions(self) -> bool:
        """Tells whether the file is one of an older bot, some of whose rows are still here."""
        row = self._db.execute(
            "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'subscription'"
        ).fetchone()
        return row is not None

    def old_subscriptions(self) -> list[OldSubscription]:
        """Returns what is still to be handed over, the oldest first; once there is nothing the
        table goes.
        """
        if not self.has_old_subscriptions():
            return []
        rows = self._db.execute(
            "SELECT id, actor, channel, language, track, verdict, team, hour, told"
            " FROM subscription ORDER BY id"
        ).fetchall()
        if not rows:
            self._db.execute("DROP TABLE subscription")
        return [OldSubscription(*row) for row in rows]

    def forget_old(self, number: int) -> None:
        """Forgets one that was handed over, or whose owner is gone."""
        self._db.execute("DELETE FROM subscription WHERE id = ?", [number])
