"""What somebody allows until a day: a failure that a team knows of, or a private address that may
be dialled.

Kept as an append-only log of its own, so that who allowed what, and when, can be read later.  What
is over counts no more; nobody has to take it back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sandbox.clock import Clock
from sandbox.errors import BadRequest, NotFound
from sandbox.event.events import zone_of_now
from sandbox.event.identity import NO_TEAM, TeamId, named_team
from sandbox.fhir.dates import milliseconds_of
from sandbox.store.runs import RunStore
from sandbox.testbench.tracks import TRACKS

Kind = Literal["known", "address"]
LOG = "@allowances"
LONGEST_DAYS = 180
LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class Allowance:
    """`known`: a test (`what`, its id) that a system (`whose`) fails; `address`: a host that a
    team's systems may have.

    `until` is the last day, as YYYY-MM-DD, by the calendar of the event that runs (UTC where none
    does).
    """

    kind: Kind
    whose: str
    what: str
    reason: str
    until: str
    by: str = ""
    team_id: TeamId = NO_TEAM
    """Of an address, the team that `whose` calls by name."""

    @property
    def subject(self) -> str:
        """Returns whom it is about: the alias of a system, or the id of a team."""
        return self.team_id if self.kind == "address" else self.whose


class Allowances:
    """Adds, takes back and reads over one store."""

    def __init__(self, store: RunStore, *, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def add(self, allowance: Allowance) -> Allowance:
        """Keeps an allowance in place of an older one about the same.

        Raises:
            BadRequest: The reason, the day, the host or whose it is is lacking or cannot be one.
            NotFound: There is no such test.
        """
        reason = " ".join(allowance.reason.split())[:LONGEST_REASON]
        what = allowance.what.strip()
        if not reason:
            raise BadRequest("testbench.needs_reason", where="reason")
        if not allowance.whose:
            raise BadRequest("testbench.bad_request", where="whose", name="whose")
        what = _test_named(what) if allowance.kind == "known" else _host(what)
        until = self._day_in(allowance.until).isoformat()
        kept = replace(allowance, what=what, reason=reason, until=until)
        self._append("allowed", asdict(kept))
        return kept

    def take_back(self, allowance: Allowance, *, by: str = "") -> None:
        """Ends an allowance; what ran under it stays as it is."""
        self._append("taken_back", {**asdict(allowance), "by": by})

    def all(self) -> list[Allowance]:
        """Returns the allowances that are good today, by kind, whose and what."""
        current: dict[tuple[str, str, str], Allowance] = {}
        for event in self._store.events(LOG):
            allowance = read_allowance(json.loads(event.body))
            place = (allowance.kind, allowance.subject, allowance.what)
            # the last line about a thing counts, whether it allowed or took back
            current.pop(place, None)
            if event.kind == "allowed":
                current[place] = allowance
        if not current:
            return []
        today = self._today().isoformat()
        good = [allowance for allowance in current.values() if allowance.until >= today]
        return sorted(good, key=lambda row: (row.kind, row.whose, row.what))

    def of(self, kind: Kind, subject: str) -> dict[str, Allowance]:
        """Returns what is allowed of one kind to one system, by alias, or team, by id, today."""
        return {
            allowance.what: allowance
            for allowance in self.all()
            if (allowance.kind, allowance.subject) == (kind, subject)
        }

    def find(self, kind: str, whose: str, what: str) -> Allowance:
        """Returns an allowance that is good today, of a test by id or number; raises NotFound."""
        wanted = _test_named(what) if kind == "known" else what.casefold()
        for allowance in self.all():
            if (allowance.kind, allowance.whose, allowance.what) == (kind, whose, wanted):
                return allowance
        raise NotFound("testbench.no_allowance", where=what, whose=whose, what=what)

    def _day_in(self, until: str) -> date:
        """Returns the last day, in whichever form of ISO 8601 it is written."""
        with suppress(ValueError):
            day = date.fromisoformat(until)
            if 0 <= (day - self._today()).days <= LONGEST_DAYS:
                return day
        raise BadRequest("testbench.bad_day", where="until", found=until[:20], most=LONGEST_DAYS)

    def _today(self) -> date:
        """Returns the day that people at the event have."""
        zone = ZoneInfo(zone_of_now(self._store.database))
        return self._clock().astimezone(zone).date()

    def _append(self, kind: str, body: Mapping[str, Any]) -> None:
        self._store.append(
            LOG, [(kind, milliseconds_of(self._clock()), json.dumps(body, ensure_ascii=False))]
        )


def read_allowance(row: Mapping[str, Any]) -> Allowance:
    """Returns an allowance as it was kept; an older one has the name of its team alone."""
    team = named_team(row["whose"]) if row["kind"] == "address" else NO_TEAM
    return Allowance(**{"team_id": team, **row})


def _test_named(name: str) -> str:
    """Returns the id of a test by id or number; raises NotFound."""
    for track in TRACKS.values():
        for test in track.tests:
            if name in (test.id, test.number):
                return test.id
    raise NotFound("testbench.no_such_test", where=name, name=name)


def _host(text: str) -> str:
    """Returns `host` or `host:port`; raises BadRequest for anything longer, such as a URL."""
    # `http://10.0.0.5@evil.test` is a host to a reader, and another to a client
    if not text or any(letter in text for letter in "/@?# ") or not text.isprintable():
        raise BadRequest("testbench.bad_host", where="host", found=text[:60])
    return text.casefold()
