"""Judgements that somebody wished to keep: redacted as evidence is, under an unguessable link, for
some days.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from sandbox.api.validations import ValidationRequest
from sandbox.clock import Clock
from sandbox.errors import NotFound
from sandbox.findings import Finding, read_finding
from sandbox.redact import own_secrets, redact_body, redact_values
from sandbox.store.judgements import JudgementStore
from sandbox.threads import run_in_threadpool

# the link is the only key to it: 256 bits of chance
ID_BYTES = 32
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class KeptJudgement:
    """A document with what was found about it, what it was judged by, and the moment until which it
    is kept.
    """

    document: bytes
    findings: tuple[Finding, ...]
    asked: ValidationRequest
    until: datetime


class KeptJudgements:
    """Keeps, reads and deletes judgements; each is gone after `days` days."""

    def __init__(self, store: JudgementStore, clock: Clock, *, days: int) -> None:
        self._store = store
        self._clock = clock
        self._days = days

    @property
    def days(self) -> int:
        """For how many days a judgement is kept."""
        return self._days

    def keep(self, document: bytes, findings: list[Finding], asked: ValidationRequest) -> str:
        """Keeps a judgement without what must never be stored; returns the secret part of its
        link.
        """
        id = secrets.token_urlsafe(ID_BYTES)
        body = {
            # what must not be stored goes out before the first write, not before the first reading
            "document": redact_values(redact_body(document), own_secrets()).decode(
                "utf-8", "replace"
            ),
            "findings": [asdict(finding) for finding in findings],
            "profiles": asked.profiles,
            "year": asked.year,
        }
        # kept with it: another setting of the days later changes nothing that was promised
        expires = _milliseconds(self._clock() + timedelta(days=self._days))
        self._store.add(id, json.dumps(body, ensure_ascii=False, default=str), expires=expires)
        return id

    def read(self, id: str) -> KeptJudgement:
        """Returns a judgement; raises NotFound where there is none, or no more."""
        kept = self._store.read(id, now=_milliseconds(self._clock()))
        if kept is None:
            raise NotFound("validations.not_kept", where="id")
        body = json.loads(kept[0])
        expires = datetime.fromtimestamp(kept[1] / 1000, UTC)
        findings = tuple(read_finding(row) for row in body["findings"])
        asked = ValidationRequest(tuple(body["profiles"]), body["year"])
        return KeptJudgement(body["document"].encode(), findings, asked, expires)

    def remove(self, id: str) -> None:
        """Deletes a judgement; raises NotFound where there is none."""
        if not self._store.remove(id):
            raise NotFound("validations.not_kept", where="id")

    def sweep(self) -> int:
        """Deletes what is over; returns how many judgements that were."""
        return 0 if self._store.is_empty() else self._store.sweep(now=_milliseconds(self._clock()))

    async def sweep_daily(self) -> None:
        """Deletes every day what is over, until it is cancelled."""
        while True:
            await asyncio.sleep(DAY.total_seconds())
            await run_in_threadpool(self.sweep)


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
