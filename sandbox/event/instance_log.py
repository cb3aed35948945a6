"""Reads a test instance from its log, line by line.  Pure.

What moves an instance, and where to, stands in `instance.py`; here is what each kind of line makes
of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sandbox.event.identity import NO_ONE, Author, PersonId, TeamId
from sandbox.event.instance import (
    DECISIONS,
    FINAL,
    WAITING,
    Attachment,
    Attempt,
    Entry,
    Instance,
    Overruling,
    Part,
    Standing,
    Through,
)
from sandbox.store.attempts import LOG
from sandbox.store.redacting import REDACTED
from sandbox.store.runs import Event


def read_instance(events: Sequence[Event]) -> Instance:
    """Returns an instance as its log tells it, from its first line on."""
    opened = json.loads(events[0].body)
    part = _part(opened["part"])
    instance = Instance(
        id=events[0].run.removeprefix(LOG),
        event=opened["event"],
        test=opened["test"],
        track=opened["track"],
        at=events[0].at,
        changed=events[0].at,
        state="started",
        author=Author(PersonId(opened["by_id"]), opened["by"], events[0].at),
        parts={part.role: part},
    )
    history: list[Entry] = []
    for event in events:
        # what was taken out of the record is nobody's act, and moves nothing
        if event.kind == REDACTED:
            continue
        body = json.loads(event.body)
        entry = Entry(event.number, event.at, event.kind, body.get("by", ""), body)
        instance = _after(_moved(instance, entry), event, body)
        instance = _told(instance, entry)
        history.append(entry)
    return replace(instance, history=tuple(history))


def _moved(instance: Instance, entry: Entry) -> Instance:
    """Returns an instance in the state to which a line of its log leads."""
    instance = replace(instance, changed=entry.at)
    state = entry.body.get("state")
    if state is None:
        return instance
    since = instance.waiting_since
    if state in WAITING and instance.state not in WAITING:
        # whoever looks at it next begins anew, and waits from now on
        since = entry.at
    elif entry.kind == "resumed" and instance.state in FINAL:
        since = 0
    decision = entry if state in DECISIONS else None
    return replace(instance, state=state, waiting_since=since, decision=decision)


def _after(instance: Instance, event: Event, body: Mapping[str, Any]) -> Instance:
    """Returns an instance with what one line of its log adds."""
    kind = event.kind
    if kind == "invited":
        part = _part(body["part"])
        return replace(instance, parts={**instance.parts, part.role: part})
    if kind in ("accepted", "declined"):
        standing: Standing = "accepted" if kind == "accepted" else "declined"
        part = replace(instance.parts[body["role"]], standing=standing)
        return replace(instance, parts={**instance.parts, part.role: part})
    if kind == "ran":
        attempt = Attempt(body["role"], body["track"], body["run"])
        part = instance.parts[attempt.role]
        # what comes of it rests on the system as it was then; older lines do not tell
        state_of_it = {name: body[name] for name in ("base", "version") if name in body}
        parts = {**instance.parts, part.role: replace(part, **state_of_it)}
        return replace(instance, attempts=(*instance.attempts, attempt), parts=parts)
    if kind == "attached":
        row = {**body["attachment"], "number": event.number, "at": event.at, "by": body["by"]}
        return replace(instance, attachments=(*instance.attachments, Attachment(**row)))
    if kind == "watched":
        row = body["through"]
        through = Through(row["token"], row["asking"], row["answering"], tuple(row["runs"]))
        return replace(instance, throughs=(*instance.throughs, through))
    if kind == "overruled":
        ruling = Overruling(**body["overruling"], by=body["by"], at=event.at)
        return replace(instance, overrulings=(*instance.overrulings, ruling))
    return _with_monitor(instance, kind, body)


def _with_monitor(instance: Instance, kind: str, body: Mapping[str, Any]) -> Instance:
    if kind == "claimed":
        return replace(instance, monitor=body["by"], monitor_id=PersonId(body["by_id"]))
    if kind in ("submitted", "contested", "released", "returned", "resumed"):
        return replace(instance, monitor="", monitor_id=NO_ONE)
    return instance


def _told(instance: Instance, entry: Entry) -> Instance:
    """Returns an instance with what a monitor has said last, and whether a team contests it."""
    if entry.kind in ("submitted", "decided", "returned"):
        instance = replace(instance, is_contested=False)
    if entry.kind == "contested":
        return replace(instance, is_contested=True)
    # a decision without words has no others' words; what was handed in again was answered
    if entry.kind in ("submitted", "decided"):
        instance = replace(instance, said=None)
    is_word = entry.kind in ("decided", "released", "returned") and entry.body.get("words")
    return replace(instance, said=entry) if is_word else instance


def _part(body: Mapping[str, Any]) -> Part:
    return Part(**{**body, "team_id": TeamId(body["team_id"])})
