"""How often somebody may do something: counted by name, in a window that begins with the first.

Knows nothing of what is counted.  The library is loaded with the first count.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.errors import Busy

if TYPE_CHECKING:
    from limits import RateLimitItem
    from limits.strategies import FixedWindowRateLimiter


@dataclass(frozen=True, slots=True)
class Rate:
    """So many in so many seconds; `error` is the key of the sentence for more."""

    name: str
    most: int
    seconds: int
    error: str


class Rates:
    """Counts within one process; a restart forgives."""

    def __init__(self) -> None:
        self._counting: FixedWindowRateLimiter | None = None

    def check(self, rate: Rate, who: str) -> None:
        """Looks, without counting, whether somebody has had all that there is.

        Raises:
            Busy: They have; the error says after how many seconds to come again.
        """
        if self._counting is None:
            return
        item = _item(rate)
        if not self._counting.test(item, rate.name, who):
            until = self._counting.get_window_stats(item, rate.name, who).reset_time
            seconds = max(1, math.ceil(until - time.time()))
            raise Busy(rate.error, where=rate.name, clause="RFC 6585 4", seconds=seconds)

    def count(self, rate: Rate, who: str) -> None:
        """Counts one."""
        self._limiter().hit(_item(rate), rate.name, who)

    def take(self, rate: Rate, who: str) -> None:
        """Counts one; raises Busy where it would be one too many."""
        self.check(rate, who)
        self.count(rate, who)

    def _limiter(self) -> FixedWindowRateLimiter:
        if self._counting is None:
            from limits.storage import MemoryStorage
            from limits.strategies import FixedWindowRateLimiter

            self._counting = FixedWindowRateLimiter(MemoryStorage())
        return self._counting


def _item(rate: Rate) -> RateLimitItem:
    from limits import RateLimitItemPerSecond

    return RateLimitItemPerSecond(rate.most, rate.seconds)
