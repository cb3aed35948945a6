"""What a notice says: the JSON of a webhook, and the words of a mail.  Pure.

Neither names a patient or quotes an exchange: what is told is which run, instance or hand-in
moved, and where to look at it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.clock import fhir_instant
from sandbox.fhir.dates import moment_of
from sandbox.i18n import ENGLISH, Language, has_message, say
from sandbox.store.notices import NoticeRow

CONFIRM = "mail.confirm"
"""The one thing that an address is told before somebody who reads it has confirmed it."""
API_PLACES = {
    "run": "api/runs/{id}",
    "review": "api/runs/{id}",
    "instance": "api/instances/{id}",
    "announcement": "api/announcements",
    "subscription": "api/subscriptions/{id}",
}
PAGES = {
    "run": "runs/{id}",
    "review": "runs/{id}",
    "instance": "instances/{id}",
    "announcement": "",
    "grading": "lessons",
    "subscription": "notifications",
}
WORDS = ("testbench.verdict.{}", "instances.state.{}", "people.standing.{}")
"""Where a word of ours stands in each language."""


@dataclass(frozen=True, slots=True)
class Said:
    """A notice in words: what happened, more about it, and the page about it."""

    subject: str
    text: str
    link: str


def payload_of(notice: NoticeRow, root: str) -> bytes:
    """Returns the body of a webhook (Standard Webhooks, "Payload structure").

    Args:
        notice: What is said.
        root: The address of the sandbox.
    """
    said = json.loads(notice.body)
    data = dict(said["data"])
    place = API_PLACES.get(notice.kind.partition(".")[0])
    if place is not None:
        data["href"] = f"{root}/{place.format(**data)}"
    if said["texts"]:
        data["texts"] = said["texts"]
    payload = {"type": notice.kind, "timestamp": fhir_instant(moment_of(notice.at)), "data": data}
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()


def words_of(notice: NoticeRow, language: Language, root: str) -> Said:
    """Returns a notice in the language of whoever reads it.

    Args:
        notice: What is said.
        language: Of the words.
        root: The address of the sandbox.
    """
    said = json.loads(notice.body)
    data: dict[str, Any] = said["data"]
    ours = ("verdict", "state", "standing", "systems", "teams")
    fields = {
        name: _word(value, language) if name in ours else str(value) for name, value in data.items()
    }
    subject = say(f"notices.said.{notice.kind}", language, **fields)
    texts = said["texts"]
    page = PAGES.get(notice.kind.partition(".")[0], "").format(**data)
    return Said(subject, _chosen(texts, language), f"{root}/{page}?lang={language}")


def _chosen(texts: Mapping[Language, str], language: Language) -> str:
    if not texts:
        return ""
    return texts.get(language) or texts.get(ENGLISH) or next(iter(texts.values()))


def _word(value: Any, language: Language) -> str:
    """Returns a field as people read it: words of ours in their language, lists in a row."""
    if isinstance(value, list):
        return ", ".join(str(part) for part in value)
    keys = [place.format(value) for place in WORDS]
    return next((say(key, language) for key in keys if has_message(key)), str(value or "–"))
