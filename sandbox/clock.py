"""Time as an argument: everything that needs the time takes a Clock, so that tests and gradings can
hold it still.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Returns the present moment, aware, in UTC."""
    return datetime.now(UTC)


def fhir_instant(moment: datetime) -> str:
    """Returns a FHIR `instant` in UTC with milliseconds (FHIR R4 datatypes.html#instant)."""
    return (
        # Milliseconds, because the store keeps no finer times; `%f` would give microseconds.
        moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
    )
