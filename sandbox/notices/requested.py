"""What somebody asks to be told, by which carrier and where to, and whether that can be."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal, get_args
from urllib.parse import urlsplit

from sandbox.errors import BadRequest
from sandbox.i18n import Language, known_language
from sandbox.notices.happening import TOPICS, Narrowed, Topic
from sandbox.web.addresses import refuse_userinfo

Carrier = Literal["webhook", "mail", "chat"]
CARRIERS: tuple[Carrier, ...] = get_args(Carrier)
TARGET_CHARACTERS = 500
# RFC 5321 4.5.3.1 counts octets; what needs SMTPUTF8 (RFC 6531) many servers do not take
MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}\.[A-Za-z]{2,63}")
# such as slack:T01/C02, or a topic of Zulip, which may hold any word; no markup
CHANNEL = re.compile(r"[^<>\s][^<>]{0,199}")


@dataclass(frozen=True, slots=True)
class SubscriptionRequest:
    """What somebody asks to be told, and how.

    Attributes:
        carrier: By what it is carried.
        target: Where to: an address, or a channel as the bot names it.
        topics: Of what.
        narrowed: Of which of them.
        language: In which language.
        root: The address at which the sandbox stands, for links.
        hour: Of the day at which it is all told at once; None for each thing when it happens.
    """

    carrier: str
    target: str
    topics: tuple[str, ...]
    language: str
    narrowed: Narrowed = field(default_factory=Narrowed)
    root: str = ""
    hour: int | None = None


def checked(asked: SubscriptionRequest) -> tuple[Carrier, tuple[Topic, ...], Language]:
    """Returns carrier, topics and language of a request; raises BadRequest."""
    carrier = next((known for known in CARRIERS if known == asked.carrier), None)
    if carrier is None:
        known = ", ".join(CARRIERS)
        raise BadRequest(
            "notices.bad_carrier", where="carrier", found=asked.carrier[:20], known=known
        )
    topics = tuple(topic for topic in TOPICS if topic in asked.topics)
    if not topics or len(topics) != len(set(asked.topics)):
        raise BadRequest("notices.bad_topics", where="topics", known=", ".join(TOPICS))
    language = known_language(asked.language)
    if language is None:
        raise BadRequest("notices.bad_language", where="language", found=asked.language[:20])
    _check_target(carrier, asked.target.strip())
    if asked.hour is not None and (carrier != "chat" or not 0 <= asked.hour < 24):
        raise BadRequest("notices.bad_hour", where="hour")
    return carrier, topics, language


def _check_target(carrier: Carrier, target: str) -> None:
    if carrier == "webhook":
        refuse_userinfo(target, where="target")
    if len(target) > TARGET_CHARACTERS or not _is_target(carrier, target):
        raise BadRequest(f"notices.bad_{carrier}", where="target", found=target[:60])


def _is_target(carrier: Carrier, target: str) -> bool:
    if carrier == "mail":
        return MAIL.fullmatch(target) is not None
    if carrier == "chat":
        return CHANNEL.fullmatch(target) is not None and target.isprintable()
    try:
        parts = urlsplit(target)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and target.isprintable()
    except ValueError:
        return False
