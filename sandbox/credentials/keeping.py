"""Keeps what passes between issuer, wallet and verifier as JSON, each for its time."""

from __future__ import annotations

import json
from datetime import timedelta

from sandbox.clock import Clock
from sandbox.credentials.texts import Json
from sandbox.store.wallet_items import Kind, WalletItems


class Keeping:
    """The items of the store, with the time told by a clock."""

    def __init__(self, items: WalletItems, clock: Clock) -> None:
        self._items = items
        self.clock = clock

    def keep(
        self, kind: Kind, secret: str, body: Json, lasts: timedelta, *, attempts: int = 1
    ) -> None:
        """Keeps something under its secret.

        Args:
            kind: What it is.
            secret: What it is known by.
            body: What it says.
            lasts: For how long.
            attempts: How often it may be spent.
        """
        expires = self._now + int(lasts.total_seconds() * 1000)
        text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
        self._items.add(kind, secret, text, expires=expires, now=self._now, attempts=attempts)

    def read(self, kind: Kind, secret: str) -> Json | None:
        """Returns what is kept; None for what is over, used up, or was never there."""
        body = self._items.read(kind, secret, now=self._now) if secret else None
        return None if body is None else dict(json.loads(body))

    def spend(self, kind: Kind, secret: str) -> bool:
        """Takes one attempt of what is kept; tells whether there was one."""
        return self._items.spend(kind, secret, now=self._now) is not None

    def take(self, kind: Kind, secret: str) -> bool:
        """Removes what is kept; tells whether this call was the one that removed it."""
        return self._items.take(kind, secret)

    @property
    def _now(self) -> int:
        return int(self.clock().timestamp() * 1000)
