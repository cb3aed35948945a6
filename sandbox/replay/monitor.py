"""What a monitor does: takes what waits longest, looks at the evidence, and decides by it.

The rule is the same for all, and knows no script: what the bench has not passed, or a document that
is invalid or not the one that its metadata promise, fails; where evidence is missing that the plan
requires it is verified in part, and told; all else is verified.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from sandbox.fhir.json import parse_json
from sandbox.i18n import say
from sandbox.replay.caller import Caller, MovedOn, Refused
from sandbox.replay.clients import is_as_promised
from sandbox.replay.participant import METADATA, PASSED
from sandbox.sentences import text_of

FHIR_JSON = "application/fhir+json"
ERRORS = ("fatal", "error")
POLL_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Floor:
    """How the participants stand: at the end of what they play, or cut off by an error."""

    is_over: Event = field(default_factory=Event)
    is_broken: Event = field(default_factory=Event)


def watch(caller: Caller, event: str, floor: Floor) -> None:
    """Decides what waits, until participants have ended and nothing waits any more.

    Args:
        caller: The monitor.
        event: The event.
        floor: Tells how the participants stand.
    """
    while not floor.is_broken.is_set():
        # asked before the queue is read: what is handed in between is in it then
        was_over = floor.is_over.is_set()
        waiting = caller.get("/api/instances/queue", event=event)
        decided = [_decided(caller, row["id"]) for row in waiting]
        if not any(decided):
            if was_over and not waiting:
                return
            time.sleep(POLL_SECONDS)


def _decided(caller: Caller, id: str) -> bool:
    """Claims an instance and decides it; tells whether it was still there to be claimed."""
    place = f"/api/instances/{id}"
    try:
        caller.post(f"{place}/claim")
    except MovedOn:  # a fellow looks at it
        return False
    instance = caller.get(place)
    decision, words = _decision(caller, instance)
    ticked = list(range(len(instance["checklist"]))) if decision == "verified" else []
    body = {"decision": decision, "words": words, "ticked": ticked}
    caller.post(f"{place}/decide", body)
    return True


def _decision(caller: Caller, instance: Mapping[str, Any]) -> tuple[str, str]:
    """Returns what a monitor decides of an instance, and why."""
    for result in instance["bench"]:
        if result["verdict"] not in PASSED:
            what = ", ".join(_failed(caller, result["run"])) or "–"
            return "failed", say("replay.bench_failed.text", caller.language, what=what)
    fault = _fault_of_document(caller, instance)
    if fault:
        return "failed", fault
    missing = ", ".join(instance["missing_evidence"])
    if missing:
        return "partially", say("replay.missing.text", caller.language, names=missing)
    return "verified", ""


def _failed(caller: Caller, run: str) -> list[str]:
    """Returns the numbers of the tests of a run that it did not pass."""
    if not run:
        return []
    tests = caller.get(f"/api/runs/{run}")["tests"]
    return [test["number"] for test in tests if test["verdict"] in ("fail", "error")]


def _fault_of_document(caller: Caller, instance: Mapping[str, Any]) -> str:
    """Returns what is wrong with the document that was added; "" where nothing is, or there is
    none.
    """
    files = {file["evidence"] or file["name"]: file for file in instance["attachments"]}
    if "document" not in files:
        return ""
    content = _content(caller, instance["id"], files["document"])
    try:
        judgement = caller.send("/api/validations", content, FHIR_JSON, profile="ips")
    except Refused as error:  # what is no document at all
        return text_of(error.as_finding(), caller.language)
    wrong = [finding for finding in judgement["findings"] if finding["severity"] in ERRORS]
    if wrong:
        first = wrong[0]["text"]
        return say("replay.invalid.text", caller.language, count=len(wrong), first=first)
    if METADATA in files:
        reference = parse_json(_content(caller, instance["id"], files[METADATA]))
        if not is_as_promised(content, reference):
            return say("replay.other_bytes.text", caller.language)
    return ""


def _content(caller: Caller, id: str, file: Mapping[str, Any]) -> bytes:
    return caller.read(f"/api/instances/{id}/attachments/{file['number']}")
