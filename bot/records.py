"""The rows of the bot's store: what a card shows, a subscription, a delivery, an act, an outgoing
message.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.words import Language


@dataclass(frozen=True, slots=True)
class Shown:
    """A run that is shown in a channel: `ts` is the message, `told` the last state of which the
    thread was told.
    """

    run: str
    channel: str
    language: Language
    ts: str = ""
    digest: str = ""
    told: str = ""


@dataclass(frozen=True, slots=True)
class Subscription:
    """Which finished runs are announced to somebody in a channel; an empty filter matches any.

    With an `hour` (0 to 23, of the machine's clock) it is told once a day; `told` is the day on
    which it was last.
    """

    id: int
    actor: str
    channel: str
    language: str
    track: str
    verdict: str
    team: str
    hour: str = ""
    told: str = ""

    def fits(self, run: Mapping[str, Any], *, is_open: bool = False) -> bool:
        """Tells whether a run is one of those; tracks by their beginning, as `mhd`, verdicts once
        they are final.
        """
        wanted = not self.verdict if is_open else self.verdict in ("", run["verdict"])
        return (
            wanted
            and str(run["track"]).startswith(self.track)
            and self.team.casefold() in ("", str(run["team"]).casefold())
        )


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came in and is not worked off yet; `body` is JSON as the chat has it."""

    key: str
    kind: str
    body: Any


@dataclass(frozen=True, slots=True)
class Acted:
    """Who was the first to click what is good once, by which wish, and the run that came of it."""

    key: str
    actor: str
    run: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A call of the chat that is still to be made."""

    id: int
    key: str
    method: str
    channel: str
    body: Mapping[str, Any]
    tries: int = 0
