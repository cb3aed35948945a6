"""What is done by the clock and not because somebody said something: one look at all of it, now and
then.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from bot.api import Away, Refused

log = logging.getLogger("bot")
# digests and reminders are due by the minute: nobody notices half of one
LOOK_SECONDS = 30.0
Work = Callable[[], Awaitable[None]]


async def look_by_clock(works: Sequence[Work]) -> None:
    """Looks without end; what fails is looked at again, and holds up nothing else.

    Args:
        works: Each looks once.
    """
    while True:
        for work in works:
            try:
                await work()
            except (Refused, Away) as error:
                log.warning("not yet: %s", error)
            except Exception:
                log.exception("a look failed")
        await asyncio.sleep(LOOK_SECONDS)
