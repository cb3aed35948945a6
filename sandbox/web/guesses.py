"""Guesses of what lets in: codes of links, tokens, sessions and passcodes.  Each wrong one counts
for whoever sent it and for what it was meant for; whoever has had too many waits.

A credential that was right before is not held up by a neighbour behind the same address, and one
that was wrong before is no new guess: a page of an old session asks on and on.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.limits import (
    CODE_GUESSES,
    CODE_GUESSES_IN_ALL,
    CREDENTIAL_GUESSES,
    CREDENTIAL_GUESSES_IN_ALL,
    GUESS_SECONDS,
    LINK_GUESSES,
    PASSCODE_GUESSES,
    WRITE_SECONDS,
    WRITES,
)
from sandbox.web.hosts import LOOPBACK, is_within
from sandbox.web.rates import Rate, Rates

ERROR = "web.too_many_guesses"
REMEMBERED = 5_000  # digests, of 64 characters each
CARRIERS = ("authorization", "cookie", "x-connectathon-session")
SPACE = re.compile(r"/t/([^/]+)/")
WRITING = ("POST", "PUT", "PATCH", "DELETE")
SHARE = Rate("writes", WRITES, WRITE_SECONDS, "web.too_many_writes")


@dataclass(frozen=True, slots=True)
class Lock:
    """Where something lets in: by the statuses that say that it was wrong, and how many may be."""

    place: re.Pattern[str]
    wrong: frozenset[int]
    source: Rate
    target: Rate


def _rate(name: str, most: int) -> Rate:
    return Rate(name, most, GUESS_SECONDS, ERROR)


CODES = Lock(
    re.compile(r"/(enter|join|api/enter)(/|$)"),
    frozenset({403, 404}),
    _rate("codes", CODE_GUESSES),
    _rate("codes in all", CODE_GUESSES_IN_ALL),
)
LINKS = Lock(
    re.compile(r"/(shl|validate/kept|v2/manifests|v2/ips-json)/"),
    frozenset({401, 404}),
    _rate("links", LINK_GUESSES),
    _rate("passcodes", PASSCODE_GUESSES),
)
CREDENTIALS = Lock(
    re.compile(""),
    frozenset({401}),
    _rate("credentials", CREDENTIAL_GUESSES),
    _rate("credentials in all", CREDENTIAL_GUESSES_IN_ALL),
)


@dataclass(frozen=True, slots=True)
class Guess:
    """A request that may be one: what it offers, as a digest, from where, and for what."""

    lock: Lock
    offered: str
    source: str
    target: str
    is_own: bool
    """Whether it comes from this machine, whose owner need not guess."""


class Guesses:
    """Holds up who guesses; one for a server."""

    def __init__(self) -> None:
        self._rates = Rates()
        self._right: OrderedDict[str, None] = OrderedDict()
        self._wrong: OrderedDict[str, None] = OrderedDict()
        self._idle: OrderedDict[str, None] = OrderedDict()

    def check(self, guess: Guess) -> None:
        """Raises Busy for a guess too many."""
        if guess.offered in self._right or guess.offered in self._wrong:
            return
        if not guess.is_own:
            self._rates.check(guess.lock.source, guess.source)
        if not guess.is_own or guess.lock is LINKS:
            self._rates.check(guess.lock.target, guess.target)

    def is_new(self, guess: Guess) -> bool:
        """Tells whether nothing was noted of what it offers."""
        return not any(guess.offered in known for known in (self._right, self._wrong, self._idle))

    def note_wrong(self, guess: Guess) -> None:
        """Counts a wrong guess, unless it is the same one again."""
        if guess.offered in self._wrong:
            return
        if guess.lock is CREDENTIALS:
            _remember(guess.offered, self._wrong)
        if not guess.is_own:
            self._rates.count(guess.lock.source, guess.source)
        self._rates.count(guess.lock.target, guess.target)

    def note(self, guess: Guess, *, is_right: bool) -> None:
        """Remembers a credential that is right, or that nothing was asked of so far."""
        _remember(guess.offered, self._right if is_right else self._idle)

    def share(self, method: str, path: str, client: str) -> None:
        """Raises Busy where a team writes more to its space than its share."""
        space = SPACE.match(path) if method in WRITING else None
        if space and not is_within(client, LOOPBACK):
            self._rates.take(SHARE, space[1])


def _remember(digest: str, known: OrderedDict[str, None]) -> None:
    known[digest] = None
    if len(known) > REMEMBERED:
        known.popitem(last=False)


def guess_of(path: str, headers: Mapping[str, str], client: str) -> Guess | None:
    """Returns what a request may be guessing; None for one that offers nothing."""
    is_own = is_within(client, LOOPBACK)
    source = source_of(client)
    for lock, target in ((CODES, ""), (LINKS, path)):
        if lock.place.match(path):
            return Guess(lock, "", source, target, is_own)
    offered = "\n".join(headers.get(name, "") for name in CARRIERS).strip()
    if not offered:
        return None
    space = SPACE.match(path)
    digest = hashlib.sha256(offered.encode("utf-8", "replace")).hexdigest()
    return Guess(CREDENTIALS, digest, source, space[1] if space else "", is_own)


def source_of(client: str) -> str:
    """Returns who counts as one: an address, of IPv6 the network that one subscriber has."""
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return client
    if address.version == 4:
        return client
    return str(ipaddress.ip_network((address, 64), strict=False))
