"""A wallet in a notebook: `L.wallet` receives what is offered, and says what would leave before
anything does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sandbox.clock import Clock
from sandbox.course.beside import trusted_keys
from sandbox.course.cards import Card, Row
from sandbox.course.client import Client
from sandbox.i18n import Language, say

if TYPE_CHECKING:  # what verifies is imported where it is needed: it takes a tenth of a second
    from sandbox.credentials.report import Known, Report
    from sandbox.credentials.wallet.answering import Share
    from sandbox.credentials.wallet.calling import Call, Reply
    from sandbox.credentials.wallet.requests import Asking
    from sandbox.store.sealed import SealedStore

T = TypeVar("T")


class Wallet:
    """The wallet of a learner, whose credentials are those of invented people."""

    def __init__(self, client: Client, folder: Path, language: Language, clock: Clock) -> None:
        from sandbox.credentials.wallet.kept import KeptWallet
        from sandbox.sealing import Keys

        self._client = client
        self._language = language
        self._clock = clock
        self.kept = KeptWallet(partial(_place, folder), Keys(folder), "notebook")

    def receive(self, link: str, *, pin: str = "") -> Card:
        """Receives what a link offers, or what an issuer had not made yet, and returns how it was
        checked.

        Args:
            link: Of an offer, or the id under which its credential is waited for.
            pin: That came another way.

        Raises:
            BadRequest: The offer, the PIN or what came is not right.
        """
        from sandbox.credentials.wallet.kept import new_key
        from sandbox.credentials.wallet.offers import read_offer
        from sandbox.credentials.wallet.receiving import visit

        at = self._clock()

        def judged(text: str) -> Report:
            return self._judged(text, at)

        if any(row["id"] == link for row in self.kept.waiting()):
            return self._ask_again(link, judged, at)
        key = new_key()
        offer = read_offer(link, self._send)
        came, waiting = visit(offer, key, pin=pin, send=self._send, judge=judged, at=at)
        rows: list[Row] = []
        for each in waiting:
            id = self.kept.wait_for(each, key, offer.issuer, at=at)
            rows.append(("", self._said_to_wait(id, each.interval)))
        for received in came:
            id = self.kept.add(received, key, offer.issuer, at=at)
            rows += self._rows_of(id, received.report)
            if received.is_draft:
                rows.append(("", say("cli.wallet.draft", self._language)))
        if not came:
            return Card("received", self._language, "", rows)
        return self._judged_card(came[0].report, rows)

    def _ask_again(self, id: str, judged: Callable[[str], Report], at: datetime) -> Card:
        from sandbox.credentials.wallet.asking_again import ask_again

        new, until = ask_again(self.kept, id, send=self._send, judge=judged, at=at)
        if not new:
            seconds = round((datetime.fromisoformat(until) - at).total_seconds())
            return Card("received", self._language, self._said_to_wait(id, seconds), [])
        report = judged(self.kept.credential(new)["text"])
        return self._judged_card(report, self._rows_of(new, report))

    def _rows_of(self, id: str, report: Report) -> list[Row]:
        """Returns as what a credential was kept, and how it was checked."""
        return [
            ("", say("cli.wallet.received", self._language, id=id)),
            *(
                (say(f"credentials.step.{step.name}", self._language), step.status)
                for step in report.steps
            ),
        ]

    def _judged_card(self, report: Report, rows: list[Row]) -> Card:
        heading = say(f"certificates.verdict.{report.verdict}", self._language)
        is_valid = report.verdict == "valid"
        return Card("passed" if is_valid else "received", self._language, heading, rows)

    def _said_to_wait(self, id: str, seconds: int) -> str:
        return say("cli.wallet.not_ready", self._language, id=id, seconds=seconds)

    def consider(self, link: str) -> Consent:
        """Returns what a request asks for; nothing is sent.

        Raises:
            BadRequest: The request is not right, or nothing here answers it.
        """
        from sandbox.credentials.wallet.answering import shares_of
        from sandbox.credentials.wallet.requests import read_request

        asking = read_request(link, self._known(), self._send, at=self._clock(), sends_errors=True)
        self.kept.check_new(asking)
        return Consent(self, asking, shares_of(asking, self.kept.held(self._clock())))

    def send(self, asking: Asking, shares: list[Share]) -> Card:
        """Sends what was considered, and remembers it."""
        from sandbox.credentials.wallet.answering import answer

        at = self._clock()
        allowed = {(share.query, path) for share in shares for path, _ in share.leaves}
        answer(asking, shares, allowed, send=self._send, at=at)
        self.kept.remember(asking, shares, at=at)
        who = asking.known_as or asking.client_id
        return Card("passed", self._language, say("cli.wallet.sent", self._language, who=who))

    @property
    def language(self) -> Language:
        """Returns that of the notebook."""
        return self._language

    def _judged(self, text: str, at: datetime) -> Report:
        """Returns the report of a credential, with the documents that it takes asked for."""
        from sandbox.credentials.asking import verify_asking
        from sandbox.testbench.fetching import got
        from sandbox.testbench.guard import guarded_from_here

        def fetch(address: str) -> bytes:
            return _elsewhere(partial(got, address, partial(guarded_from_here, {})))

        return verify_asking(text, self._known(), fetch, at=at)

    def _known(self) -> Known:
        from sandbox.credentials.report import Known, by_thumbprint

        return Known({}, {}, by_thumbprint(trusted_keys(self._client)))

    def _send(self, call: Call) -> Reply:
        from sandbox.testbench.calling import sending
        from sandbox.testbench.guard import guarded_from_here

        return _elsewhere(partial(sending(partial(guarded_from_here, {})), call))


@contextmanager
def _place(folder: Path) -> Iterator[SealedStore]:
    """Opens the database of this machine alone: what a learner plays with is kept nowhere else."""
    from sandbox.store.partitions import Partitions
    from sandbox.store.sealed import SealedStore

    partitions = Partitions(folder)
    try:
        yield SealedStore(partitions.main)
    finally:
        partitions.close()


def _elsewhere(work: Callable[[], T]) -> T:
    """Returns what comes of work that runs a loop of events; a notebook has one already."""
    with ThreadPoolExecutor(1) as other:
        return other.submit(work).result()


class Consent:
    """What would leave and what stays; `agree` sends it."""

    def __init__(self, wallet: Wallet, asking: Asking, shares: list[Share]) -> None:
        self._wallet = wallet
        self.asking = asking
        self.shares = shares

    def agree(self) -> Card:
        """Sends what is listed, and nothing else."""
        return self._wallet.send(self.asking, self.shares)

    def __repr__(self) -> str:
        return repr(self._card())

    def _repr_html_(self) -> str:
        return self._card()._repr_html_()

    def _card(self) -> Card:
        key = "known" if self.asking.known_as else "unknown"
        who = {"client": self.asking.client_id, "name": self.asking.known_as}
        language = self._wallet.language
        return Card(
            "received", language, say(f"cli.wallet.{key}", language, **who), [*self._rows()]
        )

    def _rows(self) -> Iterator[Row]:
        from sandbox.credentials.words import name_and_label

        language = self._wallet.language
        yield "", say("cli.wallet.to", language, address=self.asking.address)
        for share in self.shares:
            yield "", say("cli.wallet.leaves", language, id=share.held.id)
            for path, value in share.leaves:
                yield f"+ {name_and_label(path, language)}", json.dumps(value, ensure_ascii=False)
            if share.is_whole:
                yield "", say("cli.wallet.whole", language)
                continue
            stays = ", ".join(name_and_label(path, language) for path in share.stays)
            yield say("cli.wallet.stays", language), stays
