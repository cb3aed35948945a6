"""Changes a card where it is shown, and says in its thread what is new: each state once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, replace

from bot.cards import Card
from bot.notices import Notice
from bot.records import Shown
from bot.store import Store


def change_card(
    store: Store, shown: Shown, card: Card, *, outcome: str, notices: Sequence[Notice] = ()
) -> None:
    """Puts the new state of a card into the outbox, unless it is told already.

    Args:
        store: Holds the outbox.
        shown: Where the card stands, and what it says.
        card: What it is to say.
        outcome: The final state; empty while it may still change.
        notices: What its thread should say by now.
    """
    known = [asdict(card), *(notice.name for notice in notices)]
    digest = hashlib.sha256(json.dumps(known).encode()).hexdigest()
    if digest == shown.digest and outcome == shown.outcome:
        return
    # read again: the outbox may have kept the place of the message while the sandbox was asked
    current = {place.channel: place for place in store.shown(shown.run)}
    now = current.get(shown.channel)
    if now is None:
        # the channel refused the card meanwhile: it is shown elsewhere, and changed there
        return
    with store.writing():
        place = f"{shown.run}:{shown.channel}"
        # twenty runs at once: a card that waits for its turn comes as it is by then, in one call
        if now.ts or not store.renew_post(f"post:{place}", asdict(card)):
            body = {"card": asdict(card), "run": shown.run, "thread": ""}
            store.put_outgoing(f"update:{place}", "update", shown.channel, body)
        for notice in notices:
            reply = {"card": asdict(notice.card), "run": shown.run, "thread": "run"}
            key = f"{notice.name}:{shown.run}:{shown.channel}"
            store.put_outgoing(key, "reply", shown.channel, reply)
        store.put_shown(replace(now, digest=digest, outcome=outcome))
