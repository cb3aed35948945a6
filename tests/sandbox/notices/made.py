"""What tests of notices begin with."""

from __future__ import annotations

from sandbox.event.identity import NO_TEAM, PersonId
from sandbox.notices.happening import Narrowed
from sandbox.notices.subscriptions import Subscription


def a_subscription() -> Subscription:
    """Returns one by e-mail of Ana's own."""
    return Subscription(
        "s1",
        NO_TEAM,
        PersonId("ana"),
        "Ana",
        0,
        "mail",
        "ana@example.org",
        ("run",),
        Narrowed(),
        "en",
        "active",
        "http://sandbox.test",
        since=0,
        ticket="x",
    )
